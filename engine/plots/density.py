"""Where more points lie than can be drawn one by one: how many fall into each cell of a grid."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float, Float64

from engine.plots import axes, formats, template
from engine.plots.points import Axis
from engine.plots.template import Trace

CELLS = 80  # along each axis


def counted(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], x_axis: Axis, y_axis: Axis, cells: int = CELLS) -> pd.DataFrame:
    """Return the cells that hold points: x_from, x_to, y_from, y_to in data units, n, and their place `column`, `row` in the grid.

    Args:
        x: One finite number a point.
        y: The other.
        x_axis: What x shows; the grid is even on its scale.
        y_axis: What y shows.
        cells: Cells along each axis.
    """
    u, v = axes.place(x, x_axis.scale), axes.place(y, y_axis.scale)
    counts, across, up = np.histogram2d(u, v, bins=cells)
    column, row = np.nonzero(counts)
    edges = [axes.value(bounds, axis.scale) for bounds, axis in ((across, x_axis), (up, y_axis))]
    ends = {
        f"{name}_{end}": bounds[at + far]
        for name, bounds, at in (("x", edges[0], column), ("y", edges[1], row))
        for far, end in enumerate(("from", "to"))
    }
    return pd.DataFrame(ends | {"n": counts[column, row].astype(np.int64), "column": column, "row": row})


def density(frame: pd.DataFrame, *, x_axis: Axis, y_axis: Axis, fit: Mapping[str, Sequence[float]] | None = None) -> go.Figure:
    """Return a heat map of how many points fall into each cell; its colours are even in the logarithm.

    Args:
        frame: As `counted`.
        x_axis: What x shows.
        y_axis: What y shows.
        fit: A line's x and y in data units, to be drawn over it.
    """
    columns, rows = int(frame["column"].max()) + 1, int(frame["row"].max()) + 1
    z, text = np.full((rows, columns), np.nan), np.full((rows, columns), "", dtype=object)
    for cell in frame.to_dict("records"):
        z[cell["row"], cell["column"]] = cell["n"]
        within = [
            f"{formats.amount(cell[f'{a}_from'], axis.unit)} to {formats.amount(cell[f'{a}_to'], axis.unit)}"
            for a, axis in (("x", x_axis), ("y", y_axis))
        ]
        text[cell["row"], cell["column"]] = f"<b>{formats.count(cell['n'])}</b><br>x: {within[0]}<br>y: {within[1]}"
    places = [_middles(frame, name, at, axis) for name, at, axis in (("x", "column", x_axis), ("y", "row", y_axis))]
    heat = template.trace(
        "heatmap", x=places[0], y=places[1], z=np.log10(z).tolist(), hovertext=text.tolist(), hoverinfo="text",
        colorscale=template.scale(template.LIGHT.sequential), hoverongaps=False, colorbar=_bar(int(frame["n"].max())),
    )  # fmt: skip
    layouts = [axes.layout(axis.title, axis.unit, axis.scale, axis.within) for axis in (x_axis, y_axis)]
    return template.figure([heat, *_lines(fit, x_axis, y_axis, places)], xaxis=layouts[0], yaxis=layouts[1], height=460)


def _bar(most: int) -> dict[str, Any]:
    """Return the colour bar's settings: powers of ten up to the fullest cell."""
    powers = range(len(str(most)))
    return {"title": {"text": "points"}, "tickvals": [*powers], "ticktext": [formats.count(10**power) for power in powers]}


def _lines(fit: Mapping[str, Sequence[float]] | None, x_axis: Axis, y_axis: Axis, both: Sequence[Float64[np.ndarray, " places"]]) -> list[Trace]:
    """Return y = x where both axes go, and the fitted line."""
    ends = [max(places.min() for places in both), min(places.max() for places in both)]
    dashed = {"color": template.LIGHT.axis, "width": 1, "dash": "4px,4px"}
    found = [template.trace("scatter", x=ends, y=ends, mode="lines", name="y = x", hoverinfo="skip", showlegend=False, line=dashed)]
    if fit is None:
        return found
    along, up = (axes.place(np.asarray(fit[name], dtype=np.float64), axis.scale) for name, axis in (("x", x_axis), ("y", y_axis)))
    style = {"color": template.LIGHT.text, "width": 1.5}
    return [*found, template.trace("scatter", x=along, y=up, mode="lines", name="fit", hoverinfo="skip", showlegend=False, line=style)]


def _middles(frame: pd.DataFrame, name: str, at: str, axis: Axis) -> Float64[np.ndarray, " places"]:
    """Return the middle of each cell along an axis, on its scale."""
    low, high = (axes.place(frame[f"{name}_{end}"].to_numpy(float), axis.scale) for end in ("from", "to"))
    width = float(np.median(high - low))
    first = float(low[0] - width * frame[at].iloc[0])
    return first + width * (np.arange(int(frame[at].max()) + 1) + 0.5)
