"""Where the factors of a causal graph stand."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import systems
from engine.plots import causes

NAMES = tuple("abcdefghij")
GRAPHS = st.sets(st.sampled_from([(a, b) for a, b in itertools.combinations(NAMES, 2)]), max_size=18).map(sorted)


def test_a_long_edge_passes_the_column_between_in_a_lane_of_its_own():
    """batch -> class -> ink with batch -> ink: three columns; in the middle stand class, paper and, below them, the passing edge."""
    found = causes.layout(("batch", "class", "paper", "ink", "size"), [("batch", "class"), ("batch", "paper"), ("batch", "ink"), ("class", "ink")])
    assert (found.columns, found.rows) == (3, 2 + causes.LANE)
    assert {name: column for name, (column, _) in found.places.items()} == {"batch": 0, "class": 1, "paper": 1, "ink": 2}
    assert found.passing["batch", "ink"] == ((1, 2.2),)
    assert found.passing["class", "ink"] == ()
    assert found.alone == ("size",)


def test_edges_that_cross_as_they_are_written_are_untangled():
    found = causes.layout(("a", "b", "c", "d"), [("a", "d"), ("b", "c")])
    rows = {name: row for name, (_, row) in found.places.items()}
    assert (rows["a"] < rows["b"]) == (rows["d"] < rows["c"])


@given(GRAPHS)
@settings(max_examples=60, deadline=None)
def test_causes_stand_left_of_effects_and_nothing_stands_on_anything_else(edges):
    found = causes.layout(NAMES, edges)
    assert all(found.places[source][0] < found.places[target][0] for source, target in edges)
    taken = [(place, 1.0) for place in found.places.values()] + [(stop, causes.LANE) for stops in found.passing.values() for stop in stops]
    for (one, tall), (other, high) in itertools.combinations(taken, 2):
        assert one[0] != other[0] or abs(one[1] - other[1]) >= (tall + high) / 2 - 2e-3
    assert set(found.places) | set(found.alone) == set(NAMES)
    assert all(0 < row < found.rows for _, row in found.places.values())
    assert all(len(found.passing[a, b]) == found.places[b][0] - found.places[a][0] - 1 for a, b in edges)


@pytest.mark.parametrize("name", systems.names())
def test_every_system_that_ships_is_laid_out_the_same_way_twice(name):
    system = systems.load(name)
    edges = [(edge.source, edge.target) for edge in system.edges]
    assert causes.layout(system.order, edges) == causes.layout(system.order, edges)
