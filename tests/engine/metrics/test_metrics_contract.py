"""What every metric must hold: these tests walk the rooms, so that an added file is tested."""

import math

import numpy as np
import pytest

from engine import errors, registry
from engine.metrics import classification, pairs

GIVEN = {"temperature": 1.7, "groups": np.array(["a", "b"] * 120)}


def answers(n=240, classes=12, seed=0):
    """Return logits and labels of a network that is right about two times in three."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * 2
    labels = np.where(rng.random(n) < 0.6, logits.argmax(axis=1), rng.integers(0, classes, n))
    return logits, labels


def given(metric):
    needs = () if getattr(metric, "PER", None) == "group" else getattr(metric, "NEEDS", ())
    return {key: GIVEN[key] for key in needs}


def has(name, what):
    return hasattr(registry.load(classification.ROOM, name), what)


def measured(name, logits, labels):
    return classification.measure(name, logits, labels, groups={"half": GIVEN["groups"][: len(labels)]}, temperature=1.7)


@pytest.mark.parametrize("room", [classification, pairs])
def test_every_metric_has_a_card_that_says_what_it_is(room):
    for name in room.names():
        card = room.card(name)
        assert card.title.endswith(".")
        assert len(card.text) > 60
        assert isinstance(card.constants["VERSION"], int)
        assert card.constants["UNIT"]
        assert card.constants["BETTER"] in {"higher", "lower", "neither"}
        assert "CITATION" in card.constants
        assert set(card.constants.get("NEEDS", ())) <= {"groups", "temperature"}
        assert card.constants.get("PER") in {None, "class", "group"}


@pytest.mark.parametrize("name", classification.names())
def test_what_it_computes_is_a_float_that_no_order_of_examples_changes(name):
    metric = registry.load(classification.ROOM, name)
    logits, labels = answers()
    value = metric.compute(logits, labels, **given(metric))
    assert isinstance(value, float)
    order = np.random.default_rng(1).permutation(len(labels))
    drawn = {key: item[order] if key == "groups" else item for key, item in given(metric).items()}
    assert metric.compute(logits[order], labels[order], **drawn) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", classification.names())
def test_single_precision_and_a_constant_on_all_logits_change_nothing_that_matters(name):
    metric = registry.load(classification.ROOM, name)
    logits, labels = answers()
    value = metric.compute(logits, labels, **given(metric))
    assert metric.compute(logits.astype(np.float32), labels, **given(metric)) == pytest.approx(value, abs=1e-5)
    assert metric.compute(logits + 3, labels, **given(metric)) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in classification.names() if has(name, "statistics")])
def test_summands_put_together_are_the_metric(name):
    metric = registry.load(classification.ROOM, name)
    logits, labels = answers()
    statistics = metric.statistics(logits, labels, **given(metric))
    assert statistics.shape[0] == len(labels)
    value = metric.compute(logits, labels, **given(metric))
    assert float(metric.combine(np.asarray(statistics.sum(axis=0)), len(labels))) == pytest.approx(value, abs=1e-12)
    if hasattr(metric, "null"):
        sums = np.asarray(statistics.sum(axis=0))
        origin = metric.null(sums, len(labels))
        assert float(metric.combine(origin, len(labels))) == pytest.approx(0, abs=1e-12)
        assert float(metric.combine((sums + origin) / 2, len(labels))) == pytest.approx(value / 2, abs=1e-12)


@pytest.mark.parametrize("name", classification.names())
def test_each_measure_has_an_interval_around_the_number_and_the_n_behind_it(name):
    for found in measured(name, *answers()):
        assert found.low <= found.value <= found.high
        assert found.low < found.high
        assert 0 < found.n <= 240
        assert found.reason is None


@pytest.mark.parametrize("name", classification.names())
def test_the_same_answers_have_the_same_measures(name):
    assert measured(name, *answers()) == measured(name, *answers())


@pytest.mark.parametrize("name", classification.names())
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_handful_of_examples_gives_numbers_or_reasons(name, n):
    for found in measured(name, *answers(n)):
        assert found.n <= n
        if found.reason:
            assert math.isnan(found.value)
        else:
            assert math.isfinite(found.value)


@pytest.mark.parametrize("name", classification.names())
def test_without_examples_nothing_is_measured_and_the_reason_said(name):
    (found,) = measured(name, np.empty((0, 12)), np.empty(0, dtype=int))
    assert (found.value, found.low, found.n, found.reason) == (None, None, 0, "There is no example.")


@pytest.mark.parametrize("name", classification.names())
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_counted_not_measured(name, broken):
    logits, labels = answers()
    logits[[3, 3, 70], [0, 1, 2]] = broken
    (found,) = measured(name, logits, labels)
    assert found.value is None
    assert found.reason == "2 of 240 examples have logits that are NaN or infinite."


@pytest.mark.parametrize("name", classification.names())
def test_what_a_metric_needs_and_does_not_get_is_its_reason(name):
    needs = classification.card(name).constants.get("NEEDS", ())
    for found in classification.measure(name, *answers()):
        assert (found.value is None) == bool(needs)
        assert bool(found.reason) == bool(needs)


@pytest.mark.parametrize("name", classification.names())
def test_a_thousand_classes_and_twenty_examples_are_measured(name):
    rng = np.random.default_rng(0)
    for found in measured(name, rng.normal(size=(20, 1000)), rng.integers(0, 1000, 20)):
        assert found.value is not None


@pytest.mark.parametrize("name", pairs.names())
def test_a_pair_has_an_interval_around_the_number_and_counts_the_shifted_set(name):
    inside, outside = answers(seed=1)[0] * 2, answers(40, seed=2)[0]
    found = pairs.measure(name, inside, outside)
    assert found.low <= found.value <= found.high
    assert found.n == 40
    assert found == pairs.measure(name, inside, outside)
    metric = registry.load(pairs.ROOM, name)
    assert metric.compute(inside, outside) == found.value
    assert metric.compute(inside[::-1], outside[::-1]) == found.value


@pytest.mark.parametrize("name", pairs.names())
def test_sets_that_cannot_be_told_apart_give_chance_and_separate_ones_the_best(name):
    rng = np.random.default_rng(0)
    same = rng.normal(size=(2000, 5))
    chance, best = {"higher": (0.5, 1.0), "lower": (0.95, 0.0)}[pairs.card(name).constants["BETTER"]]
    assert pairs.measure(name, same, rng.normal(size=(2000, 5))).value == pytest.approx(chance, abs=0.03)
    sure, unsure = np.eye(5) * 20 + rng.normal(size=(5, 5)), rng.normal(size=(30, 5)) / 10
    assert pairs.measure(name, sure, unsure).value == best


@pytest.mark.parametrize("name", pairs.names())
def test_a_broken_side_of_a_pair_is_named(name):
    logits = answers()[0]
    assert pairs.measure(name, np.empty((0, 12)), logits).reason == "In distribution: there is no example."
    broken = np.where(np.arange(240)[:, None] == 5, np.nan, logits)
    reason = pairs.measure(name, logits, broken).reason
    assert reason == "Out of distribution: 1 of 240 examples have logits that are NaN or infinite."


@pytest.mark.parametrize("name", pairs.names())
def test_pairs_over_different_classes_are_refused(name):
    with pytest.raises(errors.UserError, match="12 classes on one set and 5 on the other"):
        pairs.measure(name, np.zeros((3, 12)), np.zeros((3, 5)))


def test_an_unknown_metric_offers_the_nearest():
    with pytest.raises(errors.UserError, match=r"no metric named “acuracy”.*accuracy"):
        classification.measure("acuracy", *answers())
    with pytest.raises(errors.UserError, match=r"no pair metric named “auroc_enrgy”.*auroc_energy"):
        pairs.measure("auroc_enrgy", *[answers()[0]] * 2)
