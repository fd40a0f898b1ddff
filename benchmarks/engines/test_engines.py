#!/usr/bin/env python3
"""Tests of the engines in Python: `.venv-engines/bin/python -m unittest discover benchmarks/engines`.

spelling.txt has every configuration of peers.toml as an estimator of today's scikit-learn. After an intended change,
`test_engines.py --write` writes the file again; its diff shows the effect of the change.
"""

import itertools
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy
from meanings import estimator
from protocol import Unsupported

SPELLING = HERE / "spelling.txt"


def families(engine):
    """Classifier and parameters of all rows that peers.toml has for an engine."""
    grid = tomllib.loads((HERE.parent / "peers.toml").read_text())
    for family in grid["family"]:
        if engine in family.get("engines", grid["engines"]):
            given = family["parameters"]
            for values in itertools.product(*given.values()):
                yield family["classifier"], dict(zip(given, values))


def spelled():
    for classifier, parameters in families("scikit-learn"):
        try:
            # repr leaves out parameters at their defaults; split and join make one line of it.
            text = " ".join(repr(estimator(classifier, parameters)).split())
        except Unsupported as reason:
            text = f"unsupported: {reason}"
        yield f"{classifier} {json.dumps(parameters)}: {text}\n"


class Spelling(unittest.TestCase):
    def test_every_row_is_asked_for_as_committed(self):
        self.maxDiff = None
        self.assertEqual(SPELLING.read_text().splitlines(), "".join(spelled()).splitlines())

    def test_old_names_have_their_old_meaning(self):
        def made(classifier, **parameters):
            return estimator(classifier, parameters).get_params()

        self.assertEqual(made("RandomForestClassifier", max_features="auto")["max_features"], "sqrt")
        self.assertNotIn("min_impurity_split", made("DecisionTreeClassifier", min_impurity_split=1e-7))
        self.assertEqual(made("SGDClassifier", loss="squared_loss", penalty="none")["loss"], "squared_error")
        self.assertEqual(made("Perceptron", penalty="elasticnet")["estimator__l1_ratio"], 0.0)
        self.assertEqual(made("MLPClassifier", hidden_layer_sizes=100)["hidden_layer_sizes"], 100)
        self.assertEqual(made("MLPClassifier", hidden_layer_sizes=[100, 10])["hidden_layer_sizes"], (100, 10))
        self.assertEqual(made("LogisticRegression", multi_class="multinomial", solver="sag")["solver"], "sag")
        self.assertEqual(made("LogisticRegression", solver="lbfgs")["estimator__solver"], "lbfgs")
        self.assertEqual(made("GaussianProcessClassifier", length_scale=8.0)["kernel__k2__length_scale"], 8.0)

    def test_what_cannot_be_said_is_refused_and_never_replaced(self):
        for classifier, parameters in [
            ("DecisionTreeClassifier", {"min_impurity_split": 0.1}),
            ("GaussianProcessClassifier", {"inducing": 100}),
            ("GaussianProcessClassifier", {"length_scale": "median"}),
            ("GradientBoostingClassifier", {"criterion": "mse"}),
            ("GradientBoostingClassifier", {"loss": "exponential"}),
            ("KNeighborsClassifier", {"algorithm": "cover_tree"}),
            ("LinearSVC", {"penalty": "l1", "loss": "hinge"}),
            ("LogisticRegression", {"multi_class": "multinomial", "solver": "liblinear"}),
            ("LogisticRegression", {"penalty": "l1", "solver": "lbfgs"}),
            ("LogisticRegression", {"class_weight": "balanced"}),
            ("Network", {}),
            ("SVC", {"no_such_parameter": 1}),
        ]:
            with self.subTest(classifier=classifier, **parameters), self.assertRaises(Unsupported):
                estimator(classifier, parameters)

    def test_classes_of_a_perceptron_take_the_rows_in_one_order_unless_asked_otherwise(self):
        rows = numpy.random.default_rng(1).normal(size=(200, 5))
        # The second class is the complement of the first: in the same order its weights are the negative ones.
        labels = (rows @ [1.0, -2.0, 0.5, 0.0, 1.0] + numpy.sin(3 * rows[:, 0]) > 0).astype(int)
        both = numpy.column_stack([labels, 1 - labels])
        shared = estimator("Perceptron", {}).fit(rows, both)
        first, second = (one.coef_ for one in shared.estimators_)
        self.assertTrue(numpy.array_equal(first, -second))
        self.assertEqual(type(estimator("Perceptron", {}, class_orders=True)).__name__, "Perceptron")

    def test_nothing_is_left_to_processes(self):
        for classifier in ("LogisticRegression", "GaussianProcessClassifier", "Perceptron"):
            self.assertEqual(estimator(classifier, {}, threads=2).n_jobs, 1)


class Engines(unittest.TestCase):
    """Jobs of the protocol, each in a process as the harness starts it."""

    def job(self, engine, classifier, parameters, flags=(), rows=300, features=20, classes=3, noise=1.0):
        generator = numpy.random.default_rng(7)
        labels = numpy.arange(rows + 60, dtype=numpy.uint8) % classes
        centres = generator.normal(size=(classes, features))
        pixels = centres[labels] + noise * generator.normal(size=(rows + 60, features))
        with tempfile.TemporaryDirectory() as folder:
            at = pathlib.Path(folder)
            numpy.save(at / "x.npy", pixels[:rows])
            numpy.save(at / "y.npy", labels[:rows])
            numpy.save(at / "t.npy", pixels[rows:])
            job = {
                "protocol": 1, "results": str(at / "replies"), "X_train": str(at / "x.npy"), "y_train": str(at / "y.npy"),
                "X_test": str(at / "t.npy"), "dataset": "tiny", "train_size": rows, "test_size": 60, "features": features,
                "classes": classes, "image": [1, features], "classifier": classifier, "parameters": [parameters],
                "seed": 2**40 + 1, "threads": 1,
            }  # fmt: skip
            command = [sys.executable, str(HERE / engine), *flags]
            subprocess.run(command, input=json.dumps(job) + "\n", text=True, check=True, capture_output=True)
            replies = [json.loads(line) for line in (at / "replies").read_text().splitlines()]
        return replies[-1], labels[rows:]

    def test_every_classifier_learns(self):
        classifiers = {classifier for classifier, _ in families("scikit-learn")}
        self.assertEqual(len(classifiers), 14)
        for classifier in sorted(classifiers):
            with self.subTest(classifier):
                reply, labels = self.job("scikit_learn.py", classifier, {})
                self.assertEqual(reply["reply"], "ok")
                right = sum(int(said) == label for said, label in zip(reply["predictions"], labels, strict=True))
                self.assertGreater(right, 40)

    def test_boosting_libraries_learn_and_refuse_what_they_would_not_pass_on(self):
        for engine in ("lightgbm_engine.py", "xgboost_engine.py"):
            few = {"n_estimators": 10, "max_depth": 3, "loss": "deviance"}
            reply, labels = self.job(engine, "GradientBoostingClassifier", few)
            self.assertEqual(reply["reply"], "ok", reply)
            right = sum(int(said) == label for said, label in zip(reply["predictions"], labels, strict=True))
            self.assertGreater(right, 35)
            reply, _ = self.job(engine, "GradientBoostingClassifier", {"subsample": 0.5})
            self.assertEqual((reply["reply"], reply["kind"]), ("failed", "unsupported"))

    def test_boosting_libraries_grow_leaf_by_leaf(self):
        for engine in ("lightgbm_engine.py", "xgboost_engine.py"):
            for shape in ({"max_leaf_nodes": 4}, {"max_leaf_nodes": None, "max_depth": 3}):
                few = {"max_iter": 10, "min_samples_leaf": 5, "early_stopping": False} | shape
                reply, labels = self.job(engine, "HistGradientBoostingClassifier", few)
                self.assertEqual(reply["reply"], "ok", reply)
                right = sum(int(said) == label for said, label in zip(reply["predictions"], labels, strict=True))
                self.assertGreater(right, 35)
            for refused in ({"early_stopping": True}, {"validation_fraction": 0.2}):
                reply, _ = self.job(engine, "HistGradientBoostingClassifier", refused)
                self.assertEqual((reply["reply"], reply["kind"]), ("failed", "unsupported"))

    def test_the_extension_says_that_it_did_the_work(self):
        reply, _ = self.job("scikit_learn.py", "SVC", {"kernel": "rbf"}, flags=["--intelex"])
        self.assertEqual(reply["facts"]["accelerated"], "yes")

    def test_converged_is_what_the_solver_met_and_not_what_was_warned_of(self):
        # Crammer and Singer's solver ignores max_iter and makes more steps.
        crammer = {"multi_class": "crammer_singer"}
        reply, _ = self.job("scikit_learn.py", "LinearSVC", crammer, noise=4.0)
        self.assertGreater(reply["facts"]["iterations"], 1000)
        self.assertTrue(reply["converged"])
        reply, _ = self.job("scikit_learn.py", "LinearSVC", {"C": 1000, "max_iter": 3}, noise=4.0)
        self.assertFalse(reply["converged"])
        reply, _ = self.job("scikit_learn.py", "LogisticRegression", {"max_iter": 1, "C": 1000}, noise=4.0)
        self.assertFalse(reply["converged"])

    def test_versions_name_what_the_figures_depend_on(self):
        for engine in (["scikit_learn.py"], ["scikit_learn.py", "--intelex"], ["lightgbm_engine.py"], ["xgboost_engine.py"]):
            command = [sys.executable, str(HERE / engine[0]), *engine[1:], "--version"]
            said = json.loads(subprocess.run(command, text=True, check=True, capture_output=True).stdout.splitlines()[-1])
            self.assertLessEqual({"version", "numpy", "blas", "sources_sha256"}, said.keys())


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        SPELLING.write_text("".join(spelled()))
    else:
        unittest.main()
