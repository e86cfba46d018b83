"""What a question to a circuit names, looked up: the circuit, one image, the examples of a slice, a class."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from engine import errors, networks, shifts, systems
from engine.circuits.observing import Watched
from engine.datasets import images
from engine.models import predict, warm

MOST_EXAMPLES = 500
MOST_GROUPS = 12  # values of a group column that are offered


def watched(name: str, cache: warm.Cache) -> Watched:
    """Return a circuit, loaded once."""
    return Watched(networks.card(name), cache.network(name))


def picture(
    question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], card: networks.Card
) -> tuple[UInt8[np.ndarray, "h w c"], int | None, dict[str, Any]]:
    """Return the image that is asked about, its label where it has one among the circuit's classes, and where it is from."""
    brought = arrays["image"] if "image" in arrays else _written(question["image"]) if "image" in question else None
    if question.get("system"):
        shown, label, where = _drawn(question, card)
        identity = f"{where['system']}-{where['unit']}"
    elif brought is not None:
        shown, label, where, identity = np.asarray(brought), None, {"source": "brought"}, "brought"
        if shown.dtype != np.uint8 or shown.ndim != 3 or shown.shape[2] not in {1, 3} or 0 in shown.shape:
            raise errors.UserError(f"The image is {shown.dtype} of shape {list(shown.shape)}.", "Send uint8, height x width x 1 or 3.")
    else:
        dataset, split = str(question.get("dataset") or card.trained_on), str(question.get("split", "test"))
        data, identity = images.load(dataset, split), str(question["example_id"])
        if identity not in data.ids:
            raise errors.UserError(f"{dataset}, {split}, has no example {identity[:40]}.", "Choose one of its examples.")
        i = data.ids.index(identity)
        shown, where = np.asarray(data.images[i]), {"dataset": dataset, "split": split, "example_id": identity}
        label = int(data.labels[i]) if data.classes == card.classes else None
    if question.get("shift"):
        shown = shifts.shifted(shown[None], [identity], str(question["shift"]), float(question["strength"]), int(question.get("seed", 0)))[0]
        where |= {"shift": str(question["shift"]), "strength": float(question["strength"])}
    return shown, label, where


def _drawn(question: Mapping[str, Any], card: networks.Card) -> tuple[UInt8[np.ndarray, "h w c"], int | None, dict[str, Any]]:
    """Return the picture of a system's unit under what is done to it, its class among the circuit's where it is there, and where it is from."""
    system, unit, act = systems.load(str(question["system"])), int(question.get("unit", 0)), str(question.get("do", ""))
    latents = systems.sample(system, 1, int(question.get("seed", 0)), systems.interventions(act, system), (), unit)
    shown = systems.render(latents, images.glyph_bank(system, "test"))[0]
    name = system.classes[int(latents.labels[0])]
    label = card.classes.index(name) if name in card.classes else None
    return shown, label, {"system": system.name, "unit": unit, "do": act}


def _written(said: Mapping[str, Any]) -> UInt8[np.ndarray, "..."]:
    """Return the image that a question holds in base64."""
    shape = [int(one) for one in said["shape"]]
    found = np.frombuffer(base64.b64decode(str(said["data"]), validate=True), np.uint8)
    return found.reshape(shape)


def examples(question: Mapping[str, Any], circuit: Watched | predict.Predictor) -> tuple[list[np.ndarray], Int[np.ndarray, " n"], tuple[str, ...]]:
    """Return the images of a slice, drawn by the seed, their labels and identities; shifted where that is asked for."""
    dataset, split = str(question.get("dataset") or circuit.card.trained_on), str(question.get("split", "test"))
    data = images.load(dataset, split)
    if data.classes != circuit.card.classes:
        raise errors.UserError(f"“{dataset}” has other classes than “{circuit.card.name}”.", "Choose a set of the same task.")
    n = int(question.get("n", 200))
    if not 2 <= n <= MOST_EXAMPLES:
        raise errors.UserError(f"{n} examples cannot be averaged here.", f"Choose 2 to {MOST_EXAMPLES}.")
    order = np.random.default_rng([int(question.get("seed", 0)), len(data)]).permutation(len(data))
    if question.get("class") is not None:
        order = order[data.labels[order] == class_place(question["class"], circuit, 0)]
    for name, value in dict(question.get("groups", {})).items():
        if name not in data.groups:
            raise errors.unknown("group column", str(name), data.groups)
        order = order[[str(data.groups[name][i]) == str(value) for i in order]]
    if question.get("half") is not None:  # of the slice: two halves have no example in common
        order = order[int(question["half"]) % 2 :: 2]
    chosen = order[:n]
    if len(chosen) < 2:
        raise errors.UserError(f"Only {len(chosen)} examples of {dataset} are in this slice.", "Widen it.")
    pictures, ids = [np.asarray(data.images[i]) for i in chosen], tuple(data.ids[i] for i in chosen)
    if question.get("shift"):
        pictures = shifts.shifted(pictures, ids, str(question["shift"]), float(question["strength"]), int(question.get("seed", 0)))
    return list(pictures), np.asarray(data.labels, np.int64)[chosen], ids


def groups(question: Mapping[str, Any], circuit: Watched) -> dict[str, list[str]]:
    """Return the group columns of the set that a slice is of, with their values, those of few values; for narrowing the slice."""
    data = images.load(str(question.get("dataset") or circuit.card.trained_on), str(question.get("split", "test")))
    found = {name: sorted({str(one) for one in column}) for name, column in data.groups.items()}
    return {name: values for name, values in found.items() if 1 < len(values) <= MOST_GROUPS}


def class_place(said: Any, circuit: Watched | predict.Predictor, otherwise: int) -> int:
    """Return a class's place, by its name or its place; raises UserError for one that the circuit does not know."""
    if said is None:
        return otherwise
    classes = circuit.card.classes
    if str(said) in classes:
        return classes.index(str(said))
    if isinstance(said, int) and 0 <= said < len(classes):
        return said
    raise errors.unknown("class", str(said), classes)
