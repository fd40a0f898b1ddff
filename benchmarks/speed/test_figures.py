"""Tests of figures.py and table.py: `python -m unittest discover benchmarks/speed`."""

import unittest

import figures
import table

CONFIGURATION = {"C": 1}


def ran(size, fit, predict=0.0, peer="scikit-learn", **more):
    given = {"row": "row", "peer": peer, "dataset": "mnist", "configuration": figures.key(CONFIGURATION), "repeat": 0}
    given |= {"status": "ok", "train_size": size, "fit_seconds": fit, "predict_seconds": predict, "accuracy": 0.9}
    return given | {"cpu_seconds": fit + predict, "version": "1.9.1", "others_cores": 0.0} | more


def stopped(limit, peer="scikit-learn"):
    given = {"row": "row", "peer": peer, "dataset": "mnist", "configuration": figures.key(CONFIGURATION), "repeat": 0}
    return given | {"status": "timeout", "limit_seconds": limit, "others_cores": 0.0}


def row(**more):
    given = {"classifier": "SVC", "parameters": CONFIGURATION, "configurations": [CONFIGURATION]}
    return given | {"peers": {"scikit-learn": {}, "intelex": {}}, "goal": 3} | more


SESSION = {"binary": "mnist-bench 0.1.0", "processor": "P", "cores": 2, "utc": "2026-01-02T03:04:05+00:00"}


def shown(measurements, **more):
    lines = table.markdown({"row": row(**more)}, measurements, SESSION, "mnist").splitlines()
    line = next(line for line in lines if line.startswith("| row |") and "ours" not in line)
    return [cell.strip() for cell in line.split("|")[1:-1]], "\n".join(line for line in lines if line.startswith("- "))


class Figures(unittest.TestCase):
    def test_a_power_law_is_found_again_and_reaches_the_full_size(self):
        good = [ran(n, 2e-6 * n**1.5, 3e-4 * n**0.5) for n in (1000, 2000, 4000)]
        total, exponent, miss = figures.extrapolate(good, 16000)
        self.assertAlmostEqual(total, 2e-6 * 16000**1.5 + 3e-4 * 16000**0.5, places=6)
        self.assertTrue(0.5 < exponent < 1.5)
        self.assertAlmostEqual(miss, 0.0, places=6)

    def test_a_bend_upwards_shows_in_the_miss(self):
        good = [ran(1000, 1.0), ran(2000, 2.0), ran(4000, 8.0)]
        self.assertAlmostEqual(figures.extrapolate(good, 8000)[2], 1.0, places=2)

    def test_a_measurement_at_full_size_wins_over_an_extrapolation(self):
        figure = figures.configuration_figure([ran(1000, 1.0), ran(2000, 2.0), ran(4000, 5.0)], 4000)
        self.assertEqual((figure.seconds, figure.extrapolated), (5.0, False))

    def test_one_size_alone_gives_no_extrapolation(self):
        self.assertIsNone(figures.configuration_figure([ran(1000, 1.0)], 4000))

    def test_a_group_is_the_sum_and_misses_nothing(self):
        both = [{"C": 1}, {"C": 2}]
        keys = [figures.key(one) for one in both]
        good = [ran(4000, 1.0, configuration=keys[0]), ran(4000, 2.0, configuration=keys[1])]
        self.assertEqual(figures.side(good, keys, 4000).seconds, 3.0)
        self.assertIsNone(figures.side(good[:1], keys, 4000))

    def test_the_ratio_is_against_the_faster_and_bounds_stay_bounds(self):
        mine = figures.Figure(2.0, 2.0, 2.0, 1)
        slow, fast = figures.Figure(30.0, 30.0, 30.0, 1), figures.Figure(10.0, 10.0, 10.0, 1)
        late, early = figures.Figure(20.0, 20.0, 20.0, 1, over=True), figures.Figure(4.0, 4.0, 4.0, 1, over=True)
        self.assertEqual(figures.ratio(mine, [slow, fast]), (5.0, False))
        self.assertEqual(figures.ratio(mine, [fast, late]), (5.0, False))
        self.assertEqual(figures.ratio(mine, [fast, early]), (2.0, True))
        self.assertIsNone(figures.ratio(None, [fast]))
        self.assertIsNone(figures.ratio(early, [fast]))


class Table(unittest.TestCase):
    def test_the_row_with_both_peers(self):
        cells, below = shown(
            [ran(4000, 2.0, peer=None), ran(4000, 12.0), ran(4000, 8.0, peer="intelex", accelerated="no", calls={})]
        )
        self.assertEqual(cells[1:6], ["2.00", "12.00", "8.00", "4.0", "3: met"])
        self.assertIn("NOT accelerated", below)

    def test_a_peer_without_a_figure_leaves_no_ratio_unsaid(self):
        cells, below = shown([ran(4000, 2.0, peer=None), ran(4000, 12.0)])
        self.assertEqual(cells[3], "-")
        self.assertIn("intelex not measured", below)

    def test_a_stopped_peer_is_a_lower_bound(self):
        cells, below = shown([ran(4000, 2.0, peer=None), stopped(5)], peers={"scikit-learn": {}})
        self.assertEqual(cells[1:6], ["2.00", "> 5.00 s", "-", "> 2.5", "3: open"])
        self.assertIn("stopped at 5 s", below)

    def test_an_extrapolation_says_so(self):
        smaller = [ran(n, n / 100) for n in (500, 1000, 2000)]
        cells, below = shown([ran(4000, 2.0, peer=None), *smaller], peers={"scikit-learn": {}})
        self.assertEqual(cells[2], "est. 40.00")
        self.assertIn("extrapolated from 500, 1,000, 2,000 training images, growing as n^1.00", below)

    def test_seconds_per_epoch(self):
        parameters = {"max_iter": 5}
        name = figures.key(parameters)
        cells, below = shown(
            [ran(4000, 1.0, peer=None, configuration=name), ran(4000, 4.0, configuration=name)],
            parameters=parameters, configurations=[parameters], peers={"scikit-learn": {}},
            per={"unit": "epoch", "parameter": "max_iter"},
        )  # fmt: skip
        self.assertEqual(cells[1:5], ["0.200", "0.800", "-", "4.0"])
        self.assertIn("per epoch, both sides ran 5", below)

    def test_ours_without_a_figure_names_the_reason(self):
        failed = stopped(1, peer=None) | {"status": "failed", "reason": "still to be written"}
        cells, below = shown([failed, ran(4000, 4.0)], peers={"scikit-learn": {}})
        self.assertEqual(cells[1:6], ["-", "4.00", "-", "-", "3: not measured"])
        self.assertIn("ours gave no figure: still to be written", below)


if __name__ == "__main__":
    unittest.main()
