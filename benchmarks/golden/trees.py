"""Golden figures of the tree families, from scikit-learn: writes crates/pixel-learn/tests/fixtures/trees.json.

    python benchmarks/golden/trees.py     (from the root of the repository; needs numpy, scikit-learn)

The first training images of MNIST, standardised. Trees with the best splits, whose structure depends on no
random number where the best split is unique: each is fitted with several seeds and must come out the same.
Boosting by stages: losses, and the trees of the first round. For the seeded families mean and spread of the accuracy
over many seeds, which ours must share.
"""

import gzip
import json
import warnings
from fractions import Fraction

import numpy as np
import sklearn
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

warnings.simplefilter("ignore")
STRUCTURE, BOOSTING = 4000, 1500
N, TEST, SEEDS = 2000, 2000, 24


def idx(name, header):
    with gzip.open(f"data/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8)[header:]


def structure(tree):
    return {
        "feature": [int(f) if f >= 0 else None for f in tree.feature],
        "threshold": [float(t) if f >= 0 else 0.0 for f, t in zip(tree.feature, tree.threshold)],
        "right": [int(r) if r >= 0 else None for r in tree.children_right],
        "impurity": tree.impurity.tolist(),
        "samples": tree.n_node_samples.tolist(),
    }


def same_splits(a, b):
    """Whether two trees have the same structure, whatever the rounding of sums in another order."""
    return all(a[key] == b[key] for key in ("feature", "threshold", "right", "samples"))


def best_split_trees(x, y):
    for criterion in ("gini", "entropy"):
        fits = [
            DecisionTreeClassifier(criterion=criterion, max_depth=4, random_state=seed).fit(x, y)
            for seed in range(6)
        ]
        found = [structure(fit.tree_) for fit in fits]
        assert all(same_splits(f, found[0]) for f in found), f"{criterion}: the best split is not unique"
        value = fits[0].tree_.value[:, 0, :]
        leaves = [i for i, f in enumerate(found[0]["feature"]) if f is None]
        yield {"criterion": criterion, "max_depth": 4, **found[0], "leaf_probabilities": value[leaves].tolist()}


def tied(tree, pixels, positive):
    """For every node: is its cut one of several equally good ones, and do the cuts above determine its rows? Exact,
    because the residuals of the first round have only two values, so counts decide."""
    drawn, certain = [False] * len(tree["feature"]), [True] * len(tree["feature"])
    rows = {0: np.arange(len(positive))}
    for node, feature in enumerate(tree["feature"]):
        if feature is None:
            continue
        here, right = rows[node], tree["right"][node]
        n, total = len(here), int(positive[here].sum())
        best, cuts = -1, []
        for f in range(pixels.shape[1]):
            values = pixels[here, f]
            for value in np.unique(values)[:-1]:
                left = values <= value
                size, sum_left = int(left.sum()), int(positive[here][left].sum())
                score = Fraction((n * sum_left - size * total) ** 2, size * (n - size))
                if score >= best:
                    cuts = [] if score > best else cuts
                    best = score
                    cuts.append((f, left))
        drawn[node] = len(cuts) > 1
        chosen = next(left for f, left in cuts if f == feature)
        same = certain[node] and all((left == chosen).all() for _, left in cuts)
        certain[node + 1] = certain[right] = same
        rows[node + 1], rows[right] = here[chosen], here[~chosen]
    return drawn, certain


def boosting(x, y):
    settings = dict(n_estimators=3, max_depth=3, learning_rate=0.1)
    fits = [GradientBoostingClassifier(**settings, random_state=seed).fit(x, y) for seed in range(4)]
    pixels = idx("train-images-idx3-ubyte", 16).reshape(-1, 784)[: len(y)]
    trees = []
    for label, estimator in enumerate(fits[0].estimators_[0]):
        tree = estimator.tree_
        found = structure(tree)
        drawn, certain = tied(found, pixels, y == label)
        steps = [float(v) if f < 0 else None for f, v in zip(tree.feature, tree.value[:, 0, 0])]
        trees.append({**found, "drawn": drawn, "certain": certain, "leaf_steps": steps})
    losses = [fit.train_score_.tolist() for fit in fits]
    return {**settings, "train": len(y), "stage_deviances": losses, "first_round": trees}


def spread(x, y, test, truth, make):
    accuracies = [float(np.mean(make(seed).fit(x, y).predict(test) == truth)) for seed in range(SEEDS)]
    return {"mean": float(np.mean(accuracies)), "sd": float(np.std(accuracies, ddof=1)), "seeds": SEEDS}


def standardised(rows, part="train", like=None):
    pixels = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 784)[:rows].astype(float)
    fitted = pixels if like is None else idx("train-images-idx3-ubyte", 16).reshape(-1, 784)[:like].astype(float)
    scale = fitted.std(0)
    scale[scale == 0] = 1
    return (pixels - fitted.mean(0)) / scale, idx(f"{part}-labels-idx1-ubyte", 8)[:rows]


def main():
    train, test = standardised(N), standardised(TEST, "t10k", like=N)
    families = {
        "DecisionTree best": lambda s: DecisionTreeClassifier(random_state=s),
        "DecisionTree random": lambda s: DecisionTreeClassifier(splitter="random", random_state=s),
        "DecisionTree random entropy 10": lambda s: DecisionTreeClassifier(
            criterion="entropy", splitter="random", max_depth=10, random_state=s
        ),
        "ExtraTree random": lambda s: ExtraTreeClassifier(random_state=s),
        "ExtraTree best entropy": lambda s: ExtraTreeClassifier(
            criterion="entropy", splitter="best", random_state=s
        ),
        "RandomForest 10": lambda s: RandomForestClassifier(n_estimators=10, random_state=s),
        "RandomForest 10 entropy depth 6": lambda s: RandomForestClassifier(
            n_estimators=10, criterion="entropy", max_depth=6, random_state=s
        ),
    }
    golden = {
        "made_by": f"benchmarks/golden/trees.py, scikit-learn {sklearn.__version__}",
        "trees": {"train": STRUCTURE, "cases": list(best_split_trees(*standardised(STRUCTURE)))},
        "boosting": boosting(*standardised(BOOSTING)),
        "train": N,
        "test": TEST,
        "accuracy": {name: spread(*train, *test, make) for name, make in families.items()},
    }
    with open("crates/pixel-learn/tests/fixtures/trees.json", "w") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
