"""Golden figures of the ensembles of trees that the grid of 2017 lacks, from scikit-learn: writes
crates/pixel-learn/tests/fixtures/ensembles.json.

    python benchmarks/golden/ensembles.py     (from the root of the repository; needs numpy, scikit-learn)

The first training images of MNIST, standardised. For the seeded families mean and spread of the accuracy over many
seeds, which ours must share. For AdaBoost errors and weights of the trees, and answers: they depend on no random number
where the best splits are unique, so several seeds must agree.
"""

import gzip
import json
import warnings

import numpy as np
import sklearn
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, ExtraTreesClassifier
from sklearn.tree import DecisionTreeClassifier

warnings.simplefilter("ignore")
N, TEST, SEEDS = 2000, 2000, 24


def idx(name, header):
    with gzip.open(f"data/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8)[header:]


def standardised(rows, part="train", like=None):
    pixels = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 784)[:rows].astype(float)
    fitted = pixels if like is None else idx("train-images-idx3-ubyte", 16).reshape(-1, 784)[:like].astype(float)
    scale = fitted.std(0)
    scale[scale == 0] = 1
    return (pixels - fitted.mean(0)) / scale, idx(f"{part}-labels-idx1-ubyte", 8)[:rows]


def spread(x, y, test, truth, make):
    accuracies = [float(np.mean(make(seed).fit(x, y).predict(test) == truth)) for seed in range(SEEDS)]
    return {"mean": float(np.mean(accuracies)), "sd": float(np.std(accuracies, ddof=1)), "seeds": SEEDS}


def ada_boost(x, y, test, max_depth, n_estimators, learning_rate, criterion):
    settings = dict(n_estimators=n_estimators, learning_rate=learning_rate)
    fits = [
        AdaBoostClassifier(
            DecisionTreeClassifier(max_depth=max_depth, criterion=criterion), random_state=seed, **settings
        ).fit(x, y)
        for seed in range(3)
    ]
    # Only the first trees, which are equal for all seeds: later ones depend on the draw between equally good splits.
    trees = [[(t.tree_.feature.tolist(), np.round(t.tree_.threshold, 9).tolist()) for t in f.estimators_] for f in fits]
    alike = next((k for k in range(n_estimators) if any(t[k] != trees[0][k] for t in trees)), n_estimators)
    staged = [p for _, p in zip(range(alike), fits[0].staged_predict(test))]
    return {
        **settings,
        "max_depth": max_depth,
        "criterion": criterion,
        "alike": alike,
        "errors": fits[0].estimator_errors_[:alike].tolist(),
        "weights": fits[0].estimator_weights_[:alike].tolist(),
        "roots": [int(t.tree_.feature[0]) for t in fits[0].estimators_[:alike]],
        "answers": [int(a) for a in staged[-1]],
    }


def main():
    train, test = standardised(N), standardised(TEST, "t10k", like=N)
    trees = lambda **parameters: DecisionTreeClassifier(**parameters)
    families = {
        "ExtraTrees 10": lambda s: ExtraTreesClassifier(n_estimators=10, random_state=s),
        "ExtraTrees 10 bootstrap entropy depth 6": lambda s: ExtraTreesClassifier(
            n_estimators=10, bootstrap=True, criterion="entropy", max_depth=6, random_state=s
        ),
        "Bagging 10": lambda s: BaggingClassifier(random_state=s),
        "Bagging 10 of half the rows and 100 features": lambda s: BaggingClassifier(
            max_samples=0.5, max_features=100, bootstrap=False, random_state=s
        ),
        "Bagging 10 of a fifth of the features drawn again": lambda s: BaggingClassifier(
            trees(max_depth=8, splitter="random"), max_features=0.2, bootstrap_features=True, random_state=s
        ),
    }
    golden = {
        "made_by": f"benchmarks/golden/ensembles.py, scikit-learn {sklearn.__version__}",
        "train": N,
        "test": TEST,
        "accuracy": {name: spread(*train, *test, make) for name, make in families.items()},
        "ada_boost": [
            ada_boost(*train, test[0], 1, 50, 1.0, "gini"),
            ada_boost(*train, test[0], 3, 20, 0.5, "gini"),
            ada_boost(*train, test[0], 2, 20, 1.0, "entropy"),
        ],
    }
    with open("crates/pixel-learn/tests/fixtures/ensembles.json", "w") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
