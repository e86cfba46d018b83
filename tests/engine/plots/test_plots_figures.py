"""What all figure makers share, and what each shows."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.plots import bars, confusion, formats, lines, looks, matrix, reliability, scatter, template
from engine.plots.points import Axis

SCORES = pd.DataFrame(
    {
        "network": ["cnn", "cnn", "vit", "vit", "<b>x"],
        "dataset": ["mnist", "printed", "mnist", "printed", "mnist"],
        "value": [0.98, 0.0, np.nan, np.nan, 0.5],
        "low": [0.97, 0.0, np.nan, np.nan, 0.4],
        "high": [0.99, 0.01, np.nan, np.nan, 0.6],
        "n": [1000, 1000, 10, 10, 100],
        "reason": [None, None, None, "ONNX gives no gradients", None],
    }
)
CURVES = pd.DataFrame(
    [
        {"network": name, "shift": shift, "strength": float(k), "value": 0.9 - 0.1 * k, "low": 0.85 - 0.1 * k, "high": 0.95 - 0.1 * k, "n": 500}
        for name in ("cnn", "vit")
        for shift in ("fog", "blur")
        for k in range(6)
    ]
)
PAIRS = pd.DataFrame(
    {
        "network": ["a", "b", "c"],
        "x": [0.9, 0.8, np.nan],
        "x_low": [0.85, 0.75, 0.1],
        "x_high": [0.95, 0.85, 0.2],
        "y": [0.6, 0.5, 0.4],
        "kind": list("uvu"),
    }
)
BINS = pd.DataFrame(
    {
        "low": [0.0, 0.5],
        "high": [0.5, 1.0],
        "confidence": [np.nan, 0.8],
        "accuracy": [np.nan, 0.7],
        "accuracy_low": [np.nan, 0.6],
        "accuracy_high": [np.nan, 0.8],
        "n": [0, 50],
    }
)
COUNTS = pd.DataFrame({"true": [0, 0, 1], "predicted": [0, 1, 1], "n": [8, 2, 5]})
AXES = {"x_axis": Axis("here", scale="logit"), "y_axis": Axis("there")}

MAKERS = {
    "bars": lambda: bars.bars(SCORES[SCORES["dataset"] == "mnist"], title="accuracy"),
    "dots": lambda: bars.bars(SCORES[SCORES["dataset"] == "mnist"], title="accuracy", kind="dot", order="given"),
    "confusion": lambda: confusion.confusion(COUNTS, ["zero", "one", "two"]),
    "curves": lambda: lines.curves(CURVES[CURVES["shift"] == "fog"], x_title="strength", y_title="accuracy"),
    "panel": lambda: lines.panels(CURVES, x_title="strength", y_title="NLL", unit="nats")["fog"],
    "matrix": lambda: matrix.matrix(SCORES, title="accuracy"),
    "differences": lambda: matrix.matrix(SCORES, title="difference", middle=0.0, unit=None),
    "reliability": lambda: reliability.reliability(BINS),
    "reliabilities": lambda: reliability.reliability(pd.concat([BINS.assign(network=n) for n in ("cnn", "vit")])),
    "scatter": lambda: scatter.scatter(PAIRS, **AXES, colour="kind", fit={"x": [0.5, 0.9], "y": [0.4, 0.6], "low": [0.3, 0.5], "high": [0.5, 0.7]}),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("theme", template.THEMES)
def test_plotly_knows_every_setting_of_the_figure(name, theme):
    go.Figure(template.themed(MAKERS[name](), theme).to_dict())


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_data_give_the_same_figure(name):
    assert MAKERS[name]().to_json() == MAKERS[name]().to_json()


@pytest.mark.parametrize("name", MAKERS)
def test_no_light_colour_is_left_in_the_dark_figure(name):
    text = template.themed(MAKERS[name](), "dark").to_json()
    left = [c for c in (*template.LIGHT.categorical, *template.LIGHT.sequential, template.LIGHT.text, template.LIGHT.muted) if c in text]
    assert left == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: scatter.scatter(PAIRS.head(0), **AXES),
        lambda: lines.curves(CURVES.head(0), x_title="", y_title=""),
        lambda: matrix.matrix(SCORES.head(0), title=""),
        lambda: matrix.matrix(SCORES.head(0), title="", middle=0.0),
        lambda: bars.bars(SCORES.head(0), title=""),
        lambda: reliability.reliability(BINS.head(0)),
    ],
)
def test_an_empty_frame_gives_a_figure_without_marks(make):
    marks = [t for t in make().data if t.name not in {"y = x", "calibrated"}]
    assert all(np.size(t.z if t.type == "heatmap" else t.y) == 0 for t in marks)


def test_not_measured_undefined_and_zero_look_different_in_the_matrix():
    drawn = matrix.matrix(SCORES, title="accuracy")
    grey, numbers, *texts = drawn.data
    names, sets = list(numbers.y), list(numbers.x)
    cell = {(y, x): text for inked in texts for x, y, text in zip(inked.x, inked.y, inked.text, strict=True)}
    assert cell["cnn", "printed"] == "0"
    assert cell["vit", "mnist"] == matrix.UNDEFINED
    assert cell["vit", "printed"] == matrix.NOT_MEASURED
    assert cell["&lt;b&gt;x", "printed"] == matrix.NOT_MEASURED
    assert numbers.z[names.index("cnn")][sets.index("printed")] == 0
    assert grey.z[names.index("vit")][sets.index("mnist")] == 1
    assert np.isnan(grey.z[names.index("vit")][sets.index("printed")])
    assert "ONNX gives no gradients" in numbers.hovertext[names.index("vit")][sets.index("printed")]


def test_every_number_in_the_matrix_hovers_with_interval_and_n():
    numbers = matrix.matrix(SCORES, title="accuracy").data[1]
    assert formats.interval(0.98, 0.97, 0.99, 1000, "fraction") in numbers.hovertext[list(numbers.y).index("cnn")][0]


def test_low_is_strong_where_low_is_better():
    high, low = (matrix.matrix(SCORES, title="", better=end).data[1].colorscale for end in ("higher", "lower"))
    assert [c for _, c in high] == [c for _, c in low][::-1]


def test_the_middle_of_a_diverging_scale_is_the_middle_of_its_range():
    numbers = matrix.matrix(SCORES, title="", middle=0.2).data[1]
    assert numbers.zmin + numbers.zmax == pytest.approx(0.4)


def test_all_panels_share_their_axis_and_a_name_has_one_colour():
    panels = lines.panels(CURVES, x_title="strength", y_title="accuracy")
    assert set(panels) == {"fog", "blur"}
    assert len({tuple(p.layout.yaxis.range) for p in panels.values()}) == 1
    legend = lines.legend(CURVES)
    for panel in panels.values():
        assert {t.name: t.line.color for t in panel.data if t.name} == {name: look.hex for name, look in legend.items()}


def test_a_line_breaks_where_nothing_was_measured():
    gap = CURVES[(CURVES["shift"] == "fog") & (CURVES["network"] == "cnn")].assign(value=[0.9, 0.8, np.nan, 0.6, 0.5, 0.4])
    area, line = lines.curves(gap, x_title="", y_title="").data
    assert line.y[2] is None
    assert not line.connectgaps
    assert None not in area.y


def test_an_empty_bin_has_a_bar_of_no_height_and_no_point():
    _, dots, counts = reliability.reliability(BINS).data
    assert (list(dots.x), list(counts.y)) == ([0.8], [0, 50])


def test_a_confusion_cell_reports_its_classes_and_its_share_of_the_true_class():
    shares, *_, cells = confusion.confusion(COUNTS, ["zero", "one", "two"]).data
    np.testing.assert_allclose(shares.z[0], [0.8, 0.2, 0.0])
    assert np.isnan(shares.z[2]).all()  # no example of that class
    assert list(cells.customdata)[:2] == ["0|0", "0|1"]
    assert "2 of 10" in cells.hovertext[1]


def test_bars_say_why_there_is_none():
    drawn = bars.bars(SCORES[SCORES["network"] == "vit"].assign(network=["p", "q"]), title="accuracy")
    assert {a.y: a.text for a in drawn.layout.annotations} == {"p": "undefined", "q": "not measured: ONNX gives no gradients"}


def test_error_bars_reach_from_bound_to_bound_on_a_logit_axis():
    cloud = next(t for t in scatter.scatter(PAIRS, **AXES).data if t.mode == "markers")
    reach = np.asarray(cloud.x) + np.asarray(cloud.error_x.array)
    np.testing.assert_allclose(1 / (1 + np.exp(-reach)), [0.95, 0.85])
    assert list(cloud.customdata) == ["a", "b"]


def test_the_looks_of_a_scatter_are_those_of_everywhere():
    clouds = [t for t in scatter.scatter(PAIRS, **AXES, colour="kind").data if t.mode == "markers"]
    assert {t.name: t.marker.symbol for t in clouds} == {name: look.plotly for name, look in looks.looks(["u", "v"]).items()}


def test_a_matrix_of_one_row_has_room_for_its_slanted_names_and_no_colour_bar():
    names = [f"a set with a long name {i}" for i in range(6)]  # 24 letters each, together more than fit beside each other
    frame = pd.DataFrame({"network": "mine", "dataset": names, "value": 0.5})
    figure = matrix.matrix(frame, title="accuracy")
    assert figure.layout.xaxis.tickangle == -45
    assert figure.layout.height >= 24 * matrix.RISE + matrix.ROW
    assert [trace.showscale for trace in figure.data if trace.type == "heatmap"] == [False, False]
