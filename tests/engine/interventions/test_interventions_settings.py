"""The grid over a factor's domain, and what a world is called where factors are set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors, systems
from engine.interventions import settings

SYSTEM = systems.load("coloured_digits")
NUMBERS = [(name, factor.name) for name in systems.names() for factor in systems.load(name).factors if not factor.categorical]


@pytest.mark.parametrize(("name", "factor"), NUMBERS)
@pytest.mark.parametrize("steps", [9, 11, 21])
def test_a_grid_has_so_many_values_the_ends_of_the_domain_and_those_of_the_support(name, factor, steps):
    system = systems.load(name)
    levels = settings.levels(system, factor, steps)
    about, support = system.factor(factor), systems.support(system, factor)
    places = [level.place for level in levels]
    assert len(levels) == steps
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == about.limits
    width = about.limits[1] - about.limits[0]
    for start, end in support.intervals:
        assert min(abs(place - start) for place in places) < 1e-4 * width
        assert min(abs(place - end) for place in places) < 1e-4 * width
        if end > start:
            assert sum(level.inside for level in levels) >= (5 if steps >= settings.FINE else 3)


@pytest.mark.parametrize(("name", "factor"), NUMBERS)
def test_values_are_written_so_that_they_read_as_the_same_number(name, factor):
    system = systems.load(name)
    for level in settings.levels(system, factor, 21):
        (read,) = systems.interventions(f"do({factor}={level.text})", system)
        assert read == level.act


def test_a_categorical_factor_has_all_of_its_values_however_many_are_asked_for():
    levels = settings.levels(SYSTEM, "paper", 3)
    assert [level.text for level in levels] == list(SYSTEM.factor("paper").domain)
    assert [level.text for level in levels if not level.inside] == ["grey", "sky", "cream", "white"]
    assert {level.place for level in levels} == {None}


def test_rotation_is_dense_where_training_is():
    inside = [level.place for level in settings.levels(SYSTEM, "rotation", 21) if level.inside]
    assert inside == [-12, -6, 0, 6, 12]  # Normal(0, 4) ends three standard deviations from 0


def test_setting_a_factor_takes_the_place_of_what_was_done_to_it():
    base = systems.interventions("do(ink=red); cut(class->ink); cut(batch->paper); do(size~uniform(0.5,1))", SYSTEM)
    (blue,) = [level for level in settings.levels(SYSTEM, "ink", 2) if level.text == "blue"]
    assert systems.text(settings.acts(base, (blue,))) == "cut(batch->paper); do(size~uniform(0.5,1)); do(ink=blue)"
    assert settings.acts(base, ()) == base


def test_an_unknown_factor_is_a_sentence_with_the_nearest():
    with pytest.raises(errors.UserError, match="Did you mean ink"):
        settings.levels(SYSTEM, "inc", 5)


@given(st.integers(0, 300))
def test_every_place_comes_once_and_the_ends_come_first(n):
    found = settings.spread(n)
    assert sorted(found) == list(range(n))
    assert found[:2] == [0, n - 1][: min(n, 2)] or n == 1
