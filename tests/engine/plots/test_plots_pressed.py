"""Figures along lambda and the bytes of the plane."""

import json
import struct

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.plots import planes, pressed

LINE = planes.Line(0.02, -1.5, 0.4, 0.8, 0.01, (0.4, 0.7))


def _dots(**more):
    said = {
        "task": np.array([-1.0, 0.5, 2.0], np.float32), "group": np.array([0.0, 1.0, 0.5], np.float32), "members": np.array([0, 1, 1]),
        "labels": np.array([0, 1, 0]), "groups": ("f", "m"), "lines": [LINE],
    }  # fmt: skip
    return planes.Dots(**(said | more))


def test_a_packed_plane_reads_back_as_it_was():
    data = planes.pack(_dots(), name="Zwei Köpfe")
    assert data[:4] == b"TSH1"
    (length,) = struct.unpack("<I", data[4:8])
    header = json.loads(data[8 : 8 + length])
    assert (header["count"], header["groups"], header["name"], header["lines"][0]["b"]) == (3, ["f", "m"], "Zwei Köpfe", -1.5)
    body = data[8 + length :]
    assert (8 + length) % 4 == 0
    np.testing.assert_array_equal(np.frombuffer(body[:12], "<f4"), [-1.0, 0.5, 2.0])
    assert list(body[24:]) == [0, 1, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"task": np.zeros(2, np.float32)}, "different lengths"),
        ({"task": np.array([np.nan, 0, 0], np.float32)}, "finite"),
        ({"lines": []}, "at least one line"),
        ({"members": np.array([0, 1, 2])}, "members outside 2 groups"),
    ],
)
def test_a_plane_that_cannot_be_drawn_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        _dots(**wrong)


def _rows():
    return pd.DataFrame(
        {
            "step": ["none", "5", "two heads", "none", "5"], "series": ["layer 1"] * 3 + ["random"] * 2, "value": [0.8, 0.7, 0.9, 0.6, 0.5],
            "low": [0.7, 0.6, 0.9, 0.5, 0.4], "high": [0.9, 0.8, 0.9, 0.7, 0.6],
        }
    )  # fmt: skip


def test_lines_follow_the_steps_and_what_is_separate_is_not_joined():
    drawn = pressed.pressed(
        _rows(),
        steps=["none", "5", "two heads"],
        x_title="lambda",
        y_title="accuracy",
        levels={"floor": 0.66},
        bands=["random"],
        separate=["two heads"],
    )
    drawn = go.Figure(drawn.to_dict())  # Plotly's own check of every setting
    said = [(trace.name, trace.mode, list(trace.x)) for trace in drawn.data]
    assert said == [
        ("floor (0.660)", "lines", [-0.4, 2.4]),
        ("layer 1", "lines+markers", [0, 1]),
        ("layer 1", "markers", [2]),
        ("random", "lines", [0, 1, 1, 0]),
    ]
    assert list(drawn.data[3].y) == [0.7, 0.6, 0.4, 0.5]
    assert list(drawn.layout.xaxis.ticktext) == ["none", "5", "two heads"]


def test_a_control_that_was_not_measured_draws_no_area():
    rows = _rows()
    drawn = pressed.pressed(rows[rows["series"] == "layer 1"], steps=["none", "5"], x_title="lambda", y_title="accuracy", bands=["random"])
    assert [trace["name"] for trace in drawn.to_dict()["data"]] == ["layer 1"]
