"""Scores of a bundle computed anew from stored predictions: which are the same, which differ, which could not be computed and why. No torch."""

import contextlib
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine import errors, registry
from engine.assay import scoring
from engine.assay.classes import Alignment, align
from engine.assay.scoring import Answered, References
from engine.datasets import images
from engine.evidence import predicted
from engine.evidence.opened import Opened
from engine.evidence.writing import ANSWERS, SCORES

SAME, DIFFERS, NOT = "same", "differs", "not computed"
CLOSE = 1e-5  # what two computations of the same number may differ by, relative to 1 or the number: answers may be stored with fewer digits
COLUMNS = ("network", "dataset", "split", "shift", "strength", "metric", "told", "found", "verdict", "why")
Place = tuple[str, str, str, str, float]


def rescore(bundle: Opened) -> pd.DataFrame:
    """Return one row a score of a bundle: what it tells, what was found now, and the verdict. Answers come from the bundle, else from the store."""
    if SCORES not in bundle.manifest.files or SCORES not in bundle.sizes:
        return pd.DataFrame(columns=list(COLUMNS))
    scores = bundle.table(SCORES)
    inside = ANSWERS in bundle.manifest.files and ANSWERS in bundle.sizes
    answers = bundle.table(ANSWERS) if inside else predicted.of(predicted.places(scores))
    again = _Again(bundle, answers)
    rows = [row for place, part in scores.groupby([*predicted.PLACE, "collection"], sort=False, dropna=False) for row in again.place(place, part)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


class _Again:
    """The answers of a bundle or store by network and set, ready to be scored."""

    def __init__(self, bundle: Opened, answers: pd.DataFrame) -> None:
        self.answers = {_key(place): part for place, part in answers.groupby(list(predicted.PLACE), sort=False)}
        self.networks = {one.name: one.classes for one in bundle.manifest.networks if one.collection == ""}
        self.data = {one.name: one for one in bundle.manifest.data}
        self.answered = functools.cache(self._answered)

    def place(self, place: Any, scores: pd.DataFrame) -> Iterator[tuple]:
        """Yield a row for each score of a network on a set."""
        key, collection = _key(place[:5]), place[5]
        for row in scores.to_dict("records"):
            told, why = _number(row["value"]), self._why_not(key, collection, row)
            found = None
            if not why:
                try:
                    found, why = self._compared(key, row)
                except errors.UserError as problem:
                    why = problem.message
            verdict = NOT if found is None else DIFFERS if why else SAME
            yield (*key, row["metric"], told, found, verdict, why)

    def _why_not(self, key: Place, collection: Any, row: Mapping[Any, Any]) -> str:
        """Return why a score cannot be computed here; "" where it can."""
        metric = row["metric"]
        if isinstance(collection, str) and collection:
            return "it stands in a table of numbers, without single answers"
        if isinstance(row["reason"], str):
            return "it was not measured"
        room = next((one for one in ("metrics/classification", "metrics/pairs") if metric in registry.names(one)), None)
        if room is None:
            return "this program does not know the metric"
        if registry.card(room, metric).constants["VERSION"] != row["metric_version"]:
            return "this program has another version of the metric"
        return "" if key in self.answers else "the single answers are not here"

    def _compared(self, key: Place, row: Mapping[Any, Any]) -> tuple[float | None, str]:
        """Return the number found now, and how it differs; "" where it does not."""
        answered = self.answered(key)
        if row["n"] == row["n"] and int(row["n"]) != len(answered.labels):
            return None, f"the answers here are {len(answered.labels):,}, those of the score were {int(row['n']):,}"
        metric, reference = row["metric"], row["reference"] if isinstance(row["reference"], str) else ""
        measured = scoring.scores(answered, [metric], self._references(key[0], reference))
        mine = next((one for one in measured if one.slice is None), None)
        if mine is None or mine.value is None:
            return None, (mine.reason if mine else None) or "it has no value here"
        pairs_of = [(name, _number(row[name]), getattr(mine, name)) for name in ("value", "low", "high")]
        apart = [f"{name} {then!r} then, {now!r} now" for name, then, now in pairs_of if not _alike(then, now)]
        return mine.value, "; ".join(apart)

    def _references(self, network: str, dataset: str) -> References:
        """Return the answers that a score refers to, as far as they are here."""
        sides = {"val": "validation", "test": "test"}
        known = {role: (network, dataset, side, "", 0.0) for side, role in sides.items()}
        return References(dataset, **{role: self.answered(key) for role, key in known.items() if dataset and key in self.answers})

    def _answered(self, key: Place) -> Answered:
        """Return a network's answers to a set, with classes from the manifest and groups from the set where it is here."""
        part, dataset = self.answers[key], key[1]
        logits = np.stack([np.asarray(one, np.float32) for one in part["logits"]])
        labels, positions = part["label"].to_numpy(np.int64), part["position"].to_numpy(np.int64)
        classes = self.networks.get(key[0]) or tuple(map(str, range(logits.shape[1])))
        known = self.data[dataset].classes if dataset in self.data else ()
        everything = np.arange(len(classes))
        alignment = align(classes, known) if known else Alignment(everything, everything, len(classes))
        ids = tuple(part["example_id"].astype(str))
        return Answered(key[0], *key[1:], "", ids, labels, logits, alignment, classes, self._groups(dataset, key[2], positions))

    def _groups(self, dataset: str, split: str, positions: np.ndarray) -> dict[str, Sequence[str]]:
        """Return the groups of the examples, where the very set that was asked about is here."""
        with contextlib.suppress(errors.UserError):
            told = self.data[dataset].digests.get(split) if dataset in self.data else None
            if dataset in images.names() and images.card(dataset).groups and images.card(dataset).digests.get(split) == told:
                chosen = images.load(dataset, split)
                return {name: [str(column[i]) for i in positions] for name, column in chosen.groups.items()}
        return {}


def _key(place: Any) -> Place:
    network, dataset, split, shift, strength = place
    return str(network), str(dataset), str(split), str(shift or ""), float(strength)


def _number(value: Any) -> float | None:
    return None if value is None or value is pd.NA else float(value)


def _alike(then: float | None, now: float | None) -> bool:
    """Return whether two numbers are the same up to rounding; undefined ones are alike."""
    missing = [value is None or math.isnan(value) for value in (then, now)]
    if any(missing) or then is None or now is None:
        return all(missing)
    return abs(then - now) <= CLOSE * max(1.0, abs(then))
