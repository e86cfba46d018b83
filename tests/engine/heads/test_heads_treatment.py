"""Who would be decided otherwise: M1 to M6 worked by hand, and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.heads import merge, treatment

HARD = np.array([[0.0], [1.0]])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3).filter(lambda b: abs(b) > 1e-3), st.floats(-2, 2))
def test_with_hard_groups_the_swap_flips_exactly_those_between_the_two_thresholds(seed, b, c):
    """Check 2: M4 = M1."""
    rng = np.random.default_rng(seed)
    task = rng.standard_normal(300).astype(np.float32) * 2
    group = rng.integers(0, 2, (300, 1)).astype(np.float32)
    rule = merge.Rule((b,), c, 0.0, 0.0)
    flipped = treatment.head_swap(task, group, rule, HARD) != treatment.SAME
    near = np.min([np.abs(task + c), np.abs(task + b + c)], axis=0) < 1e-5  # single precision decides there
    assert (flipped == treatment.band(task, -c, -(b + c)))[~near].all()


def test_the_swap_puts_the_other_groups_median_in_place():
    group = np.array([[0.1], [0.9], [0.2], [0.7]], np.float32)
    members = np.array([0, 1, 0, 0])
    typical = treatment.medians(group, members, 2)
    assert typical.ravel().tolist() == pytest.approx([0.2, 0.9])
    assert treatment.swapped(group, typical).ravel().tolist() == pytest.approx([0.9, 0.2, 0.9, 0.2])  # the last is inferred to be of the other group
    assert treatment.swapped(group, typical, "one_minus").ravel().tolist() == pytest.approx([0.9, 0.1, 0.8, 0.3])
    assert treatment.swapped(group, typical, "negate").ravel().tolist() == pytest.approx([-0.1, -0.9, -0.2, -0.7])


def test_directions_of_the_swap_worked_by_hand():
    """b = -1, c = 0.5: a member of group 0 is accepted from f > -0.5, of group 1 from f > 0.5."""
    task = np.array([0.0, 0.0, 1.0, -1.0], np.float32)
    group = np.array([[0.0], [1.0], [1.0], [0.0]], np.float32)
    rule = merge.Rule((-1.0,), 0.5, 0.0, 0.0)
    assert treatment.head_swap(task, group, rule, HARD).tolist() == [treatment.DOWN, treatment.UP, 0, 0]


def test_against_one_value_for_all_flips_are_helped_or_hurt():
    """The same rule against g = 0.4: all are accepted from f > -0.1."""
    task = np.array([-0.3, 0.3, 1.0], np.float32)
    group = np.array([[0.0], [1.0], [1.0]], np.float32)
    assert treatment.neutral(task, group, merge.Rule((-1.0,), 0.5, 0.0, 0.0), [0.4]).tolist() == [1, -1, 0]


def test_implied_thresholds_of_the_worked_example():
    """Adult, logits merged with b = -0.25, c = 0.34, medians +4.6 and -1.0: 0.69 of men, 0.36 of women."""
    found = treatment.implied_thresholds(merge.Rule((-0.25,), 0.34, 0.0, 0.0), np.array([[-1.0], [4.6]]))
    assert found.tolist() == pytest.approx([0.3566, 0.6921], abs=1e-4)


def test_a_shift_that_is_the_group_tells_the_group_without_error():
    rng = np.random.default_rng(0)
    members = rng.integers(0, 2, 200)
    plain = rng.standard_normal(200)
    found = treatment.shift(plain - 0.5 * members, plain, members, members.astype(float))
    assert found.auc == 1.0
    assert found.correlation == pytest.approx(-1)
    nothing = treatment.shift(plain, plain, members)
    assert nothing.auc == 0.5
    assert np.isnan(nothing.correlation)


def test_the_bias_score_worked_by_hand():
    """Half of each group; eta = sig(log 3) = 3/4, rho = 0.9: (0.9 / 0.5 - 0.1 / 0.5) / 0.5 = 3.2."""
    found = treatment.bias_scores(np.array([np.log(3), -np.log(3)]), np.array([0.9, 0.9]), np.array([0, 1]))
    assert found.tolist() == pytest.approx([3.2, -3.2])


def test_flipping_the_best_bias_scores_buys_more_parity_than_flipping_the_same_number_at_random():
    rng = np.random.default_rng(1)
    members = rng.integers(0, 2, 4000)
    task = rng.standard_normal(4000) + members
    scores = treatment.bias_scores(task, members.astype(float), members)
    people = merge.People((task > 0).astype(int), members, 2)
    bought = (task > 0) ^ (scores >= np.sort(scores)[-400])
    random = (task > 0) ^ np.isin(np.arange(4000), rng.choice(4000, 400, replace=False))
    assert abs(merge.gap(bought, people)) < abs(merge.gap(random, people)) - 0.1
