"""A store with one finished run of the study, of networks that ship, on a few units."""

from engine import control, worker
from engine.remedies import spec as asking
from engine.remedies.spec import RemediesSpec

SPEC = RemediesSpec(strengths=(0.9,), seeds=(0, 1), units=200)


def fill(spec: RemediesSpec = SPEC) -> str:
    """Answer the question in this process, under TOUCHSTONE_HOME as it is set, and return the run."""
    planned = asking.plan(spec)
    run = control.submit(spec, asking.title(spec), total=planned.cells, images_total=planned.images)
    job = control.claim("a test", only=run)
    assert job is not None
    assert worker.answer(job) == "done"
    return run
