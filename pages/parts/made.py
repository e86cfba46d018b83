"""What a page said before: a text, a table, a figure is made once for each question and state of the store, and kept while there is room.

A page's own file is run anew for each visit, so what is kept between visits is kept here.
"""

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar

from engine import registry, shelf, store
from engine.datasets import images
from engine.plots import drawn

KEPT = shelf.Shelf(96_000_000)
Asked = ParamSpec("Asked")
Made = TypeVar("Made")
_run = threading.local()


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """Look at the store once for all that is made inside: a page shows one state of it, and each look costs."""
    _run.states = []
    try:
        yield
    finally:
        del _run.states


def _state() -> Hashable:
    """Return what changes with the store, and with the names known here."""
    states = getattr(_run, "states", None)
    if states:
        return states[0]
    state = (store.version(), drawn.names(), images.names(), *(registry.names(room) for room in ("metrics/classification", "metrics/pairs")))
    if states is not None:
        states.append(state)
    return state


def made(make: Callable[Asked, Made], *words: Asked.args, **options: Asked.kwargs) -> Made:
    """Return what `make(*words, **options)` returns, made on the first ask; nobody may change it.

    Args:
        make: A function without a closure, whose answer depends on its arguments, on what is in the store, and on the names known here.
        words: Its arguments: numbers, texts, and tuples, lists, mappings or frozen dataclasses of them.
        options: Its named arguments, likewise.
    """
    told: Any = make
    assert told.__closure__ is None, f"{make} knows more than its arguments"
    key = (told.__code__.co_filename, told.__code__, _frozen(words), _frozen(options), _state())
    return KEPT.get(key, lambda: make(*words, **options))


def _frozen(value: Any) -> Hashable:
    """Return an argument as a key; instances of a page's own classes are equal from run to run, though their class is made anew."""
    if dataclasses.is_dataclass(value) and type(value).__eq__ is not object.__eq__:
        return (type(value).__qualname__, *(_frozen(getattr(value, field.name)) for field in dataclasses.fields(value)))
    if isinstance(value, Mapping):
        return tuple((name, _frozen(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return value
