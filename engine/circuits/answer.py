"""What needs a circuit itself: one input, cut edges, dropped and forced modules, two sides compared. For the warm process and the commands.

`answer(question, arrays, cache)` takes `{"kind": …, "circuit": …}`:

- `input`: what one image uses; `slice`: the same as a mean over examples.
- `cut`: the effect of cutting up to 200 edges of one image, each alone and together, beside as many random edges.
- `act`: accuracy with modules dropped or forced, in distribution and under shifts, paired with the circuit as it is.
- `routes`: where a neural interpreter sends each token of one image, step by step.
- `sentence`: the graph that a sentence makes of a conditional circuit, and its answer; `sentences`: a map of all sentences' graphs.
- `compare`: two sides (images, classes, shifts, circuits), edge by edge, with intervals that hold for all edges together.

An image is an example of a data set (`dataset`, `split`, `example_id`) or the array `image` (uint8, height x width x channels), which a question
without arrays may hold as `{"shape": […], "data": base64}`; it is shifted if `shift` and `strength` say so.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from engine import errors, networks, shifts
from engine.circuits import attributing, sentences
from engine.circuits.observing import AT_ONCE, Watched
from engine.datasets import images
from engine.models import warm
from engine.models.circuits import neural_interpreter
from engine.stats import differences, matching, softmax

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]
MOST_EXAMPLES = 500
TOP_EDGES = 50  # most changed edges that are told with their intervals


def answer(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return what a circuit answers.

    Raises:
        UserError: for a question that cannot be asked, an unknown circuit, example, class, module or edge.
    """
    kinds: dict[str, Callable[[Mapping[str, Any], Mapping[str, np.ndarray], warm.Cache], Reply]] = {
        "input": _input, "slice": _slice, "cut": _cut, "act": _act, "compare": _compare, "routes": _routes,
        "sentence": lambda asked, _arrays, kept: sentences.sentence(asked, kept),
        "sentences": lambda asked, _arrays, kept: sentences.chart(asked, kept),
    }  # fmt: skip
    kind = str(question.get("kind", ""))
    if kind not in kinds:
        raise errors.unknown("question to a circuit", kind, kinds)
    try:
        return kinds[kind](question, arrays, cache)
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise errors.UserError(
            f"The question to the circuit cannot be read: {type(problem).__name__} {problem}.", "See engine/circuits/answer.py for its form."
        ) from problem


def watched(name: str, cache: warm.Cache) -> Watched:
    """Return a circuit, loaded once."""
    return Watched(networks.card(name), cache.network(name))


def _input(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = watched(str(question["circuit"]), cache)
    picture, label, where = _picture(question, arrays, circuit.card)
    inputs = circuit.inputs([picture])
    links = attributing.changed(circuit, question.get("dropped", ()), question.get("forced", ()))
    found = attributing.seen(circuit, inputs, links)
    shares = softmax.softmax(found.logits)[0]
    target = _class(question.get("class"), circuit, int(shares.argmax()))
    within, out = attributing.attention_gradient(circuit, inputs, np.array([target]), links)
    said = {
        "circuit": circuit.card.name, "classes": list(circuit.card.classes), "predicted": int(shares.argmax()), "label": label, "class": target,
        "probabilities": shares.round(6).tolist(), "side": circuit.network.trunk.tokens.side, "example": where, "method": "attention x gradient",
        "modules": circuit.modules, "layers": found.attention.shape[1],
        "note": "Links are the same for every image; only attention is of this image.",
    }  # fmt: skip
    told = {
        "image": picture, "read_in": found.read_in[0], "attention": found.attention[0], "read_out": found.read_out[0],
        "confidence": found.confidence[0], "norms": found.norms[0], "attribution": within[0], "attribution_out": out[0],
    }  # fmt: skip
    return said, {name: _small(value) for name, value in told.items()}


def _routes(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return where a neural interpreter sends each token of one image, step by step."""
    predictor = cache.network(str(question["circuit"]))
    if not isinstance(predictor.module, neural_interpreter.Network):
        raise errors.UserError(f"“{predictor.card.name}” is no neural interpreter.", "Only interpreters route tokens to functions.")
    picture, label, where = _picture(question, arrays, predictor.card)
    inputs = torch.from_numpy(predictor.card.preprocess([picture]))
    with torch.no_grad():
        found = predictor.module.trunk.executed(inputs)
        shares = softmax.softmax(predictor.module.head(found.features).numpy())[0]
    routes = torch.stack([one[0] for one in found.routes])
    said = {
        "circuit": predictor.card.name, "classes": list(predictor.card.classes), "predicted": int(shares.argmax()), "label": label, "example": where,
        "probabilities": shares.round(6).tolist(), "side": predictor.module.trunk.tokens.side, "functions": routes.shape[2], "steps": routes.shape[0],
        "note": "Each token has shares of all functions, anew at each step; the class token is the last one.",
    }  # fmt: skip
    told = {"image": picture, "routes": routes.numpy(), "attention": torch.stack([one[0] for one in found.attention]).numpy()}
    return said, {name: _small(value) for name, value in told.items()}


def _slice(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = watched(str(question["circuit"]), cache)
    pictures, labels, ids = _examples(question, circuit)
    sums: dict[str, np.ndarray] = {}
    right = 0
    for start in range(0, len(pictures), AT_ONCE):
        cache.check()
        inputs = circuit.inputs(pictures[start : start + AT_ONCE])
        found = attributing.seen(circuit, inputs)
        predicted = found.logits.argmax(1)
        right += int((predicted == labels[start : start + AT_ONCE]).sum())
        within, out = attributing.attention_gradient(circuit, inputs, predicted)
        now = {"read_in": found.read_in, "attention": found.attention, "read_out": found.read_out, "attribution": within, "attribution_out": out}
        for name, value in now.items():
            sums[name] = sums.get(name, 0) + value.sum(0, dtype=np.float64)
    n = len(pictures)
    said = {"circuit": circuit.card.name, "n": n, "accuracy": right / n, "side": circuit.network.trunk.tokens.side, "method": "attention x gradient"}
    return said | {"examples": list(ids)}, {name: _small(value / n) for name, value in sums.items()}


def _cut(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = watched(str(question["circuit"]), cache)
    picture, label, where = _picture(question, arrays, circuit.card)
    inputs = circuit.inputs([picture])
    predicted = int(attributing.seen(circuit, inputs).logits[0].argmax())
    target = _class(question.get("class"), circuit, predicted)
    edges = [(None if layer is None else int(layer), int(source), int(to)) for layer, source, to in question["edges"]]
    found = attributing.cut(circuit, inputs, target, edges, int(question.get("seed", 0)))
    said = {
        "circuit": circuit.card.name, "example": where, "label": label, "class": target, "predicted": predicted, "edges": [list(e) for e in edges],
        "effect": found.each.round(6).tolist(), "together": found.together, "random_mean": float(found.random.mean()),
        "random": found.random.round(6).tolist(), "method": "drop one: class logit before minus after",
    }  # fmt: skip
    return said, {}


def _act(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = watched(str(question["circuit"]), cache)
    links = attributing.changed(circuit, question.get("dropped", ()), question.get("forced", ()))
    own = str(circuit.card.trained_on)
    asked = [{"dataset": own}, *question.get("sets", ())]
    found = []
    for one in asked:
        pictures, labels, _ = _examples({"n": question.get("n", 200), "seed": question.get("seed", 0), "dataset": own, **one}, circuit)
        before, after = (_right(circuit, pictures, labels, use, cache) for use in (None, links))
        gap = differences.paired(before[:, None], after[:, None])
        found.append({
            "dataset": one.get("dataset", own), "shift": one.get("shift", ""), "strength": one.get("strength", 0.0), "n": len(labels),
            "before": float(before.mean()), "after": float(after.mean()), "difference": float(gap.difference[0]), "low": float(gap.low[0]),
            "high": float(gap.high[0]),
        })  # fmt: skip
    return {"circuit": circuit.card.name, "sets": found}, {}


def _right(
    circuit: Watched, pictures: Sequence, labels: Int[np.ndarray, " n"], links: Float[torch.Tensor, "r u"] | None, cache: warm.Cache
) -> Float[np.ndarray, " n"]:
    found = []
    for start in range(0, len(pictures), AT_ONCE):
        cache.check()
        found.append(attributing.seen(circuit, circuit.inputs(pictures[start : start + AT_ONCE]), links).logits.argmax(1))
    return (np.concatenate(found) == labels).astype(np.float64)


def _compare(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return how attention differs between two sides; the same examples on both are paired."""
    sides = [{"circuit": question.get("circuit"), **question[name]} for name in ("first", "second")]
    circuits = [watched(str(side["circuit"]), cache) for side in sides]
    if circuits[0].links.shape != circuits[1].links.shape:
        raise errors.UserError("The two circuits have different numbers of modules.", "Compare circuits of one size.")
    if all("example_id" in side or name in arrays for side, name in zip(sides, ("first", "second"), strict=True)):
        return _two_images(sides, circuits, arrays)
    parts = [_examples(side, circuit) for side, circuit in zip(sides, circuits, strict=True)]
    seen = [_attention(circuit, pictures, cache) for circuit, (pictures, _, _) in zip(circuits, parts, strict=True)]
    matched = _matched(circuits) if circuits[0].card.name != circuits[1].card.name else None
    if matched is not None:
        seen[1] = seen[1][:, :, matched.order][:, :, :, matched.order]
    same = parts[0][2] == parts[1][2]
    flat = [one.reshape(len(one), -1).astype(np.float64) for one in seen]
    found = (differences.paired if same else differences.unpaired)(flat[0], flat[1])
    shape = seen[0].shape[1:]
    top = np.argsort(-np.abs(found.difference), kind="stable")[:TOP_EDGES]
    layer, target, source = np.unravel_index(top, shape)
    said = {
        "paired": same, "n": [len(one) for one in seen], "circuits": [circuit.card.name for circuit in circuits],
        "changed": int(found.significant.sum()), "edges": int(found.significant.size), "critical": round(found.critical, 3),
        "verdict": _verdict(found), "top": [
            {"layer": int(a), "source": int(c), "target": int(b), "difference": float(found.difference[i]), "low": float(found.low[i]),
             "high": float(found.high[i]), "significant": bool(found.significant[i])}
            for i, a, b, c in zip(top, layer, target, source, strict=True)
        ],
    }  # fmt: skip
    if matched is not None:
        said |= {"order": matched.order.tolist(), "match_cost": matched.cost, "unmatched_cost": matched.unmatched}
    means = {"first": flat[0].mean(0).reshape(shape), "second": flat[1].mean(0).reshape(shape)}
    told = {**means, "difference": found.difference.reshape(shape), "significant": found.significant.reshape(shape)}
    return said, {name: _small(value) for name, value in told.items()}


def _verdict(found: differences.Differences) -> str:
    if not found.any:
        return "No significant change: no edge differs by more than so many looks turn up by chance (95 %, all edges together)."
    return f"{int(found.significant.sum()):,} of {found.significant.size:,} edges differ (95 %, all edges together)."


def _two_images(sides: Sequence[Mapping[str, Any]], circuits: Sequence[Watched], arrays: Mapping[str, np.ndarray]) -> Reply:
    seen = []
    for name, side, circuit in zip(("first", "second"), sides, circuits, strict=True):
        picture, _, _ = _picture(side, {"image": arrays[name]} if name in arrays else {}, circuit.card)
        seen.append(attributing.seen(circuit, circuit.inputs([picture])))
    said = {
        "paired": False, "n": [1, 1], "predicted": [int(one.logits[0].argmax()) for one in seen],
        "verdict": "Two single images: differences are exact, and say nothing about others.",
    }  # fmt: skip
    first, second = (one.attention[0] for one in seen)
    told = {"first": first, "second": second, "difference": second - first}
    return said, {name: _small(value) for name, value in told.items()}


def _matched(circuits: Sequence[Watched]) -> matching.Match:
    u = circuits[0].modules
    return matching.match(circuits[0].links[:u], circuits[1].links[:u])


def _attention(circuit: Watched, pictures: Sequence, cache: warm.Cache) -> Float[np.ndarray, "n l u u"]:
    found = []
    for start in range(0, len(pictures), AT_ONCE):
        cache.check()
        found.append(attributing.seen(circuit, circuit.inputs(pictures[start : start + AT_ONCE])).attention)
    return np.concatenate(found)


def _picture(
    question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], card: networks.Card
) -> tuple[UInt8[np.ndarray, "h w c"], int | None, dict[str, Any]]:
    """Return the image that is asked about, its label where it has one among the circuit's classes, and where it is from."""
    brought = arrays["image"] if "image" in arrays else _written(question["image"]) if "image" in question else None
    if brought is not None:
        picture, label, where, identity = np.asarray(brought), None, {"source": "brought"}, "brought"
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in {1, 3} or 0 in picture.shape:
            raise errors.UserError(f"The image is {picture.dtype} of shape {list(picture.shape)}.", "Send uint8, height x width x 1 or 3.")
    else:
        dataset, split = str(question.get("dataset") or card.trained_on), str(question.get("split", "test"))
        data, identity = images.load(dataset, split), str(question["example_id"])
        if identity not in data.ids:
            raise errors.UserError(f"{dataset}, {split}, has no example {identity[:40]}.", "Choose one of its examples.")
        i = data.ids.index(identity)
        picture, where = np.asarray(data.images[i]), {"dataset": dataset, "split": split, "example_id": identity}
        label = int(data.labels[i]) if data.classes == card.classes else None
    if question.get("shift"):
        picture = shifts.shifted(picture[None], [identity], str(question["shift"]), float(question["strength"]), int(question.get("seed", 0)))[0]
        where |= {"shift": str(question["shift"]), "strength": float(question["strength"])}
    return picture, label, where


def _written(said: Mapping[str, Any]) -> UInt8[np.ndarray, "..."]:
    """Return the image that a question holds in base64."""
    shape = [int(one) for one in said["shape"]]
    found = np.frombuffer(base64.b64decode(str(said["data"]), validate=True), np.uint8)
    return found.reshape(shape)


def _examples(question: Mapping[str, Any], circuit: Watched) -> tuple[list[np.ndarray], Int[np.ndarray, " n"], tuple[str, ...]]:
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
        order = order[data.labels[order] == _class(question["class"], circuit, 0)]
    for name, value in dict(question.get("groups", {})).items():
        if name not in data.groups:
            raise errors.unknown("group column", str(name), data.groups)
        order = order[[str(data.groups[name][i]) == str(value) for i in order]]
    chosen = order[:n]
    if len(chosen) < 2:
        raise errors.UserError(f"Only {len(chosen)} examples of {dataset} are in this slice.", "Widen it.")
    pictures, ids = [np.asarray(data.images[i]) for i in chosen], tuple(data.ids[i] for i in chosen)
    if question.get("shift"):
        pictures = shifts.shifted(pictures, ids, str(question["shift"]), float(question["strength"]), int(question.get("seed", 0)))
    return list(pictures), np.asarray(data.labels, np.int64)[chosen], ids


def _class(said: Any, circuit: Watched, otherwise: int) -> int:
    """Return a class's place, by its name or its place; raises UserError for one that the circuit does not know."""
    if said is None:
        return otherwise
    classes = circuit.card.classes
    if str(said) in classes:
        return classes.index(str(said))
    if isinstance(said, int) and 0 <= said < len(classes):
        return said
    raise errors.unknown("class", str(said), classes)


def _small(array: np.ndarray) -> np.ndarray:
    return array if array.dtype in (np.uint8, np.bool_) else array.astype(np.float32)
