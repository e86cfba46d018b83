"""A result table on its way into the store: what a kind has read, and what it becomes after the audit."""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from engine import errors, rows, safety
from engine.importers import _examining, _numbers, _parsed
from engine.importers._desk import Issue
from engine.importers._mapping import KEPT_AS_IS, Layout, Target, is_share
from engine.importers._numbers import Numbers
from engine.importers._parsed import Parsed

SOURCE = "table"
MOST_NAME = 80


@dataclass(frozen=True, eq=False)
class Draft:
    """What a kind has read: a table and which column means what. Nothing is stored yet."""

    kind: str
    files: tuple[str, ...]
    digest: str
    frame: pd.DataFrame
    layout: Layout
    notes: tuple[str, ...] = ()
    broken: tuple[tuple[int, str], ...] = ()
    decimal_commas: frozenset[str] = frozenset()  # columns whose numbers have them
    licence: str = ""
    citation: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read: dict[str, Numbers] = field(default_factory=dict, repr=False)  # columns read as numbers, kept

    def numbers(self, column: str) -> Numbers:
        """Return a column as numbers."""
        if column not in self.read:
            self.read[column] = _numbers.read(self.frame[column], decimal_comma=column in self.decimal_commas)
        return self.read[column]


@dataclass(frozen=True, eq=False)
class Collected:
    """What a table becomes: networks and scores of one collection, with the audit behind it."""

    draft: Draft
    parsed: Parsed
    issues: tuple[Issue, ...]
    left_out: tuple[tuple[int, str], ...]
    choices: Mapping[str, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed and needs no choice."""
        return (*self.draft.notes, *self.draft.layout.notes, *_said_of_numbers(self.draft))

    @functools.cached_property
    def cells(self) -> np.ndarray:
        """Which cells become scores, as a mask (n, m)."""
        return ~self.parsed.missing

    @functools.cached_property
    def networks(self) -> np.ndarray:
        """The different networks, in the order of the table."""
        return pd.unique(self.parsed.names)

    @property
    def scores(self) -> int:
        """Number of scores."""
        return int(self.cells.sum())

    @functools.cached_property
    def targets(self) -> tuple[Target, ...]:
        """The different things that scores are about."""
        found = {}
        for place in np.unique(self.parsed.place):
            for column in range(len(self.parsed.columns)):
                found[self.parsed.target(int(place), column)] = None
        return tuple(found)

    @property
    def sets(self) -> tuple[str, ...]:
        """The different data sets."""
        return tuple(dict.fromkeys(target.dataset for target in self.targets))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The different metrics."""
        return tuple(dict.fromkeys(target.metric for target in self.targets))

    def head(self, most: int = 8) -> pd.DataFrame:
        """Return the first scores in the long form in which they are stored: network, set, split, metric, value, low, high."""
        at, column = np.nonzero(self.cells[: max(most, 200)])
        at, column = at[:most], column[:most]
        found = []
        for i, j in zip(at, column, strict=True):
            target = self.parsed.target(int(self.parsed.place[i]), int(j))
            found.append({
                "network": self.parsed.names[i], "set": target.dataset, "split": target.split, "metric": target.metric,
                "value": self.parsed.value[i, j], "low": None if self.parsed.low is None else self.parsed.low[i, j],
                "high": None if self.parsed.high is None else self.parsed.high[i, j],
                **({"shift": f"{target.shift} {target.strength:g}"} if target.shift else {}),
            })  # fmt: skip
        return pd.DataFrame(found)

    def mapping(self) -> pd.DataFrame:
        """Return which column becomes what, and the unit in which it was written."""
        found = [
            {"column": column, "set": "(each row says)" if self.draft.layout.dataset else target.dataset, "split": target.split,
             "metric": "(each row says)" if self.draft.layout.metric else target.metric, "written in": target.unit}
            for column, target in zip(self.parsed.columns, self.parsed.targets, strict=True)
        ]  # fmt: skip
        return pd.DataFrame(found)

    def refuse_empty(self) -> None:
        """Raise UserError where nothing would be stored."""
        if not self.scores:
            raise errors.UserError("Nothing of this table is left to store.", "Look at what the audit left out, and choose otherwise.")

    def blocks(self, collection: str) -> Iterator[rows.Block]:
        """Yield the rows of the store: networks first, then scores, a block a set and metric."""
        yield self._network_block(collection)
        names = self.parsed.names
        order = np.argsort(self.parsed.place, kind="stable")
        ends = np.searchsorted(self.parsed.place[order], np.arange(len(self.parsed.places) + 1))
        for place in range(len(self.parsed.places)):
            mine = np.sort(order[ends[place] : ends[place + 1]])
            for column in range(len(self.parsed.columns)):
                at = mine[self.cells[mine, column]]
                if len(at):
                    yield self._score_block(collection, self.parsed.target(place, column), names[at], at, column)

    def _score_block(self, collection: str, target: Target, names: np.ndarray, at: np.ndarray, column: int) -> rows.Block:
        unit = None if target.unit == KEPT_AS_IS or not is_share(target.metric) else "fraction"
        values = self.parsed.value[at, column]
        columns: dict[str, Any] = {
            "network": names, "dataset": target.dataset, "split": target.split, "shift": target.shift, "strength": target.strength,
            "metric": target.metric, "metric_version": 0, "value": values, "low": _ends(self.parsed.low, at, column),
            "high": _ends(self.parsed.high, at, column), "n": _counts(self.parsed.count, at), "cell": self.draft.digest, "unit": unit,
            "collection": collection, "task": target.task or collection, "norm": target.norm, "eps": target.eps,
        }  # fmt: skip
        return rows.Block(rows.Score, columns, len(at))

    def _network_block(self, collection: str) -> rows.Block:
        first = np.flatnonzero(~pd.Series(self.parsed.names).duplicated().to_numpy())
        names = self.parsed.names[first].tolist()
        told = _per_network(self.parsed, first)
        architecture = next((c for c in told if str(c).lower() in {"architecture", "arch", "model_arch", "backbone"}), None)
        trained = self.parsed.trained_on[first].tolist() if self.parsed.trained_on is not None else self.draft.layout.trained_on
        parameters = told["parameters (table)"].tolist() if "parameters (table)" in told else None
        columns: dict[str, Any] = {
            "network": names, "title": names, "architecture": [str(v or "") for v in told[architecture]] if architecture else "",
            "source": SOURCE, "digest": self.draft.digest, "trained_on": trained,
            "parameters": [v if isinstance(v, int) else None for v in parameters] if parameters else None,
            "attributes": [json.dumps({k: v for k, v in one.items() if v is not None}, ensure_ascii=False) for one in told.to_dict("records")],
            "licence": self.draft.licence or None, "collection": collection,
        }  # fmt: skip
        return rows.Block(rows.Network, columns, len(names))


def _per_network(parsed: Parsed, first: np.ndarray) -> pd.DataFrame:
    """Return the attributes of each network; in long tables only those that do not differ between its rows."""
    if len(first) == parsed.n or not len(parsed.attributes.columns):
        return parsed.attributes.iloc[first]
    codes = pd.factorize(parsed.names)[0]
    same = [c for c in parsed.attributes if _is_constant(parsed.attributes[c], codes)]
    return parsed.attributes[same].iloc[first]


def _is_constant(column: pd.Series, codes: np.ndarray) -> bool:
    values = pd.factorize(column.astype("str"))[0]
    return len(np.unique(codes * (values.max() + 1) + values)) == len(np.unique(codes))


def _ends(ends: np.ndarray | None, at: np.ndarray, column: int) -> list[float | None] | None:
    if ends is None or not np.isfinite(ends[at, column]).any():
        return None
    return [None if np.isnan(v) else float(v) for v in ends[at, column]]


def _counts(counts: np.ndarray | None, at: np.ndarray) -> list[int | None] | None:
    return None if counts is None else [None if np.isnan(v) else int(v) for v in counts[at]]


def _said_of_numbers(draft: Draft) -> list[str]:
    notes = ["Numbers are written with decimal commas and read so."] if draft.decimal_commas & set(draft.layout.scores) else []
    halves = sum(draft.numbers(column).plus_minus for column in draft.layout.scores)
    if halves:
        said = {
            "interval": "taken as half of a 95 % interval, value - half to value + half", "none": "left out, as asked",
            "stderr": "taken as a standard error: the interval is value ± 1.96 times it",
        }[draft.layout.plus_minus]  # fmt: skip
        notes.append(f"What stands behind ± or in brackets in {halves:,} cells is {said}. The table does not say what it is.")
    return notes


def collect(draft: Draft, choices: Mapping[str, str] = {}) -> Collected:
    """Return what a draft becomes after the audit.

    Args:
        draft: what a kind has read.
        choices: code of a finding -> what to do about it; defaults for the others.

    Raises:
        UserError: for a choice that there is not.
    """
    parsed = _parsed.parse(draft.frame, draft.layout, draft.numbers)
    examined = _examining.examine(parsed, choices, draft.broken, draft.layout)
    return Collected(draft, examined.parsed, examined.issues, examined.left_out, dict(choices))


def relayout(draft: Draft, layout: Layout) -> Draft:
    """Return the draft under another layout; columns read as numbers are kept."""
    return replace(draft, layout=layout)


def name_of(text: str) -> str:
    """Return a collection's name as links and commands can hold it.

    Raises:
        UserError: for an empty name.
    """
    name = safety.shown(" ".join(text.split()), MOST_NAME)
    if not name:
        raise errors.UserError("The table has no name.", "Say how it is to be called (--name NAME).")
    return name


def ranges(numbers: Sequence[int]) -> str:
    """Return whole numbers as ranges.

    >>> ranges([1, 2, 3, 7, 9, 10])
    '1-3, 7, 9-10'
    """
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in found)
