"""Starts one measured process, ours or a peer's, within a time limit, and returns the measurement.

In a measurement `status` is `ok` with seconds and accuracy, `timeout` with the limit, or `failed` with the reason.
`others_cores` says how busy the rest of the machine was; a load average would count the measured process too.
"""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Seconds on top of the limit for what is not timed: loading, standardising, our report.
UNTIMED = 120
# CPU time above wall-clock time by this factor means a second thread.
ONE_THREAD = 1.1


def label_engine(label, peer):
    """The library, of the two, that a peer's label names."""
    engine = peer.get("engine", label)
    if engine not in ("scikit-learn", "intelex"):
        raise SystemExit(f'rows.json: peer "{label}" needs "engine": "scikit-learn" or "intelex"')
    return engine


def busy_seconds():
    """Processor seconds that the whole machine has spent so far, or None where it does not tell."""
    try:
        line = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, line)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Ended(Exception):
    """A process that gave no figures: its status, with the reason."""

    def __init__(self, status, **facts):
        super().__init__(status)
        self.facts = {"status": status} | facts


def run(command, limit):
    """Output, errors, exit code and wall clock of a command; afterwards the command and its children have ended.

    The peers end themselves when fit and predict reach the limit, so that the limit is a lower bound of these two;
    the timeout here is for our binary and for processes that hang elsewhere.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        out, errors = process.communicate(timeout=limit + UNTIMED)
    except subprocess.TimeoutExpired:
        raise Ended("timeout", limit_seconds=limit) from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode == -signal.SIGALRM:
        raise Ended("timeout", limit_seconds=limit)
    return out, errors, process.returncode, time.perf_counter() - began


def measure(work):
    """The measurement that `work` returns, with how many cores others kept busy meanwhile."""
    began, busy, own = time.perf_counter(), busy_seconds(), children_seconds()
    try:
        measurement = {"status": "ok"} | work()
    except Ended as ended:
        measurement = ended.facts
    wall, used = time.perf_counter() - began, children_seconds() - own
    others = None if busy is None else round(max(0.0, busy_seconds() - busy - used) / wall, 3)
    cpu = measurement.get("cpu_seconds")
    if cpu is not None and cpu > ONE_THREAD * (measurement["fit_seconds"] + measurement["predict_seconds"]) + 0.1:
        reason = f"{cpu:.1f} s of processor time are more than one thread's"
        measurement = measurement | {"status": "failed", "reason": reason}
    return measurement | {"others_cores": others}


def grid(classifier, configurations):
    """A grid file of these configurations. Each parameter is a list of values, so a single value is wrapped in a list."""
    lines = []
    for parameters in configurations:
        lines += ["[[family]]", f'classifier = "{classifier}"', "[family.parameters]"]
        lines += [f"{name} = [{json.dumps(value)}]" for name, value in parameters.items()]
    return "\n".join(lines) + "\n"


def ours(binary, classifier, configurations, dataset, train_size, limit):
    """Our binary over one configuration alone, or over several that share work in one process.

    Alone: fit plus predict as the result file has them. Several: the wall clock of the whole command, reading,
    standardising and writing included, since the result files say what each would cost alone.
    """
    alone = len(configurations) == 1

    def work():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "row.toml").write_text(grid(classifier, configurations))
            command = [binary, "sweep", "--grid", folder / "row.toml", "-d", dataset, "-e", "native"]
            command += ["--quiet-pass"] if alone else ["--jobs", 1, "--threads", 1]
            command += ["--results-dir", folder / "results", "--reports-dir", folder / "reports"]
            command += ["--data-dir", ROOT / "data"]
            if train_size:
                command += ["--train-size", train_size]
            own = children_seconds()
            _, errors, code, wall = run(command, limit)
            own = children_seconds() - own
            results = [json.loads(file.read_text()) for file in (folder / "results").rglob("*.json")]
        bad = [f"{one['status']}: {str(one.get('error'))[:200]}" for one in results if one["status"] != "ok"]
        if bad or code != 0 or len(results) != len(configurations):
            told = [line for line in errors.splitlines() if "error" in line.lower() or "nothing to run" in line]
            raise Ended("failed", reason=(bad + told + [f"exit code {code}"])[0])
        facts = {
            "train_size": results[0]["train_size"],
            "threads": max(one["threads"] for one in results),
            "version": results[0]["provenance"]["binary_version"],
            "converged": all(one.get("converged") is not False for one in results),
            "accuracy": sum(one["accuracy"] for one in results) / len(results),
        }
        if not alone:
            shared = {len(one.get("shared_with") or []) + 1 for one in results}
            if shared != {len(configurations)}:
                raise Ended("failed", reason=f"groups of {sorted(shared)} instead of one")
            return facts | {"fit_seconds": round(wall, 4), "predict_seconds": 0.0, "cpu_seconds": round(own, 4)}
        repeat = results[0]["repeats"][0]
        cpu = repeat["fit_cpu_seconds"] + repeat["predict_cpu_seconds"]
        return facts | {
            "fit_seconds": results[0]["fit_seconds"],
            "predict_seconds": results[0]["predict_seconds"],
            "cpu_seconds": round(cpu, 4),
            "iterations": repeat.get("facts", {}).get("epochs"),
            "objective": repeat.get("facts", {}).get("objective"),
        }

    return measure(work)


def theirs(engine, classifier, parameters, options, dataset, train_size, limit):
    """scikit_learn.py over one configuration."""

    def work():
        command = [sys.executable, pathlib.Path(__file__).with_name("scikit_learn.py"), "--dataset", dataset]
        command += ["--intelex"] if engine == "intelex" else []
        command += ["--train-size", train_size] if train_size else []
        command += ["--limit", limit, classifier, json.dumps(parameters), json.dumps(options)]
        out, errors, code, _ = run(command, limit)
        if code != 0 or not out:
            raise Ended("failed", reason=(errors.splitlines() or [f"exit code {code}"])[-1][:200])
        return json.loads(out.splitlines()[-1])

    return measure(work)
