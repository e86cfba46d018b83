"""Numbers with intervals beside each other: a dot or a bar for each name, with its 95 % interval."""

from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, looks, template
from engine.plots.template import Trace


def bars(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str | None = "fraction",
    label: str = "network",
    value: str = "value",
    colour: str | None = None,
    order: Literal["value", "given"] = "value",
    kind: Literal["bar", "dot"] = "bar",
) -> go.Figure:
    """Return horizontal bars (which begin at 0) or dots, to read from the top.

    Args:
        frame: One row a name; `low`, `high`, `n`, `reason` are used where there are such columns. A missing or
            undefined value is written as a word in its place.
        title: What the numbers are.
        unit: Their unit.
        label: Column of names.
        value: Column of numbers.
        colour: Column whose values give the colour; by default each name has its own.
        order: Largest first, or as given.
        kind: Bars for amounts, dots where 0 means nothing.
    """
    rows = frame.sort_values(value, ascending=False, na_position="last") if order == "value" else frame
    names = [formats.plain(name) for name in rows[label]]
    given = looks.looks(rows[colour or label].astype(str))
    groups = rows.groupby(colour or label, sort=False, observed=True)
    return template.figure(
        [_marks(part, str(name), given[str(name)], label, value, unit, kind) for name, part in groups],
        xaxis=axes.layout(title, unit) | ({"rangemode": "tozero"} if kind == "bar" else {}),
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": names[::-1], "showgrid": False, "ticks": ""},
        annotations=[_word(row, label) for row in rows.to_dict("records") if _missing(row[value])],
        height=70 + 28 * max(len(rows), 2),
        bargap=0.35,
        barmode="overlay",
        showlegend=colour is not None,
    )


def _marks(part: pd.DataFrame, name: str, look: looks.Look, label: str, value: str, unit: str | None, kind: str) -> Trace:
    texts = [
        f"<b>{formats.plain(row[label])}</b><br>{formats.interval(row[value], row.get('low'), row.get('high'), row.get('n'), unit)}"
        for row in part.to_dict("records")
    ]
    numbers = part[value].to_numpy(np.float64, na_value=np.nan)
    bounded = {"low", "high"} <= set(part)
    ink = look.hex if kind == "dot" else template.LIGHT.text
    same = {
        "x": numbers,
        "y": [formats.plain(v) for v in part[label]],
        "name": formats.plain(name),
        "hovertext": texts,
        "hoverinfo": "text",
        "customdata": part[label].astype(str).tolist(),
        "error_x": template.errors(numbers, part["low"], part["high"], ink) if bounded else None,
    }
    if kind == "dot":
        marker = {"color": look.hex, "symbol": look.plotly, "size": 9}
        return template.trace("scatter", **same, mode="markers", marker=marker)
    return template.trace("bar", **same, orientation="h", marker={"color": template.faded(look.hex, 0.55)})


def _missing(value: float | None) -> bool:
    return value is None or bool(np.isnan(value))


def _word(row: dict[Any, Any], label: str) -> dict[str, Any]:
    """Return the words that stand where a row has no mark: a row with a reason was not measured, else it is undefined."""
    reason = row.get("reason")
    text = f"{formats.NOT_MEASURED}: {formats.plain(reason)}" if isinstance(reason, str) else formats.UNDEFINED
    at = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": 6, "y": formats.plain(row[label])}
    return at | {"text": text, "showarrow": False}
