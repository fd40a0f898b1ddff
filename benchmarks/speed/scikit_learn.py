#!/usr/bin/env python3
"""Times one fit plus predict of scikit-learn, or of scikit-learn-intelex, on standardised pixels, one thread.

    scikit_learn.py [--intelex] [--dataset mnist] [--train-size N] [--limit S] CLASSIFIER PARAMETERS [OPTIONS]

compare.py starts it; by hand: `scikit_learn.py --intelex --train-size 2000 SVC '{"C": 10}'`. PARAMETERS is a
JSON object spelled as in scikit-learn 0.19 and means what it meant there; OPTIONS is one in today's spelling
(a solver, say), for what the published grid does not name. Prints one line of JSON. Loading and standardising
are not timed. This file knows nothing of rows, goals or our own program, and leaves the libraries to benchmarks/engines.
"""

import os

# One thread, and the BLAS kernel that the library itself picks for this processor: before numpy is loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = "1"
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import argparse
import gzip
import json
import pathlib
import signal
import sys
import time
import warnings

BENCHMARKS = pathlib.Path(__file__).resolve().parents[1]
DATA = BENCHMARKS.parent / "data"
# The engine translates the parameters.
sys.path.append(str(BENCHMARKS / "engines"))

import intelex
from meanings import Unsupported, estimator, iterations


def images(dataset, part, numpy):
    with gzip.open(DATA / dataset / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    with gzip.open(DATA / dataset / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return pixels.reshape(len(labels), -1), labels


def objective(model, parameters, pixels, labels, numpy):
    """R(w) + C times the losses of a softmax model: how near the minimum a solver was when it stopped."""
    scores = model.decision_function(pixels)
    scores -= scores.max(axis=1, keepdims=True)
    own = scores[numpy.arange(len(labels)), numpy.searchsorted(model.classes_, labels)]
    losses = numpy.log(numpy.exp(scores).sum(axis=1)) - own
    weights = model.coef_
    norm = numpy.abs(weights).sum() if parameters.get("penalty") == "l1" else 0.5 * (weights**2).sum()
    return float(norm + parameters.get("C", 1) * losses.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intelex", action="store_true")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--train-size", type=int, help="only the first N training images")
    parser.add_argument("--limit", type=float, default=0, help="seconds of fit and predict, then it is killed")
    parser.add_argument("classifier")
    parser.add_argument("parameters", type=json.loads)
    parser.add_argument("options", type=json.loads, nargs="?", default={})
    arguments = parser.parse_args()

    dispatch = intelex.accelerate() if arguments.intelex else None
    import numpy
    import sklearn
    import threadpoolctl
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.preprocessing import StandardScaler

    train, train_labels = images(arguments.dataset, "train", numpy)
    test, test_labels = images(arguments.dataset, "t10k", numpy)
    train, train_labels = train[: arguments.train_size], train_labels[: arguments.train_size]
    scaler = StandardScaler().fit(train.astype(numpy.float64))
    train, test = scaler.transform(train.astype(numpy.float64)), scaler.transform(test.astype(numpy.float64))
    try:
        model = estimator(arguments.classifier, arguments.parameters, arguments.options)
    except Unsupported as reason:
        raise SystemExit(f"{arguments.classifier}: {reason}") from None
    if dispatch:
        dispatch.calls.clear()

    with warnings.catch_warnings(record=True) as caught, threadpoolctl.threadpool_limits(1):
        warnings.simplefilter("always")
        # The signal's default action ends the process at once, also from within compiled code.
        signal.setitimer(signal.ITIMER_REAL, arguments.limit)
        began, cpu = time.perf_counter(), time.process_time()
        model.fit(train, train_labels)
        fitted = time.perf_counter()
        predictions = model.predict(test)
        ended, cpu_ended = time.perf_counter(), time.process_time()
    signal.setitimer(signal.ITIMER_REAL, 0)
    blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    measurement = {
        "train_size": len(train),
        "version": sklearn.__version__,
        "fit_seconds": round(fitted - began, 4),
        "predict_seconds": round(ended - fitted, 4),
        "cpu_seconds": round(cpu_ended - cpu, 4),
        "accuracy": float((predictions == test_labels).mean()),
        "iterations": iterations(model, numpy),
        "threads": len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else None,
        # The MLP and boosting rows are stopped on purpose; compare.py knows which.
        "converged": not any(issubclass(warning.category, ConvergenceWarning) for warning in caught),
        "blas": sorted({f"{p['internal_api']} {p['version']} {p.get('architecture', '')}".strip() for p in blas}),
    }
    if arguments.classifier == "LogisticRegression" and arguments.parameters.get("multi_class") == "multinomial":
        measurement["objective"] = objective(model, arguments.parameters, train, train_labels, numpy)
    if dispatch:
        from importlib.metadata import version

        measurement |= intelex.accelerated(model, dispatch)
        measurement["version"] += f" + {version('scikit-learn-intelex')}"
    print(json.dumps(measurement), flush=True)


if __name__ == "__main__":
    main()
