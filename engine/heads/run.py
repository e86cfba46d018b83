"""The heads' run: each network is fitted, read, and its rows handed over; a cell is a network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine import rows, store
from engine.heads import fitting, measuring
from engine.heads.spec import HeadsSpec, Job, plan


@dataclass(frozen=True)
class Step:
    """What one step of a run hands over: rows of whole cells, and what they answer."""

    blocks: tuple[rows.Block, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # table -> hashes that a resumed run need not answer again
    cells: int = 0
    images: int = 0
    message: str = ""
    log: str = ""
    rates: Mapping[tuple[str, str], tuple[int, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Before:
    """What an earlier attempt at the same run has stored."""

    run: str
    keys: Mapping[str, frozenset[str]]

    def has(self, table: str, key: str) -> bool:
        """Return whether the run already holds this."""
        return key in self.keys.get(table, frozenset())


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
        yield answer(job, spec.two_heads)


def answer(job: Job, two_heads: bool = True) -> Step:
    """Return the rows about one network; networks that it is compared with are fitted where they are not there."""
    found = measuring.measure(measuring.Bench(job, fitting.fitted, two_heads))
    return Step((store.block(rows.Treatment, found),), {"treatments": (job.key,)}, 1, 0, f"{job.title}: measured")
