"""Frames as HTML tables: numbers as people read them, everything else as it stands."""

import html
import math
from collections.abc import Sequence

import pandas as pd

from engine.plots import formats

MOST_BEHIND = 12  # rows that stand behind a figure; the file holds all
MOST_SHOWN = 30  # rows of a table
MOST_COLUMNS = 14
LONGEST = 160  # characters of a cell


def html_of(frame: pd.DataFrame, *, most: int, called: str) -> str:
    """Return the first rows and columns of a frame as a table that scrolls inside its own frame."""
    shown = frame.iloc[:most, :MOST_COLUMNS]
    numeric = [pd.api.types.is_numeric_dtype(shown[name]) and not pd.api.types.is_bool_dtype(shown[name]) for name in shown]
    whole = [_whole(shown[name]) for name in shown]
    rows = [[_cell(value, whole[i]) for i, value in enumerate(row)] for row in shown.itertuples(index=False, name=None)]
    return of_texts([str(name).replace("_", " ") for name in shown.columns], rows, called, numeric)


def of_texts(columns: Sequence[str], rows: Sequence[Sequence[object]], called: str, numeric: Sequence[bool] = ()) -> str:
    """Return texts as a table; columns that are `numeric` stand on the right."""
    right = [' class="number"' if numeric and numeric[i] else "" for i in range(len(columns))]
    head = "".join(f'<th scope="col"{at}>{html.escape(name)}</th>' for name, at in zip(columns, right, strict=True))
    body = "".join(f"<tr>{''.join(f'<td{at}>{_text(cell)}</td>' for cell, at in zip(row, right, strict=True))}</tr>" for row in rows)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{html.escape(called)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _whole(column: pd.Series) -> bool:
    """Return whether a column of floats holds whole numbers only: counts with gaps between them."""
    told = column.dropna()
    return pd.api.types.is_float_dtype(column) and len(told) > 0 and bool((told == told.round()).all())


def _cell(value: object, whole: bool) -> str:
    """Return a value in words: nothing where it is missing, three digits of a number that is not whole."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if math.isnan(value) else formats.count(value) if whole else formats.number(value)
    return formats.count(value) if isinstance(value, int) else str(value)


def _text(cell: object) -> str:
    said = str(cell)
    return html.escape(said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…")
