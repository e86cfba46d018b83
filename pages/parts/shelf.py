"""A cache with a byte limit: what was used longest ago leaves first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Shelf:
    """Bytes by key, up to a limit; safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._items: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what lies under a key, made on the first ask; two threads that ask at once may both make it."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
        made = make()
        self._put(key, made)
        return made

    def _put(self, key: Hashable, item: bytes) -> None:
        with self._lock:
            if len(item) > self.limit or key in self._items:
                return
            self._items[key] = item
            self.held += len(item)
            while self.held > self.limit:
                self.held -= len(self._items.popitem(last=False)[1])
