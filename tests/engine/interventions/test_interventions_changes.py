"""Counterfactual pairs: counts by hand, McNemar by the binomial test, and what a change reaches."""

import numpy as np
import pytest
from scipy import stats

from engine.interventions import alike, asking, changes

# eight units of class 1: three that network a loses, one that it gains, one wrong answer that becomes another wrong one
SAID = {
    "units": [10, 11, 12, 13, 14, 15, 16, 17], "classes": ["0", "1", "2"], "networks": ["a", "b"],
    "labels_before": [1] * 8, "labels_after": [1] * 8,
    "predicted_before": [[1, 1, 1, 0, 0, 1, 1, 1], [1] * 8], "predicted_after": [[0, 0, 2, 1, 2, 1, 1, 1], [1] * 7 + [0]],
    "confidence_before": [[0.9, 0.8, 0.7, 0.6, 0.5, 0.9, 0.9, 0.9], [0.9] * 8],
    "confidence_after": [[0.9, 0.8, 0.7, 0.6, 0.5, 0.9, 0.9, 0.9], [0.5] * 8],
}  # fmt: skip
ASKED = asking.Change.model_validate({"system": "coloured_digits", "factor": "ink", "from": "red", "to": "blue"})


def test_flips_losses_and_gains_are_counted_by_unit():
    a, b = changes.rows(SAID).to_dict("records")
    assert (a["n"], a["flipped"], a["lost"], a["gained"]) == (8, 5, 3, 1)
    assert (a["before"], a["after"]) == (6 / 8, 4 / 8)
    assert a["difference"] == -2 / 8
    assert a["low"] <= -2 / 8 <= a["high"]
    assert a["p"] == pytest.approx(stats.binomtest(1, 4).pvalue)
    assert a["p_holm"] == pytest.approx(min(1, 2 * min(a["p"], b["p"])))
    assert a["share"] == 5 / 8
    assert (b["flipped"], b["lost"], b["gained"], b["p"]) == (1, 1, 0, 1.0)


def test_the_label_may_change_with_the_factor():
    said = SAID | {"labels_after": [0] * 8, "networks": ["b"], "predicted_before": [[1] * 8], "predicted_after": [[0] * 8]}
    row = changes.rows(said).iloc[0]
    assert (row["flipped"], row["lost"], row["gained"]) == (8, 0, 0)


def test_units_on_which_most_networks_flip_come_first():
    flips = changes.flips(SAID)
    assert flips["unit"].tolist() == [10, 11, 12, 17, 13, 14]  # each by one network: surest before and after first
    both = changes.flips(SAID | {"predicted_after": [[0, 0, 2, 1, 2, 1, 1, 1], [1, 1, 1, 1, 0, 1, 1, 1]]})
    assert both["unit"].tolist()[:2] == [14, 14]
    first = flips.iloc[0]
    assert (first["label"], first["before"], first["after"], first["right_before"], first["right_after"]) == ("1", "1", "0", True, False)


def test_the_sentence_tells_a_change_only_where_chance_is_unlikely():
    told = changes.finding(ASKED, changes.rows(SAID)).replace("\u202f", " ")
    assert told.startswith("Changing ink from red to blue, everything else as it was, flips the answer of **a** on 5 of 8 units, 62.5 %")
    assert "does not clearly change its accuracy (3 lost, 1 gained" in told
    many = SAID | {name: [one * 20 for one in SAID[name]] for name in SAID if name.startswith(("predicted", "confidence"))}
    many |= {"units": list(range(160)), "labels_before": [1] * 160, "labels_after": [1] * 160}
    told = changes.finding(ASKED, changes.rows(many)).replace("\u202f", " ")
    assert "lowers its accuracy by 25.0 points" in told
    assert "(60 lost, 20 gained, p < 0.001)" in told


def test_nobody_asked_is_nothing_found():
    nobody = SAID | {name: [] for name in SAID if name.startswith(("predicted", "confidence", "networks"))}
    assert changes.finding(ASKED, changes.rows(nobody)) == ""
    assert changes.flips(nobody).empty


def test_a_change_reaches_what_the_factor_causes_and_no_more():
    asked = asking.Change.model_validate({"system": "captured_digits", "factor": "lighting", "from": "1", "to": "0.4", "n": 12})
    assert changes.reached(alike.changed(asked), "lighting") == ("noise",)
    ink = asking.Change.model_validate({"system": "coloured_digits", "factor": "ink", "from": "red", "to": "blue", "n": 12})
    assert changes.reached(alike.changed(ink), "ink") == ()


def test_pixels_that_the_change_does_not_reach_are_the_same_to_the_bit():
    asked = asking.Change.model_validate({"system": "coloured_digits", "factor": "ink", "from": "red", "to": "blue", "n": 12, "do": "do(blur=0)"})
    changed = alike.changed(asked)
    shares = changes.pixels(changed)
    assert min(shares) > 0
    assert max(shares) < 0.6  # ink alone: the paper stays
    same = (changed.pictures_before == changed.pictures_after).all(axis=3)
    np.testing.assert_allclose(1 - same.mean(axis=(1, 2)), shares)
