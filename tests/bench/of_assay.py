"""The assay's speed: a whole run against a bare torch loop, and a new metric against a new evaluation.

The loop has the same network, batch, decoded images, preprocessing and threads, and keeps its logits. Ours goes from the first
cell to the stored row: images put in order, logits, predictions, scores with intervals, files written and synced. Both take turns.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine import control, networks, shifts, worker
from engine.assay import spec as asking
from engine.assay.spec import AssaySpec
from engine.datasets import images
from engine.datasets.images import _brought
from engine.models import batching, predict
from tests.bench.timing import Clock, Result, fresh_home

ROUNDS = 5
MILD = ("brightness", "contrast", "gaussian_noise", "rotation", "saturate", "shot_noise", "speckle_noise", "translation", "jpeg_compression")
VERSIONS = ("", *(f"{name}/{place}" for place in (0, 1) for name in MILD))  # a shift and which of its strengths


@dataclass(frozen=True)
class Case:
    """One network and the set it is timed on: real images, and mildly shifted versions of them, so that there are enough."""

    network: str
    dataset: str
    versions: int  # of each image
    target: float  # ours over the bare loop
    reuse: float | None  # a new metric over a new evaluation


def run(device: str = "auto", rounds: int = ROUNDS) -> Iterator[Result]:
    """Measure the small CNN and EfficientNet-Lite0."""
    torch.set_num_threads(1)
    cnn = next(c.name for c in networks.cards() if c.architecture == "cnn" and c.trained_on == "mnist")
    for case in (Case(cnn, "mnist", 4, 0.90, None), Case("efficientnet_lite0", "imagenet_foolbox", len(VERSIONS), 0.95, 20.0)):
        with fresh_home():
            bring(case)
            yield from _case(case, device, rounds)


def bring(case: Case) -> None:
    """Bring the case's images as a set called `bench`, through the importer that people use."""
    splits = [images.load(case.dataset, split) for split in images.card(case.dataset).sizes]
    pictures, labels = [], []
    for data in splits:
        for version in VERSIONS[: case.versions]:
            shift, _, place = version.partition("/")
            strength = shifts.card(shift).strengths[int(place)] if shift else 0.0
            pictures += list(shifts.shifted(data.images, data.ids, shift, strength, 0))
            labels += [data.classes[label] for label in data.labels]
    about = images.card(case.dataset)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.npz"
        np.savez(file, images=np.stack(pictures), labels=np.array(labels))
        _brought.bring(file, "bench", known=networks.card(case.network).classes, task=about.task, frame=about.frame, channels=about.channels)


def _case(case: Case, device: str, rounds: int) -> Iterator[Result]:
    card = networks.card(case.network)
    predictor = predict.load(card, device)
    chosen = images.load("bench", "test")
    batch = batching.first(predictor).size
    note = f"{len(chosen):,} images, batch {batch}, {predictor.device}"
    _bare(predictor, chosen, batch)  # warms both up
    pairs = [(_bare(predictor, chosen, batch), _ours(case, device)) for _ in range(rounds)]
    group = card.architecture
    bare, ours = (len(chosen) / statistics.median(clock.wall for clock in clocks) for clocks in zip(*pairs, strict=True))
    yield Result(group, "bare torch loop", bare, "images/s", note=note)
    yield Result(group, "assay, first cell to stored row", ours, "images/s")
    yield Result(
        group, f"assay over bare loop, median of {rounds} turns", statistics.median(b.wall / o.wall for b, o in pairs), "ratio", f">= {case.target}"
    )  # fmt: skip
    if predictor.device == "cpu":
        yield Result(
            group, "the same in CPU seconds", statistics.median(b.cpu / o.cpu for b, o in pairs), "ratio", note="what others do meanwhile left out"
        )
    if case.reuse:
        again = statistics.median(_whole(AssaySpec(networks=(case.network,), id_dataset="bench", metrics=("entropy",))) for _ in range(3))
        anew = statistics.median(_whole(_fresh(case, device, ("entropy",))) for _ in range(3))
        yield Result(group, "a new metric over stored answers", again, "s")
        yield Result(group, "the same by evaluating anew", anew, "s")
        yield Result(group, "evaluating anew over a new metric", anew / again, "ratio", f">= {case.reuse:g}")


def _bare(predictor: predict.Predictor, chosen: images.Images, batch: int) -> Clock:
    """Return what the plainest loop takes that one would write."""
    preprocess, module = predictor.card.preprocess, predictor.module
    assert module is not None
    logits = []
    started = Clock.now()
    with torch.inference_mode():
        for start in range(0, len(chosen), batch):
            inputs = torch.from_numpy(preprocess(chosen.images[start : start + batch]))
            logits.append(module(inputs.to(predictor.device)).cpu())
    torch.cat(logits)
    return Clock.now() - started


def _fresh(case: Case, device: str, metrics: tuple[str, ...] = ("accuracy", "nll", "brier", "ece")) -> AssaySpec:
    return AssaySpec(networks=(case.network,), id_dataset="bench", metrics=metrics, fresh=True, device=device)  # type: ignore[arg-type]


def _ours(case: Case, device: str) -> Clock:
    """Return what a run takes from its first cell to its stored row."""
    steps: list[Clock] = []
    _answer(_fresh(case, device), lambda _: steps.append(Clock.now()))
    return Clock.now() - steps[0]  # the first step is about the networks and the examples; cells come after it


def _whole(spec: AssaySpec) -> float:
    """Return the seconds of a whole run, planning included."""
    started = time.perf_counter()
    _answer(spec, None)
    return time.perf_counter() - started


def _answer(spec: AssaySpec, watch) -> None:
    planned = asking.plan(spec)
    job = control.claim("bench", only=control.submit(spec, "bench", total=planned.cells, images_total=planned.images))
    assert job is not None
    state = worker.answer(job, watch)
    assert state == "done", control.job(job.id).error
