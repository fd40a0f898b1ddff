#!/usr/bin/env python3
"""scikit-learn as an engine, and with --intelex scikit-learn-intelex in its place. With --class-orders its Perceptron has
today's meaning and not that of 0.19: each class takes the rows in an order of its own.

Started by the harness (benchmarks/engines.toml); `scikit_learn.py --version` says what is installed.
"""

import sys
import warnings

import protocol

# Crammer and Singer's solver in LIBLINEAR does not know max_iter and stops there; scikit-learn warns from max_iter on.
CRAMMER_SINGER_STEPS = 100_000
INTELEX = "--intelex" in sys.argv[1:]
CLASS_ORDERS = "--class-orders" in sys.argv[1:]
# What the extension says of each call; it is put in place once.
dispatch = None


def version():
    if INTELEX:
        import intelex

        intelex.accelerate()
    import numpy
    import scipy
    import sklearn
    import sklearn.svm

    facts = {"version": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__}
    if INTELEX:
        from importlib.metadata import version as installed

        facts["version"] += f" + intelex {installed('scikit-learn-intelex')}"
        # oneDAL, whose kernels do the work; which of them it picks for the processor it does not tell.
        facts["daal"] = installed("daal")
    return facts | {"python": sys.version.split()[0], "blas": protocol.blas()}


class Model:
    """An estimator, with what the harness wants to know of it."""

    def __init__(self, classifier, parameters, job):
        global dispatch
        if INTELEX and dispatch is None:
            import intelex

            dispatch = intelex.accelerate(job["threads"])
        import meanings
        import steps

        self.steps = steps.transformers(job.get("preprocessing", []), job)
        self.estimator = meanings.estimator(
            classifier,
            parameters,
            classes=job["classes"],
            seed=job["seed"],
            threads=job["threads"],
            class_orders=CLASS_ORDERS,
        )
        self.classifier = classifier
        self.caught = []

    def fit(self, x, y):
        if dispatch:
            dispatch.calls.clear()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for step in self.steps:
                x = step.fit_transform(x)
            self.estimator.fit(x, y)
        self.caught = caught

    def predict(self, x):
        for step in self.steps:
            x = step.transform(x)
        return self.estimator.predict(x)

    def converged(self):
        """Nothing is to be met by methods of a fixed number of passes; others warn when they do not converge."""
        from sklearn.exceptions import ConvergenceWarning

        if self.classifier not in ("LinearSVC", "LogisticRegression", "MLPClassifier", "SVC"):
            return None
        if getattr(self.estimator, "multi_class", None) == "crammer_singer":
            return int(self.estimator.n_iter_) < CRAMMER_SINGER_STEPS
        return not any(issubclass(warning.category, ConvergenceWarning) for warning in self.caught)

    def facts(self):
        import meanings
        import numpy

        model = self.estimator
        facts = {"iterations": meanings.iterations(model, numpy)}
        if hasattr(model, "n_support_"):
            facts["support_vectors"] = int(numpy.sum(model.n_support_))
        if hasattr(model, "tree_"):
            facts |= {"nodes": int(model.tree_.node_count), "depth": int(model.tree_.max_depth)}
        if dispatch:
            import intelex

            facts |= intelex.accelerated(model, dispatch)
        messages = {str(warning.message).splitlines()[0][:200] for warning in self.caught}
        return facts | ({"warnings": sorted(messages)[:5]} if messages else {})


protocol.serve(version, Model)
