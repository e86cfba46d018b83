"""The question of this study: which circuits are adapted to what, with how many labels. No torch, nothing is adapted here."""

from dataclasses import dataclass
from typing import Literal

import pydantic

from engine import errors, hashing, networks
from engine.datasets import images
from engine.spec import Cost, Plan, Spec, each_once

VERSION = 1  # raised when the same question has other rows
COLLECTION = "adapted circuits"  # of its networks and scores
ARCHITECTURE = "nac"
NOT_ADAPTED = "nothing"  # the part that moves in the circuit as it came
# Highest learning rates: best on validation images of optdigits, 5 labels a class, which the study that ships does not report (`lowshot choose`).
RATES = {"head": 0.01, "modules": 0.01, "everything": 0.001}
CANDIDATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
TITLES = {
    NOT_ADAPTED: "as it came", "head": "head only", "modules": "head, codes, signatures, states", "everything": "everything",
}  # fmt: skip
BATCH = 32  # images a step, at most
SECONDS = 0.0013  # of one core, for a step on an image
MEASURING = 0.0006  # and for an answer
MOST_SHOTS = 50

Part = Literal["head", "modules", "everything"]


class LowshotSpec(Spec):
    """How well do trained circuits adapt to another domain with few labels, and which part of them has to move?"""

    study: Literal["lowshot"] = "lowshot"
    """Which study answers the question."""
    circuits: tuple[str, ...] = pydantic.Field(min_length=1)
    """Trained circuits; those of the same seed get the same labelled images."""
    onto: tuple[str, ...] = pydantic.Field(default=("printed", "mfeat"), min_length=1)
    """Domains: data sets with the same classes and training images of their own."""
    shots: tuple[int, ...] = pydantic.Field(default=(1, 5, 10), min_length=1)
    """Labelled images of each class."""
    parts: tuple[Part, ...] = pydantic.Field(default=("head", "modules", "everything"), min_length=1)
    """What may move: the head; head, codes, signatures and states; everything."""
    steps: int = pydantic.Field(default=40, ge=1, le=2000)
    """Of adaptation, each on at most 32 images."""
    images: int = pydantic.Field(default=300, ge=10, le=10_000)
    """Test images of the new domain and of the old one."""

    _each_once = pydantic.field_validator("circuits", "onto", "shots", "parts")(each_once)

    @pydantic.field_validator("shots")
    @classmethod
    def _some(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if min(chosen) < 1 or max(chosen) > MOST_SHOTS:
            raise ValueError(f"labels of each class go from 1 to {MOST_SHOTS}")
        return tuple(sorted(chosen))


@dataclass(frozen=True)
class Cell:
    """One circuit adapted once: what moves, with how many labels, onto what; nothing moves where there are no labels."""

    circuit: str
    onto: str
    part: str
    shots: int
    key: str

    @property
    def name(self) -> str:
        """The adapted circuit's name."""
        return f"{self.circuit}+{self.part}-{self.onto}-{self.shots}"


def plan(spec: LowshotSpec) -> Plan[Cell]:
    """Return each circuit as it came and adapted in every way that is asked for, circuit by circuit.

    Raises:
        UserError: for a network that is no circuit, or a domain that it cannot be adapted to.
    """
    found = []
    for name in spec.circuits:
        card = networks.card(name)
        if card.architecture != ARCHITECTURE or card.trained_on is None:
            raise errors.UserError(f"“{name}” is no circuit that was trained here.", "Circuits: python -m engine circuits list --trained")
        for onto in spec.onto:
            _check(card, onto, max(spec.shots))
            ways = [(NOT_ADAPTED, 0), *((part, shots) for shots in spec.shots for part in spec.parts)]
            found += [Cell(name, onto, part, shots, _key(spec, card, onto, part, shots)) for part, shots in ways]
    return Plan(tuple(found))


def _check(card: networks.Card, onto: str, shots: int) -> None:
    about = images.card(onto)
    if about.classes != card.classes or onto == card.trained_on or not {"train", "test"} <= set(about.sizes):
        raise errors.UserError(
            f"“{card.name}” cannot be adapted to {onto}.", "Choose another data set of the same classes that has training images of its own."
        )
    if shots * len(about.classes) > about.sizes["train"]:
        raise errors.UserError(f"{onto} has fewer than {shots} training images of a class.", "Ask for fewer labels.")


def _key(spec: LowshotSpec, card: networks.Card, onto: str, part: str, shots: int) -> str:
    digests = [images.card(name).digests.get(split) for name, split in ((onto, "train"), (onto, "test"), (str(card.trained_on), "test"))]
    return hashing.of_parts(VERSION, card.key, digests, part, shots, spec.steps, RATES.get(part), spec.images, spec.seed)


def cost(spec: LowshotSpec, planned: Plan[Cell] | None = None) -> Cost:
    """Return adapted circuits and about how many seconds of one core they take."""
    planned = planned or plan(spec)
    classes = {name: len(networks.card(name).classes) for name in spec.circuits}
    learned = sum(spec.steps * min(BATCH, cell.shots * classes[cell.circuit]) for cell in planned.todo if cell.part not in {NOT_ADAPTED, "head"})
    return Cost(planned.cells, 0, 0, SECONDS * learned + MEASURING * 2 * spec.images * planned.cells)


def title(spec: LowshotSpec) -> str:
    """Return what people call the question."""
    who = spec.circuits[0] if len(spec.circuits) == 1 else f"{len(spec.circuits)} circuits"
    return spec.title or f"{who} adapted to {', '.join(spec.onto)} with {', '.join(map(str, spec.shots))} labels a class"
