"""Reading tables of people: those that ship with the program, and files of anybody's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from engine import errors, places, store
from engine.datasets.tables._table import Table, divided

_DECIMAL_COMMA = r"\s*[+-]?\d+(?:,\d+)?(?:[eE][+-]?\d+)?\s*"


def read_people(path: Path) -> pd.DataFrame:
    """Return a file of people as a frame with texts as names; columns in which every value is a number such as 0,5 hold numbers.

    Raises:
        UserError: as `store.read_table` does; for a file without people, or two columns of one name.
    """
    frame = store.read_table(path)
    frame.columns = [str(name).strip() for name in frame.columns]
    if frame.empty:
        raise errors.UserError(f"{path.name} holds no people: there is no row below the header.", "Check that the file is complete.")
    if twice := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise errors.UserError(f"{path.name} has two columns named “{twice[0]}”.", "Give each column a name of its own.")
    for name in frame.columns:
        told = frame[name].dropna()
        texts_only = len(told) and not is_number(told) and not pd.api.types.is_bool_dtype(told)
        if texts_only and told.astype(str).str.fullmatch(_DECIMAL_COMMA).all():
            frame[name] = pd.to_numeric(frame[name].astype("string").str.replace(",", "."), errors="coerce").astype(np.float64)
    return frame


def table(
    name: str, *, label: str, positive: object, says: str, groups: Sequence[str], outputs: Sequence[str] = (), weights: str | None = None
) -> Table:
    """Return a shipped table.

    Args:
        name: the file's stem under `data/tables`.
        label: the column with the outcome.
        positive: the value of it that is favourable.
        says: that outcome in words.
        groups: columns with protected attributes.
        outputs: columns with decisions or scores of other systems, which are no inputs.
        weights: the column with each person's weight.
    """
    frame = store.read_table(places.DATA / "tables" / f"{name}.parquet")
    away = [label, *outputs, *([weights] if weights else [])]
    return Table(
        name=name,
        features=plain(frame.drop(columns=away)),
        labels=(frame[label] == positive).to_numpy().astype(np.int8),
        positive=says,
        groups={column: texts(frame[column]) for column in groups},
        splits=divided(len(frame)),
        weights=frame[weights].to_numpy(np.float64) if weights else None,
        outputs={column: frame[column].to_numpy() for column in outputs},
    )


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return columns as float64 or as text, with None for a missing text."""
    return pd.DataFrame({name: frame[name].astype(np.float64) if is_number(frame[name]) else _text(frame[name]) for name in frame.columns})


def is_number(column: pd.Series) -> bool:
    """Return whether a column holds numbers; true and false count as text."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _text(column: pd.Series) -> pd.Series:
    return column.astype(object).map(lambda value: None if value is None or value != value else str(value)).astype(object)


def texts(column: pd.Series) -> np.ndarray:
    """Return a column as text without gaps; whole numbers without a decimal point."""
    if is_number(column):
        return np.array([str(int(v)) if v == int(v) else str(v) for v in column.to_numpy(np.float64)])
    return np.array(column.astype(str).tolist())
