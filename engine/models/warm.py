"""What a warm process keeps: loaded networks and whatever else answers need again, least recently used out above a byte limit."""

import contextlib
from collections.abc import Callable, Hashable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from engine import networks, shelf
from engine.models import predict

LIMIT_BYTES = 2**29
Made = TypeVar("Made")
_CHECK: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


class _Sized:
    """A thing, and how many bytes it takes, which a shelf cannot see."""

    def __init__(self, thing: Any, nbytes: int) -> None:
        self.thing = thing
        self.nbytes = nbytes


class Cache:
    """Things by key, up to a byte limit. Threads share it; what they take from it they do not change."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._shelf = shelf.Shelf(limit_bytes)

    def __len__(self) -> int:
        return len(self._shelf)

    @property
    def held(self) -> int:
        """How many bytes are kept."""
        return self._shelf.held

    def get(self, key: Hashable, make: Callable[[], Made], size_of: Callable[[Made], int] = shelf.size) -> Made:
        """Return what is kept under a key, made first where nothing is; larger than the limit, it is made each time.

        Args:
            key: Names all that the thing depends on.
            make: Makes it; what it raises is raised here, and nothing is kept.
            size_of: Its size in bytes.
        """

        def sized() -> _Sized:
            made = make()
            return _Sized(made, size_of(made))

        return self._shelf.get(key, sized).thing

    def network(self, name: str) -> predict.Predictor:
        """Return a network ready to answer; raises UserError as `predict.load` does, and for an unknown name.

        A network whose card has changed since is loaded anew.
        """
        card = networks.card(name)
        return self.get(("network", name, card.key), lambda: predict.load(card), _bytes)

    def check(self) -> None:
        """Return where somebody still waits for the answer; else raise what ends it. To be called between batches."""
        check = _CHECK.get()
        if check is not None:
            check()


def _bytes(predictor: predict.Predictor) -> int:
    """Return how many bytes a network's numbers take."""
    if predictor.module is None:
        folder = networks.folder(predictor.card.name)
        return sum((folder / name).stat().st_size for name in predictor.card.weights)
    return sum(part.numel() * part.element_size() for part in predictor.module.state_dict().values())


@contextlib.contextmanager
def watched(check: Callable[[], None]) -> Iterator[None]:
    """Let `Cache.check` of this thread call a function while the block runs."""
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)
