"""What was drawn before: the same rows and settings make the same figure (or line, or table), so it is made once and kept while in use."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from engine import hashing, networks, registry
from engine.shelf import Shelf

KEPT = Shelf(48_000_000)
Drawn = TypeVar("Drawn")


def drawn(make: Callable[..., Drawn], frame: pd.DataFrame, *more: Any, **options: Any) -> Drawn:
    """Return what `make(frame, *more, **options)` returns, made on the first ask; nobody may change it.

    Args:
        make: A maker whose answer depends on its arguments only, and on the names known here (which give the looks).
        frame: Its rows.
        more: Its other arguments, whose `repr` tells them apart.
        options: Its settings, likewise.
    """
    key = (make, of_frame(frame), repr((more, sorted(options.items()))), names())
    return KEPT.get(key, lambda: make(frame, *more, **options))


def of_frame(frame: pd.DataFrame) -> str:
    """Return a hash of a frame's columns, types and values; row labels do not count."""
    parts = [repr(list(frame.columns)).encode()]
    for column in (frame.iloc[:, i] for i in range(frame.shape[1])):
        kind = column.dtype
        numeric = isinstance(kind, np.dtype) and kind.kind in "biuf"
        parts += [str(kind).encode(), np.ascontiguousarray(column.to_numpy()).tobytes() if numeric else repr(column.tolist()).encode()]
    return hashing.of_bytes(b"\0".join(parts))


def names() -> tuple:
    """Return all names known here on which the looks of figures depend."""
    return networks.names(), *(registry.names(room) for room in ("models/classifiers", "datasets/images", "shifts", "attacks"))
