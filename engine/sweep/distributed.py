"""The sweep's run in other processes: networks go out one by one, rows come back here, in the same steps as `run`."""

from collections.abc import Iterator

from engine import executors
from engine.executors import Executor
from engine.steps import Before, Step
from engine.sweep import run as sweep
from engine.sweep.spec import SweepSpec, plan


def run(spec: SweepSpec, before: Before, executor: Executor) -> Iterator[Step]:
    """Answer a question as `engine.sweep.run.run` does, in the processes of an executor; an empty step comes while nothing does.

    Raises:
        UserError: as `engine.sweep.run.run` does, and where no worker is left.
    """
    planned = plan(spec)
    yield from sweep.begun(planned, before)
    for done in executors.as_results(executor, sweep.answer, sweep.left(planned, before)):
        yield Step(message=executor.message()) if done is None else sweep.stepped(done.result())
