"""Golden figures for stats/: SciPy's and statsmodels' own answers.

Run from the repository's root: python benchmarks/golden/stats.py
Writes tests/fixtures/stats.json. Needs scipy and statsmodels from PyPI; versions stand in the file.
"""

import json

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_ind

wilson = []
for correct, total in [(0, 10), (1, 10), (5, 10), (10, 10), (9784, 10000), (8986, 10000), (1000, 10000), (1, 10000), (9999, 10000), (3, 7)]:
    for confidence in (0.9, 0.95, 0.99):
        low, high = proportion_confint(correct, total, alpha=1 - confidence, method="wilson")
        wilson.append({"correct": correct, "total": total, "confidence": confidence, "low": low, "high": high})

paired = []
for first, second in [(0, 1), (0, 5), (3, 17), (10, 10), (100, 140), (140, 100), (499, 501), (20, 300), (1000, 1200), (0, 60), (2500, 2400), (5000, 100)]:
    paired.append({
        "only_first": first,
        "only_second": second,
        "p": float(mcnemar([[0, first], [second, 0]], exact=True).pvalue),
        "p_scipy": float(stats.binomtest(min(first, second), first + second, 0.5).pvalue),
    })

rng = np.random.default_rng(1)
holm = []
for p in ([0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.2], sorted(rng.random(30).tolist()), (rng.random(50) ** 6).tolist()):
    holm.append({"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()})

student = []
for samples in ([0.9, 0.91], [0.97, 0.971, 0.9695, 0.9702, 0.9711], rng.normal(0.88, 0.002, 25).tolist()):
    for confidence in (0.9, 0.95, 0.99):
        low, high = stats.t.interval(confidence, len(samples) - 1, loc=np.mean(samples), scale=stats.sem(samples))
        student.append({"samples": samples, "confidence": confidence, "low": low, "high": high})

welch = []
for first, second in (
    ([0.97, 0.971, 0.9695], [0.9702, 0.9711]),
    (rng.normal(0.84, 0.01, 5).tolist(), rng.normal(0.842, 0.004, 20).tolist()),
    (rng.normal(0.79, 0.02, 30).tolist(), rng.normal(0.77, 0.03, 25).tolist()),
):
    for confidence in (0.9, 0.95):
        interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(confidence)
        # A margin at which the two one-sided tests just pass at this level, and one at which they just fail.
        edge = max(abs(interval.low), abs(interval.high))
        tests = [float(max(ttost_ind(first, second, -m, m, usevar="unequal")[0], 0)) for m in (1.001 * edge, 0.999 * edge)]
        welch.append({"first": first, "second": second, "confidence": confidence, "low": float(interval.low), "high": float(interval.high), "p_within": tests[0], "p_beyond": tests[1]})

with open("tests/fixtures/stats.json", "w") as file:
    out = {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "wilson": wilson, "paired": paired, "holm": holm, "student_t": student, "welch": welch}
    json.dump(out, file, indent=0)
    file.write("\n")
