"""From logits to numbers: the same as the metrics', differences paired, worked by hand or by an independent library."""

import numpy as np
import pytest
from scipy import stats

from engine import errors
from engine.interventions import outcomes
from engine.metrics import classification


def answered(seed=0, n=400, shift=0.0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 10)).astype(np.float32)
    labels = rng.integers(0, 10, n)
    logits[np.arange(n), labels] += 3
    return logits + np.float32(shift) * rng.normal(0, 1, logits.shape).astype(np.float32), labels


def named(found):
    return {one.metric: one for one in found}


@pytest.mark.parametrize("metric", outcomes.METRICS)
def test_each_number_and_its_interval_are_those_of_the_metric(metric):
    logits, labels = answered()
    (measure,) = classification.measure(metric, logits, labels)
    one = named(outcomes.numbers(outcomes.of_logits(logits, range(10), labels)))[metric]
    assert (one.value, one.low, one.high) == pytest.approx((measure.value, measure.low, measure.high), abs=1e-5)
    assert one.difference is None
    assert one.gained is None


def test_a_difference_is_counted_unit_by_unit_with_mcnemars_p():
    labels = np.zeros(20, np.int64)
    here = outcomes.Outcomes(labels, np.array([0] * 8 + [1] * 12), np.full(20, 0.5, np.float32))
    base = outcomes.Outcomes(labels, np.array([1] * 2 + [0] * 15 + [1] * 3), np.full(20, 0.8, np.float32))
    one = named(outcomes.numbers(here, base))["accuracy"]
    # right here only: units 0 and 1; right in the base only: 8 to 16
    assert (one.gained, one.lost) == (2, 9)
    assert one.difference == pytest.approx((2 - 9) / 20)
    assert one.p == pytest.approx(stats.binomtest(2, 11, 0.5).pvalue)
    assert one.difference_low < one.difference < one.difference_high
    sure = named(outcomes.numbers(here, base))["mean_confidence"]
    assert sure.difference == pytest.approx(-0.3, abs=1e-6)


def test_pairing_narrows_the_interval():
    logits, labels = answered()
    moved, _ = answered(shift=0.5)
    here, base = outcomes.of_logits(moved, range(10), labels), outcomes.of_logits(logits, range(10), labels)
    one = named(outcomes.numbers(here, base))["accuracy"]
    apart = np.sqrt(
        sum(named(outcomes.numbers(o))["accuracy"].value * (1 - named(outcomes.numbers(o))["accuracy"].value) for o in (here, base)) / 400
    )
    assert one.difference_high - one.difference_low < 0.75 * 2 * 1.96 * apart


def test_the_difference_of_calibration_errors_covers_the_truth():
    """Two worlds of known calibration: one calibrated, one overconfident by 0.2, so the errors differ by 0.2."""
    rng, covered = np.random.default_rng(5), 0
    for _ in range(60):
        confidence = rng.uniform(0.4, 0.95, 300)
        right = [rng.random(300) < confidence - over for over in (0.2, 0.0)]
        here, base = (outcomes.Outcomes(np.zeros(300, np.int64), np.where(r, 0, 1), confidence.astype(np.float32)) for r in right)
        one = named(outcomes.numbers(here, base))["ece"]
        covered += one.difference_low <= 0.2 <= one.difference_high
    assert covered >= 55


def test_outputs_are_found_by_the_names_of_classes():
    logits = np.array([[9.0, 0, 1, 2], [9, 3, 1, 2]], np.float32)
    among = outcomes.columns(("dog", "b", "a", "c"), ("a", "b", "c"))
    found = outcomes.of_logits(logits, among, np.array([2, 1]))
    assert among == [2, 1, 3]
    assert found.predicted.tolist() == [2, 1]  # the dog does not count
    assert found.confidence[0] == pytest.approx(np.exp(2) / (np.exp(2) + np.exp(1) + 1), abs=1e-6)


def test_a_network_without_a_class_and_broken_logits_are_sentences():
    with pytest.raises(errors.UserError, match="does not know 2 of the system's 3 classes"):
        outcomes.columns(("a", "d"), ("a", "b", "c"))
    with pytest.raises(errors.UserError, match="1 of 2 examples have logits that are NaN"):
        outcomes.of_logits(np.array([[1, np.nan], [0, 1]], np.float32), range(2), np.array([0, 1]))


def test_all_right_and_fully_sure_has_no_calibration_error_and_a_point():
    one = outcomes.Outcomes(np.zeros(9, np.int64), np.zeros(9, np.int64), np.ones(9, np.float32))
    found = named(outcomes.numbers(one, one))
    assert (found["ece"].value, found["ece"].low, found["ece"].high) == (0, 0, 0)
    assert (found["accuracy"].difference, found["accuracy"].p) == (0, 1)
