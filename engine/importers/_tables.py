"""Any table file as a frame, with what was noticed on the way: separators, header lines, encodings, broken lines.

Cells of text files stay text until somebody says which columns are numbers (`_numbers`), so that a model named `007` or
`1e5` keeps its name.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import errors, safety
from engine.importers import _sources

INDEX_NAMES = ("", "unnamed: 0", "__index_level_0__", "index", "level_0")  # the first three are nobody's choice
SEPARATORS = (",", ";", "\t", "|")
SAMPLE_LINES = 60
MOST_LEAD = 12  # lines above a table
FIELD_LIMIT = 10_000_000
NAME = "name"  # of a column that has no name and holds names


@dataclass(frozen=True, eq=False)
class Table:
    """A table file as it stands: one row a line of data, text cells as text."""

    frame: pd.DataFrame  # index 0..n-1
    separator: str = ","
    notes: tuple[str, ...] = ()
    broken: tuple[tuple[int, str], ...] = ()  # rows of data, from 1, that have more or fewer cells than columns; and why
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> its names in each header line, where there are several


def read(path: Path) -> Table:
    """Return a CSV, TSV, JSON, JSON-lines or Parquet file as a table.

    Raises:
        UserError: for a file that is empty, damaged, refused, or holds no table.
    """
    suffix = path.suffix.lower()
    kind = safety.kind_of(path)
    if kind == "parquet":
        found = _parquet(path)
    elif kind == "text":
        safety.check_size(path, _sources.MOST_BYTES)
        text, encoding = _sources.text(path)
        is_json = suffix in {".json", ".jsonl", ".ndjson"} or (suffix not in {".csv", ".tsv"} and text.lstrip()[:1] in {"{", "["})
        found = _json(path, text) if is_json else _csv(path, text)
        if encoding != "UTF-8":
            found = _more(found, f"The text is read as {encoding}.")
    else:
        _sources.files(path)  # says why it is refused
        raise errors.UserError(f"{safety.shown(path.name)} is no table that can be read.", "Bring CSV, TSV, JSON, JSON lines or Parquet.")
    if found.frame.empty:
        raise errors.UserError(f"{safety.shown(path.name)} has no rows.", "Check that it was written to its end.")
    return _without_index(_without_empty(found))


def _more(table: Table, note: str) -> Table:
    return Table(table.frame, table.separator, (*table.notes, note), table.broken, table.headers)


def _with(table: Table, frame: pd.DataFrame, note: str) -> Table:
    return Table(frame, table.separator, (*table.notes, note), table.broken, table.headers)


def _parquet(path: Path) -> Table:
    from engine import store

    frame = store.read_table(path)
    frame.columns = _unique([str(c) for c in frame.columns])[0]
    return Table(frame)


# --- CSV


def _csv(path: Path, text: str) -> Table:
    csv.field_size_limit(FIELD_LIMIT)
    separator = _separator(path, text)
    try:
        counts = _counts(text, separator)
        lead = _lead(counts)
        first = _first_rows(text, separator, lead)
    except csv.Error as problem:
        raise errors.UserError(f"{safety.shown(path.name)} cannot be read as a table: {problem}.", "Check its quotes and separators.") from problem
    if not first:
        raise errors.UserError(f"{safety.shown(path.name)} has no rows.", "Check that it was written to its end.")
    lines, names, headers, notes = _header(first, counts[lead:])
    lines += lead
    notes += [f"The first {lead} lines are no part of the table and are left out."] if lead > 1 else []
    notes += ["The first line is no part of the table and is left out."] if lead == 1 else []
    columns, more = _unique(names)
    body = counts[lines:]
    frame, broken = _body(text, separator, lines, columns, body)
    told = {column: headers[i] for i, column in enumerate(columns)} if headers else {}
    return Table(frame, separator, (*notes, *more), broken, told)


def _separator(path: Path, text: str) -> str:
    """Return the separator that splits the first lines into the most columns of the same number."""
    lines = [line for line in text[:200_000].splitlines()[:SAMPLE_LINES] if line.strip()]
    best, score = ("\t" if path.suffix.lower() == ".tsv" else ","), (0.0, 0)
    for one in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=one)]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count) if widths else 1
        if usual > 1 and (found := (widths.count(usual) / len(widths), usual)) > score:
            best, score = one, found
    return best


def _lead(counts: np.ndarray) -> int:
    """Return how many lines stand above the table, such as a title: they have far fewer cells than its rows."""
    if len(counts) < 3:
        return 0
    usual = int(np.bincount(counts).argmax())
    there = np.flatnonzero(counts[:MOST_LEAD] >= usual)
    if usual < 3 or not len(there):
        return 0
    first = int(there[0])
    return first - 1 if first and counts[first - 1] == usual - 1 else first  # a heading may lack the name of the rows' names


def _first_rows(text: str, separator: str, lead: int) -> list[list[str]]:
    """Return the first filled lines below what stands above the table."""
    found, seen = [], 0
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        if row and any(row):
            seen += 1
            if seen > lead:
                found.append([cell.strip() for cell in row])
        if len(found) >= 6:
            break
    return found


def _counts(text: str, separator: str) -> np.ndarray:
    """Return the number of cells of each line that has any."""
    return np.array([len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row and any(row)], np.int64)


def _header(first: list[list[str]], counts: np.ndarray) -> tuple[int, list[str], list[tuple[str, ...]], list[str]]:
    """Return how many lines head the table, a name for each column, its names in each line, and what was noticed."""
    names, notes = first[0], []
    if len(first) > 1 and (top := _upper(first)) is not None:
        lines = 2
        key = names[0] or first[1][0]
        if len(first) > 2 and first[2][0] and not any(first[2][1:]):  # pandas writes the name of the index below
            key, lines = first[2][0], 3
        pairs = [("", key), *zip(top[1:], first[1][1:], strict=True)]
        joined = [" ".join(part for part in pair if part) for pair in pairs]
        return lines, joined, pairs, [f"The first {lines} lines are headings; their names are joined, as in “{safety.shown(joined[-1])}”."]
    usual = int(np.bincount(counts[1:]).argmax()) if len(counts) > 1 else len(names)
    trailing = all(len(row) <= len(names) or not row[-1] for row in first[1:])  # separators at the ends of lines
    if usual == len(names) + 1 and (counts[1:] == usual).mean() > 0.9 and not trailing:
        names = [NAME, *names]
        notes.append("Each row has one cell more than the first line has names: the first column is taken as names of rows.")
    while len(names) > usual and not names[-1]:
        names = names[:-1]
    return 1, list(names), [], notes


def _upper(first: list[list[str]]) -> list[str] | None:
    """Return the upper heading of each column where the second line is a heading too, else None."""
    names, below = first[0], first[1]
    if len(names) != len(below) or len(names) < 3:
        return None
    filled, last = [], ""
    for name in names:
        last = name or last
        filled.append(last)
    inner = [name for name in filled[1:] if name]
    repeated = len(set(inner)) < len(inner)
    pairs = list(zip(filled[1:], below[1:], strict=True))
    told_apart = len(set(pairs)) == len(pairs) and all(cell for cell in below[1:])
    is_data = bool(below[0]) and sum(bool(re.fullmatch(r"[-+]?\d*[.,]?\d+(e[-+]?\d+)?%?", cell, re.IGNORECASE)) for cell in below[1:]) > 0
    return filled if repeated and told_apart and not is_data else None


def _unique(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names without a double, and what was changed."""
    seen: dict[str, int] = {}
    found, doubled = [], []
    for i, name in enumerate(names):
        plain = " ".join(name.split()) or ("" if i == 0 else f"column {i + 1}")
        if plain in seen:
            doubled.append(plain)
            seen[plain] += 1
            plain = f"{plain} ({seen[plain]})"
        seen.setdefault(plain, 1)
        found.append(plain)
    return found, [f"Several columns are called alike and were numbered: {safety.few(list(dict.fromkeys(doubled)))}."] if doubled else []


def _body(text: str, separator: str, lines: int, columns: list[str], counts: np.ndarray) -> tuple[pd.DataFrame, tuple[tuple[int, str], ...]]:
    """Return the rows as text, and those that have another number of cells than there are columns."""
    width = len(columns)
    wrong = (
        [(i + 1, f"{n} cells instead of {width}") for i, n in enumerate(counts.tolist()) if n != width and n < width]
        if (counts < width).any()
        else []
    )
    long = np.flatnonzero(counts > width)
    if len(long):
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row and any(row)][lines:]
        wrong += [(int(i) + 1, f"{counts[i]} cells instead of {width}") for i in long if any(cell.strip() for cell in rows[i][width:])]
        frame = pd.DataFrame([[*row[:width], *[""] * (width - len(row))] for row in rows], columns=columns, dtype="str")
        return frame, tuple(sorted(wrong))
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=separator, header=None, names=columns, index_col=False, dtype=str, na_filter=False, skip_blank_lines=True,
            skiprows=_records_before(text, separator, lines),
        )  # fmt: skip
    except (pd.errors.ParserError, ValueError) as problem:
        raise errors.UserError(f"The table cannot be read: {str(problem).splitlines()[0][:200]}.", "Check its quotes and separators.") from problem
    if len(frame) != len(counts):  # lines with separators only
        frame = frame[~(frame == "").all(axis=1)].reset_index(drop=True)
    return frame.fillna("") if (counts < width).any() else frame, tuple(wrong)


def _records_before(text: str, separator: str, lines: int) -> int:
    """Return how many records of the file the first `lines` filled ones take: empty ones before them count as pandas counts them."""
    seen = 0
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
        seen += bool(row and any(row))
        if seen == lines:
            return number
    return lines


# --- JSON


def _json(path: Path, text: str) -> Table:
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return _json_lines(text)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as problem:
        if text.count("\n") and text.lstrip().startswith("{"):
            return _json_lines(text)
        raise errors.UserError(
            f"{safety.shown(path.name)} is no JSON: {problem.msg} at line {problem.lineno}.", "Check that it is complete."
        ) from problem
    except RecursionError as problem:
        raise errors.UserError(f"{safety.shown(path.name)} is nested too deeply.", "Bring a plain table.") from problem
    records = _records(content)
    if records is None:
        raise errors.UserError(
            f"{safety.shown(path.name)} holds no table that can be recognised.",
            "Bring a list of objects, or an object of columns, as pandas writes with to_json.",
        )
    return Table(frame_of(records))


def _json_lines(text: str) -> Table:
    records, broken = [], []
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            record = None
        if not isinstance(record, dict):
            broken.append((len(records) + 1, "the line is no JSON object"))
            record = {}
        records.append(record)
    return Table(frame_of(records), broken=tuple(broken))


def _records(content: Any) -> list[dict] | None:
    """Return the rows of the shapes in which tables are written as JSON; None where there is none of them."""
    if isinstance(content, list):
        return content if content and all(isinstance(row, dict) for row in content) else None
    if not isinstance(content, dict) or not content:
        return None
    if isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):
        rows = [dict(zip(map(str, content["columns"]), row, strict=False)) for row in content["data"]]
        index = content.get("index", [])
        return (
            [{NAME: name, **row} for name, row in zip(index, rows, strict=True)]
            if len(index) == len(rows) and index != list(range(len(rows)))
            else rows
        )
    values = list(content.values())
    if all(isinstance(v, list) for v in values) and len({len(v) for v in values}) == 1 and not isinstance(values[0][0] if values[0] else None, dict):
        return [dict(zip(content, row, strict=True)) for row in zip(*values, strict=True)]
    if all(isinstance(v, dict) for v in values):
        inner = [set(v) for v in values]
        by_column = len(inner) > 0 and all(one == inner[0] for one in inner) and all(re.fullmatch(r"\d+", key) for key in inner[0])
        if by_column:  # pandas.DataFrame.to_json: column -> row number -> value
            return [{column: cells[key] for column, cells in content.items()} for key in values[0]]
        return [{NAME: name, **row} for name, row in content.items()]
    lists = [v for v in values if isinstance(v, list) and v and all(isinstance(row, dict) for row in v)]
    return lists[0] if len(lists) == 1 else [content]


def frame_of(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return records as a frame of Python values: absent keys are None, a bare NaN stays NaN, objects within become `outer.inner`."""
    flat = [_flat(record) for record in records]
    names = dict.fromkeys(name for record in flat for name in record)
    return pd.DataFrame({name: pd.Series([record.get(name) for record in flat], dtype=object) for name in names}, index=pd.RangeIndex(len(flat)))


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and before.count(".") < 4:
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


# --- what no table means


def _without_empty(table: Table) -> Table:
    """Leave out columns in which nothing stands."""
    frame = table.frame
    empty = [c for c in frame if _is_empty(frame[c])]
    if not empty:
        return table
    said = [c or "the first" for c in empty]
    return _with(table, frame.drop(columns=empty), f"Columns in which nothing stands are left out: {safety.few(said)}.")


def _is_empty(column: pd.Series) -> bool:
    if column.dtype == object:
        return all(cell is None or cell == "" for cell in column)
    if isinstance(first := column.iloc[0], str) and first.strip():
        return False
    return bool(column.isna().all() or (pd.api.types.is_string_dtype(column) and (column.fillna("").str.strip() == "").all()))


def _without_index(table: Table) -> Table:
    """Leave out a first column that only counts the rows; give one without a name that holds names a name."""
    frame = table.frame
    first = str(frame.columns[0])
    if first.strip().lower() not in INDEX_NAMES or len(frame.columns) < 2:
        return table
    counted = pd.to_numeric(frame[first], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    for start in (0, 1):
        if np.array_equal(counted, np.arange(start, start + len(frame), dtype=np.float64)):
            return _with(table, frame.drop(columns=[first]), "The first column only counts the rows, as pandas writes it, and is left out.")
    texts = any(pd.api.types.is_string_dtype(frame[c]) and pd.to_numeric(frame[c], errors="coerce").isna().all() for c in frame.columns[1:])
    if first.lower() in INDEX_NAMES[:3] and texts and np.all(counted == np.round(counted)):
        return _with(table, frame.drop(columns=[first]), "The first column holds numbers of rows without a name for them, and is left out.")
    if first == "":
        better = NAME if NAME not in frame else "row name"
        headers = {better if c == "" else c: told for c, told in table.headers.items()}
        renamed = Table(frame.rename(columns={"": better}), table.separator, table.notes, table.broken, headers)
        return _more(renamed, f"The first column has no name; it is called “{better}”.")
    return table
