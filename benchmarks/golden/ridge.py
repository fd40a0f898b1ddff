"""Golden figures for RidgeClassifier: coefficients, intercepts and predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/ridge.py
Writes crates/pixel-learn/tests/fixtures/ridge.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

TRAIN, TEST = 3000, 1000
# Every so many features have their coefficients written down.
STEP = 29


def read(name, part, count):
    with gzip.open(f"data/{name}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)
    with gzip.open(f"data/{name}/{part}-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float64), np.frombuffer(file.read(8 + count)[8:], np.uint8)


out = []
for name in ("mnist", "fashion-mnist"):
    x, y = read(name, "train", TRAIN)
    test, _ = read(name, "t10k", TEST)
    scaler = StandardScaler().fit(x)
    for scaling in ("unit", "standard"):
        scaled = [v / 255 if scaling == "unit" else scaler.transform(v) for v in (x, test)]
        # Two classes have one column of coefficients.
        for classes in (10, 2):
            rows = y < classes
            for alpha, fit_intercept in ((1.0, True), (100.0, True), (1.0, False)):
                model = RidgeClassifier(alpha=alpha, fit_intercept=fit_intercept).fit(scaled[0][rows], y[rows])
                out.append(
                    {
                        "dataset": name,
                        "train": TRAIN,
                        "test": TEST,
                        "step": STEP,
                        "scaling": scaling,
                        "classes": classes,
                        "alpha": alpha,
                        "fit_intercept": fit_intercept,
                        "coef": np.atleast_2d(model.coef_)[:, ::STEP].tolist(),
                        "intercept": np.atleast_1d(model.intercept_).tolist() if fit_intercept else [0.0],
                        "predictions": "".join(map(str, model.predict(scaled[1]))),
                    }
                )

with open("crates/pixel-learn/tests/fixtures/ridge.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
