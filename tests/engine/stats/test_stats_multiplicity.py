"""Adjusted p values against statsmodels, and what must hold for any p values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from engine.stats import multiplicity

P = st.lists(st.floats(0, 1), min_size=1, max_size=40).map(np.array)


@settings(deadline=None, max_examples=40)  # the witness loads slowly
@given(P, st.sampled_from([("bh", "fdr_bh"), ("holm", "holm")]))
def test_adjusted_p_values_are_those_of_statsmodels(p, control):
    ours, theirs = control
    assert multiplicity.adjusted(p, ours) == pytest.approx(multipletests(p, method=theirs)[1])


def test_benjamini_and_hochberg_by_hand():
    # sorted 0.01, 0.02, 0.03: times 3/1, 3/2, 3/3 is 0.03, 0.03, 0.03; Holm: 0.03, 0.04, 0.04
    p = np.array([0.03, 0.01, 0.02])
    assert multiplicity.adjusted(p, "bh") == pytest.approx([0.03, 0.03, 0.03])
    assert multiplicity.adjusted(p, "holm") == pytest.approx([0.04, 0.03, 0.04])
    assert multiplicity.adjusted(p, "none").tolist() == p.tolist()


def test_a_test_that_was_not_possible_stays_undefined_and_does_not_count():
    found = multiplicity.adjusted(np.array([np.nan, 0.01, np.nan, 0.04]), "bh")
    assert np.isnan(found[[0, 2]]).all()
    assert found[[1, 3]] == pytest.approx([0.02, 0.04])


@given(P)
def test_no_adjustment_makes_a_p_value_smaller_and_bh_is_never_stricter_than_holm(p):
    bh, holm = multiplicity.adjusted(p, "bh"), multiplicity.adjusted(p, "holm")
    assert (p <= bh + 1e-12).all()
    assert (bh <= holm + 1e-12).all()


def test_a_thousand_comparisons_of_equal_networks_call_few_of_them_different():
    rng = np.random.default_rng(0)
    called = [(multiplicity.adjusted(rng.random(1000), "bh") <= 0.05).any() for _ in range(200)]
    assert np.mean(called) <= 0.09  # 0.05 in the mean; twice its standard deviation over 200 is 0.03
