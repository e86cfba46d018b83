"""Metrics of groups: agreement with fairlearn and statsmodels, what is not estimable, what every file of the room must keep."""

import itertools
import warnings

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, precision_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from engine import errors, registry
from engine.metrics import groups
from engine.metrics.groups import Decided

RATES = {
    "selection_rate": fairlearn.selection_rate, "tpr": fairlearn.true_positive_rate, "fpr": fairlearn.false_positive_rate,
    "accuracy": accuracy_score, "precision": precision_score, "balanced_accuracy": balanced_accuracy_score,
}  # fmt: skip


def _decided(n=900, count=3, seed=0, weighted=False):
    rng = np.random.default_rng(seed)
    members = rng.integers(0, count, n)
    labels = (rng.random(n) < 0.3 + 0.1 * members).astype(int)
    scores = np.clip(0.3 * labels + 0.7 * rng.random(n), 0, 1)
    weights = rng.uniform(0.5, 3, n) if weighted else None
    return Decided(scores > 0.5, labels, members, tuple("abcdefgh"[:count]), scores, weights)


def _frame(decided, metric):
    parameters = {} if decided.weights is None else {"sample_weight": decided.weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fairlearn.MetricFrame(
            metrics=metric, y_true=decided.labels, y_pred=decided.decisions.astype(int), sensitive_features=decided.members, sample_params=parameters
        )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", sorted(RATES))
def test_rates_of_groups_agree_with_fairlearn(name, weighted):
    decided = _decided(weighted=weighted)
    found = groups.by_group(decided)
    mine = found[found["metric"] == name].set_index("group")["value"]
    assert mine.tolist() == pytest.approx(_frame(decided, RATES[name]).by_group.tolist())


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("demographic_parity_difference", fairlearn.demographic_parity_difference), ("demographic_parity_ratio", fairlearn.demographic_parity_ratio),
        ("equalized_odds_difference", fairlearn.equalized_odds_difference), ("equalized_odds_ratio", fairlearn.equalized_odds_ratio),
        ("equal_opportunity_difference", fairlearn.equal_opportunity_difference),
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", [2, 4])
def test_gaps_agree_with_fairlearn(name, known, count):
    decided = _decided(count=count)
    found = groups.gaps(decided).set_index("metric").loc[name]
    assert found["value"] == pytest.approx(known(decided.labels, decided.decisions.astype(int), sensitive_features=decided.members))
    assert found["low"] <= found["value"] <= found["high"]


@pytest.mark.parametrize("name", ["precision", "accuracy"])
def test_differences_of_precision_and_accuracy_agree_with_fairlearn(name):
    decided = _decided()
    gap = {"precision": "predictive_parity_difference", "accuracy": "accuracy_difference"}[name]
    assert groups.gaps(decided).set_index("metric").loc[gap, "value"] == pytest.approx(_frame(decided, RATES[name]).difference())


def test_the_interval_of_a_rate_is_wilsons():
    decided = _decided()
    found = groups.by_group(decided)
    mine = found[(found["metric"] == "tpr") & (found["group"] == "b")].iloc[0]
    right = decided.decisions[(decided.members == 1) & (decided.labels == 1)]
    assert (mine["low"], mine["high"]) == pytest.approx(proportion_confint(right.sum(), len(right), method="wilson"))
    assert mine["n"] == len(right)


@pytest.mark.parametrize(("k", "n"), [((56, 48), (70, 80)), ((9, 3), (10, 10)), ((0, 5), (10, 50)), ((10, 0), (10, 20))])
def test_the_interval_of_a_difference_is_newcombes(k, n):
    known = confint_proportions_2indep(k[1], n[1], k[0], n[0], compare="diff", method="newcomb")
    assert groups.newcombe(k, n) == pytest.approx(known, abs=1e-9)


def test_newcombes_published_example():
    """56 of 70 against 48 of 80: 0.2 with 0.0524 to 0.3339 (Newcombe 1998, table II, method 10)."""
    low, high = groups.newcombe((48, 56), (80, 70))
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_of_the_gap_of_two_groups_is_the_signed_one_folded():
    decided = _decided(count=2, n=400)
    counts = [(decided.decisions[decided.members == k].sum(), (decided.members == k).sum()) for k in (0, 1)]
    low, high = groups.newcombe([c[0] for c in counts], [c[1] for c in counts])
    found = groups.gaps(decided).set_index("metric").loc["demographic_parity_difference"]
    expected = (0, max(-low, high)) if low <= 0 <= high else (min(abs(low), abs(high)), max(abs(low), abs(high)))
    assert (found["low"], found["high"]) == pytest.approx(expected)


def test_intervals_of_ratios_are_close_to_those_of_fairlearns_bootstrap():
    decided = _decided(n=2000, count=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = fairlearn.MetricFrame(
            metrics=fairlearn.selection_rate, y_true=decided.labels, y_pred=decided.decisions.astype(int), sensitive_features=decided.members,
            n_boot=100, ci_quantiles=[0.025, 0.975], random_state=0,
        )  # fmt: skip
        known = frame.ratio_ci()
    found = groups.gaps(decided).set_index("metric").loc["demographic_parity_ratio"]
    assert (found["low"], found["high"]) == pytest.approx(tuple(known), abs=0.04)


def test_intervals_never_shrink_to_nothing_where_a_cell_is_empty():
    decisions, labels = np.array([True] * 20 + [False] * 20), np.tile([0, 1], 20)
    found = groups.gaps(Decided(decisions, labels, np.repeat([0, 1], 20), ("a", "b"))).set_index("metric")
    assert found.loc["equalized_odds_ratio", "value"] == 0
    assert found.loc["equalized_odds_ratio", "high"] > 0.02


def test_a_rate_of_few_people_is_not_estimable_and_says_why():
    members = np.array([0] * 50 + [1] * 9)
    decided = Decided(np.tile([True, False], 30)[:59], np.tile([0, 1, 1], 20)[:59], members, ("many", "few"))
    found = groups.by_group(decided).set_index(["group", "metric"])
    assert np.isnan(found.loc[("few", "selection_rate"), "value"])
    assert found.loc[("few", "selection_rate"), "reason"] == "Not estimable: 9 people, at least 10 are needed."
    assert found.loc[("many", "selection_rate"), "reason"] is None
    assert found.loc[("few", "fpr"), "n"] == 3
    gaps = groups.gaps(decided).set_index("metric")
    assert np.isnan(gaps.loc["demographic_parity_difference", "value"])
    assert "fewer than two groups" in gaps.loc["demographic_parity_difference", "reason"]
    assert gaps.loc["demographic_parity_difference", "left_out"] == "few"


def test_a_group_without_favourable_outcomes_does_not_make_the_opportunity_gap_zero():
    rng = np.random.default_rng(0)
    members = np.repeat([0, 1, 2], 100)
    labels = np.where(members == 2, 0, rng.integers(0, 2, 300))
    found = groups.gaps(Decided(rng.random(300) < 0.5, labels, members, ("a", "b", "none"))).set_index("metric")
    assert found.loc["equal_opportunity_difference", "left_out"] == "none"
    assert found.loc["demographic_parity_difference", "left_out"] == ""


def test_where_nobody_is_accepted_ratios_are_not_estimable():
    members, labels = np.repeat([0, 1], 50), np.tile([0, 1], 50)
    found = groups.gaps(Decided(np.zeros(100, bool), labels, members, ("a", "b"))).set_index("metric")
    assert "nobody is accepted" in found.loc["demographic_parity_ratio", "reason"]
    assert found.loc["demographic_parity_difference", "value"] == 0


def test_calibration_is_the_mean_score_minus_the_share_of_favourable_outcomes():
    scores, labels = np.array([0.9, 0.5, 0.1, 0.5] * 10), np.array([1, 1, 0, 0] * 10)
    found = groups.by_group(Decided(scores > 0.5, labels, np.zeros(40, int), ("all",), scores)).set_index("metric").loc["calibration"]
    assert found["value"] == pytest.approx(0.0)
    spread = np.std(scores - labels) / np.sqrt(40)
    assert found["high"] == pytest.approx(1.959964 * spread)


def test_weighted_people_are_worth_fewer():
    plain, weighed = (groups.by_group(_decided(weighted=w)).set_index(["group", "metric"]).loc[("a", "accuracy")] for w in (False, True))
    assert weighed["high"] - weighed["low"] > plain["high"] - plain["low"]
    even = _decided()
    same = Decided(even.decisions, even.labels, even.members, even.groups, even.scores, np.full(len(even.labels), 2.5))
    assert groups.by_group(same)["low"].tolist() == pytest.approx(groups.by_group(even)["low"].tolist())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_equal_groups_have_no_gap(seed):
    half = _decided(n=200, count=1, seed=seed)
    both = Decided(np.tile(half.decisions, 2), np.tile(half.labels, 2), np.repeat([0, 1], 200), ("a", "b"))
    found = groups.gaps(both)
    values = found[found["reason"].isna()].set_index("metric")["value"]
    assert all(value == pytest.approx(1.0 if name.endswith("ratio") else 0.0) for name, value in values.items())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(3)))
def test_the_order_of_groups_changes_no_gap(seed, order):
    decided = _decided(seed=seed)
    other = Decided(decided.decisions, decided.labels, np.array(order)[decided.members], ("x", "y", "z"))
    assert groups.gaps(decided)["value"].tolist() == pytest.approx(groups.gaps(other)["value"].tolist(), nan_ok=True)


def test_small_counts_are_hidden_and_no_others():
    assert groups.hidden({"a": 0, "b": 1, "c": 4, "d": 5}) == {"a": "0", "b": "fewer than 5", "c": "fewer than 5", "d": "5"}


@pytest.mark.parametrize("name", groups.names())
def test_every_metric_says_what_it_is_and_computes(name):
    constants = groups.card(name).constants
    assert constants["KIND"] in {"rate", "gap", "score"}
    assert constants["BETTER"] in {"higher", "lower", "neither"}
    assert constants["UNIT"] in {"fraction", "ratio"}
    decided = _decided()
    assert name in set(groups.by_group(decided)["metric"]) | set(groups.gaps(decided)["metric"])
    if constants["KIND"] == "gap":
        assert all(groups.card(rate).constants["KIND"] == "rate" for rate in constants["RATES"])


@pytest.mark.parametrize("name", groups.names("rate"))
def test_every_rate_lies_between_0_and_1_and_is_undefined_for_nobody(name):
    module = registry.load(groups.ROOM, name)
    for tp, fp, fn, tn in itertools.product((0.0, 3.0), repeat=4):
        (value,) = module.compute(groups.Cells(*(np.array([cell]) for cell in (tp, fp, fn, tn))))
        assert np.isnan(value) or 0 <= value <= 1
    assert np.isnan(module.compute(groups.Cells(*(np.zeros(1),) * 4))).all()


def test_an_unknown_metric_is_refused_with_the_nearest():
    with pytest.raises(errors.UserError, match="selection_rate"):
        groups.card("selection_rates")


def test_between_groups_that_are_equal_a_gap_names_two_of_them():
    everybody = groups.Decided(np.ones(40, bool), np.resize([0, 1], 40), np.repeat([0, 1], 20), ("f", "m"))
    (parity,) = [gap for gap in groups.gaps_of(everybody) if gap.metric == "demographic_parity_difference"]
    assert (parity.measure.value, parity.highest, parity.lowest) == (0, "f", "m")
