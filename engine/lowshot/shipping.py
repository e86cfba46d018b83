"""What ships of this study: the newest run, under a name that is the same from every machine."""

from collections.abc import Iterator
from pathlib import Path

from engine import rows, store
from engine.lowshot import views
from engine.store import packing

PREFIX = "lowshot"  # of its runs that ship
NAME = f"{PREFIX}-digits"


def ship(into: Path) -> Iterator[str]:
    """Put the newest run into a root of the store and yield a line; raises UserError where there is none."""
    run = views.newest()
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [run]).iloc[0].to_dict()
    parts = {table: store.part_of(run, table.table) for table in (rows.Network, rows.Score)}
    manifest = store.manifest(run)
    keys = {rows.Score.table: tuple(manifest.keys(rows.Score.table)) if manifest else ()}
    yield f"{NAME}: {packing.renamed_tables(told, parts, NAME, into, keys):,} bytes"
