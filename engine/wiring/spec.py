"""The question of this study: which circuits to train. No torch, nothing is trained here."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

import pydantic

from engine import errors, hashing, networks
from engine.spec import Cost, Spec, each_once
from engine.training._circuit_arms import ARMS, MODULES, NEEDS_LEARNED, SETTINGS, SIGNATURE_RATE, Job, grid

VERSION = 1  # raised when the same question has other rows
PREFIX = "wiring"  # of its runs that ship
# Best on validation digits, of those that `train circuits --choose` compares; the weight was chosen for each prior.
CHOSEN = {"bandwidth": 0.5, "truncation": 0.8}
WEIGHTS = {"erdos_renyi": 0.1, "planted_partition": 0.1, "ring_of_cliques": 5.0, "scale_free": 5.0}
OBSERVING = 10.0  # seconds of one core that looking into a finished circuit takes
STEP_SECONDS = {"mnist": 0.075, "shapes": 0.09, "interpreter": 0.1}  # of one core, 32 modules; measured where the shipped circuits were trained
GROWTH = 1.25  # power by which a step's time grows with modules


class WiringSpec(Spec):
    """How do circuits of these arms learn, and what graphs come out?"""

    study: Literal["wiring"] = "wiring"
    """Which study answers the question."""
    arms: tuple[str, ...] = pydantic.Field(default=("scale_free",), min_length=1)
    """Priors over the links, and controls: see `python -m engine train circuits --help`."""
    data: str = "mnist"
    """What circuits learn: mnist (digits) or shapes (shapes in scenes)."""
    seeds: tuple[int, ...] = pydantic.Field(default=(0,), min_length=1, max_length=20)
    """Of first weights and the order of images; arms of the same seed are paired."""
    modules: int = pydantic.Field(default=MODULES, ge=4, le=128)
    """Processors; interpreters have none."""
    steps: int = pydantic.Field(default=0, ge=0, le=20_000)
    """Of training; 0 = as many as the data set asks for."""
    bandwidth: float = pydantic.Field(default=CHOSEN["bandwidth"], gt=0, le=10)
    """eps of the kernel: the smaller, the sparser."""
    truncation: float | None = pydantic.Field(default=CHOSEN["truncation"], gt=0, le=2)
    """Largest distance of two signatures that are linked; none = any."""
    prior_weight: float | None = pydantic.Field(default=None, ge=0, le=1000)
    """How hard a prior pulls at the links, beside the task; empty = what was best on validation digits for each prior."""
    signature_rate: float = pydantic.Field(default=SIGNATURE_RATE, gt=0, le=1000)
    """Learning rate of signatures, times that of the rest."""

    _each_once = pydantic.field_validator("arms", "seeds")(each_once)

    def jobs(self) -> tuple[Job, ...]:
        """Return its circuits; raises UserError for an arm or a data set that is not known."""
        numbers: dict[str, Any] = {name: getattr(self, name) for name in ("modules", "steps", "bandwidth", "prior_weight", "signature_rate")}
        found = grid(self.arms, (self.data,), self.seeds, **numbers)
        return tuple(dataclasses.replace(one, truncation=self.truncation, prior_weight=self._weight(one)) for one in found)

    def _weight(self, job: Job) -> float:
        return WEIGHTS.get(job.arm, job.prior_weight) if self.prior_weight is None else self.prior_weight


@dataclass(frozen=True)
class Plan:
    """What answering a question takes: a cell is a circuit, trained where it is not there yet, and looked into."""

    jobs: tuple[Job, ...]
    there: frozenset[str] = field(repr=False)  # names of circuits that need not be trained
    before: tuple[Job, ...] = ()  # circuits that controls take their density from, and that are made first
    images: int = 0
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of circuits."""
        return len(self.jobs)

    @property
    def reused(self) -> int:
        """Number of circuits that need not be trained."""
        return sum(job.name in self.there for job in self.jobs)


def plan(spec: WiringSpec) -> Plan:
    """Return the circuits of a question; those that are here, also those that ship, are not trained again.

    Raises:
        UserError: for an arm or a data set that is not known, or circuits that are the same (an arm without links, twice).
    """
    jobs = spec.jobs()
    named = [job.name for job in jobs]
    if len(set(named)) < len(named):
        raise errors.UserError("Two of these circuits are the same.", "Name each arm and seed once.")
    wanted = {job.learned.name: job.learned for job in jobs if job.arm in NEEDS_LEARNED}
    known = frozenset(networks.names())
    before = tuple(job for name, job in wanted.items() if name not in named and name not in known)
    notes = tuple(f"{job.name} is made first: a control takes its density from it." for job in before)
    return Plan(jobs, known & {*named, *wanted}, before, notes=notes)


def key(job: Job) -> str:
    """Return what a circuit's rows are kept under."""
    return hashing.of_parts(VERSION, job.name)


def cost(spec: WiringSpec, planned: Plan | None = None) -> Cost:
    """Return circuits and about how many seconds of one core they take."""
    planned = planned or plan(spec)
    todo = [job for job in (*planned.before, *planned.jobs) if job.name not in planned.there]
    seconds = sum(map(_seconds, todo)) + OBSERVING * (spec.modules / MODULES) * planned.cells
    return Cost(planned.cells, planned.reused, 0, seconds)


def _seconds(job: Job) -> float:
    if job.arm == "interpreter":
        return STEP_SECONDS["interpreter"] * job.length
    return STEP_SECONDS[job.data] * job.length * (job.modules / MODULES) ** GROWTH


def title(spec: WiringSpec) -> str:
    """Return what people call the question."""
    named = titles()
    at = ", ".join(named.get(arm, arm) for arm in spec.arms)
    times = f", {len(spec.seeds)} seeds" if len(spec.seeds) > 1 else f", seed {next(iter(spec.seeds))}"
    return spec.title or f"Circuits on {SETTINGS[spec.data].title}: {at}{times}"


def titles() -> dict[str, str]:
    """Return each arm's name for people."""
    said = {
        "dense_fc": "dense, plain maps", "dense_modfc": "dense, coded maps", "dense_dropout": "dense, random link dropout", "none": "no prior",
        "frozen": "frozen random graph", "interpreter": "neural interpreter",
        "erdos_renyi": "Erdős-Rényi prior",
    }  # fmt: skip
    return {arm: said.get(arm, f"{arm.replace('_', ' ')} prior") for arm in ARMS}
