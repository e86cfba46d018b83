import numpy as np
import pytest
import torch
import torchmetrics.functional.classification as theirs
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics import classification
from engine.metrics.classification import brier, ece, ece_adaptive, ece_temperature, nll, nll_temperature
from engine.stats import softmax, temperature


def logits_of(probabilities):
    return np.log(np.asarray(probabilities, dtype=np.float64))


def test_ece_by_hand():
    # confidences 0.6 and 0.8 right, 0.8 wrong: bins of 0.6 -> |0.6 - 1| * 1/3, of 0.8 -> |0.8 - 1/2| * 2/3
    logits = logits_of([[0.6, 0.4], [0.8, 0.2], [0.8, 0.2]])
    assert ece.compute(logits, np.array([0, 0, 1])) == pytest.approx(0.4 / 3 + 0.3 * 2 / 3)


def test_ece_counts_confidence_one_in_the_last_bin():
    # 0.9375 right and 1 wrong share the last bin: |0.96875 - 0.5|; torchmetrics gives 1 a bin of its own
    logits = np.array([[np.log(15.0), 0.0], [1000.0, 0.0]])
    labels = np.array([0, 1])
    assert ece.compute(logits, labels) == pytest.approx(0.46875)
    probabilities = torch.tensor([[0.9375, 0.0625], [1.0, 0.0]], dtype=torch.float64)
    apart = theirs.multiclass_calibration_error(probabilities, torch.from_numpy(labels), 2, n_bins=10)
    assert apart.item() == pytest.approx((0.0625 + 1) / 2)


def test_bins_closed_on_the_right_would_give_another_ece():
    # Confidence 0.5 exactly, wrong, beside 0.4375, right, of three classes. Closed on the left they are in bins of their own:
    # (0.5 + 0.5625) / 2; closed on the right they share (0.4, 0.5]: |0.46875 - 0.5|.
    logits = np.log([[0.5, 0.25, 0.25], [0.4375, 0.28125, 0.28125]])
    assert ece.compute(logits, np.array([1, 0])) == pytest.approx(0.53125)


def test_a_network_that_knows_its_own_odds_has_no_error():
    logits = logits_of([[0.75, 0.25]] * 4)
    assert ece.compute(logits, np.array([0, 0, 0, 1])) == pytest.approx(0)
    assert ece_adaptive.compute(logits, np.array([0, 0, 0, 1])) == pytest.approx(0)


def test_adaptive_ece_by_hand():
    # Twenty confidences, two a bin; within the bin the gaps cancel or add up.
    confidence = np.linspace(0.6, 0.98, 20)
    labels = np.arange(20) % 2
    gaps = confidence - (labels == 0)
    expected = np.abs(gaps.reshape(10, 2).sum(axis=1)).sum() / 20
    logits = logits_of(np.stack([confidence, 1 - confidence], axis=1))
    assert ece_adaptive.compute(logits, labels) == pytest.approx(expected)


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 8))
def test_errors_stay_in_their_range(seed, n, classes):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(size=(n, classes)) * 5, rng.integers(0, classes, n)
    assert 0 <= ece.compute(logits, labels) <= 1
    assert 0 <= ece_adaptive.compute(logits, labels) <= 1
    assert 0 <= brier.compute(logits, labels) <= 2
    assert nll.compute(logits, labels) >= 0


def test_an_undecided_network_has_known_scores():
    logits, labels = np.zeros((8, 4)), np.array([0] * 2 + [1] * 6)
    assert nll.compute(logits, labels) == pytest.approx(np.log(4))
    assert brier.compute(logits, labels) == pytest.approx(0.75)
    assert ece.compute(logits, labels) == pytest.approx(0)  # always class 0, right in 1 of 4, and says so


def test_a_fitted_temperature_lowers_the_likelihood_it_was_fitted_to_and_one_changes_nothing():
    rng = np.random.default_rng(0)
    odds = rng.normal(size=(500, 5)) * 2
    labels = (softmax.softmax(odds).cumsum(axis=1) > rng.random((500, 1))).argmax(axis=1)
    logits = 3 * odds  # surer than the odds
    fitted = temperature.fit(logits, labels)
    assert nll_temperature.compute(logits, labels, fitted) < nll.compute(logits, labels)
    assert ece_temperature.compute(logits, labels, fitted) < ece.compute(logits, labels)
    assert nll_temperature.compute(logits, labels, 1.0) == nll.compute(logits, labels)
    assert ece_temperature.compute(logits, labels, 1.0) == ece.compute(logits, labels)


def test_the_interval_of_a_calibrated_network_reaches_zero():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 300)
    labels = (rng.random(300) > confidence).astype(int)
    (found,) = classification.measure("ece", logits_of(np.stack([confidence, 1 - confidence], axis=1)), labels)
    assert found.value > 0.02
    assert found.low == 0
