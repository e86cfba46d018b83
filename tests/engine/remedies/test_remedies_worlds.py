"""The worlds of the comparison: what changes, and that nothing else does."""

import numpy as np
import pytest

from engine import systems
from engine.datasets import images
from engine.datasets.images import _drawn
from engine.remedies import worlds
from engine.training import methods


@pytest.fixture(scope="module")
def units() -> systems.Latents:
    return worlds.units("coloured_digits", 0.9, 300, 0)


def test_the_worlds_of_coloured_digits_are_named_by_what_is_done() -> None:
    found = {world.name: world.text for world in worlds.worlds("coloured_digits")}
    assert found == {
        "as_trained": "", "cut": "cut(class->ink)", "other": "do(ink=ink of another class)",
        "outside": "do(paper~choice(grey:1,sky:1,cream:1,white:1))",
    }  # fmt: skip


def test_in_shape_scenes_it_is_the_background_that_is_never_seen() -> None:
    act = worlds.outside("shape_scenes")
    assert act is not None
    assert (act.factor, dict(act.law.weights)) == ("background", {"sand": 1.0, "snow": 1.0})  # type: ignore[union-attr]


def test_units_are_those_of_the_drawn_set_of_the_same_seed(units: systems.Latents) -> None:
    recipe = images.Recipe("coloured_digits", "", "", 0, {"test": 20}, {"strength": 0.9})
    drawn = _drawn.draw(recipe, "test")
    bank = images.glyph_bank(units.system, "test")
    assert np.array_equal(worlds.pictures(worlds.worlds("coloured_digits")[0], units[:20], bank), drawn.images)
    assert np.array_equal(units.labels[:20], drawn.labels)


def test_another_class_s_ink_is_never_the_own_nor_the_one_before_and_any_other_as_likely(units: systems.Latents) -> None:
    found = methods.confounder("coloured_digits")
    chosen = worlds.others(units, found)
    domain = units.system.factor("ink").domain
    own = np.array([domain.index(found.own[label]) for label in units.labels])
    assert not (chosen == own).any()
    assert not (chosen == units.values["ink"]).any()
    offsets = np.bincount((chosen - own) % 10, minlength=10)[1:]
    assert offsets.min() > 300 / 9 - 4 * np.sqrt(300 / 9)
    assert np.array_equal(worlds.others(units[:50], found), chosen[:50])


def test_only_ink_changes_where_ink_is_set(units: systems.Latents) -> None:
    bank = images.glyph_bank(units.system, "test")
    here, _, there, _ = (worlds.pictures(world, units[:40], bank).astype(int) for world in worlds.worlds("coloured_digits"))
    changed = np.abs(here - there).max(axis=(1, 2, 3))
    assert (changed > 20).all()
    corners = np.abs(here - there)[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.max() == 0  # paper, its noise and light are those of the same unit
