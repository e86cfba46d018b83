"""Small multiples, cells of too many points, and names that take little room."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plots import density, multiples, points
from engine.stats import lines

WORDS = {"id": "a|b", "title": "a → b", "note": "3", "group": "increasing"}


def unpacked(block):
    size = struct.unpack("<I", block[4:8])[0]
    return json.loads(block[8 : 8 + size]), np.frombuffer(block[8 + size :], np.uint8)


def test_both_axes_of_a_panel_run_over_the_same_range():
    panel = multiples.panel(np.array([0.0, 1.0, 0.5]), np.array([0.5, 0.5, 0.5]), **WORDS)
    assert panel.diagonal
    # the range is -0.04 to 1.04: 0 lies 0.04 / 1.08 * 128 = 4.74 places from the left, 0.5 in the middle, 1 at 123.26
    assert sorted(panel.x.tolist()) == [4, 64, 123]
    assert panel.y.tolist() == [64, 64, 64]


def test_panels_that_are_compared_share_the_ranges_they_are_given():
    panel = multiples.panel(np.array([0.5]), np.array([0.2]), within=((0.0, 1.0), (0.2, 0.4)), **WORDS)
    assert not panel.diagonal
    assert (panel.x.tolist(), panel.y.tolist()) == ([64], [4])


def test_points_on_one_place_are_drawn_once_counted_all_and_strong_where_one_is_chosen():
    x = np.array([0.0, 0.0, 1.0])
    panel = multiples.panel(x, x, chosen=np.array([True, False, False]), **WORDS)
    assert (panel.count, len(panel.x)) == (3, 2)
    assert panel.chosen.tolist() == [True, False]


def test_the_line_goes_from_the_least_to_the_largest_x():
    panel = multiples.panel(np.array([0.2, 0.8]), np.array([0.0, 1.0]), slope=1.0, intercept=0.0, **WORDS)
    scale = [(v + 0.04) / 1.08 * 128 for v in (0.2, 0.2, 0.8, 0.8)]
    assert panel.fit == pytest.approx(scale, abs=0.01)
    assert multiples.panel(np.array([0.2, 0.8]), np.array([0.0, 1.0]), **WORDS).fit == ()


def test_an_empty_panel_is_a_panel():
    assert multiples.panel(np.array([]), np.array([]), **WORDS).count == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=40), st.sampled_from(["linear", "probit"]), st.booleans())
def test_a_packed_panel_holds_what_was_put_in(cloud, axes, marked):
    x, y = (np.array([p[k] for p in cloud], dtype=float) for k in (0, 1))
    panel = multiples.panel(x, y, axes, chosen=x > 0.5 if marked else None, **WORDS)
    header, body = unpacked(multiples.pack([panel, panel], name="all"))
    assert [p["places"] for p in header["panels"]] == [len(panel.x)] * 2
    assert (header["name"], header["side"]) == ("all", multiples.SIDE)
    one = np.concatenate([panel.x, panel.y, *([panel.chosen] if marked else [])])
    assert body.tolist() == [*one, *one]


def test_cells_count_every_point_and_lie_where_their_points_lie():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0.1, 0.9, 5000), rng.uniform(0.2, 0.8, 5000)
    axis = points.Axis("accuracy", "fraction", "probit")
    cells = density.counted(x, y, axis, axis, cells=20)
    assert cells["n"].sum() == 5000
    busiest = cells.loc[cells["n"].idxmax()]
    inside = (x >= busiest["x_from"]) & (x <= busiest["x_to"]) & (y >= busiest["y_from"]) & (y <= busiest["y_to"])
    assert inside.sum() == busiest["n"]
    widths = np.diff(lines.to_axis(cells[["x_from", "x_to"]].to_numpy(), "probit"), axis=1)
    assert np.ptp(widths) < 1e-9


def test_a_heat_map_of_cells_has_its_counts_its_diagonal_and_the_line():
    axis = points.Axis("accuracy", "fraction", "linear")
    cells = density.counted(np.array([0.1, 0.1, 0.9]), np.array([0.1, 0.1, 0.9]), axis, axis, cells=4)
    figure = density.density(cells, x_axis=axis, y_axis=axis, fit={"x": [0.1, 0.9], "y": [0.2, 0.8]})
    heat, diagonal, line = figure.data
    assert heat.z[0][0] == pytest.approx(np.log10(2))
    assert heat.z[3][3] == 0
    assert "<b>2</b>" in heat.hovertext[0][0]
    assert list(diagonal.x) == list(diagonal.y)
    assert (list(line.x), list(line.y)) == ([0.1, 0.9], [0.2, 0.8])


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12), max_size=30))
def test_names_that_are_written_short_come_back(given_names):
    names = sorted(given_names * (points.MANY // max(len(given_names), 1) + 1)) if given_names else []
    coded = points.coded(names)
    if isinstance(coded, list):
        assert coded == names
        return
    found, last = [], ""
    for line in coded["shared"].split("\n"):
        last = last[: ord(line[0]) - 33] + line[1:]
        found.append(last)
    assert found == names


def test_many_similar_names_take_a_fraction_of_the_room():
    names = [f"resnet50d-fine-tuned-augmix-lr-0.0005-run-{i:05d}" for i in range(31_104)]
    assert len(points.coded(names)["shared"]) < 0.15 * sum(map(len, names))
    assert points.coded(names[:10]) == names[:10]
