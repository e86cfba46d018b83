"""What was drawn before: the same rows and settings make the same figure (or line, or table), so it is made once and kept while in use."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from engine import hashing, networks, registry

MOST = 256  # figures, some tens of kilobytes each
Drawn = TypeVar("Drawn")
_kept: "OrderedDict[tuple, Any]" = OrderedDict()
_lock = threading.Lock()


def drawn(make: Callable[..., Drawn], frame: pd.DataFrame, *more: Any, **options: Any) -> Drawn:
    """Return what `make(frame, *more, **options)` returns, made on the first ask; nobody may change it.

    Args:
        make: A maker whose answer depends on its arguments only, and on the names known here (which give the looks).
        frame: Its rows.
        more: Its other arguments, whose `repr` tells them apart.
        options: Its settings, likewise.
    """
    key = (make, of_frame(frame), repr((more, sorted(options.items()))), _names())
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = make(frame, *more, **options)
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made


def of_frame(frame: pd.DataFrame) -> str:
    """Return a hash of a frame's columns, types and values; row labels do not count."""
    parts = [repr(list(frame.columns)).encode()]
    for column in (frame.iloc[:, i] for i in range(frame.shape[1])):
        kind = column.dtype
        numeric = isinstance(kind, np.dtype) and kind.kind in "biuf"
        parts += [str(kind).encode(), np.ascontiguousarray(column.to_numpy()).tobytes() if numeric else repr(column.tolist()).encode()]
    return hashing.of_bytes(b"\0".join(parts))


def _names() -> tuple:
    return networks.names(), *(registry.names(room) for room in ("models/classifiers", "datasets/images", "shifts", "attacks"))
