"""A matrix of numbers as a heat map: not measured, undefined and zero look different."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, template
from engine.plots.template import Trace

ROW = 24  # pixels
LETTERS = 90  # of all column names together, that fit beside each other
RISE = 4.8  # pixels that a letter of a slanted name goes up
FEW = 3  # rows beside which a colour bar has no room; the numbers stand in the cells
NOT_MEASURED, UNDEFINED = "\u2013", "undef."


def matrix(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str | None = "fraction",
    rows: str = "network",
    columns: str = "dataset",
    value: str = "value",
    order_rows: Sequence[str] | None = None,
    order_columns: Sequence[str] | None = None,
    better: Literal["higher", "lower"] = "higher",
    within: tuple[float, float] | None = None,
    middle: float | None = None,
) -> go.Figure:
    """Return a heat map with the number written in each cell.

    A cell that no row of the frame names, or whose value is None, is "not measured": no colour, a dash. A value of
    NaN in a row that was measured (its column `measured` is true, or there is no such column and the row has no
    `reason`) is "undefined": grey, with a word. Zero is a number and has the colour of the lowest value.

    Args:
        frame: One row a cell; `low`, `high`, `n`, `reason`, `measured` are used where there are such columns.
        title: What the numbers are.
        unit: Their unit.
        rows: Column that names the matrix's rows.
        columns: Column that names the matrix's columns.
        value: Column of the numbers.
        order_rows: Row names from top to bottom; sorted by default.
        order_columns: Column names from left to right; sorted by default.
        better: Which end of the scale is strong in colour.
        within: Values at the ends of the colour scale.
        middle: A value in the middle of a diverging scale, such as 0 for differences.
    """
    ys = [str(v) for v in (order_rows if order_rows is not None else sorted(frame[rows].astype(str).unique()))]
    xs = [str(v) for v in (order_columns if order_columns is not None else sorted(frame[columns].astype(str).unique()))]
    z, text, hover, undefined = _cells(frame, ys, xs, rows, columns, value, unit)
    numbers = _ground(xs, ys, z) | {
        "hovertext": hover,
        "hoverinfo": "text",
        "colorscale": _scale(better, middle),
        "showscale": len(ys) > FEW,
        "colorbar": {"title": {"text": formats.plain(title)}, "tickformat": axes.tick_format(unit), **_bar(len(ys))},
        **_ends(z, within, middle),
    }
    bare = {"type": "category", "showgrid": False, "showline": False, "ticks": ""}
    slanted = sum(map(len, xs)) >= LETTERS
    names = 20 + RISE * max(map(len, xs)) if slanted else 30
    return template.figure(
        [
            _grey(xs, ys, undefined),
            numbers,
            *written(xs, ys, text, inks(z, numbers["zmin"], numbers["zmax"], diverging=middle is not None, reverse=better == "lower")),
        ],
        xaxis=bare | {"side": "top", "tickangle": -45 if slanted else 0, "range": [-0.5, len(xs) - 0.5]},
        yaxis=bare | {"range": [len(ys) - 0.5, -0.5]},
        height=round(60 + names + ROW * max(len(ys), 2)),
        margin={"b": 30},
        annotations=[_key()],
    )


def _bar(rows: int) -> dict[str, Any]:
    """Return the size of the colour bar: as tall as the matrix, but not taller than can be seen at once."""
    return {"lenmode": "pixels", "len": min(ROW * max(rows, 6), 220), "y": 1, "yanchor": "top"}


def _key() -> dict[str, Any]:
    """Return the line under the matrix that says how missing and undefined cells are written."""
    text = f"{NOT_MEASURED} not measured   ·   {UNDEFINED} measured, but undefined"
    at = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    return at | {"text": text, "yshift": -14, "showarrow": False}


def _ground(xs: Sequence[str], ys: Sequence[str], z: np.ndarray) -> Trace:
    """Return the cells of the matrix without colours or texts."""
    names = {"x": [formats.plain(v) for v in xs], "y": [formats.plain(v) for v in ys]}
    return template.trace("heatmap", **names, z=z, xgap=2, ygap=2)


def written(xs: Sequence[str | int], ys: Sequence[str | int], text: Sequence[Sequence[str]], ink: np.ndarray) -> list[Trace]:
    """Return the texts of the cells, a trace for each ink, which they keep when something else in the figure is selected."""
    cells = [(_plain(x), _plain(y), text[i][j], ink[i, j]) for i, y in enumerate(ys) for j, x in enumerate(xs)]
    found = []
    for colour in dict.fromkeys(ink.ravel().tolist()):
        mine = [cell for cell in cells if cell[3] == colour and cell[2]]
        found.append(
            template.trace(
                "scatter",
                x=[x for x, *_ in mine],
                y=[y for _, y, *_ in mine],
                mode="text",
                text=[said for _, _, said, _ in mine],
                textfont={"size": 12, "color": colour},
                unselected={"textfont": {"color": colour}},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return found


def _plain(name: str | int) -> str | int:
    return formats.plain(name) if isinstance(name, str) else name


def inks(z: np.ndarray, low: float, high: float, *, diverging: bool = False, reverse: bool = False) -> np.ndarray:
    """Return the ink for each cell's text; cells without a number lie on the page's ground."""
    share = np.clip((z - low) / (high - low), 0, 1)
    share = np.abs(2 * share - 1) if diverging else 1 - share if reverse else share
    strong = share > (template.DIVERGING_TURN if diverging else template.SEQUENTIAL_TURN)
    found = np.where(strong, template.LIGHT.strong_ink, template.LIGHT.faint_ink)
    return np.where(np.isnan(z), template.LIGHT.muted, found)


def _cells(
    frame: pd.DataFrame, ys: Sequence[str], xs: Sequence[str], rows: str, columns: str, value: str, unit: str | None
) -> tuple[np.ndarray, list, list, np.ndarray]:
    """Return numbers (NaN where there is none), texts, hover texts, and which cells are undefined."""
    z = np.full((len(ys), len(xs)), np.nan)
    undefined = np.zeros(z.shape, dtype=bool)
    text = [[NOT_MEASURED] * len(xs) for _ in ys]
    hover = [[f"<b>{formats.plain(r)}</b> · {formats.plain(c)}<br>{formats.NOT_MEASURED}" for c in xs] for r in ys]
    at_row, at_column = {name: i for i, name in enumerate(ys)}, {name: i for i, name in enumerate(xs)}
    for row in frame.to_dict("records"):
        i, j = at_row.get(str(row[rows])), at_column.get(str(row[columns]))
        if i is None or j is None:
            continue
        number = _number(row, value)
        undefined[i, j] = number is not None and np.isnan(number)
        z[i, j] = np.nan if number is None else number
        text[i][j] = _short(number, unit)
        said = formats.interval(number, row.get("low"), row.get("high"), row.get("n"), unit)
        reason = f"<br>{formats.plain(row['reason'])}" if number is None and isinstance(row.get("reason"), str) else ""
        hover[i][j] = f"<b>{formats.plain(ys[i])}</b> · {formats.plain(xs[j])}<br>{said}{reason}"
    return z, text, hover, undefined


def _number(row: dict, value: str) -> float | None:
    """Return a row's number: None where it was not measured, NaN where it is undefined."""
    number = row[value]
    if number is None or number is pd.NA:
        return None
    measured = row.get("measured", not isinstance(row.get("reason"), str))
    return float(number) if measured or not np.isnan(number) else None


def _short(number: float | None, unit: str | None) -> str:
    """Return what stands in a cell: three digits without the unit, which the title carries."""
    if number is None:
        return NOT_MEASURED
    if np.isnan(number):
        return UNDEFINED
    return formats.percent(number).removesuffix(f"{formats.THIN}%") if unit == "fraction" else formats.number(number)


def _grey(xs: Sequence[str], ys: Sequence[str], undefined: np.ndarray) -> Trace:
    """Return the ground of the undefined cells, under the numbers."""
    grey = template.LIGHT.rule
    coloured = {"colorscale": [[0, grey], [1, grey]], "showscale": False, "hoverinfo": "skip"}
    return _ground(xs, ys, np.where(undefined, 1.0, np.nan)) | coloured


def _scale(better: str, middle: float | None) -> list[list[float | str]]:
    ramp = template.LIGHT.sequential if middle is None else template.LIGHT.diverging
    return template.scale(ramp if better == "higher" else ramp[::-1])


def _ends(z: np.ndarray, within: tuple[float, float] | None, middle: float | None) -> dict:
    known = z[np.isfinite(z)]
    low, high = within or ((float(known.min()), float(known.max())) if known.size else (0.0, 1.0))
    if middle is not None:
        reach = max(abs(high - middle), abs(low - middle)) or 1.0
        return {"zmin": middle - reach, "zmax": middle + reach}
    return {"zmin": low, "zmax": high if high > low else low + 1e-9}
