"""Making a bundle in the worker, for the page: it takes seconds to a minute, longer than a page may."""

from collections.abc import Iterator

from engine import control, safety
from engine.evidence import writing
from engine.evidence.spec import EvidenceSpec
from engine.evidence.writing import Bundle
from engine.steps import Step

STORES_ITSELF = True  # a report is a file, no rows of the store


def run(spec: EvidenceSpec, job: str) -> Iterator[Step]:
    """Make the bundle of a job; the last step's message says what came of it.

    Raises:
        UserError: as `writing.steps_of`; a bundle that an earlier attempt has finished is made anew.
    """
    into = writing.place(job)
    into.unlink(missing_ok=True)
    for step in writing.steps_of(spec, into):
        if isinstance(step, Bundle):
            control.audit("export report", job)
            yield Step(cells=1, message=f"{step.figures} figures, {safety.size(step.bytes)}")
        else:
            yield Step(cells=1, message=step)
