import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.stats import intervals

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("ours", "theirs"), [(intervals.wilson, "wilson"), (intervals.clopper_pearson, "exact")])
@given(COUNTS)
def test_intervals_of_a_proportion_agree_with_scipy(ours, theirs, counts):
    k, n = counts
    expected = stats.binomtest(k, n).proportion_ci(0.95, method=theirs)
    assert ours(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_by_hand():
    # 0 of 10: high = z² / (n + z²) = 3.8415 / 13.8415
    assert intervals.wilson(0, 10) == pytest.approx((0, 0.27753), abs=1e-5)


@pytest.mark.parametrize("interval", [intervals.wilson, intervals.clopper_pearson])
def test_arrays_give_the_numbers_of_their_entries_and_nothing_gives_nan(interval):
    low, high = interval(np.array([0, 3, 10]), np.array([0, 7, 10]))
    assert np.isnan([low[0], high[0]]).all()
    assert (low[1], high[1]) == interval(3, 7)
    assert high[2] == 1


@pytest.mark.parametrize("interval", [intervals.wilson, intervals.clopper_pearson])
def test_more_hits_than_examples_are_refused(interval):
    with pytest.raises(ValueError, match=r"within 0\.\.n"):
        interval(3, 2)


def test_percentile_leaves_undefined_resamples_out_unless_they_are_half():
    samples = np.arange(101, dtype=np.float64)
    assert intervals.percentile(samples, 0.9) == pytest.approx((5, 95))
    assert intervals.percentile(np.append(samples, np.nan), 0.9) == pytest.approx((5, 95))
    assert np.isnan(intervals.percentile(np.array([1.0, np.nan]))).all()


def test_the_p_of_a_mean_is_that_of_the_one_sample_t_test_and_agrees_with_its_interval():
    for values in (np.array([0.1, 0.2, 0.15, 0.3]), np.array([0.1, -0.2, 0.05])):
        assert intervals.p_of_mean(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
        low, high = intervals.of_mean(values)
        assert (intervals.p_of_mean(values) < 0.05) == (low > 0 or high < 0)
    assert np.isnan(intervals.p_of_mean(np.array([0.1])))
    assert [intervals.p_of_mean(np.full(3, value)) for value in (0.0, 0.5)] == [1.0, 0.0]
