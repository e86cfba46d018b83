"""Networks trained on a system in which a confounder goes with the class: ERM, three remedies, and the upper line.

Each network learns from drawn training units of a system (training glyphs) under a chosen `strength`. Half of the units come from an
environment a little below that strength, half from one as much above it, which together is the system at that strength; only IRM is told
which is which. Methods, seeds and architectures of one strength see the same pictures; seeds differ in first weights and order.

The last state counts, and no network has seen, or was chosen by, an intervention that it is tested on. Lengths and rates were fixed
beforehand. Group DRO's weight decay and IRM's penalty were chosen on validation units, drawn like training units, at strength 0.9 with
another seed: decay 0, 1e-4 and 1e-3 give accuracy 0.924, 0.922 and 0.927, so the strongest; penalties 1, 10 and 100 give 0.951, 0.735 and
0.26 (ERM: 0.966), so 1. The two strengths were chosen by ERM alone: with the tie cut it gets two thirds right at 0.9, a quarter at 0.98.
A network whose card exists is not made again.
"""

import argparse
import functools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine import networks, places, systems
from engine.datasets import images
from engine.datasets.images import Images, _drawn
from engine.models import batching, predict
from engine.preprocess import Preprocess
from engine.training import _remedies, _store, methods
from engine.training._loop import Examples, Plan, Progress, fit
from engine.training.methods import ARCHITECTURES, METHODS, SEEDS, STRENGTHS, Job, card_file, grid, made

VERSION = 1

TRAIN, VAL = 6000, 1000  # units
SIZE = 28  # pixels
PLAN = Plan(epochs=8, learning_rate=4e-3)
DECAY = {"group_dro": 1e-3}  # weight decay, the strongest of 0, 1e-4 and 1e-3 that costs nothing on validation units at strength 0.9


def plan_of(job: Job) -> Plan:
    """Return how a network is trained."""
    return replace(PLAN, weight_decay=DECAY.get(job.method, 0.0))


def fit_one(job: Job, out: Path | None = None) -> Iterator[Progress]:
    """Make one network and yield progress; weights and card lie where `card_file` says when the iterator is exhausted."""
    train, val = drawn(job.system, job.strength, methods.acts(job.system, job.method))
    torch.manual_seed(job.seed)
    module = predict.build(_card(job, 0, "")).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  faster on a CPU
    yield from fit(module, _examples(train.images), _examples(val), plan_of(job), job.seed, objective(job, train))
    _finish(job, module, train, val, out)


@dataclass(frozen=True)
class Confounded:
    """Training units: pictures, the confounder's value of each, and the environment that each is from."""

    images: Images
    values: tuple[str, ...]
    environments: np.ndarray  # 0 or 1


@functools.lru_cache(maxsize=2)
def drawn(system: str, strength: float, acts: str) -> tuple[Confounded, Images]:
    """Return training units, half of them of each environment, and validation units at the strength itself; the latest are kept.

    Raises:
        UserError: as drawing does.
    """
    factor = methods.confounder(system).factor
    strengths = methods.environments(system, strength)
    parts = [_units(system, at, acts, seed, "train", TRAIN // 2) for seed, at in enumerate(strengths)]
    together = Images(
        np.concatenate([np.asarray(part.images) for part in parts]), np.concatenate([part.labels for part in parts]), parts[0].classes,
        tuple(one for part in parts for one in part.ids),
    )  # fmt: skip
    values = tuple(value for part in parts for value in part.groups[factor])
    which = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Confounded(together, values, which), _units(system, strength, acts, 0, "val", VAL)


def _units(system: str, strength: float, acts: str, seed: int, split: str, n: int) -> Images:
    return _drawn.draw(images.Recipe(system, acts, "", seed, {split: n}, {"strength": strength}), split)


def objective(job: Job, train: Confounded) -> _remedies.Objective:
    """Return what a method makes small on these units."""
    return OBJECTIVES[job.method](job, train)


def _erm(_job: Job, train: Confounded) -> _remedies.Erm:
    return _remedies.Erm(len(train.images))


def _groups(job: Job, train: Confounded) -> torch.Tensor:
    """Return the group of each unit: its class with its value of the confounder."""
    domain = systems.load(job.system).factor(methods.confounder(job.system).factor).domain
    values = torch.tensor([domain.index(value) for value in train.values])
    return torch.from_numpy(np.asarray(train.images.labels, np.int64)) * len(domain) + values


OBJECTIVES: Mapping[str, Callable[[Job, Confounded], _remedies.Objective]] = {
    "erm": _erm,
    "balanced": lambda job, train: _remedies.Balanced(_groups(job, train)),
    "group_dro": lambda job, train: _remedies.GroupDro(_groups(job, train)),
    "irm": lambda _job, train: _remedies.Irm(torch.from_numpy(train.environments)),
    "erm_cut": _erm,
}


def _examples(data: Images) -> Examples:
    return Examples(torch.from_numpy(_preprocess()(data.images)), torch.from_numpy(np.asarray(data.labels, np.int64)))


def _preprocess() -> Preprocess:
    return Preprocess(size=SIZE, channels=3)


def _finish(job: Job, module: nn.Module, train: Confounded, val: Images, out: Path | None) -> None:
    """Write weights in half precision where no decision on validation units changes, else in full; then the card."""
    state = module.state_dict()
    tried = {kind: _tried(job, module, weights, val) for kind, weights in (("float32", state), ("float16", _store.half(state)))}
    same = (tried["float32"].argmax(1) == tried["float16"].argmax(1)).all()
    precision = "float16" if same else "float32"
    file = card_file(job, out)
    weights = file.parent / f"{job.name}.safetensors"
    said = {"network": job.name, "recipe": job.command, "recipe_version": VERSION, "data": train.images.digest}
    _store.write_weights(weights, _store.half(state) if same else state, said)
    card = _card(job, predict.parameters(module), _store.digest([weights]), {"precision": precision, **_told(job, train)})
    card = card.model_copy(update={"metrics": _measured(tried[precision], val), "source": "shipped" if out else "brought"})
    _store.write_card(file.parent, card, file.name)


def _tried(job: Job, module: nn.Module, state: Mapping[str, torch.Tensor], val: Images) -> np.ndarray:
    """Return the logits on validation units that everybody who loads these weights will get."""
    with tempfile.TemporaryDirectory() as aside:
        weights = Path(aside) / f"{job.name}.safetensors"
        _store.write_weights(weights, state, {})
        card = _card(job, predict.parameters(module), _store.digest([weights]))
        predictor = predict.load(card, "cpu", Path(aside))
        return batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))


def _measured(logits: np.ndarray, val: Images) -> dict[str, float]:
    labels = torch.from_numpy(np.asarray(val.labels, np.int64))
    nll = functional.cross_entropy(torch.from_numpy(logits).double(), labels).item()
    return {"val_accuracy": round(float((logits.argmax(1) == val.labels).mean()), 6), "val_nll": round(nll, 6)}


def _told(job: Job, train: Confounded) -> dict[str, str | int | float | bool | None]:
    """Return what the training data were like, and the numbers that belong to the method."""
    told: dict[str, str | int | float | bool | None] = {"train_images": len(train.images)}
    goal = objective(job, train)
    if isinstance(goal, _remedies.Balanced | _remedies.GroupDro):
        sizes = torch.bincount(goal.groups)
        told |= {"groups": int((sizes > 0).sum()), "smallest_group": int(sizes[sizes > 0].min())}
    if isinstance(goal, _remedies.GroupDro):
        told |= {"step_size": goal.step_size, "adjustment": goal.adjustment}
    if isinstance(goal, _remedies.Irm):
        told |= {"penalty": goal.penalty, "annealed": goal.annealed}
    return told


def _card(job: Job, parameters: int, digest: str, told: Mapping[str, Any] | None = None) -> networks.Card:
    about, method, plan = systems.card(job.system), METHODS[job.method], plan_of(job)
    architecture = ARCHITECTURES[job.architecture]
    low, high = methods.environments(job.system, job.strength)
    attributes = {
        "architecture": job.architecture, "regime": "scratch", "pretrained": None, "augmentation": "none", "seed": job.seed,
        "epochs": plan.epochs, "learning_rate": plan.learning_rate, "weight_decay": plan.weight_decay,
        "system": job.system, "strength": job.strength, "method": job.method, "environments": f"{low:g}, {high:g}",
    }  # fmt: skip
    return networks.Card(
        name=job.name, title=job.title, architecture=job.architecture, options=architecture.options, preprocess=_preprocess(),
        classes=systems.load(job.system).classes, weights=(f"{job.name}.safetensors",), digest=digest,
        trained_on=methods.training_set(job.system, job.strength, job.method), parameters=parameters, attributes={**attributes, **(told or {})},
        recipe=job.command, licence=f"Apache-2.0 (weights). {_glyphs(job.system)}",
        citation=method.source or about.citation,
        text=f"{method.text} Told in training: {method.needs or 'images and labels only'}. Nothing was chosen by an intervention; the last state "
        "counts, and its numbers are of validation units drawn like the training units.",
    )  # fmt: skip


def _glyphs(name: str) -> str:
    """Return the terms of the real digits that training units show."""
    system = systems.load(name)
    if not system.sources:
        return "Training pictures are drawn by this program."
    shown = [one for one in systems.support(system, "source").values if one in system.sources]
    return "Training glyphs: " + "; ".join(f"{one}: {images.card(one).licence}" for one in shown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choices; each but the system may be given several times, and left out means all that ship."""
    parser.add_argument("--system", default="coloured_digits", metavar="NAME", help=", ".join(methods.confounded()))
    parser.add_argument("--strength", action="append", default=[], type=float, help=f"{' and '.join(map(str, STRENGTHS))} unless given")
    parser.add_argument("--method", action="append", default=[], metavar="NAME", help=", ".join(METHODS))
    parser.add_argument("--seed", action="append", default=[], type=int, help=f"{', '.join(map(str, SEEDS))} unless given")
    parser.add_argument("--architecture", action="append", default=[], metavar="NAME", help=f"{', '.join(ARCHITECTURES)}; cnn unless given")
    parser.add_argument("--out", type=Path, default=None, metavar="FOLDER", help="where to write; among your own networks unless given")
    parser.add_argument("--again", action="store_true", help="make networks again whose cards exist")


def main(args: argparse.Namespace) -> Iterator[str]:
    """Make the chosen networks that do not exist yet and yield a line for each."""
    jobs = grid(args.system, args.strength, args.method, args.seed, args.architecture)
    todo = [job for job in jobs if args.again or not made(job, args.out)]
    yield f"{len(jobs)} networks, {len(todo)} to make, into {args.out or places.inputs('networks')}"
    for done, job in enumerate(todo, start=1):
        *_, last = fit_one(job, args.out)
        yield f"[{done}/{len(todo)}] {job.name}: validation accuracy {last.accuracy:.3f}, loss {last.nll:.3f} after {last.epochs} epochs"
