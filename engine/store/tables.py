"""Reading and making table files for the rest of the engine, so that only the store knows Arrow."""

import codecs
import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32, Int
from pyarrow.compute import field

from engine import errors
from engine.store import telling

_MOST_VALUES = 500_000_000
_MISSING = ("", "NA", "N/A", "nan", "NaN", "NAN", "null", "NULL", "None", "<NA>", "#N/A")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def read_table(path: Path, columns: Sequence[str] | None = None, text: Sequence[str] = ()) -> pd.DataFrame:
    """Return a Parquet, CSV, TSV or JSON-lines file as a frame.

    CSV may use commas, semicolons or tabs, be UTF-8, UTF-16 or Windows-1252, and start with a BOM.

    Args:
        path: the file.
        columns: only these.
        text: columns of a CSV that are kept as they are written (`007` stays `007`, `NA` stays `NA`).

    Raises:
        UserError: for a file that is cut short, is not what its name says, claims more values than fit in memory, or lacks
            a column.
    """
    suffix = path.suffix.lower()
    wanted = list(columns) if columns else None
    try:
        if suffix in {".parquet", ".pq"}:
            file = pq.ParquetFile(path)
            _check_claim(path, file.metadata)
            return file.read(columns=wanted).to_pandas(ignore_metadata=True)  # an index is a column like any other
        if suffix in {".csv", ".tsv", ".txt"}:
            missing = {name: list(_MISSING) for name in _header(path) if name not in text}
            return pd.read_csv(
                path, sep=_separator(path), usecols=wanted, encoding=_encoding(path), dtype=dict.fromkeys(text, str), low_memory=False,
                keep_default_na=False, na_values=missing,
            )  # fmt: skip
        if suffix in {".jsonl", ".ndjson"}:
            return pd.read_json(path, lines=True, dtype=False, precise_float=True)
    except (pa.ArrowException, ValueError, OSError, pd.errors.ParserError) as problem:
        raise errors.UserError(
            f"{path.name} cannot be read as a table: {str(problem).splitlines()[0][:200]}.",
            "Check that the file is complete and is what its name says.",
        ) from problem
    raise errors.UserError(f"{path.name} is no table that can be read.", "Bring Parquet, CSV, TSV or JSON lines.")


def _check_claim(path: Path, footer: pq.FileMetaData) -> None:
    """Raise UserError for a Parquet file whose footer claims more values than fit in memory: runs of equal ones pack to nothing."""
    groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
    values = sum(group.column(j).num_values for group in groups for j in range(group.num_columns))
    if values > _MOST_VALUES:
        raise errors.UserError(f"{path.name} claims {values:,} values; the limit is {_MOST_VALUES:,}.", "Bring it in several parts.")


def columns_of(path: Path) -> dict[str, str]:
    """Return a Parquet file's columns and their Arrow types, from its footer alone; those of a CSV are all `text`."""
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return dict.fromkeys(_header(path), "text")
    try:
        return {field.name: str(field.type) for field in pq.read_schema(path)}
    except (pa.ArrowException, ValueError, OSError) as problem:
        raise errors.UserError(f"{path.name} is no readable Parquet file.", "Check that the file is complete.") from problem


def _header(path: Path) -> list[str]:
    try:
        return [str(c) for c in pd.read_csv(path, sep=_separator(path), nrows=0, encoding=_encoding(path)).columns]
    except (ValueError, OSError) as problem:
        raise errors.UserError(f"{path.name} has no header line that can be read.", "Check that the file is complete.") from problem


def _separator(path: Path) -> str:
    with path.open(encoding=_encoding(path), errors="replace") as file:
        first = file.readline()
    return max(",;\t", key=first.count)


def _encoding(path: Path) -> str:
    """Return how a CSV is written: UTF-16 by its BOM, UTF-8 where all of it can be read so, else as spreadsheets of the West save it."""
    return _encoding_of(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _encoding_of(path: Path, _mtime: int) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        file.seek(0)
        while piece := file.read(1 << 20):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return "utf-8-sig" if b"\0" in piece else "cp1252"  # no text at all is told as such
    return "utf-8-sig"


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as a Parquet file; of scores, NULL and NaN stay apart."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(telling.exact(frame), preserve_index=False), sink, compression="zstd")
    return sink.getvalue()


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV; texts that a spreadsheet would run as a formula are quoted with an apostrophe.

    What is missing is empty; a score that was measured and is undefined is NaN.
    """
    safe = frame.copy()
    if {"value", "missing"} <= set(safe.columns):
        undefined = safe["value"].isna() & ~safe["missing"].astype(bool)
        safe["value"] = safe["value"].astype(object).mask(undefined, "NaN")
    for name in safe.columns:
        if pd.api.types.is_string_dtype(safe[name]) or safe[name].dtype == object:
            safe[name] = safe[name].map(lambda v: f"'{v}" if isinstance(v, str) and v.startswith(_DANGEROUS) else v)
    return safe.to_csv(index=False).encode()


@dataclass(frozen=True)
class Answers:
    """A network's stored answers to the examples of one cell, in the order of the split."""

    ids: tuple[str, ...]
    positions: Int[np.ndarray, " n"]
    labels: Int[np.ndarray, " n"]  # in the network's classes
    logits: Float32[np.ndarray, "n classes"]


def read_cell(path: Path, cell: str) -> Answers:
    """Return one cell of a prediction part."""
    content = _part(path, path.stat().st_mtime_ns)
    mine = content.filter(field("cell") == cell).sort_by("position").combine_chunks()
    logits = mine["logits"].combine_chunks()
    flat = logits.flatten().to_numpy()
    return Answers(tuple(mine["example_id"].to_pylist()), mine["position"].to_numpy(), mine["label"].to_numpy(), flat.reshape(mine.num_rows, -1))


@functools.lru_cache(maxsize=4)
def _part(path: Path, _mtime: int) -> pa.Table:
    return pq.ParquetFile(path).read(columns=["cell", "example_id", "position", "label", "logits"])
