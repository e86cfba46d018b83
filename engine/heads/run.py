"""The heads' run: each network is fitted, read, and its rows handed over; a cell is a network."""

from collections.abc import Iterator

from engine import rows, store
from engine.heads import fitting, measuring
from engine.heads.spec import HeadsSpec, Job, plan
from engine.steps import Before, Step


def run(spec: HeadsSpec, before: Before) -> Iterator[Step]:
    """Fit and measure the networks of a question one after the other; those that `before` holds are passed over.

    Weights are kept as soon as a network is fitted, so that what is stopped goes on there.

    Raises:
        UserError: where the question names what does not exist, or a group has nothing to compare.
    """
    for job in plan(spec).jobs:
        if before.has("treatments", job.key):
            yield Step(cells=1, message=f"{job.title}: done before")
            continue
        if not fitting.is_kept(job):
            for step in fitting.fit(job):
                yield Step(message=f"{job.title}: pass {step.epoch} of {step.epochs}")
        yield Step(message=f"{job.title}: measuring")
        yield answer(job, spec.two_heads)


def answer(job: Job, two_heads: bool = True) -> Step:
    """Return the rows about one network; networks that it is compared with are fitted where they are not there."""
    found = measuring.measure(measuring.Bench(job, fitting.fitted, two_heads))
    return Step((store.block(rows.Treatment, found),), {"treatments": (job.key,)}, 1, 0, f"{job.title}: measured")
