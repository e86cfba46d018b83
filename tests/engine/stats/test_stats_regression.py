"""Regressions over pairs, with statsmodels, scikit-learn and SciPy as witnesses."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from engine.stats import bootstrap, intervals, regression
from engine.stats.regression import Points

TASKS = ("a", "a", "a", "b", "c", "c")
FOLDS = np.array([0, 0, 0, 1, 2, 2])


def points(seed=0, *, networks=14, folds=FOLDS, base=True):
    """Six pairs in three tasks: networks with a skill, pairs with a difficulty that goes against the predictor."""
    rng = np.random.default_rng(seed)
    pair, network = np.repeat(np.arange(6), networks), np.tile(np.arange(networks), 6)
    skill, x = rng.normal(size=networks)[network], rng.normal(size=6 * networks)
    noise = rng.normal(size=(2, 6 * networks))
    y = 0.5 * skill + 0.4 * x - 0.6 * pair + 0.3 * noise[0]
    return Points(y, x + 0.5 * pair, pair, network, regression.weights_of_pairs(TASKS), folds, skill + 0.4 * noise[1] if base else None)


def weights(given):
    return (given.pair_weight / np.bincount(given.pair))[given.pair]


def test_every_task_counts_the_same_whatever_the_number_of_its_pairs():
    found = regression.weights_of_pairs(TASKS)
    assert found == pytest.approx([1 / 9, 1 / 9, 1 / 9, 1 / 3, 1 / 6, 1 / 6])
    assert regression.weights_of_pairs(TASKS, "pair") == pytest.approx([1 / 6] * 6)


def test_pooled_numbers_are_those_of_statsmodels():
    given = points()
    found = regression.compare(given, resamples=0)["pooled"]
    for columns, r2 in ((given.x, found.r2), (given.base, found.base), (np.stack([given.base, given.x], axis=1), found.both)):
        expected = sm.WLS(given.y, sm.add_constant(columns), weights=weights(given)).fit()
        assert r2.value == pytest.approx(expected.rsquared)
    alone = sm.WLS(given.y, sm.add_constant(given.x), weights=weights(given)).fit()
    assert (found.intercept.value, found.slope.value) == pytest.approx(tuple(alone.params))
    assert found.gain.value == pytest.approx(found.both.value - found.base.value)
    assert found.advantage.value == pytest.approx(found.r2.value - found.base.value)
    assert (found.points, found.networks, found.pairs) == (84, 14, 6)


def test_standardised_numbers_are_those_of_statsmodels_on_z_scores():
    given = points()
    found = regression.compare(given, resamples=0)["standardised"]
    z = regression.standardised(given.values, given.pair)
    expected = sm.WLS(z[:, 0], sm.add_constant(z[:, 1:]), weights=weights(given)).fit()
    assert found.both.value == pytest.approx(expected.rsquared)
    within = [stats.pearsonr(given.x[given.pair == p], given.y[given.pair == p]).statistic for p in range(6)]
    assert found.r.value == pytest.approx(np.average(within, weights=given.pair_weight))
    assert found.r2.value == pytest.approx(found.r.value**2)


def test_rank_correlations_are_those_of_scipy():
    given = points()
    even = Points(given.y, given.x, given.pair, given.network, np.full(6, 1 / 6))
    found = regression.compare(even, resamples=0)
    assert found["pooled"].spearman.value == pytest.approx(stats.spearmanr(given.x, given.y).statistic)
    within = [stats.spearmanr(given.x[given.pair == p], given.y[given.pair == p]).statistic for p in range(6)]
    assert found["standardised"].spearman.value == pytest.approx(np.mean(within))


@pytest.mark.parametrize("view", regression.VIEWS)
def test_left_out_r2_is_that_of_scikit_learn(view):
    given = points()
    found = regression.compare(given, resamples=0)[view]
    values, w, fold = given.values if view == "pooled" else regression.standardised(given.values, given.pair), weights(given), FOLDS[given.pair]
    for columns, out in (([1], found.out), ([2, 1], found.both_out)):
        told = np.empty(len(w))
        for one in range(3):
            line = LinearRegression().fit(values[fold != one][:, columns], values[fold != one, 0], sample_weight=w[fold != one])
            told[fold == one] = line.predict(values[fold == one][:, columns])
        assert out.value == pytest.approx(r2_score(values[:, 0], told, sample_weight=w))


def test_where_nothing_else_can_be_left_out_each_network_is():
    whole = points(folds=None, base=False)
    mine = whole.pair == 0
    given = Points(whole.y[mine], whole.x[mine], whole.pair[mine], whole.network[mine], np.ones(1))
    found = regression.compare(given)["pooled"]
    told = [LinearRegression().fit(np.delete(given.x, i)[:, None], np.delete(given.y, i)).predict(given.x[[i], None])[0] for i in range(len(given.y))]
    assert found.out.value == pytest.approx(r2_score(given.y, told))
    assert np.isnan([found.out.low, found.out.high]).all()


@pytest.mark.parametrize("view", regression.VIEWS)
def test_intervals_are_those_of_networks_drawn_one_resample_at_a_time(view):
    given = points()
    found = regression.compare(given, resamples=60, seed=3)[view]
    drawn = []
    for times in bootstrap.weights(14, 60, 3):
        again = np.repeat(np.arange(len(given.y)), times[given.network].astype(int))
        y, x, base, pair = given.y[again], given.x[again], given.base[again], given.pair[again]
        # a pair keeps its weight by network: what a resample holds of a pair, by the pair's number of networks
        w = (given.pair_weight / 14)[pair]
        if view == "standardised":
            y, x, base = regression.standardised(np.stack([y, x, base], axis=1), pair).T
            w = (given.pair_weight / np.bincount(pair))[pair]
        one = sm.WLS(y, sm.add_constant(x), weights=w).fit().rsquared
        two = sm.WLS(y, sm.add_constant(np.stack([base, x], axis=1)), weights=w).fit().rsquared
        drawn.append((one, two - sm.WLS(y, sm.add_constant(base), weights=w).fit().rsquared))
    for estimate, samples in ((found.r2, [d[0] for d in drawn]), (found.gain, [d[1] for d in drawn])):
        assert (estimate.low, estimate.high) == pytest.approx(intervals.percentile(np.array(samples)), abs=1e-6)


def test_groups_of_many_networks_give_the_interval_of_single_ones(monkeypatch):
    rng = np.random.default_rng(5)
    x = rng.normal(size=3000)
    given = Points(0.5 * x + rng.normal(size=3000), x, np.zeros(3000, int), np.arange(3000), np.ones(1))
    grouped = regression.compare(given)["pooled"].r
    monkeypatch.setattr(regression, "MANY", 10_000)
    single = regression.compare(given)["pooled"].r
    assert grouped.value == pytest.approx(single.value)
    assert grouped.high - grouped.low == pytest.approx(single.high - single.low, rel=0.2)
    fisher = np.tanh(np.arctanh(single.value) + 1.96 / np.sqrt(2997) * np.array([-1, 1]))
    assert (single.low, single.high) == pytest.approx(tuple(fisher), abs=0.006)


def test_simpsons_paradox_is_seen():
    # within each pair y rises by 1 with x; the pairs' means fall by 1 with x
    offset = np.repeat([0.0, 10.0, 20.0], 5)
    steps = np.tile(np.arange(5.0), 3)
    given = Points(steps - offset, steps + offset, np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3), np.full(3, 1 / 3))
    found = regression.compare(given, resamples=0)
    assert found["standardised"].r.value == pytest.approx(1)
    assert found["pooled"].r.value < -0.8
    assert regression.disagreement(found["pooled"], found["standardised"]) == "sign"


@pytest.mark.parametrize(
    ("one", "other", "said"), [(0.5, 0.75, None), (0.5, 0.81, "size"), (-0.05, 0.2, None), (-0.2, 0.2, "sign"), (np.nan, 0.5, None)]
)
def test_views_disagree_by_sign_or_by_more_than_the_stated_amount(one, other, said):
    pooled, own = (regression.Regression(r=regression.Estimate(r, r, r)) for r in (one, other))
    assert regression.disagreement(pooled, own, apart=0.3) == said


def test_a_second_predictor_that_says_the_same_adds_nothing():
    given = points()
    same = Points(given.y, 3 * given.x - 1, given.pair, given.network, given.pair_weight, FOLDS, given.x)
    for found in regression.compare(same).values():
        assert found.gain.value == pytest.approx(0, abs=1e-9)
        assert found.gain.high == pytest.approx(0, abs=1e-9)
        assert found.gain_out.value == pytest.approx(0, abs=1e-9)


def test_pairs_with_few_networks_count_for_the_pooled_view_only():
    given = points(networks=regression.FEWEST)
    kept = ~((given.pair == 5) & (given.network == 0))
    fewer = Points(*(column[kept] for column in (given.y, given.x, given.pair, given.network)), given.pair_weight, FOLDS)
    found = regression.compare(fewer, resamples=20)
    assert (found["pooled"].pairs, found["standardised"].pairs) == (6, 5)
    assert found["standardised"].points == 25


def test_too_few_points_and_constant_numbers_are_undefined():
    none = Points(np.ones(3), np.arange(3.0), np.zeros(3, int), np.arange(3), np.ones(1))
    assert np.isnan(regression.compare(none)["pooled"].r2.value)
    flat = Points(np.arange(8.0), np.full(8, 0.3), np.zeros(8, int), np.arange(8), np.ones(1))
    for found in regression.compare(flat).values():
        assert np.isnan([found.r.value, found.r2.value, found.out.value]).all()


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not measured or undefined"):
        Points(np.array([0.0, np.nan]), np.zeros(2), np.zeros(2, int), np.arange(2), np.ones(1))
    with pytest.raises(ValueError, match="expected 2"):
        Points(np.zeros(2), np.zeros(3), np.zeros(2, int), np.arange(2), np.ones(1))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.1, 50), st.floats(-5, 5))
def test_r2_does_not_depend_on_units_and_grows_with_a_predictor(seed, scale, shift):
    one = points(seed)
    other = Points(-2 * one.y + 7, scale * one.x + shift, one.pair, one.network, one.pair_weight, FOLDS, one.base / scale)
    for view in regression.VIEWS:
        a, b = (regression.compare(p, resamples=0)[view] for p in (one, other))
        assert [a.r2.value, a.both.value, a.out.value, a.gain_out.value] == pytest.approx(
            [b.r2.value, b.both.value, b.out.value, b.gain_out.value], abs=1e-8
        )
        assert a.r.value == pytest.approx(-b.r.value)
        assert a.both.value >= max(a.r2.value, a.base.value) - 1e-12
        assert a.out.value <= a.r2.value + 1e-12


def test_several_predictors_at_once_are_those_one_by_one():
    rng = np.random.default_rng(5)
    first = points(networks=40)
    others = [replace(first, x=rng.normal(size=len(first.y)) + k * first.y) for k in (0, 1)]
    alone = replace(first, x=first.base, base=None)
    every = [first, *others, alone]
    for one, together in zip(every, regression.compare_all(every, resamples=50), strict=True):
        by_itself = regression.compare(one, resamples=50)
        for view in regression.VIEWS:
            for name in ("r", "slope", "intercept", "r2", "spearman", "out", "both", "gain", "gain_out"):
                assert getattr(together[view], name) == pytest.approx(getattr(by_itself[view], name), nan_ok=True)
            assert (together[view].networks, together[view].pairs) == (by_itself[view].networks, by_itself[view].pairs)
    with pytest.raises(ValueError, match="same y"):
        regression.compare_all([first, replace(first, y=first.y + 1)])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy(rows):
    pair, values = (np.array(column) for column in zip(*rows, strict=True))
    pooled, own = regression.ranked(values.astype(float), pair)
    assert pooled.tolist() == stats.rankdata(values).tolist()
    for one in np.unique(pair):
        assert own[pair == one].tolist() == stats.rankdata(values[pair == one]).tolist()


def test_single_precision_sums_change_no_interval_that_is_read(monkeypatch):
    given = points(networks=100)
    assert np.bincount(given.network).size >= regression.SINGLE
    single = regression.compare(given)
    monkeypatch.setattr(regression, "SINGLE", 10**9)
    double = regression.compare(given)
    for view in regression.VIEWS:
        for name in ("r", "spearman", "r2", "both_out", "intercept"):
            assert getattr(single[view], name) == pytest.approx(getattr(double[view], name), abs=1e-5)
