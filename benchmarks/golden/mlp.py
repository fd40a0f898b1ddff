"""Golden figures for MLPClassifier: loss curves and predictions of scikit-learn from given initial weights,
without shuffling, so that nothing is random.

Run from the repository's root: python benchmarks/golden/mlp.py
Writes crates/pixel-learn/tests/fixtures/mlp.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

TRAIN, TEST = 550, 200


def read(name, part, count):
    with gzip.open(f"data/{name}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)
    with gzip.open(f"data/{name}/{part}-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float64), np.frombuffer(file.read(8 + count)[8:], np.uint8)


def spread(count, bound):
    """Numbers between -bound and bound that look random and are the same in any language."""
    return ((np.arange(count) * 7919) % 2003 / 2003 - 0.5) * 2 * bound


class FromFormula(MLPClassifier):
    def _init_coef(self, fan_in, fan_out, dtype):
        bound = np.sqrt(6 / (fan_in + fan_out))
        return spread(fan_in * fan_out, bound).reshape(fan_in, fan_out), spread(fan_out, bound)


warnings.simplefilter("ignore", ConvergenceWarning)
out = []
for name in ("mnist", "fashion-mnist"):
    x, y = read(name, "train", TRAIN)
    test, _ = read(name, "t10k", TEST)
    scaler = StandardScaler().fit(x)
    x, test = scaler.transform(x), scaler.transform(test)
    # The last case runs until it stops by itself. n_iter_no_change=2 is the rule of 0.19.
    for sizes, activation, epochs, tol in (
        ([100], "relu", 10, 1e-4),
        ([10, 10], "tanh", 10, 1e-4),
        ([100, 10], "tanh", 10, 1e-4),
        ([10], "relu", 200, 2e-2),
    ):
        model = FromFormula(sizes, activation=activation, max_iter=epochs, shuffle=False, tol=tol, n_iter_no_change=2)
        model.fit(x, y)
        out.append(
            {
                "dataset": name,
                "train": TRAIN,
                "test": TEST,
                "hidden_layer_sizes": sizes,
                "activation": activation,
                "max_iter": epochs,
                "tol": tol,
                "loss_curve": model.loss_curve_,
                "predictions": "".join(map(str, model.predict(test))),
            }
        )

with open("crates/pixel-learn/tests/fixtures/mlp.json", "w") as file:
    json.dump(out, file, indent=0)
    file.write("\n")
