from hypothesis import given
from hypothesis import strategies as st

from engine import registry
from engine.plots import looks

NAMES = st.lists(st.text("abcdefgh-0123", min_size=1, max_size=8), unique=True, max_size=64)


def test_a_known_name_looks_the_same_whatever_else_is_drawn():
    name = registry.names("shifts")[0]
    assert looks.looks([name])[name] == looks.looks([name, "zebra", "another", *registry.names("shifts")])[name]


def test_the_known_architectures_have_colours_of_their_own():
    names = registry.names("models/classifiers")[: looks.COLOURS]
    assert len({look.colour for look in looks.looks(names).values()}) == len(names)


@given(NAMES)
def test_no_two_of_64_names_share_colour_and_symbol(names):
    given = looks.spread(names)
    assert len(set(given.values())) == len(names)


@given(NAMES, st.text("xyz", min_size=9, max_size=9))
def test_a_name_that_comes_last_changes_no_other(names, newcomer):
    before, after = looks.spread(names), looks.spread([*names, newcomer])
    assert all(after[name] == before[name] for name in names)


def test_more_names_than_looks_still_get_one():
    names = [f"network {i}" for i in range(100)]
    assert set(looks.looks(names)) == set(names)


@given(st.lists(st.text("abcdefgh-0123", min_size=1, max_size=8), unique=True, max_size=len(looks.SYMBOLS)))
def test_as_many_names_as_there_are_symbols_share_neither_colour_nor_symbol(names):
    given = looks.spread(names).values()
    assert len({look.colour for look in given}) == len({look.symbol for look in given}) == len(names)
