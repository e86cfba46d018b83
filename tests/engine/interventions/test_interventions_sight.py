"""What one sees of a world: units that keep their identity, and how factors are spread."""

import numpy as np
import pytest

from engine import errors, systems
from engine.interventions import sight
from engine.systems import Cut, Do

COLOURED = systems.load("coloured_digits")


def test_before_and_now_are_the_same_units_and_differ_only_downstream():
    seen = sight.look(COLOURED, 40, 3, (Do("class", "7"),))
    changed = {name for name, moved in seen.changed().items() if moved.any()}
    assert changed == {"class", "ink"}
    assert seen.now.units.tolist() == seen.before.units.tolist() == list(range(40))
    np.testing.assert_array_equal(seen.before.values["ink"], systems.sample(COLOURED, 40, 3).values["ink"])


def test_a_condition_is_about_the_world_after_the_act():
    seen = sight.look(COLOURED, 10, 0, (Do("ink", "red"),), systems.conditions("given(ink=red)", COLOURED))
    assert seen.now.units.tolist() == list(range(10))  # all are red, so none is passed over


def test_every_spread_adds_up_to_one_and_exact_ones_are_the_laws_own():
    """P(ink = red) = .9 P(0) + .1 P(warm) / 5 = .09 + .01 = .1; under do(ink = red) it is 1."""
    usual, now = sight.spreads(COLOURED), sight.spreads(COLOURED, (Do("ink", "red"),))
    assert all(sum(shares) == pytest.approx(1) for shares in (*usual.values(), *now.values()))
    red = COLOURED.factor("ink").code("red")
    assert usual["ink"][red] == pytest.approx(0.1)
    assert now["ink"][red] == 1.0
    assert now["paper"] == pytest.approx(usual["paper"])
    assert len(usual["size"]) == sight.BINS


def test_cutting_leaves_all_other_factors_spread_as_they_were():
    """The ink itself is spread as before only since every ink is one digit's own, and batches and digits are as likely."""
    usual, now = sight.spreads(COLOURED), sight.spreads(COLOURED, (Cut("class", "ink"),))
    assert {name: pytest.approx(shares) for name, shares in usual.items() if name != "ink"} == {name: now[name] for name in usual if name != "ink"}
    assert now["ink"] == pytest.approx(usual["ink"])


def test_a_rare_condition_is_counted_over_fewer_units_and_one_that_never_holds_is_said():
    rare = sight.spreads(COLOURED, (), systems.conditions("given(lighting=1.145..1.15)", COLOURED))
    assert sum(rare["lighting"]) == pytest.approx(1)
    with pytest.raises(errors.UserError, match="units meet"):
        sight.spreads(COLOURED, (), systems.conditions("given(size=0.3..0.4)", COLOURED))
