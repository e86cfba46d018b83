"""Tables with their downloads, and cells that say a number with its interval."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine import control, people, store
from engine.plots import formats
from pages.parts import plain

_TITLES = {"value": "value", "low": "95 % from", "high": "to", "n": "n", "reason": "why not"}
MOST_ROWS = 150_000  # Streamlit sends more than that in pieces, and loses search and selection
ROW_HEIGHT = 33


def table(
    frame: pd.DataFrame,
    *,
    key: str,
    name: str,
    columns: Mapping[str, Any] | None = None,
    hide: Sequence[str] = (),
    height: int | None = None,
    on_select: Any = "ignore",
) -> Any:
    """Show a table, what it holds counted, with CSV, Parquet and JSON of all its rows; return Streamlit's selection state.

    Args:
        frame: The rows.
        key: Streamlit's key.
        name: Name of the files, and what a screen reader says of the table.
        columns: Streamlit column settings or titles by column, besides those that are set by type.
        hide: Columns that are only in the files.
        height: Pixels; by default as many rows as there are, up to some.
        on_select: As in `st.dataframe`; rows are selected one at a time.
    """
    shown = frame.drop(columns=hidden) if (hidden := [c for c in hide if c in frame]) else frame
    shown = shown.head(MOST_ROWS) if len(shown) > MOST_ROWS else shown
    settings = {str(c): _column(frame[c], str(c)) for c in shown} | dict(columns or {})
    state = st.dataframe(
        shown,
        key=key,
        hide_index=True,
        column_config=settings,
        height=height or min(38 + ROW_HEIGHT * max(len(shown), 1), 420),
        on_select=on_select,
        selection_mode="single-row",
        row_height=ROW_HEIGHT,
        placeholder=formats.NOT_MEASURED,
        alt=name,
    )
    with st.container(horizontal=True, vertical_alignment="center", key=f"takeaway-{key}", gap="small"):
        rows = formats.share(len(shown), len(frame), "rows") if len(shown) < len(frame) else f"{formats.count(len(frame))} rows"
        st.caption(rows, width="content")
        downloads(frame, key=key, name=name)
    return state


def _column(column: pd.Series, name: str) -> Any:
    title = _TITLES.get(name, name.replace("_", " "))
    if pd.api.types.is_bool_dtype(column):
        return st.column_config.CheckboxColumn(title)
    if pd.api.types.is_integer_dtype(column):
        return st.column_config.NumberColumn(title, format="localized")
    if pd.api.types.is_float_dtype(column):
        return st.column_config.NumberColumn(title, format="%.4g")
    return title


def take_away(frame: pd.DataFrame, *, key: str, name: str) -> None:
    """Show, on a line of their own, quiet buttons that save a frame."""
    with st.container(horizontal=True, key=f"takeaway-{key}", gap="small"):
        downloads(frame, key=key, name=name)


def downloads(frame: pd.DataFrame, *, key: str, name: str) -> None:
    """Show quiet buttons that save a frame as CSV, Parquet and JSON; the files are made when they are asked for."""
    save("CSV", lambda: store.csv_bytes(frame), _file(name, "csv"), "text/csv", key=f"csv-{key}")
    save("Parquet", lambda: store.parquet_bytes(frame), _file(name, "parquet"), "application/vnd.apache.parquet", key=f"parquet-{key}")
    save("JSON", lambda: store.json_records(frame), _file(name, "json"), "application/json", key=f"json-{key}")


def save(label: str, make: Callable[[], bytes | str], file: str, kind: str, *, key: str, **more: Any) -> None:
    """Show a button that saves a file, where this person may export and the view has controls; who saved what is noted once the file is asked for.

    Args:
        label: The word on the button.
        make: Makes the file when it is asked for.
        file: Its name.
        kind: Its media type.
        key: Streamlit's key.
        more: As in `st.download_button`; a quiet button unless said otherwise.
    """
    person = people.now()
    if plain.on() or not person.may("export"):
        return

    def made() -> bytes | str:
        control.audit("export", file, person.name)  # in the server's thread that calls this, nobody is signed in
        return make()

    st.download_button(label, made, file, kind, key=key, on_click="ignore", **{"type": "tertiary", **more})


def _file(name: str, ending: str) -> str:
    """Return a title as a file name."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.")
    return f"{kept[:80] or 'touchstone'}.{ending}"


def intervals(frame: pd.DataFrame, unit: str | None = None, value: str = "value") -> pd.Series:
    """Return each row's number with interval and n as a text, such as "93.1 % [91.3, 94.6], n 1 000".

    Args:
        frame: Rows with `value`, and `low`, `high`, `n`, `unit` where they are known.
        unit: The unit of all rows; by default each row's own.
        value: Column of the numbers.
    """
    reasons = _column_of(frame, "reason")
    numbers = [_numbers(_column_of(frame, name), reasons) for name in (value, "low", "high", "n")]
    units = [unit or (one if isinstance(one, str) else None) for one in _column_of(frame, "unit")]
    said = [formats.interval(*row) for row in zip(*numbers, units, strict=True)]
    return pd.Series(said, index=frame.index, dtype="str")


def _column_of(frame: pd.DataFrame, name: str) -> list[Any]:
    """Return a column's values, None where there is no such column; whole columns, for rows one by one take ten times as long."""
    return frame[name].to_numpy(object).tolist() if name in frame else [None] * len(frame)


def _numbers(values: Sequence[Any], reasons: Sequence[Any]) -> list[float | None]:
    """Return numbers, None where one was not measured, which a reason tells."""
    return [
        None if one is None or one is pd.NA or (one != one and isinstance(why, str)) else float(one)
        for one, why in zip(values, reasons, strict=True)
    ]  # fmt: skip
