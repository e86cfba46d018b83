"""Ranks, ties with the best and agreement of orders, against scipy, statsmodels and resampling one by one."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests

from engine.stats import ranking


def answers(accuracies, n, seed=0):
    """Return whether each network is right on each of n examples, independently."""
    return np.random.default_rng(seed).random((len(accuracies), n)) < np.asarray(accuracies)[:, None]


def test_the_best_has_rank_one_and_equals_share_their_mean_rank():
    assert ranking.ranked(np.array([0.9, 0.7, 0.9, 0.8])).tolist() == [1.5, 4, 1.5, 3]
    assert ranking.ranked(np.array([0.9, 0.7, 0.9, 0.8]), "lower").tolist() == [3.5, 1, 3.5, 2]


def test_rank_intervals_are_those_of_resampling_one_by_one():
    right = answers([0.9, 0.88, 0.86, 0.7, 0.5], 200)
    rng = np.random.default_rng(5)
    drawn = np.array([stats.rankdata(-right[:, rng.integers(0, 200, 200)].mean(axis=1)) for _ in range(3000)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    found = ranking.rank_intervals(right, resamples=3000)
    assert found.low.tolist() == np.floor(low).tolist()
    assert found.high.tolist() == np.ceil(high).tolist()


def test_a_rank_lies_in_its_interval_and_more_examples_make_it_narrower():
    accuracies = np.linspace(0.6, 0.8, 12)
    few, many = (ranking.rank_intervals(answers(accuracies, n)) for n in (100, 4000))
    for found in (few, many):
        assert (found.low <= found.rank).all()
        assert (found.rank <= found.high).all()
    assert (many.high - many.low).mean() < (few.high - few.low).mean() / 2


def test_what_is_hard_for_all_networks_moves_no_rank():
    hard = np.random.default_rng(0).random(400) < 0.5
    right = np.stack([hard, hard | (np.arange(400) < 20)])  # the second is right wherever the first is, and on 20 more
    found = ranking.rank_intervals(right)
    assert found.low.tolist() == found.high.tolist() == [2, 1]


def test_ties_with_the_best_are_mcnemar_tests_with_the_control_of_statsmodels():
    right = answers([0.85, 0.84, 0.8, 0.78, 0.7], 500, seed=2)
    found = ranking.ties_with_best(right, allow="holm")
    others = [i for i in range(5) if i != found.best]
    table = [[[0, (right[i] & ~right[found.best]).sum()], [(right[found.best] & ~right[i]).sum(), 0]] for i in others]
    p = [contingency_tables.mcnemar(one, exact=True).pvalue for one in table]
    assert found.p[others] == pytest.approx(p)
    rejected, adjusted, _, _ = multipletests(p, method="holm")
    assert found.adjusted[others] == pytest.approx(adjusted)
    assert found.tied[others].tolist() == (~rejected).tolist()
    assert found.tied[found.best]


def test_ties_of_a_real_score_are_paired_t_tests():
    rng = np.random.default_rng(0)
    scores = rng.normal([[0.5], [0.52], [0.9]], 0.4, (3, 80))
    found = ranking.ties_with_best(scores, "lower")
    assert found.best == int(scores.mean(axis=1).argmin())
    others = [i for i in range(3) if i != found.best]
    assert found.p[others] == pytest.approx([stats.ttest_rel(scores[i], scores[found.best]).pvalue for i in others])


def test_networks_with_the_same_scores_are_tied_and_those_that_differ_alike_are_not():
    base = np.arange(10.0)
    found = ranking.ties_with_best(np.stack([base, base, base + 1]), "lower")
    assert found.tied.tolist() == [True, True, False]


def test_false_discoveries_among_thousands_of_equal_networks_are_few():
    right = answers(np.full(2000, 0.8), 300, seed=7)
    assert ranking.ties_with_best(right).tied.mean() > 0.95
    # only the number of comparisons allowed for: the one that looks best was chosen for it, and the others look worse
    assert ranking.ties_with_best(right, allow="bh").tied.mean() < 0.5


def test_the_truly_best_network_is_among_the_tied_about_as_often_as_promised():
    times, sizes = [], []
    for seed in range(120):
        right = answers([0.8, *np.full(20, 0.79), *np.full(20, 0.6)], 300, seed)
        tied = ranking.ties_with_best(right, resamples=300).tied
        times.append(tied[0])
        sizes.append(tied[21:].mean())
    assert np.mean(times) >= 0.92
    assert np.mean(sizes) < 0.02  # what is clearly worse is told apart


def test_of_two_networks_being_picked_is_a_one_sided_comparison():
    right = answers([0.85, 0.8], 400, seed=3)
    found = ranking.ties_with_best(right, resamples=20_000)
    other = 1 - found.best
    gap = right[found.best].astype(float) - right[other]
    assert found.adjusted[other] == pytest.approx(stats.norm.sf(gap.mean() / (gap.std() / 20)), abs=0.015)


def test_kendall_is_that_of_scipy_and_undefined_without_an_order():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, 30).astype(float), rng.integers(0, 5, 30).astype(float)
    assert ranking.kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic)
    assert np.isnan(ranking.kendall(np.ones(3), np.arange(3.0)))


def test_agreement_between_seeds_uses_the_networks_that_both_have():
    table = np.array([[1.0, 1.0, 3.0], [2.0, 3.0, 2.0], [3.0, 2.0, 1.0], [4.0, np.nan, 0.0]])
    found = ranking.agreement(table)
    # of three pairs two in order, one not: (2 - 1) / 3; the last column turns the first round
    assert found[0] == pytest.approx([1, 1 / 3, -1])
    assert (found == found.T).all()


def test_orders_on_two_halves_agree_more_the_further_networks_lie_apart():
    near, far = (ranking.split_half(answers(np.linspace(0.8 - width, 0.8, 10), 400)) for width in (0.02, 0.5))
    assert near.value < far.value
    assert far.value > 0.8
    assert far.low <= far.value <= far.high
    assert np.isnan(ranking.split_half(answers([0.5], 100)).value)
