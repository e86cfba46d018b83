"""The sweep's run: from one cell of the grid to the rows about its network. `answer` is pure and can be sent to any executor."""

import functools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from torch import nn

from engine import hashing, networks, places, registry, rows, shifts, store
from engine.assay import scoring
from engine.assay.classes import Alignment
from engine.assay.run import _order  # the one fixed order, so that corrupted images are those of every assay
from engine.datasets import images
from engine.models import batching, predict
from engine.steps import Before, Step
from engine.sweep import fitting
from engine.sweep.spec import (
    ARCHITECTURES,
    ATTACKED_IMAGES,
    ATTACKS,
    CLASSES,
    KEPT_IMAGES,
    METRICS,
    PREFIX,
    PREPROCESS,
    SHIFTED_METRICS,
    VERSION,
    Job,
    Plan,
    SweepSpec,
    Where,
    plan,
    trunk_file,
    wheres,
)  # fmt: skip
from engine.training._loop import outputs

VALUE_BITS, BOUND_BITS = 24, 13  # significant bits that scores (as in single precision) and the ends of their intervals (4 digits) keep
_EVERYTHING = Alignment(np.arange(len(CLASSES)), np.arange(len(CLASSES)), len(CLASSES))


@dataclass(frozen=True)
class Answer:
    """What one cell comes back with: rows of one network, and what they cost."""

    network: str
    blocks: tuple[rows.Block, ...]
    images: int  # that the network looked at
    seconds: float  # of CPU time
    cells: tuple[str, ...] = ()  # whose answers to each example are among the rows


def run(spec: SweepSpec, before: Before) -> Iterator[Step]:
    """Train and evaluate the networks of a question one after the other; what `before` or a finished shard holds is not made again.

    Raises:
        UserError: where the question names what does not exist, or a trunk or data set is missing.
    """
    planned = plan(spec)
    yield from begun(planned, before)
    for job in left(planned, before):
        yield stepped(answer(job))


def begun(planned: Plan, before: Before) -> Iterator[Step]:
    """Yield what is there already, and what is known of the examples that answers are kept of."""
    todo = left(planned, before)
    yield Step(cells=planned.cells - len(todo), message="training", log=" ".join(planned.notes))
    for domain in dict.fromkeys(job.domain for job in todo if job.kept):
        if not before.has("examples", domain):
            yield Step(tuple(example_blocks(domain)), {"examples": (domain,)})


def left(planned: Plan, before: Before) -> list[Job]:
    """Return the networks that are neither in this run nor in a finished shard."""
    return [job for job in planned.jobs if job.name not in planned.stored and not before.has("networks", job.name)]


def stepped(answer: Answer) -> Step:
    """Return what a network's training came back with as a step of a run."""
    keys = {"networks": (answer.network,), "predictions": answer.cells}
    return Step(answer.blocks, keys, cells=1, images=answer.images, message=answer.network)


def answer(job: Job) -> Answer:
    """Train the network of a cell, evaluate it everywhere and return its rows; the same job gives the same rows.

    Raises:
        UserError: where a trunk or a data set is missing.
    """
    torch.set_num_threads(1)
    started = time.process_time()
    sets = evaluation_sets(job.domain, job.strengths, job.shifted_images, job.shift_seed)
    module = fitted(job)
    card = described(job, module)
    logits = _logits(job, module, sets)
    answered = [_answered(card, part, logits[part.start : part.stop]) for part in sets.parts]
    found = _scores(job, answered) + (_attacked(card, module, job.domain) if job.attacked else [])
    blocks = [store.block(rows.Network, [_network(job, card)]), store.block(rows.Score, [_rounded(row) for row in found])]
    kept = _kept(job, answered, sets) if job.kept else []
    return Answer(job.name, (*blocks, *kept), len(logits), time.process_time() - started, tuple(str(block.columns["cell"]) for block in kept))


def fitted(job: Job) -> nn.Module:
    """Return the trained network as it answers fastest, without gradients for its parameters."""
    return fitting.for_inference(job.architecture, fitting.fitted(job)).eval().requires_grad_(False)


@dataclass(frozen=True)
class Part:
    """One set among all that a network is evaluated on."""

    where: Where
    start: int
    stop: int
    ids: tuple[str, ...]
    positions: Int[np.ndarray, " n"]
    labels: Int[np.ndarray, " n"]
    key: str  # hash of what the pictures depend on


@dataclass(frozen=True)
class Sets:
    """All sets of a domain's networks, one behind the other as a network takes them."""

    inputs: Float[torch.Tensor, "n c h w"]
    parts: tuple[Part, ...]


@functools.lru_cache(maxsize=1)
def evaluation_sets(domain: str, strengths: tuple[int, ...], shifted_images: int, seed: int) -> Sets:
    """Return what networks of a domain are evaluated on; corrupted pictures are made once and kept in the cache folder."""
    pictures, parts, start = [], [], 0
    corrupted = _corrupted(domain, strengths, shifted_images, seed)
    for where in wheres(domain, strengths, shifted_images):
        chosen = images.load(where.dataset, where.split)
        positions = np.sort(_order(len(chosen), where.images))
        pictures.append(corrupted[where] if where.shift else np.asarray(chosen.images)[positions])
        ids = tuple(chosen.ids[i] for i in positions)
        parts.append(Part(where, start, start + len(positions), ids, positions, np.asarray(chosen.labels)[positions], _set_key(where, seed)))
        start += len(positions)
    return Sets(torch.from_numpy(PREPROCESS(np.concatenate(pictures))), tuple(parts))


def _set_key(where: Where, seed: int) -> str:
    version = registry.card("shifts", where.shift).constants["VERSION"] if where.shift else 0
    digest = images.card(where.dataset).digests[where.split]
    return hashing.of_parts(digest, where.shift, where.strength, where.images, version, seed if where.shift else 0)[:8]


def _corrupted(domain: str, strengths: tuple[int, ...], shifted_images: int, seed: int) -> dict[Where, UInt8[np.ndarray, "n h w c"]]:
    """Return the corrupted pictures of a domain, from the cache folder where they lie there."""
    wanted = [where for where in wheres(domain, strengths, shifted_images) if where.shift]
    file = places.cache() / PREFIX / f"{domain}-{hashing.of_parts([_set_key(where, seed) for where in wanted])}.npy"
    if not file.is_file():
        chosen = images.load(domain, "test")
        positions = np.sort(_order(len(chosen), shifted_images))
        plain, ids = np.asarray(chosen.images)[positions], [chosen.ids[i] for i in positions]
        made = np.stack([shifts.shifted(plain, ids, where.shift, where.strength, seed) for where in wanted])
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(f".{hashing.of_parts(time.time_ns())}.npy")
        np.save(aside, made)
        aside.replace(file)
    return dict(zip(wanted, np.load(file, mmap_mode="r", allow_pickle=False), strict=True))


def _logits(job: Job, module: nn.Module, sets: Sets) -> Float32[np.ndarray, "n classes"]:
    if job.regime != "head":
        return outputs(module, sets.inputs).numpy()
    features = _frozen(job.architecture, job.domain, job.strengths, job.shifted_images, job.shift_seed)
    return outputs(module.get_submodule("head"), features, 4096).numpy()


@functools.lru_cache(maxsize=1)
def _frozen(architecture: str, *sets: Any) -> Float[torch.Tensor, "n features"]:
    """Return the frozen trunk's features of all evaluation sets: once for all heads on it."""
    return outputs(fitting.frozen_trunk(architecture), evaluation_sets(*sets).inputs)


def described(job: Job, module: nn.Module) -> networks.Card:
    """Return the card of a sweep's network; its weights are not kept, its digest hashes all that they follow from."""
    trunk = hashing.of_file(trunk_file(job.architecture)) if job.regime != "scratch" else None
    data = images.card(job.domain)
    follows = (VERSION, job.name, vars(job.length), trunk, data.digests["train"])
    settings = ARCHITECTURES[job.architecture]
    return networks.Card(
        name=job.name, title=job.title, architecture=job.architecture, options=settings.options, preprocess=PREPROCESS, classes=CLASSES,
        digest=hashing.of_parts(*follows), trained_on=job.domain, parameters=predict.parameters(module), attributes=_attributes(job),
        recipe=job.command, licence=f"Apache-2.0 (weights). Training data {job.domain}: {data.licence}",
    )  # fmt: skip


def _attributes(job: Job) -> dict[str, str | int | float | bool | None]:
    labels = images.load(job.domain, "train").labels
    return {
        "architecture": job.architecture, "regime": job.regime, "augmentation": job.augmentation, "learning_rate": job.learning_rate,
        "images_per_class": job.images_per_class, "train_images": len(fitting.subset(np.asarray(labels), job.images_per_class, job.seed)),
        "seed": job.seed, "epochs": job.length.epochs, "pretrained": None if job.regime == "scratch" else "rendered letters",
    }  # fmt: skip


def _network(job: Job, card: networks.Card) -> rows.Network:
    said = json.dumps(dict(card.attributes), sort_keys=True)
    return rows.Network(card.name, card.title, card.architecture, "sweep", card.key, card.trained_on, card.parameters, said, card.licence, PREFIX)


def _answered(card: networks.Card, part: Part, logits: Float32[np.ndarray, "n classes"]) -> scoring.Answered:
    where = part.where
    key = f"{card.key}-{part.key}"
    return scoring.Answered(
        card.name, where.dataset, where.split, where.shift, where.strength, key, part.ids, part.labels, logits, _EVERYTHING, CLASSES, {}
    )


def _scores(job: Job, answered: list[scoring.Answered]) -> list[rows.Score]:
    test = next(a for a in answered if (a.dataset, a.split, a.shift) == (job.domain, "test", ""))
    references = scoring.References(job.domain, test=test)
    found: list[rows.Score] = []
    for one in answered:
        metrics = SHIFTED_METRICS if one.shift else METRICS if one.split == "test" else METRICS[:-1]
        found += scoring.scores(one, metrics, references, collection=PREFIX)
    return found


def _attacked(card: networks.Card, module: nn.Module, domain: str) -> list[rows.Score]:
    """Return adversarial accuracy on the first images of the in-distribution test set, for each attack and strength."""
    predictor = predict.Predictor(card, "cpu", module)
    chosen = images.load(domain, "test")
    positions = np.sort(_order(len(chosen), ATTACKED_IMAGES))
    pictures, labels = np.asarray(chosen.images)[positions], np.asarray(chosen.labels)[positions]
    ids = tuple(chosen.ids[i] for i in positions)
    found: list[rows.Score] = []
    for name, strengths in ATTACKS.items():
        attack = registry.load("attacks", name)
        for strength in strengths:
            where = Where(domain, "test", name, strength, len(positions))
            changed = attack.perturb(predictor, pictures, labels, strength, 0)
            logits = batching.answers(predictor, changed, batching.first(predictor))
            part = Part(where, 0, len(positions), ids, positions, labels, hashing.of_parts(name, strength, attack.VERSION)[:8])
            extra = {"norm": attack.NORM, "eps": float(attack.budget(strength, PREPROCESS)), "steps": attack.STEPS, "collection": PREFIX}
            found += scoring.scores(_answered(card, part, logits), ("accuracy",), scoring.References(domain), **extra)
    return found


def _kept(job: Job, answered: list[scoring.Answered], sets: Sets) -> list[rows.Block]:
    """Return the answers to each example of the four test sets as they are: all of the network's own, the first ones of the others."""
    found = []
    for one, part in zip(answered, sets.parts, strict=True):
        if one.shift or one.split != "test":
            continue
        limit = None if one.dataset == job.domain else KEPT_IMAGES
        chosen = np.sort(_order(len(part.positions), limit))  # plain sets are whole: places are positions
        found.append(_predictions(one, chosen, one.key if limit is None else f"{one.key}-{limit}"))
    return found


def _predictions(answered: scoring.Answered, chosen: Int[np.ndarray, " n"], cell: str) -> rows.Block:
    """Return some answers with logits in half precision where that changes no decision."""
    logits = answered.logits[chosen]
    short = logits.astype(np.float16).astype(np.float32)
    same = short.argmax(1) == logits.argmax(1)
    ids = tuple(answered.ids[i] for i in chosen)
    block = scoring.predictions(
        replace(answered, ids=ids, labels=answered.labels[chosen], logits=np.where(same[:, None], short, logits)), chosen, cell
    )
    confidence = np.array([rounded(value, BOUND_BITS) for value in block.columns["confidence"]])
    return replace(block, columns={**block.columns, "confidence": confidence})


def _rounded(score: rows.Score) -> rows.Score:
    low, high = (None if end is None else rounded(end, BOUND_BITS) for end in (score.low, score.high))
    return replace(score, value=None if score.value is None else rounded(score.value, VALUE_BITS), low=low, high=high)


def rounded(value: float, bits: int) -> float:
    """Return a number with so many significant bits: what ships packs to a third so."""
    if not np.isfinite(value):
        return value
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent))


def example_blocks(domain: str) -> Iterator[rows.Block]:
    """Yield what is known of the examples of a domain's validation and test side."""
    from engine.assay.run import _examples

    for split in ("val", "test"):
        yield _examples(domain, split, None)
