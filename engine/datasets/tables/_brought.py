"""Tables that people bring: a Parquet or CSV file with a label and group columns, checked before it is kept."""

import functools
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import errors, people, places, safety, store
from engine.datasets.tables._files import is_number, plain, read_people, texts
from engine.datasets.tables._table import SPLITS, Table, divided

MOST_GROUPS = 100
FEWEST_PEOPLE = 200  # of a table that a network is to be trained on
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


def folder() -> Path:
    """Return where brought tables lie, one folder each."""
    return places.inputs("tables")


def names() -> tuple[str, ...]:
    """Return the names of brought tables, sorted."""
    return _listed(folder(), places.changed(folder()))


@functools.lru_cache(maxsize=8)
def _listed(where: Path, _changed: int) -> tuple[str, ...]:
    return tuple(sorted(file.parent.name for file in where.glob("*/card.json")))


def card(name: str) -> dict[str, Any]:
    """Return a brought table's card as keywords."""
    said = json.loads((folder() / name / "card.json").read_text())
    return {**{key: value for key, value in said.items() if key not in {"weights", "favourable"}}, "groups": tuple(said["groups"])}


def load(name: str) -> Table:
    """Return a brought table; the latest is kept."""
    file = folder() / name / "table.parquet"
    return _load(name, file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _load(name: str, file: Path, _mtime: int) -> Table:
    said = json.loads((file.parent / "card.json").read_text())
    frame = store.read_table(file)
    return from_frame(name, frame, said["label"], said["groups"], said["favourable"], said["weights"])


@people.needs("bring")
def bring(
    file: Path, name: str, *, label: str, groups: Sequence[str], positive: str | None = None, weights: str | None = None, without: Sequence[str] = ()
) -> Table:
    """Keep a file as a table under a name and return it.

    A column `split` that holds only train, val and test is taken as the sides; otherwise they are drawn.

    Args:
        file: Parquet, CSV, TSV or JSON lines with a header.
        name: how it is called from now on.
        label: the column with the outcome: two values.
        groups: columns with protected attributes.
        positive: the favourable value; 1, true or yes where it is not named.
        weights: a column of positive numbers.
        without: columns that are no inputs: names, numbers of cases, anything that tells the outcome.

    Raises:
        UserError: for a name that is taken, an absent column, gaps in label or groups, a label with more or fewer than two values, one group
            only, more than 100 values of a group, a group without a favourable outcome, fewer than 200 people.
    """
    if not _NAME.fullmatch(name):
        raise errors.UserError(f"“{name[:60]}” cannot be a table's name.", "Use letters, digits, spaces, dots, - and _; at most 60.")
    if name in names():
        raise errors.UserError(f"There is a table named “{name}” already.", "Choose another name, or remove it first.")
    frame = read_people(file)
    for column in (label, *groups, *([weights] if weights else []), *without):
        if column not in frame.columns:
            raise errors.unknown(f"column of {file.name}", column, [str(c) for c in frame.columns])
    frame = frame.drop(columns=list(without))
    favourable = favourable_value(frame[label], label, positive)
    made = from_frame(name, frame, label, groups, favourable, weights)
    _keep(made, frame, label, favourable, weights, file.name)
    return made


def _keep(made: Table, frame: pd.DataFrame, label: str, favourable: str, weights: str | None, source: str) -> None:
    said = {
        "name": made.name, "title": made.name, "text": "", "label": label, "positive": made.positive, "groups": list(made.groups),
        "studied": {"group": next(iter(made.groups)), "values": ()}, "licence": "", "source": source, "citation": "", "recipe": "",
        "weights": weights, "favourable": favourable,
    }  # fmt: skip
    aside = folder() / f".{made.name}.aside"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    (aside / "table.parquet").write_bytes(store.parquet_bytes(frame))
    (aside / "card.json").write_text(json.dumps(said, ensure_ascii=False, indent=1))
    aside.rename(folder() / made.name)


@people.needs("delete")
def remove(name: str) -> None:
    """Take a brought table away; raises UserError for an unknown one."""
    if name not in names():
        raise errors.unknown("brought table", name, names())
    safety.discard(folder() / name)


def from_frame(name: str, frame: pd.DataFrame, label: str, groups: Sequence[str], favourable: str, weights: str | None = None) -> Table:
    """Return a frame as a table; raises UserError as `bring` does."""
    if len(frame) < FEWEST_PEOPLE:
        raise errors.UserError(
            f"{len(frame)} people are too few to train on.", f"Bring at least {FEWEST_PEOPLE}; decisions alone can be audited at any size."
        )
    labels = (as_text(frame[label]) == favourable).to_numpy().astype(np.int8)
    columns = {column: group_values(frame[column], column) for column in groups}
    for column, values in columns.items():
        check_positives(labels, values, column)
    sides = _sides(frame)
    away = [label, *([weights] if weights else []), *(["split"] if sides is not None else [])]
    return Table(
        name=name,
        features=plain(frame.drop(columns=away)),
        labels=labels,
        positive=f"{label} is {favourable}",
        groups=columns,
        splits=sides if sides is not None else divided(len(frame)),
        weights=weight_values(frame[weights], weights) if weights else None,
    )


def _sides(frame: pd.DataFrame) -> np.ndarray | None:
    if "split" not in frame.columns or set(frame["split"].dropna()) != set(SPLITS) or frame["split"].isna().any():
        return None
    return np.array(frame["split"].tolist())


def as_text(column: pd.Series) -> pd.Series:
    """Return values as people write them: 1 for 1.0, true for True; gaps stay gaps."""
    if is_number(column):
        return column.map(lambda v: None if v != v else f"{v:g}" if abs(v) < 1e6 else str(v)).astype(object)
    return column.map(lambda v: None if v is None or v != v else str(v).strip()).astype(object)


YES = (
    "1", "true", "yes", "y", "t", "positive", "accepted", "approved", "granted", "admitted", "hired", "good", "ja", "oui", "si", "sí", "sim", "tak",
)  # fmt: skip


def favourable_value(column: pd.Series, name: str, positive: str | None) -> str:
    """Return which text of a label column is the favourable one.

    Raises:
        UserError: for gaps, a label that has not two values, a value that is not there, or texts of which none says yes.
    """
    told = as_text(column)
    if missing := int(told.isna().sum()):
        raise errors.UserError(f"{missing:,} of {len(told):,} people have no label in “{name}”.", "Fill them in, or leave these people out.")
    values = sorted(set(told))
    if len(values) != 2:
        few = ", ".join(values[:5]) + (" …" if len(values) > 5 else "")
        raise errors.UserError(
            f"The label “{name}” has {len(values):,} different values ({few}); two are needed.",
            "Choose a column with two outcomes, or make one, such as score >= 5.",
        )
    if positive is not None:
        if positive not in values:
            raise errors.unknown(f"value of {name}", positive, values)
        return positive
    said = [value for value in values if value.casefold() in YES]
    if len(said) == 1:
        return said[0]
    raise errors.UserError(
        f"The label “{name}” holds {values[0]} and {values[1]}; which is favourable is not said.", f"Name it, such as {values[1]}."
    )


def group_values(column: pd.Series, name: str) -> np.ndarray:
    """Return a group column as text; raises UserError for gaps, one group only, or more than 100 values."""
    if missing := int(column.isna().sum()):
        raise errors.UserError(
            f"{missing:,} of {len(column):,} people have no value in “{name}”.",
            "Fill them in, for example with “not stated”, or leave these people out.",
        )
    values = texts(column)
    found = len(set(values.tolist()))
    if found < 2:
        raise errors.UserError(f"All people have the same value in “{name}”: there is one group only.", "Choose a column with at least two groups.")
    if found > MOST_GROUPS:
        raise errors.UserError(
            f"“{name}” has {found:,} different values; at most {MOST_GROUPS} groups can be compared.",
            "Choose a column with fewer, or put values into classes first, such as ages in decades.",
        )
    return values


def check_positives(labels: np.ndarray, values: np.ndarray, name: str) -> None:
    """Raise UserError where a group has no favourable outcome: nothing about it could be learned or compared."""
    without = [value for value in sorted(set(values.tolist())) if not labels[values == value].any()]
    if without:
        raise errors.UserError(
            f"Nobody with {name} = {without[0]} has the favourable outcome ({int((values == without[0]).sum()):,} people).",
            "Join this group with another, leave it out, or check which label value is favourable.",
        )


def weight_values(column: pd.Series, name: str) -> np.ndarray:
    """Return weights; raises UserError unless all are positive numbers."""
    found = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    if not (np.isfinite(found) & (found > 0)).all():
        raise errors.UserError(f"“{name}” holds weights that are no positive numbers.", "Give each person a weight above 0.")
    return found
