"""The run of interventions: from a question to rows. One generator; progress, storing and stopping are the caller's.

A world is drawn once for all networks. Some worlds are under way at once, each in a thread of its own, and come out in order, so that
the rows do not depend on how many there are.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from engine import errors, hashing, networks, rows, store, systems
from engine.datasets import images
from engine.interventions import outcomes, settings
from engine.interventions import spec as asking
from engine.interventions.outcomes import Outcomes
from engine.interventions.spec import InterventionsSpec, Plan, World, plan
from engine.models import batching, predict
from engine.steps import Before, Step

_SHARED_BYTES = 64_000_000  # of inputs that networks with equal preprocessing share


@dataclass(frozen=True)
class Answer:
    """One network's outcomes in one world, or why there are none."""

    found: Outcomes | None
    reason: str = ""
    seconds: float = 0.0
    stored: bool = False
    said: str = ""


def run(spec: InterventionsSpec, before: Before) -> Iterator[Step]:
    """Answer a question step by step, a cell at a time; what `before` and the store hold is read, not made again.

    Raises:
        UserError: where the question names what does not exist. A network that cannot be run is no error of the run: its
            numbers are NULL with the reason.
    """
    planned = plan(spec)
    yield Step(message="drawing units", log=" ".join(planned.notes))
    bench = Bench(spec, planned, before)
    bases: list[Answer] = []
    for number, answers in _in_order(bench, len(planned.worlds)):
        bases = bases or list(answers)
        for place, answer in enumerate(answers):
            yield bench.step(number, place, answer, bases[place])


def _in_order(bench: "Bench", worlds: int) -> Iterator[tuple[int, Sequence[Answer]]]:
    """Yield each world's answers in their order, while the next ones are being made."""
    at_once = asking.abreast()
    with ThreadPoolExecutor(at_once, initializer=torch.set_num_threads, initargs=(1,)) as threads:
        waiting: deque[tuple[int, Future]] = deque()
        try:
            for number in range(worlds):
                waiting.append((number, threads.submit(bench.answers, number)))
                if len(waiting) > at_once:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


class Bench:
    """What a run keeps between worlds: the units, the glyphs, loaded networks, answers that are stored."""

    def __init__(self, spec: InterventionsSpec, planned: Plan, before: Before) -> None:
        self.spec, self.planned, self.before = spec, planned, before
        self.base = systems.interventions(spec.interventions, planned.system)
        self.units = systems.sample(planned.system, spec.units, spec.seed, self.base, systems.conditions(spec.conditions, planned.system))
        self.bank = images.glyph_bank(planned.system, spec.split)
        self.kept = _stored(planned, before)
        self.loaded: dict[str, predict.Predictor | errors.UserError] = {}
        self.batches: dict[str, batching.Batch] = {}
        self.lock = threading.Lock()

    def answers(self, number: int) -> list[Answer]:
        """Return every network's answer in one world; the pictures are drawn where one of them has not answered."""
        keys = self.planned.keys[number]
        latents = systems.counterfactual(self.units, settings.acts(self.base, self.planned.worlds[number].levels))
        pictures = None if all(key in self.kept for key in keys) else systems.render(latents, self.bank)
        shared: dict[str, Float32[np.ndarray, "n a b c"]] = {}
        return [self._answer(name, key, latents, pictures, shared) for name, key in zip(self.planned.networks, keys, strict=True)]

    def _answer(
        self, name: str, key: str, latents: systems.Latents, pictures: UInt8[np.ndarray, "n h w c"] | None, shared: dict[str, np.ndarray]
    ) -> Answer:
        if key in self.kept:
            return Answer(self.kept[key], stored=True)
        assert pictures is not None
        began = time.perf_counter()
        try:
            predictor = self._predictor(name)
            batch = self.batches[name]
            logits = _logits(predictor, pictures, batch, shared)
            found = outcomes.of_logits(logits, outcomes.columns(predictor.card.classes, latents.system.classes), latents.labels)
        except errors.UserError as problem:
            return Answer(None, str(problem))
        said = " ".join(batch.said)
        batch.said.clear()
        return Answer(found, "", time.perf_counter() - began, said=said)

    def _predictor(self, name: str) -> predict.Predictor:
        """Return a loaded network; one that could not be loaded says so again without another try."""
        with self.lock:
            if name not in self.loaded:
                try:
                    self.loaded[name] = made = predict.load(networks.card(name), self.spec.device)
                    self.batches[name] = batching.Batch(self.spec.batch) if self.spec.batch else batching.first(made)
                except errors.UserError as problem:
                    self.loaded[name] = problem
            found = self.loaded[name]
        if isinstance(found, errors.UserError):
            raise found
        return found

    def step(self, number: int, place: int, answer: Answer, base: Answer) -> Step:
        """Return the rows of one cell: its outcomes, and its numbers beside those of the base world."""
        world, name, key = self.planned.worlds[number], self.planned.networks[place], self.planned.keys[number][place]
        message = f"{world.said}: {name}"
        mine = hashing.of_parts(key, self.planned.keys[0][place], [level.factor for level in world.levels], [level.text for level in world.levels])
        if self.before.has("responses", mine):
            return Step(cells=1, message=message)
        blocks = [store.block(rows.Response, self._responses(number, place, answer, base))]
        keys = {"responses": (mine,)}
        if answer.found is not None and not self.before.has("outcomes", key):
            blocks.append(store.block(rows.Outcome, [self._outcome(world, name, key, answer.found)]))
            keys["outcomes"] = (key,)
        looked = 0 if answer.stored or answer.found is None else len(answer.found)
        rates = {("network", name): (looked, answer.seconds)} if looked else {}
        log = f"{name}: {answer.reason}" if answer.reason and number == 0 else answer.said
        return Step(tuple(blocks), keys, 1, looked, message, log, rates)

    def _outcome(self, world: World, name: str, key: str, found: Outcomes) -> rows.Outcome:
        digest = networks.card(name).key
        return rows.Outcome(
            name, digest, self.spec.system, world.acts, key, found.labels.tolist(), found.predicted.tolist(), found.confidence.tolist()
        )

    def _responses(self, number: int, place: int, answer: Answer, base: Answer) -> list[rows.Response]:
        """Return a row for each metric of a cell."""
        told = self._told(number, place)
        if answer.found is None:
            nothing = dict.fromkeys(("value", "low", "high", "difference", "difference_low", "difference_high", "p", "gained", "lost"))
            return [rows.Response(**told, **_of(metric), **nothing, n=0, reason=answer.reason) for metric in outcomes.METRICS]
        beside = base.found if number else None
        found = [asdict(one) for one in outcomes.numbers(answer.found, beside)]
        return [rows.Response(**told, **_of(one.pop("metric")), **one, n=len(answer.found)) for one in found]

    def _told(self, number: int, place: int) -> dict:
        """Return what a cell's rows share: network, base world, what is set."""
        planned, spec = self.planned, self.spec
        world = planned.worlds[number]
        first, second = (*world.levels, None, None)[:2]
        return {
            "network": planned.networks[place], "system": spec.system, "parameters": json.dumps(dict(planned.system.parameters), sort_keys=True),
            "interventions": systems.text(self.base), "conditions": systems.text(systems.conditions(spec.conditions, planned.system)),
            "seed": spec.seed, "split": spec.split, "inside": all(level.inside for level in world.levels),
            "factor": first.factor if first else "", "level": first.text if first else "", "place": first.place if first else None,
            "factor_2": second.factor if second else "", "level_2": second.text if second else "", "place_2": second.place if second else None,
            "cell": planned.keys[number][place], "base": planned.keys[0][place],
        }  # fmt: skip


def _of(metric: str) -> dict:
    return {"metric": metric, "metric_version": outcomes.version(metric), "unit": "fraction"}


def _logits(
    predictor: predict.Predictor, pictures: UInt8[np.ndarray, "n h w c"], batch: batching.Batch, shared: dict[str, np.ndarray]
) -> Float32[np.ndarray, "n classes"]:
    """Return a network's logits; small inputs are made once for all networks that want the same."""
    wanted = predictor.card.preprocess
    if 4 * len(pictures) * wanted.channels * wanted.size**2 > _SHARED_BYTES:
        return batching.predict(predictor, pictures, wanted, batch)
    same = wanted.model_dump_json()
    if same not in shared:
        shared[same] = wanted(pictures)
    return batching.answers(predictor, shared[same], batch)


def _stored(planned: Plan, before: Before) -> dict[str, Outcomes]:
    """Return the outcomes that an earlier attempt or another run has stored, by cell."""
    mine = store.part_of(before.run, "outcomes", ["cell", "labels", "predicted", "confidence"])
    wanted = [key for row in planned.keys for key in row if key in planned.stored]
    found = store.query("SELECT cell, labels, predicted, confidence FROM outcomes WHERE cell IN (SELECT unnest($cells))", {"cells": wanted})
    return {str(row["cell"]): _read(row) for frame in (found, mine) for row in frame.to_dict("records")}


def _read(row: Mapping[Any, Any]) -> Outcomes:
    return Outcomes(np.asarray(row["labels"], np.int64), np.asarray(row["predicted"], np.int64), np.asarray(row["confidence"], np.float32))
