"""What a file of predictions would become, and what its answers as a whole say of it."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Int

from engine import hashing, rows
from engine.importers._audit import Finding, refuse
from engine.importers._columns import Columns


@dataclass(frozen=True)
class Preview:
    """What a file of predictions would become, and what was noticed about it. Nothing is stored yet."""

    file: str
    network: str  # as links and commands call it
    title: str  # as pages call it
    dataset: str
    split: str
    columns: Columns
    classes: tuple[str, ...]  # names of the outputs
    covered: Int[np.ndarray, " covered"]  # the outputs whose class the set has
    labels: Int[np.ndarray, " n"]  # positions among the outputs
    logits: Float32[np.ndarray, "n classes"]
    ids: tuple[str, ...]
    positions: Int[np.ndarray, " n"]  # places in the split
    set_labels: Int[np.ndarray, " n"]  # the same labels as positions among the set's classes
    groups: tuple[Mapping[str, str], ...]  # of each example
    sources: tuple[str, ...]
    digest: str  # hash of the file
    audit: tuple[Finding, ...] = field(repr=False)
    features: Float[np.ndarray, "n d"] | None = None  # what the network's last layer read, where the file has it

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.labels)

    @property
    def usable(self) -> bool:
        """Whether nothing keeps it out."""
        return bool(self.n) and not any(finding.level == "error" for finding in self.audit)

    @property
    def cell(self) -> str:
        """Name of these predictions in the store; bringing them anew takes the place of what was there."""
        return hashing.of_parts("predictions", self.network, self.dataset, self.split)

    @functools.cached_property
    def predicted(self) -> Int[np.ndarray, " n"]:
        """The output with the highest logit among those that the set covers."""
        return self.covered[self.logits[:, self.covered].argmax(axis=1)]

    @functools.cached_property
    def confidences(self) -> Float[np.ndarray, " n"]:
        """Softmax of the predicted class among those that the set covers, in [0, 1]."""
        among = self.logits[:, self.covered].astype(np.float64)
        return 1 / np.exp(among - among.max(axis=1, keepdims=True)).sum(axis=1)

    @property
    def accuracy(self) -> float:
        """Fraction of examples whose predicted class is their label; NaN without examples."""
        return float((self.predicted == self.labels).mean()) if self.n else float("nan")

    @property
    def confidence(self) -> float:
        """Mean confidence; NaN without examples."""
        return float(self.confidences.mean()) if self.n else float("nan")

    def head(self, most: int = 8) -> pd.DataFrame:
        """Return the first rows as a person would check them: id, label, answer, confidence."""
        few = slice(0, most)
        return pd.DataFrame(
            {
                "example_id": self.ids[few],
                "label": [self.classes[i] for i in self.labels[few]],
                "predicted": [self.classes[i] for i in self.predicted[few]],
                "confidence": self.confidences[few],
                "right": self.predicted[few] == self.labels[few],
            }
        )

    def blocks(self) -> tuple[rows.Block, ...]:
        """Return what the store appends: one row about the network, its predictions, and their examples.

        Raises:
            UserError: where the audit has an error, with all of them.
        """
        refuse(self.file, self.audit)
        where = {"dataset": self.dataset, "split": self.split}
        examples = {
            **where, "example_id": list(self.ids), "position": self.positions, "label": self.set_labels,
            "label_name": [self.classes[i] for i in self.labels],
            "groups": [json.dumps(dict(group), ensure_ascii=False, sort_keys=True) for group in self.groups],
            "source": list(self.sources) if self.sources else None,
        }  # fmt: skip
        predictions = {
            "network": self.network, **where, "shift": "", "strength": 0.0, "example_id": list(self.ids),
            "position": self.positions, "label": self.labels, "logits": self.logits, "cell": self.cell,
            "predicted": self.predicted, "confidence": self.confidences,
        }  # fmt: skip
        blocks = (
            rows.Block(rows.Network, self._network(), 1),
            rows.Block(rows.Example, examples, self.n),
            rows.Block(rows.Prediction, predictions, self.n),
        )
        if self.features is None:
            return blocks
        same = ("network", "dataset", "split", "shift", "strength", "example_id", "position", "cell")
        return (*blocks, rows.Block(rows.Feature, {name: predictions[name] for name in same} | {"features": self.features}, self.n))

    def _network(self) -> dict:
        attributes = {"file": self.file, "values": "probabilities" if self.columns.probabilities else "logits", "classes": list(self.classes)}
        return {
            "network": self.network, "title": self.title, "architecture": "predictions", "source": "predictions", "digest": self.digest,
            "trained_on": None, "parameters": None, "attributes": json.dumps(attributes, ensure_ascii=False), "licence": None,
        }  # fmt: skip


def summary(preview: Preview) -> Finding:
    """Return how many examples there are and how well they were answered."""
    sentence = f"{preview.n:,} examples, {len(preview.classes)} classes, accuracy {preview.accuracy:.3f}, mean confidence {preview.confidence:.3f}."
    return Finding("note", sentence)


def near_chance(preview: Preview) -> list[Finding]:
    """Return a warning for an accuracy that guessing would reach, with the likely cause where there is one."""
    k, n = len(preview.covered), preview.n
    chance = 1 / max(k, 1)
    if k < 2 or preview.accuracy > max(chance + 2 * (chance * (1 - chance) / n) ** 0.5, 1.2 * chance):
        return []
    sentence = f"Accuracy {preview.accuracy:.3f} is near chance ({chance:.3f} with {k} classes)."
    best = _best_order(preview)
    if best > max(0.5, 3 * chance):
        return [
            Finding(
                "warning",
                f"{sentence} With the outputs in another order it would be {best:.3f}.",
                "The class order probably differs: give the class names.",
            )
        ]
    return [Finding("warning", sentence, "Check that rows, labels and the order of the classes belong together.")]


def _best_order(preview: Preview) -> float:
    """Return the accuracy with the outputs renamed in the best way; 0 where there are too few examples to tell."""
    from scipy.optimize import linear_sum_assignment

    k = len(preview.classes)
    if preview.n < 5 * len(preview.covered) or k > 2000:
        return 0.0
    counts = np.bincount(preview.labels * k + preview.predicted, minlength=k * k).reshape(k, k)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / preview.n)
