"""The audit of a result table: each thing that is wrong is found, listed with its rows, and settled as the person chooses.

Steps follow each other, because what one leaves out another need not judge. Every step has a default, written in
`Issue.default`; what is left out is listed in `Examined.left_out` and nowhere else is anything left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int
from scipy import special

from engine import errors, safety
from engine.importers import _mapping
from engine.importers._audit import CODES
from engine.importers._mapping import KEPT_AS_IS, Layout, Target
from engine.importers._numbers import Numbers

ABSURD = 8.0  # robust standard deviations from the line through the others,
ABSURD_PROBIT = 0.75  # and so far off it on probit axes: where all lie close to the line, a small step is many deviations
FEWEST_FOR_LINE = 12
MANY_FOR_LINE = 50  # with as many networks the line may bend, as it does on probit axes between sets of very different difficulty
CLIP = 1e-3  # shares nearer to 0 or 1 count as this near, on probit axes
ROUNDING = 1e-9
MOST_SHOWN = 1000
SLIPPED = 2.0  # fractions with an impossible one among them go no further; percent do


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


@dataclass(frozen=True, eq=False)
class Examined:
    """A table after the audit: what will be stored, what was found, what is left out."""

    parsed: Parsed
    issues: tuple[Issue, ...]
    left_out: tuple[tuple[int, str], ...]  # row, why


@dataclass
class _Desk:
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
    desk = _Desk(parsed, choices)
    _broken(desk, broken)
    _nameless(desk)
    _unread(desk)
    _infinite(desk)
    _units(desk)
    _mixed_units(desk)
    _impossible(desk)
    _copies(desk)
    _same_key(desk)
    _scoreless(desk)
    if desk.parsed.n:
        _alone(desk)
        _constant(desk)
        _same_column(desk)
        _outliers(desk, layout.trained_on if layout else None)
    if unknown := [code for code in choices if code not in CODES]:
        raise errors.unknown("finding", unknown[0], CODES)
    return Examined(desk.parsed, tuple(desk.issues), tuple(sorted(desk.left_out)))


_LEAVE_ROWS = {"leave-out": "These rows are left out"}
_LEAVE_CELLS = {"leave-out": "These cells are left out, the rest of their rows is kept", "leave-out-rows": "Their rows are left out"}
_KEEP = {"keep": "They are kept as they are"}


def _said_rows(rows: Sequence[int] | np.ndarray, most: int = 5) -> str:
    said = ", ".join(f"{int(row):,}" for row in rows[:most])
    more = f" and {len(rows) - most:,} more" if len(rows) > most else ""
    return f"row{'s' if len(rows) > 1 else ''} {said}{more}"


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def _details(parsed: Parsed, where: Any, **more: Sequence) -> pd.DataFrame:
    """Return the rows of a finding, with whatever else is known of each."""
    return pd.DataFrame({"row": parsed.rows[where], "network": parsed.names[where], **more})


def _cell_details(desk: _Desk, cells: np.ndarray, label: str = "value") -> pd.DataFrame:
    at, column = np.nonzero(cells)
    at, column = at[:MOST_SHOWN], column[:MOST_SHOWN]
    told = {"column": [desk.parsed.columns[j] for j in column], label: desk.parsed.value[at, column]}
    return _details(desk.parsed, at, **told)


def _broken(desk: _Desk, broken: Sequence[tuple[int, str]]) -> None:
    if not broken:
        return
    why = dict(broken)
    where = np.isin(desk.parsed.rows, list(why))
    sentence = f"{_plural(len(broken), 'row')} {'is' if len(broken) == 1 else 'are'} broken in the file ({_said_rows(list(why))}: {broken[0][1]})."
    details = _details(desk.parsed, where, problem=[why[int(row)] for row in desk.parsed.rows[where]])
    if desk.find("broken-rows", sentence, list(why), {**_LEAVE_ROWS, **_KEEP}, details) == "leave-out":
        desk.leave_out(where, "broken in the file")


def _nameless(desk: _Desk) -> None:
    where = np.equal(desk.parsed.names, "").astype(bool)
    if not where.any() or where.all():
        return
    sentence = f"{_plural(int(where.sum()), 'row')} without a name of a network ({_said_rows(desk.parsed.rows[where])})."
    actions = {**_LEAVE_ROWS, "number": "They are called by their row numbers"}
    if desk.find("no-name", sentence, desk.parsed.rows[where], actions, _details(desk.parsed, where)) == "leave-out":
        desk.leave_out(where, "without a name")
    else:
        names = desk.parsed.names.copy()
        names[where] = [f"{desk.parsed.row_name} {row}" for row in desk.parsed.rows[where]]
        desk.parsed = replace(desk.parsed, names=names)


def _cells(desk: _Desk, code: str, cells: np.ndarray, what: str, why: str, actions: Mapping[str, str], label: str = "value") -> str | None:
    """Settle a finding about single cells; returns what is done, None where there are none."""
    if not cells.any():
        return None
    rows = desk.parsed.rows[cells.any(axis=1)]
    names = [desk.parsed.columns[j] for j in np.flatnonzero(cells.any(axis=0))]
    sentence = f"{_plural(int(cells.sum()), 'cell')} {what} ({_said_rows(rows)}; in {safety.few(names)})."
    action = desk.find(code, sentence, rows, actions, _cell_details(desk, cells, label))
    if action == "leave-out":
        desk.left_out += [(int(row), f"{why} (cell only)") for row in rows]
        desk.parsed = desk.parsed.without(cells)
    elif action == "leave-out-rows":
        desk.leave_out(cells.any(axis=1), why)
    return action


def _unread(desk: _Desk) -> None:
    _cells(desk, "unread", desk.parsed.unread.copy(), "where a number should be cannot be read", "no number can be read", _LEAVE_CELLS, "read as")
    desk.parsed = desk.parsed.without(desk.parsed.unread)


def _infinite(desk: _Desk) -> None:
    _cells(desk, "infinite", np.isinf(desk.parsed.value), "hold an infinite number", "an infinite number", _LEAVE_CELLS)


# --- units


def _metric_groups(parsed: Parsed) -> list[tuple[int, np.ndarray]]:
    """Return (column, rows) of numbers that have one unit: a column, or in long tables the rows of one metric."""
    found = []
    metrics = np.array([place.get("metric", "") for place in parsed.places], object)
    codes, different = pd.factorize(metrics)
    for column in range(len(parsed.columns)):
        found += [(column, np.flatnonzero(codes[parsed.place] == i) if len(different) > 1 else np.arange(parsed.n)) for i in range(len(different))]
    return found


def _units(desk: _Desk) -> None:
    """Bring shares to fractions; where nobody said the unit of a column, its numbers tell."""
    parsed = desk.parsed
    scale, raw = np.ones_like(parsed.value), np.zeros(parsed.value.shape, bool)
    kinds: dict[str, list[str]] = {"percent": [], "fraction": []}
    found: list[tuple[int, np.ndarray, str]] = []
    for column, rows in _metric_groups(parsed):
        metric = parsed.places[parsed.place[rows[0]]].get("metric", parsed.targets[column].metric) if len(rows) else ""
        unit = _unit(parsed, column, rows, metric)
        found.append((column, rows, unit))
        if unit in kinds and parsed.targets[column].unit == "auto":
            kinds[unit].append(parsed.columns[column] if len(parsed.places) == 1 else f"{parsed.columns[column]} ({metric})")
    forced = ""
    if kinds["percent"] and kinds["fraction"]:
        few, many = sorted(kinds.values(), key=len)
        unit = "fractions" if few is kinds["fraction"] else "percent"
        sentence = f"The columns differ in their units: {safety.few(few)} look like {unit}, the other {len(many):,} not."
        actions = {"as-found": "Each column is read in the unit that its numbers show", "percent": "All are percent", "fraction": "All are fractions"}
        forced = desk.find("column-units", sentence, (), actions)
    for column, rows, unit in found:
        said = forced if forced in kinds and unit in kinds and parsed.targets[column].unit == "auto" else unit
        if said == "percent":
            scale[rows, column] = 0.01
        raw[rows, column] = said == KEPT_AS_IS
    settled = []
    for column, target in enumerate(parsed.targets):
        units = {forced if forced in kinds and unit in kinds and target.unit == "auto" else unit for c, _, unit in found if c == column}
        settled.append(replace(target, unit=units.pop() if len(units) == 1 else target.unit))
    ends = {side: None if (end := getattr(parsed, side)) is None else end * scale for side in ("low", "high")}
    desk.parsed = replace(parsed, value=parsed.value * scale, targets=tuple(settled), raw=raw, **ends)


def _unit(parsed: Parsed, column: int, rows: np.ndarray, metric: str) -> str:
    unit = parsed.targets[column].unit
    if unit != "auto":
        return unit if unit == KEPT_AS_IS or _mapping.is_share(metric) else KEPT_AS_IS
    if not _mapping.is_share(metric):
        return KEPT_AS_IS
    values = parsed.value[rows, column]
    values = values[np.isfinite(values)]
    if parsed.percent_signs[column] * 2 > len(values):
        return "percent"
    if not len(values) or (values <= 1).mean() >= 0.95 or (np.median(values) <= 1 and values.max() <= SLIPPED):
        return "fraction"
    return "percent" if (values <= 100).mean() >= 0.5 else KEPT_AS_IS


def _mixed_units(desk: _Desk) -> None:
    """Find rows that are fractions in a table in percent: all their numbers at most 1, and usual only when multiplied by 100."""
    parsed = desk.parsed
    percent = np.array([target.unit == "percent" for target in parsed.targets], bool)
    if not percent.any() or parsed.n < 8:
        return
    values = parsed.value[:, percent]
    small = (values <= 0.01 + ROUNDING) & (values > 0)
    told = np.isfinite(values)
    candidates = np.logical_and(told.any(axis=1), (small | ~told).all(axis=1))
    if not candidates.any() or candidates.mean() > 0.5:
        return
    others = np.where(candidates[:, None], np.nan, values)
    with np.errstate(all="ignore"):
        low, usual, high = (np.full(values.shape[1], np.nan) for _ in range(3))
        there = np.isfinite(others).sum(axis=0) >= 5
        low[there], usual[there], high[there] = np.nanquantile(others[:, there], [0.0, 0.02, 1.0], axis=0)
    fits = (values * 100 >= usual) & (values * 100 <= high) & (values < low)
    where = candidates & (fits.sum(axis=1) * 2 > told.sum(axis=1))
    if not where.any():
        return
    first = [float(row[np.isfinite(row)][0]) * 100 for row in np.atleast_2d(values[where])]
    sentence = f"{_plural(int(where.sum()), 'row')} in fractions where the others are in percent ({_said_rows(parsed.rows[where])})."
    actions = {"rescale": "They are multiplied by 100", **_KEEP, **_LEAVE_ROWS}
    action = desk.find("mixed-units", sentence, parsed.rows[where], actions, _details(parsed, where, written=first))
    if action == "leave-out":
        desk.leave_out(where, "another unit than the others")
    elif action == "rescale":
        factor = np.where(where[:, None] & percent[None, :], 100.0, 1.0)
        ends = {side: None if (end := getattr(parsed, side)) is None else end * factor for side in ("low", "high")}
        desk.parsed = replace(parsed, value=parsed.value * factor, **ends)


def _impossible(desk: _Desk) -> None:
    cells = desk.parsed.shares & ((desk.parsed.value < -ROUNDING) | (desk.parsed.value > 1 + ROUNDING))
    action = _cells(desk, "impossible", cells, "outside 0..1", "outside 0..1", {**_LEAVE_CELLS, **_KEEP})
    parsed = desk.parsed
    ends = {side: None if (end := getattr(parsed, side)) is None else np.where(parsed.shares, np.clip(end, 0, 1), end) for side in ("low", "high")}
    values = parsed.value if action == "keep" else np.where(parsed.shares, np.clip(parsed.value, 0, 1), parsed.value)
    desk.parsed = replace(parsed, value=values, **ends)


# --- rows that are there more than once


def _copies(desk: _Desk) -> None:
    parsed = desk.parsed
    marks = pd.DataFrame({"name": pd.factorize(parsed.names)[0], "place": parsed.place})
    if parsed.value.shape[1] == 1:
        marks["value"] = parsed.value[:, 0]
    else:
        marks["value"] = [hash(row.tobytes()) for row in np.ascontiguousarray(np.where(np.isnan(parsed.value), -1.0, parsed.value))]
    if len(parsed.attributes.columns):
        texts = parsed.attributes.astype("str")
        marks["attributes"] = pd.util.hash_pandas_object(texts, index=False).to_numpy()
    if parsed.trained_on is not None:
        marks["trained"] = pd.factorize(parsed.trained_on)[0]
    where = marks.duplicated().to_numpy()
    if not where.any():
        return
    groups = marks.groupby(list(marks), sort=False, dropna=False)
    first = pd.Series(parsed.rows).groupby(groups.ngroup().to_numpy()).transform("first").to_numpy()
    share = f" ({where.mean():.0%} of all)" if where.mean() >= 0.005 else ""
    what = "is an exact copy" if where.sum() == 1 else "are exact copies"
    sentence = f"{_plural(int(where.sum()), 'row')}{share} {what} of an earlier row ({_said_rows(parsed.rows[where])})."
    actions = {"drop": "Copies are left out, the first is kept", "keep": "All are kept, each under a name of its own"}
    if desk.find("copies", sentence, parsed.rows[where], actions, _details(parsed, where, copy_of=first[where])) == "drop":
        desk.leave_out(where, "an exact copy of an earlier row")
    elif not (parsed.names == "").all():
        doubled = marks.duplicated(keep=False).to_numpy()
        nth = groups.cumcount().to_numpy()
        names = parsed.names.copy()
        names[doubled] = [f"{names[i]} #{nth[i] + 1}" for i in np.flatnonzero(doubled)]
        desk.parsed = replace(parsed, names=names)


def _same_key(desk: _Desk) -> None:
    parsed = desk.parsed
    if (parsed.names == "").all():
        desk.parsed = replace(parsed, names=np.array([f"{parsed.row_name} {row}" for row in parsed.rows], object))
        return
    key = pd.DataFrame({"name": parsed.names, "place": parsed.place})
    where = key.duplicated(keep=False).to_numpy()
    if not where.any():
        return
    different = key[where].drop_duplicates()
    more = _told_by(parsed, key, where)
    how = f"“{more[0]}”" if len(more) == 1 else " and ".join(f"“{m}”" for m in more)
    hint = f"; {how} would tell them apart" if more else ""
    sentence = (
        f"{_plural(int(where.sum()), 'row')} share {_plural(len(different), 'name')} with other rows but differ in their numbers "
        f"({safety.few(different['name'].unique().tolist(), 3)}){hint}."
    )
    apart = f"Each is kept under a name of its own, told apart by {how}" if more else "Each is kept under a name of its own, with a number"
    actions = {"tell-apart": apart, "first": "The first is kept", "last": "The last is kept", "average": "Their mean is kept", **_LEAVE_ROWS}
    order = np.flatnonzero(where)[np.argsort(pd.factorize(key["name"][where])[0], kind="stable")]
    shown = {column: [parsed.attributes[column].iloc[i] for i in order[:MOST_SHOWN]] for column in more}
    shown |= {parsed.columns[0]: parsed.value[order[:MOST_SHOWN], 0]}
    action = desk.find("same-key", sentence, parsed.rows[where], actions, _details(parsed, order[:MOST_SHOWN], **shown))
    _settle_same_key(desk, action, key, where, more)


def _told_by(parsed: Parsed, key: pd.DataFrame, where: np.ndarray) -> tuple[str, ...]:
    """Return the attributes that tell rows of the same key apart."""
    if not len(parsed.attributes.columns):
        return ()
    texts = parsed.attributes[where].astype("str").reset_index(drop=True)
    whole = pd.concat([key[where].reset_index(drop=True), texts], axis=1)
    return _mapping.completing(whole, ["name", "place"], [str(c) for c in texts if c not in {"name", "place"}])


def _settle_same_key(desk: _Desk, action: str, key: pd.DataFrame, where: np.ndarray, more: tuple[str, ...]) -> None:
    parsed = desk.parsed
    if action == "leave-out":
        desk.leave_out(where, "its name is not its own")
    elif action in {"first", "last"}:
        desk.leave_out(key.duplicated(keep="first" if action == "first" else "last").to_numpy(), f"another row of the same name is the {action}")
    elif action == "average":
        desk.parsed = _averaged(parsed, key)
        again = key.duplicated().to_numpy()
        desk.left_out += [(int(row), "averaged with the other rows of its name") for row in parsed.rows[again]]
    else:
        desk.parsed = replace(parsed, names=_told_apart(parsed, key, where, more))


def _told_apart(parsed: Parsed, key: pd.DataFrame, where: np.ndarray, more: tuple[str, ...]) -> np.ndarray:
    """Return names with what tells rows apart in brackets, and with a number where that is not enough."""
    names = parsed.names.copy()
    at = np.flatnonzero(where)
    if more:
        texts = {c: as_text(parsed.attributes[c].iloc[at]).tolist() for c in more}
        names[at] = [f"{names[i]} [{', '.join(f'{c}={texts[c][j]}' for c in more)}]" for j, i in enumerate(at)]
    still = pd.DataFrame({"name": names, "place": key["place"]})
    doubled = still.duplicated(keep=False).to_numpy()
    nth = still.groupby(["name", "place"], sort=False).cumcount().to_numpy()
    names[doubled] = [f"{names[i]} #{nth[i] + 1}" for i in np.flatnonzero(doubled)]
    return names


def _averaged(parsed: Parsed, key: pd.DataFrame) -> Parsed:
    """Return one row a key with the mean of its numbers; attributes and intervals are those of the first row, where it is alone."""
    codes = key.groupby(["name", "place"], sort=False).ngroup().to_numpy()
    first = np.flatnonzero(~key.duplicated().to_numpy())
    told = np.isfinite(parsed.value)
    counts = np.zeros((len(first), parsed.value.shape[1]))
    sums = np.zeros_like(counts)
    np.add.at(counts, codes, told)
    np.add.at(sums, codes, np.where(told, parsed.value, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / counts
    single = np.bincount(codes)[codes[first]] == 1
    kept = parsed.take(first)
    ends = {side: None if (end := getattr(kept, side)) is None else np.where(single[:, None], end, np.nan) for side in ("low", "high")}
    return replace(kept, value=np.where(counts > 0, means, kept.value), missing=kept.missing & (counts == 0), **ends)


# --- networks that do not fit


def _per_network(parsed: Parsed) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's network as a number, and on how many data sets each network has scores."""
    codes, different = pd.factorize(parsed.names)
    about = [[parsed.target(p, c).dataset for c in range(len(parsed.columns))] for p in range(len(parsed.places))]
    flat, sets = pd.factorize(np.array(about, object).reshape(-1))
    of = flat.reshape(len(parsed.places), len(parsed.columns))
    hits = np.zeros((len(different), len(sets)), bool)
    for column in range(len(parsed.columns)):
        there = ~parsed.missing[:, column]
        hits[codes[there], of[parsed.place[there], column]] = True
    return codes, hits.sum(axis=1)


def _scoreless(desk: _Desk) -> None:
    where = desk.parsed.missing.all(axis=1)
    if not where.any():
        return
    sentence = f"{_plural(int(where.sum()), 'row')} without any score ({_said_rows(desk.parsed.rows[where])})."
    actions = {**_LEAVE_ROWS, "keep": "They are kept as networks that were measured on nothing"}
    if desk.find("no-score", sentence, desk.parsed.rows[where], actions, _details(desk.parsed, where)) == "leave-out":
        desk.leave_out(where, "without any score")


def _alone(desk: _Desk) -> None:
    parsed = desk.parsed
    if not parsed.n or len(parsed.columns) * len(parsed.places) < 2:  # nothing to join
        return
    codes, counts = _per_network(parsed)
    where = np.equal(counts[codes], 1)
    if not where.any() or np.median(counts) < 2:
        return
    column = np.argmax(~parsed.missing[where], axis=1)
    on = [parsed.target(int(p), int(c)).dataset for p, c in zip(parsed.place[where], column, strict=True)]
    sentence = (
        f"{_plural(int(where.sum()), 'network')} {'has' if where.sum() == 1 else 'have'} a score on one set only and "
        f"{'joins' if where.sum() == 1 else 'join'} nothing elsewhere ({safety.few(parsed.names[where].tolist(), 3)})."
    )
    details = _details(parsed, where, only_on=on)
    if desk.find("alone", sentence, parsed.rows[where], {"keep": "They are kept, and are in no pair", **_LEAVE_ROWS}, details) == "leave-out":
        desk.leave_out(where, "joins nothing")


def _constant(desk: _Desk) -> None:
    """Find networks with the same score everywhere."""
    parsed = desk.parsed
    if parsed.value.shape[1] < 3:
        return
    told = np.isfinite(parsed.value)
    with np.errstate(all="ignore"):
        most = np.where(told, parsed.value, -np.inf).max(axis=1)
        least = np.where(told, parsed.value, np.inf).min(axis=1)
    where = (told.sum(axis=1) >= 3) & (most == least)
    if not where.any():
        return
    sentence = f"{_plural(int(where.sum()), 'network')} with the same score everywhere ({safety.few(parsed.names[where].tolist(), 3)})."
    details = _details(parsed, where, score=most[where])
    if desk.find("constant", sentence, parsed.rows[where], {**_KEEP, **_LEAVE_ROWS}, details) == "leave-out":
        desk.leave_out(where, "the same score everywhere")


def _same_column(desk: _Desk) -> None:
    """Find columns in which all networks have the same score."""
    parsed = desk.parsed
    if len(parsed.columns) < 2:
        return
    told = np.isfinite(parsed.value)
    with np.errstate(all="ignore"):
        spread = np.where(told, parsed.value, -np.inf).max(axis=0) - np.where(told, parsed.value, np.inf).min(axis=0)
    where = (told.sum(axis=0) >= 5) & (spread == 0)
    if not where.any():
        return
    names = [parsed.columns[j] for j in np.flatnonzero(where)]
    sentence = f"All networks have the same score in {safety.few(names)}: nothing can be learnt from it."
    actions = {**_KEEP, "leave-out": "These columns are left out"}
    if desk.find("same-column", sentence, (), actions, pd.DataFrame({"column": names})) == "leave-out":
        desk.parsed = parsed.without(np.broadcast_to(where, parsed.value.shape))


def _outliers(desk: _Desk, id_set: str | None) -> None:
    """Find networks that lie absurdly far from the line through the others, on probit axes, against one reference column."""
    parsed = desk.parsed
    metric = parsed.targets[0].metric
    shares = np.array(
        [j for j in np.flatnonzero(parsed.shares.all(axis=0)) if parsed.targets[j].metric == metric and parsed.targets[j].split == "test"]
    )
    if len(parsed.places) > 1 or len(shares) < 2 or parsed.n < FEWEST_FOR_LINE:
        return
    named = [j for j in shares if parsed.targets[j].dataset == id_set]
    x_column = named[0] if named else shares[np.argmax(np.isfinite(parsed.value[:, shares]).sum(axis=0))]
    x = special.ndtri(np.clip(parsed.value[:, x_column], CLIP, 1 - CLIP))
    worst, on = np.zeros(parsed.n), np.full(parsed.n, -1)
    for j in shares:
        if j != x_column:
            z = np.abs(_distance(x, special.ndtri(np.clip(parsed.value[:, j], CLIP, 1 - CLIP))))
            on = np.where(z > worst, j, on)
            worst = np.maximum(worst, z)
    where = worst > ABSURD
    if not where.any() or where.mean() > 0.05:
        return
    order = np.flatnonzero(where)[np.argsort(-worst[where])]
    sentence = (
        f"{_plural(len(order), 'network')} {'lies' if len(order) == 1 else 'lie'} more than {ABSURD:g} robust standard deviations off the line "
        f"through the others, against {parsed.columns[x_column]} ({safety.few(parsed.names[order].tolist(), 3)})."
    )
    told = {"column": [parsed.columns[j] for j in on[order]], "score": parsed.value[order, on[order]], "deviations": np.round(worst[order], 1)}
    details = _details(parsed, order, **told)
    if desk.find("outlier", sentence, parsed.rows[order], {**_KEEP, **_LEAVE_ROWS}, details) == "leave-out":
        desk.leave_out(where, "far off the line through the others")


def _distance(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return residuals of y in robust standard deviations from a line that the far ones do not draw; 0 near it, or where there is none."""
    known = np.isfinite(x) & np.isfinite(y)
    inside = known.copy()
    residuals, spread = np.zeros(len(x)), 1.0
    for _ in range(4):
        if inside.sum() < FEWEST_FOR_LINE or np.ptp(x[inside]) == 0:
            return np.zeros(len(x))
        curve = np.polyfit(x[inside], y[inside], 2 if inside.sum() >= MANY_FOR_LINE else 1)
        residuals = np.where(known, y - np.polyval(curve, x), 0.0)
        spread = 1.4826 * np.median(np.abs(residuals[known] - np.median(residuals[known])))
        if spread == 0:
            return np.zeros(len(x))
        inside = known & (np.abs(residuals) <= 3 * spread)
    return np.where(np.abs(residuals) > ABSURD_PROBIT, residuals / spread, 0.0)
