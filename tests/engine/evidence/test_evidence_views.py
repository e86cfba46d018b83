"""Each file of the room keeps its promises: a page that there is, offers that can be answered, parts that say what a report needs."""

import functools

import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import errors, registry
from engine.evidence import views
from engine.evidence.asked import Asked
from pages.parts import navigation

NAMES = views.names()


@functools.cache
def offers(name):
    return registry.load(views.ROOM, name).offered()


@functools.cache
def part(name):
    """Return the usual part of a view, the first where none is usual."""
    return views.part(next((one for one in offers(name) if one.usual), offers(name)[0]).address)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


@pytest.mark.parametrize("name", NAMES)
def test_a_view_is_that_of_a_page(name):
    told = registry.card(views.ROOM, name).constants
    assert (told["PATH"] if told["PATH"] != "home" else "") in {place.path for place in navigation.PLACES}
    assert told["TITLE"]
    assert isinstance(told["ORDER"], int)


@pytest.mark.parametrize("name", NAMES)
def test_offers_are_addresses_of_the_view_each_once(name):
    found = [one.address for one in offers(name)]
    assert found
    assert len(set(found)) == len(found)
    assert {Asked(address).path for address in found} == {registry.card(views.ROOM, name).constants["PATH"]}
    assert all(one.title for one in offers(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_part_says_what_was_found_how_and_with_what_limits(name):
    found, asked = part(name)
    assert found.title
    assert all(finding.strip() for finding in found.findings)
    assert len(found.method) > 80
    assert found.limits
    assert asked.unread == ()
    assert name == "claim" or found.networks  # a claim is about the whole store
    assert name == "claim" or found.runs or (found.scores is not None and len(found.scores))


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words_rows_and_panels_that_plotly_takes(name):
    found, _ = part(name)
    assert found.figures
    for figure in found.figures:
        assert figure.title
        assert len(figure.alt) > 20
        assert isinstance(figure.rows, pd.DataFrame)
        assert len(figure.rows)
        assert figure.drawn
        for drawn in figure.drawn.values():
            go.Figure(drawn.to_dict())  # validates what the makers leave unchecked


def test_the_usual_views_are_one_of_each_kind_at_least():
    usual = {Asked(one.address).path for one in views.offered() if one.usual}
    assert usual == set(views.paths()) - {"assay-network"}


def test_a_choice_is_read_by_name_and_in_the_words_of_the_page():
    for said in ("gaussian_noise", "gaussian noise"):
        asked = Asked(f"x?shift={said}")
        assert asked.one("shift", ["fog", "gaussian_noise"], None, lambda name: name.replace("_", " ")) == "gaussian_noise"
        assert asked.told == {"shift": "gaussian noise"}


def test_a_choice_that_is_not_there_is_no_silent_other_one():
    with pytest.raises(errors.UserError, match="There is no shift named “frog”") as told:
        Asked("x?shift=frog").one("shift", ["fog", "frost"])
    assert "fog" in told.value.hint
    with pytest.raises(errors.UserError, match="wants one"):
        Asked("x?n=many").number("n", 1)
    with pytest.raises(errors.UserError, match="There is no shift to choose from"):
        Asked("x").one("shift", [])


def test_usual_choices_stand_where_the_address_says_nothing():
    asked = Asked("x?only=false")
    assert asked.one("metric", ["ece", "accuracy"], "accuracy") == "accuracy"
    assert asked.several("rows", ["a", "b", "c"], ["c", "z"]) == ["c"]
    assert asked.flag("only", usual=True) is False
    assert asked.flag("equal", usual=True) is True
    assert asked.number("t", 0.5) == 0.5


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://127.0.0.1:8501/pairs?table=sweep#below", "pairs"), ("/pairs", "pairs"), ("pairs", "pairs"), ("", "home"), ("?a=b", "home"),
        ("https://host.example/base/trust?x=1", "trust"),
    ],
)  # fmt: skip
def test_links_are_read_with_and_without_a_host(address, path):
    assert Asked(address).path == path


def test_what_nobody_read_is_known():
    asked = Asked("pairs?table=a&region=%7B%7D")
    asked.one("table", ["a"])
    assert asked.unread == ("region",)


def test_an_unknown_page_names_the_nearest():
    with pytest.raises(errors.UserError, match="There is no view that can be reported named “pars”") as told:
        views.part("pars")
    assert "pairs" in told.value.hint
    with pytest.raises(errors.UserError, match="longer than can be read"):
        Asked("a" * 9000)
