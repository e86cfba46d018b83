"""The store: Parquet is the truth, an in-memory DuckDB is the lens. Alone knows duckdb and pyarrow.

Writing: `Writer(run).append(blocks, cells)`, then `.finish(row)`. Reading: `query(sql, parameters)`, `part_of(run, table)`
for a run that is still going on. Out of sight: `archive`, `restore`, `archived`, `erase`. Files: `read_table`, `parquet_bytes`,
`csv_bytes`. Text: `json_records`, `json_facts`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from engine.store import manifests, roots
from engine.store.archiving import Archived, archive, archived, erase, restore, stored
from engine.store.manifests import Manifest, Problem
from engine.store.reading import lens, version
from engine.store.schema import block
from engine.store.tables import Answers, columns_of, csv_bytes, parquet_bytes, read_cell, read_table
from engine.store.telling import json_facts, json_records
from engine.store.writing import Writer

__all__ = [
    "Answers", "Archived", "Manifest", "Problem", "Writer", "answers_of", "archive", "archived", "block", "columns_of", "csv_bytes", "erase",
    "json_facts", "json_records", "lens", "manifest", "parquet_bytes", "part_of", "problems", "query", "read_table", "restore", "stored",
    "stored_answers", "unfinished", "version",
]  # fmt: skip


def query(sql: str, parameters: Mapping[str, Any] | Sequence[Any] = (), *, sample: bool = True) -> pd.DataFrame:
    """Return the answer of our own SQL over the current store (`$name` or `?` for values)."""
    return lens(sample).query(sql, parameters)


def problems() -> tuple[Problem, ...]:
    """Return the files that are left out of every answer, and why."""
    return lens().problems


def manifest(run: str) -> Manifest | None:
    """Return the manifest of a run, finished or not, from either root."""
    for name, root in reversed(manifests.roots().items()):
        if found := manifests.read(root, run, name):
            return found
    return None


def unfinished() -> list[Manifest]:
    """Return the runs that have stored something and were not finished: under way, interrupted, or cancelled."""
    found, _ = manifests.every(roots.results(), "results")
    return [one for one in found if not one.finished]


def part_of(run: str, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows that a run has stored so far, also while it is going on or after it was cancelled."""
    found = manifest(run)
    if found is None:
        return pd.DataFrame()
    root = manifests.roots()[found.root]
    parts = [p for p in found.parts if p.table == table and not manifests.check(root, found.root, p)]
    frames = [read_table(roots.local(root, part.file), columns) for part in parts]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def stored_answers(cell: str) -> Answers | None:
    """Return one stored cell's examples, labels and logits in their order, or None where no finished run has it."""
    found = query("SELECT run, root FROM cells WHERE cell = ?", [cell])
    return None if found.empty else answers_of(str(found.iloc[0, 0]), cell)


def answers_of(run: str, cell: str) -> Answers | None:
    """Return the same from one run, finished or not."""
    found = manifest(run)
    if found is None:
        return None
    root = manifests.roots()[found.root]
    for part in found.parts:
        if part.table == "predictions" and cell in part.keys and not manifests.check(root, found.root, part):
            return read_cell(roots.local(root, part.file), cell)
    return None
