"""What one module of a circuit does, in words and numbers: what it responds to, where it reads, what falls without it. For the warm process."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from engine import errors
from engine.circuits import asked, attributing
from engine.circuits.observing import AT_ONCE, Watched
from engine.models import warm
from engine.stats import differences

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]
EVEN = 1.25  # times an even share: below, a part of the image is not read more than others
CLEAR = 1.1  # times the average module: below, a module responds to no class in particular
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")
PLACES = {"middle centre": "centre"}


def module(question: Mapping[str, Any], _arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return what one module does on test examples.

    The question has `circuit`, `module`, and what `asked.examples` takes. The answer has `sentences`, `responds` (how far its state moves on
    images of each class, in multiples of the average module), `falls` (change of accuracy by class without it, None where no example is), and
    the accuracy before and after with the 95 % interval of the difference. Arrays: `read_in` (side x side), `picture`, the mean image of the
    class it responds to most.

    Raises:
        UserError: for a number that no module has.
    """
    circuit = asked.watched(str(question["circuit"]), cache)
    node = int(question["module"])
    if not 0 <= node < circuit.modules:
        raise errors.UserError(f"There is no processor {node}.", f"They count from 0 to {circuit.modules - 1}.")
    pictures, labels, _ = asked.examples({"n": question.get("n", 300), **question}, circuit)
    without = attributing.changed(circuit, [node])
    moves, read, right = _watched(circuit, pictures, labels, without, cache)
    classes = circuit.card.classes
    response = _response(moves, labels, len(classes))[:, node]
    side = circuit.network.trunk.tokens.side
    map_ = read[:, node].mean(0).reshape(side, side)
    gap = differences.paired(right[0][:, None], right[1][:, None])
    falls = [float((right[1] - right[0])[labels == k].mean()) if (labels == k).any() else None for k in range(len(classes))]
    best = int(np.nanargmax(response))
    effect = {"before": float(right[0].mean()), "after": float(right[1].mean()), "difference": float(gap.difference[0]),
              "low": float(gap.low[0]), "high": float(gap.high[0])}  # fmt: skip
    said = {
        "circuit": circuit.card.name, "module": node, "n": len(labels), "classes": list(classes), "side": side, "falls": falls, **effect,
        "responds": [None if np.isnan(value) else round(float(value), 4) for value in response],
        "sentences": [_responding(response, classes), reading(map_), _falling(effect, falls, classes, len(labels))],
    }  # fmt: skip
    mean = np.mean([np.asarray(one, np.float64) for one, label in zip(pictures, labels, strict=True) if label == best], axis=0)
    return said, {"read_in": map_.astype(np.float32), "picture": mean.round().astype(np.uint8)}


def _watched(
    circuit: Watched, pictures: Sequence, labels: Int[np.ndarray, " n"], without: Float[torch.Tensor, "r u"], cache: warm.Cache
) -> tuple[Float[np.ndarray, "n u"], Float[np.ndarray, "n u t"], list[Float[np.ndarray, " n"]]]:
    """Return how far each module's state moves, where it reads, and whether answers are right: with all modules, and without one."""
    moves, read, right = [], [], ([], [])
    for start in range(0, len(pictures), AT_ONCE):
        cache.check()
        inputs, mine = circuit.inputs(pictures[start : start + AT_ONCE]), labels[start : start + AT_ONCE]
        with torch.no_grad():
            logits, found = circuit.network.answered(inputs)
            moves.append((found.states[-1] - found.states[0]).norm(dim=2).double().numpy()[:, : circuit.modules])
            read.append(found.read_in.mean(1).numpy())
        for kept, answers in zip(right, (logits.numpy(), attributing.seen(circuit, inputs, without).logits), strict=True):
            kept.append(answers.argmax(1) == mine)
    return np.concatenate(moves), np.concatenate(read), [np.concatenate(kept).astype(np.float64) for kept in right]


def _response(moves: Float[np.ndarray, "n u"], labels: Int[np.ndarray, " n"], classes: int) -> Float[np.ndarray, "classes u"]:
    """Return how far states move by class, in multiples of the average module there; NaN for classes without an example."""
    by_class = np.full((classes, moves.shape[1]), np.nan)
    for k in range(classes):
        if (labels == k).any():
            by_class[k] = moves[labels == k].mean(0)
    return by_class / by_class.mean(1, keepdims=True)


def _responding(response: Float[np.ndarray, " classes"], classes: Sequence[str]) -> str:
    order = [int(k) for k in np.argsort(-np.nan_to_num(response, nan=-np.inf))]
    first, second = order[0], order[1] if len(order) > 1 else order[0]
    if response[first] < CLEAR * float(np.nanmedian(response)):
        return f"Responds to no class in particular: most to class {classes[first]}, {response[first]:.2f} times as far as the average module."
    return (
        f"Responds most to class {classes[first]}: there its state moves {response[first]:.2f} times as far as the average module's; "
        f"next is class {classes[second]} ({response[second]:.2f})."
    )


def reading(map_: Float[np.ndarray, "side side"]) -> str:
    """Return where on the image a module reads, in words: the parts of a grid of three by three that get more than an even share."""
    side = len(map_)
    at = np.minimum(np.arange(side) * 3 // side, 2)
    share, even = np.zeros((3, 3)), np.zeros((3, 3))
    np.add.at(share, (at[:, None], at[None]), map_ / map_.sum())
    np.add.at(even, (at[:, None], at[None]), 1 / side**2)
    more = np.divide(share, even, out=np.zeros_like(share), where=even > 0)
    parts = [(int(i), int(j)) for i, j in zip(*np.unravel_index(np.argsort(-more, axis=None), more.shape), strict=True) if more[i, j] >= EVEN][:2]
    if not parts:
        return "Reads the whole image about evenly."
    named = [PLACES.get(f"{ROWS[i]} {COLUMNS[j]}", f"{ROWS[i]} {COLUMNS[j]}") for i, j in parts]
    taken, fair = (100 * sum(grid[part] for part in parts) for grid in (share, even))
    return f"Reads mostly the {' and the '.join(named)} of the image: {taken:.0f} % of its reading, where an even reader has {fair:.0f} %."


def _falling(effect: Mapping[str, float], falls: Sequence[float | None], classes: Sequence[str], n: int) -> str:
    points, low, high = (100 * effect[name] for name in ("difference", "low", "high"))
    if points == low == high == 0:
        return f"Without it each of {n} answers is the same: the others make up for it."
    told = f"{points:+.1f} points [{low:+.1f}, {high:+.1f}] (n {n})"
    worst = min((k for k, fall in enumerate(falls) if fall is not None), key=lambda k: falls[k] or 0.0)
    if low <= 0 <= high:
        said = f"Without it accuracy moves by {told}: no effect that these images show. The others make up for it."
    else:
        most = f", most on class {classes[worst]} ({100 * (falls[worst] or 0):+.0f} points)" if points < 0 else ""
        said = f"Without it accuracy {'falls' if points < 0 else 'rises'}: {told}{most}."
    return said.replace("+0.0", "0.0").replace("-0.0", "0.0").replace("-", "\u2212")
