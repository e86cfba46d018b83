import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine import errors
from engine.stats import paired

ANSWERS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60).map(np.array)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_coin_test_of_the_disagreements(first_only, second_only):
    n = first_only + second_only
    expected = stats.binomtest(first_only, n).pvalue if n else 1.0
    assert paired.mcnemar(first_only, second_only) == pytest.approx(expected)


def test_mcnemar_by_hand():
    # 1 against 5: 2 * (1 + 6) / 64
    assert paired.mcnemar(1, 5) == pytest.approx(14 / 64)


@given(ANSWERS)
def test_changing_sides_changes_the_sign(answers):
    there = paired.compare(answers[:, 0], answers[:, 1])
    back = paired.compare(answers[:, 1], answers[:, 0])
    assert there.difference == pytest.approx(answers[:, 0].mean() - answers[:, 1].mean())
    assert (back.difference, back.low, back.high, back.p) == pytest.approx((-there.difference, -there.high, -there.low, there.p), abs=1e-7)
    assert there.low <= there.difference <= there.high


def test_networks_that_agree_everywhere_are_not_known_to_be_equal():
    same = np.ones(20, dtype=bool)
    found = paired.compare(same, same)
    assert (found.difference, found.p) == (0, 1)
    # Bonett and Price with no disagreement: z * sqrt(2 / 22 / 22)
    assert (found.low, found.high) == pytest.approx((-0.125989, 0.125989), abs=1e-5)


def test_the_difference_is_covered_about_as_often_as_promised():
    rng = np.random.default_rng(0)
    times = []
    for _ in range(300):
        kind = rng.choice(4, size=200, p=[0.6, 0.15, 0.1, 0.15])  # both, first only, second only, none
        found = paired.compare(kind <= 1, (kind == 0) | (kind == 2))
        times.append(found.low <= 0.05 <= found.high)
    assert 0.91 <= np.mean(times) <= 0.98


def test_no_common_example_is_said():
    with pytest.raises(errors.UserError, match="no example that both"):
        paired.compare(np.array([], dtype=bool), np.array([], dtype=bool))
