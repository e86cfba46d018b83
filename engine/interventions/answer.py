"""What networks say to single units, for the warm process and the command line: the same functions, so the same numbers.

`answer` takes a question of `asking`, draws the pictures, and lets the networks see them. Classes count as the system's
do (a network's further outputs are left out), places of classes stand for their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int

from engine import errors, networks, registry, shifts, systems
from engine.datasets import images
from engine.interventions import alike, asking, outcomes
from engine.models import batching, warm
from engine.models.predict import Predictor
from engine.preprocess import Pictures
from engine.stats import softmax

AT_ONCE = 256  # pictures between two looks whether somebody still waits
PER_NETWORK = ("predicted", "confidence", "truth")
Reply = tuple[dict[str, Any], dict[str, np.ndarray]]


def answer(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return what networks say to a question of `asking`.

    The probabilities are in the array `probabilities`, float32, (networks, pictures, classes); what people look at first is said.

    Raises:
        UserError: for a question that cannot be asked, an unknown network, or one that does not know the classes.
    """
    asked = asking.read(question)
    if isinstance(asked, asking.Example):
        return _example(asked, cache)
    known = [networks.card(name).key for name in asked.networks]
    key = ("answer", asked.model_dump_json(), *known, registry.card(systems.ROOM, asked.loaded().name).sha256)
    return cache.get(key, lambda: _answer(asked, cache), _size)  # page and component ask the same one after the other


def _answer(asked: asking.Path | asking.Change | asking.Units, cache: warm.Cache) -> Reply:
    if isinstance(asked, asking.Path):
        return _path(asked, cache)
    return _change(asked, cache) if isinstance(asked, asking.Change) else _units(asked, cache)


def _size(reply: Reply) -> int:
    return 8 * sum(array.nbytes for array in reply[1].values()) + 10_000  # what is said takes a few numbers of each row


def _units(asked: asking.Units, cache: warm.Cache) -> Reply:
    latents = alike.units(asked)
    told = {"units": latents.units.tolist(), "classes": list(latents.system.classes)}
    return _answered(told, asked.networks, alike.drawn(asked, latents), latents.labels, latents.system.classes, cache)


def _path(asked: asking.Path, cache: warm.Cache) -> Reply:
    found = alike.along(asked)
    values = [level.text if level.place is None else level.place for level in found.levels]
    return _along(found.own, values, asked.networks, found.pictures, found.labels, found.unit.system.classes, cache)


def _change(asked: asking.Change, cache: warm.Cache) -> Reply:
    found = alike.changed(asked)
    classes = found.before.system.classes
    told = {"units": found.before.units.tolist(), "classes": list(classes), "networks": list(asked.networks)}
    arrays = {}
    for when, pictures, latents in (("before", found.pictures_before, found.before), ("after", found.pictures_after, found.after)):
        said, more = _answered({}, asked.networks, pictures, latents.labels, classes, cache)
        told |= {f"{name}_{when}": said[name] for name in ("labels", *PER_NETWORK)}
        arrays[f"probabilities_{when}"] = more["probabilities"]
    return told, arrays


def _example(asked: asking.Example, cache: warm.Cache) -> Reply:
    split = images.load(asked.dataset, asked.split)
    if asked.example_id not in split.ids:
        raise errors.UserError(f"{asked.dataset}, {asked.split}, has no example {asked.example_id[:40]}.", "Choose one of its examples.")
    i = split.ids.index(asked.example_id)
    picture = np.asarray(split.images[i])[None]
    strengths = asked.strengths or shifts.card(asked.shift).strengths
    shown = [shifts.shifted(picture, [asked.example_id], asked.shift, strength, asked.seed)[0] for strength in strengths]
    labels = np.full(1 + len(shown), split.labels[i])
    return _along("as it is", list(strengths), asked.networks, [picture[0], *shown], labels, split.classes, cache)


def _along(
    own: str | float, values: list, names: Sequence[str], pictures: Pictures, labels: Int[np.ndarray, " n"], classes: Sequence[str], cache: warm.Cache
) -> Reply:
    """Return answers to a picture as it is, which stand under `own`, and at each of some values."""
    said, arrays = _answered({}, names, pictures, labels, classes, cache)
    first = {"value": own, "label": said["labels"][0]} | {name: [row[0] for row in said[name]] for name in PER_NETWORK}
    said |= {"labels": said["labels"][1:]} | {name: [row[1:] for row in said[name]] for name in PER_NETWORK}
    whole = arrays["probabilities"]
    return {"values": values, "classes": list(classes), "own": first} | said, {"probabilities": whole[:, 1:], "own": whole[:, 0]}


def _answered(
    told: dict[str, Any], names: Sequence[str], pictures: Pictures, labels: Int[np.ndarray, " n"], classes: Sequence[str], cache: warm.Cache
) -> Reply:
    """Return every network's answers: the class, its probability, and that of the true class."""
    found = [softmax.softmax(_logits(cache.network(name), pictures, classes, cache)) for name in names]
    probabilities = np.stack(found) if found else np.empty((0, len(labels), len(classes)))
    truth = np.take_along_axis(probabilities, labels[None, :, None], axis=2)[..., 0]
    told |= {
        "networks": list(names), "labels": labels.tolist(), "predicted": probabilities.argmax(axis=2).tolist(),
        "confidence": _rounded(probabilities.max(axis=2)), "truth": _rounded(truth),
    }  # fmt: skip
    return told, {"probabilities": probabilities.astype(np.float32)}


def _rounded(numbers: Float64[np.ndarray, "networks n"]) -> list[list[float]]:
    return np.round(numbers, 6).tolist()


def _logits(predictor: Predictor, pictures: Pictures, classes: Sequence[str], cache: warm.Cache) -> Float32[np.ndarray, "n classes"]:
    """Return logits among the classes of the system, in its order.

    Raises:
        UserError: where the network does not know a class, or answers with a number that is none.
    """
    card = predictor.card
    among = outcomes.columns(card.classes, classes)
    found, batch = [], batching.first(predictor)
    for start in range(0, len(pictures), AT_ONCE):
        cache.check()
        found.append(batching.predict(predictor, pictures[start : start + AT_ONCE], card.preprocess, batch))
    logits = np.concatenate(found)[:, among]
    if not np.isfinite(logits).all():
        raise errors.UserError(f"The network “{card.name}” answers with numbers that are not finite.", "It cannot answer these pictures.")
    return logits
