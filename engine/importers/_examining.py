"""The audit of a result table: each thing that is wrong is found, listed with its rows, and settled as the person chooses.

Steps follow each other, because what one leaves out another need not judge. Every step has a default, written in
`Issue.default`; what is left out is listed in `Examined.left_out` and nowhere else is anything left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine import errors
from engine.importers._audit import CODES
from engine.importers._desk import KEEP, LEAVE_CELLS, LEAVE_ROWS, Desk, Issue, details_of, plural, said_rows, settle_cells
from engine.importers._doubles import settle_copies, settle_same_key
from engine.importers._mapping import Layout
from engine.importers._misfits import settle_alone, settle_constant, settle_outliers, settle_same_column, settle_scoreless
from engine.importers._parsed import Parsed
from engine.importers._units import settle_impossible, settle_mixed_units, settle_units


@dataclass(frozen=True, eq=False)
class Examined:
    """A table after the audit: what will be stored, what was found, what is left out."""

    parsed: Parsed
    issues: tuple[Issue, ...]
    left_out: tuple[tuple[int, str], ...]  # row, why


def examine(parsed: Parsed, choices: Mapping[str, str], broken: Sequence[tuple[int, str]] = (), layout: Layout | None = None) -> Examined:
    """Return a table after the audit.

    Args:
        parsed: the table.
        choices: code of a finding -> what to do about it; defaults for the others.
        broken: rows that are broken in the file, and why.
        layout: says the in-distribution column, which outliers are judged against.

    Raises:
        UserError: for a choice that there is not.
    """
    desk = Desk(parsed, choices)
    _broken(desk, broken)
    _nameless(desk)
    _unread(desk)
    _infinite(desk)
    settle_units(desk)
    settle_mixed_units(desk)
    settle_impossible(desk)
    settle_copies(desk)
    settle_same_key(desk)
    settle_scoreless(desk)
    if desk.parsed.n:
        settle_alone(desk)
        settle_constant(desk)
        settle_same_column(desk)
        settle_outliers(desk, layout.trained_on if layout else None)
    if unknown := [code for code in choices if code not in CODES]:
        raise errors.unknown("finding", unknown[0], CODES)
    return Examined(desk.parsed, tuple(desk.issues), tuple(sorted(desk.left_out)))


def _broken(desk: Desk, broken: Sequence[tuple[int, str]]) -> None:
    if not broken:
        return
    why = dict(broken)
    where = np.isin(desk.parsed.rows, list(why))
    sentence = f"{plural(len(broken), 'row')} {'is' if len(broken) == 1 else 'are'} broken in the file ({said_rows(list(why))}: {broken[0][1]})."
    details = details_of(desk.parsed, where, problem=[why[int(row)] for row in desk.parsed.rows[where]])
    if desk.find("broken-rows", sentence, list(why), {**LEAVE_ROWS, **KEEP}, details) == "leave-out":
        desk.leave_out(where, "broken in the file")


def _nameless(desk: Desk) -> None:
    where = np.equal(desk.parsed.names, "").astype(bool)
    if not where.any() or where.all():
        return
    sentence = f"{plural(int(where.sum()), 'row')} without a name of a network ({said_rows(desk.parsed.rows[where])})."
    actions = {**LEAVE_ROWS, "number": "They are called by their row numbers"}
    if desk.find("no-name", sentence, desk.parsed.rows[where], actions, details_of(desk.parsed, where)) == "leave-out":
        desk.leave_out(where, "without a name")
    else:
        names = desk.parsed.names.copy()
        names[where] = [f"{desk.parsed.row_name} {row}" for row in desk.parsed.rows[where]]
        desk.parsed = replace(desk.parsed, names=names)


def _unread(desk: Desk) -> None:
    settle_cells(
        desk, "unread", desk.parsed.unread.copy(), "where a number should be cannot be read", "no number can be read", LEAVE_CELLS, "read as"
    )
    desk.parsed = desk.parsed.without(desk.parsed.unread)


def _infinite(desk: Desk) -> None:
    settle_cells(desk, "infinite", np.isinf(desk.parsed.value), "hold an infinite number", "an infinite number", LEAVE_CELLS)
