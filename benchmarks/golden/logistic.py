"""Golden figures of LogisticRegression's solvers that stop early: writes crates/pixel-learn/tests/fixtures/logistic.json.

    python benchmarks/golden/logistic.py     (from the root of the repository; needs numpy, scikit-learn)

800 training images of MNIST of 7 x 7 pixels, means of 4 x 4 rounded down, where no class is separable from the rest:
decision values of the first 12, the number of iterations, and whether the solver met its tolerance. lbfgs works in
f64; saga's rows are rounded to f32 once, as the models see them. One-vs-rest is one model a class, with the same seed.
"""

import gzip
import itertools
import json
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

N, SHOWN, SEED = 800, 12, 1


def idx(name, header):
    with gzip.open(f"data/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8)[header:]


def data():
    images = idx("train-images-idx3-ubyte", 16).reshape(-1, 7, 4, 7, 4)[:N].astype(int)
    pixels = (images.sum((2, 4)) // 16).reshape(N, 49).astype(float)
    scale = pixels.std(0)
    scale[scale == 0] = 1
    return (pixels - pixels.mean(0)) / scale, idx("train-labels-idx1-ubyte", 8)[:N]


def cases():
    """Solver, penalty, tolerance and iteration limit: cases that the limit ends, and cases that the tolerance ends."""
    yield from [("lbfgs", "l2", 1e-4, 1), ("lbfgs", "l2", 1e-4, 100), ("lbfgs", "l2", 1e-2, 100)]
    for penalty in ["l1", "l2"]:
        yield from [("saga", penalty, 1e-4, 20), ("saga", penalty, 2e-2, 100)]


def fit(x, y, multi_class, c, solver, penalty, tol, max_iter):
    model = LogisticRegression(
        C=c, solver=solver, l1_ratio=float(penalty == "l1"), tol=tol, max_iter=max_iter, random_state=SEED
    )
    if multi_class == "ovr":
        model = OneVsRestClassifier(model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y)
    met = not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    iterations = max(int(np.max(part.n_iter_)) for part in getattr(model, "estimators_", [model]))
    return model, iterations, met


def main():
    x, y = data()
    rows = []
    for (solver, penalty, tol, max_iter), multi_class, c in itertools.product(
        cases(), ["ovr", "multinomial"], [0.01, 1.0]
    ):
        rounded = x if solver == "lbfgs" else x.astype(np.float32).astype(float)
        model, iterations, met = fit(rounded, y, multi_class, c, solver, penalty, tol, max_iter)
        rows.append({
            "solver": solver, "penalty": penalty, "multi_class": multi_class, "C": c, "tol": tol, "max_iter": max_iter,
            "iterations": iterations,
            "converged": met,
            "scores": [[float(f"{v:.12g}") for v in row] for row in model.decision_function(rounded[:SHOWN])],
        })
    golden = {"scikit-learn": sklearn.__version__, "train_size": N, "seed": SEED, "fits": rows}
    with open("crates/pixel-learn/tests/fixtures/logistic.json", "w") as f:
        f.write(json.dumps(golden, separators=(",", ":")).replace('{"solver"', '\n{"solver"') + "\n")


main()
