"""A reliability diagram: accuracy against confidence in bins, with intervals, over the number of examples in each bin."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import formats, looks, template
from engine.plots.template import Trace


def reliability(bins: pd.DataFrame, colour: str = "network") -> go.Figure:
    """Return the diagram: points on the diagonal are calibrated, below it the network is too sure.

    Args:
        bins: One row a bin: `low`, `high` (edges), `confidence` and `accuracy` (means of the bin), `accuracy_low`,
            `accuracy_high` (95 % interval), `n`; bins with n = 0 have a bar of no height and no point.
        colour: Column that tells several networks apart; without such a column all bins are one network's.
    """
    groups = list(bins.groupby(colour, sort=True, observed=True)) if colour in bins else [("", bins)]
    given = looks.looks(str(name) for name, _ in groups)
    traces = [_diagonal()]
    for name, part in groups:
        traces.append(_points(part[part["n"] > 0], str(name), given[str(name)]))
        traces.append(_counts(part, str(name), given[str(name)], alone=len(groups) == 1))
    share = {"range": [0, 1.01], "tickformat": ".0%"}
    return template.figure(
        traces,
        xaxis=share | {"title": {"text": "confidence of the answer"}, "anchor": "y2"},
        yaxis=share | {"title": {"text": "accuracy"}, "domain": [0.28, 1]},
        yaxis2={"title": {"text": "examples"}, "domain": [0, 0.22], "rangemode": "tozero", "tickformat": ",d", "nticks": 4},
        height=460,
        bargap=0,
        barmode="overlay",
    )


def _diagonal() -> Trace:
    line = {"color": template.LIGHT.axis, "width": 1, "dash": "4px,4px"}
    return template.trace("scatter", x=[0, 1], y=[0, 1], mode="lines", name="calibrated", hoverinfo="skip", line=line)


def _points(part: pd.DataFrame, name: str, look: looks.Look) -> Trace:
    texts = [
        f"<b>{formats.plain(name)}</b><br>confidence {formats.percent(r['confidence'])}<br>"
        f"accuracy {formats.interval(r['accuracy'], r['accuracy_low'], r['accuracy_high'], r['n'], 'fraction')}"
        for r in part.to_dict("records")
    ]
    accuracy = part["accuracy"].to_numpy(np.float64)
    return template.trace(
        "scatter",
        x=part["confidence"].to_numpy(np.float64),
        y=accuracy,
        mode="lines+markers",
        name=formats.plain(name),
        showlegend=bool(name),
        legendgroup=name,
        hovertext=texts,
        hoverinfo="text",
        line={"color": template.faded(look.hex, 0.45), "width": 1},
        marker={"color": look.hex, "symbol": look.plotly, "size": 8},
        error_y=template.errors(accuracy, part["accuracy_low"], part["accuracy_high"], look.hex),
    )


def _counts(part: pd.DataFrame, name: str, look: looks.Look, *, alone: bool) -> Trace:
    """Return the bars of n; several networks' bars are outlines over each other."""
    low, high = part["low"].to_numpy(np.float64), part["high"].to_numpy(np.float64)
    texts = [f"{formats.percent(r['low'])} to {formats.percent(r['high'])}: n {formats.count(r['n'])}" for r in part.to_dict("records")]
    outline = {"color": template.faded(look.hex, 0.8), "width": 1}
    return template.trace(
        "bar",
        x=(low + high) / 2,
        width=high - low,
        y=part["n"].to_numpy(),
        yaxis="y2",
        hovertext=texts,
        hoverinfo="text",
        showlegend=False,
        legendgroup=name,
        marker={"color": template.faded(look.hex, 0.35 if alone else 0.08), "line": outline},
    )
