"""Golden figures for BernoulliNB, MultinomialNB and ComplementNB: parameters and predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/discrete_naive_bayes.py
Writes crates/pixel-learn/tests/fixtures/discrete_naive_bayes.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB

TRAIN, TEST = 3000, 1000
# Every so many features have their parameters written down.
STEP = 29


def read(name, part, count):
    with gzip.open(f"data/{name}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)
    with gzip.open(f"data/{name}/{part}-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float64), np.frombuffer(file.read(8 + count)[8:], np.uint8)


prior = (np.arange(1, 11) / 55).tolist()
CASES = [
    (BernoulliNB, {}),
    (BernoulliNB, {"binarize": 127.0}),
    (BernoulliNB, {"binarize": 127.5, "alpha": 0.01, "fit_prior": False}),
    (BernoulliNB, {"binarize": 60.0, "class_prior": prior}),
    (MultinomialNB, {}),
    (MultinomialNB, {"alpha": 100.0, "fit_prior": False}),
    (MultinomialNB, {"class_prior": prior}),
    (ComplementNB, {}),
    (ComplementNB, {"alpha": 50.0, "norm": True}),
]

out = []
for name in ("mnist", "fashion-mnist"):
    x, y = read(name, "train", TRAIN)
    test, _ = read(name, "t10k", TEST)
    for kind, parameters in CASES:
        model = kind(**parameters).fit(x, y)
        out.append(
            {
                "dataset": name,
                "train": TRAIN,
                "test": TEST,
                "step": STEP,
                "classifier": kind.__name__,
                "parameters": parameters,
                "class_log_prior": model.class_log_prior_.tolist(),
                "feature_log_prob": model.feature_log_prob_[:, ::STEP].tolist(),
                "predictions": "".join(map(str, model.predict(test))),
            }
        )

with open("crates/pixel-learn/tests/fixtures/discrete_naive_bayes.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
