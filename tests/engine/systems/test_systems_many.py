"""Where there are too many combinations to go through, numbers are counted instead, and say so."""

import itertools

import numpy as np
import pytest

from engine import errors, systems
from engine.systems import Choice, Edge, Factor, Mechanism, System

VALUES = tuple("abcdefghij")


def chain(length):
    """Return a chain of factors with ten values, each the value before it half of the time, else any."""
    names = [f"f{i}" for i in range(length)]
    follow = [
        Mechanism(name, "Follows.", lambda **given: Choice.of({value: 0.55 if value in given.values() else 0.05 for value in VALUES}))
        for name in names[1:]
    ]
    return System(
        "chain", "Chain", tuple(Factor(name, "categorical", VALUES, "One.") for name in names),
        tuple(Edge(a, b, "Follows.") for a, b in itertools.pairwise(names)),
        (Mechanism("f0", "Any.", lambda: Choice.even(VALUES)), *follow), "f0", "chain", 8, 1,
        lambda latents, bank, size: np.zeros((len(latents), size, size, 1), np.uint8),
    )  # fmt: skip


def test_a_short_chain_is_gone_through_and_a_long_one_is_counted():
    short, long = chain(3), chain(12)  # a thousand and a million million combinations
    seen = systems.Condition("f0", ("a",))
    near = systems.probabilities(short, "f1", (), (seen,))
    assert near.exact
    assert near.probability[0] == pytest.approx(0.55)
    far = systems.probabilities(long, "f11", (), (seen,), n=2000)
    assert not far.exact
    assert far.low[0] <= 0.1 + 0.9 * 0.5**11 <= far.high[0] + 1e-3  # the tie halves at each step
    assert systems.support(long, "f11").values == VALUES


def test_whether_two_far_factors_occur_together_cannot_be_told():
    with pytest.raises(errors.UserError, match="too many combinations"):
        systems.held_out(chain(12), "f0", "f11")
