"""What ships of this study: the newest measurement, under a name that is the same from every machine."""

from collections.abc import Iterator
from pathlib import Path

from engine import errors, rows, store
from engine.scaling.spec import newest
from engine.store import packing

PREFIX = "scaling"


def ship(into: Path) -> Iterator[str]:
    """Put the newest measurement into a root of the store and yield a line; raises UserError where there is none."""
    run = newest()
    if run is None:
        raise errors.UserError("Time and memory have not been measured yet.", "Measure them: python -m engine scaling --measure")
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [run]).iloc[0].to_dict()
    manifest = store.manifest(run)
    keys = {rows.StitchCost.table: tuple(manifest.keys(rows.StitchCost.table)) if manifest else ()}
    found = {rows.StitchCost: store.part_of(run, rows.StitchCost.table)}
    yield f"{PREFIX}-stitching: {packing.renamed_tables(told, found, f'{PREFIX}-stitching', into, keys):,} bytes"
