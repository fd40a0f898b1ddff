"""Golden figures for LinearDiscriminantAnalysis and QuadraticDiscriminantAnalysis: coefficients, decision values and
predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/discriminant.py
Writes crates/pixel-learn/tests/fixtures/discriminant.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

TRAIN, TEST, DECISIONS = 3000, 1000, 10
# Every so many features have their coefficients written down.
STEP = 29


def read(name, part, count):
    with gzip.open(f"data/{name}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)
    with gzip.open(f"data/{name}/{part}-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float64), np.frombuffer(file.read(8 + count)[8:], np.uint8)


def features(kind, train, test):
    """unit: pixels / 255; standard: standardised; centre: the 10 x 10 pixels in the middle / 255; blocks: the means of
    4 x 4 pixels / 255 as f32, which have no bytes behind them."""
    if kind == "unit":
        return train / 255, test / 255
    if kind == "standard":
        scaler = StandardScaler().fit(train)
        return scaler.transform(train), scaler.transform(test)
    if kind == "centre":
        return [x.reshape(-1, 28, 28)[:, 9:19, 9:19].reshape(len(x), -1) / 255 for x in (train, test)]
    means = [x.reshape(-1, 7, 4, 7, 4).sum((2, 4)).reshape(len(x), -1) / (16 * 255) for x in (train, test)]
    return [x.astype(np.float32).astype(np.float64) for x in means]


priors = (np.arange(1, 11) / 55).tolist()
LDA, QDA = LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
LSQR = {"solver": "lsqr"}
CASES = [
    (LDA, "unit", {}),
    (LDA, "standard", {}),
    (LDA, "blocks", {"priors": priors}),
    (LDA, "standard", {"tol": 0.3}),
    (LDA, "blocks", {}),
    (LDA, "centre", LSQR),
    (LDA, "centre", LSQR | {"priors": priors}),
    (LDA, "unit", LSQR | {"shrinkage": 0.1}),
    (LDA, "unit", LSQR | {"shrinkage": 0.5, "priors": priors}),
    (LDA, "unit", LSQR | {"shrinkage": "auto"}),
    (LDA, "standard", LSQR | {"shrinkage": "auto", "priors": priors}),
    (LDA, "blocks", LSQR | {"shrinkage": "auto"}),
    (QDA, "centre", {}),
    (QDA, "centre", {"reg_param": 0.1, "priors": priors}),
    (QDA, "blocks", {"reg_param": 0.01}),
    (QDA, "blocks", {"reg_param": 0.5}),
]

out = []
for name in ("mnist", "fashion-mnist"):
    x, y = read(name, "train", TRAIN)
    test, _ = read(name, "t10k", TEST)
    for classes in (10, 2):
        rows = y < classes
        for kind, which, parameters in CASES:
            train, unseen = features(which, x[rows], test)
            if classes == 2 and which in ("unit", "standard") and not parameters.keys() & {"tol", "solver"}:
                # Fewer rows than features, with a deviation near tol: the coefficients are mostly rounding.
                continue
            if classes == 2 and "priors" in parameters:
                parameters = parameters | {"priors": [0.3, 0.7]}
            try:
                model = kind(**parameters).fit(train, y[rows])
            except np.linalg.LinAlgError:
                continue
            case = {
                "dataset": name,
                "train": TRAIN,
                "test": TEST,
                "step": STEP,
                "features": which,
                "classes": classes,
                "classifier": kind.__name__,
                "parameters": parameters,
                "decisions": model.decision_function(unseen[:DECISIONS]).ravel().tolist(),
                "predictions": "".join(map(str, model.predict(unseen))),
            }
            if kind is LDA:
                case["coef"] = model.coef_[:, ::STEP].tolist()
                case["intercept"] = model.intercept_.tolist()
            out.append(case)

print(len(out), "cases")
with open("crates/pixel-learn/tests/fixtures/discriminant.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
