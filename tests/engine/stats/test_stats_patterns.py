"""The pattern of a pair, what carries its line, and who stands above it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.outliers_influence import OLSInfluence
from statsmodels.tools import add_constant

from engine import errors
from engine.stats import patterns
from engine.stats.patterns import Thresholds

WIDE, NARROW, LOW = (0.5, 0.7, 0.9), (0.90, 0.91, 0.92), (0.10, 0.11, 0.13)


@pytest.mark.parametrize(
    ("r", "x", "y", "expected", "said"),
    [
        (0.93, WIDE, WIDE, "increasing", "is at least 0.70"),
        (0.7, WIDE, WIDE, "increasing", "is at least 0.70"),
        (-0.3, WIDE, WIDE, "decreasing", "is at most \u22120.30"),
        (0.1, NARROW, WIDE, "vertical", "the second at least 2 times as much"),
        (0.1, WIDE, LOW, "horizontal", "how far from chance is not known"),
        (0.1, WIDE, WIDE, "none", "neither is 2 times the other"),
        (0.6, NARROW, WIDE, "none", "a weak relation"),
        (-0.2, WIDE, (0.4, 0.6, 0.8), "none", "weaker than 0.50"),
        (np.nan, (0.9, 0.9, 0.9), WIDE, "vertical", "One number is the same for all networks"),
    ],
)
def test_each_pattern_is_given_by_its_threshold_and_says_so(r, x, y, expected, said):
    told = patterns.pattern(40, r, x, y)
    assert told.pattern == expected
    assert said in told.why


def test_a_flat_pair_is_horizontal_near_chance_only_where_the_number_of_classes_is_known():
    near = patterns.pattern(40, 0.1, WIDE, LOW, chance=0.1)
    far = patterns.pattern(40, 0.1, WIDE, (0.70, 0.71, 0.72), chance=0.1)
    assert (near.pattern, far.pattern) == ("horizontal", "none")
    assert "the middle network there reaches 11 %, chance is 10 %, at most 10 points less" in near.why
    assert "more than 10 points less" in far.why


def test_too_few_networks_or_networks_too_much_alike_are_not_told():
    few = patterns.pattern(9, 0.99, WIDE, WIDE)
    alike = patterns.pattern(40, 0.99, (0.90, 0.905, 0.91), (0.50, 0.51, 0.53))
    assert (few.pattern, alike.pattern) == ("not told", "not told")
    assert few.why == "9 networks have both numbers; 10 are asked for."
    assert "span 1 points in distribution" in alike.why
    assert patterns.pattern(1, np.nan, WIDE, WIDE).why.startswith("1 network has")


def test_networks_alike_here_and_apart_there_are_vertical_however_narrow():
    assert patterns.pattern(40, 0.2, (0.95, 0.951, 0.952), (0.3, 0.5, 0.8)).pattern == "vertical"


@given(
    st.integers(0, 200), st.floats(-1, 1) | st.just(np.nan),
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted), st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
)  # fmt: skip
def test_every_pair_has_one_of_the_patterns_and_a_sentence(n, r, x, y):
    told = patterns.pattern(n, r, tuple(x), tuple(y))
    assert told.pattern in patterns.PATTERNS
    assert told.why.endswith(".")


def test_every_threshold_moves_a_pattern():
    def told(r=0.1, x=WIDE, y=WIDE, n=40, chance=None, **moved):
        return patterns.pattern(n, r, x, y, chance=chance, thresholds=Thresholds(**moved)).pattern

    assert (told(r=0.8), told(r=0.8, increasing=0.9)) == ("increasing", "none")
    assert (told(r=-0.4), told(r=-0.4, decreasing=-0.6)) == ("decreasing", "none")
    assert (told(y=LOW, r=0.55), told(y=LOW, r=0.55, unrelated=0.6)) == ("none", "horizontal")
    assert (told(y=LOW), told(y=LOW, ratio=20)) == ("horizontal", "none")
    assert (told(n=12), told(n=12, fewest=13)) == ("none", "not told")


def test_thresholds_near_chance_and_of_the_least_range_move_patterns_too():
    flat, narrow = (0.24, 0.25, 0.26), (0.50, 0.505, 0.515)
    near, far = (patterns.pattern(40, 0.1, WIDE, flat, chance=0.1, thresholds=Thresholds(chance=limit)).pattern for limit in (0.2, 0.1))
    assert (near, far) == ("horizontal", "none")
    strict, loose = (patterns.pattern(40, 0.9, narrow, narrow, thresholds=Thresholds(narrowest=limit)).pattern for limit in (0.02, 0.01))
    assert (strict, loose) == ("not told", "increasing")


def test_thresholds_are_read_from_words():
    found = Thresholds.read(["increasing=0.8", "fewest=5"], narrowest=0.0)
    assert (found.increasing, found.fewest, found.narrowest, found.ratio) == (0.8, 5, 0.0, 2.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["incresing=1"], "Did you mean increasing"), (["ratio=x"], "NAME=NUMBER"), (["ratio"], "NAME=NUMBER"), (["ratio=0.5"], "least possible is 1"),
     (["decreasing=0.9"], "must lie below"), (["fewest=2"], "least possible is 3")],
)  # fmt: skip
def test_thresholds_that_make_no_sense_are_told_with_a_way_out(words, said):
    with pytest.raises(errors.UserError) as told:
        Thresholds.read(words)
    assert said in f"{told.value.message} {told.value.hint}"


def test_the_interval_of_a_correlation_agrees_with_scipy():
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    y = x + rng.normal(size=30)
    expected = stats.pearsonr(x, y)
    assert patterns.correlation_interval(expected.statistic, 30) == pytest.approx(tuple(expected.confidence_interval()))
    assert np.isnan(patterns.correlation_interval(0.5, 3)).all()
    assert np.isnan(patterns.correlation_interval(1.0, 30)).all()


def test_what_carries_a_line_agrees_with_scipy_and_statsmodels():
    rng = np.random.default_rng(1)
    x = rng.uniform(0.3, 0.9, 60)
    y = 0.8 * x + rng.normal(0, 0.04, 60)
    found = patterns.carried(x, y, "probit")
    u, v = special.ndtri(x), special.ndtri(y)
    order = np.argsort(u)
    assert found.r2 == pytest.approx(stats.linregress(u, v).rvalue ** 2)
    assert found.r2_without_lowest == pytest.approx(stats.linregress(u[order[3:]], v[order[3:]]).rvalue ** 2)
    assert found.r2_without_highest == pytest.approx(stats.linregress(u[order[:-3]], v[order[:-3]]).rvalue ** 2)
    hat = OLSInfluence(OLS(v, add_constant(u)).fit()).hat_matrix_diag
    assert found.lowest_share == pytest.approx(np.sum(hat[order[:3]] - 1 / 60))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(x, [0.05, 0.95])))
    assert found.above == (u > u.min() + 2 / 3 * np.ptp(u)).sum()


def test_a_long_low_tail_that_carries_the_fit_is_warned_of():
    rng = np.random.default_rng(2)
    x = np.append(rng.uniform(0.88, 0.92, 57), [0.2, 0.25, 0.3])
    y = np.append(rng.uniform(0.6, 0.8, 57), [0.1, 0.15, 0.2])
    assert any("without the lowest 3 of 60" in warning for warning in patterns.carried(x, y).warnings)


def test_few_networks_high_up_are_warned_of_and_a_plain_line_is_not():
    x = np.append(np.linspace(0.30, 0.50, 40), [0.95, 0.96])
    warned = patterns.carried(x, x)
    assert any("upper third" in warning for warning in warned.warnings)
    assert any("the highest 2 of 42 networks make up" in warning.lower() for warning in warned.warnings)
    even = np.linspace(0.3, 0.9, 60)
    assert patterns.carried(even, 0.9 * even).warnings == ()


def test_one_network_that_moves_the_fit_is_found():
    x = np.append(np.linspace(0.4, 0.9, 40), 0.85)
    y = np.append(0.9 * x[:-1], 0.05)
    found = patterns.carried(x, y)
    assert found.one == 40
    assert found.r2_without_that == pytest.approx(1)
    assert any("one single network" in warning for warning in found.warnings)


def test_nothing_carries_a_line_that_is_none():
    assert patterns.carried(np.array([0.5, 0.6]), np.array([0.5, 0.6])) is None
    assert patterns.carried(np.full(5, 0.5), np.linspace(0, 1, 5)) is None


def test_effective_robustness_is_what_lies_above_the_line_of_the_baseline_by_hand():
    # the baseline lies on y = x / 2 exactly; the others at y = 0.5 stand 0.1 and 0.05 above it
    x, y = np.array([0.2, 0.4, 0.6, 0.8, 0.9]), np.array([0.1, 0.2, 0.3, 0.5, 0.5])
    base = np.array([True, True, True, False, False])
    found = patterns.effective(x, y, base)
    assert found.residual == pytest.approx([0, 0, 0, 0.1, 0.05])
    assert found.low == pytest.approx(found.residual, abs=1e-6)
    bounded = patterns.effective(x, y, base, y_low=y - 0.03, y_high=y + 0.02)
    assert bounded.low == pytest.approx(found.residual - 0.03, abs=1e-6)
    assert bounded.high == pytest.approx(found.residual + 0.02, abs=1e-6)
    mean = patterns.mean_effective(x, y, base, ~base)
    half = stats.t.ppf(0.975, 1) * np.std([0.1, 0.05], ddof=1) / np.sqrt(2)
    assert tuple(mean) == pytest.approx((0.075, 0.075 - half, 0.075 + half), abs=1e-6)


def test_a_baseline_too_small_for_a_line_is_told_with_a_way_out():
    x = np.linspace(0.1, 0.9, 5)
    with pytest.raises(errors.UserError, match="no line through the baseline"):
        patterns.effective(x, x, np.array([True, True, False, False, False]))


def test_the_interval_of_mean_effective_robustness_covers_the_truth_about_as_often_as_promised():
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(150):
        u = rng.normal(0.5, 0.5, 60)
        base = np.arange(60) < 40
        v = 0.8 * u - 0.3 + rng.normal(0, 0.15, 60) + np.where(base, 0, 0.2)
        mean = patterns.mean_effective(u, v, base, ~base)
        covered.append(mean.low <= 0.2 <= mean.high)
    assert 0.90 <= np.mean(covered) <= 0.99


def test_a_group_of_one_network_has_no_interval():
    x = np.linspace(0.1, 0.9, 12)
    one = np.arange(12) == 3
    mean = patterns.mean_effective(x, x, ~one, one)
    assert mean.value == pytest.approx(0, abs=1e-9)
    assert np.isnan(mean.low)


def test_the_mean_over_many_networks_stands_on_places_that_stand_for_all(monkeypatch):
    rng = np.random.default_rng(4)
    x = special.ndtr(rng.normal(0.5, 0.5, 3000))
    y = special.ndtr(0.8 * special.ndtri(x) + rng.normal(0, 0.1, 3000))
    base = np.arange(3000) < 1500
    many = patterns.mean_effective(x, y, base, ~base, "probit")
    monkeypatch.setattr(patterns, "PLACES", 10_000)
    assert tuple(many) == pytest.approx(tuple(patterns.mean_effective(x, y, base, ~base, "probit")), abs=1e-4)
