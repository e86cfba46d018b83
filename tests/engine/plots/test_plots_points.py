import json
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plots import points
from engine.plots.points import Axis

AXES = {"x_axis": Axis("here"), "y_axis": Axis("there")}


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "network": ["a", "b", "c", "d"],
            "x": [0.9, 0.8, np.nan, 0.5],
            "y": [0.6, 0.5, 0.4, np.nan],
            "y_low": [0.55, np.nan, 0.3, 0.1],
            "y_high": [0.65, np.nan, 0.5, 0.2],
            "n": [100, 100, 100, 100],
            "architecture": ["cnn", "vit", "cnn", "vit"],
        }
    )


def unpacked(block: bytes) -> tuple[dict, bytes]:
    assert block[:4] == b"TSP1"
    length = struct.unpack("<I", block[4:8])[0]
    return json.loads(block[8 : 8 + length]), block[8 + length :]


def test_rows_without_both_numbers_are_left_out_and_counted():
    found = points.of_frame(frame(), **AXES, colour="architecture")
    assert (list(found.ids), found.hidden) == (["a", "b"], 2)


def test_bounds_that_are_not_known_are_nan_and_absent_columns_are_none():
    found = points.of_frame(frame(), **AXES)
    assert found.x_low is None
    assert found.y_low is not None
    np.testing.assert_array_equal(np.isnan(found.y_low), [False, True])


def test_the_packed_block_holds_the_numbers_in_the_order_that_it_names():
    header, body = unpacked(points.pack(points.of_frame(frame(), **AXES, colour="architecture"), name="ü"))
    arrays = np.frombuffer(body[: 4 * header["count"] * len(header["arrays"])], dtype="<f4").reshape(len(header["arrays"]), -1)
    np.testing.assert_allclose(arrays[header["arrays"].index("y")], [0.6, 0.5], rtol=1e-6)
    assert (header["name"], [name for name, *_ in header["groups"]], list(body[-2:])) == ("ü", ["cnn", "vit"], [0, 1])


@given(st.text(max_size=9))
def test_the_arrays_of_a_packed_block_are_aligned(name):
    block = points.pack(points.of_frame(frame(), **AXES), name=name)
    assert struct.unpack("<I", block[4:8])[0] % 4 == 0


def test_points_of_unequal_lengths_or_without_a_place_are_refused():
    x = np.array([0.5], dtype=np.float32)
    with pytest.raises(ValueError, match="labels has 2 values, expected 1"):
        points.Points(x, x, ["a"], ["a", "b"], **AXES)
    with pytest.raises(ValueError, match="must be finite"):
        points.Points(x, x * np.float32(np.nan), ["a"], ["a"], **AXES)


def test_more_points_than_are_drawn_one_by_one_are_refused():
    x = np.zeros(points.MOST + 1, dtype=np.float32)
    with pytest.raises(ValueError, match="at most 50000"):
        points.Points(x, x, [""] * len(x), [""] * len(x), **AXES)


def test_a_box_holds_its_edges():
    region = {"kind": "box", "x": [0.2, 0.4], "y": [0.0, 1.0]}
    assert points.inside(region, np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.full(5, 0.5)).tolist() == [False, True, True, True, False]


def test_a_lasso_holds_what_matplotlib_says_it_holds():
    path = pytest.importorskip("matplotlib.path")
    rng = np.random.default_rng(0)
    corners, cloud = rng.random((9, 2)), rng.random((500, 2))
    region = {"kind": "lasso", "path": corners.tolist(), "scales": ["linear", "linear"]}
    # a self-crossing path: parity of crossings, which matplotlib gives for each triangle fan by symmetric difference
    fan = np.zeros(len(cloud), dtype=bool)
    for i in range(1, 8):
        fan ^= path.Path(corners[[0, i, i + 1]]).contains_points(cloud)
    np.testing.assert_array_equal(points.inside(region, cloud[:, 0], cloud[:, 1]), fan)


def test_a_lasso_on_logit_axes_has_straight_edges_there():
    # from (0.5, 0.5) to (0.99, 0.99) the edge passes (0.9, 0.9) on logit axes exactly, so just below and above differ
    region = {"kind": "lasso", "path": [[0.5, 0.5], [0.99, 0.5], [0.99, 0.99]], "scales": ["logit", "logit"]}
    assert points.inside(region, np.array([0.9, 0.9]), np.array([0.89, 0.91])).tolist() == [True, False]


def test_a_region_of_another_form_is_refused():
    with pytest.raises(ValueError, match="not a region"):
        points.inside({"kind": "circle"}, np.zeros(1), np.zeros(1))
