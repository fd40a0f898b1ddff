#!/usr/bin/env python3
"""Runs a sweep in shares by HyperQueue's Python module, one task for each share, and waits for all tasks.

    python3 -m venv .venv-hyperqueue && .venv-hyperqueue/bin/pip install hyperqueue==0.27.0
    .venv-hyperqueue/bin/python benchmarks/hyperqueue/submit.py SHARDS JOBS RUN [sweep's arguments]
    .venv-hyperqueue/bin/python benchmarks/hyperqueue/submit.py 8 1 cluster --suite classic

It starts a cluster on this machine, one worker with all cores, and stops the cluster at the end. HQ_SERVER_DIR names
the folder of a running server to use instead, whose workers share this folder. Run it from the project's folder. The
same command again does only what is missing. Afterwards `mnist-bench report --run RUN`. Environment: BENCH
(target/release/mnist-bench), RESULTS (results), LOGS (hyperqueue-logs).
"""

import json
import os
import pathlib
import subprocess
import sys

import hyperqueue
from hyperqueue.cluster import LocalCluster, WorkerConfig
from hyperqueue.ffi.protocol import ResourceRequest

# Exit code 1 means that a native row has no result; the share is done nevertheless.
TASK = 'code=0; "$@" || code=$?; [ "$code" -le 1 ]'


def tasks(shards: int, jobs: int, run: str, arguments: list[str]) -> hyperqueue.Job:
    here = pathlib.Path.cwd()
    bench = os.environ.get("BENCH", str(here / "target/release/mnist-bench"))
    results = os.environ.get("RESULTS", str(here / "results"))
    logs = pathlib.Path(os.environ.get("LOGS", here / "hyperqueue-logs"))
    plan = [bench, "plan", *arguments, "--shards", str(shards), "--jobs", str(jobs), "--json"]
    digest = json.loads(subprocess.run(plan, check=True, stdout=subprocess.PIPE).stdout)["digest"]
    logs.mkdir(parents=True, exist_ok=True)
    # A failed share does not end the others.
    job = hyperqueue.Job(default_workdir=here, max_fails=None, name=run)
    for share in range(1, shards + 1):
        sweep = [bench, "sweep", *arguments, "--run", run, "--results-dir", results, "--jobs", str(jobs)]
        # A lost worker may have left rows that say that its jobs crashed.
        sweep += ["--retry-failed", "--shard", f"{share}/{shards}@{digest}"]
        job.program(
            ["bash", "-c", TASK, "share", *sweep],
            stdout=str(logs / f"{share}.stdout"),
            stderr=str(logs / f"{share}.stderr"),
            resources=ResourceRequest(cpus=jobs),
            crash_limit=10,
        )
    return job


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    shards, jobs, run, *arguments = sys.argv[1:]
    job = tasks(int(shards), int(jobs), run, arguments)
    server = os.environ.get("HQ_SERVER_DIR")
    cluster = None if server else LocalCluster(worker_config=WorkerConfig())
    try:
        client = cluster.client() if cluster else hyperqueue.Client(server)
        submitted = client.submit(job)
        if client.wait_for_jobs([submitted], raise_on_error=False):
            return 0
        for task, failed in client.get_failed_tasks(submitted).items():
            print(f"share {task + 1}: {failed.error} (see {failed.stderr})", file=sys.stderr)
        return 1
    finally:
        if cluster:
            cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
