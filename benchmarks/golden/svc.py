"""Golden figures for SVC: decision values, support vectors and predictions of scikit-learn (LIBSVM).

Run from the repository's root: python benchmarks/golden/svc.py
Writes crates/pixel-learn/tests/fixtures/svc.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

TRAIN, TEST, CLASSES = 400, 25, 4


def images(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)


def labels(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(8 + count)[8:], np.uint8)


out = []
for name in ("mnist", "fashion-mnist"):
    train = images(f"data/{name}/train-images-idx3-ubyte.gz", 1200)
    classes = labels(f"data/{name}/train-labels-idx1-ubyte.gz", 1200)
    # The first rows of classes 0, 2, 4 and 6 (shirts, coats and pullovers overlap) as classes 0 to 3.
    chosen = np.flatnonzero((classes % 2 == 0) & (classes < 2 * CLASSES))[:TRAIN]
    train, classes = train[chosen], classes[chosen] // 2
    test = images(f"data/{name}/t10k-images-idx3-ubyte.gz", TEST)
    scaler = StandardScaler().fit(train.astype(np.float64))
    scaled = [scaler.transform(x.astype(np.float64)) for x in (train, test)]
    cases = []
    for kernel in ("linear", "rbf", "poly", "sigmoid"):
        for c in (1.0, 10.0, 100.0):
            gamma = "scale" if c == 10.0 else 1 / 784
            # A tight tolerance, so that the figures are those of the problem and not of the path to it.
            model = SVC(C=c, kernel=kernel, gamma=gamma, tol=1e-6, decision_function_shape="ovo", cache_size=500)
            model.fit(scaled[0], classes)
            usual = SVC(C=c, kernel=kernel, gamma=gamma, cache_size=500).fit(scaled[0], classes)
            cases.append(
                {
                    "kernel": kernel,
                    "C": c,
                    "gamma": gamma,
                    "support_at_1e-6": model.n_support_.tolist(),
                    "support_at_1e-3": usual.n_support_.tolist(),
                    "iterations_at_1e-3": usual.n_iter_.tolist(),
                    "decisions": np.round(model.decision_function(scaled[1]), 6).tolist(),
                    "predictions": usual.predict(scaled[1]).tolist(),
                }
            )
    out.append({"dataset": name, "train": TRAIN, "test": TEST, "rows": chosen.tolist(), "cases": cases})

with open("crates/pixel-learn/tests/fixtures/svc.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
