import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors, registry
from engine.metrics import classification, pairs
from engine.metrics.classification import _worst
from engine.metrics.measures import Measure
from engine.stats import intervals


def hits(*counts):
    """Return logits and labels of two classes for (right, n) of consecutive parts, and the part of each example."""
    right = np.concatenate([np.arange(n) < k for k, n in counts])
    parts = np.repeat(np.arange(len(counts)), [n for _, n in counts])
    return np.eye(2)[np.where(right, 0, 1)], np.zeros(len(right), dtype=int), parts


def test_accuracy_has_wilsons_interval():
    (found,) = classification.measure("accuracy", *hits((17, 20))[:2])
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.85, *intervals.wilson(17, 20), 20))


def test_top_five_of_four_classes_is_undefined_not_missing():
    (found,) = classification.measure("top5_accuracy", np.eye(4), np.arange(4))
    assert math.isnan(found.value)
    assert (found.low, found.high, found.n) == (None, None, 4)
    assert found.reason == "Top-5 accuracy needs at least five classes."


def test_classes_are_named_and_repeated_names_told_apart():
    logits, labels = np.eye(3)[[0, 1, 2, 0]], np.array([0, 1, 1, 2])
    found = classification.measure("class_accuracy", logits, labels, class_names=["cat", "crane", "crane"])
    assert [(measure.slice, measure.value, measure.n) for measure in found] == [
        ("class=cat", 1, 1), ("class=crane #1", 0.5, 2), ("class=crane #2", 0, 1),
    ]  # fmt: skip


def test_groups_are_measured_value_by_value_and_examples_without_a_value_are_in_none():
    logits, labels, _ = hits((3, 4), (0, 2))
    site = ["b", "b", "a", "b", None, float("nan")]
    found = classification.measure("group_accuracy", logits, labels, groups={"site": site, "year": [7] * 6, "none": [""] * 6})
    assert [(measure.slice, measure.value, measure.n) for measure in found] == [
        ("group:site=a", 1, 1), ("group:site=b", pytest.approx(2 / 3), 3), ("group:year=7", 0.5, 6), ("group:none", None, 6),
    ]  # fmt: skip
    assert found[-1].reason == "No example has a value in the group column “none”."


def test_a_column_of_identities_is_not_measured_one_by_one():
    logits, labels, _ = hits((50, 101))
    (found,) = classification.measure("group_accuracy", logits, labels, groups={"id": [str(i) for i in range(101)]})
    assert found.value is None
    assert found.reason == "“id” has 101 different values; at most 100 are measured one by one."


def test_the_worst_group_is_found_in_each_column_among_groups_of_ten():
    logits, labels, part = hits((18, 20), (6, 12), (0, 3))
    groups = {"site": [f"s{index}" for index in part], "id": list(range(35))}
    site, each = classification.measure("worst_group_accuracy", logits, labels, groups=groups)
    assert (site.slice, site.value, site.n) == ("group:site", 0.5, 12)
    assert site.low < 0.5 < site.high
    assert (each.slice, each.n, each.reason) == ("group:id", 35, "No group has ten examples or more.")
    assert math.isnan(each.value)


def test_the_worst_of_one_part_has_its_exact_interval():
    found = _worst.worst(np.arange(30) < 24, np.zeros(30), "undefined")
    assert (found.low, found.high) == pytest.approx(intervals.clopper_pearson(24, 30))


def test_the_lowest_true_accuracy_of_many_equal_classes_is_covered():
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(10), 30)
    times = []
    for _ in range(200):
        found = _worst.worst(rng.random(300) < 0.8, classes, "undefined")
        times.append(found.low <= 0.8 <= found.high)
        assert found.value <= 0.8  # what was picked lies below the truth it was picked from
    assert np.mean(times) >= 0.95


@given(st.lists(st.integers(10, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=8))
def test_the_worst_lies_in_its_interval(counts):
    logits, labels, part = hits(*counts)
    found = _worst.worst(logits.argmax(axis=1) == labels, part, "undefined")
    assert found.value == min(k / n for k, n in counts)
    assert found.low <= found.value <= found.high


def test_labels_outside_the_classes_are_refused():
    with pytest.raises(errors.UserError, match="2 of 3 labels lie outside the 2 classes"):
        classification.measure("accuracy", np.zeros((3, 2)), np.array([0, 2, -1]))


def test_group_columns_of_another_length_are_refused():
    with pytest.raises(errors.UserError, match="“site” has 1 values for 2 examples"):
        classification.measure("group_accuracy", np.zeros((2, 2)), np.array([0, 1]), groups={"site": ["a"]})


def test_a_temperature_that_is_none_is_the_reason():
    (found,) = classification.measure("nll_temperature", np.eye(2), np.arange(2), temperature=-1.0)
    assert found.reason == "A temperature must be above 0, this one is -1.0."


@pytest.mark.parametrize("arguments", [(None, 0.1, 0.2, 3), (math.nan, None, None, 3), (0.5, 0.7, 0.6, 3)])
def test_a_measure_cannot_be_in_a_bad_shape(arguments):
    with pytest.raises(ValueError, match=r"reason|upside down"):
        Measure(*arguments)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path / "extensions"


MEDIAN = '''"""Median margin.

How far the label's logit lies above the best other one, in the middle of the set."""
import numpy as np

VERSION, UNIT, BETTER = 1, "logits", "higher"


def compute(logits, labels):
    own = logits[np.arange(len(labels)), labels]
    others = np.where(np.arange(logits.shape[1]) == labels[:, None], -np.inf, logits)
    return np.median(own - others.max(axis=1))
'''


def test_a_file_that_only_computes_is_measured_with_an_interval(home):
    (home / "metrics/classification").mkdir(parents=True)
    (home / "metrics/classification/median_margin.py").write_text(MEDIAN)
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(101, 3)), rng.integers(0, 3, 101)
    assert "median_margin" in classification.names()
    (found,) = classification.measure("median_margin", logits, labels)
    assert found.low < found.value < found.high
    assert registry.load(classification.ROOM, "median_margin").compute(logits, labels) == found.value


def test_a_pair_metric_that_only_computes_is_measured_with_an_interval(home):
    (home / "metrics/pairs").mkdir(parents=True)
    (home / "metrics/pairs/gap.py").write_text(
        '"""Gap.\n\nOf mean largest logits."""\n\n'
        "def compute(id_logits, ood_logits):\n    return id_logits.max(axis=1).mean() - ood_logits.max(axis=1).mean()\n"
    )
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(2, 1, size=(80, 3)), rng.normal(size=(60, 3))
    found = pairs.measure("gap", inside, outside)
    error = math.hypot(inside.max(axis=1).std() / 80**0.5, outside.max(axis=1).std() / 60**0.5)
    assert (found.low, found.high) == pytest.approx((found.value - 1.96 * error, found.value + 1.96 * error), abs=0.05)
