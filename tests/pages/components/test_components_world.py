"""A system as the browser draws it."""

import json

import pytest

from engine import systems
from pages.components import world


@pytest.mark.parametrize("name", systems.names())
def test_every_system_is_told_to_the_browser_whole(name):
    system = systems.load(name)
    told = json.loads(json.dumps(world.described(system)))
    assert [factor["name"] for factor in told["factors"]] == [factor.name for factor in system.factors]
    assert set(told["layout"]["places"]) | set(told["layout"]["alone"]) == {factor.name for factor in system.factors}
    assert set(told["layout"]["passing"]) == {f"{edge['source']}->{edge['target']}" for edge in told["edges"]}
    for factor in told["factors"]:
        known = factor["support"]
        assert known["values"] if factor["categorical"] else known["intervals"]


def test_an_edge_tells_what_it_holds_out():
    told = {edge["target"]: edge["heldOut"] for edge in world.described(systems.load("shape_scenes"))["edges"]}
    assert told["surface"].startswith("Never together in training: stripes disc, ")
    assert told["surface"].endswith("and 2 more.")
    assert {edge["heldOut"] for edge in world.described(systems.load("captured_digits"))["edges"] if edge["target"] in ("noise", "ink")} == {""}


def test_what_the_browser_says_is_read():
    said = {"do": "do(ink=red)", "given": "", "with": {"strength": 0.5}, "seed": 3}
    assert world.Rested.read(said) == world.Rested("do(ink=red)", "", {"strength": 0.5}, 3)
    assert world.Rested.read(said | {"unit": 7, "factor": "ink"}).unit == 7
