"""The question about circuits, and the plan that says what answering it takes. No torch, nothing is evaluated here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pydantic

from engine import control, errors, hashing, networks, places, shifts, store
from engine.datasets import images
from engine.spec import Cost, Spec

ARCHITECTURE = "nac"
RANKINGS = ("degree", "attention", "ablation", "greedy", "random", "links")
PARTS = ("graph", "pruning")
VERSION = 1  # of what is measured: raised when a row changes
_SECONDS = {"graph": 6.0, "pruning": 60.0}  # of processor time, a circuit of 32 modules


class Choice(pydantic.BaseModel):
    """A shift and how strong."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Its name."""
    strength: float
    """How strong."""


DEFAULT_SHIFTS = (
    Choice(name="gaussian_noise", strength=3.0), Choice(name="defocus_blur", strength=3.0), Choice(name="rotation", strength=3.0),
)  # fmt: skip


class CircuitsSpec(Spec):
    """What do these circuits look like inside, and what of them is needed?"""

    study: Literal["circuits"] = "circuits"
    """Which study answers the question."""
    networks: tuple[str, ...] = pydantic.Field(min_length=1)
    """Circuits that were trained here."""
    parts: tuple[Literal["graph", "pruning"], ...] = PARTS
    """graph: modules, links, their history, attention by class; pruning: curves over the modules that are left."""
    rankings: tuple[Literal["degree", "attention", "ablation", "greedy", "random", "links"], ...] = RANKINGS
    """In which orders modules are left out; links: the weakest links are cut instead, by mean attention."""
    ranking_images: int = pydantic.Field(default=200, ge=10, le=10_000)
    """Training images that rankings and mean attention are made from; never test images."""
    images: int = pydantic.Field(default=300, ge=10)
    """Images of each test set that a pruned circuit is measured on."""
    shifts: tuple[Choice, ...] | None = None
    """Shifts of the in-distribution test set; empty = noise, blur and rotation of middle strength."""
    ood_datasets: tuple[str, ...] = ()
    """Sets from elsewhere with the same classes."""
    fresh: bool = False
    """Observe anew even what the store already has."""


@dataclass(frozen=True)
class Cell:
    """The unit of work and of resume: one part of one circuit."""

    network: str
    part: str
    key: str


@dataclass(frozen=True)
class Plan:
    """Everything that answering a question takes, before any of it is done."""

    todo: tuple[Cell, ...]
    stored: frozenset[str] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.todo)

    @property
    def reused(self) -> int:
        """Number of cells that the store has."""
        return sum(cell.key in self.stored for cell in self.todo)

    @property
    def images(self) -> int:
        """Networks' looks at images are not counted beforehand: pruning decides as it goes."""
        return 0


def known() -> tuple[networks.Card, ...]:
    """Return the circuits that can be looked into here."""
    return tuple(card for card in networks.cards() if card.architecture == ARCHITECTURE)


def conditional() -> dict[str, Path]:
    """Return the files of the conditional circuits that are here, by name; brought ones win."""
    folders = (places.weights() / "circuits", places.inputs("circuits"))
    return {file.stem: file for folder in folders for file in sorted(folder.glob("conditional-*.safetensors"))}


def shifts_of(spec: CircuitsSpec) -> tuple[tuple[str, float], ...]:
    """Return the shifts that are asked for, or the three that stand in where none is: the third of each one's published strengths."""
    if spec.shifts is not None:
        return tuple((choice.name, choice.strength) for choice in spec.shifts)
    return tuple((choice.name, _third(choice.name)) for choice in DEFAULT_SHIFTS)


def _third(name: str) -> float:
    strengths = shifts.card(name).strengths
    return float(strengths[min(2, len(strengths) - 1)])


def check(spec: CircuitsSpec) -> None:
    """Raise UserError for a name that does not exist, is no circuit, or is named twice, and for sets that cannot be used."""
    for kind, named in (("circuit", spec.networks), ("data set", spec.ood_datasets), ("part", spec.parts), ("ranking", spec.rankings)):
        if doubled := {name for name in named if list(named).count(name) > 1}:
            raise errors.UserError(f"The {kind} “{doubled.pop()}” is named twice.", "Name each once.")
    for name in spec.networks:
        card = networks.card(name)
        if card.architecture != ARCHITECTURE:
            raise errors.UserError(f"“{name}” is no circuit but a {card.architecture}.", "Choose one of: python -m engine circuits list")
        if card.trained_on not in images.names():
            raise errors.UserError(f"The circuit “{name}” was trained on {card.trained_on}, which is not here.", "Bring that data set first.")
    for name in spec.ood_datasets:
        if sentence := images.card(name).missing:
            raise errors.UserError(f"The data set “{name}” cannot be used here.", sentence)
    for name, strength in shifts_of(spec):
        shifts.parameters(name, strength, 28)


def plan(spec: CircuitsSpec) -> Plan:
    """Return what a question takes; raises UserError as `check` does."""
    check(spec)
    todo = tuple(Cell(name, part, _key(spec, name, part)) for name in spec.networks for part in PARTS if part in spec.parts)
    stored = frozenset() if spec.fresh else _stored()
    return Plan(todo, stored)


def _key(spec: CircuitsSpec, name: str, part: str) -> str:
    card = networks.card(name)
    data = dict(images.card(str(card.trained_on)).digests)
    asked: list = [VERSION, card.key, data, spec.ranking_images, spec.seed, part]
    if part == "pruning":
        others = {one: dict(images.card(one).digests) for one in spec.ood_datasets}
        asked += [spec.rankings, spec.images, shifts_of(spec), others]
    return hashing.of_parts(asked)


def _stored() -> frozenset[str]:
    """Return the keys of all parts that finished runs have stored."""
    found: set[str] = set()
    for run in store.query("SELECT run FROM runs WHERE study IN ('circuits', 'wiring') AND state = 'done'")["run"]:
        if manifest := store.manifest(str(run)):
            found |= set(manifest.keys("circuits")) | set(manifest.keys("circuit_curves"))
    return frozenset(found)


def cost(spec: CircuitsSpec, planned: Plan | None = None) -> Cost:
    """Return cells and about how many seconds they take on one core; what was measured here counts, else what it took where this was written."""
    planned = planned or plan(spec)
    rates: Mapping = control.rates()
    seconds = 0.0
    for cell in planned.todo:
        if cell.key not in planned.stored:
            rate = rates.get(("circuits", cell.part))
            seconds += 1 / rate if rate else _SECONDS[cell.part]
    return Cost(planned.cells, planned.reused, planned.images, seconds)


def title(spec: CircuitsSpec) -> str:
    """Return what people call the question."""
    if spec.title:
        return spec.title
    first = spec.networks[0] if len(spec.networks) == 1 else f"{len(spec.networks)} circuits"
    return f"Inside {first}"
