"""Golden figures for few classes, from scikit-learn: writes crates/pixel-learn/tests/fixtures/classes.json.

    python benchmarks/golden/classes.py     (from the root of the repository; needs numpy, scikit-learn)

Images of MNIST, standardised, of two classes (digits 3 and 8), of three (3, 5 and 8), and of four, one of which has no
training images. For deterministic families the predictions; for seeded families mean and spread of the accuracy over
many seeds; for boosting of two classes the losses by stage.
"""

import gzip
import json
import warnings

import numpy as np
import sklearn
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, PassiveAggressiveClassifier, Perceptron, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

warnings.simplefilter("ignore")
N, TEST, SEEDS = 400, 400, 16
# The label of each digit.
CASES = {"two": {3: 0, 8: 1}, "three": {3: 0, 5: 1, 8: 2}, "missing": {3: 0, 5: 2, 8: 3}}


def idx(name, header):
    with gzip.open(f"data/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8)[header:]


def chosen(part, labels, count):
    digits = idx(f"{part}-labels-idx1-ubyte", 8)
    rows = np.flatnonzero(np.isin(digits, list(labels)))[:count]
    images = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 784)[rows].astype(float)
    return images, np.array([labels[digit] for digit in digits[rows]])


def one_vs_rest(model, classes):
    return model if classes == 2 else OneVsRestClassifier(model)


def exact(classes):
    yield "GaussianNB", GaussianNB()
    yield "KNeighborsClassifier", KNeighborsClassifier()
    yield "SVC linear", SVC(kernel="linear")
    yield "SVC rbf", SVC(gamma="auto")
    yield "LinearSVC", LinearSVC(max_iter=100_000, tol=1e-6)
    logistic = LogisticRegression(solver="liblinear", tol=1e-8, max_iter=10_000)
    yield "LogisticRegression ovr", one_vs_rest(logistic, classes)
    yield "GaussianProcessClassifier", GaussianProcessClassifier()


def seeded():
    epochs = dict(max_iter=5, tol=None)
    yield "SGDClassifier", lambda s: SGDClassifier(random_state=s, **epochs)
    yield "Perceptron", lambda s: Perceptron(random_state=s, **epochs)
    yield "PassiveAggressiveClassifier", lambda s: PassiveAggressiveClassifier(random_state=s, **epochs)
    yield "MLPClassifier", lambda s: MLPClassifier(random_state=s, n_iter_no_change=2)
    yield "DecisionTreeClassifier", lambda s: DecisionTreeClassifier(random_state=s)
    yield "ExtraTreeClassifier", lambda s: ExtraTreeClassifier(random_state=s)
    yield "RandomForestClassifier", lambda s: RandomForestClassifier(n_estimators=10, random_state=s)
    yield "GradientBoostingClassifier", lambda s: GradientBoostingClassifier(n_estimators=20, random_state=s)


def case(labels):
    x, y = chosen("train", labels, N)
    test, truth = chosen("t10k", labels, TEST)
    scale = x.std(0)
    scale[scale == 0] = 1
    x, test = (x - x.mean(0)) / scale, (test - x.mean(0)) / scale
    out = {"labels": {str(digit): label for digit, label in labels.items()}, "predictions": {}, "accuracy": {}}
    for name, model in exact(len(labels)):
        out["predictions"][name] = "".join(map(str, model.fit(x, y).predict(test)))
    for name, make in seeded():
        accuracies = [float(np.mean(make(seed).fit(x, y).predict(test) == truth)) for seed in range(SEEDS)]
        out["accuracy"][name] = {"mean": float(np.mean(accuracies)), "sd": float(np.std(accuracies, ddof=1))}
    if len(labels) == 2:
        # train_score_ is twice the mean of -log p of the right class.
        fits = [GradientBoostingClassifier(n_estimators=20, random_state=seed).fit(x, y) for seed in range(SEEDS)]
        out["stage_deviances"] = [[float(v) / 2 for v in fit.train_score_] for fit in fits]
        out["initial"] = float(np.log(np.mean(y == 1) / np.mean(y == 0)))
    return out


def main():
    golden = {
        "made_by": f"benchmarks/golden/classes.py, scikit-learn {sklearn.__version__}",
        "train": N,
        "test": TEST,
        "seeds": SEEDS,
        "cases": {name: case(labels) for name, labels in CASES.items()},
    }
    with open("crates/pixel-learn/tests/fixtures/classes.json", "w") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
