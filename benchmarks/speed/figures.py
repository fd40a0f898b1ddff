"""From single measurements to the figure of a row: medians, extrapolated times, the ratio to the faster peer.

Knows nothing of processes or of Markdown. A measurement is a dictionary as engines.py makes it, with the row,
the peer's label and the configuration that compare.py added.
"""

import dataclasses
import json
import math
import statistics

# Times below a millisecond say nothing about how time grows.
FLOOR = 1e-3


@dataclasses.dataclass
class Figure:
    """Seconds of one side of a row. `over`: a lower bound, because a run was stopped at the limit."""

    seconds: float
    low: float
    high: float
    runs: int
    over: bool = False
    extrapolated: bool = False
    accuracy: float | None = None
    remarks: list = dataclasses.field(default_factory=list)


def seconds(measurement):
    return measurement["fit_seconds"] + measurement["predict_seconds"]


def power_law(points):
    """a and b of time = a n^b, fitted to (n, seconds) by least squares of the logarithms."""
    xs, ys = [math.log(n) for n, _ in points], [math.log(max(time, FLOOR)) for _, time in points]
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    b = sum((p - x) * (q - y) for p, q in zip(xs, ys)) / sum((p - x) ** 2 for p in xs)
    return math.exp(y - b * x), b


def extrapolate(measurements, size):
    """Seconds at `size` from smaller train sizes, fit and predict each by a power law of its own.

    Also returns the exponent of the sum, and the relative error of predicting the largest measured time from the
    smaller sizes alone (None with fewer than three sizes).
    """
    sizes = sorted({m["train_size"] for m in measurements})

    def at(part, n):
        return statistics.median(m[part] for m in measurements if m["train_size"] == n)

    def predicted(known, n):
        laws = [power_law([(k, at(part, k)) for k in known]) for part in ("fit_seconds", "predict_seconds")]
        return sum(a * n**b for a, b in laws)

    total = predicted(sizes, size)
    last = at("fit_seconds", sizes[-1]) + at("predict_seconds", sizes[-1])
    exponent = math.log(total / max(last, FLOOR)) / math.log(size / sizes[-1])
    miss = last / predicted(sizes[:-1], sizes[-1]) - 1 if len(sizes) > 2 else None
    return total, exponent, miss


def configuration_figure(measurements, size):
    """The figure of one configuration on one side: measured at `size`, else extrapolated, else a lower bound."""
    good = [m for m in measurements if m["status"] == "ok"]
    here = [m for m in good if m["train_size"] == size]
    if here:
        times = [seconds(m) for m in here]
        accuracy = statistics.fmean(m["accuracy"] for m in here)
        return Figure(statistics.median(times), min(times), max(times), len(here), accuracy=accuracy)
    if len({m["train_size"] for m in good}) > 1:
        time, exponent, miss = extrapolate(good, size)
        sizes = sorted({m["train_size"] for m in good})
        figure = Figure(time, time, time, 1, extrapolated=True)
        figure.remarks.append({"sizes": sizes, "exponent": exponent, "miss": miss})
        return figure
    stopped = [m["limit_seconds"] for m in measurements if m["status"] == "timeout"]
    if stopped:
        return Figure(max(stopped), max(stopped), max(stopped), len(stopped), over=True)
    return None


def side(measurements, configurations, size):
    """The figure of one side of a row: the sum over its configurations, or None where one has no figure."""
    parts = []
    for configuration in configurations:
        mine = [m for m in measurements if m["configuration"] == configuration]
        parts.append(configuration_figure(mine, size))
    if not parts or None in parts:
        return None
    known = [part.accuracy for part in parts if part.accuracy is not None]
    return Figure(
        sum(part.seconds for part in parts),
        sum(part.low for part in parts),
        sum(part.high for part in parts),
        min(part.runs for part in parts),
        over=any(part.over for part in parts),
        extrapolated=any(part.extrapolated for part in parts),
        accuracy=statistics.fmean(known) if len(known) == len(parts) else None,
        remarks=[remark for part in parts for remark in part.remarks],
    )


def ratio(mine, peers):
    """The time of the faster peer divided by ours, and whether the ratio is only a lower bound.

    A peer that was stopped may be the faster one only if it was stopped before the others were done.
    """
    if mine is None or mine.over or not peers:
        return None
    fastest = min(peers, key=lambda peer: peer.seconds)
    return fastest.seconds / mine.seconds, fastest.over


def key(parameters):
    """The name of a configuration in a measurement."""
    return json.dumps(parameters, sort_keys=True)
