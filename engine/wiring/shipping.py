"""What ships of this study, under names that are the same from every machine: a training step by step, and the arms' scores elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from engine import errors, rows, store
from engine.store import packing
from engine.training._circuit_arms import SETTINGS
from engine.wiring import question
from engine.wiring.spec import PREFIX
from engine.wiring.views import newest


def ship(into: Path) -> Iterator[str]:
    """Put the newest training's rows, and the newest scores of all arms of each data set, into a root of the store; yield a line each.

    Answers go along: other networks are compared with these example by example.

    Raises:
        UserError: where there is nothing to ship.
    """
    found = [(newest(), f"{PREFIX}-training", (rows.CircuitTraining,))]
    found += [(_evaluated(data), f"{PREFIX}-arms-{data}", (rows.Network, rows.Score, rows.Prediction)) for data in SETTINGS]
    found = [one for one in found if one[0] is not None]
    if not found:
        raise errors.UserError("Nothing was trained or evaluated here yet.", "Ask: python -m engine wiring question")
    for run, name, tables in found:
        yield f"{name}: {_packed(str(run), name, tables, into):,} bytes"


def _evaluated(data: str) -> str | None:
    """Return the newest finished run that evaluated all arms of a data set."""
    told = store.query(
        "SELECT run FROM runs WHERE study = 'assay' AND state = 'done' AND title = ? ORDER BY finished DESC, run DESC LIMIT 1",
        [question.title(data)],
    )
    return None if told.empty else str(told["run"][0])


def _packed(run: str, name: str, tables: tuple[type, ...], into: Path) -> int:
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [run]).iloc[0].to_dict()
    manifest = store.manifest(run)
    parts: dict[type, pd.DataFrame] = {table: store.part_of(run, table.table) for table in tables}
    keys = {table.table: tuple(manifest.keys(table.table)) for table in tables} if manifest else None
    return packing.renamed_tables(told, parts, name, into, keys)
