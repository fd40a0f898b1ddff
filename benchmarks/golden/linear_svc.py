"""Objectives of LinearSVC at full size, class by class, for crates/pixel-learn/tests/linear_svc.rs: an augmented
Lagrangian method in plain NumPy (no incremental Gram matrices, no look-ahead for the squared hinge), to a relative
duality gap of 1e-4.

    python benchmarks/golden/linear_svc.py [DATASET CLASS LOSS PENALTY]   # one line of crates/pixel-learn/tests/fixtures/linear_svc.json

Without arguments all lines of the fixture, an hour on one core. Needs numpy and scipy.
"""

import gzip
import json
import sys

import numpy as np
import scipy.linalg as sl

FIXTURE = "crates/pixel-learn/tests/fixtures/linear_svc.json"
TOL = 1e-4


def load(dataset):
    read = lambda name: gzip.open(f"data/{dataset}/train-{name}-ubyte.gz").read()
    x = np.frombuffer(read("images-idx3")[16:], np.uint8).reshape(-1, 784).astype(float)
    labels = np.frombuffer(read("labels-idx1")[8:], np.uint8)
    scale = x.std(0)
    scale[scale == 0] = 1
    return np.hstack([(x - x.mean(0)) / scale, np.ones((len(x), 1))]), labels


def root(derivative):
    """The root of a rising piecewise linear function of the step length."""
    start, low, high, t = derivative(0.0)[0], 0.0, None, 1.0
    for _ in range(60):
        value, slope = derivative(t)
        if abs(value) <= 1e-2 * abs(start):
            break
        low, high = (low, t) if value > 0 else (t, high)
        step = t - value / slope if slope > 0 else 2 * t
        if high is None:
            step = min(step, 10 * t)
        elif not low < step < high:
            step = 0.5 * (low + high)
        if step == t:
            break
        t = step
    return t


class Problem:
    """One class against the rest, solved along a path of rising C."""

    def __init__(self, x, y, hinge, l1):
        self.x, self.y, self.hinge, self.l1 = x, y, hinge, l1
        self.w, self.a, self.v = np.zeros(x.shape[1]), np.zeros(len(x)), np.zeros(x.shape[1])
        self.rho, self.c = 10.0, None

    def values(self, c, w, m, a, combined):
        positive = np.maximum(m, 0)
        loss = positive.sum() if self.hinge else positive @ positive
        primal = (np.abs(w).sum() if self.l1 else 0.5 * w @ w) + c * loss
        squares = 0.0 if self.hinge else a @ a / (4 * c)
        if not self.l1:
            return primal, a.sum() - squares - 0.5 * combined @ combined
        largest = np.abs(combined).max()
        best = 1.0 if self.hinge else 0.5 * a.sum() / max(squares, 1e-300)
        scale = min(best, 1 / largest) if largest > 0 else best
        return primal, scale * a.sum() - scale**2 * squares

    def solve(self, c):
        x, y, hinge, l1 = self.x, self.y, self.hinge, self.l1
        first, upper = self.c is None, c if hinge else np.inf
        part = (0.5 if first else 40.0) if hinge else (1.0 if first else 30.0)
        s, a0 = (part * c, self.a * (0 if first else c / self.c)) if hinge else (2 * c, np.zeros(len(y)))
        w, v, rho, tau, growth = self.w, self.v, self.rho, 30 * part, 3.0 if hinge else 10.0
        centre, m, ahead = w.copy(), 1 - y * (x @ w), None
        primal, dual, steps, inner = np.inf, -np.inf, 0, 0
        while True:
            r = a0 + s * m
            a = np.clip(r, 0, upper)
            combined = x.T @ (y * a)
            p, d = self.values(c, w, m, a, combined)
            primal, dual = min(primal, p), max(dual, d)
            if primal - dual <= TOL * primal or steps >= 2000:
                break
            vs = np.clip(v + rho * w, -1, 1)
            g = (w - centre) / tau + vs - combined if l1 else w - combined
            inexact = 0.5 * (tau if l1 else 1.0) * (g @ g)
            complementarity = (c * np.maximum(m, 0) - a * m).sum() if hinge else 0.0
            if l1:
                complementarity = max(complementarity + (np.abs(w) - vs * w).sum(), 0.1 * TOL * primal)
            if (hinge or l1) and inner > 0 and inexact <= 0.3 * complementarity:
                if hinge:
                    a0, s = a, min(3 * s, 3e3 * c)
                if l1:
                    v, centre = vs, w.copy()
                    rho, tau = min(growth * rho, 1e4), min(growth * tau, 1e5)
                inner, ahead = 0, None
                continue
            rows = (r > 0) & (r < upper)
            if ahead is not None:
                rows |= ahead
            h = s * (x[rows].T @ x[rows])
            h[np.diag_indices_from(h)] += (1 / tau + rho * (np.abs(v + rho * w) < 1)) if l1 else 1.0
            if l1:
                h[np.diag_indices_from(h)] += 1e-13 * np.abs(h).max()
            step = -sl.cho_solve(sl.cho_factor(h), g)
            z = y * (x @ step)

            def derivative(t):
                q = r - s * t * z
                inside = (q > 0) & (q < upper)
                value, slope = -np.clip(q, 0, upper) @ z, s * (z[inside] @ z[inside])
                if not l1:
                    return value + w @ step + t * step @ step, slope + step @ step
                q = v + rho * (w + t * step)
                value += ((w + t * step - centre) / tau + np.clip(q, -1, 1)) @ step
                return value, slope + step @ step / tau + rho * (step[np.abs(q) < 1] ** 2).sum()

            t = root(derivative)
            w, m, steps, inner, ahead = w + t * step, m - t * z, steps + 1, inner + 1, None
            if hinge and t < 0.3:
                begin = a0 + s * m
                end = begin - s * min(1 - t, 5 * t) * z
                ahead = (np.minimum(begin, end) < c) & (np.maximum(begin, end) > 0)
                ahead |= rows & (np.abs(begin - c / 2) < 1.5 * c)
        self.w, self.a, self.c, self.rho = w, a, c, rho
        self.v = np.clip(v + rho * w, -1, 1)
        print(f"C={c:g}: {primal:.10g}, gap {primal - dual:.2g}, {steps} steps", file=sys.stderr, flush=True)
        return float(f"{primal:.10g}")


def main():
    wanted = json.load(open(FIXTURE))["classes"]
    if len(sys.argv) == 5:
        dataset, label, loss, penalty = sys.argv[1:]
        wanted = [{"dataset": dataset, "class": int(label), "loss": loss, "penalty": penalty}]
    for row in wanted:
        x, labels = load(row["dataset"])
        y = np.where(labels == row["class"], 1.0, -1.0)
        problem = Problem(x, y, row["loss"] == "hinge", row["penalty"] == "l1")
        row["objectives"] = [problem.solve(c) for c in (1.0, 10.0, 100.0)[: len(row.get("objectives", [0] * 3))]]
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
