"""What the columns of a file of decisions hold, and which of them is probably the outcome, the score, the groups."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from engine.datasets import tables

MOST_LISTED = 20  # values of a column that are listed
MOST_GROUPS = 12  # values of a column that is guessed to hold groups
LABELS = re.compile(r"label|target|outcome|actual|truth|(?:^|_)y(?:$|_)|recid|default|income|hired|repaid|approved?$", re.IGNORECASE)
SCORES = re.compile(r"score|prob|pred|decision|decided|(?:^|_)p(?:$|_)|risk|y_?hat|accept|callback|released", re.IGNORECASE)
DECIDED = re.compile(r"hired|approv|admit|grant|accept|callback|released|den(?:y|ied)|reject", re.IGNORECASE)  # an outcome that is a decision itself
GROUPS = re.compile(r"sex|gender|race|ethnic|age_?(cat|group|class|band)|religion|disab|nationality|colou?r|group", re.IGNORECASE)
WEIGHTS = re.compile(r"weight|fnlwgt", re.IGNORECASE)
CASES = re.compile(r"(?:^|_)(id|key|name|row|case|entity)(?:$|_)|__index_level_", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column: its values are listed where they are few, in the order of how often they come."""

    name: str
    number: bool
    distinct: int
    missing: int
    listed: tuple[str, ...]
    share: bool = False  # more than two numbers, all from 0 to 1


@dataclass(frozen=True)
class Looked:
    """A file's columns and number of people."""

    people: int
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns in the file's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Guess:
    """What the columns probably mean; None where nothing looks like it."""

    label: str | None
    positive: str | None
    groups: tuple[str, ...]
    score: str | None
    weights: str | None


def look(path: Path) -> Looked:
    """Return what a file holds; raises UserError for one that cannot be read."""
    frame = tables.read_people(path)
    return Looked(len(frame), tuple(_column(frame[name], str(name)) for name in frame.columns))


def _column(column: pd.Series, name: str) -> Column:
    counts = column.value_counts()
    few = tables.as_text(pd.Series(counts.index[:MOST_LISTED].to_numpy())).tolist() if len(counts) <= MOST_LISTED else []
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    share = number and len(counts) > 2 and bool(counts.index.min() >= 0 and counts.index.max() <= 1)
    return Column(name, number, len(counts), int(column.isna().sum()), tuple(str(value) for value in few), share)


def guess(looked: Looked) -> Guess:
    """Return what the columns probably mean, from their names and values; a person has the last word."""
    label = _first(looked, [c for c in looked.columns if c.distinct == 2], LABELS)
    score = _first(looked, [c for c in looked.columns if c.name != label and (c.number or c.distinct == 2)], SCORES)
    score = score or next((c.name for c in looked.columns if c.share), None)
    taken = {label, score}
    groups = [c.name for c in looked.columns if c.name not in taken and 2 <= c.distinct <= MOST_GROUPS and GROUPS.search(c.name)]
    if not groups:
        groups = [c.name for c in looked.columns if c.name not in taken and not c.number and 2 <= c.distinct <= MOST_GROUPS][:1]
    weights = next((c.name for c in looked.columns if c.number and c.name not in taken and WEIGHTS.search(c.name)), None)
    return Guess(label, _positive(looked, label), tuple(groups[:1]), score, weights)


def of_decisions(looked: Looked) -> Guess:
    """Return what the columns of a file of decisions probably mean: where nothing was predicted, an outcome that is a decision itself is that."""
    found = guess(looked)
    if found.score is None and found.label and DECIDED.search(found.label):
        return replace(found, label=None, positive=None, score=found.label)
    return found


def _first(looked: Looked, fitting: Sequence[Column], pattern: re.Pattern[str]) -> str | None:
    return next((column.name for column in fitting if pattern.search(column.name)), None)


def _positive(looked: Looked, label: str | None) -> str | None:
    """Return the value of the label that says yes, None where it is not told."""
    found = looked.column(label).listed if label else ()
    said = [value for value in found if value.casefold() in tables.YES]
    return said[0] if len(said) == 1 else None


def inputs(looked: Looked, away: Sequence[str | None]) -> list[str]:
    """Return the columns of numbers that a network may take: all but those that mean something else, and numbers of rows."""
    return [c.name for c in looked.columns if c.number and c.name not in away and not CASES.search(c.name)]


def cases(looked: Looked, away: Sequence[str | None]) -> list[str]:
    """Return the columns that look like names or numbers of cases: of no use to learn from."""
    return [
        c.name for c in looked.columns if c.name not in away and (CASES.search(c.name) or (not c.number and c.distinct > max(50, looked.people // 2)))
    ]
