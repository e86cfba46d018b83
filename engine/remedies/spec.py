"""The question of this study: which networks to train, and on how many units to compare them. No torch, nothing is trained here."""

from dataclasses import dataclass, field
from typing import Literal

import pydantic

from engine import errors
from engine.remedies.worlds import worlds
from engine.spec import Cost, Spec, each_once
from engine.training import methods
from engine.training.methods import METHODS, SEEDS, STRENGTHS, Job, grid, made

PREFIX = "remedies"  # of its runs that ship
VERSION = 1  # raised when the same question has another answer
SECONDS_A_NETWORK = 25.0  # of one core, to train; measured with the convolutional network on coloured digits
IMAGES_A_SECOND = 2000.0  # drawn and looked at


class RemediesSpec(Spec):
    """Do remedies make networks rely less on what goes with the class in training without being it?"""

    study: Literal["remedies"] = "remedies"
    """Which study answers the question."""
    system: str = "coloured_digits"
    """A system whose `strength` sets how often a factor follows the class."""
    strengths: tuple[float, ...] = pydantic.Field(default=STRENGTHS, min_length=1, max_length=5)
    """How often the factor follows the class in training; a network is trained at each."""
    methods: tuple[str, ...] = pydantic.Field(default=tuple(METHODS), min_length=1)
    """How networks are trained: ERM, remedies, and the upper line."""
    seeds: tuple[int, ...] = pydantic.Field(default=SEEDS, min_length=1, max_length=10)
    """Of the first weights and the order of the examples; a network is trained from each."""
    architecture: str = "cnn"
    """What kind of network."""
    units: int = pydantic.Field(default=2000, ge=50, le=20_000)
    """Test units that all networks are asked about, the same in every world."""

    _each_once = pydantic.field_validator("strengths", "methods", "seeds")(each_once)

    @pydantic.field_validator("seeds")
    @classmethod
    def _no_negative_seed(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if min(chosen) < 0:
            raise ValueError("a seed is a whole number from 0")
        return chosen

    def jobs(self) -> tuple[Job, ...]:
        """Return its networks; raises UserError for a name that is not known, or a strength out of range."""
        return grid(self.system, self.strengths, self.methods, self.seeds, (self.architecture,))


@dataclass(frozen=True)
class Plan:
    """What answering a question takes: a cell is a network, trained where it is not there yet, and asked in every world."""

    jobs: tuple[Job, ...]
    there: frozenset[str] = field(repr=False)  # names of networks that need not be trained
    images: int = 0
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of networks."""
        return len(self.jobs)

    @property
    def reused(self) -> int:
        """Number of networks that need not be trained."""
        return len(self.there)


def plan(spec: RemediesSpec) -> Plan:
    """Return what a question takes; networks that are there, also those that ship, are not trained again.

    Raises:
        UserError: for a name that is not known, a strength out of range, or a system without a strength.
    """
    jobs = spec.jobs()
    if "erm" not in spec.methods:
        raise errors.UserError("A remedy is compared with ERM, which is not among the methods.", "Add erm.")
    there = frozenset(job.name for job in jobs if made(job))
    notes = (f"{len(there)} of its networks are there already.",) if there else ()
    return Plan(jobs, there, len(jobs) * len(worlds(spec.system)) * spec.units, notes)


def cost(spec: RemediesSpec, planned: Plan | None = None) -> Cost:
    """Return networks, pictures and seconds, as measured on one busy core of the machine that the shipped networks were trained on."""
    planned = planned or plan(spec)
    drawn = len(spec.strengths) * len(worlds(spec.system)) * spec.units / IMAGES_A_SECOND
    training = SECONDS_A_NETWORK * (planned.cells - planned.reused)
    return Cost(planned.cells, planned.reused, planned.images, training + drawn + planned.images / IMAGES_A_SECOND)


def title(spec: RemediesSpec) -> str:
    """Return the question's name: the given one, or what is asked in a line."""
    found = methods.confounder(spec.system)
    at = ", ".join(f"{strength:g}" for strength in spec.strengths)
    return spec.title or f"Remedies against {found.factor} on {spec.system}, strength {at}"
