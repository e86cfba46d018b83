"""Regret, fronts and paired effects, worked by hand and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.stats import selection

VALUES = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(2, 4)).map(
    lambda a: np.random.default_rng(a[0]).integers(0, 5, (a[1], a[2])).astype(float)
)


def test_regret_is_what_the_best_has_more_than_the_chosen():
    rule = np.array([0.9, 0.8, 0.7])
    outcomes = np.array([[0.5, 0.2], [0.6, 0.3], [0.4, 0.9]])
    found = selection.regret(rule, outcomes)
    assert found.chosen.tolist() == [True, False, False]
    assert found.value.tolist() == [0.5, 0.2]
    assert found.best.tolist() == [0.6, 0.9]
    assert found.best_at.tolist() == [1, 2]
    assert found.regret == pytest.approx([0.1, 0.7])


def test_a_rule_that_cannot_decide_costs_the_mean_of_its_choices():
    found = selection.regret(np.array([0.9, 0.9, 0.1]), np.array([[0.5], [0.7], [0.8]]))
    assert found.chosen.tolist() == [True, True, False]
    assert found.regret == pytest.approx([0.2])


def test_networks_without_a_number_take_no_part():
    found = selection.regret(np.array([np.nan, 0.8, 0.7]), np.array([[0.9], [0.5], [0.6]]))
    assert found.chosen.tolist() == [False, True, False]
    assert found.regret == pytest.approx([0.1])
    nobody = selection.regret(np.array([np.nan]), np.array([[0.9]]))
    assert not nobody.chosen.any()
    assert np.isnan(nobody.regret).all()


def test_choosing_by_the_outcome_itself_costs_nothing_in_any_resample():
    outcome = np.random.default_rng(0).random(40)
    found = selection.regret(outcome, outcome[:, None])
    assert (found.regret[0], found.low[0], found.high[0]) == pytest.approx((0, 0, 0), abs=1e-12)


def test_the_interval_of_regret_is_that_of_resampling_networks_one_by_one():
    rng = np.random.default_rng(1)
    rule, outcome = rng.integers(0, 6, 25) / 5, rng.random(25)
    found = selection.regret(rule, outcome[:, None], resamples=4000)
    drawn = []
    for _ in range(4000):
        taken = rng.integers(0, 25, 25)
        best = rule[taken] == rule[taken].max()
        drawn.append(outcome[taken].max() - outcome[taken][best].mean())
    assert (found.low[0], found.high[0]) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.03)


@given(VALUES, st.integers(0, 2**32 - 1))
def test_the_front_is_who_nobody_beats(values, seed):
    higher = (np.random.default_rng(seed).random(values.shape[1]) < 0.5).tolist()
    signed = np.where(higher, values, -values)
    beaten = [any((o >= v).all() and (o > v).any() for o in signed) for v in signed]
    assert selection.pareto(values, higher).tolist() == [not b for b in beaten]


def test_a_network_that_lacks_a_criterion_is_not_on_the_front_and_beats_nobody():
    values = np.array([[0.5, 0.5], [0.9, np.nan], [0.4, 0.6]])
    assert selection.pareto(values, [True, True]).tolist() == [True, False, True]
    assert selection.pareto(np.zeros((0, 2)), [True, True]).tolist() == []


def test_a_front_of_thirty_thousand_networks_is_found_at_once():
    along = np.arange(30_000.0)
    assert selection.pareto(np.column_stack([along, -along]), [True, True]).all()


def test_an_effect_compares_only_networks_of_the_same_cell():
    values = np.array([0.5, 0.7, 0.6, 0.9, 0.1])
    second = np.array([False, True, False, True, True])
    cells = np.array([0, 0, 1, 1, 2])  # the last has no partner
    found = selection.effect(values, second, cells)
    assert (found.pairs, found.up, found.down) == (2, 2, 0)
    assert found.difference == pytest.approx(0.25)  # mean of 0.2 and 0.3


def test_several_networks_of_a_level_in_one_cell_count_as_their_mean():
    found = selection.paired_differences(np.array([0.4, 0.6, 0.9]), np.array([False, False, True]), np.array([0, 0, 0]))
    assert found == pytest.approx([0.4])


def test_the_interval_is_that_of_a_t_test_and_p_of_a_sign_test():
    rng = np.random.default_rng(0)
    before, after = rng.normal(0, 1, 30), rng.normal(0.3, 1, 30)
    found = selection.effect(np.concatenate([before, after]), np.repeat([False, True], 30), np.tile(np.arange(30), 2))
    bounds = stats.ttest_rel(after, before).confidence_interval()
    assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high))
    assert found.p == pytest.approx(stats.binomtest(int((after > before).sum()), 30).pvalue)


def test_without_a_pair_an_effect_is_undefined():
    found = selection.effect(np.array([0.1, 0.2]), np.array([False, True]), np.array([0, 1]))
    assert found.pairs == 0
    assert np.isnan(found.difference)
    assert found.p == 1
