"""Where the cells of a run are worked out: in this process, in a pool of processes, on a Dask cluster.

The folder is the registry: one file a kind, with a docstring, the constant `VERSION`, and `start(where)`, which returns an executor
of the shape of `concurrent.futures`. Whoever hands out work writes:

    with executors.open(Where(kind="pool", workers=4)) as executor:
        for done in executors.as_results(executor, answer, jobs):
            ...  # a `Done`, or None now and then, so that a cancel is heard while nothing comes

`answer` is a function at the top of a module (it travels by name), and a job is made of plain values: texts, numbers, tuples,
dictionaries, arrays. Results come back to the process that asked; it alone writes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pydantic

from engine import registry, spec
from engine.executors._flight import RETRIES, Done, Executor, Flight

__all__ = ["IN_PROCESS", "Done", "Executor", "Flight", "Where", "as_results", "check", "names", "open"]

ROOM = "executors"
IN_PROCESS = "in_process"
HEARD_SECONDS = 0.5


class Where(pydantic.BaseModel):
    """Where to run. No part of the question: the same rows come out everywhere."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: str = IN_PROCESS
    """One of the names of this room."""
    workers: int | None = pydantic.Field(default=None, ge=1, le=1024)
    """How many processes a pool has; empty = one a core."""
    address: str = pydantic.Field(default="", max_length=500)
    """Where a Dask scheduler listens, such as tcp://10.0.0.5:8786 (tls:// where it speaks TLS)."""
    gpu: bool = False
    """Give work only to Dask workers that were started with `--resources GPU=1`, one task a GPU at a time."""

    @classmethod
    def read(cls, text: str) -> "Where":
        """Return what `text()` gave; an empty text is this process."""
        try:
            return cls.model_validate_json(text or "{}")
        except pydantic.ValidationError as problem:
            raise spec.invalid(problem) from problem

    def text(self) -> str:
        """Return it as JSON."""
        return self.model_dump_json(exclude_defaults=True)


def names() -> tuple[str, ...]:
    """Return the kinds that can be chosen."""
    return registry.names(ROOM)


@contextmanager
def open(where: Where) -> Iterator[Executor]:
    """Give an executor for as long as the block lasts; what is still under way at its end is stopped.

    Raises:
        UserError: for an unknown kind, a missing package, or a scheduler that does not answer.
    """
    executor = registry.load(ROOM, where.kind).start(where)
    try:
        yield executor
    finally:
        executor.close()


def check(where: Where) -> str:
    """Return a sentence about what is there to run on; raises UserError as `open` does, within some 5 seconds."""
    with open(where) as executor:
        return executor.message()


def as_results(
    executor: Executor, fn: Callable[[Any], Any], jobs: Iterable[Any], *, retries: int = RETRIES, at_once: int | None = None
) -> Iterator[Done | None]:
    """Yield each job with what `fn(job)` returned or why it failed, in the order in which they end.

    Jobs are drawn as there is room for them, so `jobs` may be long and lazy.

    Args:
        executor: from `open`.
        fn: a function at the top of a module.
        jobs: what to call it with, each of plain values.
        retries: how often a job is tried again whose process died.
        at_once: at most so many jobs are handed out at a time; by default two a worker.

    Yields:
        None where nothing came for half a second, else a `Done`.
    """
    flight = Flight(executor, retries=retries, at_once=at_once)
    for job in jobs:
        flight.add(fn, job)
        while not flight.room:
            yield from flight.results(HEARD_SECONDS) or (None,)
    while len(flight):
        yield from flight.results(HEARD_SECONDS) or (None,)
