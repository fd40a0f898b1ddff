"""Golden figures for the steps before a model: scikit-learn's PCA, StandardScaler, Nystroem and
RBFSampler, scikit-image's hog.

Run from the repository's root: python benchmarks/golden/preprocessing.py
Writes crates/pixel-learn/tests/fixtures/preprocessing.json. Made with scikit-learn 1.9.1, scikit-image 0.26.0, numpy 2.
"""

import gzip
import json

import numpy as np
from skimage.feature import hog
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer, FunctionTransformer, StandardScaler

TRAIN, TEST = 500, 4
KERNEL_TRAIN, KERNEL_TEST, GAMMA = 1000, 200, 0.02


def images(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)


def histograms(orientations, cell, block):
    def of_images(rows):
        shape = {"orientations": orientations, "pixels_per_cell": (cell, cell), "cells_per_block": (block, block)}
        return np.array([hog(row.reshape(28, 28), block_norm="L2-Hys", **shape) for row in rows])

    return FunctionTransformer(of_images), {"orientations": orientations, "pixels_per_cell": cell, "cells_per_block": block}


def components(n, whiten=False):
    return PCA(n, whiten=whiten, svd_solver="full"), {"n_components": n, "whiten": whiten}


unit = FunctionTransformer(lambda rows: rows / 255)
chains = [
    [("hog", *histograms(9, 4, 2))],
    [("hog", *histograms(8, 7, 1))],
    [("hog", *histograms(12, 5, 3))],
    [("pca", *components(20))],
    [("unit", unit, {}), ("pca", *components(15, whiten=True))],
    [("standard", StandardScaler(), {}), ("pca", *components(10))],
    [("binarize", Binarizer(threshold=127), {"threshold": 127}), ("pca", *components(5)), ("standard", StandardScaler(), {})],
    [("hog", *histograms(9, 7, 2)), ("standard", StandardScaler(), {}), ("pca", *components(12))],
]

out = []
for name in ("mnist", "fashion-mnist"):
    train = images(f"data/{name}/train-images-idx3-ubyte.gz", TRAIN)
    test = images(f"data/{name}/t10k-images-idx3-ubyte.gz", TEST)
    cases = []
    for chain in chains:
        pipeline = make_pipeline(*(step for _, step, _ in chain))
        # hog looks at bytes as they are; the others get numbers.
        rows = [x if chain[0][0] == "hog" else x.astype(np.float64) for x in (train, test)]
        pipeline.fit(rows[0])
        values = pipeline.transform(rows[1])[: 2 if chain[-1][0] == "hog" else TEST]
        steps = [{"step": step, **parameters} for step, _, parameters in chain]
        cases.append({"steps": steps, "values": [[float(f"{v:.8g}") for v in row] for row in values]})
    # The program draws other random numbers, so for random steps the kernel's mean error over ten seeds is compared.
    rows = images(f"data/{name}/train-images-idx3-ubyte.gz", KERNEL_TRAIN) / 255
    queries = images(f"data/{name}/t10k-images-idx3-ubyte.gz", KERNEL_TEST) / 255
    kernel = rbf_kernel(queries, gamma=GAMMA)
    errors = {}
    for step, make in (("nystroem", Nystroem), ("rbf_sampler", RBFSampler)):
        for n in (20, 200):
            found = []
            for seed in range(10):
                model = make(gamma=GAMMA, n_components=n, random_state=seed).fit(rows)
                features = model.transform(queries)
                found.append(np.abs(features @ features.T - kernel).mean())
            errors[f"{step} {n}"] = float(f"{np.mean(found):.6g}")
    kernels = {"train": KERNEL_TRAIN, "test": KERNEL_TEST, "gamma": GAMMA, "errors": errors}
    out.append({"dataset": name, "train": TRAIN, "cases": cases, "kernels": kernels})

with open("crates/pixel-learn/tests/fixtures/preprocessing.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
