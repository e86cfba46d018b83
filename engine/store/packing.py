"""Putting a finished run as small as it gets into another root: one file a table, each column in the encoding that suits it."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine import rows
from engine.store import manifests, roots, schema
from engine.store.roots import Root

_ENCODINGS = {"cell": "DELTA_BYTE_ARRAY", "position": "DELTA_BINARY_PACKED", "value": "BYTE_STREAM_SPLIT", "low": "BYTE_STREAM_SPLIT",
              "high": "BYTE_STREAM_SPLIT", "confidence": "BYTE_STREAM_SPLIT", "logits.list.element": "BYTE_STREAM_SPLIT"}  # fmt: skip
_LEVEL = 19  # of zstd: written once, read often


def pack(run: str, source: Root, target: Root) -> int:
    """Write a finished run of one root into another; it exists there once its manifest does. Returns the bytes written.

    Rows stay in the order in which they were stored. Keys of predictions are kept: they say which answers are there.
    """
    manifest = manifests.read(source, run)
    assert manifest is not None, run
    assert manifest.finished, f"{run} is not finished"
    tables = dict.fromkeys(part.table for part in manifest.parts)
    parts = tuple(_packed(source, target, manifest, table) for table in tables)
    manifests.write(target, manifests.Manifest(run, finished=True, parts=parts))
    return sum(part.bytes for part in parts)


def _packed(source: Root, target: Root, manifest: manifests.Manifest, table: str) -> manifests.Part:
    old = [part for part in manifest.parts if part.table == table]
    kind = next(t for t in rows.TABLES if t.table == table)
    contents = [pq.ParquetFile(roots.local(source, part.file)).read() for part in old]
    whole = pa.concat_tables(contents, promote_options="default").cast(schema.schema(kind))
    file = f"{table}/{manifest.run}-packed.parquet"
    size = roots.put(target, file, lambda aside: pq.write_table(whole, aside, **_settings(whole)))
    keys = tuple(key for part in old for key in part.keys) if table == "predictions" else ()
    return manifests.Part(table, file, whole.num_rows, size, keys)


def _settings(content: pa.Table) -> dict[str, Any]:
    paths = {pq_path: how for pq_path, how in _ENCODINGS.items() if pq_path.split(".")[0] in content.schema.names}
    return {
        "compression": "zstd", "compression_level": _LEVEL, "store_schema": False, "column_encoding": paths, "write_statistics": False,
        "use_dictionary": [name for name in content.schema.names if name not in {path.split(".")[0] for path in paths}],
    }  # fmt: skip
