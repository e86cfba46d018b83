"""Putting a finished run as small as it gets into another root: one file a table, each column in the encoding that suits it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32

from engine import rows
from engine.store import manifests, roots, schema
from engine.store.roots import Root
from engine.store.writing import Writer

_ENCODINGS = {"cell": "DELTA_BYTE_ARRAY", "position": "DELTA_BINARY_PACKED", "value": "BYTE_STREAM_SPLIT", "low": "BYTE_STREAM_SPLIT",
              "high": "BYTE_STREAM_SPLIT", "confidence": "BYTE_STREAM_SPLIT", "logits.list.element": "BYTE_STREAM_SPLIT"}  # fmt: skip
WHOLE = 24  # significant bits of a number of the store
_LEVEL = 19  # of zstd: written once, read often


def pack(run: str, source: Root, target: Root, *, bits: int = WHOLE) -> int:
    """Write a finished run of one root into another; it exists there once its manifest does. Returns the bytes written.

    Rows stay in the order in which they were stored. Keys of predictions are kept: they say which answers are there.

    Args:
        run: The run.
        source: Where it is.
        target: Where to.
        bits: Significant bits that logits keep; an answer that rounding would decide otherwise keeps all of them.
    """
    manifest = manifests.read(source, run)
    assert manifest is not None, run
    assert manifest.finished, f"{run} is not finished"
    tables = dict.fromkeys(part.table for part in manifest.parts)
    parts = tuple(_packed(source, target, manifest, table, bits) for table in tables)
    manifests.write(target, manifests.Manifest(run, finished=True, parts=parts))
    return sum(part.bytes for part in parts)


def renamed(told: Mapping[Any, Any], found: pd.DataFrame, table: type, name: str, target: Root) -> int:
    """Write a finished run's rows of one table into another root, under a name that is the same from every machine.

    Args:
        told: The run's row of `runs`.
        found: Its rows of the table.
        table: The table, a class of `engine.rows`.
        name: The run's new name; a run of that name is written over.
        target: Where to.

    Returns:
        The bytes written.
    """
    return renamed_tables(told, {table: found}, name, target)


def renamed_tables(
    told: Mapping[Any, Any], found: Mapping[type, pd.DataFrame], name: str, target: Root, keys: Mapping[str, Sequence[str]] | None = None
) -> int:
    """Write a finished run's rows of several tables into another root, as `renamed` does; `keys` are what each table's rows answer."""
    row = rows.Run(**{**{f.name: _plain(told[f.name]) for f in fields(rows.Run)}, "run": name})
    with tempfile.TemporaryDirectory() as folder:
        writer = Writer(name, Path(folder))
        writer.append([_block(table, frame) for table, frame in found.items()], keys)
        writer.finish(row)
        return pack(name, Path(folder), target)


def _block(table: type, found: pd.DataFrame) -> rows.Block:
    named = {f.name for f in fields(table)}
    return rows.Block(table, {name: [_plain(value) for value in found[name]] for name in map(str, found) if name in named}, len(found))


def _plain(value: Any) -> Any:
    """Return a cell of a frame as a row holds it."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if hasattr(value, "tolist"):  # an array, or a number of NumPy
        return value.tolist()
    return None if value is None or (not isinstance(value, str | list) and pd.isna(value)) else value


def _packed(source: Root, target: Root, manifest: manifests.Manifest, table: str, bits: int) -> manifests.Part:
    old = [part for part in manifest.parts if part.table == table]
    kind = next(t for t in rows.TABLES if t.table == table)
    contents = [pq.ParquetFile(roots.local(source, part.file)).read() for part in old]
    whole = pa.concat_tables(contents, promote_options="default").cast(schema.schema(kind))
    if table == rows.Prediction.table and bits < WHOLE:
        place = whole.schema.get_field_index("logits")
        whole = whole.set_column(place, whole.schema.field(place), _rounded(whole["logits"].combine_chunks(), bits))
    file = f"{table}/{manifest.run}-packed.parquet"
    size = roots.put(target, file, lambda aside: pq.write_table(whole, aside, **_settings(whole)))
    keys = tuple(key for part in old for key in part.keys) if table == "predictions" else ()
    return manifests.Part(table, file, whole.num_rows, size, keys)


def _rounded(answers: pa.ListArray, bits: int) -> pa.ListArray:
    """Return lists of numbers with so many significant bits, and whole where the largest would be another one."""
    flat, lengths = answers.flatten().to_numpy(zero_copy_only=False).astype(np.float32), answers.value_lengths().to_numpy()
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    for length in np.unique(lengths[lengths > 0]):
        at = starts[:-1][lengths == length, None] + np.arange(length)
        logits, fewer = flat[at], significant(flat[at], bits)
        same = logits.argmax(axis=1) == fewer.argmax(axis=1)
        flat[at] = np.where(same[:, None], fewer, logits)
    return pa.ListArray.from_arrays(pa.array(starts), pa.array(flat)).cast(answers.type)


def significant(values: Float32[np.ndarray, "*shape"], bits: int) -> Float32[np.ndarray, "*shape"]:
    """Return numbers with so many significant bits: a relative error of at most 2 ** -bits.

    >>> significant(np.array([1.0, 1.0 + 2**-5], dtype=np.float32), 4).tolist()
    [1.0, 1.0]
    """
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.rint(mantissa * 2.0**bits) / 2.0**bits, exponent).astype(np.float32)


def _settings(content: pa.Table) -> dict[str, Any]:
    paths = {pq_path: how for pq_path, how in _ENCODINGS.items() if pq_path.split(".")[0] in content.schema.names}
    return {
        "compression": "zstd", "compression_level": _LEVEL, "store_schema": False, "column_encoding": paths, "write_statistics": False,
        "use_dictionary": [name for name in content.schema.names if name not in {path.split(".")[0] for path in paths}],
    }  # fmt: skip
