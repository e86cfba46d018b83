import timeit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables

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


@settings(deadline=None, max_examples=40)  # the witness loads slowly
@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_that_of_statsmodels(first_only, second_only):
    expected = contingency_tables.mcnemar([[0, first_only], [second_only, 0]], exact=True).pvalue
    assert paired.mcnemar(first_only, second_only) == pytest.approx(1.0 if np.isnan(expected) else expected)


def test_mid_p_counts_what_was_seen_half():
    # 1 against 5: exact 14/64, of which 2 * 6/64 is the probability of what was seen: 14/64 - 6/64
    assert paired.mcnemar_mid_p(1, 5) == pytest.approx(8 / 64)
    assert paired.mcnemar_mid_p(0, 3) == pytest.approx(1 / 8)
    assert paired.mcnemar_mid_p(0, 0) == 1
    assert paired.mcnemar_mid_p(3, 3) == pytest.approx(1.0)  # 2 * (42 - 10) / 64


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=20).map(np.array))
def test_many_tests_at_once_are_those_one_by_one(counts):
    one_by_one = [paired.mcnemar(int(a), int(b)) for a, b in counts]
    assert paired.mcnemar_many(counts[:, 0], counts[:, 1]) == pytest.approx(one_by_one)


def test_resamples_of_accuracies_spread_as_a_difference_of_multinomial_counts_does():
    first = np.repeat([True, True, False, False], [60, 25, 5, 10])
    second = np.repeat([True, False, True, False], [60, 25, 5, 10])
    found = paired.compare(first, second)
    # by hand: mean 0.2, variance (0.25 + 0.05 - 0.2 ** 2) / 100, so about 0.2 +- 1.96 * 0.05099
    assert (found.low, found.high) == pytest.approx((0.1, 0.3), abs=0.011)


def test_networks_of_which_only_one_is_ever_right_have_an_interval_with_a_width():
    found = paired.compare(np.ones(20, dtype=bool), np.zeros(20, dtype=bool))
    assert found.difference == 1
    assert found.low < 1
    assert found.high == 1


SCORES = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).gamma(0.5, size=(2, 30)))


@settings(deadline=None, max_examples=30)
@given(SCORES)
def test_changing_sides_changes_the_sign_of_a_score_too(scores):
    there, back = paired.compare_scores(*scores), paired.compare_scores(scores[1], scores[0])
    assert there.difference == pytest.approx(scores[0].mean() - scores[1].mean())
    spread = np.std(scores[0] - scores[1])
    assert (back.difference, back.low, back.high) == pytest.approx((-there.difference, -there.high, -there.low), abs=spread / 500)


def test_resampled_means_are_spread_as_those_of_scipy():
    rng = np.random.default_rng(3)
    values = rng.gamma(0.3, size=400) - rng.gamma(0.3, size=400)  # skewed, many near 0
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)).bootstrap_distribution
    ours = paired.resampled_means(values, resamples=20_000)
    quantiles = np.array([0.005, 0.025, 0.25, 0.5, 0.75, 0.975, 0.995])
    assert np.quantile(ours, quantiles) == pytest.approx(np.quantile(theirs, quantiles), abs=0.1 * theirs.std())
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02)
    assert stats.ks_2samp(ours, theirs).pvalue > 0.01


def test_resampled_means_of_a_single_odd_value_are_binomial():
    values = np.array([0, 0, 0, 0, 10.0])
    times = np.round(paired.resampled_means(values, resamples=100_000) * 5 / 10).astype(int)  # how often the odd one was drawn
    expected = stats.binom.pmf(np.arange(6), 5, 0.2)
    assert np.bincount(times, minlength=6) / len(times) == pytest.approx(expected, abs=0.005)


def test_scores_that_all_differ_alike_are_as_far_apart_in_every_resample():
    found = paired.compare_scores(np.arange(10.0) + 0.5, np.arange(10.0))
    assert (found.difference, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.p < 0.001
    assert paired.compare_scores(np.arange(10.0), np.arange(10.0)).p == 1


def test_the_difference_of_scores_is_covered_about_as_often_as_promised():
    rng = np.random.default_rng(0)
    found = [paired.compare_scores(rng.normal(0.2, 1, 150), rng.normal(0, 1, 150), resamples=1000) for _ in range(300)]
    assert 0.91 <= np.mean([one.low <= 0.2 <= one.high for one in found]) <= 0.98


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(errors.UserError, match="NaN or infinite"):
        paired.compare_scores(np.array([1.0, np.nan]), np.array([1.0, 2.0]))


def test_fifty_thousand_examples_are_compared_with_ten_thousand_resamples_in_time():
    rng = np.random.default_rng(0)
    first, second = rng.random(50_000) < 0.8, rng.random(50_000) < 0.79
    scores = rng.gamma(0.3, size=(2, 50_000))
    assert paired.RESAMPLES == 10_000
    assert min(timeit.repeat(lambda: paired.compare(first, second), number=1, repeat=3)) < 0.1
    assert min(timeit.repeat(lambda: paired.compare_scores(*scores), number=1, repeat=3)) < 1.5
