"""What a classifier with parameters of scikit-learn 0.19 is in today's spelling, with the meaning it had there.

docs/methodology/scikit-learn.md has this as a table, with the reason of each line. Used by the engine
(scikit_learn.py) and by the comparison of speeds (benchmarks/speed/scikit_learn.py).
"""

from protocol import Unsupported


def estimator(classifier, parameters, options=None, *, classes=10, seed=1, threads=1, class_orders=False):
    """The estimator of today's scikit-learn. `options`, in today's spelling, come last. With `class_orders` a
    Perceptron has today's meaning: each class takes the rows in an order of its own.

    Imports what it returns when it is called: scikit-learn-intelex replaces the classes before that.
    """
    try:
        build = FAMILIES[classifier]
    except KeyError:
        raise Unsupported(f"scikit-learn has no {classifier} of the grid's meaning") from None
    # random_state takes 32 bits, the harness's seeds have 64.
    setting = Setting(classes, seed % 2**32, threads, class_orders)
    try:
        model = build(dict(parameters), options or {}, setting)
        # Names are refused by the constructor, values only by this, which fit would call.
        for part in (model, getattr(model, "estimator", None)):
            if part is not None:
                part._validate_params()
    except (TypeError, ValueError) as error:
        raise Unsupported(f"today's scikit-learn: {error}".splitlines()[0]) from None
    return model


class Setting:
    def __init__(self, classes, seed, threads, class_orders):
        self.classes, self.seed, self.threads, self.class_orders = classes, seed, threads, class_orders


# Where 0.19 stopped to split by default; a class impurity that small is none.
NO_IMPURITY = 1e-7


def tree_parameters(given):
    """What trees share: "auto" is "sqrt" for classifiers, and min_impurity_split is gone."""
    if given.get("max_features") == "auto":
        given["max_features"] = "sqrt"
    if (given.pop("min_impurity_split", None) or 0.0) > NO_IMPURITY:
        raise Unsupported("min_impurity_split: taken out of scikit-learn; min_impurity_decrease means another thing")
    return given


def decision_tree(given, options, setting):
    from sklearn.tree import DecisionTreeClassifier

    given = tree_parameters(given)
    return DecisionTreeClassifier(random_state=setting.seed, **given | options)


def extra_tree(given, options, setting):
    from sklearn.tree import ExtraTreeClassifier

    given = tree_parameters(given)
    return ExtraTreeClassifier(random_state=setting.seed, **given | options)


def random_forest(given, options, setting):
    from sklearn.ensemble import RandomForestClassifier

    given = tree_parameters(given)
    # 10 trees were the default; today it is 100.
    defaults = {"n_estimators": 10, "random_state": setting.seed, "n_jobs": setting.threads}
    return RandomForestClassifier(**defaults | given | options)


def boosting(given, options, setting):
    from sklearn.ensemble import GradientBoostingClassifier

    if given.pop("loss", "deviance") != "deviance":
        raise Unsupported("loss: only deviance, which is log_loss today, is defined for several classes")
    if given.pop("criterion", "friedman_mse") != "friedman_mse":
        raise Unsupported("criterion: without effect in today's scikit-learn, which splits as friedman_mse did")
    if given.get("min_impurity_split") is not None:
        raise Unsupported("min_impurity_split: taken out of scikit-learn, and residuals are no class impurity")
    given = tree_parameters(given)
    return GradientBoostingClassifier(random_state=setting.seed, **given | options)


def neighbors(given, options, setting):
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(**{"algorithm": "brute", "n_jobs": setting.threads} | given | options)


def naive_bayes(given, options, setting):
    from sklearn.naive_bayes import GaussianNB

    if given.get("priors") == "uniform":
        given["priors"] = [1 / setting.classes] * setting.classes
    return GaussianNB(**given | options)


# Five epochs without a stopping rule, the default of 0.19.
EPOCHS = {"max_iter": 5, "tol": None}


def sgd(given, options, setting):
    from sklearn.linear_model import SGDClassifier

    renamed = {"log": "log_loss", "squared_loss": "squared_error"}
    if "loss" in given:
        given["loss"] = renamed.get(given["loss"], given["loss"])
    if given.get("penalty") == "none":
        given["penalty"] = None
    defaults = EPOCHS | {"random_state": setting.seed, "n_jobs": setting.threads}
    return SGDClassifier(**defaults | given | options)


def perceptron(given, options, setting):
    from sklearn.linear_model import Perceptron
    from sklearn.multiclass import OneVsRestClassifier

    # In 0.19 its elasticnet was l2: it passed an l1_ratio of 0 on, where today's default is 0.15.
    defaults = EPOCHS | {"l1_ratio": 0.0, "random_state": setting.seed, "n_jobs": setting.threads}
    model = Perceptron(**defaults | given | options)
    # 0.19 fixed random_state=0: all classes took the rows in one order. So do clones of one model.
    return model if setting.class_orders else OneVsRestClassifier(model, n_jobs=1)


def passive_aggressive(given, options, setting):
    from sklearn.linear_model import SGDClassifier

    # The class of that name goes away; SGDClassifier has its rule, with the aggressiveness as eta0.
    rate = {"hinge": "pa1", "squared_hinge": "pa2"}[given.pop("loss", "hinge")]
    rule = {"loss": "hinge", "penalty": None, "learning_rate": rate, "eta0": given.pop("C", 1.0)}
    defaults = EPOCHS | rule | {"random_state": setting.seed, "n_jobs": setting.threads}
    return SGDClassifier(**defaults | given | options)


def logistic(given, options, setting):
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    one_vs_rest = given.pop("multi_class", "ovr") == "ovr"
    penalty = given.pop("penalty", "l2")
    # Naming the penalty is deprecated: it is l1_ratio that tells l1 from l2.
    given["l1_ratio"] = {"l1": 1.0, "l2": 0.0}[penalty]
    # liblinear as in 0.19; what it has not, one model of all classes, by lbfgs, or saga for l1.
    usual = "liblinear" if one_vs_rest else "saga" if penalty == "l1" else "lbfgs"
    solver = given.setdefault("solver", usual)
    if solver == "liblinear" and not one_vs_rest:
        raise Unsupported("solver: liblinear has no model of all classes together")
    if penalty == "l1" and solver not in ("liblinear", "saga"):
        raise Unsupported(f"solver: {solver} has no l1 penalty")
    if one_vs_rest and given.get("class_weight") is not None:
        raise Unsupported("class_weight: liblinear weighed one class against unweighted others, two-class models cannot")
    model = LogisticRegression(**{"max_iter": 100, "random_state": setting.seed} | given | options)
    # One model after the other: scikit-learn would start processes, whose time, memory and warnings nobody sees.
    return OneVsRestClassifier(model, n_jobs=1) if one_vs_rest else model


def linear_svc(given, options, setting):
    from sklearn.svm import LinearSVC

    loss, penalty = given.get("loss", "squared_hinge"), given.get("penalty", "l2")
    dual = True
    if given.get("multi_class", "ovr") == "ovr" and penalty == "l1":
        if loss == "hinge":
            raise Unsupported("LIBLINEAR has no hinge loss with the l1 penalty")
        # 0.19 stood on dual=True and refused these; the primal is the same model.
        dual = False
    defaults = {"dual": dual, "max_iter": 1000, "random_state": setting.seed}
    return LinearSVC(**defaults | given | options)


def svc(given, options, setting):
    from sklearn.svm import SVC

    # 1 / n_features; today's default divides by the variance too.
    return SVC(**{"gamma": "auto", "random_state": setting.seed} | given | options)


def mlp(given, options, setting):
    from sklearn.neural_network import MLPClassifier

    if isinstance(given.get("hidden_layer_sizes"), list):
        given["hidden_layer_sizes"] = tuple(given["hidden_layer_sizes"])
    # 0.19 stopped at the third epoch in a row without an improvement of tol.
    return MLPClassifier(**{"n_iter_no_change": 2, "random_state": setting.seed} | given | options)


def gaussian_process(given, options, setting):
    from sklearn.gaussian_process import GaussianProcessClassifier
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    if given.pop("inducing", None) is not None:
        raise Unsupported("inducing: scikit-learn has no approximation by inducing points")
    amplitude, length = given.pop("constant_value", None), given.pop("length_scale", None)
    if length == "median":
        raise Unsupported("length_scale: scikit-learn has no median heuristic")
    if amplitude is not None or length is not None:
        # Fixed, as the default kernel is; both are 1 there.
        fixed = ConstantKernel(amplitude or 1.0, "fixed") * RBF(length or 1.0, "fixed")
        given["kernel"] = fixed
    # One model after the other, as in LogisticRegression.
    defaults = {"random_state": setting.seed, "n_jobs": 1}
    return GaussianProcessClassifier(**defaults | given | options)


def nearest_centroid(given, options, setting):
    from sklearn.neighbors import NearestCentroid

    return NearestCentroid(**given | options)


def bernoulli(given, options, setting):
    from sklearn.naive_bayes import BernoulliNB

    return BernoulliNB(**given | options)


def multinomial(given, options, setting):
    from sklearn.naive_bayes import MultinomialNB

    return MultinomialNB(**given | options)


def complement(given, options, setting):
    from sklearn.naive_bayes import ComplementNB

    return ComplementNB(**given | options)


def ridge(given, options, setting):
    from sklearn.linear_model import RidgeClassifier

    # The exact solution by a factorisation, as ours; "auto" picks it for dense data too.
    return RidgeClassifier(**{"solver": "cholesky"} | given | options)


def linear_discriminant(given, options, setting):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(**given | options)


def quadratic_discriminant(given, options, setting):
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    return QuadraticDiscriminantAnalysis(**given | options)


def extra_trees(given, options, setting):
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(**{"random_state": setting.seed, "n_jobs": setting.threads} | given | options)


def stump(given, default):
    """The tree that an ensemble is made of: the grid gives its depth beside the ensemble's own parameters."""
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=given.pop("max_depth", default))


def bagging(given, options, setting):
    from sklearn.ensemble import BaggingClassifier

    tree = stump(given, None)
    return BaggingClassifier(tree, **{"random_state": setting.seed, "n_jobs": setting.threads} | given | options)


def ada_boost(given, options, setting):
    from sklearn.ensemble import AdaBoostClassifier

    return AdaBoostClassifier(stump(given, 1), **{"random_state": setting.seed} | given | options)


def histogram_boosting(given, options, setting):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(**{"random_state": setting.seed} | given | options)


def nu_svc(given, options, setting):
    from sklearn.svm import NuSVC

    return NuSVC(**{"random_state": setting.seed} | given | options)


FAMILIES = {
    "AdaBoostClassifier": ada_boost,
    "BaggingClassifier": bagging,
    "BernoulliNB": bernoulli,
    "ComplementNB": complement,
    "DecisionTreeClassifier": decision_tree,
    "ExtraTreeClassifier": extra_tree,
    "ExtraTreesClassifier": extra_trees,
    "GaussianNB": naive_bayes,
    "GaussianProcessClassifier": gaussian_process,
    "GradientBoostingClassifier": boosting,
    "HistGradientBoostingClassifier": histogram_boosting,
    "KNeighborsClassifier": neighbors,
    "LinearDiscriminantAnalysis": linear_discriminant,
    "LinearSVC": linear_svc,
    "LogisticRegression": logistic,
    "MLPClassifier": mlp,
    "MultinomialNB": multinomial,
    "NearestCentroid": nearest_centroid,
    "NuSVC": nu_svc,
    "PassiveAggressiveClassifier": passive_aggressive,
    "Perceptron": perceptron,
    "QuadraticDiscriminantAnalysis": quadratic_discriminant,
    "RandomForestClassifier": random_forest,
    "RidgeClassifier": ridge,
    "SGDClassifier": sgd,
    "SVC": svc,
}


def parts(model):
    """The models that do the work: those within a one-vs-rest, else the model itself."""
    return getattr(model, "estimators_", [model]) if type(model).__name__ == "OneVsRestClassifier" else [model]


def iterations(model, numpy):
    """Passes, epochs or rounds that were made, where the model counts them: the most that any part needed."""
    counts = [getattr(part, "n_iter_", getattr(part, "n_estimators_", None)) for part in parts(model)]
    return max((int(numpy.max(count)) for count in counts if count is not None), default=None)
