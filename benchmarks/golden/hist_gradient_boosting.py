"""Golden figures of HistGradientBoostingClassifier, from scikit-learn: writes
crates/pixel-learn/tests/fixtures/hist_gradient_boosting.json.

    python benchmarks/golden/hist_gradient_boosting.py     (from the root of the repository; needs numpy, scikit-learn)

The first training images of MNIST, raw bytes. Without early stopping nothing is random: the trees of the first round,
the loss after every round and the predictions. With early stopping the held-out rows are random: mean and spread of
accuracy and of the number of rounds over many seeds.
"""

import gzip
import json

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

N, TEST, SEEDS = 3000, 2000, 16


def idx(name, header):
    with gzip.open(f"data/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8)[header:]


def images(part, rows):
    pixels = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 784)[:rows].astype(float)
    return pixels, idx(f"{part}-labels-idx1-ubyte", 8)[:rows]


def tree(predictor):
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": [None if l else int(f) for f, l in zip(nodes["feature_idx"], leaf)],
        "cut": [0 if l else int(np.floor(t)) for t, l in zip(nodes["num_threshold"], leaf)],
        "samples": nodes["count"].tolist(),
        "gain": [0.0 if l else float(g) for g, l in zip(nodes["gain"], leaf)],
        "value": [float(v) if l else 0.0 for v, l in zip(nodes["value"], leaf)],
    }


def case(name, x, y, test, **settings):
    fit = HistGradientBoostingClassifier(early_stopping=False, **settings).fit(x, y)
    return {
        "name": name,
        "settings": settings,
        "first_round": [tree(predictor) for predictor in fit._predictors[0]],
        "losses": [float(log_loss(y, p, labels=fit.classes_)) for p in fit.staged_predict_proba(x)],
        "answers": [int(a) for a in fit.predict(test)],
    }


def stopped(x, y, test, truth, **settings):
    fits = [
        HistGradientBoostingClassifier(early_stopping=True, random_state=seed, **settings).fit(x, y)
        for seed in range(SEEDS)
    ]
    figures = {"accuracy": [np.mean(f.predict(test) == truth) for f in fits], "rounds": [f.n_iter_ for f in fits]}
    spread = {k: {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1))} for k, v in figures.items()}
    return {"settings": settings, "seeds": SEEDS, **spread}


def main():
    (x, y), (test, truth) = images("train", N), images("t10k", TEST)
    two = (y == 3) | (y == 8)
    golden = {
        "made_by": f"benchmarks/golden/hist_gradient_boosting.py, scikit-learn {sklearn.__version__}",
        "train": N,
        "test": TEST,
        "cases": [
            case("leaves", x, y, test, max_iter=10, max_leaf_nodes=15),
            case("depth and l2", x, y, test, max_iter=5, max_leaf_nodes=None, max_depth=5, l2_regularization=1.0),
            case("few bins", x, y, test, max_iter=5, max_bins=12, max_leaf_nodes=8, min_samples_leaf=1, learning_rate=0.3),
            case("threes and eights", x[two], y[two], test, max_iter=10),
        ],
        "stopped": stopped(x, y, test, truth, max_iter=60, max_leaf_nodes=6, learning_rate=0.2, n_iter_no_change=3),
    }
    with open("crates/pixel-learn/tests/fixtures/hist_gradient_boosting.json", "w") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
