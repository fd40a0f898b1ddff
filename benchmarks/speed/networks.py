#!/usr/bin/env python3
"""The built-in networks against Keras and PyTorch: images a second in training, on one machine, in turns.

    cargo build --release
    python3 -m venv .venv-networks
    .venv-networks/bin/pip install -r benchmarks/speed/networks-requirements.txt
    .venv-networks/bin/python benchmarks/speed/networks.py --json FILE [--rounds 3] [--threads 2] [MODEL...]
    .venv-networks/bin/python benchmarks/speed/networks.py --table FILE

A round runs each engine once, in a process of its own; the first epoch of a process is not counted. Peers train
on some of the images, since their speed does not depend on how many there are; ours trains on all. Every process
is a line of FILE. Nothing else should run meanwhile.
"""

import argparse
import datetime
import json
import pathlib
import re
import statistics
import subprocess
import sys

from compare import processor

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "target/release/mnist-bench"
ENGINES = ["native", "torch", "keras"]
DATASET = "fashion-mnist"
SEED = 1
# Images that a peer trains on.
IMAGES = {"dense-128": 60_000, "deep-mnist-cnn": 12_800, "minivggnet": 12_800}
EPOCHS = 3


def native(model, threads):
    command = [BINARY, "train", model, "-d", DATASET, "--epochs", "2", "--threads", str(threads)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rates = [float(rate) for rate in re.findall(r"([\d.]+) images/s", done.stdout + done.stderr)]
    version = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"images_per_second": rates, "version": version}


def peer(engine, model, threads):
    command = [sys.executable, ROOT / "benchmarks/speed/networks_peer.py", engine, model, DATASET]
    command += [EPOCHS, threads, SEED, IMAGES[model]]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(path, models, rounds, threads):
    for index in range(rounds):
        for model in models:
            for engine in ENGINES:
                result = native(model, threads) if engine == "native" else peer(engine, model, threads)
                line = {
                    "date": datetime.date.today().isoformat(),
                    "processor": processor(),
                    "threads": threads,
                    "round": index + 1,
                    "model": model,
                    "engine": engine,
                    "version": result["version"],
                    "images_per_second": result["images_per_second"][1:],
                }
                with path.open("a") as file:
                    print(json.dumps(line), file=file)
                print(f"{index + 1} {model} {engine}: {line['images_per_second']}", file=sys.stderr)


def show(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    print(f"{lines[-1]['processor']}, {lines[-1]['threads']} threads; the median (from least to most) of each process")
    print("\n| model | native | PyTorch | Keras | native to the faster |\n|---|---:|---:|---:|---:|")
    for model in dict.fromkeys(line["model"] for line in lines):
        medians, cells = {}, []
        for engine in ENGINES:
            rates = [
                statistics.median(line["images_per_second"])
                for line in lines
                if (line["model"], line["engine"]) == (model, engine)
            ]
            medians[engine] = statistics.median(rates)
            cells.append(f"{medians[engine]:,.0f} ({min(rates):,.0f} to {max(rates):,.0f})")
        ratio = medians["native"] / max(medians["torch"], medians["keras"])
        print(f"| `{model}` | {' | '.join(cells)} | {ratio:.2f} |")
    versions = dict.fromkeys(line["version"] for line in lines)
    print(f"\n{'; '.join(versions)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    unknown = set(arguments.models) - set(IMAGES)
    if unknown:
        parser.error(f"unknown models {sorted(unknown)}: choose from {', '.join(IMAGES)}")
    if arguments.json:
        measure(arguments.json, arguments.models or list(IMAGES), arguments.rounds, arguments.threads)
    elif not arguments.table:
        parser.error("--json FILE measures, --table FILE shows")
    show(arguments.table or arguments.json)


if __name__ == "__main__":
    main()
