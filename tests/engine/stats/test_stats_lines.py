import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special, stats

from engine import places
from engine.stats import lines

SHARES = arrays(np.float64, st.integers(3, 30), elements=st.floats(0, 1))


@given(SHARES, st.sampled_from(["linear", "logit", "probit"]), st.integers(0, 10**6))
def test_slope_intercept_and_r2_agree_with_scipy(x, axes, seed):
    y = np.random.default_rng(seed).random(len(x))
    line = lines.fit(x, y, axes, resamples=20)
    u, v = lines.to_axis(x, axes), lines.to_axis(y, axes)
    assume(np.ptp(u) > 1e-3)
    expected = stats.linregress(u, v)
    assert line.slope.value == pytest.approx(expected.slope, rel=1e-6, abs=1e-9)
    assert line.intercept == pytest.approx(expected.intercept, rel=1e-6, abs=1e-9)
    assert line.r2 == pytest.approx(expected.rvalue**2, rel=1e-6, abs=1e-9)


def test_points_on_a_probit_line_are_found_on_it():
    x = np.linspace(0.3, 0.95, 12)
    y = special.ndtr(0.8 * special.ndtri(x) - 0.5)
    line = lines.fit(x, y, "probit")
    assert (line.slope.value, line.intercept, line.r2) == pytest.approx((0.8, -0.5, 1))
    assert line.predict(x) == pytest.approx(y)
    assert line.low == pytest.approx(line.y)
    assert line.high == pytest.approx(line.y)
    assert lines.fit(x, y, "linear").r2 < 1 - 1e-4


@given(SHARES, st.sampled_from(["logit", "probit"]))
def test_axes_lead_there_and_back_within_the_clipping(shares, axes):
    back = lines.from_axis(lines.to_axis(shares, axes, 0.01), axes)
    assert back == pytest.approx(np.clip(shares, 0.01, 0.99))


def test_clipped_points_are_counted_once_and_only_where_they_are_clipped():
    x, y = np.array([0.0, 0.5, 1.0, 0.7]), np.array([0.0, 0.4, 0.8, 0.6])
    assert lines.fit(x, y, "logit").clipped == 2
    assert lines.fit(x, y, "linear").clipped == 0
    assert lines.fit(x, y, "logit").epsilon == lines.EPSILON


def test_the_band_covers_the_true_line_about_as_often_as_promised():
    rng = np.random.default_rng(0)
    times = []
    for _ in range(200):
        x = rng.uniform(0.2, 0.9, 40)
        line = lines.fit(x, 0.9 * x - 0.1 + rng.normal(0, 0.05, 40), grid=3, resamples=400)
        truth = 0.9 * line.x[1] - 0.1
        times.append(line.low[1] <= truth <= line.high[1])
    assert 0.90 <= np.mean(times) <= 0.98


def test_one_broken_network_shows_when_it_is_left_out():
    x = np.append(np.linspace(0.5, 0.9, 10), 0.9)
    y = np.append(np.linspace(0.4, 0.8, 10), 0.1)
    line = lines.fit(x, y)
    least, most = line.r2_without_one
    assert line.r2 < 0.5
    assert most == pytest.approx(1)
    assert least < line.r2


def test_pairs_that_are_not_both_finite_are_left_out():
    x, y = np.array([0.1, 0.2, 0.3, np.nan, 0.5]), np.array([0.1, 0.2, 0.3, 0.4, np.inf])
    assert lines.fit(x, y).n == 3
    assert lines.fit(x, y).slope.value == pytest.approx(1)


@pytest.mark.parametrize(("x", "said"), [([], "there are 0"), ([0.5, 0.6], "there are 2"), ([0.5, 0.5, 0.5], "all are at the same place")])
def test_where_there_is_no_line_the_reason_is_said(x, said):
    line = lines.fit(np.array(x), np.linspace(0.1, 0.2, len(x)))
    assert said in line.reason
    assert np.isnan([line.slope.value, line.intercept, line.r2]).all()
    assert line.y is None


def test_equal_y_have_a_flat_line_and_no_r2():
    line = lines.fit(np.array([0.1, 0.4, 0.8]), np.full(3, 0.5))
    assert line.slope.value == pytest.approx(0, abs=1e-12)
    assert np.isnan(line.r2)
    assert np.isnan(line.spearman.value)


@given(SHARES, st.integers(0, 10**6))
def test_rank_correlation_agrees_with_scipy(x, seed):
    y = np.random.default_rng(seed).random(len(x))
    assume(np.ptp(x) > 0)
    found = lines.spearman(x, y)
    assert found.value == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    assert np.isnan(found.low) == (len(x) < 4)
    assert len(x) < 4 or -1 <= found.low <= found.value <= found.high <= 1


def test_the_interval_of_rank_correlation_by_hand():
    # rho 0.5 at n = 28: atanh 0.549306, standard error sqrt(1.125 / 25) = 0.212132, half 0.415771
    x = np.arange(28.0)
    rng = np.random.default_rng(0)
    y = next(y for y in (rng.permutation(x) for _ in range(100_000)) if abs(lines.spearman(x, y).value - 0.5) < 1e-3)
    assert lines.spearman(x, y)[1:] == pytest.approx((np.tanh(0.133535), np.tanh(0.965077)), abs=2e-3)


def test_a_perfect_order_of_few_networks_is_not_certain():
    found = lines.spearman(np.arange(6.0), np.arange(6.0))
    assert found.value == pytest.approx(1)
    assert found.low < 0.9


GROUPED = st.integers(0, 60).flatmap(
    lambda n: st.tuples(
        arrays(np.int64, n, elements=st.integers(0, 4)), arrays(np.float64, n, elements=st.integers(0, 20).map(lambda v: v / 20)), st.integers(0, 99)
    )
)


@given(GROUPED, st.sampled_from(["linear", "probit"]))
def test_lines_of_many_groups_are_those_of_each_group_alone(given_points, axes):
    codes, x, seed = given_points
    y = np.random.default_rng(seed).integers(0, 20, len(x)) / 20
    found = lines.of_groups(codes, x, y, axes, groups=6)
    assert found.n[5] == 0
    assert np.isnan(found.x_quantiles[5]).all()
    for group in range(5):
        mine = codes == group
        u, v = lines.to_axis(x[mine], axes), lines.to_axis(y[mine], axes)
        assert found.n[group] == mine.sum()
        if mine.sum() < 3:
            assert np.isnan([found.slope[group], found.intercept[group], found.r[group]]).all()
        elif np.ptp(u) > 0:
            expected = stats.linregress(u, v)
            assert (found.slope[group], found.intercept[group]) == pytest.approx((expected.slope, expected.intercept), abs=1e-6)
            if np.ptp(v) > 0:
                assert found.r[group] == pytest.approx(expected.rvalue, abs=1e-6)
                assert found.spearman[group] == pytest.approx(stats.spearmanr(x[mine], y[mine]).statistic, abs=1e-9)
                alone = lines.spearman(x[mine], y[mine])
                ends = np.array([found.spearman_low[group], found.spearman_high[group]])
                assert ends == pytest.approx(np.array(alone[1:]), nan_ok=True)
        if mine.any():
            assert found.x_quantiles[group] == pytest.approx(np.quantile(x[mine], [0.05, 0.5, 0.95]))
            assert found.y_quantiles[group] == pytest.approx(np.quantile(y[mine], [0.05, 0.5, 0.95]))


def test_leaving_out_one_point_agrees_with_fitting_without_it():
    rng = np.random.default_rng(5)
    u = rng.normal(size=25)
    v = u + rng.normal(size=25)
    alone = [stats.linregress(np.delete(u, i), np.delete(v, i)).rvalue ** 2 for i in range(25)]
    whole = stats.linregress(u, v).rvalue ** 2
    assert lines.without_one(u, v) == pytest.approx((min(alone), max(alone), int(np.argmax(np.abs(np.array(alone) - whole)))))


def test_resampling_random_groups_of_many_points_gives_the_interval_of_resampling_points(monkeypatch):
    rng = np.random.default_rng(6)
    x = rng.uniform(0.2, 0.9, 6000)
    y = 0.8 * x + rng.normal(0, 0.1, 6000)
    quick = lines.fit(x, y)
    monkeypatch.setattr(lines, "GROUPS", 10_000)
    full = lines.fit(x, y)
    for one, other in ((quick.slope[1:], full.slope[1:]), (quick.r2_interval, full.r2_interval), (quick.intercept_interval, full.intercept_interval)):
        assert np.ptp(one) == pytest.approx(np.ptp(other), rel=0.1)
        assert one == pytest.approx(other, abs=0.15 * np.ptp(other))


def test_the_intervals_of_a_line_hold_its_numbers():
    rng = np.random.default_rng(7)
    x = rng.uniform(0.3, 0.9, 50)
    line = lines.fit(x, np.clip(0.9 * x + rng.normal(0, 0.05, 50), 0, 1), "probit")
    assert line.intercept_interval[0] <= line.intercept <= line.intercept_interval[1]
    assert 0 <= line.r2_interval[0] <= line.r2 <= line.r2_interval[1] <= 1


def test_lines_do_not_wait_for_the_large_part_of_scipy():
    code = "import sys\nfrom engine.stats import lines, patterns\nassert 'scipy.stats' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=places.ROOT)
