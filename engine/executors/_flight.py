"""Jobs under way: what was lost with a process is tried again, what is lost time and again fails with a sentence."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

from engine import errors
from engine.executors import _called

RETRIES = 3
SUSPECT = 2  # a job that was lost so often runs alone, so that it takes no other with it


class Executor(Protocol):
    """What every kind gives."""

    here: bool  # whether it runs on this machine
    lost: tuple[type[BaseException], ...]  # exceptions which say that the process died, not that the task failed
    tries_again: bool  # whether it hands a lost task to another process by itself

    @property
    def workers(self) -> int:
        """Tasks that run at a time."""
        ...

    @property
    def at_once(self) -> int:
        """Tasks that are handed out at a time, so that no worker waits for its next."""
        ...

    def submit(self, fn: Callable, /, *args: Any) -> Future:
        """Have a function called somewhere."""
        ...

    def mend(self) -> None:
        """Make it usable again after something was lost; raises UserError where that cannot be."""
        ...

    def message(self) -> str:
        """Return in a few words what it runs on, or what it waits for."""
        ...

    def close(self) -> None:
        """Stop what is under way and let go."""
        ...


@dataclass(frozen=True)
class Done:
    """A job that has ended: with a value, or with a problem."""

    job: Any
    value: Any = None
    problem: BaseException | None = None
    lost: bool = False  # its process died each time that it was tried
    notes: tuple[str, ...] = ()  # what a person should know of the process that did it, once a process

    def result(self) -> Any:
        """Return the value, or raise the problem."""
        if self.problem is not None:
            raise self.problem
        return self.value


@dataclass
class _Job:
    fn: Callable
    job: Any
    lost: int = 0


class Flight:
    """Jobs that are handed out and not yet back, a bounded number at a time."""

    def __init__(self, executor: Executor, *, retries: int = RETRIES, at_once: int | None = None) -> None:
        self.executor, self._at_once = executor, at_once
        self._retries = 0 if executor.tries_again else retries
        self._flying: dict[Future, _Job] = {}
        self._waiting: deque[_Job] = deque()
        self._peers = _called.Peers()

    def __len__(self) -> int:
        return len(self._flying) + len(self._waiting)

    @property
    def room(self) -> bool:
        """Whether another job may be added now."""
        return len(self) < (self._at_once or self.executor.at_once)

    def add(self, fn: Callable[[Any], Any], job: Any) -> None:
        """Hand out a job."""
        self._waiting.append(_Job(fn, job))
        self._launch()

    def results(self, seconds: float) -> Sequence[Done]:
        """Return the jobs that have ended; waits for the first at most so many seconds.

        Raises:
            UserError: when the executor is gone for good.
        """
        ended, _ = wait(self._flying, timeout=seconds, return_when=FIRST_COMPLETED)
        found, lost = [], []
        for future in ended:
            job = self._flying.pop(future)
            if self._is_lost(future):
                lost.append(job)
            else:
                found.append(self._done(job, future))
        if lost:
            self.executor.mend()
            found += [self._failed(job) for job in lost if not self._again(job)]
        self._launch()
        return found

    def _launch(self) -> None:
        """Hand out what waits; suspects go one at a time and alone."""
        while self._waiting:
            alone = max((j.lost for j in (self._waiting[0], *self._flying.values())), default=0) >= SUSPECT
            if alone and self._flying:
                return
            job = self._waiting.popleft()
            self._flying[self.executor.submit(_called.call, job.fn.__module__, job.fn.__qualname__, job.job)] = job

    def _is_lost(self, future: Future) -> bool:
        return future.cancelled() or isinstance(future.exception(), (CancelledError, *self.executor.lost))

    def _again(self, job: _Job) -> bool:
        """Count a loss; put the job back where it may be tried again."""
        job.lost += 1
        if job.lost > self._retries:
            return False
        self._waiting.appendleft(job)
        return True

    def _done(self, job: _Job, future: Future) -> Done:
        if problem := future.exception():
            return Done(job.job, problem=_said(problem))
        returned: _called.Returned = future.result()
        problem = errors.UserError(*returned.refused) if returned.refused else None
        return Done(job.job, returned.value, problem, notes=self._peers.notes(returned.about))

    def _failed(self, job: _Job) -> Done:
        times = "time and again" if self.executor.tries_again else f"{job.lost} times"
        sentence = errors.UserError(
            f"The process that worked on this died {times}.", "It may need more memory than there is; try fewer workers or a smaller network."
        )
        return Done(job.job, problem=sentence, lost=True)


def _said(problem: BaseException) -> BaseException:
    """Return a problem as a sentence where we know what it means."""
    if isinstance(problem, ModuleNotFoundError) and str(problem.name).split(".")[0] == "engine":
        return errors.UserError(
            "A worker cannot import the engine.", "Start the workers in a clone of this repository, or with PYTHONPATH naming one."
        )
    return problem
