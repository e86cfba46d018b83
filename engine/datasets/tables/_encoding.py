"""From a table's columns to a network's inputs: numbers scaled, texts one-hot, both as the training side has them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float32

from engine import errors

CLIP = 6.0
FEWEST = 20  # training people that a text must have for an input of its own; the others share one
MISSING = "(missing)"
OTHER = "(other)"


@dataclass(frozen=True)
class Number:
    """A column of numbers: mean and deviation on the training side; missing ones count as the mean, and an input of their own says so."""

    name: str
    mean: float
    deviation: float
    may_miss: bool


@dataclass(frozen=True)
class Choice:
    """A column of texts: one input a value, in this order; what is not listed is `(other)`."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Encoder:
    """How a table's columns become inputs; fitted to the training side alone."""

    columns: tuple[Number | Choice, ...]
    centre: Float32[np.ndarray, " d"]
    scale: Float32[np.ndarray, " d"]

    @property
    def names(self) -> tuple[str, ...]:
        """What each input is, in order."""
        return tuple(name for column in self.columns for name in _names(column))

    def encode(self, features: pd.DataFrame) -> Float32[np.ndarray, "n d"]:
        """Return the inputs of people: standardised, within -6 to 6.

        Raises:
            UserError: where a column is missing or a number is none.
        """
        raw = _raw(self.columns, features)
        return np.clip((raw - self.centre) / self.scale, -CLIP, CLIP)


def fit(features: pd.DataFrame, training: np.ndarray) -> Encoder:
    """Return the encoder of a table's columns.

    Args:
        features: all columns.
        training: which rows are of the training side.
    """
    mine = features[training]
    columns = tuple(_number(mine[name]) if pd.api.types.is_numeric_dtype(mine[name]) else _choice(mine[name]) for name in features.columns)
    raw = _raw(columns, mine)
    deviation = raw.std(0)
    return Encoder(columns, raw.mean(0), np.where(deviation > 0, deviation, 1).astype(np.float32))


def _number(column: pd.Series) -> Number:
    deviation = float(column.std(ddof=0))
    return Number(str(column.name), float(column.mean()), deviation if deviation > 0 else 1.0, bool(column.isna().any()))


def _choice(column: pd.Series) -> Choice:
    counts = column.fillna(MISSING).value_counts()
    common = sorted(str(value) for value, n in counts.items() if n >= min(FEWEST, len(column) / 10))
    return Choice(str(column.name), (*common, OTHER) if len(common) < len(counts) else tuple(common))


def _names(column: Number | Choice) -> list[str]:
    if isinstance(column, Choice):
        return [f"{column.name}={value}" for value in column.texts]
    return [column.name, f"{column.name}={MISSING}"] if column.may_miss else [column.name]


def _raw(columns: tuple[Number | Choice, ...], features: pd.DataFrame) -> Float32[np.ndarray, "n d"]:
    if absent := [column.name for column in columns if column.name not in features.columns]:
        raise errors.UserError(f"The column “{absent[0]}” is missing.", f"A person needs: {', '.join(c.name for c in columns)}.")
    parts = [_numbers(c, features[c.name]) if isinstance(c, Number) else _one_hot(c, features[c.name]) for c in columns]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _numbers(column: Number, values: pd.Series) -> np.ndarray:
    found = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    if (np.isnan(found) & values.notna().to_numpy()).any():
        raise errors.UserError(f"“{column.name}” holds something that is no number.", "Give a number, or leave it empty.")
    scaled = ((np.where(np.isnan(found), column.mean, found) - column.mean) / column.deviation)[:, None]
    return np.concatenate([scaled, np.isnan(found)[:, None]], axis=1) if column.may_miss else scaled


def _one_hot(column: Choice, values: pd.Series) -> np.ndarray:
    given = pd.Index(values.fillna(MISSING).astype(object))
    told = pd.Index(column.texts, dtype=object).get_indexer(given).astype(np.int64)
    if OTHER in column.texts:
        told[told < 0] = column.texts.index(OTHER)
    return (told[:, None] == np.arange(len(column.texts))).astype(np.float32)
