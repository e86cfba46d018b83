"""This process.

One cell after the other, in the worker that claimed the run.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from engine.executors import Where

VERSION = 1


class InProcess:
    """An executor that is done when `submit` returns."""

    here = True
    workers = at_once = 1
    lost: tuple[type[BaseException], ...] = ()
    tries_again = False

    def submit(self, fn: Callable, /, *args: Any) -> Future:
        """Call the function now."""
        future: Future = Future()
        try:
            future.set_result(fn(*args))
        except Exception as problem:  # noqa: BLE001  the future hands it over
            future.set_exception(problem)
        return future

    def mend(self) -> None:
        """Nothing can be lost here."""

    def message(self) -> str:
        """Return what it runs on."""
        return "this process"

    def close(self) -> None:
        """Nothing is under way."""


def start(where: Where) -> InProcess:
    """Return an executor that calls at once."""
    return InProcess()
