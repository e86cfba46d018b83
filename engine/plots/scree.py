"""How many factors: eigenvalues of the correlations beside those of random numbers."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, template
from engine.plots.scatter import band


def scree(frame: pd.DataFrame, kept: int) -> go.Figure:
    """Return eigenvalues with their intervals, and the 95th percentile of random ones as a dashed line.

    Args:
        frame: One row a component: component, eigenvalue, low, high, random, cumulative.
        kept: How many of the first components are factors; their marks are filled.
    """
    component, value, low, high, random = (frame[c].to_numpy(np.float64) for c in ("component", "eigenvalue", "low", "high", "random"))
    ink, muted = template.LIGHT.categorical[0], template.LIGHT.muted
    texts = [
        f"<b>component {row['component']}</b><br>eigenvalue {formats.interval(row['eigenvalue'], row['low'], row['high'])}<br>"
        f"random data: {formats.number(row['random'])} (95th percentile)<br>variance up to here: {formats.percent(row['cumulative'])}"
        for row in frame.to_dict("records")
    ]
    shape = ["circle" if i < kept else "circle-open" for i in range(len(frame))]
    marks = template.trace(
        "scatter", x=component, y=value, mode="lines+markers", name="eigenvalue", hovertext=texts, hoverinfo="text",
        line={"color": ink, "width": 1.75}, marker={"color": ink, "size": 9, "symbol": shape, "line": {"width": 1.5, "color": ink}},
    )  # fmt: skip
    line = template.trace(
        "scatter", x=component, y=random, mode="lines", name="random data, 95th percentile", hoverinfo="skip",
        line={"color": muted, "width": 1.5, "dash": "4px,4px"},
    )  # fmt: skip
    return template.figure(
        [band(component, low, high, ink), line, marks],
        xaxis=axes.layout("component", None) | {"dtick": 1, "range": [0.6, len(frame) + 0.4]},
        yaxis=axes.layout("eigenvalue", None) | {"rangemode": "tozero"},
        height=320,
    )
