"""Findings are sentences made of the numbers that they are given."""

import pandas as pd

from engine.assay import findings, views
from engine.plots.formats import THIN


def plain(text):
    return text.replace(THIN, " ")


def test_the_store_finding_names_the_furthest_and_the_least_fall():
    falls = pd.DataFrame(
        {
            "id": ["a", "a"],
            "ood": ["b", "c"],
            "networks": [4, 4],
            "id_accuracy": [0.9, 0.9],
            "ood_accuracy": [0.4, 0.8],
            "gap": [0.5, 0.1],
            "images_ood": [300, 300],
        }
    )
    said = plain(findings.of_store(falls))
    assert "30.0 percentage points" in said
    assert "Furthest from **a** to **b**: 90.0 % to 40.0 %" in said
    assert "Least from **a** to **c**" in said


def test_no_pair_gives_no_sentence():
    assert findings.of_store(pd.DataFrame()) is None
    assert findings.of_points(pd.DataFrame(), views.Set("a"), views.Set("b"), "accuracy", None) is None


def test_three_networks_are_too_few_for_a_relation():
    found = pd.DataFrame({"x": [0.9, 0.8, 0.7], "y": [0.5, 0.4, 0.3]})
    assert "too few to say" in findings.of_points(found, views.Set("a"), views.Set("b"), "accuracy", views.line(found))


def test_the_flips_finding_counts_both_ways():
    flips = pd.DataFrame({"correct_here": [True, True, False], "correct_there": [False, True, True], "confidence_there": [0.9, 0.8, 0.7]})
    said = plain(findings.of_flips(flips, views.Set("a", "test", "fog", 3.0)))
    assert "**1 of 3**" in said
    assert "90.0 %" in said
    assert "the other way round" in said


def test_the_strength_finding_takes_the_far_end_of_a_shift_whose_strength_falls():
    rows = [("scale", s, v, abs(s - 1)) for s, v in ((1.0, 0.9), (0.9, 0.8), (0.5, 0.3))]
    found = pd.DataFrame(rows, columns=["shift", "strength", "value", "severity"]).assign(network="n", low=0.0, high=1.0, n=10, unit="fraction")
    said = plain(findings.of_strengths(found, "accuracy"))
    assert "**scale** at strength 0.5" in said
    assert "90.0 % to **30.0 %**" in said


def test_patterns_are_counted_with_each_task_the_same():
    found = pd.DataFrame({"task": ["many"] * 3 + ["one"], "pattern": ["increasing"] * 3 + ["none"]})
    shares = pd.Series({"increasing": 0.5, "none": 0.5})
    said = plain(findings.of_pairs(found, shares))
    assert "Of 4 pairs of a set in distribution and another, each of 2 tasks counting the same: **50 % increasing** (3)" in said
    assert "**50 % without clear trend** (1)" in said
    assert said.endswith("many alone has 3 of 4 pairs.")
    assert findings.of_pairs(found.head(0), shares) is None
