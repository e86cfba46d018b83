"""What ships of this study: the newest run of each system, under a name that is the same from every machine."""

import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import rows, store
from engine.remedies import views
from engine.remedies.spec import PREFIX, VERSION
from engine.store import packing


def ship(into: Path) -> Iterator[str]:
    """Put the newest run of every system into a root of the store and yield a line a run; one of the same name is written over.

    Args:
        into: The root that gets the runs, such as `data/sample`.
    """
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE study = 'remedies' AND root = 'results'")
    for row in told.to_dict("records"):
        system = views.question(row["run"], sample=False).system
        if row["run"] == views.newest(system, sample=False):
            name = f"{PREFIX}{VERSION}-{system}"
            yield f"{name}: {_packed(row, name, into):,} bytes"


def _packed(told: dict[Any, Any], name: str, into: Path) -> int:
    """Write a run anew under a name and return its bytes."""
    row = rows.Run(**{**{f.name: _plain(told[f.name]) for f in fields(rows.Run)}, "run": name})
    found = store.part_of(told["run"], rows.Outcome.table).drop(columns="run")
    block = rows.Block(rows.Outcome, {str(column): [_plain(value) for value in found[column]] for column in found}, len(found))
    with tempfile.TemporaryDirectory() as folder:
        writer = store.Writer(name, Path(folder))
        writer.append([block])
        writer.finish(row)
        return packing.pack(name, Path(folder), into)


def _plain(value: Any) -> Any:
    """Return a cell of a frame as a row holds it."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return None if value is None or (not isinstance(value, str) and pd.isna(value)) else value
