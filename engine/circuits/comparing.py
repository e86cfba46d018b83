"""Two sides of circuits compared edge by edge: images, classes, shifts, data sets, circuits. For the warm process and the commands.

Attention differs from example to example, so its differences come with intervals over examples that hold for all edges together. Links are
parts of a network and have no such interval: two circuits' links are matched, and what the match costs stands beside what it costs by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from engine import errors, networks
from engine.circuits import asked, attributing, views
from engine.circuits.observing import AT_ONCE, Watched
from engine.datasets import images
from engine.models import warm
from engine.stats import differences, matching
from engine.training import low_shot
from engine.training._circuit_arms import PARTS

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]
TOP_EDGES = 50  # most changed edges that are told with their intervals
MOST_VALUES = 40_000  # of more, the mean over layers and the read-out are compared; of still more, only links
PAIRS = 40  # of random examples, beside which two images are set
MEAN = -1  # the layer that the mean over layers is told as
SIDES = ("first", "second")
MOST_SHOTS, MOST_STEPS = 50, 200  # of adaptation that is asked live


@dataclass(frozen=True)
class Values:
    """Attention of some examples as columns: every edge of every layer, of their mean, and of the read-out; own edges left out."""

    layer: Int[np.ndarray, " k"]
    target: Int[np.ndarray, " k"]
    source: Int[np.ndarray, " k"]
    values: Float[np.ndarray, "n k"]


def compare(question: Mapping[str, Any], arrays: Mapping[str, np.ndarray], cache: warm.Cache) -> Reply:
    """Return how two sides differ; the same examples on both are paired.

    The question has `first` and `second`, each with what `slice` or `input` takes and a `circuit` of its own where they differ, and `match`:
    links (by default), signatures, or numbers (modules as they are numbered: before and after). A side with `adapted` (`onto`, a data set;
    `shots`, labels a class; `part`, what moves; `steps`, `rate`, `seed`) is the circuit after it went on learning from so few images.

    Raises:
        UserError: for circuits of different sizes, unknown names, and slices with too few examples.
    """
    sides = [{"circuit": question.get("circuit"), **question[name]} for name in SIDES]
    names = [str(side["circuit"]) for side in sides]
    here = {card.name for card in networks.cards()}
    moved = [side.get("adapted") for side in sides]
    one, way = names[0] == names[1] and moved[0] == moved[1], "numbers" if any(moved) else str(question.get("match", "links"))
    if not one and not here.issuperset(names):
        stored = [views.links(name) for name in names]
        return _links_alone(names, stored, way, "one of the two was brought as a file and cannot be run")
    circuits = [_adapted(asked.watched(name, cache), told, cache) for name, told in zip(names, moved, strict=True)]
    links = [circuit.links for circuit in circuits]
    _same_size(names, links)
    if circuits[0].card.classes != circuits[1].card.classes:
        return _links_alone(names, links, way, "the two know different classes")
    said: dict[str, Any] = {"circuits": names, "modules": circuits[0].modules, "layers": len(circuits[0].network.trunk.executor.layers)}
    order, told = _identity(links[0]), {}
    if not one:
        signed = [None if c.generator.signatures is None else c.generator.signatures.detach().double().numpy() for c in circuits]
        order, match = _matched(links, way, signed)
        said |= {"match": match}
        told |= _link_columns(links, order)
    single = all("example_id" in side or "image" in side or name in arrays for side, name in zip(sides, SIDES, strict=True))
    more, columns = _images(sides, circuits, arrays, order) if single else _slices(sides, circuits, order, cache)
    return said | more, {name: value.astype(np.float32) for name, value in (told | columns).items()}


def _adapted(circuit: Watched, said: Mapping[str, Any] | None, cache: warm.Cache) -> Watched:
    """Return a circuit, adapted to a few labelled images of another set where that is asked for; raises UserError for what cannot be."""
    if not said:
        return circuit
    part, shots, steps, rate = str(said["part"]), int(said["shots"]), int(said["steps"]), float(said["rate"])
    if part not in PARTS:
        raise errors.unknown("part of a circuit", part, PARTS)
    if not (1 <= shots <= MOST_SHOTS and 1 <= steps <= MOST_STEPS and 0 < rate <= 1):
        raise errors.UserError(
            f"{shots} labels a class and {steps} steps at rate {rate:g} cannot be asked here.", f"Up to {MOST_SHOTS} labels, {MOST_STEPS} steps."
        )
    data, seed = images.load(str(said["onto"]), "train"), int(said.get("seed", 0))
    if data.classes != circuit.card.classes:
        raise errors.UserError(f"“{said['onto']}” has other classes than “{circuit.card.name}”.", "Choose a set of the same task.")

    def make() -> Any:
        chosen = low_shot.drawn(np.asarray(data.labels), shots, seed)
        inputs, labels = circuit.inputs([data.images[i] for i in chosen]), torch.from_numpy(np.asarray(data.labels, np.int64)[chosen])
        return low_shot.adapted(circuit.network, inputs, labels, part, steps=steps, rate=rate, seed=seed)

    key = ("adapted", circuit.card.key, str(said["onto"]), part, shots, steps, rate, seed)
    return circuit.holding(cache.get(key, make, lambda network: sum(4 * one.numel() for one in network.parameters())))


def _same_size(names: Sequence[str], links: Sequence[Float[np.ndarray, "r u"]]) -> None:
    if links[0].shape != links[1].shape:
        sizes = [f"“{name}” has {one.shape[1]} modules and {len(one) - one.shape[1]} outputs" for name, one in zip(names, links, strict=True)]
        raise errors.UserError(f"{sizes[0]}, {sizes[1]}.", "Compare circuits of one size.")


def _identity(links: Float[np.ndarray, "r u"]) -> Int[np.ndarray, " r"]:
    return np.arange(len(links))


def _links_alone(names: Sequence[str], links: Sequence[Float[np.ndarray, "r u"]], way: str, why: str) -> Reply:
    """Return how the links of two circuits differ, where the same inputs cannot be put to both."""
    if way == "signatures":
        raise errors.UserError(f"Signatures cannot be matched here: {why}.", "Match by links.")
    _same_size(names, links)
    order, match = _matched(links, way, (None, None))
    said = {
        "circuits": list(names), "modules": links[0].shape[1], "layers": 0, "match": match, "paired": False, "n": [0, 0], "changed": 0, "edges": 0,
        "top": [], "verdict": f"Only links are compared: {why}.", "how": "",
    }  # fmt: skip
    return said, {name: value.astype(np.float32) for name, value in _link_columns(links, order).items()}


def _matched(
    links: Sequence[Float[np.ndarray, "r u"]], way: str, signatures: Sequence[Float[np.ndarray, "r s"] | None]
) -> tuple[Int[np.ndarray, " r"], dict[str, Any]]:
    """Return which module of the second stands where each of the first does, outputs too, with the cost and what chance gives."""
    u = links[0].shape[1]
    a, b = links[0][:u], links[1][:u]
    ways = {"links": lambda: matching.match(a, b).order, "signatures": lambda: _by_signature(signatures, u), "numbers": lambda: np.arange(u)}
    if way not in ways:
        raise errors.unknown("way to match modules", way, ways)
    order = ways[way]()
    outputs = matching.rows(links[0][u:], links[1][u:, order]) if way != "numbers" and len(links[0]) > u else np.arange(len(links[0]) - u)
    width = None if signatures[1] is None else signatures[1].shape[1]
    found = views.likeness(a, b, order, width=width, by_links=way == "links")
    return np.concatenate([order, u + outputs]), {"way": way, "order": order.tolist(), "outputs": outputs.tolist(), **found}


def _by_signature(signatures: Sequence[Float[np.ndarray, "r s"] | None], u: int) -> Int[np.ndarray, " u"]:
    first, second = signatures
    if first is None or second is None or first.shape[1] != second.shape[1]:
        raise errors.UserError("The two circuits have no signatures of one width.", "Match by links.")
    directions = [one[:u] / np.linalg.norm(one[:u], axis=1, keepdims=True) for one in (first, second)]
    return matching.rows(*directions)


def _link_columns(links: Sequence[Float[np.ndarray, "r u"]], order: Int[np.ndarray, " r"]) -> dict[str, np.ndarray]:
    """Return all links of both circuits as columns, in the first's numbers."""
    u = links[0].shape[1]
    target, source = np.nonzero(~np.eye(*links[0].shape, dtype=bool))
    placed = links[1][np.ix_(order, order[:u])]
    return {"link_target": target, "link_source": source, "link_first": links[0][target, source], "link_second": placed[target, source]}


def _slices(sides: Sequence[Mapping[str, Any]], circuits: Sequence[Watched], order: Int[np.ndarray, " r"], cache: warm.Cache) -> Reply:
    parts = [asked.examples(side, circuit) for side, circuit in zip(sides, circuits, strict=True)]
    looked = [_looked(circuit, pictures, cache) for circuit, (pictures, _, _) in zip(circuits, parts, strict=True)]
    first, second = _columns(*looked[0][:2]), _columns(*_placed(*looked[1][:2], order))
    same = parts[0][2] == parts[1][2]
    found = (differences.paired if same else differences.unpaired)(first.values, second.values)
    low, high = found.together
    size = _effect(first.values, second.values, paired=same)
    columns = {
        "layer": first.layer, "target": first.target, "source": first.source, "first": first.values.mean(0), "second": second.values.mean(0),
        "difference": found.difference, "low": low, "high": high, "effect": size, "significant": found.significant,
    }  # fmt: skip
    n = [len(looked[0][0]), len(looked[1][0])]
    said = {
        "paired": same, "n": n, "changed": int(found.significant.sum()), "edges": len(size), "critical": round(found.critical, 3),
        "accuracy": [float((answers == labels).mean()) for (_, _, answers), (_, labels, _) in zip(looked, parts, strict=True)],
        "verdict": _verdict(found), "how": _how(found, n, paired=same), "top": _top(columns),
    }  # fmt: skip
    return said, columns


def _verdict(found: differences.Differences) -> str:
    if not found.any:
        return "No significant change: no edge differs by more than so many looks turn up by chance (95 %, all edges of all layers together)."
    return f"{int(found.significant.sum()):,} of {found.significant.size:,} edges differ (95 %, all edges of all layers together)."


def _how(found: differences.Differences, n: Sequence[int], *, paired: bool) -> str:
    side = f"Paired: the same {n[0]:,} examples on both sides." if paired else f"Not paired: {n[0]:,} and {n[1]:,} different examples."
    return (
        f"{side} Intervals hold for all {found.significant.size:,} values together: ± {found.critical:.2f} standard errors, from "
        f"{differences.RESAMPLES} resamples of the examples (max-T, Westfall & Young)."
    )


def _top(columns: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the edges that changed most, significant ones first."""
    ranked = np.lexsort((-np.abs(columns["difference"]), ~columns["significant"].astype(bool)))[:TOP_EDGES]
    whole, parts = ("layer", "source", "target"), ("first", "second", "difference", "low", "high", "effect")
    return [
        {**{name: int(columns[name][i]) for name in whole}, **{name: float(columns[name][i]) for name in parts},
         "significant": bool(columns["significant"][i])}
        for i in ranked
    ]  # fmt: skip


def _effect(first: Float[np.ndarray, "n k"], second: Float[np.ndarray, "m k"], *, paired: bool) -> Float[np.ndarray, " k"]:
    """Return differences in standard deviations: of the differences where examples are paired, else pooled (Cohen's d)."""
    if paired:
        deviation = (second - first).std(0, ddof=1)
    else:
        n, m = len(first), len(second)
        deviation = np.sqrt(((n - 1) * first.var(0, ddof=1) + (m - 1) * second.var(0, ddof=1)) / (n + m - 2))
    gap = second.mean(0) - first.mean(0)
    return np.divide(gap, deviation, out=np.zeros_like(gap), where=deviation > 0)


def _looked(
    circuit: Watched, pictures: Sequence, cache: warm.Cache
) -> tuple[Float[np.ndarray, "n l u u"], Float[np.ndarray, "n o u"], Int[np.ndarray, " n"]]:
    """Return attention between modules, attention of the read-out, and answers."""
    found = []
    for start in range(0, len(pictures), AT_ONCE):
        cache.check()
        found.append(attributing.seen(circuit, circuit.inputs(pictures[start : start + AT_ONCE])))
    within, out, logits = (np.concatenate([getattr(one, name) for one in found]) for name in ("attention", "read_out", "logits"))
    return within, out, logits.argmax(1)


def _placed(
    within: Float[np.ndarray, "n l u u"], out: Float[np.ndarray, "n o u"], order: Int[np.ndarray, " r"]
) -> tuple[Float[np.ndarray, "n l u u"], Float[np.ndarray, "n o u"]]:
    u = within.shape[-1]
    mine, outputs = order[:u], order[u:] - u
    return within[:, :, mine][:, :, :, mine], out[:, outputs][:, :, mine]


def _columns(within: Float[np.ndarray, "n l u u"], out: Float[np.ndarray, "n o u"]) -> Values:
    """Return attention as columns; raises UserError where even the mean over layers has too many edges."""
    n, layers, u, _ = within.shape
    each = (layers + 1) * u * (u - 1) + out[0].size <= MOST_VALUES
    if not each and u * (u - 1) + out[0].size > MOST_VALUES:
        raise errors.UserError(
            f"{u} modules have too many edges to compare attention on.", "Compare their links: python -m engine circuits difference"
        )
    mean = within.mean(1, dtype=np.float64)[:, None]
    parts = [(MEAN, mean[:, 0]), *((layer, within[:, layer]) for layer in range(layers) if each)]
    target, source = np.nonzero(~np.eye(u, dtype=bool))
    to, of = np.divmod(np.arange(out[0].size), u)
    return Values(
        np.concatenate([*(np.full(len(target), layer) for layer, _ in parts), np.full(len(to), layers)]),
        np.concatenate([*(target for _ in parts), u + to]),
        np.concatenate([*(source for _ in parts), of]),
        np.concatenate([*(values[:, target, source] for _, values in parts), out.reshape(n, -1)], axis=1).astype(np.float64),
    )


def _images(sides: Sequence[Mapping[str, Any]], circuits: Sequence[Watched], arrays: Mapping[str, np.ndarray], order: Int[np.ndarray, " r"]) -> Reply:
    """Return how two single images differ: exactly, and beside how far pairs of random examples are apart."""
    looked, labels, pictures = [], [], {}
    for name, side, circuit in zip(SIDES, sides, circuits, strict=True):
        shown, label, _ = asked.picture(side, {"image": arrays[name]} if name in arrays else {}, circuit.card)
        looked.append(attributing.seen(circuit, circuit.inputs([shown])))
        labels.append(label)
        pictures[f"{name}_image"] = shown
    first = _columns(looked[0].attention, looked[0].read_out)
    second = _columns(*_placed(looked[1].attention, looked[1].read_out, order))
    gap = second.values[0] - first.values[0]
    columns = {
        "layer": first.layer, "target": first.target, "source": first.source, "first": first.values[0], "second": second.values[0], "difference": gap,
    }  # fmt: skip
    exact = {name: np.full(len(gap), np.nan) for name in ("low", "high", "effect")} | {"significant": np.zeros(len(gap))}
    size = float(np.abs(gap).mean())
    apart = _apart(circuits[0]) if circuits[0].card.name == circuits[1].card.name else None
    verdict = f"Two single inputs: differences are exact, and say nothing about others. The mean edge differs by {size:.3g}"
    verdict += "." if apart is None else f"; {100 * float((apart < size).mean()):.0f} % of {len(apart)} pairs of random test examples differ less."
    top = [{name: None if value != value else value for name, value in one.items()} for one in _top(columns | exact)]
    said = {
        "paired": False, "n": [1, 1], "predicted": [int(one.logits[0].argmax()) for one in looked], "labels": labels, "size": size, "changed": 0,
        "edges": len(gap), "verdict": verdict, "how": "No interval: one example on each side.", "top": top,
    }  # fmt: skip
    return said, columns | pictures


def _apart(circuit: Watched) -> Float[np.ndarray, " pairs"]:
    """Return how far the attention of pairs of random test examples is apart: the mean edge's difference, one value a pair."""
    pictures, _, _ = asked.examples({"n": 2 * PAIRS}, circuit)
    found = attributing.seen(circuit, circuit.inputs(pictures))
    values = _columns(found.attention, found.read_out).values
    return np.abs(values[1::2] - values[: 2 * (len(values) // 2) : 2]).mean(1)
