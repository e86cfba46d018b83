"""What needs a circuit itself: one input, cut edges, dropped and forced modules, two sides compared. For the warm process and the commands.

`answer(question, arrays, cache)` takes `{"kind": …, "circuit": …}`:

- `input`: what one image uses; `slice`: the same as a mean over examples.
- `cut`: the effect of cutting up to 200 edges of one image, each alone and together, beside as many random edges.
- `module`: what one module does: what it responds to, where it reads, what falls without it.
- `act`: accuracy with modules dropped or forced, in distribution and under shifts, paired with the circuit as it is.
- `routes`: where a neural interpreter sends each token of one image, step by step; `functions`: what each function takes, and what goes without it;
  `removed`: accuracy with functions taken out.
- `sentence`: the graph that a sentence makes of a conditional circuit, and its answer; `sentences`: a map of all sentences' graphs.
- `compare`: two sides (images, classes, shifts, circuits), edge by edge, with intervals that hold for all edges together.

An image is an example of a data set (`dataset`, `split`, `example_id`), a system's unit under what is done to it (`system`, `unit`, `do`), or the
array `image` (uint8, height x width x channels), which a question without arrays may hold as `{"shape": […], "data": base64}`; it is shifted if
`shift` and `strength` say so.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from engine import errors
from engine.circuits import asked, attributing, comparing, describing, routing, sentences
from engine.circuits.observing import AT_ONCE, Watched
from engine.models import warm
from engine.stats import differences, softmax

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]


def answer(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return what a circuit answers.

    Raises:
        UserError: for a question that cannot be asked, an unknown circuit, example, class, module or edge.
    """
    kinds: dict[str, Callable[[Mapping[str, Any], Mapping[str, np.ndarray], warm.Cache], Reply]] = {
        "input": _input, "slice": _slice, "cut": _cut, "act": _act, "compare": comparing.compare, "routes": routing.routes,
        "functions": routing.functions, "removed": routing.removed,
        "module": describing.module,
        "sentence": lambda told, _arrays, kept: sentences.sentence(told, kept),
        "sentences": lambda told, _arrays, kept: sentences.chart(told, kept),
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


def _input(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = asked.watched(str(question["circuit"]), cache)
    picture, label, where = asked.picture(question, arrays, circuit.card)
    inputs = circuit.inputs([picture])
    links = attributing.changed(circuit, question.get("dropped", ()), question.get("forced", ()))
    found = attributing.seen(circuit, inputs, links)
    shares = softmax.softmax(found.logits)[0]
    target = asked.class_place(question.get("class"), circuit, int(shares.argmax()))
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


def _slice(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = asked.watched(str(question["circuit"]), cache)
    pictures, labels, ids = asked.examples(question, circuit)
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
    said |= {"groups": asked.groups(question, circuit)}
    return said | {"examples": list(ids)}, {name: _small(value / n) for name, value in sums.items()}


def _cut(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = asked.watched(str(question["circuit"]), cache)
    picture, label, where = asked.picture(question, arrays, circuit.card)
    inputs = circuit.inputs([picture])
    predicted = int(attributing.seen(circuit, inputs).logits[0].argmax())
    target = asked.class_place(question.get("class"), circuit, predicted)
    edges = [(None if layer is None else int(layer), int(source), int(to)) for layer, source, to in question["edges"]]
    found = attributing.cut(circuit, inputs, target, edges, int(question.get("seed", 0)))
    said = {
        "circuit": circuit.card.name, "example": where, "label": label, "class": target, "predicted": predicted, "edges": [list(e) for e in edges],
        "effect": found.each.round(6).tolist(), "together": found.together, "random_mean": float(found.random.mean()),
        "random": found.random.round(6).tolist(), "method": "drop one: class logit before minus after",
    }  # fmt: skip
    return said, {}


def _act(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    circuit = asked.watched(str(question["circuit"]), cache)
    links = attributing.changed(circuit, question.get("dropped", ()), question.get("forced", ()))
    own = str(circuit.card.trained_on)
    sets = [{"dataset": own}, *question.get("sets", ())]
    found = []
    for one in sets:
        pictures, labels, _ = asked.examples({"n": question.get("n", 200), "seed": question.get("seed", 0), "dataset": own, **one}, circuit)
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


def _small(array: np.ndarray) -> np.ndarray:
    return array if array.dtype in (np.uint8, np.bool_) else array.astype(np.float32)
