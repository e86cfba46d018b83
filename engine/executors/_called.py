"""The far end: calls a function by its name, and says which code and packages did it."""

import functools
import importlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import errors, hashing, places, provenance


@dataclass(frozen=True)
class About:
    """What a process's numbers depend on besides the job."""

    code: str  # hash of the engine's sources
    packages: str  # JSON: package -> version


@dataclass(frozen=True)
class Returned:
    """What a called function gave back, or the sentence with which it refused."""

    value: Any
    about: About
    refused: tuple[str, str] | None = None


_ONE = threading.Lock()


def call(module: str, name: str, job: Any) -> Returned:
    """Call a module's function with a job; a UserError travels as a value, since no retry would help.

    One at a time in a process, however many threads a Dask worker has: the state of random numbers, and what a function keeps
    between its calls, are the process's.
    """
    with _ONE:
        fn = getattr(importlib.import_module(module), name)
        try:
            return Returned(fn(job), about())
        except errors.UserError as problem:
            return Returned(None, about(), (problem.message, problem.hint))


@functools.cache
def about() -> About:
    """Return what this process runs, as it was when first asked."""
    return About(_sources(places.ENGINE), provenance.packages())


def _sources(folder: Path) -> str:
    files = sorted(folder.rglob("*.py"))
    return hashing.of_parts([(str(f.relative_to(folder)), hashing.of_bytes(f.read_bytes())) for f in files])


@dataclass
class Peers:
    """Which other code has answered, so that each difference is told once."""

    mine: About = field(default_factory=about)
    seen: set[About] = field(default_factory=set)

    def notes(self, other: About) -> tuple[str, ...]:
        """Return what differs there from here, the first time that it is seen."""
        if other == self.mine or other in self.seen:
            return ()
        self.seen.add(other)
        parts = {"code": other.code != self.mine.code, "packages": other.packages != self.mine.packages}
        what = " and ".join(name for name, differs in parts.items() if differs)
        versions = f" There: {other.packages}. Here: {self.mine.packages}." if parts["packages"] else ""
        return (f"A worker runs other {what} than this process; its numbers may differ in their last digits.{versions}",)
