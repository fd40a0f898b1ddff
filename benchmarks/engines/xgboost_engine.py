#!/usr/bin/env python3
"""XGBoost as an engine for the boosting rows: the same depth, rounds and learning rate.

What is not matched, and stays as the library has it: features are put into at most 256 bins (`hist`); splits
are chosen by gain of Newton's step instead of by squared error; leaf values have an l2 penalty of 1, and a leaf
has a hessian of at least 1.
"""

import protocol


def version():
    import numpy
    import xgboost

    return {"version": xgboost.__version__, "numpy": numpy.__version__, "blas": protocol.blas()}


class Model:
    def __init__(self, classifier, parameters, job):
        if parameters.get("loss", "deviance") != "deviance":
            raise protocol.Unsupported("loss: only deviance is boosting's multinomial loss")
        if parameters.get("max_depth", 3) is None:
            raise protocol.Unsupported("max_depth: only a number")
        protocol.only(parameters, ["loss", "n_estimators", "max_depth", "learning_rate"])
        import xgboost

        self.xgboost = xgboost
        self.rounds = int(parameters.get("n_estimators", 100))
        self.settings = {
            "objective": "multi:softmax",
            "num_class": job["classes"],
            "eta": float(parameters.get("learning_rate", 0.1)),
            "max_depth": int(parameters.get("max_depth", 3)),
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
