"""The run of this study: train what is not there, ask every network about the same units in every world. One generator."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from engine import hashing, networks, rows, systems
from engine.datasets import images
from engine.models import batching, predict
from engine.remedies import worlds
from engine.remedies.spec import RemediesSpec, plan
from engine.remedies.worlds import World
from engine.stats import softmax
from engine.steps import Before, Step
from engine.training import confounded
from engine.training.methods import Job, made

__all__ = ["Before", "Step", "run"]


def run(spec: RemediesSpec, before: Before) -> Iterator[Step]:
    """Answer a question network by network; what `before` holds is not made again.

    Raises:
        UserError: where the question names what does not exist, or a network cannot be loaded.
    """
    planned = plan(spec)
    yield Step(message="drawing units", log=" ".join(planned.notes))
    for strength in spec.strengths:
        mine = [job for job in planned.jobs if job.strength == strength]
        todo = [job for job in mine if not before.has("outcomes", _key(spec, job))]
        yield Step(cells=len(mine) - len(todo))
        for job in todo:
            yield from _trained(job)
        yield from _asked(spec, strength, todo)


def _key(spec: RemediesSpec, job: Job) -> str:
    return hashing.of_parts(job.name, spec.units, spec.seed)


def _trained(job: Job) -> Iterator[Step]:
    """Train a network that is not there."""
    if made(job):
        return
    for progress in confounded.fit_one(job):
        log = f"{job.name}: validation accuracy {progress.accuracy:.3f}" if progress.epoch == progress.epochs else ""
        yield Step(message=f"training {job.name}: epoch {progress.epoch} of {progress.epochs}", log=log)


def _asked(spec: RemediesSpec, strength: float, jobs: list[Job]) -> Iterator[Step]:
    """Ask the networks of one strength about its units, which are drawn once."""
    if not jobs:
        return
    latents = worlds.units(spec.system, strength, spec.units, spec.seed)
    bank = images.glyph_bank(latents.system, worlds.SPLIT)
    drawn = [(world, worlds.pictures(world, latents, bank)) for world in worlds.worlds(spec.system)]
    for job in jobs:
        card = networks.card(job.name)
        found = [_outcome(spec, card, latents, world, pictures) for world, pictures in drawn]
        block = rows.Block(rows.Outcome, {name: [one[name] for one in found] for name in found[0]}, len(found))
        yield Step((block,), {"outcomes": (_key(spec, job),)}, cells=1, images=len(drawn) * spec.units, message=f"{job.name} in {len(drawn)} worlds")


def _outcome(
    spec: RemediesSpec, card: networks.Card, latents: systems.Latents, world: World, pictures: UInt8[np.ndarray, "n h w c"]
) -> dict[str, object]:
    predictor = predict.load(card, "cpu")
    logits = batching.predict(predictor, pictures, card.preprocess, batching.first(predictor))
    cell = hashing.of_parts(card.key, latents.system.name, dict(latents.system.parameters), world.name, spec.units, spec.seed)
    return {
        "network": card.name, "digest": card.key, "system": latents.system.name, "world": world.text, "cell": cell,
        "labels": latents.labels.tolist(), "predicted": logits.argmax(axis=1).tolist(),
        "confidence": np.round(softmax.confidence(logits), 2).tolist(),  # two digits pack well, and no number here depends on it
    }  # fmt: skip
