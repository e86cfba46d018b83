"""Writing: parts of whole cells are appended to a run's manifest; the row in `runs` comes last and makes the run real."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine import errors, rows
from engine.store import manifests, roots, schema
from engine.store.objects import Bucket
from engine.store.roots import Root


class Writer:
    """The one writer of a run. A later attempt at the same run shuts an earlier one out."""

    def __init__(self, run: str, root: Root | None = None) -> None:
        """Open a run for writing: a new one, or one that was interrupted, whose whole parts are kept."""
        self.run, self.root = run, root or roots.results()
        with manifests.locked(self.root, run):
            before = manifests.read(self.root, run)
            if before and before.finished:
                raise errors.UserError(f"The run {run} is finished.", "Ask the question again: that makes a new run.")
            self.attempt = before.attempt + 1 if before else 1
            manifests.write(self.root, replace(before or manifests.Manifest(run), attempt=self.attempt))

    def manifest(self) -> manifests.Manifest:
        """Return what is stored so far."""
        found = manifests.read(self.root, self.run)
        assert found is not None, self.run
        return found

    def append(self, blocks: Iterable[rows.Block], keys: Mapping[str, Sequence[str]] | None = None) -> int:
        """Store blocks as one part a table and name them in the manifest at once; returns the rows stored.

        Args:
            blocks: rows of whole cells.
            keys: table -> hashes of what is now answered by its part; a run that is resumed does not ask for these again.

        Raises:
            UserError: when the disk is full (nothing stored before is lost), or another attempt has taken over.
        """
        tables = _by_table(self.run, blocks)
        if not tables:
            return 0
        with manifests.locked(self.root, self.run):
            before = self._mine()
            parts = [self._part(table, content, before, (keys or {}).get(table, ())) for table, content in tables.items()]
            manifests.write(self.root, manifests.add(before, *parts))
        return sum(part.rows for part in parts)

    def finish(self, row: rows.Run) -> None:
        """Write the run's row and close the manifest: from now on the run exists for readers."""
        with manifests.locked(self.root, self.run):
            before = self._mine()
            content = schema.to_arrow(self.run, schema.block(rows.Run, [row]))
            part = self._part("runs", content, before, ())
            manifests.write(self.root, replace(manifests.add(before, part), finished=True))

    def _mine(self) -> manifests.Manifest:
        """Return the manifest, unless another attempt has taken the run over."""
        now = self.manifest()
        if now.attempt != self.attempt or now.finished:
            raise errors.UserError(f"The run {self.run} was taken over by another worker.", "This worker stops; nothing is lost.")
        return now

    def _part(self, table: str, content: pa.Table, before: manifests.Manifest, keys: Sequence[str]) -> manifests.Part:
        number = sum(part.table == table for part in before.parts)
        # where nothing is locked, an attempt that was shut out may still be writing: each has names of its own
        mine = f"a{self.attempt}n{number:05d}" if isinstance(self.root, Bucket) else f"{number:05d}"
        file = f"{table}/{self.run}-{mine}.parquet"
        return manifests.Part(table, file, content.num_rows, write_parquet(self.root, file, content), tuple(keys))


def _by_table(run: str, blocks: Iterable[rows.Block]) -> dict[str, pa.Table]:
    found: dict[str, list[pa.Table]] = defaultdict(list)
    for block in blocks:
        if block.length:
            found[block.table.table].append(schema.to_arrow(run, block))
    return {table: pa.concat_tables(contents) for table, contents in found.items()}


def write_parquet(root: Root, file: str, content: pa.Table) -> int:
    """Put a Parquet file in place whole (zstd; text as dictionaries, long floats without); returns its bytes."""
    texts = [f.name for f in content.schema if pa.types.is_string(f.type)]
    settings: dict[str, Any] = {"compression": "zstd", "use_dictionary": texts}
    return roots.put(root, file, lambda aside: pq.write_table(content, aside, **settings))
