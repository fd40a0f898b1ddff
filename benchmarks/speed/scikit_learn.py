#!/usr/bin/env python3
"""Times scikit-learn on rows of rows.json: fit plus predict on standardised pixels, one thread.

    scikit_learn.py [--dataset mnist] [--train-size N] ROW...

Reads the committed IDX files, standardises them on the training images as every classic row has it, and
prints one JSON line a row. Loading and standardising are not timed. Parameters mean what they meant in
scikit-learn 0.19, spelled as today's version wants them.
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
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data"


def rows():
    """The rows by name: classifier, parameters in 0.19's spelling, and what the project wants of them."""
    return json.loads((HERE / "rows.json").read_text())


def images(dataset, part, numpy):
    with gzip.open(DATA / dataset / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    with gzip.open(DATA / dataset / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return pixels.reshape(len(labels), -1), labels


def estimator(classifier, given):
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
            return DecisionTreeClassifier(random_state=1, **given)
        case "RandomForestClassifier":
            return RandomForestClassifier(random_state=1, n_jobs=1, **given)
        case "KNeighborsClassifier":
            return KNeighborsClassifier(algorithm="brute", n_jobs=1, **given)
        case "SGDClassifier":
            given["loss"] = {"log": "log_loss"}.get(given["loss"], given["loss"])
            return SGDClassifier(max_iter=5, tol=None, n_jobs=1, random_state=1, **given)
        case "GaussianNB":
            return GaussianNB(priors=[0.1] * 10)
        case "SVC":
            return SVC(gamma="auto", random_state=1, **given)
        case "LogisticRegression":
            one_vs_rest = given.pop("multi_class") == "ovr"
            given.pop("penalty")  # l2 is the default, and naming it is deprecated
            if one_vs_rest:  # liblinear, as in 0.19
                return OneVsRestClassifier(LogisticRegression(solver="liblinear", max_iter=100, **given))
            return LogisticRegression(solver="lbfgs", max_iter=100, **given)
        case "LinearSVC":
            return LinearSVC(dual=True, max_iter=1000, random_state=1, **given)
        case "MLPClassifier":
            given["hidden_layer_sizes"] = tuple(given["hidden_layer_sizes"])
            return MLPClassifier(n_iter_no_change=2, random_state=1, **given)
        case "GradientBoostingClassifier":
            given.pop("loss")  # "deviance" is today's default, "log_loss"
            return GradientBoostingClassifier(random_state=1, **given)
    raise SystemExit(f"no estimator for {classifier}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--train-size", type=int, help="only the first N training images (to try it out)")
    parser.add_argument("row", nargs="+", choices=list(rows()))
    arguments = parser.parse_args()

    import numpy
    import sklearn
    import threadpoolctl
    from sklearn.preprocessing import StandardScaler

    warnings.filterwarnings("ignore")
    train, train_labels = images(arguments.dataset, "train", numpy)
    test, test_labels = images(arguments.dataset, "t10k", numpy)
    train, train_labels = train[: arguments.train_size], train_labels[: arguments.train_size]
    scaler = StandardScaler().fit(train.astype(numpy.float64))
    train, test = scaler.transform(train.astype(numpy.float64)), scaler.transform(test.astype(numpy.float64))

    for name in arguments.row:
        row = rows()[name]
        model = estimator(row["classifier"], row["parameters"])
        with threadpoolctl.threadpool_limits(1):
            began, cpu = time.perf_counter(), time.process_time()
            model.fit(train, train_labels)
            fitted = time.perf_counter()
            predictions = model.predict(test)
            ended, cpu_ended = time.perf_counter(), time.process_time()
        blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
        print(
            json.dumps(
                {
                    "row": name,
                    "dataset": arguments.dataset,
                    "train_size": len(train),
                    "engine": "scikit-learn",
                    "version": sklearn.__version__,
                    "fit_seconds": round(fitted - began, 4),
                    "predict_seconds": round(ended - fitted, 4),
                    "cpu_seconds": round(cpu_ended - cpu, 4),
                    "accuracy": float((predictions == test_labels).mean()),
                    "blas": sorted({f"{p['internal_api']} {p['version']} {p.get('architecture', '')}".strip() for p in blas}),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
