"""Is a paired difference larger than a margin, or smaller than it?"""

import numpy as np
import pytest
from scipy import stats

from engine.stats import equivalence


def test_the_interval_is_bonett_and_prices_worked_by_hand():
    low, high = equivalence.interval(lost=20, gained=5, n=98)
    one, other = 21 / 100, 6 / 100
    half = 1.959964 * np.sqrt((one + other - (one - other) ** 2) / 100)  # sqrt((0.27 - 0.0225) / 100) = 0.04975
    assert (low, high) == pytest.approx((0.15 - half, 0.15 + half), abs=1e-6)


def test_nothing_changed_still_has_a_width():
    low, high = equivalence.interval(0, 0, 98)
    assert -0.04 < low < 0 < high < 0.04


def test_losing_and_gaining_are_mirrored():
    low, high = equivalence.interval([7, 2], [2, 7], 50)
    assert low[0] == pytest.approx(-high[1])


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (20, 5), (3, 40), (60, 1)])
def test_both_p_values_agree_with_the_interval_at_their_level(lost, gained):
    margin, n = 0.1, 98
    for level in (0.8, 0.95, 0.99):
        low, high = equivalence.interval(lost, gained, n, level)
        assert (equivalence.p_above(lost, gained, n, margin) < (1 - level) / 2) == (low > margin)
        assert (equivalence.p_within(lost, gained, n, margin) < (1 - level) / 2) == (-margin < low and high < margin)


def test_a_p_value_is_the_normal_tail_worked_by_hand():
    se = np.sqrt((0.27 - 0.0225) / 100)
    assert equivalence.p_above(20, 5, 98, 0.05) == pytest.approx(stats.norm.sf((0.15 - 0.05) / se))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(20261123)
    counts = rng.multinomial(500, [0.06, 0.02, 0.92], size=4000)
    low, high = equivalence.interval(counts[:, 0], counts[:, 1], 500)
    assert 0.935 < np.mean((low <= 0.04) & (high >= 0.04)) < 0.965


def test_a_change_at_the_margin_is_called_invariant_no_more_often_than_the_level():
    rng = np.random.default_rng(1)
    counts = rng.multinomial(500, [0.07, 0.02, 0.91], size=4000)  # truly 0.05
    assert np.mean(equivalence.p_within(counts[:, 0], counts[:, 1], 500, 0.05) < 0.05) < 0.06
    assert np.mean(equivalence.p_above(counts[:, 0], counts[:, 1], 500, 0.05) < 0.05) < 0.06
