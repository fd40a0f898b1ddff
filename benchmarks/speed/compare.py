#!/usr/bin/env python3
"""Our models against scikit-learn: the same rows on the same machine, one thread each, in turns.

    cargo build --release
    .venv/bin/python benchmarks/speed/compare.py [--dataset mnist] [--repeats 3] [ROW...]

Each repeat runs a row with our binary (`sweep --quiet-pass`, one configuration alone in its process) and
then with scikit-learn in a process of its own, so that what else the machine does meets both. Prints a
Markdown table; `--json FILE` keeps every single measurement. Times are fit plus predict, without loading and
standardising. Nothing else should run meanwhile: the table says how busy the machine was.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

from scikit_learn import rows

ROOT = pathlib.Path(__file__).resolve().parents[2]


class NotRun(Exception):
    """A row without figures, with the reason."""


def grid(row):
    """A grid file of one configuration. A parameter is a list of values, so that a list stands in a list."""
    lines = ["[[family]]", f'classifier = "{row["classifier"]}"', "[family.parameters]"]
    lines += [f"{name} = [{json.dumps(value)}]" for name, value in row["parameters"].items()]
    return "\n".join(lines) + "\n"


def ours(binary, row, dataset, train_size):
    """One quiet pass of our binary over one configuration."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "row.toml").write_text(grid(row))
        command = [binary, "sweep", "--grid", folder / "row.toml", "-d", dataset, "-e", "native", "--quiet-pass"]
        command += ["--results-dir", folder / "results", "--reports-dir", folder / "reports"]
        command += ["--data-dir", ROOT / "data"]
        if train_size:
            command += ["--train-size", str(train_size)]
        done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
        files = list((folder / "results").rglob("*.json"))
        if done.returncode != 0 or len(files) != 1:
            reason = next((line for line in done.stderr.splitlines() if "error" in line), "no reason given")
            raise NotRun(f"ours ended with {done.returncode}: {reason}")
        result = json.loads(files[0].read_text())
    if result["status"] != "ok":
        raise NotRun(f"ours: {result['status']}: {str(result.get('error'))[:200]}")
    keys = ("fit_seconds", "predict_seconds", "accuracy", "threads")
    return {"engine": "native", "row": row["name"]} | {key: result[key] for key in keys}


def theirs(row, dataset, train_size):
    """One run of scikit_learn.py over one row."""
    command = [sys.executable, pathlib.Path(__file__).with_name("scikit_learn.py"), "--dataset", dataset, row["name"]]
    if train_size:
        command += ["--train-size", str(train_size)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise NotRun(f"scikit-learn: {(done.stderr.splitlines() or ['no reason given'])[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def total(measurement):
    return measurement["fit_seconds"] + measurement["predict_seconds"]


def seconds(measurements):
    """Median, with the range where there are several."""
    times = sorted(map(total, measurements))
    figure = f"{statistics.median(times):.2f}"
    return f"{figure} ({times[0]:.2f} to {times[-1]:.2f})" if len(times) > 1 else figure


def accuracy(measurements):
    return f"{statistics.mean(m['accuracy'] for m in measurements):.4f}"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--train-size", type=int, help="fewer training images (to try it out; the two draw different ones)")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/mnist-bench")
    parser.add_argument("--json", type=pathlib.Path, help="append every measurement to this file, a line each")
    parser.add_argument("row", nargs="*", help=f"rows to run, all by default: {', '.join(rows())}")
    arguments = parser.parse_args()
    table = rows()
    for name in arguments.row:
        if name not in table:
            parser.error(f"unknown row {name} (known: {', '.join(table)})")
    if not arguments.binary.is_file():
        parser.error(f"{arguments.binary} is not there: run `cargo build --release` first")

    version = subprocess.run([arguments.binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    lines, missing, facts, busy = [], [], {}, os.getloadavg()[0]
    for name in arguments.row or table:
        row = table[name] | {"name": name}
        mine, other = [], []
        try:
            for repeat in range(arguments.repeats):
                mine.append(ours(arguments.binary, row, arguments.dataset, arguments.train_size))
                other.append(theirs(row, arguments.dataset, arguments.train_size))
                figures = f"{total(mine[-1]):.2f} s against {total(other[-1]):.2f} s"
                print(f"{name}, repeat {repeat + 1}: {figures}", file=sys.stderr)
        except NotRun as reason:
            missing.append(f"- {name} was not run: {reason}")
            continue
        if arguments.json:
            with arguments.json.open("a") as file:
                file.writelines(json.dumps(m | {"repeat": i}) + "\n" for pair in (mine, other) for i, m in enumerate(pair))
        facts = other[-1]
        ratio = statistics.median(map(total, other)) / statistics.median(map(total, mine))
        goal = f" (goal {row['goal']})" if "goal" in row else ""
        label = name + (f": {row['note']}" if "note" in row else "")
        lines.append(
            f"| {label} | {seconds(mine)} | {seconds(other)} | {ratio:.1f}{goal} | {accuracy(mine)} | {accuracy(other)} |"
        )
    if lines:
        runs = f"median and range of {arguments.repeats} runs" if arguments.repeats > 1 else "one run"
        print(
            f"{arguments.dataset}, {facts['train_size']} training images, fit plus predict in seconds, one thread "
            f"each, {runs} in turns. {version}; scikit-learn {facts['version']} ({', '.join(facts['blas'])}). "
            f"{processor()}, {os.cpu_count()} cores; load average {busy:.1f} at the start.\n"
        )
        print("| row | ours | scikit-learn | ratio | our accuracy | its accuracy |")
        print("|---|---:|---:|---:|---:|---:|")
        print("\n".join(lines))
    if missing:
        print("\n" + "\n".join(missing))
        sys.exit(1)


if __name__ == "__main__":
    main()
