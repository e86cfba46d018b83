"""A cache with a byte limit: what was used longest ago leaves first."""

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

SMALL = 64  # bytes of what is neither text nor numbers
FEW = 16  # things of a long list that are looked at
Made = TypeVar("Made")


class Shelf:
    """Things by key, up to a limit of bytes; safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._items: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what lies under a key, made on the first ask; nobody may change it. Two threads that ask at once may both make it."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key][0]
        made = make()
        self._put(key, made, size(made))
        return made

    def _put(self, key: Hashable, item: Any, bytes_: int) -> None:
        with self._lock:
            if bytes_ > self.limit or key in self._items:
                return
            self._items[key] = (item, bytes_)
            self.held += bytes_
            while self.held > self.limit:
                self.held -= self._items.popitem(last=False)[1][1]


def size(value: Any) -> int:
    """Return about how many bytes a value takes: bytes as they are; else its numbers and letters, and a little for each thing in it.

    >>> size(b"abc"), size(("abc", 1.0))
    (3, 195)
    """
    match value:
        case bytes():
            return len(value)
        case str():
            return SMALL + len(value)
        case Mapping():
            return _all(value.keys()) + _all(value.values())
        case list() | tuple() if len(value) > 2 * FEW:  # its things are alike as a rule
            return SMALL + sum(map(size, value[:: len(value) // FEW][:FEW])) * len(value) // FEW
        case list() | tuple() | set() | frozenset():
            return _all(value)
    if callable(told := getattr(value, "memory_usage", None)):  # a data frame or one of its columns
        used: Any = told(index=False)
        return SMALL + int(used.sum() if hasattr(used, "sum") else used)
    if callable(told := getattr(value, "to_plotly_json", None)):
        return size(told())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _all(getattr(value, field.name) for field in dataclasses.fields(value))
    return SMALL + int(getattr(value, "nbytes", 0))


def _all(values: Iterable[Any]) -> int:
    return SMALL + sum(map(size, values))
