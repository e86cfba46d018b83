"""The assay's question, and the plan that says what answering it takes. No torch, nothing is evaluated here."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pydantic

from engine import control, errors, hashing, networks, registry, shifts, store
from engine.assay.classes import align
from engine.datasets import images
from engine.metrics import classification, pairs
from engine.spec import Cost, Spec

ATTACKS = "attacks"


class Choice(pydantic.BaseModel):
    """A shift or an attack, and how strong."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Its name."""
    strengths: tuple[float, ...] = pydantic.Field(min_length=1)
    """How strong; each strength is a set of its own."""


class AssaySpec(Spec):
    """How do these networks do on these sets and under these shifts?"""

    study: Literal["assay"] = "assay"
    """Which study answers the question."""
    networks: tuple[str, ...] = pydantic.Field(min_length=1)
    """The networks to evaluate."""
    id_dataset: str
    """The in-distribution set: what the networks were trained on. Shifts and attacks act on its test side."""
    ood_datasets: tuple[str, ...] = ()
    """Sets from elsewhere with the same classes."""
    shifts: tuple[Choice, ...] = ()
    """Synthetic shifts of the in-distribution test images."""
    attacks: tuple[Choice, ...] = ()
    """Worst-case changes made with the network's own gradient."""
    metrics: tuple[str, ...] = pydantic.Field(default=("accuracy", "nll", "brier", "ece"), min_length=1)
    """What to measure. Any metric can be added later: stored answers are read, no network runs again."""
    images: int | None = pydantic.Field(default=None, ge=1)
    """At most so many images of each set (the same random ones every time); empty = all."""
    features: bool = False
    """Also keep what each network's last layer reads of every image, for a map of the examples. A second pass over the images."""
    fresh: bool = False
    """Evaluate anew even where the store already has a network's answers."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where networks run; auto takes an accelerator where there is one."""
    batch: int | None = pydantic.Field(default=None, ge=1, le=4096)
    """Images a forward pass; empty = found by itself."""


@dataclass(frozen=True)
class Cell:
    """The unit of work and of resume: one network on one range of one (shifted) set."""

    start: int
    stop: int
    key: str

    @property
    def images(self) -> int:
        """Number of images."""
        return self.stop - self.start


@dataclass(frozen=True)
class Evaluation:
    """One network on one (shifted) set: its cells together give its scores."""

    network: str
    dataset: str
    split: str
    shift: str
    strength: float
    kind: Literal["plain", "attack", "stored"]
    cells: tuple[Cell, ...]

    @functools.cached_property
    def key(self) -> str:
        """Hash of its cells: names the predictions behind its scores."""
        return hashing.of_parts([cell.key for cell in self.cells])

    @property
    def images(self) -> int:
        """Number of images."""
        return sum(cell.images for cell in self.cells)

    @property
    def where(self) -> tuple[str, str, str, float]:
        """The set it reads: dataset, split, shift, strength."""
        return self.dataset, self.split, self.shift, self.strength


@dataclass(frozen=True)
class Plan:
    """Everything that answering a question takes, before any of it is done."""

    evaluations: tuple[Evaluation, ...]
    stored: frozenset[str] = field(repr=False)  # keys of cells whose answers the store has
    featured: frozenset[str] = field(repr=False, default=frozenset())  # keys of cells whose features the store has
    notes: tuple[str, ...] = ()  # what the person should know beforehand

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(len(e.cells) for e in self.evaluations)

    @property
    def images(self) -> int:
        """Number of images that networks will have to look at (stored answers are read, not made)."""
        return sum(cell.images for e in self.evaluations for cell in e.cells if cell.key not in self.stored)

    @property
    def reused(self) -> int:
        """Number of cells whose answers the store already has."""
        return sum(cell.key in self.stored for e in self.evaluations for cell in e.cells)


def check(spec: AssaySpec) -> None:
    """Raise UserError for any name that does not exist, a strength out of range, or a set that cannot be used here."""
    for kind, chosen, known in (
        ("data set", (spec.id_dataset, *spec.ood_datasets), images.names()),
        ("shift", [c.name for c in spec.shifts], shifts.names()),
        ("attack", [c.name for c in spec.attacks], registry.names(ATTACKS)),
        ("metric", spec.metrics, (*classification.names(), *pairs.names())),
    ):
        for name in chosen:
            if name not in known:
                raise errors.unknown(kind, name, known)
        if doubled := {name for name in chosen if list(chosen).count(name) > 1}:
            raise errors.UserError(f"The {kind} “{doubled.pop()}” is named twice.", "Name each once.")
    for name in (spec.id_dataset, *spec.ood_datasets):
        if sentence := images.card(name).missing:
            raise errors.UserError(f"The data set “{name}” cannot be used here.", sentence)
    for choice in spec.shifts:
        for strength in choice.strengths:
            shifts.parameters(choice.name, strength, 224)


def plan(spec: AssaySpec) -> Plan:
    """Return what a question takes: every evaluation with its cells, and which of them the store already has.

    Raises:
        UserError: as `check` does, and where a network and a set share no class.
    """
    check(spec)
    found: list[Evaluation] = []
    notes: list[str] = []
    for name in spec.networks:
        found += _of_stored(spec, name) if name not in networks.names() else _of_network(spec, networks.card(name), notes)
    stored = frozenset(store.query("SELECT cell FROM cells")["cell"]) if not spec.fresh else frozenset()
    featured = frozenset(store.query("SELECT DISTINCT cell FROM features")["cell"]) if spec.features and not spec.fresh else frozenset()
    return Plan(tuple(found), stored, featured, tuple(dict.fromkeys(notes)))


def _of_network(spec: AssaySpec, card: networks.Card, notes: list[str]) -> list[Evaluation]:
    """Return a network's evaluations: the ID set's validation side, then its test side, other sets, shifts, attacks."""
    id_card = images.card(spec.id_dataset)
    if card.trained_on not in {None, spec.id_dataset}:
        notes.append(f"{card.name} was trained on {card.trained_on}, not on {spec.id_dataset}.")
    sets = [(spec.id_dataset, "val")] if "val" in id_card.sizes else []
    sets += [(name, "test") for name in (spec.id_dataset, *spec.ood_datasets) if name != spec.id_dataset or "test" in id_card.sizes]
    for name, _ in dict.fromkeys(sets):
        align(card.classes, images.card(name).classes, (f"The network {card.name}", f"the set {name}"))
    plain = [_evaluation(spec, card, name, split, "", 0.0, "plain") for name, split in dict.fromkeys(sets)]
    shifted = [_evaluation(spec, card, spec.id_dataset, "test", c.name, s, "plain") for c in spec.shifts for s in c.strengths]
    attacked = [_evaluation(spec, card, spec.id_dataset, "test", c.name, s, "attack") for c in spec.attacks for s in c.strengths]
    return plain + shifted + attacked


def _evaluation(
    spec: AssaySpec, card: networks.Card, dataset: str, split: str, shift: str, strength: float, kind: Literal["plain", "attack"]
) -> Evaluation:
    about = images.card(dataset)
    if split not in about.sizes:
        raise errors.unknown(f"split of {dataset}", split, about.sizes)
    n = min(about.sizes[split], spec.images or about.sizes[split])
    depends = [card.key, about.digests[split], shift, strength]
    if shift:
        version = registry.card(ATTACKS if kind == "attack" else "shifts", shift).constants.get("VERSION", 1)
        depends += [version, spec.seed]
    step = _cell_images(card.preprocess.size, about.frame, kind)
    cells = tuple(Cell(start, min(start + step, n), hashing.of_parts(depends, start, min(start + step, n))) for start in range(0, n, step))
    return Evaluation(card.name, dataset, split, shift, strength, kind, cells)


def _cell_images(size: int, frame: int, kind: str) -> int:
    """Return how many images a cell holds, so that it takes seconds, not minutes, on one core."""
    plain = 1000 if max(size, frame) <= 64 else 100
    return plain if kind == "plain" else plain // 5


def _of_stored(spec: AssaySpec, name: str) -> list[Evaluation]:
    """Return the evaluations of a network of which only predictions were brought: what is stored of the sets asked for."""
    known = store.query("SELECT network FROM networks WHERE collection = ''")["network"]
    if name not in set(known):
        raise errors.unknown("network", name, (*networks.names(), *known))
    found = store.query(
        """SELECT dataset, split, shift, strength, cell, count(*) AS n, min(position) AS start FROM predictions WHERE network = $network
           GROUP BY ALL ORDER BY ALL""",
        {"network": name},
    )
    wanted = {spec.id_dataset, *spec.ood_datasets}
    evaluations = []
    for (dataset, split, shift, strength), rows in found.groupby(["dataset", "split", "shift", "strength"], sort=True):
        if dataset in wanted:
            cells = tuple(Cell(int(r.start), int(r.start + r.n), str(r.cell)) for r in rows.itertuples())  # type: ignore[arg-type]
            evaluations.append(Evaluation(name, str(dataset), str(split), str(shift), float(strength), "stored", cells))  # type: ignore[arg-type]
    if not evaluations:
        raise errors.UserError(f"No predictions of {name} on {', '.join(sorted(wanted))} are stored.", "Import them first.")
    return evaluations


def cost(spec: AssaySpec, planned: Plan | None = None) -> Cost:
    """Return cells, images and seconds, from the rates that were measured on this machine.

    Shifted images are made once for all networks. Reading stored answers counts as nothing.
    """
    planned = planned or plan(spec)
    rates = control.rates()
    seconds, unmeasured = 0.0, []
    drawn: set[tuple] = set()
    for evaluation in planned.evaluations:
        images_left = sum(cell.images for cell in evaluation.cells if cell.key not in planned.stored)
        if spec.features and evaluation.kind == "plain":
            images_left += sum(cell.images for cell in evaluation.cells if cell.key not in planned.featured)
        if not images_left or evaluation.kind == "stored":
            continue
        wants = [("attack", f"{evaluation.shift}/{evaluation.network}")] if evaluation.kind == "attack" else [("network", evaluation.network)]
        if evaluation.shift and evaluation.kind == "plain" and evaluation.where not in drawn:
            drawn.add(evaluation.where)
            wants.append(("shift", f"{evaluation.shift}/{images.card(evaluation.dataset).frame}"))
        for want in wants:
            if want in rates:
                seconds += images_left / rates[want]
            else:
                unmeasured.append(want[1])
    missing = tuple(dict.fromkeys(unmeasured))
    return Cost(planned.cells, planned.reused, planned.images, None if missing else seconds, missing)


def title(spec: AssaySpec) -> str:
    """Return the question's name: the given one, or what is asked in a line."""
    if spec.title:
        return spec.title
    others = list(spec.ood_datasets) + [c.name for c in spec.shifts] + [c.name for c in spec.attacks]
    return f"{_few(spec.networks, 'networks')}: {spec.id_dataset} against {_few(others, 'sets and shifts') if others else 'itself'}"


def _few(names: Sequence[str], what: str) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} {what}"
