"""The figures of trust: several estimates a row, the scree, the two views of one relation."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.plots import correlations, estimates, formats, paradox, scree, template

ROWS = pd.DataFrame(
    {
        "label": ["ID error", "<b>ece", "nll"],
        "networks": [84, 24, 84],
        "pairs": [12, 12, 12],
        "note": [None, "≠", np.nan],
        "r2": [0.3, 0.1, np.nan],
        "r2_low": [0.2, -0.6, np.nan],
        "r2_high": [0.4, 0.2, np.nan],
        "out": [0.25, -0.7, np.nan],
        "out_low": [0.1, -2.0, np.nan],
        "out_high": [0.35, 0.1, np.nan],
        "id": [0.3, 0.28, 0.3],
    }
)
SCREE = pd.DataFrame({"component": [1, 2, 3], "eigenvalue": [2.0, 0.7, 0.3], "random": [1.2, 1.0, 0.8], "cumulative": [0.67, 0.9, 1.0]}).assign(
    low=lambda f: f["eigenvalue"] - 0.1, high=lambda f: f["eigenvalue"] + 0.1
)
POINTS = pd.DataFrame(
    {
        "network": [f"n{i}" for i in range(12)],
        "pair": ["a → b"] * 6 + ["b → a"] * 6,
        "x": np.r_[np.arange(6.0), np.arange(6.0) + 10],
        "y": np.r_[np.arange(6.0), np.arange(6.0) - 10],
        "x_standardised": np.tile(np.linspace(-1.5, 1.5, 6), 2),
        "y_standardised": np.tile(np.linspace(-1.5, 1.5, 6), 2),
    }
)
NAMES = [f"demographic disparity on set {i}" for i in range(5)]
CAPTIONS = {"pooled": "all", "standardised": "within"}
OWN = [(0.0, 0.0, 5.0, 5.0), (10.0, -10.0, 15.0, -5.0)]
LINES = {"pooled": (-0.8, 3.0), "standardised": (1.0, 0.0)}


def drawn_estimates(frame=ROWS):
    return estimates.estimates(frame, {"alone": "r2", "left out": "out"}, title="R²", within=(-0.25, 1.0), note="note", ticks={"ID": "id"})


def both(frame=POINTS):
    return paradox.paradox(paradox.thinned(frame), OWN, LINES, x_title="ECE", y_title="error", captions=CAPTIONS)


CELLS = pd.DataFrame([(a, b, 0.5 if a != b else 1.0) for a in NAMES for b in NAMES], columns=["row", "column", "value"])
MAKERS = {
    "correlations": lambda: correlations.correlations(CELLS, NAMES, title="Spearman"),
    "estimates": drawn_estimates,
    "scree": lambda: scree.scree(SCREE, 1),
    "pooled": lambda: both()["all"],
    "within": lambda: both()["within"],
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("theme", template.THEMES)
def test_plotly_knows_every_setting_of_the_trust_figures(name, theme):
    go.Figure(template.themed(MAKERS[name](), theme).to_dict())


@pytest.mark.parametrize("name", MAKERS)
def test_no_light_colour_is_left_in_the_dark_trust_figures(name):
    text = template.themed(MAKERS[name](), "dark").to_json()
    assert [c for c in (*template.LIGHT.categorical, template.LIGHT.text, template.LIGHT.muted) if c in text] == []


def test_a_number_beyond_the_axis_stands_as_an_arrow_at_its_edge_and_says_itself():
    _, _, out = drawn_estimates().data
    assert list(out.x)[1] == -0.25
    assert list(out.marker.symbol)[:2] == [estimates.SYMBOLS[1], "triangle-left"]
    assert formats.interval(-0.7, -2.0, 0.1) in out.hovertext[1]
    assert "24 networks, 12 pairs" in out.hovertext[1]


def test_undefined_numbers_have_no_mark_and_names_are_no_markup():
    figure = drawn_estimates()
    assert list(figure.data[1].x)[2] is None
    assert list(figure.layout.yaxis.ticktext)[1] == "&lt;b&gt;ece"
    assert [a.text for a in figure.layout.annotations] == ["≠"]


def test_only_the_kept_components_are_filled():
    assert list(scree.scree(SCREE, 1).data[2].marker.symbol) == ["circle", "circle-open", "circle-open"]


def test_each_pair_has_its_own_line_beside_that_of_all():
    pooled = both()["all"]
    own, whole = pooled.data[-2:]
    assert own.y[0] < own.y[1]
    assert whole.y[0] > whole.y[1]
    assert own.x[2] is None
    assert len(both()["within"].data) == 3


def test_many_points_are_thinned_evenly():
    many = pd.concat([POINTS] * 500, ignore_index=True)
    assert sum(len(t.x) for t in both(many)["all"].data if t.mode == "markers") == paradox.MOST
    assert len(paradox.thinned(POINTS)) == 12


def test_slanted_names_of_columns_get_room_of_their_own():
    short = ["a", "b", "c", "d", "e"]
    cells = CELLS.replace(dict(zip(NAMES, short, strict=True)))
    tall, low = correlations.correlations(CELLS, NAMES, title="r"), correlations.correlations(cells, short, title="r")
    assert tall.layout.height > low.layout.height + 100


def test_long_names_break_into_two_lines():
    long = ROWS.assign(label=["mean error on the other OOD sets of the same task", "error on imagenetv2-matched-frequency", ""])
    assert [name.count("<br>") for name in drawn_estimates(long).layout.yaxis.ticktext] == [1, 1, 0]


def test_an_empty_frame_gives_trust_figures_without_marks():
    assert all(len(trace.x) == 0 for trace in drawn_estimates(ROWS.head(0)).data)
    empty = paradox.paradox(POINTS.head(0), [], LINES, x_title="", y_title="", captions=CAPTIONS)
    assert all(len(trace.x or ()) == 0 for figure in empty.values() for trace in figure.data)
