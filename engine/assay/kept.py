"""Views that take arithmetic after the query are kept for as long as the store stays as it is: in memory, and as files where they took long.

A file is found again by any process: what a worker has prepared, a page shows at once. Files lie in the cache folder under the version of
the store and of this program; the oldest go when there are too many.
"""

import contextlib
import functools
import inspect
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import pandas as pd

from engine import errors, hashing, places, store
from engine.store import files

MOST = 64  # frames of one view
SLOW_SECONDS = 0.03  # of this thread's CPU time; what takes longer is kept as a file, too
MOST_BYTES = 512_000_000  # of all files
LARGEST = 64_000_000  # bytes of one file
Asked = ParamSpec("Asked")


def kept(view: Callable[Asked, pd.DataFrame]) -> Callable[Asked, pd.DataFrame]:
    """Return the view, answering a question from memory or from a file until a run is stored, changed or archived."""
    return _kept(view, as_file=True)


def kept_as_file(view: Callable[Asked, pd.DataFrame]) -> Callable[Asked, pd.DataFrame]:
    """Return the same for a view whose answers are always files: it is quick only after another view that shares its work."""
    return _kept(view, as_file=True, always=True)


def kept_in_memory(view: Callable[Asked, pd.DataFrame]) -> Callable[Asked, pd.DataFrame]:
    """Return the same for a view whose answers are no files: other views are made of them, or they are large and soon made again."""
    return _kept(view, as_file=False)


def _kept(view: Callable[Asked, pd.DataFrame], *, as_file: bool, always: bool = False) -> Callable[Asked, pd.DataFrame]:
    signature = inspect.signature(view)
    name = f"{view.__module__}.{view.__qualname__}"

    @functools.lru_cache(maxsize=MOST)
    def answer(version: str, words: tuple, options: tuple) -> pd.DataFrame:
        if not as_file:
            return view(*words, **dict(options))  # type: ignore[call-arg]
        file = _file(version, name, signature, words, options)
        if (found := _read(file)) is not None:
            return found
        began = time.thread_time()
        made = view(*words, **dict(options))  # type: ignore[call-arg]
        if always or time.thread_time() - began > SLOW_SECONDS:
            _write(file, made)
        return made

    @functools.wraps(view)
    def ask(*words: Asked.args, **options: Asked.kwargs) -> pd.DataFrame:
        named = tuple(sorted((name, _frozen(value)) for name, value in options.items()))
        return answer(store.version(), tuple(map(_frozen, words)), named).copy(deep=False)

    return ask


def _frozen(value: Any) -> Any:
    """Return a list as a tuple, so that it can be looked up."""
    return tuple(value) if isinstance(value, list) else value


def _folder() -> Path:
    return places.cache() / "views"


def _file(version: str, view: str, signature: inspect.Signature, words: tuple, options: tuple) -> Path:
    """Return where the answer to a question lies, whichever way its arguments were given."""
    bound = signature.bind(*words, **dict(options))
    bound.apply_defaults()
    return _folder() / version / f"{view.rpartition('.')[2]}-{hashing.of_parts(_program(), view, repr(tuple(bound.arguments.items())))}.parquet"


@functools.cache
def _program() -> str:
    """Return the version of what answers follow from: the files of these rooms, and a person's own ones, by size and time."""
    rooms = (*(places.ENGINE / name for name in ("assay", "metrics", "shifts", "stats", "store")), places.home() / "extensions")
    seen = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for room in rooms for path in sorted(room.rglob("*.py"))]
    return hashing.of_parts(seen)


def _read(file: Path) -> pd.DataFrame | None:
    """Return a kept frame; None where there is none that can be read."""
    if not file.is_file():
        return None
    try:
        found = store.read_table(file)
    except errors.UserError:
        return None  # cut short or gone meanwhile: it is made again
    for name in found.select_dtypes("category"):
        found[name] = found[name].cat.set_categories(sorted(found[name].cat.categories))
    return found


def _write(file: Path, made: pd.DataFrame) -> None:
    """Keep a frame as a file where it comes back the same: one with numbered rows, whose columns do not tell NULL from NaN, not too large."""
    named = not isinstance(made.index, pd.RangeIndex) or made.columns.name is not None
    if named or any(isinstance(kind, pd.ArrowDtype) for kind in made.dtypes) or made.memory_usage(deep=False).sum() > LARGEST:
        return
    with contextlib.suppress(errors.UserError, OSError):  # a full disk: it is kept in memory
        files.write_bytes(file, store.parquet_bytes(made))
        _make_room()


def _make_room() -> None:
    """Remove the oldest files where all together are too large, and what is left of earlier versions of the store."""
    every = sorted(_folder().glob("*/*.parquet"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for path in every:
        total += path.stat().st_size
        if total > MOST_BYTES:
            path.unlink(missing_ok=True)
    for folder in _folder().iterdir():
        with contextlib.suppress(OSError):
            folder.rmdir()  # only where it is empty
