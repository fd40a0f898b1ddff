#!/usr/bin/env python3
"""LightGBM as an engine for the boosting rows.

HistGradientBoostingClassifier: leaves, depth, rounds, learning rate, rows of a leaf, l2 penalty and bins all have
their counterpart, and are matched.

GradientBoostingClassifier: the same depth, rounds and learning rate. What is not matched, and stays as the library has it: features are put into at most 255 bins; splits are chosen
by gain of Newton's step instead of by squared error; a leaf has at least 20 rows. Trees grow leaf by leaf, and
31 leaves, the library's default, would end them long before depth 10: `num_leaves` is set to what the depth
allows, or the rows where these are the narrower bound.
"""

import protocol

LEAF = 20


def version():
    import lightgbm
    import numpy

    return {"version": lightgbm.__version__, "numpy": numpy.__version__, "blas": protocol.blas()}


def gradient_boosting(parameters, job):
    given = protocol.gradient_boosting(parameters)
    return given | {"num_leaves": most_leaves(given["max_depth"], job), "min_data_in_leaf": LEAF}


def hist_gradient_boosting(parameters, job):
    given = protocol.hist_gradient_boosting(parameters, job)
    leaves, depth = given["max_leaf_nodes"], given["max_depth"]
    return {
        "rounds": given["max_iter"],
        "learning_rate": given["learning_rate"],
        "max_depth": -1 if depth is None else depth,
        "num_leaves": most_leaves(depth, job) if leaves is None else leaves,
        "min_data_in_leaf": given["min_samples_leaf"],
        "lambda_l2": given["l2_regularization"],
        "max_bin": given["max_bins"],
    }


def most_leaves(depth, job):
    """The leaves that the depth allows, or the rows where these are the narrower bound."""
    rows = max(2, job["train_size"] // LEAF)
    return rows if depth is None else max(2, min(2**depth, rows))


class Model:
    def __init__(self, classifier, parameters, job):
        histograms = classifier == "HistGradientBoostingClassifier"
        settings = (hist_gradient_boosting if histograms else gradient_boosting)(parameters, job)
        import lightgbm

        self.lightgbm = lightgbm
        self.rounds = settings.pop("rounds")
        self.settings = settings | {
            "objective": "multiclass",
            "num_class": job["classes"],
            # Histograms that are kept, in MB: otherwise one for each leaf is, of several MB.
            "histogram_pool_size": 1024,
            "num_threads": job["threads"],
            "seed": job["seed"] % 2**31,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }

    def fit(self, x, y):
        data = self.lightgbm.Dataset(x, y)
        self.model = self.lightgbm.train(self.settings, data, num_boost_round=self.rounds)

    def predict(self, x):
        return self.model.predict(x).argmax(axis=1)

    def facts(self):
        return {"trees": self.model.num_trees(), "num_leaves": self.settings["num_leaves"]}


protocol.serve(version, Model)
