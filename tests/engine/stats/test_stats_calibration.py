import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.stats import calibration

CONFIDENCE = arrays(np.float64, st.integers(1, 80), elements=st.floats(0, 1))


def test_bins_are_closed_on_the_left_and_one_is_in_the_last():
    assert calibration.bin_of(np.array([0.0, 0.0999, 0.1, 0.5, 0.9, 1.0])).tolist() == [0, 0, 1, 5, 9, 9]


def test_equal_mass_bins_hold_equally_many_and_equal_confidences_share_one():
    assert np.bincount(calibration.equal_mass_bin_of(np.linspace(0.1, 1, 50))).tolist() == [5] * 10
    shared = calibration.equal_mass_bin_of(np.array([0.3, 1.0, 1.0, 1.0, 0.2]), bins=2)
    assert shared.tolist() == [0, 0, 0, 0, 0]  # the middle value is 1: all below or equal to it
    assert calibration.equal_mass_bin_of(np.array([0.3, 0.9, 1.0, 1.0, 0.2, 0.1]), bins=2).tolist() == [0, 1, 1, 1, 0, 0]


@given(CONFIDENCE, st.integers(1, 12))
def test_equal_mass_bins_do_not_depend_on_order(confidence, bins):
    found = calibration.equal_mass_bin_of(confidence, bins)
    assert np.array_equal(calibration.equal_mass_bin_of(confidence[::-1], bins)[::-1], found)
    assert found.min() >= 0
    assert found.max() < bins


@given(CONFIDENCE, st.randoms())
def test_the_reliability_of_bins_and_the_gaps_say_the_same_error(confidence, random):
    hits = np.array([random.random() < value for value in confidence])
    diagram = calibration.reliability(confidence, hits)
    assert diagram.count.sum() == len(hits)
    error = np.nansum(diagram.count * np.abs(diagram.accuracy - diagram.confidence)) / len(hits)
    gaps = calibration.gaps(confidence, hits, calibration.bin_of(confidence))
    assert np.abs(gaps.sum(axis=0)).sum() / len(hits) == pytest.approx(error, abs=1e-12)


def test_an_empty_bin_is_undefined_not_zero():
    diagram = calibration.reliability(np.array([0.95, 0.95]), np.array([True, False]))
    assert diagram.accuracy[9] == 0.5
    assert diagram.confidence[9] == 0.95
    assert 0 < diagram.low[9] < 0.5 < diagram.high[9] < 1
    assert np.isnan(diagram.accuracy[:9]).all()
    assert np.isnan(diagram.low[:9]).all()
