#!/usr/bin/env python3
"""XGBoost as an engine for the boosting rows.

HistGradientBoostingClassifier: leaves, depth, rounds, learning rate, l2 penalty, the least Hessian of a leaf (0.001)
and bins are matched; that a leaf has at least 20 rows is not, for XGBoost counts none.

GradientBoostingClassifier: the same depth, rounds and learning rate. What is not matched, and stays as the library has it: features are put into at most 256 bins (`hist`); splits
are chosen by gain of Newton's step instead of by squared error; leaf values have an l2 penalty of 1, and a leaf
has a hessian of at least 1.
"""

import protocol


def version():
    import numpy
    import xgboost

    return {"version": xgboost.__version__, "numpy": numpy.__version__, "blas": protocol.blas()}


def gradient_boosting(parameters, job):
    given = protocol.gradient_boosting(parameters)
    return {"rounds": given["rounds"], "eta": given["learning_rate"], "max_depth": given["max_depth"]}


def hist_gradient_boosting(parameters, job):
    given = protocol.hist_gradient_boosting(parameters, job)
    # 0 is no limit.
    return {
        "rounds": given["max_iter"],
        "eta": given["learning_rate"],
        "grow_policy": "depthwise" if given["max_leaf_nodes"] is None else "lossguide",
        "max_leaves": given["max_leaf_nodes"] or 0,
        "max_depth": given["max_depth"] or 0,
        "min_child_weight": 1e-3,
        "lambda": given["l2_regularization"],
        "max_bin": given["max_bins"] + 1,
    }


class Model:
    def __init__(self, classifier, parameters, job):
        histograms = classifier == "HistGradientBoostingClassifier"
        settings = (hist_gradient_boosting if histograms else gradient_boosting)(parameters, job)
        import xgboost

        self.xgboost = xgboost
        self.rounds = settings.pop("rounds")
        self.settings = settings | {
            "objective": "multi:softmax",
            "num_class": job["classes"],
            "tree_method": "hist",
            "nthread": job["threads"],
            "seed": job["seed"] % 2**31,
            "verbosity": 1,
        }

    def fit(self, x, y):
        data = self.xgboost.DMatrix(x, y)
        self.model = self.xgboost.train(self.settings, data, num_boost_round=self.rounds)

    def predict(self, x):
        return self.model.predict(self.xgboost.DMatrix(x)).astype(int)

    def facts(self):
        return {"rounds": self.model.num_boosted_rounds()}


protocol.serve(version, Model)
