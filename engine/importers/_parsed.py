"""A result table as numbers: rows x columns of scores, with the names, places and attributes of its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int

from engine.importers import _mapping
from engine.importers._mapping import Layout, Target
from engine.importers._numbers import Numbers


@dataclass(frozen=True, eq=False)
class Parsed:
    """A table as numbers: rows x columns of scores."""

    rows: Int[np.ndarray, " n"]  # of the table, from 1
    names: np.ndarray  # (n,) text; "" where no column names the network
    place: Int[np.ndarray, " n"]  # position in `places`
    places: tuple[Mapping[str, str], ...]  # what rows of a long table say of dataset, split, metric
    columns: tuple[str, ...]
    targets: tuple[Target, ...]  # of the columns; units are settled while it is examined
    value: Float64[np.ndarray, "n m"]
    missing: Bool[np.ndarray, "n m"]
    unread: Bool[np.ndarray, "n m"]
    low: Float64[np.ndarray, "n m"] | None
    high: Float64[np.ndarray, "n m"] | None
    count: Float64[np.ndarray, " n"] | None
    attributes: pd.DataFrame  # n rows
    trained_on: np.ndarray | None  # (n,) text
    row_name: str = "row"
    percent_signs: tuple[int, ...] = ()  # of each column
    raw: Bool[np.ndarray, "n m"] | None = None  # cells of metrics that are no shares; None before units are settled

    @property
    def shares(self) -> Bool[np.ndarray, "n m"]:
        """Return which cells are shares."""
        return np.ones(self.value.shape, bool) if self.raw is None else ~self.raw

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def take(self, keep: np.ndarray) -> "Parsed":
        """Return the rows at positions, or where a mask is true."""
        return replace(
            self, rows=self.rows[keep], names=self.names[keep], place=self.place[keep], value=self.value[keep], missing=self.missing[keep],
            unread=self.unread[keep], low=None if self.low is None else self.low[keep], high=None if self.high is None else self.high[keep],
            count=None if self.count is None else self.count[keep], attributes=self.attributes.loc[self.attributes.index[keep]],
            trained_on=None if self.trained_on is None else self.trained_on[keep], raw=None if self.raw is None else self.raw[keep],
        )  # fmt: skip

    def without(self, cells: Bool[np.ndarray, "n m"]) -> "Parsed":
        """Return it with cells that count as missing."""
        return replace(self, value=np.where(cells, np.nan, self.value), missing=self.missing | cells, unread=self.unread & ~cells)

    def target(self, place: int, column: int) -> Target:
        """Return what a column is about in the rows of a place."""
        return replace(self.targets[column], **self.places[place])


def parse(frame: pd.DataFrame, layout: Layout, numbers: Callable[[str], Numbers], rows: np.ndarray | None = None) -> Parsed:
    """Return a table's scores as numbers, in the units in which they are written."""
    n = len(frame)
    read = [numbers(column) for column in layout.scores]
    place, places = _places(frame, layout)
    low, high = _ends(read, "low", layout), _ends(read, "high", layout)
    return Parsed(
        np.arange(1, n + 1) if rows is None else rows, _names(frame, layout), place, places, tuple(layout.scores), tuple(layout.scores.values()),
        np.column_stack([r.value for r in read]), np.column_stack([r.missing for r in read]), np.column_stack([r.unread for r in read]),
        low, high, numbers(layout.count).value if layout.count else None, attributes(frame, layout, numbers),
        frame[layout.trained_on_column].to_numpy(object) if layout.trained_on_column else None, layout.row_name, tuple(r.percent_signs for r in read),
    )  # fmt: skip


def _ends(read: list[Numbers], side: Literal["low", "high"], layout: Layout) -> np.ndarray | None:
    """Return one end of the intervals that the cells tell, as ± was said to mean; None where no cell tells any."""
    if layout.plus_minus == "none" or all(getattr(r, side) is None for r in read):
        return None
    factor = 1.959964 if layout.plus_minus == "stderr" else 1.0
    ends = []
    for r in read:
        found = getattr(r, side)
        ends.append(np.full(len(r.value), np.nan) if found is None else r.value + factor * (found - r.value))
    return np.column_stack(ends)


def _names(frame: pd.DataFrame, layout: Layout) -> np.ndarray:
    """Return how each row's network is called: by the first key column, further ones in brackets."""
    if not layout.keys:
        return np.full(len(frame), "", object)
    texts = {key: _without_markup(as_text(frame[key])) for key in layout.keys}
    first, *others = texts
    names = texts[first]
    for other in others:
        with_other = names + " [" + other + "=" + texts[other] + "]"
        names = with_other.where((texts[other] != "") & (names != ""), names)
    return names.to_numpy(object)


def _without_markup(texts: pd.Series) -> pd.Series:
    """Return names without the links that leaderboards put around them, in HTML or Markdown."""
    if not texts.str.contains(r"</?\w[^>]*>|\]\(", regex=True).any():
        return texts
    plain = texts.str.replace(r"<[^>]+>", "", regex=True).str.replace(r"\[([^\]]+)\]\([^)]*\)", r"\1", regex=True)
    return plain.str.strip()


def as_text(column: pd.Series) -> pd.Series:
    """Return cells as text, empty where nothing stands; no `.0` behind whole numbers."""
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna()
        if len(whole) and (whole == whole.round()).all() and whole.abs().max() < 1e15:
            return column.astype("Int64").astype("str").where(column.notna(), "")
    if column.dtype == object:
        return pd.Series(["" if v is None or v != v else " ".join(str(v).split()) for v in column], index=column.index, dtype="str")
    return column.astype("str").where(column.notna(), "").str.strip()


def _places(frame: pd.DataFrame, layout: Layout) -> tuple[np.ndarray, tuple[Mapping[str, str], ...]]:
    """Return where each row's numbers were measured, as a position in a list of different places."""
    said = {"dataset": layout.dataset, "metric": layout.metric, "split": layout.split}
    columns = {name: as_text(frame[column]) for name, column in said.items() if column}
    if not columns:
        return np.zeros(len(frame), np.int64), ({},)
    together = pd.DataFrame(columns)
    codes, different = pd.factorize(pd.MultiIndex.from_frame(together))
    places = []
    for values in different:
        one = dict(zip(columns, values, strict=True))
        told = {name: value for name, value in one.items() if value}
        if "dataset" in told:
            told["dataset"] = _mapping.set_name(told["dataset"])
        places.append(told)
    return codes.astype(np.int64), tuple(places)


def attributes(frame: pd.DataFrame, layout: Layout, numbers: Callable[[str], Numbers]) -> pd.DataFrame:
    """Return the attributes with numbers as numbers; what a row does not say is None."""
    found = {}
    for name in layout.attributes:
        column = frame[name]
        called = f"{name} (table)" if name in _mapping.RESERVED else name
        read = numbers(name)
        if read.numbers and not read.unread.any():
            whole = np.nan_to_num(read.value)
            as_int = bool((whole == np.round(whole)).all() and np.abs(whole).max() < 2**53)
            found[called] = pd.Series([None if np.isnan(v) else int(v) if as_int else float(v) for v in read.value], index=frame.index, dtype=object)
        elif pd.api.types.is_bool_dtype(column):
            found[called] = column.astype(object)
        elif column.dtype == object:
            found[called] = pd.Series([_plain(v) for v in column], index=frame.index, dtype=object)
        else:
            text = as_text(column)
            found[called] = text.astype(object).where(text != "", None)
    return pd.DataFrame(found, index=frame.index)


def _plain(value: object) -> object:
    """Return a value of a JSON file as an attribute: text, number, truth value, or None."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return " ".join(str(value).split())[:300] or None
