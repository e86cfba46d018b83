"""The table while its audit goes from step to step: findings, what is chosen about each, and what is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine import errors, safety
from engine.importers._parsed import Parsed

MOST_SHOWN = 1000
LEAVE_ROWS = {"leave-out": "These rows are left out"}
LEAVE_CELLS = {"leave-out": "These cells are left out, the rest of their rows is kept", "leave-out-rows": "Their rows are left out"}
KEEP = {"keep": "They are kept as they are"}


@dataclass(frozen=True, eq=False)
class Issue:
    """One thing that the audit found, with its rows and what can be done about it."""

    code: str
    level: Literal["error", "warning", "note"]
    sentence: str
    rows: tuple[int, ...] = ()  # of the table, from 1
    actions: Mapping[str, str] = field(default_factory=dict)  # what can be done -> in words; none = it is only said
    action: str = ""  # what is done
    default: str = ""
    details: pd.DataFrame = field(default_factory=pd.DataFrame)  # row, network, and what is the matter there

    @property
    def fix(self) -> str:
        """What is done about it, in words."""
        return f"{self.actions[self.action]}." if self.actions else ""


@dataclass
class Desk:
    """The table while it goes from step to step."""

    parsed: Parsed
    choices: Mapping[str, str]
    issues: list[Issue] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def find(
        self, code: str, sentence: str, rows: Sequence[int] | np.ndarray, actions: Mapping[str, str], details: pd.DataFrame | None = None
    ) -> str:
        """Note a finding and return what is to be done: the person's choice, else the first action."""
        default = next(iter(actions))
        action = self.choices.get(code, default)
        if action not in actions:
            raise errors.UserError(f"“{safety.shown(action)}” cannot be done about {code}.", f"Choose {', '.join(actions)}.")
        told = tuple(int(row) for row in rows)
        self.issues.append(
            Issue(code, "warning", sentence, told, actions, action, default, pd.DataFrame() if details is None else details.head(MOST_SHOWN))
        )
        self.seen.add(code)
        return action

    def leave_out(self, where: Any, why: str) -> None:
        """Leave out rows, given by a mask."""
        self.left_out += [(int(row), why) for row in self.parsed.rows[where]]
        self.parsed = self.parsed.take(~where)


def said_rows(rows: Sequence[int] | np.ndarray, most: int = 5) -> str:
    said = ", ".join(f"{int(row):,}" for row in rows[:most])
    more = f" and {len(rows) - most:,} more" if len(rows) > most else ""
    return f"row{'s' if len(rows) > 1 else ''} {said}{more}"


def plural(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def details_of(parsed: Parsed, where: Any, **more: Sequence) -> pd.DataFrame:
    """Return the rows of a finding, with whatever else is known of each."""
    return pd.DataFrame({"row": parsed.rows[where], "network": parsed.names[where], **more})


def _cell_details(desk: Desk, cells: np.ndarray, label: str = "value") -> pd.DataFrame:
    at, column = np.nonzero(cells)
    at, column = at[:MOST_SHOWN], column[:MOST_SHOWN]
    told = {"column": [desk.parsed.columns[j] for j in column], label: desk.parsed.value[at, column]}
    return details_of(desk.parsed, at, **told)


def settle_cells(desk: Desk, code: str, cells: np.ndarray, what: str, why: str, actions: Mapping[str, str], label: str = "value") -> str | None:
    """Settle a finding about single cells; returns what is done, None where there are none."""
    if not cells.any():
        return None
    rows = desk.parsed.rows[cells.any(axis=1)]
    names = [desk.parsed.columns[j] for j in np.flatnonzero(cells.any(axis=0))]
    sentence = f"{plural(int(cells.sum()), 'cell')} {what} ({said_rows(rows)}; in {safety.few(names)})."
    action = desk.find(code, sentence, rows, actions, _cell_details(desk, cells, label))
    if action == "leave-out":
        desk.left_out += [(int(row), f"{why} (cell only)") for row in rows]
        desk.parsed = desk.parsed.without(cells)
    elif action == "leave-out-rows":
        desk.leave_out(cells.any(axis=1), why)
    return action
