"""Numbers as people write them in tables: percent signs, thousands commas, decimal commas, `87.6 ± 0.3`, `n/a`."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64

MISSING = frozenset(
    ("", "-", "--", "\u2013", "\u2014", "/", "\\", ".", "?", "*", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "none", "null", "nil", "tbd", "missing",
     "not reported")
)  # fmt: skip
_SIGN = r"[+\-\u2212]?"  # the last is the minus of typography
_NUMBER = rf"{_SIGN}(?:\d[\d.,'\u2019\u202f\u00a0 ]*\d|\d)?(?:[.,]\d+)?(?:[eE]{_SIGN}\d+)?"
_CELL = re.compile(
    rf"[*_~\u2248$<>\u2264\u2265 ]*(?P<value>{_NUMBER})\s*(?P<percent>\\?%)?\s*"
    rf"(?:(?:\u00b1|\+/-|\+-|\\pm)\s*(?P<half>{_NUMBER})\s*\\?%?|\(\s*(?:\u00b1|\+/-)?\s*(?P<bracket>{_NUMBER})\s*\\?%?\s*\)"
    rf"|[\[(]\s*(?P<low>{_NUMBER})\s*\\?%?\s*(?:[;,]\s+|;|\s*[\u2013\u2014]\s*|\s+-\s+|\s+to\s+)(?P<high>{_NUMBER})\s*\\?%?\s*[\])])?"
    r"\s*\\?(?P<after>%)?[*_\u2020\u2021\u2191\u2193$ ]*"
)
_THOUSANDS = re.compile(rf"{_SIGN}\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?")


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column read as numbers, in the unit in which it is written."""

    value: Float64[np.ndarray, " n"]  # NaN where missing, unread or undefined
    missing: Bool[np.ndarray, " n"]  # nothing stands there
    unread: Bool[np.ndarray, " n"]  # something stands there that is no number
    low: Float64[np.ndarray, " n"] | None = None  # NaN where no interval stands there
    high: Float64[np.ndarray, " n"] | None = None
    percent_signs: int = 0
    plus_minus: int = 0  # cells with ±, whose interval is value - half .. value + half

    @property
    def numbers(self) -> int:
        """How many cells hold a number."""
        return int(np.isfinite(self.value).sum())


def read(column: pd.Series, *, decimal_comma: bool = False) -> Numbers:
    """Return a column of text or numbers as numbers.

    Args:
        column: as it was read.
        decimal_comma: whether `0,85` is 0.85 and `1.234` is 1,234, as in much of Europe.
    """
    if pd.api.types.is_bool_dtype(column):
        return Numbers(np.full(len(column), np.nan), np.zeros(len(column), bool), np.ones(len(column), bool))
    if pd.api.types.is_numeric_dtype(column):
        return Numbers(column.to_numpy(np.float64, na_value=np.nan), column.isna().to_numpy(bool), np.zeros(len(column), bool))
    if column.dtype == object:
        return _mixed(column, decimal_comma=decimal_comma)
    text = column.fillna("").str.strip()
    plain = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False) if decimal_comma else text
    values = pd.to_numeric(plain, errors="coerce").to_numpy(np.float64, na_value=np.nan, copy=True)
    open_ = np.isnan(values)
    if not open_.any():
        return Numbers(values, open_, open_)
    missing = open_ & text.str.casefold().isin(MISSING).to_numpy(bool)
    rest = np.flatnonzero(open_ & ~missing)
    if not len(rest):
        return Numbers(values, missing, open_ & ~missing)
    return _written(text, values, missing, rest, decimal_comma=decimal_comma)


def _mixed(column: pd.Series, *, decimal_comma: bool) -> Numbers:
    """Return a column of Python values, as JSON gives them: None is missing, a bare NaN is a number that is undefined."""
    cells = column.tolist()
    undefined = np.array([isinstance(cell, float) and cell != cell for cell in cells], bool)
    text = pd.Series(["" if cell is None or isinstance(cell, bool | dict | list) else str(cell) for cell in cells], dtype="str")
    found = read(text, decimal_comma=decimal_comma)
    other = np.array([isinstance(cell, bool | dict | list) for cell in cells], bool)
    return Numbers(
        found.value, found.missing & ~undefined & ~other, (found.unread & ~undefined) | other, found.low, found.high, found.percent_signs,
        found.plus_minus,
    )  # fmt: skip


def _written(
    text: pd.Series, values: np.ndarray, missing: np.ndarray, rest: np.ndarray, *, decimal_comma: bool
) -> Numbers:  # fmt: skip
    """Read the cells that are no plain numbers; each different text once."""
    low, high, unread = np.full(len(values), np.nan), np.full(len(values), np.nan), np.zeros(len(values), bool)
    codes, different = pd.factorize(text.iloc[rest])
    cells = [_cell(str(one), decimal_comma=decimal_comma) for one in different]
    read_ = np.array([(c.value, c.low, c.high) for c in cells], np.float64).reshape(-1, 3)[codes]
    values[rest], low[rest], high[rest] = read_.T
    unread[rest] = np.isnan(values[rest])
    percent = sum(cells[code].percent for code in codes)
    plus_minus = sum(cells[code].plus_minus for code in codes)
    told = bool(np.isfinite(low).any())
    return Numbers(values, missing, unread, low if told else None, high if told else None, int(percent), int(plus_minus))


@dataclass(frozen=True)
class _Cell:
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    percent: bool = False
    plus_minus: bool = False


def _cell(text: str, *, decimal_comma: bool) -> _Cell:
    """Return what one cell says; NaN where it says no number."""
    found = _CELL.fullmatch(text)
    if not found or not found["value"].strip("+-\u2212"):
        return _Cell()
    value = _number(found["value"], decimal_comma=decimal_comma)
    percent = bool(found["percent"] or found["after"])
    if half := found["half"] or found["bracket"]:
        width = _number(half, decimal_comma=decimal_comma)
        return _Cell(value, value - width, value + width, percent, plus_minus=True)
    if found["low"] and found["high"]:
        return _Cell(value, _number(found["low"], decimal_comma=decimal_comma), _number(found["high"], decimal_comma=decimal_comma), percent)
    return _Cell(value, percent=percent)


def _number(text: str, *, decimal_comma: bool) -> float:
    plain = re.sub(r"['\u2019\u202f\u00a0 ]", "", text).replace("\u2212", "-")
    if decimal_comma:
        plain = plain.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return np.nan


def with_decimal_comma(frame: pd.DataFrame, separator: str) -> frozenset[str]:
    """Return the columns whose numbers have decimal commas.

    `0,85` tells, where no number of its column has a point; `25,557` alone is thousands, unless another column tells
    decimal commas, or the table is separated by semicolons, and no number in it has a point.
    """
    sure, open_, points = set(), set(), False
    for name in frame:
        column = frame[name]
        if column.dtype == object or not pd.api.types.is_string_dtype(column):
            continue
        commas = column.str.contains(",", regex=False).fillna(value=False)
        text = pd.Series(pd.concat([column[commas], column.head(500)]).dropna().unique()[:2000]).astype("str").str.strip()
        numbers = text[text.str.fullmatch(rf"{_SIGN}\d[\d.,]*(?:[eE]{_SIGN}\d+)?\s*%?(?:\s*\u00b1.*)?")]
        with_comma = numbers[numbers.str.contains(",", regex=False)]
        pointed = bool(numbers.str.fullmatch(rf"{_SIGN}\d+\.\d+.*").any())
        points |= pointed
        if with_comma.empty or pointed or len(numbers) < 0.6 * (~text.str.casefold().isin(MISSING)).sum():
            continue
        (open_ if with_comma.str.match(_THOUSANDS.pattern + r"(?:\D|$)").all() else sure).add(str(name))
    return frozenset(sure | open_) if not points and (sure or separator == ";") else frozenset(sure)
