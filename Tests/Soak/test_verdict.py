"""The verdicts of a soak on generated series: growth is found, and noise is not."""

import random
import unittest

from verdict import Bound, judge, slope_per_second


def series(value, seconds=1800, every=15):
    return [{"at": at, "x": value(at)} for at in range(0, seconds + 1, every)]


class VerdictTests(unittest.TestCase):
    def word(self, value, bound, seconds=1800):
        return judge("x", series(value, seconds), bound, seconds).word

    def test_a_line_has_its_slope(self):
        slope, explained = slope_per_second([(x, 3 * x + 1) for x in range(10)])
        self.assertAlmostEqual(slope, 3)
        self.assertAlmostEqual(explained, 1)

    def test_steady_growth_without_a_bound_fails(self):
        verdict = judge("x", series(lambda at: 50 + at / 60), Bound("flat"), 1800)
        self.assertEqual(verdict.word, "GROWS")
        self.assertTrue(verdict.is_failure)
        self.assertAlmostEqual(verdict.slope, 60)

    def test_noise_does_not_fail(self):
        for seed in range(200):
            chance = random.Random(seed)
            self.assertFalse(judge("x", series(lambda _: chance.gauss(60, 5)), Bound("flat"), 1800).is_failure, seed)

    def test_growth_while_warming_up_does_not_fail(self):
        self.assertEqual(self.word(lambda at: min(at, 800), Bound("flat")), "flat")

    def test_growth_within_a_bound_is_reported(self):
        self.assertEqual(self.word(lambda at: at, Bound("a day", lambda _: 2000)), "grows within bound 2,000")

    def test_a_mere_limit_explains_no_growth(self):
        self.assertEqual(self.word(lambda at: 50 + at / 60, Bound("400 MiB", lambda _: 400, explains=False)), "GROWS")

    def test_a_value_over_its_bound_fails_in_a_short_run_too(self):
        verdict = judge("x", series(lambda at: at, 90, 5), Bound("at most 50", lambda _: 50), 90)
        self.assertEqual(verdict.word, "OVER its bound of 50")
        self.assertTrue(verdict.is_failure)

    def test_a_short_run_does_not_judge_slopes(self):
        self.assertFalse(judge("x", series(lambda at: 1 + at, 90, 5), Bound("flat"), 90).is_failure)

    def test_a_bound_may_depend_on_the_sample(self):
        self.assertEqual(self.word(lambda at: at, Bound("as old", lambda sample: sample["at"] + 1)), "grows within bound 1,801")


if __name__ == "__main__":
    unittest.main()
