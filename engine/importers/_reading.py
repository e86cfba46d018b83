"""From a file of predictions to arrays, before anybody asks what they mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from engine import errors, safety
from engine.importers import _columns
from engine.importers._audit import Finding, rows_said
from engine.importers._columns import Columns

if TYPE_CHECKING:
    import pandas as pd

MOST_GROUPS = 50
_NAN = ("", "nan", "none", "null", "na", "n/a")


@dataclass(frozen=True)
class Raw:
    """A file's content as arrays."""

    columns: Columns
    labels: np.ndarray  # (n,) numbers or text, as they stand
    numbers: Float[np.ndarray, "n k"]  # NaN where nothing can be read
    ids: tuple[str, ...] | None
    groups: Mapping[str, tuple[str | None, ...]]
    unread: Bool[np.ndarray, " n"]  # rows whose values are no numbers or of another length; `findings` says why
    findings: tuple[Finding, ...] = field(default=())
    features: Float[np.ndarray, "n d"] | None = None


def names(path: Path, kind: str) -> tuple[str, ...]:
    """Return the columns of a table, or the names of the arrays of an .npz."""
    if kind == "npz":
        return tuple(info.filename.removesuffix(".npy") for info in safety.check_zip(path))
    from engine import store

    return tuple(store.read_table(path).columns if kind == "jsonl" else store.columns_of(path))


def read(path: Path, kind: str, columns: Columns | None) -> Raw:
    """Return a file's content.

    Args:
        path: the file.
        kind: `parquet`, `csv`, `jsonl` or `npz`.
        columns: which column means what; None = judged by their names.

    Raises:
        UserError: for a damaged file, missing columns, arrays of different lengths, no rows.
    """
    raw = _arrays(path, columns) if kind == "npz" else _table(path, kind, columns)
    if not len(raw.labels):
        raise errors.UserError(f"{safety.shown(path.name)} has no rows.", "Check that it was written to its end.")
    return raw


def _chosen(columns: Columns | None, there: Sequence[str]) -> Columns:
    if columns is None:
        return _columns.guess(there)
    _columns.check(columns, there)
    return columns


def _table(path: Path, kind: str, columns: Columns | None) -> Raw:
    from engine import store

    there = names(path, kind)
    columns = _chosen(columns, there)
    listed = _columns.is_list(columns)
    inside = _columns.features(there)
    text = [name for name in there if (listed or name not in columns.outputs) and (len(inside) == 1 or name not in inside)]
    frame = store.read_table(path, text=text)
    _check_shape(path, frame)
    values, unread, findings = _lists(frame[columns.outputs[0]]) if listed else _numbers(frame, columns.outputs)
    further = _columns.further(columns, there) if columns.groups is None else columns.groups
    groups, left_out = _groups({name: frame[name].to_numpy() for name in further}, choose=columns.groups is None)
    ids = tuple(map(_said, frame[columns.example_id])) if columns.example_id else None
    features, odd = _features(*(_lists(frame[inside[0]]) if len(inside) == 1 else _numbers(frame, inside))[:2]) if inside else (None, [])
    return Raw(
        replace(columns, groups=tuple(groups)), frame[columns.label].to_numpy(), values, _ids(ids), groups, unread,
        (*findings, *left_out, *odd), features,
    )  # fmt: skip


def _features(values: np.ndarray, unread: Bool[np.ndarray, " n"]) -> tuple[np.ndarray | None, list[Finding]]:
    """Return features, none of them where one is no finite number: a map with holes is none."""
    bad = unread | ~np.isfinite(values).all(axis=1)
    if not bad.any():
        return values, []
    sentence = f"The features are left out: {int(bad.sum()):,} of {len(bad):,} rows lack finite numbers ({rows_said(bad)})."
    return None, [Finding("warning", sentence, "Write as many numbers in each row to have a map of the examples.")]


def _check_shape(path: Path, frame: "pd.DataFrame") -> None:
    import pandas as pd

    if not isinstance(frame.index, pd.RangeIndex):
        raise errors.UserError(
            f"The rows of {safety.shown(path.name)} have one value more than its first line has names.",
            "Write the table without an index, or give the index a name (pandas: to_csv(path, index=False)).",
        )


def _numbers(frame: "pd.DataFrame", columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """Return one value a column and row; what is no number is NaN and reported."""
    import pandas as pd

    kinds = {name: frame[name].dtype.kind for name in columns}
    if set(kinds.values()) <= set("fiub"):
        values = frame[list(columns)].to_numpy()
        return values if values.dtype.kind == "f" else values.astype(np.float64), np.zeros(len(frame), bool), []
    values, unread, commas = np.empty((len(frame), len(columns))), np.zeros(len(frame), bool), False
    example = ""
    for i, name in enumerate(columns):
        text = frame[name].map(_said).str.strip()
        read = pd.to_numeric(text, errors="coerce")
        bad = read.isna() & ~text.str.lower().isin(_NAN)
        if bad.any() and text[bad].str.fullmatch(r"[-+]?\d+,\d+([eE][-+]?\d+)?").all():
            read, bad, commas = pd.to_numeric(text.str.replace(",", "."), errors="coerce"), bad & False, True
        example = example or (f"“{safety.shown(text[bad].iloc[0], 30)}” in {name}" if bad.any() else "")
        values[:, i], unread = read, unread | bad.to_numpy(bool)
    findings = [Finding("note", "Numbers were written with a decimal comma and read so.")] if commas else []
    return values, unread, findings + _unread(unread, f"holds text where a number should be: {example}")


def _unread(where: Bool[np.ndarray, " n"], why: str) -> list[Finding]:
    if not where.any():
        return []
    fix = "Write plain numbers (0.93, not 93 % or high), or leave these rows out."
    return [Finding("error", f"{int(where.sum()):,} of {len(where):,} rows cannot be read ({rows_said(where)}): the file {why}.", fix)]


def _lists(column: "pd.Series") -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """Return the values of a column of lists, of arrays, or of text such as `[0.1, 2.3]`."""
    rows = [_list(cell) for cell in column]
    lengths = np.array([len(row) for row in rows])
    usual = int(np.bincount(lengths[lengths > 0]).argmax()) if (lengths > 0).any() else 0
    if not usual:
        raise errors.UserError(
            f"The column {column.name} holds no lists of numbers.", "Write one list of logits a row, or one column a class: logit_0, logit_1, …"
        )
    other = lengths != usual
    values = np.stack([row if len(row) == usual else np.full(usual, np.nan) for row in rows])
    if not other.any():
        return values, other, []
    sentence = f"{int(other.sum()):,} of {len(rows):,} rows do not hold {usual} numbers as the others do ({rows_said(other)})."
    return values, other, [Finding("error", sentence, "Give every row one number a class, or leave these rows out.")]


def _list(cell: Any) -> np.ndarray:
    """Return a cell's numbers, none where it holds no list of numbers."""
    if isinstance(cell, str):
        try:
            cell = json.loads(cell.replace("nan", "NaN").replace("inf", "Infinity") if "[" in cell else "[]")
        except json.JSONDecodeError:
            return np.empty(0)
    try:
        row = np.asarray(cell, dtype=None if isinstance(cell, np.ndarray) else np.float64)
        return row.astype(np.float64) if row.dtype == object else row if row.ndim == 1 else np.empty(0)
    except (ValueError, TypeError):
        return np.empty(0)


def _arrays(path: Path, columns: Columns | None) -> Raw:
    """Return the content of an .npz: labels, logits or probs, and maybe example_id, classes, and group columns."""
    arrays = safety.read_npz(path)
    columns = _chosen(columns, list(arrays))
    labels = _column(arrays[columns.label], columns.label)
    inside = [arrays[name] for name in _columns.features(list(arrays))]
    stacked = [arrays[name] for name in columns.outputs]
    values = stacked[0] if len(stacked) == 1 else _joined(stacked)
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise errors.UserError(
            f"The array {columns.outputs[0]} is {' x '.join(map(str, values.shape)) or 'one'} {values.dtype}, expected rows x classes of numbers.",
            "Save it as np.asarray(logits, 'float32') with one row an example.",
        )
    flat, other = _spread(arrays, columns, len(labels))
    _check_lengths(path, {columns.label: labels, columns.outputs[0]: values, **flat})
    ids = tuple(map(_said, flat[columns.example_id])) if columns.example_id else None
    further = {name: array for name, array in flat.items() if name != columns.example_id}
    groups, left_out = _groups(further, choose=columns.groups is None)
    values = values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
    columns = replace(columns, groups=tuple(groups), classes=columns.classes or _class_names(arrays, values.shape[1]))
    features, odd = _stacked(inside, len(labels))
    return Raw(columns, labels, values, _ids(ids), groups, np.zeros(len(labels), bool), (*other, *left_out, *odd), features)


def _stacked(arrays: Sequence[np.ndarray], n: int) -> tuple[np.ndarray | None, list[Finding]]:
    """Return an array of features, or several of one number a row side by side; nothing where they do not fit the rows."""
    if not arrays:
        return None, []
    values = arrays[0] if len(arrays) == 1 else _joined(arrays)
    if values.ndim != 2 or len(values) != n or values.dtype.kind not in "fiu":
        return None, [Finding("warning", "The features are left out: they are not one row of numbers an example.")]
    return _features(values, np.zeros(n, bool))


def _joined(columns: Sequence[np.ndarray]) -> np.ndarray:
    if len({array.shape for array in columns}) > 1 or columns[0].ndim != 1:
        raise errors.UserError("The arrays of the classes differ in length.", "Give every class one value an example.")
    return np.stack(columns, axis=1)


def _spread(arrays: Mapping[str, np.ndarray], columns: Columns, n: int) -> tuple[dict[str, np.ndarray], list[Finding]]:
    """Return the arrays that are neither labels nor outputs; each column of a two-dimensional one on its own.

    Where nobody chose groups, arrays of another length than `n` are left out with a note.
    """
    chosen = columns.groups is not None
    wanted = columns.groups if columns.groups is not None else _columns.further(columns, arrays)
    wanted = [name for name in wanted if name.lower() not in _columns.CLASSES]
    left_out = [name for name in wanted if not chosen and (not arrays[name].ndim or len(arrays[name]) != n)]
    found = {columns.example_id: _column(arrays[columns.example_id], columns.example_id)} if columns.example_id else {}
    for name in (name for name in wanted if name not in left_out):
        array = arrays[name]
        if array.ndim == 2 and 1 < array.shape[1] <= MOST_GROUPS:
            found |= {f"{name}_{i}": _column(array[:, i], name) for i in range(array.shape[1])}
        elif chosen or array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
            found[name] = _column(array, name)
        else:
            left_out.append(name)
    note = Finding("note", f"Not taken as groups, because they are not one value an example: {safety.few(left_out)}.")
    return found, [note] if left_out else []


def _class_names(arrays: Mapping[str, np.ndarray], width: int) -> tuple[str, ...]:
    """Return the names in an array `classes` of one text a class, none where there is no such array."""
    found = [array for name, array in arrays.items() if name.lower() in _columns.CLASSES]
    fits = [array for array in found if array.shape == (width,) and array.dtype.kind in "US"]
    return tuple(map(str, _column(fits[0], "classes"))) if fits else ()


def _column(array: np.ndarray, name: str) -> np.ndarray:
    """Return an array as one value an example; bytes become text."""
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flat.ndim != 1:
        raise errors.UserError(
            f"The array {name} is {' x '.join(map(str, array.shape)) or 'one value'}, expected one value an example.",
            "Labels in one-hot form become positions by labels.argmax(axis=1).",
        )
    return np.char.decode(flat, "utf-8", "replace") if flat.dtype.kind == "S" else flat


def _check_lengths(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise errors.UserError(f"The arrays of {safety.shown(path.name)} differ in length: {said}.", "Save one value an example in each.")


def _groups(columns: Mapping[str, np.ndarray], *, choose: bool) -> tuple[dict[str, tuple[str | None, ...]], list[Finding]]:
    """Return the columns that examples can be grouped by; where nobody chose, those that take few values."""
    texts = {name: tuple(_said(value) or None for value in column) for name, column in columns.items()}
    fits = {name: column for name, column in texts.items() if not choose or _is_group(column)}
    if not (other := [name for name in texts if name not in fits]):
        return fits, []
    plural = "columns take" if len(other) > 1 else "column takes"
    sentence = f"The further {plural} too many different values to group by, and {'are' if len(other) > 1 else 'is'} left out: {safety.few(other)}."
    return fits, [Finding("note", sentence, "Name them as groups to take them all the same.")]


def _is_group(column: Sequence[str | None]) -> bool:
    return len(set(column)) <= min(MOST_GROUPS, max(2, len(column) // 2))


def _ids(ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return ids if ids and any(ids) else None


def _said(value: Any) -> str:
    """Return a cell as text; nothing for a missing one, no `.0` behind a whole number."""
    if value is None or value != value:  # NaN and NaT are not equal to themselves
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
