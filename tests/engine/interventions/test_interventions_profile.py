"""What breaks a network and what it is invariant to: claimed only where it is shown, whatever the number of values and factors."""

import numpy as np
import pandas as pd
import pytest

from engine.interventions import findings, profile
from engine.stats import equivalence

N = 1000


def rows(network, changes, base=0.9):
    """Return response rows of a network: factor -> (lost, gained, inside) of each of its values."""
    said = [(network, "", "", True, base, None, None, None)]
    for factor, values in changes.items():
        for i, (lost, gained, inside) in enumerate(values):
            said.append((network, factor, str(i), inside, base - (lost - gained) / N, (gained - lost) / N, lost, gained))
    frame = pd.DataFrame(said, columns=["network", "factor", "level", "inside", "value", "difference", "lost", "gained"])
    return frame.assign(metric="accuracy", factor_2="", level_2="", place=np.nan, n=N, difference_low=np.nan, difference_high=np.nan)


def verdicts(told, region="anywhere"):
    mine = told[told["region"] == region]
    return dict(zip(zip(mine["network"], mine["factor"], strict=True), mine["verdict"], strict=True))


STEADY = [(12, 10, True), (15, 15, True), (10, 12, False)]
BROKEN = [(12, 10, True), (400, 5, False), (60, 20, False)]
UNSURE = [(12, 10, True), (60, 10, True), (10, 12, False)]  # 5 points lost: at the margin


def test_verdicts_follow_from_the_intervals():
    told = profile.profile(rows("one", {"a": STEADY, "b": BROKEN, "c": UNSURE}))
    assert verdicts(told) == {("one", "a"): "invariant", ("one", "b"): "breaks", ("one", "c"): "not told"}
    (broken,) = told[(told["factor"] == "b") & (told["region"] == "anywhere")].to_dict("records")
    assert broken["loss"] == pytest.approx(0.395)
    assert (broken["level"], broken["values"], broken["value"]) == ("1", 3, pytest.approx(0.505))
    low, high = equivalence.interval(400, 5, N, 1 - 0.05 / 3)  # holds for three values at once
    assert (broken["low"], broken["high"]) == pytest.approx((low, high))


def test_within_training_only_values_that_occur_there_count_and_one_value_is_no_variation():
    told = profile.profile(rows("one", {"b": BROKEN, "c": UNSURE}))
    assert verdicts(told, "training") == {("one", "c"): "not told"}


def test_p_values_are_adjusted_by_holm_for_all_networks_and_factors_of_a_region():
    alone = profile.profile(rows("one", {"a": STEADY}))
    many = profile.profile(pd.concat([rows(f"n{i}", {"a": STEADY}) for i in range(8)]))
    p = alone[alone["region"] == "anywhere"]["p_invariant"].item()
    assert many[many["region"] == "anywhere"]["p_invariant"].min() == pytest.approx(8 * p)


def test_networks_that_lose_exactly_the_margin_are_hardly_ever_judged_either_way():
    rng, wrong = np.random.default_rng(7), 0
    for _ in range(100):
        lost, gained, _same = rng.multinomial(N, [0.06, 0.01, 0.93], size=(6, 5)).transpose(2, 0, 1)
        changes = {f"f{i}": [(int(a), int(b), True) for a, b in zip(lost[i], gained[i], strict=True)] for i in range(6)}
        told = profile.profile(rows("one", changes))
        wrong += (told[told["region"] == "anywhere"]["verdict"] != "not told").any()
    assert wrong <= 12  # 5 of 100 expected at most for each kind of claim


def test_a_rise_is_no_invariance():
    told = profile.profile(rows("one", {"a": [(5, 200, True), (10, 12, True)]}))
    assert verdicts(told) == {("one", "a"): "not told"}


def test_factors_are_sorted_by_their_mean_loss():
    told = profile.profile(pd.concat([rows("one", {"a": STEADY, "b": BROKEN}), rows("two", {"a": STEADY, "b": UNSURE})]))
    assert profile.ordered(told) == ["b", "a"]


def test_the_finding_names_the_factor_that_tells_networks_apart():
    told = profile.profile(pd.concat([rows("one", {"a": STEADY, "b": BROKEN}), rows("two", {"a": STEADY, "b": STEADY}, base=0.8)]))
    said = findings.of_profile(told).replace("\u202f", " ")
    assert "**one** falls from 90.0 % to **50.5 %** where b is 1 (outside of training); **two** is invariant to b, at 80.0 %." in said
    assert "All networks are invariant (within 5 points) to a." in said


def test_the_finding_of_a_curve_says_who_falls_and_who_does_not():
    both = pd.concat([rows("one", {"b": BROKEN}), rows("two", {"b": STEADY}, base=0.8)])
    said = findings.of_curve(both, "b").replace("\u202f", " ")
    assert said.startswith("**one** falls from 90.0 % to **50.5 %** where b is 1 (outside of training); **two** does not")
    assert "(n 1 000 units, the same at every value)." in said
    alike = findings.of_curve(pd.concat([rows("one", {"b": STEADY}), rows("two", {"b": STEADY})]), "b")
    assert alike.startswith("No value of **b** matters: one and two stay within 5 points everywhere")
    unsure = findings.of_curve(rows("one", {"b": UNSURE}), "b")
    assert unsure.startswith("Nothing is shown to break on **b**")


def test_nothing_known_is_no_finding():
    empty = rows("one", {})
    assert profile.profile(empty).empty
    assert findings.of_curve(empty, "b") == ""
    assert findings.of_profile(profile.profile(empty)) == ""
    assert findings.of_map(empty, ("a", "b")) == ""


def test_the_finding_of_a_map_names_both_values_and_what_training_itself_costs():
    said = [("a", "1", "x", True, 0.8, -0.1, -0.15, -0.05), ("a", "9", "x", False, 0.2, -0.7, -0.8, -0.6), ("b", "1", "y", True, 0.9, 0.0, -0.1, 0.1)]
    frame = pd.DataFrame(said, columns=["network", "level", "level_2", "inside", "value", "difference", "difference_low", "difference_high"])
    told = findings.of_map(frame.assign(metric="accuracy", factor="size", factor_2="ink", n=50), ("size", "ink")).replace("\u202f", " ")
    assert (
        "**a** falls from 90.0 % to **20.0 %** where size is 9 and ink is x (outside of training): it loses 70.0 points [60.0, 80.0], n 50." in told
    )
    assert "**a** falls from 90.0 % to **80.0 %** where size is 1 and ink is x (both occur in training)" in told
