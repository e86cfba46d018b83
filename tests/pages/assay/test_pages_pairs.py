"""The page of pairs over real stores: empty, imported tables, networks evaluated here, addresses that make no sense."""

import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import places
from engine.plots import points
from tests.engine.assay import _tables


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with a table of known patterns and attributes, one with odd names, one of losses."""
    home = tmp_path_factory.mktemp("pairs-page")
    frame = _tables.made()
    about = pd.DataFrame({"kind": ["a", "b"] * 20, "lr": np.linspace(0.001, 0.1, 40)}, index=frame.index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        _tables.table("made", frame, attributes=about, classes=10)
        _tables.table("odd", frame.iloc[:, :4].set_axis(list(_tables.ODD), axis=1).head(30))
        _tables.table("losses", 3 * frame.head(20), metric="nll", unit="nats")
        _tables.table("two", frame.head(2))
    return home


@pytest.fixture
def page(filled, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(filled))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(filled / "none"))
    return opened


def opened(**query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=90)
    app.run()
    app.switch_page("pages/assay/pairs.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    assert "our fault" not in words(app)
    return app


def words(app):
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning, *app.subheader]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")


def listed(app):
    return next(frame.value for frame in app.dataframe if "network" in frame.value)["network"].tolist()


def test_an_empty_store_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    app = opened()
    assert "Import a table of results, or evaluate networks here" in words(app)


def test_a_table_opens_on_how_many_pairs_show_which_pattern(page):
    said = words(page(table="made", id="id"))
    assert "Of 4 pairs of a set in distribution and another: **25 % increasing** (1), **25 % vertical (underspecified)** (1)" in said
    assert "id → up" in said
    assert "on probit axes is at least 0.70" in said


def test_the_address_opens_a_pair_and_says_why_it_has_its_pattern(page):
    said = words(page(table="made", id="id", pair="id|flat"))
    assert "id → flat" in said
    assert "**Horizontal** (nothing gets across)" in said
    assert "chance is 10 %" in said


def test_a_moved_threshold_changes_the_pattern(page):
    app = page(table="made", id="id")
    app.slider(key="t-increasing").set_value(1.0).run()
    assert not app.exception
    assert "increasing" not in words(app).split("Each small panel")[0].split("Of 4 pairs")[-1].split(".")[0]
    assert "a weak relation" in words(app)


def test_a_region_in_the_address_lists_only_the_networks_inside(page):
    frame = _tables.made()
    region = {"kind": "box", "x": [0.85, 1.0], "y": [0.0, 1.0]}
    app = page(table="made", id="id", region=json.dumps(region))
    expected = frame.index[(frame["id"] >= 0.85)]
    assert set(listed(app)) == set(expected)
    assert f"{len(expected)} of 40 networks inside" in words(app)
    assert f"{len(expected)} networks of the region stand out" in words(app)


@pytest.mark.parametrize("region", ["x", "[1]", '{"kind": "box"}', '{"kind": "lasso", "path": 3}', '{"kind": "box", "x": ["a", "b"], "y": [0, 1]}'])
def test_a_region_that_cannot_be_read_lists_all(page, region):
    assert len(listed(page(table="made", id="id", region=region))) == 40


def test_nonsense_in_the_address_is_no_fault(page):
    names = (
        "table",
        "measure",
        "scale",
        "id",
        "pair",
        "by",
        "below",
        "split",
        "base",
        "baseline",
        "only",
        "network",
        "group",
        "region",
        "t-ratio",
        "page-2",
    )
    page(**dict.fromkeys(names, "nonsense"))


def test_odd_names_of_sets_are_shown_as_they_are(page):
    app = page(table="odd", id="x%40y")
    assert "x@y → " in words(app)


def test_losses_are_on_linear_axes(page):
    app = page(table="losses", id="id")
    assert app.selectbox(key="scale").options == ["linear"]
    assert "on linear axes" in words(app)


def test_two_networks_have_no_line_and_it_is_said(page):
    said = words(page(table="two", id="id"))
    assert "2 networks have both numbers" in said
    assert "No line: A line needs at least 3 points" in said


def test_the_pair_is_told_apart_by_attribute(page):
    app = page(table="made", id="id", below="By attribute", split="kind")
    assert "inside 2 groups it is" in words(app)
    frame = next(f.value for f in app.dataframe if "group" in f.value)
    assert frame["group"].tolist() == ["a", "b"]
    only = page(table="made", id="id", below="By attribute", split="kind", group="kind=a")
    assert set(listed(only)) == set(_tables.made().index[::2])


def test_effective_robustness_is_told_against_a_baseline(page):
    app = page(table="made", id="id", below="Effective robustness", base="kind", baseline="a")
    assert "Against the line of **a**, **b** stands highest" in words(app)
    frame = next(f.value for f in app.dataframe if "effective" in f.value)
    assert frame["baseline"].sum() == 1
    assert "points" in frame["effective"].iloc[0]


def test_what_carries_the_line_and_all_pairs_are_shown(page):
    page(table="made", id="id", below="What carries the line")
    app = page(table="made", id="id", below="All pairs")
    frame = next(f.value for f in app.dataframe if "pattern" in f.value)
    assert len(frame) == 4


def test_a_clicked_network_without_a_page_shows_what_is_known_of_it(page):
    app = page(table="made", id="id", network="n003")
    assert "**n003**" in words(app)


def test_more_networks_than_can_be_drawn_are_counted_and_drawn_once_few_are_asked_for(page, monkeypatch):
    monkeypatch.setattr(points, "MOST", 30)
    app = page(table="made", id="id")
    assert "too many to draw one by one" in words(app)
    assert app.get("plotly_chart")
    ends = np.sort(_tables.made()["id"].to_numpy())
    app.slider(key="within-x").set_value((float(ends[0]), float(ends[10]))).run()
    assert not app.exception
    assert "11 of 40 networks in this region" in words(app)
    assert not app.get("plotly_chart")


def test_a_shifted_version_of_the_set_opens_by_its_address_and_by_choice(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    app = opened(table="the networks evaluated here", pair="mnist|mnist@rotation:30")
    assert "mnist → mnist · rotation 30" in words(app)
    up = app.selectbox(key="up-mnist|mnist@rotation:30")
    assert up.value == "mnist|mnist@rotation:30"
    up.set_value("mnist|optdigits").run()
    assert not app.exception
    assert "mnist → optdigits" in words(app)


def test_the_shipped_results_open_with_their_patterns(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    app = opened(table="the networks evaluated here")
    assert "pairs of a set in distribution and another" in words(app)
    assert app.selectbox(key="id").value == "the set each was trained on"
