#!/usr/bin/env python3
"""Our models against scikit-learn and scikit-learn-intelex: the same rows on one machine, one thread, in turns.

    cargo build --release
    .venv/bin/python benchmarks/speed/compare.py --json FILE [--repeats 3] [--limit 900] [ROW...]
    .venv/bin/python benchmarks/speed/compare.py --table FILE

Each repeat of a row runs our binary (`sweep --quiet-pass`, one configuration alone in its process) and then
each peer that rows.json names, in a process of its own, so that other work on the machine affects all of them.
Every run is a line of FILE as soon as it ends; what FILE holds already is not run again, so the same command
goes on after a stop. The table is made from FILE; --table makes it again without running anything.
Times are fit plus predict, without loading and standardising. Nothing else should run meanwhile.
"""

import argparse
import datetime
import hashlib
import itertools
import json
import os
import pathlib
import platform
import subprocess
import sys

import engines
import figures
import table

HERE = pathlib.Path(__file__).resolve().parent
FULL = 60_000


def rows():
    """The rows by name, each with the list of its configurations: one, or all that its grid stands for."""
    known = json.loads((HERE / "rows.json").read_text())
    for row in known.values():
        grid = row.get("grid")
        combined = itertools.product(*grid.values()) if grid else []
        row["configurations"] = [dict(zip(grid, values)) for values in combined] or [row["parameters"]]
    return known


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


class Evidence:
    """A file of measurements, one a line, each session's below a line about the session.

    All sessions of a file have the same binary, processor and train size; otherwise ratios would mean nothing.
    """

    def __init__(self, path):
        self.path, self.sessions, self.measurements = path, [], []
        for number, line in enumerate(path.read_text().splitlines() if path and path.exists() else [], 1):
            try:
                read = json.loads(line)
            except ValueError:
                raise SystemExit(f"{path}: line {number} is not JSON: remove it") from None
            if "session" in read:
                self.sessions.append(read["session"])
            else:
                self.measurements.append(read)

    def begin(self, session):
        for earlier in self.sessions:
            for fact in ("binary", "binary_sha256", "processor", "cores", "train_size"):
                if earlier[fact] != session[fact]:
                    raise SystemExit(
                        f"{self.path} was measured with {fact} {earlier[fact]}, now it is {session[fact]}: "
                        "name another file with --json"
                    )
        self.sessions.append(session)
        self.write({"session": session})

    def add(self, measurement):
        self.measurements.append(measurement)
        self.write(measurement)

    def write(self, line):
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def found(self, identity, repeat, limit):
        """The status of this run where it is there already: it ended well, or would be stopped again."""
        for m in self.measurements:
            same = all(m.get(name) == value for name, value in identity.items()) and m["repeat"] == repeat
            stopped = m["status"] == "timeout" and m["limit_seconds"] >= limit
            if same and (m["status"] == "ok" or stopped):
                return m["status"]
        return None


def scaled(sizes, train_size):
    """The train sizes of an extrapolation, scaled down if the whole comparison runs on fewer rows (a trial)."""
    if not train_size:
        return sizes
    return [max(200 * place, size * train_size // FULL) for place, size in enumerate(sizes, 1)]


def plan(row, repeats, train_size):
    """What runs for a row, in turns: (repeat, peer's label or None for ours, configuration, train size)."""
    most = min(repeats, row.get("repeats", repeats))
    for repeat in range(most):
        yield repeat, None, row["configurations"][0], train_size
        for label, peer in row["peers"].items():
            if repeat >= peer.get("repeats", most):
                continue
            # Small sizes first, so that a stop leaves something to extrapolate from.
            for size in scaled(peer.get("train_sizes", []), train_size) or [train_size]:
                for configuration in row["configurations"]:
                    yield repeat, label, configuration, size


def run_row(name, row, arguments, evidence):
    """Runs the missing measurements of a row. Without a figure of ours the peers are not run."""
    hopeless = set()
    for repeat, label, configuration, size in plan(row, arguments.repeats, arguments.train_size):
        key = figures.key(configuration)
        identity = {"row": name, "peer": label, "dataset": arguments.dataset, "configuration": key, "asked_size": size}
        tries = (label, key) if label else None
        if tries in hopeless or None in hopeless:
            continue
        status = evidence.found(identity, repeat, arguments.limit)
        if status:
            # After a stop neither a larger size nor another repeat would end in time.
            hopeless |= {tries} if status != "ok" else set()
            continue
        common = (arguments.dataset, size, arguments.limit)
        if label is None:
            own = [configuration | row.get("ours", {}) for configuration in row["configurations"]]
            done = engines.ours(arguments.binary, row["classifier"], own, *common)
        else:
            peer = row["peers"][label]
            engine = engines.label_engine(label, peer)
            done = engines.theirs(engine, row["classifier"], configuration, peer.get("options", {}), *common)
        evidence.add(identity | {"repeat": repeat} | done)
        told(name, row, identity, repeat, done)
        if done["status"] != "ok":
            hopeless.add(tries)


def told(name, row, identity, repeat, done):
    """A line on standard error for a run that ended."""
    parts = [name, f"repeat {repeat + 1}", identity["peer"] or "ours"]
    if len(row["configurations"]) > 1:
        parts.append(identity["configuration"] if identity["peer"] else f"all {len(row['configurations'])}")
    if identity["asked_size"]:
        parts.append(f"n={identity['asked_size']}")
    ended = f"{figures.seconds(done):.2f} s" if done["status"] == "ok" else f"{done['status']} {done.get('reason', '')}"
    print(f"{', '.join(parts)}: {ended}", file=sys.stderr, flush=True)


def main():
    known = rows()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", default="mnist")
    add("--train-size", type=int, help="fewer training images, to try it out (the two sides draw different ones)")
    add("--repeats", type=int, default=1, help="at most; rows.json has fewer for what takes long")
    add("--limit", type=float, default=900, metavar="SECONDS", help="of one run's fit and predict; then it is killed")
    add("--binary", type=pathlib.Path, default=engines.ROOT / "target/release/mnist-bench")
    add("--json", type=pathlib.Path, metavar="FILE", help="append every measurement, and leave out what is there")
    add("--table", type=pathlib.Path, metavar="FILE", help="only print the table of these measurements")
    add("row", nargs="*", help=f"rows to run, all by default: {', '.join(known)}")
    arguments = parser.parse_args()
    for name in arguments.row:
        if name not in known:
            parser.error(f"unknown row {name} (known: {', '.join(known)})")
    chosen = {name: known[name] for name in arguments.row or known}

    evidence = Evidence(arguments.table or arguments.json)
    if not arguments.table:
        arguments.binary = arguments.binary.absolute()
        if not arguments.binary.is_file():
            parser.error(f"{arguments.binary} is not there: run `cargo build --release` first")
        version = subprocess.run([arguments.binary, "--version"], capture_output=True, text=True, check=True)
        session = {
            "utc": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "binary": version.stdout.strip(),
            "binary_sha256": hashlib.sha256(arguments.binary.read_bytes()).hexdigest(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "train_size": arguments.train_size,
            "load_average": round(os.getloadavg()[0], 2),
        }
        evidence.begin(session)
        for name, row in chosen.items():
            run_row(name, row, arguments, evidence)
    if not evidence.sessions:
        raise SystemExit(f"{arguments.table}: no measurements: make them with --json {arguments.table}")
    datasets = dict.fromkeys(m["dataset"] for m in evidence.measurements)
    shown = datasets if arguments.table else [arguments.dataset]
    print("\n".join(table.markdown(chosen, evidence.measurements, evidence.sessions[-1], one) for one in shown), end="")


if __name__ == "__main__":
    main()
