import numpy as np
import pytest
from scipy import optimize

from engine import errors
from engine.stats import softmax, temperature


def calibrated(n, classes, seed):
    """Return logits whose softmax are the true probabilities of the labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * 2
    labels = (softmax.softmax(logits).cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return logits, labels


def cross_entropy(logits, labels):
    return -softmax.log_softmax(logits)[np.arange(len(labels)), labels].mean()


def test_the_scale_put_on_calibrated_logits_is_found_again():
    logits, labels = calibrated(20_000, 5, 0)
    assert temperature.fit(logits, labels) == pytest.approx(1, abs=0.03)
    assert temperature.fit(2.5 * logits, labels) == pytest.approx(2.5 * temperature.fit(logits, labels), rel=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_no_temperature_is_better_by_scipys_own_search(seed):
    rng = np.random.default_rng(seed)
    logits, labels = calibrated(200, 4, seed)
    logits = logits * rng.uniform(0.3, 4)
    best = optimize.minimize_scalar(lambda log_t: cross_entropy(logits / np.exp(log_t), labels), bounds=(-4, 4), method="bounded")
    assert temperature.fit(logits, labels) == pytest.approx(np.exp(best.x), rel=1e-3)


def test_a_network_that_is_always_right_gets_the_lowest_temperature():
    assert temperature.fit(np.eye(3), np.arange(3)) == temperature.LOWEST


def test_a_network_worse_than_chance_gets_the_highest_temperature():
    assert temperature.fit(-np.eye(3), np.arange(3)) == temperature.HIGHEST
    assert temperature.fit(np.zeros((3, 3)), np.arange(3)) == temperature.HIGHEST


@pytest.mark.parametrize("logits", [np.empty((0, 3)), np.array([[np.nan, 1.0, 2.0]])])
def test_what_cannot_be_fitted_is_said(logits):
    with pytest.raises(errors.UserError, match="temperature cannot be fitted"):
        temperature.fit(logits, np.zeros(len(logits), dtype=int))
