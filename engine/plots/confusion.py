"""A confusion matrix: each row is a true class, its colours are shares of that class, its texts are counts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import formats, template
from engine.plots.matrix import inks, written
from engine.plots.template import Trace

MOST_WITH_TEXT = 26  # classes


def confusion(counts: pd.DataFrame, classes: Sequence[str]) -> go.Figure:
    """Return the matrix; each cell is also a point whose `customdata` is "true|predicted", which a selection reports.

    Args:
        counts: One row a pair: `true`, `predicted` (class numbers), `n`; pairs that never occurred may be missing.
        classes: Class names in order.
    """
    size = len(classes)
    table = np.zeros((size, size))
    np.add.at(table, (counts["true"].to_numpy(), counts["predicted"].to_numpy()), counts["n"].to_numpy())
    totals = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, totals, out=np.full_like(table, np.nan), where=totals > 0)
    names = [formats.plain(name) for name in classes]
    axis = {"showgrid": False, "showline": False, "ticks": "", "tickvals": list(range(size)), "ticktext": names}
    return template.figure(
        [_shares(shares), *_counts(table, shares), _cells(table, shares, names)],
        xaxis=axis | {"title": {"text": "answer (colour: share of the true class)"}, "range": [-0.5, size - 0.5]},
        yaxis=axis | {"title": {"text": "true class"}, "range": [size - 0.5, -0.5]},
        height=110 + max(24, min(40, 560 // size)) * size,
    )


def _shares(shares: np.ndarray) -> Trace:
    """Return the coloured cells."""
    return template.trace(
        "heatmap",
        z=shares,
        zmin=0,
        zmax=1,
        colorscale=template.scale(template.LIGHT.sequential),
        hoverinfo="skip",
        xgap=1,
        ygap=1,
        showscale=False,
    )


def _counts(table: np.ndarray, shares: np.ndarray) -> list[Trace]:
    """Return the counts; 0 stays empty, so that what was confused stands out, and so do all where they would not fit."""
    if len(table) > MOST_WITH_TEXT:
        return []
    text = [[formats.count(v) if v else "" for v in row] for row in table]
    return written(range(len(table)), range(len(table)), text, inks(shares, 0, 1))


def _cells(table: np.ndarray, shares: np.ndarray, names: Sequence[str]) -> Trace:
    """Return an unseen point in each cell: what hovers and what can be selected."""
    rows, columns = np.indices(table.shape).reshape(2, -1).tolist()
    texts = [
        f"true {names[i]}, answered {names[j]}<br>{formats.share(float(table[i, j]), float(table[i].sum()))} ({formats.percent(float(shares[i, j]))})"
        for i, j in zip(rows, columns, strict=True)
    ]
    return template.trace(
        "scatter",
        x=columns,
        y=rows,
        mode="markers",
        hovertext=texts,
        hoverinfo="text",
        showlegend=False,
        customdata=[f"{i}|{j}" for i, j in zip(rows, columns, strict=True)],
        marker={"symbol": "square-open", "size": 26, "opacity": 0, "color": template.LIGHT.accent, "line": {"width": 2.5}},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
    )
