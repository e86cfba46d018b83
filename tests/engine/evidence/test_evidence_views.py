"""Each file of the room keeps its promises: a page that there is, offers that can be answered, parts that say what a report needs."""

import functools
from urllib.parse import quote

import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import errors, registry
from engine.evidence import views
from engine.evidence.asked import Asked
from pages.parts import navigation

NAMES = views.names()
RARE = {"assay-network", "assay-examples", "audit"}  # in a report only where somebody wants them


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
    assert name in {"claim", "audit", "interpreters"} or found.networks  # of the whole store, of a file, of untrained networks
    assert name in {"claim", "audit"} or found.runs or (found.scores is not None and len(found.scores))


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words_rows_and_panels_that_plotly_takes(name):
    found, _ = part(name)
    assert found.figures
    for shown in found.pictures:
        assert len(shown.rows)
        assert all(one.words and one.file.startswith((b"\x89PNG", b"RIFF")) for one in shown.shown)
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
    assert usual == set(views.paths()) - RARE


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


def test_a_pasted_link_is_told_without_its_host():
    assert views.told(" http://127.0.0.1:8501/pairs?table=a%20b#below ") == "pairs?table=a%20b"
    assert views.told("https://host.example/") == "home"
    assert views.told("trust") == "trust"


def test_counts_of_few_people_are_not_told_nor_the_shares_that_would_tell_them():
    people = views.part("people?dataset=adult&attribute=sex&constraint=parity")[0]
    kinds = people.tables[0].rows
    assert "fewer than 5" in set(kinds["down"])
    assert {"row", "label", "boost", "distance"}.isdisjoint(people.figures[0].rows)  # of single people
    few = pd.DataFrame({"group": ["a", "b"], "direction": ["up", "up"], "people": ["fewer than 5", "0"], "share": [0.1, 0.0], "low": [0.0, 0.0],
                        "high": [0.2, 0.1], "n": [30, 30]})  # fmt: skip
    told = registry.load(views.ROOM, "people").without_few(few)
    assert told["share"].isna().tolist() == [True, False]
    audited = views.part("audit?look=race")[0]
    assert (audited.figures[0].rows["n"].dropna().between(1, 4)).sum() == 0


def test_an_audit_of_a_file_that_is_gone_or_another_one_is_refused():
    for address, said in (
        ("audit?hand=nowhere%2Ffile.csv", "is not here any more"), ("audit?hand=on%20this%20machine", "is not here any more"),
        ("audit?score-0000=x", "columns of another file"), ("audit?bring=A%20network", "is not reported"),
    ):  # fmt: skip
        with pytest.raises(errors.UserError, match=said):
            views.part(address)


def test_thresholds_of_an_address_are_those_that_are_reported():
    told = views.part("thresholds?dataset=adult&attribute=sex&constraint=parity&at=0.3,0.7")
    assert told[1].told["at"] == "Female 0.3, Male 0.7"
    assert told[0].figures[0].title == "Rates at Female 0.3, Male 0.7"


def test_a_circuits_graph_is_the_one_that_its_view_names():
    found, asked = views.part("circuits?view=" + quote('{"graph":"attention.class=3"}'))
    assert asked.told["graph"] == "Attention, class 3"
    assert found.figures[0].title.startswith("Attention, class 3: ")
    with pytest.raises(errors.UserError, match="asks the circuit itself"):
        views.part("circuit-compare?view=" + quote('{"asked":{"compare":{"kind":"shift"}}}'))
