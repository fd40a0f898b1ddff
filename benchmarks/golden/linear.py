"""Golden figures of the linear models, from scikit-learn: writes crates/pixel-learn/tests/fixtures/linear.json.

    python benchmarks/golden/linear.py     (from the root of the repository; needs numpy, scikit-learn)

The first 300 training images of MNIST, standardised and rounded to f32 once, as the models see them; scores of
the first 12 test images. The stochastic models take the rows in order (shuffle=False), so that every update
is determined; parameters have their 0.19 meaning (Perceptron's elastic net is l2: l1_ratio=0).

For LinearSVC and LogisticRegression the least objective R(w) + C * losses, summed over the classes: by LIBLINEAR, or
by L-BFGS at a very tight tolerance; for the softmax and the squared hinge with the l1 norm by L-BFGS-B on w = u - v;
and for the hinge with the l1 norm, which no scikit-learn estimator has, as a linear program by HiGHS.
300 images are linearly separable in 784 dimensions, so losses hardly count. The same at C = 10 and 100 on 800 images
of 7 x 7 pixels, means of 4 x 4, where no class is separable from the rest.
"""

import gzip
import json
import warnings

import numpy as np
import scipy.optimize
import sklearn
from sklearn.linear_model import LogisticRegression, PassiveAggressiveClassifier, Perceptron, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

N, SHOWN = 300, 12
CROWDED = 800


def idx(name, header):
    with gzip.open(f"data/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8)[header:]


def scaled(dtype=np.float32):
    train = idx("train-images-idx3-ubyte", 16).reshape(-1, 784)[:N].astype(float)
    test = idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784)[:SHOWN].astype(float)
    mean, scale = train.mean(0), train.std(0)
    scale[scale == 0] = 1
    rounded = lambda x: ((x - mean) / scale).astype(dtype).astype(float)
    return rounded(train), idx("train-labels-idx1-ubyte", 8)[:N], rounded(test)


def crowded():
    """Images of 7 x 7 pixels, each the mean of 4 x 4, rounded down."""
    images = idx("train-images-idx3-ubyte", 16).reshape(-1, 7, 4, 7, 4)[:CROWDED].astype(int)
    pixels = (images.sum((2, 4)) // 16).reshape(CROWDED, 49).astype(float)
    scale = pixels.std(0)
    scale[scale == 0] = 1
    x = ((pixels - pixels.mean(0)) / scale).astype(np.float32).astype(float)
    return x, idx("train-labels-idx1-ubyte", 8)[:CROWDED]


def stochastic():
    fixed = dict(max_iter=5, tol=None, shuffle=False)
    for loss in ["hinge", "squared_hinge", "perceptron", "log", "modified_huber"]:
        for penalty in ["l2", "l1", "elasticnet"]:
            model = SGDClassifier(loss="log_loss" if loss == "log" else loss, penalty=penalty, **fixed)
            yield "SGDClassifier", {"loss": loss, "penalty": penalty}, model
    for penalty in ["l2", "l1", "elasticnet"]:
        yield "Perceptron", {"penalty": penalty}, Perceptron(penalty=penalty, l1_ratio=0.0, **fixed)
    # On 300 separable rows a bound of 1 never binds: 0.001 does.
    for c in [0.001, 1.0]:
        yield "PassiveAggressiveClassifier", {"C": c}, PassiveAggressiveClassifier(C=c, **fixed)


def norm(w, penalty):
    return np.abs(w).sum() if penalty == "l1" else 0.5 * (w * w).sum()


def margins(w, x, y):
    """y * score of every class against the rest; w has the intercept last."""
    signs = np.where(y[:, None] == np.arange(10), 1, -1)
    return signs * (x @ w[:, :-1].T + w[:, -1])


def one_vs_rest_loss(loss, m):
    if loss == "log":
        return np.logaddexp(0, -m).sum()
    lack = np.maximum(0, 1 - m)
    return (lack if loss == "hinge" else lack * lack).sum()


def linear_program(x, y, c):
    """The least |w|_1 + C * hinges of every class: w = u - v, slacks s >= 1 - y (w . x)."""
    n, d = x.shape
    rows = []
    for k in range(10):
        signs = np.where(y == k, 1.0, -1.0)[:, None]
        features = signs * np.hstack([x, np.ones((n, 1))])
        used = np.abs(features).sum(0) > 0
        a = -np.hstack([features[:, used], -features[:, used], np.eye(n)])
        costs = np.concatenate([np.ones(2 * used.sum()), np.full(n, c)])
        rows.append(scipy.optimize.linprog(costs, a, -np.ones(n), method="highs").fun)
    return sum(rows)


def cross_entropy(scores, y):
    return (np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]).sum()


def split_softmax(x, y, c):
    """The least |w|_1 + C * cross-entropy with free intercepts: w = u - v with u, v >= 0 by L-BFGS-B."""
    n, d = x.shape
    onehot = np.eye(10)[y]

    def objective(z):
        u, v, intercepts = z[: 10 * d].reshape(10, d), z[10 * d : 20 * d].reshape(10, d), z[20 * d :]
        scores = x @ (u - v).T + intercepts
        p = np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])
        slope = c * (p - onehot)
        g = slope.T @ x
        return z[: 20 * d].sum() + c * cross_entropy(scores, y), np.concatenate([1 + g.ravel(), 1 - g.ravel(), slope.sum(0)])

    bounds = [(0, None)] * (20 * d) + [(None, None)] * 10
    options = dict(maxiter=100_000, maxfun=200_000, ftol=1e-13, gtol=1e-8, maxcor=30)
    return scipy.optimize.minimize(objective, np.zeros(20 * d + 10), jac=True, method="L-BFGS-B", bounds=bounds, options=options).fun


def split_squared_hinge(x, y, c):
    """The least |w|_1 + C * squared hinges of every class, the intercept regularised too: w = u - v by L-BFGS-B."""
    features = np.hstack([x, np.ones((len(y), 1))])
    d = features.shape[1]
    least = 0
    for k in range(10):
        signed = np.where(y == k, 1.0, -1.0)[:, None] * features

        def objective(z):
            lack = np.maximum(0, 1 - signed @ (z[:d] - z[d:]))
            g = -2 * c * lack @ signed
            return z.sum() + c * lack @ lack, np.concatenate([1 + g, 1 - g])

        options = dict(maxiter=1_000_000, maxfun=1_000_000, ftol=1e-15, gtol=1e-9, maxcor=50)
        start, bounds = np.zeros(2 * d), [(0, None)] * (2 * d)
        least += scipy.optimize.minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).fun
    return least


def objectives(x, y, cs):
    """The least objective of every kind of problem, at each C."""
    stacked = lambda model: np.hstack([model.coef_, model.intercept_.reshape(-1, 1)])
    for c in cs:
        for penalty in ["l1", "l2"]:
            exact = dict(tol=1e-9, max_iter=1_000_000)
            binary = LogisticRegression(penalty=penalty, C=c, solver="liblinear", **exact)
            ovr = OneVsRestClassifier(binary).fit(x, y)
            w = np.vstack([stacked(one) for one in ovr.estimators_])
            value = norm(w, penalty) + c * one_vs_rest_loss("log", margins(w, x, y))
            yield "LogisticRegression", {"C": c, "penalty": penalty, "multi_class": "ovr"}, value

            if penalty == "l1":
                value = split_softmax(x, y, c)
            else:
                softmax = LogisticRegression(penalty=penalty, C=c, tol=1e-9, max_iter=100_000).fit(x, y)
                value = norm(softmax.coef_, penalty) + c * cross_entropy(softmax.decision_function(x), y)
            yield "LogisticRegression", {"C": c, "penalty": penalty, "multi_class": "multinomial"}, value

            for loss in ["hinge", "squared_hinge"]:
                parameters = {"C": c, "loss": loss, "penalty": penalty, "multi_class": "ovr"}
                if loss == "hinge" and penalty == "l1":
                    yield "LinearSVC", parameters, linear_program(x, y, c)
                    continue
                if penalty == "l1":
                    yield "LinearSVC", parameters, split_squared_hinge(x, y, c)
                    continue
                w = stacked(LinearSVC(C=c, loss=loss, penalty=penalty, dual=True, **exact).fit(x, y))
                yield "LinearSVC", parameters, norm(w, penalty) + c * one_vs_rest_loss(loss, margins(w, x, y))
        w = stacked(LinearSVC(C=c, multi_class="crammer_singer", **exact).fit(x, y))
        scores = x @ w[:, :-1].T + w[:, -1]
        right = scores[np.arange(len(y)), y]
        best = np.max(scores + (y[:, None] != np.arange(10)), axis=1)
        yield "LinearSVC", {"C": c, "multi_class": "crammer_singer"}, norm(w, "l2") + c * (best - right).sum()


def main():
    warnings.simplefilter("ignore")
    x, y, test = scaled()
    rows = []
    for classifier, parameters, model in stochastic():
        # Descent works on bytes and the scaling in f64: its rows are not rounded.
        scores = model.fit(scaled(float)[0], y).decision_function(test)
        rows.append({
            "classifier": classifier,
            "parameters": parameters,
            "scores": [[float(f"{v:.12g}") for v in row] for row in scores],
        })
    golden = {"scikit-learn": sklearn.__version__, "train_size": N, "test_size": SHOWN, "stochastic": rows}
    as_json = lambda found: [
        {"classifier": classifier, "parameters": parameters, "objective": float(f"{value:.12g}")}
        for classifier, parameters, value in found
    ]
    golden["objectives"] = as_json(objectives(x, y, [0.1, 1.0]))
    golden["crowded_size"] = CROWDED
    golden["crowded"] = as_json(objectives(*crowded(), [10.0, 100.0]))
    with open("crates/pixel-learn/tests/fixtures/linear.json", "w") as f:
        f.write(json.dumps(golden, separators=(",", ":")).replace('{"classifier"', '\n{"classifier"') + "\n")


main()
