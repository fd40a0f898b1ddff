"""Golden figures for GaussianNB: predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/naive_bayes.py
Writes crates/pixel-learn/tests/fixtures/naive_bayes.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

TRAIN, TEST = 1000, 500


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
    # Very unequal priors change some predictions; with None the priors are the class frequencies.
    weights = 10.0 ** (4.0 * np.arange(10))
    for priors in ([0.1] * 10, (weights / weights.sum()).tolist(), None):
        model = GaussianNB(priors=priors).fit(scaler.transform(x), y)
        predictions = "".join(map(str, model.predict(scaler.transform(test))))
        out.append({"dataset": name, "train": TRAIN, "test": TEST, "priors": priors, "predictions": predictions})

with open("crates/pixel-learn/tests/fixtures/naive_bayes.json", "w") as file:
    json.dump(out, file, indent=0)
    file.write("\n")
