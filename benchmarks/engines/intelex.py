"""scikit-learn-intelex in the place of scikit-learn, and whether it really did the work.

Used by the engine (scikit_learn.py) and by the comparison of speeds (benchmarks/speed/scikit_learn.py).
"""

import collections
import logging

from meanings import parts


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


def accelerate(threads=1):
    """Puts intelex's estimators in the place of scikit-learn's; to be called before those are imported."""
    import daal4py
    import sklearnex

    daal4py.daalinit(threads)  # oneDAL's own pool of threads, which no variable of the environment limits
    sklearnex.patch_sklearn(verbose=False)
    dispatch = Dispatch()
    log = logging.getLogger("sklearnex")
    log.handlers, log.propagate = [dispatch], False
    log.setLevel(logging.INFO)
    return dispatch


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
