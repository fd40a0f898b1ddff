"""Golden figures of the linear models, from scikit-learn: writes tests/fixtures/linear.json.

    python benchmarks/golden/linear.py     (from the root of the repository; needs numpy, scikit-learn)

The first 300 training images of MNIST, standardised and rounded to f32 once, as the models see them; scores of
the first 12 test images. The stochastic models take the rows in order (shuffle=False), so that every update
is determined; parameters have their 0.19 meaning (Perceptron's elastic net is l2: l1_ratio=0).
"""

import gzip
import json
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import PassiveAggressiveClassifier, Perceptron, SGDClassifier

N, SHOWN = 300, 12


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
    with open("tests/fixtures/linear.json", "w") as f:
        f.write(json.dumps(golden, separators=(",", ":")).replace('{"classifier"', '\n{"classifier"') + "\n")


main()
