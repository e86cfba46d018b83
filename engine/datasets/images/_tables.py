"""A Parquet file with a column of encoded pictures and one of labels, read as items."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from engine import errors
from engine.datasets.images import _pictures
from engine.datasets.images._items import SPLITS, Found, Item, Skips, Unusable, few, label_text

MOST_BYTES = 4 * 2**30
LABELS = ("label", "labels", "class", "class_name", "target", "category", "y", "fine_label", "digit")
SPLIT = "split"


@contextmanager
def opened(file: Path, image: str | None, label: str | None, groups: Sequence[str]) -> Iterator[Found]:
    """Yield the pictures of a Parquet file.

    Args:
        file: The file; pictures are encoded (PNG, JPEG …) as bytes, or as a struct with the field `bytes`.
        image: Their column; by default the only or first one that holds bytes.
        label: The column of labels; by default the first of the usual names.
        groups: Further columns to keep as groups. A column `split` is read as such.

    Raises:
        UserError: for a file that cannot be read, is too large, or lacks a column.
    """
    from engine import store  # with it come Arrow and DuckDB, which no other kind needs

    if file.stat().st_size > MOST_BYTES:
        raise errors.UserError(f"{file.name} is larger than {MOST_BYTES // 2**30} GB.", "Bring it in parts.")
    types = store.columns_of(file)
    image = image or _first([name for name, kind in types.items() if "binary" in kind], "pictures as bytes", file, types)
    others = [name for name in types if name != image]
    label = label or _first([name for name in LABELS if name in others], "labels by a usual name", file, types)
    for name in (image, label, *groups):
        if name not in types:
            raise errors.unknown("column", name, types)
    splits = [SPLIT] if SPLIT in others and label != SPLIT else []
    frame = store.read_table(file, list(dict.fromkeys([image, label, *groups, *splits])))
    skips = Skips()
    rows = zip(frame[image], *(_or_none(frame[name]) for name in (label, *groups, *splits)), strict=True)
    items = list(_items(rows, groups, bool(splits), skips))
    yield Found("parquet", items, skips, tuple(types), (f"Pictures are read from “{image}”, labels from “{label}”.",))


def _or_none(column: pd.Series) -> pd.Series:
    """Return a column with None wherever it has nothing, whatever its type calls that."""
    return column.astype(object).where(column.notna(), None)


def _first(names: list[str], what: str, file: Path, types: dict[str, str]) -> str:
    if not names:
        raise errors.UserError(
            f"{file.name} has no column of {what}; its columns are {few(list(types), 12)}.",
            "Name the column of pictures (encoded as PNG or JPEG bytes) and the column of labels.",
        )
    return names[0]


def _items(rows: Iterator[tuple[Any, ...]], groups: Sequence[str], has_split: bool, skips: Skips) -> Iterator[Item]:
    for position, (content, label, *rest) in enumerate(rows):
        source = f"row {position:,}"
        try:
            split = SPLITS.get(str(rest[-1]).lower(), "") if has_split else ""
            kept = {name: "" if value is None else str(value) for name, value in zip(groups, rest, strict=False)}
            yield Item(label_text(label), source, lambda content=content: _picture(content), split, kept)
        except Unusable as problem:
            skips.add(str(problem), source)


def _picture(content: Any) -> UInt8[np.ndarray, "h w c"]:
    """Return the picture of one cell: bytes, or what Hugging Face's datasets writes, bytes and path."""
    if isinstance(content, dict):
        content = content.get("bytes")
    if not isinstance(content, bytes):
        raise Unusable("with no picture bytes in the cell")
    return _pictures.decoded(content)
