#!/usr/bin/env python3
"""Times `sweep --dry-run` over many result files by two builds, in turns (A, B, A, B, ...).

    benchmarks/dry_run.py target-before/release/mnist-bench target/release/mnist-bench [--files N] [--rounds N]

Run it from the project's folder. The result files are copies of a committed one, each with the parameters and the id
of a row of a grid that is made up here, so the dry run finds, reads and checks every one of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

TEMPLATE = Path("results/reference/mnist/native")


def make_grid(path: Path, files: int) -> None:
    values = ", ".join(f"{(number + 2) / 1000:.3f}" for number in range(files))
    path.write_text(
        'description = "many rows"\nengines = ["native"]\n[[family]]\nclassifier = "LinearSVC"\n'
        f"[family.parameters]\nC = [{values}]\n"
    )


def make_results(binary: str, grid: Path, results: Path) -> int:
    command = [binary, "grid", "--grid", str(grid), "-d", "mnist", "--json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    template = json.loads(next(iter(sorted(TEMPLATE.glob("LinearSVC*.json")))).read_text())
    assert template["status"] == "ok", "the template is a result with predictions"
    folder = results / "local/mnist/native"
    folder.mkdir(parents=True)
    for row in rows:
        template["id"], template["parameters"] = row["id"], row["parameters"]
        (folder / f"{row['id']}.json").write_text(json.dumps(template, indent=2) + "\n")
    return len(rows)


def seconds(binary: str, grid: Path, results: Path) -> tuple[float, float]:
    """Wall clock and CPU time of one dry run."""
    command = [binary, "sweep", "--dry-run", "--grid", str(grid), "-d", "mnist", "--results-dir", str(results)]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, os.times()
    assert "made by other code" in done.stdout or "already done" in done.stdout, "the files were read"
    assert "damaged" not in done.stdout and "garbled" not in done.stdout, "the files are valid"
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        grid, results = Path(scratch) / "grid.toml", Path(scratch) / "results"
        make_grid(grid, arguments.files)
        count = make_results(arguments.after, grid, results)
        taken: dict[str, list[tuple[float, float]]] = {arguments.before: [], arguments.after: []}
        for binary in taken:
            seconds(binary, grid, results)
        for _ in range(arguments.rounds):
            for binary, times in taken.items():
                times.append(seconds(binary, grid, results))
    medians = []
    for binary, times in taken.items():
        wall, cpu = (statistics.median(column) for column in zip(*times))
        medians.append((wall, cpu))
        print(f"{binary}: {wall:.2f} s, {cpu:.2f} s of CPU (median of {len(times)}, {count} files)")
    (wall_before, cpu_before), (wall_after, cpu_after) = medians
    print(f"after / before: {wall_after / wall_before:.2f} of the time, {cpu_after / cpu_before:.2f} of the CPU time")


if __name__ == "__main__":
    main()
