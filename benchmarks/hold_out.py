#!/usr/bin/env python3
"""Makes a data set from the training set of another: the last rows become the test set, so that the choice of a model
does not use the real test set.

    python3 benchmarks/hold_out.py data/mnist held-out/mnist-held-out
    cargo run --release -- sweep --grid benchmarks/held-out.toml --data-dir held-out --dataset mnist-held-out

Needs Python 3.11 or later and nothing else.
"""

import argparse
import gzip
import pathlib
import struct
import tomllib


def read(folder, name):
    """The dimensions of an IDX file of bytes, and its bytes."""
    data = gzip.decompress((folder / f"{name}.gz").read_bytes())
    axes = data[3]
    if data[:3] != b"\0\0\x08":
        raise SystemExit(f"{folder / name}.gz: found magic {data[:4].hex()}, expected an IDX file of bytes")
    return struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes]), data[4 + 4 * axes :]


def write(path, shape, data):
    head = b"\0\0\x08" + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(gzip.compress(head + data, mtime=0))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="folder of a data set, such as data/mnist")
    parser.add_argument("target", type=pathlib.Path, help="folder to make")
    parser.add_argument("--rows", type=int, default=10_000, help="rows to hold out, the last ones (10000)")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
        (n, *rest), data = read(args.source, f"train-{kind}")
        if not 0 < args.rows < n:
            raise SystemExit(f"--rows {args.rows}: expected 1 to {n - 1}, there are {n} training rows")
        cut = (n - args.rows) * (len(data) // n)
        write(args.target / f"train-{kind}.gz", (n - args.rows, *rest), data[:cut])
        write(args.target / f"t10k-{kind}.gz", (args.rows, *rest), data[cut:])
    about = tomllib.loads((args.source / "dataset.toml").read_text(encoding="utf-8"))
    names = ", ".join(f'"{name}"' for name in about["class_names"])
    text = f'title = "{about["title"]}, rows held out of the training set"\nclass_names = [{names}]\n'
    (args.target / "dataset.toml").write_text(text, encoding="utf-8")
    print(f"{args.target}: {n - args.rows} training rows and {args.rows} held out")


main()
