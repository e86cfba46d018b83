import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from engine.stats import bootstrap, intervals, roc

SCORES = arrays(np.float64, st.integers(1, 40), elements=st.integers(-5, 5).map(float))


def both(positive, negative):
    return np.repeat([1, 0], [len(positive), len(negative)]), np.concatenate([positive, negative])


@given(SCORES, SCORES)
def test_area_agrees_with_scikit_learn_ties_included(positive, negative):
    assert roc.auroc(positive, negative) == pytest.approx(metrics.roc_auc_score(*both(positive, negative)), abs=1e-12)


@given(SCORES, SCORES)
def test_changing_sides_mirrors_the_area(positive, negative):
    assert roc.auroc(positive, negative) == pytest.approx(1 - roc.auroc(negative, positive), abs=1e-12)


@given(SCORES, SCORES)
def test_false_positive_rate_is_read_off_scikit_learns_curve(positive, negative):
    false, true, _ = metrics.roc_curve(*both(positive, negative), drop_intermediate=False)
    expected = false[np.argmax(true >= 0.95 - 1e-12)]
    assert roc.fpr_at_tpr(positive, negative) == pytest.approx(expected, abs=1e-12)


def test_false_positive_rate_by_hand():
    positive = np.arange(1.0, 21.0)  # 19 of 20 must pass: the threshold is 2
    assert roc.fpr_at_tpr(positive, np.array([1.0, 1.9, 2.0, 3.0])) == 0.5


def test_an_empty_set_is_undefined():
    some, none = np.array([1.0, 2.0]), np.array([])
    for function in (roc.auroc, roc.auroc_interval, roc.fpr_at_tpr, roc.fpr_interval):
        assert np.isnan(function(some, none)).all()
        assert np.isnan(function(none, some)).all()


def test_delongs_deviation_is_that_of_resampling_both_sets():
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(1, 1, 200), rng.normal(0, 2, 150)
    areas = [roc.auroc(rng.choice(positive, 200), rng.choice(negative, 150)) for _ in range(1000)]
    assert roc._delong_deviation(positive, negative) == pytest.approx(np.std(areas), rel=0.07)


@given(SCORES, SCORES)
def test_intervals_hold_the_number_and_have_a_width(positive, negative):
    for number, interval in ((roc.auroc, roc.auroc_interval), (roc.fpr_at_tpr, roc.fpr_interval)):
        low, high = interval(positive, negative)
        assert 0 <= low <= number(positive, negative) + 1e-9
        assert number(positive, negative) - 1e-9 <= high <= 1
        assert low < high


def test_perfect_separation_of_few_examples_is_not_certain():
    # Newcombe's method 5 at area 1 with m = n: the root of (1 - t) = z² / (mn) * t * (2n - 1 - 3 (n - 1) / ((2 - t) (1 + t)))
    low, high = roc.auroc_interval(np.arange(10.0) + 10, np.arange(10.0))
    ratio = intervals.normal_quantile() ** 2 / 100
    assert 1 - low == pytest.approx(ratio * low * (19 - 27 / ((2 - low) * (1 + low))))
    assert high == 1
    assert 0.7 < low < 0.9


def test_the_area_is_covered_about_as_often_as_promised():
    rng = np.random.default_rng(1)
    truth = 0.92135  # standard normal against a mean of 2: Phi(2 / sqrt(2))
    found = [roc.auroc_interval(rng.normal(2, 1, 40), rng.normal(0, 1, 25)) for _ in range(400)]
    assert 0.92 <= np.mean([low <= truth <= high for low, high in found]) <= 0.99


def test_the_resamples_of_a_rate_are_those_of_drawing_examples():
    rng = np.random.default_rng(2)
    positive, negative = rng.normal(1, 1, 60), rng.normal(0, 1, 50)
    quick = roc._resampled_rates(positive, negative, 0.95, 4000, 0)
    slow = [roc.fpr_at_tpr(rng.choice(positive, 60), rng.choice(negative, 50)) for _ in range(4000)]
    assert quick.mean() == pytest.approx(np.mean(slow), abs=0.01)
    assert quick.std() == pytest.approx(np.std(slow), rel=0.06)
    assert intervals.percentile(quick) == pytest.approx(intervals.percentile(np.array(slow)), abs=0.03)


def test_a_rate_of_zero_keeps_the_width_of_wilson():
    assert roc.fpr_interval(np.arange(20.0) + 100, np.arange(20.0)) == pytest.approx(intervals.wilson(0, 20))


def test_intervals_are_the_same_each_time():
    rng = np.random.default_rng(3)
    positive, negative = rng.normal(1, 1, 60), rng.normal(0, 1, 50)
    assert roc.fpr_interval(positive, negative) == roc.fpr_interval(positive, negative)
    assert roc.fpr_interval(positive, negative) != roc.fpr_interval(positive, negative, seed=bootstrap.SEED + 1)
