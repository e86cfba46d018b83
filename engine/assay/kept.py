"""Views that take arithmetic after the query are kept for as long as the store stays as it is."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import pandas as pd

from engine import store

MOST = 64  # frames of one view
Asked = ParamSpec("Asked")


def kept(view: Callable[Asked, pd.DataFrame]) -> Callable[Asked, pd.DataFrame]:
    """Return the view, answering a question from memory until a run is stored, changed or archived."""

    @functools.lru_cache(maxsize=MOST)
    def answer(_version: str, words: tuple, options: tuple) -> pd.DataFrame:
        return view(*words, **dict(options))  # type: ignore[call-arg]

    @functools.wraps(view)
    def ask(*words: Asked.args, **options: Asked.kwargs) -> pd.DataFrame:
        named = tuple(sorted((name, _frozen(value)) for name, value in options.items()))
        return answer(store.version(), tuple(map(_frozen, words)), named).copy(deep=False)

    return ask


def _frozen(value: Any) -> Any:
    """Return a list as a tuple, so that it can be looked up."""
    return tuple(value) if isinstance(value, list) else value
