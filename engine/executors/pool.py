"""A pool of processes on this machine.

Each process has one thread and stands back for the dashboard. A process that dies, for want of memory or by a kill, is
replaced, and what was lost with it is tried again.
"""

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from engine.executors import Where

VERSION = 1
NICE = 10
ORPHAN_SECONDS = 1.0
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool:
    """A process pool that is rebuilt when one of its processes is killed."""

    here = True
    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    tries_again = False

    def __init__(self, workers: int) -> None:
        self.workers, self.at_once = workers, 2 * workers
        self._pool = self._started()

    def _started(self) -> ProcessPoolExecutor:
        # Spawned, not forked: torch's threads and an open database do not survive a fork.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=begin, initargs=(os.getpid(),))

    def submit(self, fn: Callable, /, *args: Any) -> Future:
        """Have a function called in one of the processes."""
        try:
            return self._pool.submit(fn, *args)
        except BrokenProcessPool:
            self.mend()
            return self._pool.submit(fn, *args)

    def mend(self) -> None:
        """Start new processes where one has died."""
        if self._pool._broken:
            self._end()
            self._pool = self._started()

    def message(self) -> str:
        """Return what it runs on."""
        return f"{self.workers} processes of this machine"

    def close(self) -> None:
        """Kill the processes: a cell under way is worked out again when the run is resumed."""
        self._end()

    def _end(self) -> None:
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join(5)


def start(where: Where) -> Pool:
    """Return a pool of as many processes as asked for, or one a core."""
    return Pool(where.workers or len(os.sched_getaffinity(0)))


def begin(parent: int) -> None:
    """Set up a process of the pool: low priority, one thread, and gone when its parent is."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    with contextlib.suppress(OSError):
        os.nice(max(0, NICE - os.nice(0)))
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    """Leave when the process that started us was killed: nobody would read what we find."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os._exit(1)
