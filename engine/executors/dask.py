"""An existing Dask cluster.

Work goes to the workers of a Dask scheduler that is named by its address. They run this project's code, and need the same
weights and data: shipped ones come with the clone, brought ones lie under TOUCHSTONE_HOME, which is a shared folder then.

Dask sends pickled functions: whoever can reach a scheduler can run code on its workers. Keep it inside your own network, or
use `tls://` with certificates (named in Dask's own configuration).
"""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from engine import errors
from engine.executors import Where

VERSION = 1
PACKAGE = "distributed==2026.8.0"
PATIENCE_SECONDS = 5.0
LOOKED_SECONDS = 2.0
WAITING = 16  # tasks that a cluster holds at least, so that one that grows with its work sees some
RETRIES = 2  # of a task that failed for a reason that may pass, such as a shared folder that was away
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


class Dask:
    """An executor over a Dask client; the scheduler itself hands a dead worker's tasks to the others."""

    here = False
    tries_again = True

    def __init__(self, where: Where) -> None:
        distributed = _package()
        self.address, self.gpu = where.address, where.gpu
        self.lost: tuple[type[BaseException], ...] = (
            distributed.scheduler.KilledWorker, distributed.client.FuturesCancelledError, distributed.comm.core.CommClosedError,
        )  # fmt: skip
        self._client = _connected(distributed, where.address)
        resources = {"GPU": 1} if where.gpu else None
        self._executor = self._client.get_executor(pure=False, retries=RETRIES, resources=resources)
        self._looked, self._usable = 0.0, []

    @property
    def workers(self) -> int:
        """Worker processes that can take our tasks, one task each at a time; at least one, for workers may come later."""
        return max(1, len(self._seen()))

    @property
    def at_once(self) -> int:
        """Two for each worker, and enough for a cluster that grows with its queue."""
        return max(WAITING, 2 * self.workers)

    def _seen(self) -> list[int]:
        """Return the threads of each worker that can take our tasks, as it was two seconds ago at most."""
        if time.monotonic() - self._looked > LOOKED_SECONDS and self._client.status == "running":
            known = self._client.scheduler_info(n_workers=-1)["workers"].values()
            self._usable = [one["nthreads"] for one in known if not self.gpu or one.get("resources", {}).get("GPU")]
            self._looked = time.monotonic()
        return self._usable

    def submit(self, fn: Callable, /, *args: Any) -> Future:
        """Have a function called on one of the workers."""
        return self._executor.submit(by_name(fn.__module__, fn.__qualname__), *args, key=f"touchstone-{uuid.uuid4().hex}")

    def mend(self) -> None:
        """Wait some seconds for a scheduler that is away; raises UserError where it does not come back."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._client.status != "running":
            if time.monotonic() > until:
                raise _unreachable(self.address, "it has gone away")
            time.sleep(0.1)

    def message(self) -> str:
        """Return what it runs on, or what it waits for."""
        if self._client.status != "running":
            return f"waiting for the scheduler {self.address}"
        threads = self._seen()
        if not threads:
            gpu = " --resources GPU=1" if self.gpu else ""
            return f"the scheduler {self.address} has no worker to give this to yet; start one with: dask worker {self.address} --nthreads 1{gpu}"
        more = "; each does one task at a time, so start them with --nthreads 1 and more --nworkers" if max(threads) > 1 else ""
        return f"{len(threads)} Dask worker{'s' if len(threads) > 1 else ''}{more}"

    def close(self) -> None:
        """Cancel what has not begun and leave; the scheduler and its workers stay."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=PATIENCE_SECONDS)


def start(where: Where) -> Dask:
    """Return an executor on the scheduler at `where.address`.

    Raises:
        UserError: where the package is missing or the scheduler does not answer within some seconds.
    """
    if not where.address:
        raise errors.UserError("The address of the scheduler is missing.", "It looks like tcp://10.0.0.5:8786; the scheduler prints it.")
    if not where.address.startswith(SCHEMES):
        raise errors.UserError(f"“{where.address[:120]}” is no address of a Dask scheduler.", "It looks like tcp://10.0.0.5:8786.")
    return Dask(where)


def by_name(module: str, name: str) -> Callable:
    """Return a function that finds another by its name where it is called: so the scheduler need not have our code."""

    def touchstone(*args: Any) -> Any:
        import importlib

        return getattr(importlib.import_module(module), name)(*args)

    return touchstone


def _package() -> Any:
    try:
        import distributed
        import distributed.client
        import distributed.comm.core
        import distributed.scheduler
    except ImportError as problem:
        raise errors.UserError("Dask is not installed here.", f"Install it with: pip install {PACKAGE}") from problem
    return distributed


def _connected(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=PATIENCE_SECONDS, set_as_default=False, name="touchstone")
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as problem:
        raise _unreachable(address, str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__) from problem


def _unreachable(address: str, why: str) -> errors.UserError:
    return errors.UserError(
        f"The Dask scheduler {address} cannot be reached ({why}).",
        "Start it (dask scheduler) or correct the address; a run that it leaves behind can be resumed, and nothing stored is lost.",
    )
