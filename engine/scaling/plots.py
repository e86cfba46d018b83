"""Figures of this study: a cost against a size, both axes logarithmic, a line an architecture and the fitted power beside it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import formats, looks, template
from engine.plots.template import Trace
from engine.scaling.spec import ARCHITECTURES

TITLES = {"seconds": "processor time of a batch (s)", "peak_bytes": "peak memory of a batch (MB)", "operations": "operations an image"}
X_TITLES = {"parts": "modules or functions", "tokens": "tokens of an image"}
NAMES = {"seconds": "Time", "peak_bytes": "Memory"}  # of the figures that are shown
_UNITS = {"seconds": 1.0, "peak_bytes": 1e-6, "operations": 1.0}


def growth(costs: pd.DataFrame, slopes: pd.DataFrame, axis: str, measure: str) -> go.Figure:
    """Return one panel.

    Args:
        costs: Rows of one mode whose sizes differ along `axis` only, as `views.along` gives them.
        slopes: Rows of the same mode, as `views.slopes` gives them.
        axis: parts | tokens.
        measure: seconds | peak_bytes | operations.
    """
    given = looks.looks(sorted(ARCHITECTURES))
    traces: list[Trace] = []
    for name, mine in costs.groupby("architecture", sort=True):
        fit = slopes[(slopes["architecture"] == name) & (slopes["axis"] == axis) & (slopes["measure"] == measure)]
        traces += _lines(mine.sort_values(axis), fit, axis, measure, given[str(name)])
    sizes = sorted(int(one) for one in costs[axis].unique())
    return template.figure(
        traces,
        xaxis={"title": {"text": X_TITLES[axis]}, "type": "log", "tickvals": sizes, "ticktext": [str(one) for one in sizes]},
        yaxis={"title": {"text": TITLES[measure]}, "type": "log", "dtick": 1, "tickformat": ",.3~g"},
        height=300,
        showlegend=False,
    )


def legend() -> dict[str, looks.Look]:
    """Return the look of each architecture, for a legend that the panels share."""
    given = looks.looks(sorted(ARCHITECTURES))
    return {ARCHITECTURES[name]: given[name] for name in sorted(ARCHITECTURES)}


def _lines(mine: pd.DataFrame, fit: pd.DataFrame, axis: str, measure: str, look: looks.Look) -> list[Trace]:
    x, y = mine[axis].to_numpy(np.float64), mine[measure].to_numpy(np.float64) * _UNITS[measure]
    name = formats.plain(ARCHITECTURES[str(mine["architecture"].iloc[0])])
    bars = template.errors(y, mine["low"], mine["high"], template.faded(look.hex, 0.55)) if measure == "seconds" else None
    texts = [f"<b>{name}</b><br>{formats.count(size)}: {formats.number(value)}" for size, value in zip(x, y, strict=True)]
    found = [
        template.trace(
            "scatter", x=x, y=y, mode="lines+markers", name=name, hovertext=texts, hoverinfo="text", error_y=bars,
            line={"color": look.hex, "width": 1.75}, marker={"symbol": look.plotly, "size": 7, "color": look.hex},
        )
    ]  # fmt: skip
    if fit.empty:
        return found
    row = fit.iloc[0]
    text = f"power {formats.interval(float(row['slope']), row['low'], row['high'])}"
    label = template.trace(
        "scatter", x=x[-2:-1], y=y[-2:-1], mode="text", text=[text], textposition="top left" if look.plotly else "bottom left", hoverinfo="skip",
        textfont={"color": look.hex, "size": template.SIZE - 1},
    )  # fmt: skip
    return [*found, label]
