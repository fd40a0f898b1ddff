#!/usr/bin/env python3
"""Times one fit plus predict of scikit-learn, or of scikit-learn-intelex, on standardised pixels, one thread.

    scikit_learn.py [--intelex] [--dataset mnist] [--train-size N] [--limit S] CLASSIFIER PARAMETERS [OPTIONS]

compare.py starts it; by hand: `scikit_learn.py --intelex --train-size 2000 SVC '{"C": 10}'`. PARAMETERS is a
JSON object spelled as in scikit-learn 0.19 and means what it meant there; OPTIONS is one in today's spelling
(a solver, say), for what the published grid does not name. Prints one line of JSON. Loading and standardising
are not timed. This file knows the two libraries and nothing of rows, goals or our own program.
"""

import os

# One thread, and the BLAS kernel that the library itself picks for this processor: before numpy is loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = "1"
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import argparse
import collections
import gzip
import json
import logging
import pathlib
import signal
import time
import warnings

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


def images(dataset, part, numpy):
    with gzip.open(DATA / dataset / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    with gzip.open(DATA / dataset / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return pixels.reshape(len(labels), -1), labels


class Dispatch(logging.Handler):
    """Counts what scikit-learn-intelex says of each call: accelerated, or left to scikit-learn."""

    def __init__(self):
        super().__init__()
        self.calls = collections.Counter()

    def emit(self, record):
        call, _, where = record.getMessage().partition(": ")
        words = {"running accelerated version": "accelerated", "fallback": "fallback"}
        kind = next((kind for start, kind in words.items() if where.startswith(start)), where)
        self.calls[f"{call.removeprefix('sklearn.')}: {kind}"] += 1


def accelerate():
    """Puts intelex's estimators in the place of scikit-learn's; to be called before those are imported."""
    import daal4py
    import sklearnex

    daal4py.daalinit(1)  # oneDAL's own pool of threads, which no variable of the environment limits
    sklearnex.patch_sklearn(verbose=False)
    dispatch = Dispatch()
    log = logging.getLogger("sklearnex")
    log.handlers, log.propagate = [dispatch], False
    log.setLevel(logging.INFO)
    return dispatch


def estimator(classifier, given, options):
    """The estimator of today's scikit-learn that means what `classifier` with these parameters meant in 0.19."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC, LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    given = dict(given)
    match classifier:
        case "DecisionTreeClassifier":
            return DecisionTreeClassifier(random_state=1, **given | options)
        case "RandomForestClassifier":
            return RandomForestClassifier(random_state=1, n_jobs=1, **given | options)
        case "KNeighborsClassifier":
            return KNeighborsClassifier(algorithm="brute", n_jobs=1, **given | options)
        case "SGDClassifier":
            given["loss"] = {"log": "log_loss"}.get(given["loss"], given["loss"])
            return SGDClassifier(max_iter=5, tol=None, n_jobs=1, random_state=1, **given | options)
        case "GaussianNB":
            return GaussianNB(priors=[0.1] * 10)
        case "SVC":
            return SVC(**{"gamma": "auto", "random_state": 1} | given | options)
        case "LogisticRegression":
            one_vs_rest = given.pop("multi_class") == "ovr"
            # Naming the penalty is deprecated: it is l1_ratio that tells l1 from l2.
            given["l1_ratio"] = {"l1": 1.0, "l2": 0.0}[given.pop("penalty")]
            # liblinear as in 0.19; what it cannot express today, lbfgs, today's default.
            given["solver"] = "liblinear" if one_vs_rest else "lbfgs"
            model = LogisticRegression(**{"max_iter": 100, "random_state": 1} | given | options)
            return OneVsRestClassifier(model) if one_vs_rest else model
        case "LinearSVC":
            return LinearSVC(**{"dual": True, "max_iter": 1000, "random_state": 1} | given | options)
        case "MLPClassifier":
            given["hidden_layer_sizes"] = tuple(given["hidden_layer_sizes"])
            return MLPClassifier(n_iter_no_change=2, random_state=1, **given | options)
        case "GradientBoostingClassifier":
            given.pop("loss")  # "deviance" is today's default, "log_loss"
            return GradientBoostingClassifier(random_state=1, **given | options)
    raise SystemExit(f"no estimator for {classifier}: add one to {__file__}")


def parts(model):
    """The models that do the work: those within a one-vs-rest, else the model itself."""
    return getattr(model, "estimators_", [model]) if type(model).__name__ == "OneVsRestClassifier" else [model]


def iterations(model, numpy):
    """Passes, epochs or rounds that were made, where the model counts them: the most that any part needed."""
    counts = [getattr(part, "n_iter_", getattr(part, "n_estimators_", None)) for part in parts(model)]
    return max((int(numpy.max(count)) for count in counts if count is not None), default=None)


def accelerated(model, dispatch):
    """What intelex ran: "yes", "no", or "partly", and its own word for each call."""
    from sklearnex import is_patched_instance

    calls = dict(dispatch.calls)
    kinds = {call.rpartition(": ")[2] for call in calls}
    # It announces an accelerated logistic regression before it looks at the solver, and has only these two.
    left = any(getattr(part, "solver", "lbfgs") not in ("lbfgs", "newton-cg") for part in parts(model))
    if left or not kinds or not all(map(is_patched_instance, parts(model))):
        answer = "no"
    else:
        answer = "yes" if kinds == {"accelerated"} else "no" if "accelerated" not in kinds else "partly"
    return {"accelerated": answer, "calls": calls}


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

    dispatch = accelerate() if arguments.intelex else None
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
    model = estimator(arguments.classifier, arguments.parameters, arguments.options)
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
    if dispatch:
        from importlib.metadata import version

        measurement |= accelerated(model, dispatch)
        measurement["version"] += f" + {version('scikit-learn-intelex')}"
    print(json.dumps(measurement), flush=True)


if __name__ == "__main__":
    main()
