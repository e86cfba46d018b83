"""Putting a run's many small parts into one file a table, without a moment at which a reader finds less."""

import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.compute import field

from engine import rows
from engine.store import manifests, roots, schema
from engine.store.roots import Root
from engine.store.writing import write_parquet

KEPT_SECONDS = 3600.0
_SORTED = {"scores": ["network", "dataset", "split", "metric", "shift", "strength"], "predictions": ["cell", "position"]}


def compact(root: Root | None = None) -> tuple[int, int]:
    """Rewrite every finished run that has more than one part a table; returns the parts before and after.

    A reader that opened the old manifest keeps its files: they go an hour later, with the next compacting.
    """
    root = root or roots.results()
    before = after = 0
    for manifest in manifests.every(root, "results")[0]:
        if manifest.finished:
            before += len(manifest.parts)
            after += len(_compact(root, manifest).parts)
    _sweep(root)
    return before, after


def _compact(root: Root, manifest: manifests.Manifest) -> manifests.Manifest:
    tables = {part.table for part in manifest.parts}
    if len(tables) == len(manifest.parts) or any(manifests.check(root, "results", part) for part in manifest.parts):
        return manifest  # already compact, or broken: then nothing is touched
    parts = tuple(_merge(root, manifest, table) for table in sorted(tables))
    with manifests.locked(root, manifest.run):
        now = replace(manifest, parts=parts)
        manifests.write(root, now)
    return now


def _merge(root: Root, manifest: manifests.Manifest, table: str) -> manifests.Part:
    old = [part for part in manifest.parts if part.table == table]
    if len(old) == 1:
        return old[0]
    kind = next(t for t in rows.TABLES if t.table == table)
    contents = [pq.ParquetFile(roots.local(root, part.file)).read() for part in old]
    whole = pa.concat_tables(contents, promote_options="default").cast(schema.schema(kind))
    if table in _SORTED:
        whole = whole.sort_by([(name, "ascending") for name in _SORTED[table]])
    file = f"{table}/{manifest.run}-c{len(old):05d}.parquet"
    keys = tuple(key for part in old for key in part.keys)
    return manifests.Part(table, file, whole.num_rows, write_parquet(root, file, whole), keys)


def _sweep(root: Root) -> None:
    """Remove parts that no manifest names any more, once they are old enough that nobody reads them."""
    found, problems = manifests.every(root, "results")
    if problems:
        return  # an unreadable manifest may name them
    known = {part.file for manifest in found for part in manifest.parts}
    for stranger in manifests.strangers(root, "results", known):
        run = Path(stranger.file).stem.rsplit("-", 1)[0]
        ours, seen = manifests.read(root, run) is not None, roots.seen(root, stranger.file)
        if ours and seen and time.time() - seen.changed / 1e9 > KEPT_SECONDS:
            roots.remove(root, stranger.file)


def thin(table: str, keys: set[str], root: Root | None = None) -> None:
    """Keep only the cells named in the (compacted) parts of a table; scores stay whole."""
    root = root or roots.results()
    for manifest in manifests.every(root, "results")[0]:
        parts = tuple(_thinned(root, part, keys) if part.table == table else part for part in manifest.parts)
        if parts != manifest.parts:
            with manifests.locked(root, manifest.run):
                manifests.write(root, replace(manifest, parts=tuple(p for p in parts if p.rows)))


def _thinned(root: Root, part: manifests.Part, keys: set[str]) -> manifests.Part:
    if keys.issuperset(part.keys):
        return part
    whole = pq.ParquetFile(roots.local(root, part.file)).read()
    some = whole.filter(field("cell").isin(sorted(keys)))
    file = part.file.replace(".parquet", "-t.parquet")
    size = write_parquet(root, file, some)
    return manifests.Part(part.table, file, some.num_rows, size, tuple(k for k in part.keys if k in keys))
