"""Measuring how fast networks and shifts run on this machine, so that the form can say what a question costs."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from engine import control, errors, networks, registry, shifts
from engine.assay.classes import align
from engine.assay.spec import ATTACKS
from engine.datasets import images
from engine.models import batching, predict

_SECONDS = 0.4
_IMAGES = {False: 64, True: 8}  # by whether the input is large


def measure(only: Sequence[str] | None = None) -> list[dict]:
    """Measure networks, attacks and shifts, and keep each rate as soon as it is known.

    Args:
        only: these alone, named as in a question's cost: NETWORK, SHIFT/FRAME, ATTACK/NETWORK; all by default.

    Returns:
        Rows kind, name, images_per_second.
    """
    torch.set_num_threads(1)
    found = []
    for row in _rows(None if only is None else set(only)):
        control.set_rate(row["kind"], row["name"], row["images_per_second"])
        found.append(row)
    return found


def _rows(only: set[str] | None) -> Iterator[dict]:
    """Yield what is measured, networks first: their rates matter most for the cost of a question."""
    for name in networks.names():
        attacked = {f"{attack}/{name}": attack for attack in registry.names(ATTACKS)}
        wanted = {label for label in (name, *attacked) if only is None or label in only}
        if wanted:
            yield from _network(name, wanted, attacked)
    for frame in _frames():
        for name in shifts.names():
            if (only is None or f"{name}/{frame}" in only) and (row := _shift(name, frame)):
                yield row


def _network(name: str, wanted: set[str], attacked: Mapping[str, str]) -> Iterator[dict]:
    """Measure one network, and the attacks on it, as far as they are wanted."""
    try:
        card = networks.card(name)
        predictor = predict.load(card)
    except errors.UserError:
        return  # a network that cannot be loaded says so when it is asked for
    dataset = _a_set_for(card)
    if dataset is None:
        return
    pictures = images.load(dataset, "test")[: _IMAGES[card.preprocess.size > 64]]
    alignment = align(card.classes, pictures.classes)
    batch = batching.first(predictor)
    if name in wanted:
        yield _row("network", name, len(pictures), lambda: batching.predict(predictor, pictures.images, card.preprocess, batch))
    few = pictures[: max(4, len(pictures) // 8)]
    labels = alignment.to_network[few.labels]
    for label, attack in attacked.items():
        module = registry.load(ATTACKS, attack)
        if label in wanted and not module.unsupported(predictor):
            yield _row("attack", label, len(few), functools.partial(module.perturb, predictor, few.images, labels, 2.0, 0))


def _a_set_for(card: networks.Card) -> str | None:
    """Return a set whose images the network can be timed on: its own, else any with shared classes."""
    if card.trained_on in images.names() and not images.card(str(card.trained_on)).missing:
        return card.trained_on
    fits = (n for n in images.names() if not (c := images.card(n)).missing and set(c.classes) & set(card.classes))
    return next(fits, None)


def _frames() -> list[int]:
    return sorted({c.frame for c in map(images.card, images.names()) if not c.missing})


def _shift(name: str, frame: int) -> dict | None:
    dataset = next((n for n in images.names() if not (c := images.card(n)).missing and c.frame == frame), None)
    if dataset is None:
        return None
    pictures = images.load(dataset, "test")[:8]
    strength = shifts.card(name).strengths[len(shifts.card(name).strengths) // 2]
    return _row("shift", f"{name}/{frame}", len(pictures), lambda: shifts.shifted(pictures.images, pictures.ids, name, strength, 0))


def _row(kind: str, name: str, n: int, act: Callable[[], object]) -> dict:
    act()  # the first call warms caches up
    started, times = time.perf_counter(), 0
    while times == 0 or time.perf_counter() - started < _SECONDS / 4:
        act()
        times += 1
    return {"kind": kind, "name": name, "images_per_second": n * times / (time.perf_counter() - started)}
