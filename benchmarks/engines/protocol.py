"""The harness's side of an engine written in Python: reads the job, loads the arrays, times, and replies.

docs/FORMAT.md has the protocol key by key. An engine gives `serve` a function for its version and one for a
model; this file knows nothing of any library but NumPy.
"""

import hashlib
import json
import pathlib
import sys
import time
import traceback
import warnings


class Unsupported(Exception):
    """The library cannot express the configuration; the message says why."""


class Diverged(Exception):
    """The method ran and did not arrive at a model."""


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def blas():
    """The BLAS libraries that are loaded, with the kernel that each picked for this processor."""
    import threadpoolctl

    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    names = {f"{p['internal_api']} {p['version']} {p.get('architecture', '')}".strip() for p in pools}
    return ", ".join(sorted(names)) or "none"


def only(parameters, names):
    """Refuses what an engine would not pass on: a row must not be called what was not run."""
    others = sorted(name for name, value in parameters.items() if name not in names and value is not None)
    if others:
        raise Unsupported(f"{others[0]}: not passed on, this engine knows {', '.join(names)}")


def gradient_boosting(parameters):
    """Rounds, depth and learning rate of 0.19's GradientBoostingClassifier, of which others have no more."""
    if parameters.get("loss", "deviance") != "deviance":
        raise Unsupported("loss: only deviance is boosting's multinomial loss")
    if parameters.get("max_depth", 3) is None:
        raise Unsupported("max_depth: only a number")
    only(parameters, ["loss", "n_estimators", "max_depth", "learning_rate"])
    return {
        "rounds": int(parameters.get("n_estimators", 100)),
        "max_depth": int(parameters.get("max_depth", 3)),
        "learning_rate": float(parameters.get("learning_rate", 0.1)),
    }


def hist_gradient_boosting(parameters, job):
    """The parameters of scikit-learn's HistGradientBoostingClassifier that other boosting libraries have too."""
    defaults = {
        "learning_rate": 0.1, "max_iter": 100, "max_leaf_nodes": 31, "max_depth": None, "min_samples_leaf": 20,
        "l2_regularization": 0.0, "max_bins": 255,
    }  # fmt: skip
    only(parameters, [*defaults, "early_stopping"])
    stops = parameters.get("early_stopping", "auto")
    if stops is True or (stops != False and job["train_size"] > 10_000):  # noqa: E712
        raise Unsupported("early_stopping: the library's own rule differs; set it to false")
    return defaults | {name: value for name, value in parameters.items() if name in defaults}


def sources():
    """Digest of the Python files beside this one, tests aside: an engine is more than the file that is started."""
    digest = hashlib.sha256()
    files = pathlib.Path(__file__).resolve().parent.glob("*.py")
    for path in sorted(path for path in files if not path.name.startswith("test_")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def serve(version, model):
    """Runs an engine.

    version()    a dictionary of texts with "version" among them; what else it says goes into the provenance
    model(classifier, parameters, job)
                 an object with fit(X, y) and predict(X), and optionally converged() and facts(); raises
                 Unsupported before anything is loaded
    """
    if "--version" in sys.argv[1:]:
        print(json.dumps(version() | {"sources_sha256": sources()}))
        return
    job = json.loads(sys.stdin.readline())
    if job["protocol"] != 1:
        raise SystemExit(f"this engine speaks protocol 1, the harness {job['protocol']}")
    with open(job["results"], "w", encoding="ascii") as results:

        def reply(**line):
            # Not a number is no JSON, and a message may hold anything.
            results.write(json.dumps(line, allow_nan=False) + "\n")
            results.flush()

        run(job, model, reply)


def run(job, model, reply):
    import numpy

    models = {}
    for index, parameters in enumerate(job["parameters"]):
        try:
            models[index] = model(job["classifier"], parameters, job)
        except Unsupported as reason:
            reply(reply="failed", index=index, kind="unsupported", reason=str(reason))
        except Exception as error:
            fail(reply, index, error)
    if not models:
        return
    x_train, y_train, x_test = (numpy.load(job[name]) for name in ("X_train", "y_train", "X_test"))
    reply(reply="ready")
    for index, one in models.items():
        try:
            reply(reply="ok", index=index, **measure(one, x_train, y_train, x_test))
        except Diverged as reason:
            reply(reply="failed", index=index, kind="diverged", reason=str(reason))
        except Exception as error:
            fail(reply, index, error)


def fail(reply, index, error):
    """Replies with what was raised; called while it is handled."""
    traceback.print_exc()
    kind = "out_of_memory" if isinstance(error, MemoryError) else "failed"
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    reply(reply="failed", index=index, kind=kind, reason=reason)


def measure(model, x_train, y_train, x_test):
    """Fits and predicts, timed without anything else."""
    with warnings.catch_warnings():
        # Each warning once, into the log.
        warnings.simplefilter("default")
        began, cpu = time.perf_counter(), time.process_time()
        model.fit(x_train, y_train)
        fitted, cpu_fitted = time.perf_counter(), time.process_time()
        predictions = model.predict(x_test)
        ended, cpu_ended = time.perf_counter(), time.process_time()
    result = {
        "predictions": "".join(DIGITS[int(label)] for label in predictions),
        "fit_seconds": fitted - began,
        "predict_seconds": ended - fitted,
        "fit_cpu_seconds": cpu_fitted - cpu,
        "predict_cpu_seconds": cpu_ended - cpu_fitted,
    }
    converged = getattr(model, "converged", lambda: None)()
    if converged is not None:
        result["converged"] = bool(converged)
    facts = {name: value for name, value in getattr(model, "facts", dict)().items() if value is not None}
    return result | {"facts": facts}
