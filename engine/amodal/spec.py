"""The question about hidden parts in clips, and the plan that says what answering it takes. No torch, nothing is completed here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pydantic

from engine import completers, control, errors, hashing, store
from engine.amodal import baselines, given
from engine.datasets import clips
from engine.spec import Cost, Spec

VERSION = 1  # of what is completed and counted: raised when a row changes
NOISE = 0.15  # pixels, on exact flow, as in training
ESTIMATED = "estimated"
RATE = 1e-4  # of adaptation: of 1e-4 and 3e-4 the one that leaves the smaller loss on frames held out (`amodal steps`)
STEPS = (5, 20, 40)  # of adaptation that pages offer
_SECONDS = {True: 0.012, False: 0.004}  # of processor time, a frame and answer: by a completer, by a baseline


class AmodalSpec(Spec):
    """What is hidden in these clips, and who completes it how well?"""

    study: Literal["amodal"] = "amodal"
    """Which study answers the question."""
    clips: tuple[str, ...] = pydantic.Field(min_length=1)
    """SET/SPLIT (its first clips), SET/SPLIT/NUMBER, or the name of a clip that was brought."""
    answers: tuple[str, ...] = ()
    """Completers, and predictions that were brought for a clip, by name; baselines come by themselves."""
    baselines: tuple[str, ...] = baselines.names()
    """Answers that need no network."""
    first: int = pydantic.Field(default=20, ge=1, le=10_000)
    """Of SET/SPLIT so many clips."""
    objects: tuple[str, ...] = ()
    """Only objects of these names; empty = all that are hidden at some time, or whose truth is not known."""
    adapt: int = pydantic.Field(default=0, ge=0, le=2_000)
    """Also each completer after so many label-free steps on each clip; its weights are put back between clips."""
    flow: Literal["given", "dis"] = "given"
    """given: exact flow where a clip has it; dis: always estimated from the frames."""
    noise: float = pydantic.Field(default=NOISE, ge=0.0, le=100.0)
    """On exact flow, pixels."""
    keep: bool = True
    """Keep the masks, so that they can be stepped through and taken away; measures are always kept."""
    fresh: bool = False
    """Complete anew even what the store already has."""


@dataclass(frozen=True)
class Answered:
    """One answer that a question asks for."""

    name: str
    by: str  # the baseline, completer or predictions behind it
    kind: Literal["baseline", "completer", "predictions"]
    digest: str  # of what it is made with
    adapt: int = 0


@dataclass(frozen=True)
class Cell:
    """The unit of progress: a clip. What is resumed is each answer to each object."""

    clip: str
    dataset: str
    split: str
    number: int
    digest: str


@dataclass(frozen=True)
class Plan:
    """Everything that answering a question takes, before any of it is done."""

    todo: tuple[Cell, ...]
    answers: tuple[Answered, ...]
    frames: int
    stored: frozenset[str] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of clips."""
        return len(self.todo)

    @property
    def images(self) -> int:
        """Frames that are completed, by each answer and at least one object."""
        return self.frames * len(self.answers)


def adapted(name: str, steps: int) -> str:
    """Return what a completer is called after adaptation.

    >>> adapted("two_way-s0", 40)
    'two_way-s0 + 40 steps'
    """
    return f"{name} + {steps} steps"


def flow_of(spec: AmodalSpec, clip: clips.Clip) -> str:
    """Return what answers know of a clip's motion, in words."""
    if spec.flow == "dis" or clip.flow is None:
        return ESTIMATED
    return f"exact, noise {spec.noise:g} px" if spec.noise else "exact"


def addresses(spec: AmodalSpec) -> tuple[str, ...]:
    """Return the address of every clip that is asked for, each once; raises UserError for a set, split or clip that does not exist."""
    found: list[str] = []
    for said in spec.clips:
        name, _, split = said.partition("/")
        if said.count("/") == 1:
            sizes = clips.card(name).sizes
            if split not in sizes:
                raise errors.unknown(f"split of {name}", split, sizes)
            found += [f"{said}/{k}" for k in range(min(spec.first, sizes[split]))]
        else:
            found.append(said)
    return tuple(dict.fromkeys(found))


def answers(spec: AmodalSpec, address: str = "") -> tuple[Answered, ...]:
    """Return what is asked for of a clip: baselines, then completers as they are and adapted, then predictions that are there for it.

    Raises:
        UserError: for a name that is no baseline, no completer, and none of the predictions.
    """
    for name in spec.baselines:
        if name not in baselines.names():
            raise errors.unknown("baseline", name, baselines.names())
    found = [Answered(name, name, "baseline", str(VERSION)) for name in spec.baselines]
    for name in spec.answers:
        found += _answered(spec, name, address)
    return tuple({one.name: one for one in found}.values())


def _answered(spec: AmodalSpec, name: str, address: str) -> Iterator[Answered]:
    if name in baselines.names():
        yield Answered(name, name, "baseline", str(VERSION))
    elif name in completers.names():
        digest = completers.card(name).digest
        yield Answered(name, name, "completer", digest)
        if spec.adapt:
            yield Answered(adapted(name, spec.adapt), name, "completer", digest, spec.adapt)
    elif address and name in given.names(address):
        yield Answered(name, name, "predictions", given.digest(address, name))
    elif not any(name in given.names(one) for one in addresses(spec)):
        known = [*baselines.names(), *completers.names(), *(known for one in addresses(spec) for known in given.names(one))]
        raise errors.unknown("completer or predictions", name, known)


def key(spec: AmodalSpec, cell: Cell, track: str, one: Answered, flow: str) -> str:
    """Return the hash of what one answer to one object depends on."""
    seed = cell.number if flow.startswith("exact, ") else 0
    asked = (VERSION, cell.digest, track, one.kind, one.name, one.digest, spec.keep, spec.seed, *((RATE,) if one.adapt else ()))
    return hashing.of_parts(*asked, *(() if one.kind == "predictions" else (flow, seed)))


def plan(spec: AmodalSpec) -> Plan:
    """Return what a question takes; raises UserError for names that do not exist, and names given twice."""
    todo = tuple(_cell(address, number) for number, address in enumerate(addresses(spec)))
    asked = {one.name: one for cell in todo for one in answers(spec, cell.clip)} if spec.answers else {one.name: one for one in answers(spec)}
    if not asked:
        raise errors.UserError("Nothing is asked for: no baseline and no completer.", "Name at least one.")
    lengths = {(cell.dataset, cell.split): _length(cell) for cell in reversed(todo) if cell.dataset}
    frames = sum(lengths[cell.dataset, cell.split] if cell.dataset else _length(cell) for cell in todo)
    return Plan(todo, tuple(asked.values()), frames, frozenset() if spec.fresh else _stored())


def _cell(address: str, number: int) -> Cell:
    name, split, index = address.split("/") if address.count("/") == 2 else ("", "", "")
    return Cell(address, name, split, int(index) if index.isdigit() else number, clips.digest(address))


def _length(cell: Cell) -> int:
    return clips.length(cell.clip)


def _stored() -> frozenset[str]:
    """Return the keys of all answers that finished runs have stored."""
    found: set[str] = set()
    for run in store.query("SELECT run FROM runs WHERE study = 'amodal' AND state = 'done'")["run"]:
        if manifest := store.manifest(str(run)):
            found |= set(manifest.keys("mask_frames"))
    return frozenset(found)


def cost(spec: AmodalSpec, planned: Plan | None = None) -> Cost:
    """Return clips, frames times answers, and about how many seconds they take on one core; what was measured here counts."""
    planned = planned or plan(spec)
    rates: Mapping = control.rates()
    seconds = 0.0
    for one in planned.answers:
        rate = rates.get(("amodal", one.kind))
        steps = one.adapt * 0.15 * planned.cells  # of adaptation, a clip
        seconds += planned.frames * (1 / rate if rate else _SECONDS[one.kind == "completer"]) + steps
    return Cost(planned.cells, 0, planned.images, seconds)


def title(spec: AmodalSpec) -> str:
    """Return what people call the question."""
    if spec.title:
        return spec.title
    where = spec.clips[0] if len(spec.clips) == 1 else f"{len(spec.clips)} sets of clips"
    return f"Hidden parts of {where}" + (f", by {spec.answers[0]}" if len(spec.answers) == 1 else "")
