"""From a network's answers to score rows. NumPy only; the same code scores what we ran and what people brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from engine import registry, rows
from engine.assay.classes import Alignment
from engine.datasets import images
from engine.metrics import classification, pairs
from engine.metrics.classification import Measure
from engine.stats import temperature


@dataclass(frozen=True)
class Answered:
    """A network's answers to one (shifted) set."""

    network: str
    dataset: str
    split: str
    shift: str
    strength: float
    key: str
    ids: tuple[str, ...]
    labels: Int[np.ndarray, " n"]  # in the network's classes
    logits: Float32[np.ndarray, "n classes"]
    alignment: Alignment
    class_names: tuple[str, ...]  # the network's
    groups: Mapping[str, Sequence[str]]

    def masked(self) -> tuple[Float[np.ndarray, "n covered"], Int[np.ndarray, " n"]]:
        """Return logits and labels among the classes that the set covers."""
        return self.alignment.masked(self.logits, self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """The covered classes."""
        return tuple(self.class_names[i] for i in self.alignment.covered)


@dataclass(frozen=True)
class References:
    """What some metrics also need: the network's answers on the in-distribution set."""

    name: str
    validation: Answered | None = None  # temperature is fitted here
    test: Answered | None = None  # pair metrics compare with this


def scores(answered: Answered, metrics: Sequence[str], references: References, **extra: Any) -> list[rows.Score]:
    """Return every asked metric's rows for one network on one set.

    Args:
        answered: the answers; examples of classes that the network lacks are already left out.
        metrics: names from the classification and pair rooms.
        references: the in-distribution answers, for the metrics that need them.
        extra: further columns of every row (`norm`, `eps`, `steps`, `seconds`).
    """
    fitted = _temperature(references.validation) if references.validation else None
    extra = {"task": _task(answered.dataset), **extra}
    found: list[rows.Score] = []
    for name in metrics:
        if name in pairs.names():
            found += _pair(name, answered, references, extra)
        else:
            found += _plain(name, answered, fitted, references.name, extra)
    return found


def unanswered(where: Mapping[str, Any], metrics: Sequence[str], key: str, reason: str, **extra: Any) -> list[rows.Score]:
    """Return rows that say why there is no number."""
    extra = {"task": _task(where["dataset"]), **extra}
    return [_row(where, key, name, Measure(None, None, None, 0, None, reason), None, None, extra) for name in metrics]


def _plain(name: str, answered: Answered, fitted: float | None, reference: str, extra: Mapping[str, Any]) -> list[rows.Score]:
    needs = registry.card("metrics/classification", name).constants.get("NEEDS", ())
    uses = reference if "temperature" in needs else None
    if "temperature" in needs and fitted is None:
        measures = [Measure(None, None, None, len(answered.labels), None, "the in-distribution set has no validation side to fit a temperature on")]
    else:
        logits, labels = answered.masked()
        measures = classification.measure(name, logits, labels, class_names=answered.names, groups=answered.groups or None, temperature=fitted)
    return [_row(_where(answered), answered.key, name, m, uses, len(answered.alignment.covered), extra) for m in measures]


def _pair(name: str, answered: Answered, references: References, extra: Mapping[str, Any]) -> list[rows.Score]:
    if (answered.dataset, answered.shift) == (references.name, ""):
        return []  # a set against itself is no pair
    if references.test is None:
        measure = Measure(None, None, None, len(answered.labels), None, "the network's answers on the in-distribution test side are missing")
    else:
        measure = pairs.measure(name, references.test.logits, answered.logits)
    return [_row(_where(answered), answered.key, name, measure, references.name, None, extra)]


def _where(answered: Answered) -> dict[str, Any]:
    return {name: getattr(answered, name) for name in ("network", "dataset", "split", "shift", "strength")}


def _row(
    where: Mapping[str, Any], key: str, name: str, m: Measure, reference: str | None, classes: int | None, extra: Mapping[str, Any]
) -> rows.Score:
    room = "metrics/pairs" if name in pairs.names() else "metrics/classification"
    constants = registry.card(room, name).constants
    return rows.Score(
        **where, metric=name, metric_version=constants["VERSION"], value=m.value, low=m.low, high=m.high, n=m.n, cell=key,
        slice=m.slice, reference=reference, classes=classes, unit=constants["UNIT"], reason=m.reason, **extra,
    )  # fmt: skip


def _task(dataset: str) -> str | None:
    """Return what a network is to do on a set; None for a set that is not here."""
    return images.card(dataset).task if dataset in images.names() else None


def _temperature(validation: Answered) -> float | None:
    logits, labels = validation.masked()
    return temperature.fit(logits, labels) if len(labels) and np.isfinite(logits).all() else None


def predictions(answered: Answered, positions: Int[np.ndarray, " n"], cell: str) -> rows.Block:
    """Return answers as rows of `Prediction`, with the predicted class and its confidence among the covered classes."""
    predicted, confidence = answer(answered.logits, answered.alignment)
    columns = {
        **_where(answered), "example_id": list(answered.ids), "position": positions, "label": answered.labels,
        "logits": answered.logits, "cell": cell, "predicted": predicted, "confidence": confidence,
    }  # fmt: skip
    return rows.Block(rows.Prediction, columns, len(answered.labels))


def answer(logits: Float32[np.ndarray, "n classes"], alignment: Alignment) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the predicted class (in the network's classes) and its softmax, both among the covered classes."""
    among = logits if alignment.whole else logits[:, alignment.covered]
    best = among.argmax(axis=1)
    top = among[np.arange(len(among)), best]
    confidence = 1 / np.exp(among.astype(np.float64) - top[:, None]).sum(axis=1)
    return alignment.covered[best], confidence
