"""Golden figures for NuSVC: decision values, support vectors and predictions of scikit-learn (LIBSVM).

Run from the repository's root: python benchmarks/golden/nu_svc.py
Writes crates/pixel-learn/tests/fixtures/nu_svc.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.svm import NuSVC

TRAIN, TEST, CLASSES = 400, 25, 4


def images(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784) / 255


def labels(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(8 + count)[8:], np.uint8)


CASES = [
    {},
    {"nu": 0.1},
    {"nu": 0.3, "gamma": 0.02},
    {"nu": 0.2, "kernel": "linear"},
    {"nu": 0.2, "kernel": "poly", "degree": 2, "coef0": 1.0},
    {"nu": 0.4, "kernel": "sigmoid", "gamma": "auto"},
]
out = []
for name in ("mnist", "fashion-mnist"):
    train = images(f"data/{name}/train-images-idx3-ubyte.gz", 1200)
    classes = labels(f"data/{name}/train-labels-idx1-ubyte.gz", 1200)
    # The first rows of classes 0, 2, 4 and 6 (shirts, coats and pullovers overlap) as classes 0 to 3.
    chosen = np.flatnonzero((classes % 2 == 0) & (classes < 2 * CLASSES))[:TRAIN]
    train, classes = train[chosen], classes[chosen] // 2
    test = images(f"data/{name}/t10k-images-idx3-ubyte.gz", TEST)
    cases = []
    for parameters in CASES:
        # A tight tolerance, so that the figures are those of the problem and not of the path to it.
        model = NuSVC(**parameters, tol=1e-6, decision_function_shape="ovo", cache_size=500).fit(train, classes)
        usual = NuSVC(**parameters, cache_size=500).fit(train, classes)
        cases.append(
            {
                "parameters": parameters,
                "support_at_1e-6": model.n_support_.tolist(),
                "iterations_at_1e-3": usual.n_iter_.tolist(),
                "decisions": np.round(model.decision_function(test), 8).tolist(),
                "predictions": usual.predict(test).tolist(),
            }
        )
    out.append({"dataset": name, "train": TRAIN, "test": TEST, "rows": chosen.tolist(), "cases": cases})

with open("crates/pixel-learn/tests/fixtures/nu_svc.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
