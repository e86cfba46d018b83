import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.stats import softmax

LOGITS = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.floats(-1e4, 1e4))


@given(LOGITS)
def test_all_agree_with_scipy(logits):
    assert softmax.softmax(logits) == pytest.approx(scipy.special.softmax(logits, axis=1), abs=1e-12)
    assert softmax.log_softmax(logits) == pytest.approx(scipy.special.log_softmax(logits, axis=1), rel=1e-9, abs=1e-9)
    assert softmax.log_sum_exp(logits) == pytest.approx(scipy.special.logsumexp(logits, axis=1), rel=1e-12, abs=1e-12)
    assert softmax.confidence(logits) == pytest.approx(scipy.special.softmax(logits, axis=1).max(axis=1), abs=1e-12)


@given(LOGITS, st.floats(-1e3, 1e3))
def test_a_constant_added_to_all_logits_changes_no_probability(logits, constant):
    assert softmax.softmax(logits + constant) == pytest.approx(softmax.softmax(logits), abs=1e-8)


def test_half_precision_logits_are_computed_in_double():
    assert softmax.softmax(np.array([[0, 0, 0]], dtype=np.float16)).dtype == np.float64


def test_no_example_gives_no_probability():
    assert softmax.softmax(np.empty((0, 3))).shape == (0, 3)
    assert softmax.log_sum_exp(np.empty((0, 3))).shape == (0,)


def test_logit_gap_is_the_derivative_of_cross_entropy_by_a_scale_of_the_logits():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(20, 5)), rng.integers(0, 5, 20)

    def cross_entropy(scale):
        return -softmax.log_softmax(scale * logits)[np.arange(20), labels]

    step = 1e-6
    slope = (cross_entropy(1 + step) - cross_entropy(1 - step)) / (2 * step)
    assert softmax.logit_gap(logits, labels) == pytest.approx(slope, abs=1e-7)
