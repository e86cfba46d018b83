"""The figures of responses: what stands where, what is hollow, what is shaded, in both themes."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.interventions import plots, profile
from engine.plots import template
from tests.engine.interventions.test_interventions_profile import BROKEN, STEADY, UNSURE, rows

PLACES = (-1.0, 0.0, 0.5, 1.0, 2.0)
INSIDE = (False, True, True, True, False)


def curve(networks=("one", "<b>two")):
    said = []
    for i, network in enumerate(networks):
        said.append((network, "", "", None, True, 0.9 - i / 10, np.nan))
        said += [(network, "size", f"{p:g}", p, held, 0.8 - i / 10, -0.1) for p, held in zip(PLACES, INSIDE, strict=True)]
    frame = pd.DataFrame(said, columns=["network", "factor", "level", "place", "inside", "value", "difference"])
    return frame.assign(
        low=frame["value"] - 0.05,
        high=frame["value"] + 0.05,
        n=100,
        difference_low=frame["difference"] - 0.02,
        difference_high=frame["difference"] + 0.02,
    )


def drawn(figure):
    """Return the figure, checked by Plotly, and in the dark theme too."""
    go.Figure(template.themed(figure, "dark").to_plotly_json())
    return go.Figure(figure.to_plotly_json())


def test_a_curve_is_solid_in_training_dashed_outside_and_hollow_there():
    figure = drawn(plots.curve(curve(), title="accuracy", x_title="size", support=[(0.0, 1.0)], within=(0, 1.02)))
    marks = [t for t in figure.data if t.mode == "markers" and t.x[0] is not None]
    assert [list(t.x) for t in marks] == [list(PLACES)] * 2
    assert [str(s).endswith("-open") for s in marks[0].marker.symbol] == [not held for held in INSIDE]
    strokes = {t.line.dash: t for t in figure.data if t.mode == "lines" and t.legendgroup == "one" and t.line.dash}
    assert sorted(x for x in strokes["solid"].x if x is not None) == [0, 0.5, 0.5, 1]
    assert sorted(x for x in strokes["dash"].x if x is not None) == [-1, 0, 1, 2]
    assert set(strokes["dot"].y) == {0.9}  # the base world
    (ground,) = figure.layout.shapes
    assert (ground.x0, ground.x1, ground.layer) == (0, 1, "below")
    assert {a.text for a in figure.layout.annotations} == {"in training", "never in training"}


def test_markup_in_a_name_is_shown_as_it_is():
    figure = drawn(plots.curve(curve(), title="accuracy", x_title="size", support=[(0.0, 1.0)]))
    assert "&lt;b&gt;two" in {t.name for t in figure.data if t.showlegend is not False and t.name}


def test_differences_show_the_paired_interval_around_nought():
    figure = drawn(plots.curve(curve(), title="difference", x_title="size", support=[(0.0, 1.0)], kind="difference"))
    (mark,) = [t for t in figure.data if t.mode == "markers" and t.legendgroup == "one" and t.x[0] is not None]
    assert set(mark.y) == {-0.1}
    assert not [t for t in figure.data if t.mode == "lines" and t.line.dash == "dot"]
    assert figure.layout.yaxis.zeroline


def test_categories_begin_with_the_base_world_and_shade_what_occurs():
    frame = curve().assign(place=np.nan)
    figure = drawn(plots.categories(frame, title="accuracy", x_title="ink"))
    assert list(figure.layout.xaxis.ticktext) == [plots.AS_IT_IS, "-1", "0", "0.5", "1", "2"]
    (ground,) = figure.layout.shapes
    assert (ground.x0, ground.x1) == (1.5, 4.5)
    marks = [t for t in figure.data if t.error_y.array is not None]
    assert [round(marks[0].x[0]), round(marks[0].x[-1])] == [0, 5]
    assert marks[0].x[0] < marks[1].x[0]  # beside each other


def test_a_curve_with_a_single_value_known_is_drawn():
    """What a run under way may show first."""
    some = curve(("one",)).head(2)
    drawn(plots.curve(some, title="accuracy", x_title="size", support=[(0.0, 1.0)]))
    drawn(plots.categories(some.assign(place=np.nan), title="accuracy", x_title="ink"))


def test_a_missing_number_breaks_nothing():
    frame = curve(("one",))
    frame.loc[2, ["value", "low", "high", "difference"]] = np.nan
    drawn(plots.curve(frame, title="accuracy", x_title="size", support=[]))


def test_networks_of_one_architecture_get_colours_of_their_own():
    names = ("cnn-mnist-whole-s0", "cnn-mnist-head-s0", "cnn-printed-whole-s0")
    given = plots.legend(pd.DataFrame({"network": names}))
    assert len({look.colour for look in given.values()}) == 3
    assert plots.legend(pd.DataFrame({"network": names[::-1]})) == given


def test_a_map_frames_what_occurs_of_both_factors():
    said = [(x, y, x in "bc" and y == "1", 0.5) for y in "012" for x in "abcd"]
    frame = pd.DataFrame(said, columns=["level", "level_2", "inside", "value"]).assign(n=10, low=0.4, high=0.6, reason=None)
    figure = drawn(plots.heat(frame, ("ink", "size"), title="accuracy", heading="one"))
    (block,) = figure.layout.shapes
    assert (block.x0, block.x1, block.y0, block.y1) == (0.5, 2.5, 0.5, 1.5)
    assert figure.layout.xaxis.title.text == "ink"
    assert figure.layout.title.text == "one"


@pytest.mark.parametrize("region", profile.REGIONS)
def test_a_profile_marks_each_verdict_in_its_own_way(region):
    changes = {"a": STEADY, "b": [*BROKEN, (15, 14, True)], "c": UNSURE}
    told = profile.profile(pd.concat([rows("one", changes), rows("two", {"a": STEADY})]))
    factors = profile.ordered(told)
    figure = drawn(plots.profile(told, region, factors, 0.05, reach=0.6))
    assert list(figure.layout.yaxis.ticktext) == factors == ["b", "c", "a"]
    (mark,) = [t for t in figure.data if t.legendgroup == "one"]
    expected = {"invariant": "line-ns-open", "not told": "-open", "breaks": ""}
    verdicts = told[(told["region"] == region) & (told["network"] == "one")].set_index("factor")["verdict"]
    for factor, symbol in zip(mark.customdata, mark.marker.symbol, strict=True):
        assert symbol.endswith(expected[verdicts[factor]])
    ground = figure.layout.shapes[0]
    assert (ground.x0, ground.x1) == (-0.05, 0.05)
