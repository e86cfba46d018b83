"""From a network's logits to its outcomes on the units of a world, and from outcomes to numbers with intervals. NumPy only.

A world is compared with the base world unit by unit: each unit has the same noise in both, so that what differs is what the
factor does, and the interval of the difference is narrow.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from engine import errors, registry
from engine.metrics import measures
from engine.metrics.classification import _ece, _mean
from engine.stats import bootstrap, calibration, intervals, paired, softmax

METRICS = ("accuracy", "mean_confidence", "ece")
ROOM = "metrics/classification"
BOTH = 1 - (1 - intervals.LEVEL) / 2  # level of each of two intervals that hold together 95 % of the time
RESAMPLES = 2000  # of differences: a curve has a hundred of them


@dataclass(frozen=True, eq=False)
class Outcomes:
    """A network's answers to the units of a world; classes count as the system's do."""

    labels: Int[np.ndarray, " n"]
    predicted: Int[np.ndarray, " n"]
    confidence: Float32[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def hits(self) -> Bool[np.ndarray, " n"]:
        """Which units were answered right."""
        return self.predicted == self.labels

    @functools.cached_property
    def gaps(self) -> Float64[np.ndarray, "n bins"]:
        """Each unit's confidence minus its correctness, in the column of its bin: what calibration error sums."""
        confidence = self.confidence.astype(np.float64)
        return calibration.gaps(confidence, self.hits, calibration.bin_of(confidence))

    @functools.cached_property
    def wider(self) -> tuple[float, float]:
        """The interval of the calibration error in which it lies 97.5 % of the time: every world is compared with its base's."""
        return _around(self, BOTH)


@dataclass(frozen=True, slots=True)
class Number:
    """What one metric says of a world, and how far that is from the base world; None where there is no base to compare with."""

    metric: str
    value: float
    low: float | None
    high: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None
    gained: int | None = None
    lost: int | None = None


def columns(network: Sequence[str], system: Sequence[str]) -> list[int]:
    """Return the network's output for each class of the system, by name.

    Raises:
        UserError: where the network lacks a class.
    """
    if lacking := [name for name in system if name not in network]:
        few = ", ".join(lacking[:4]) + (" …" if len(lacking) > 4 else "")
        raise errors.UserError(
            f"The network does not know {len(lacking)} of the system's {len(system)} classes ({few}).", "Choose a network of the same task."
        )
    return [list(network).index(name) for name in system]


def of_logits(logits: Float32[np.ndarray, "n outputs"], among: Sequence[int], labels: Int[np.ndarray, " n"]) -> Outcomes:
    """Return the outcomes of logits, among the outputs that stand for the system's classes.

    Raises:
        UserError: where a logit is NaN or infinite: no number would be right.
    """
    mine = logits[:, list(among)]
    if said := measures.trouble(mine):
        raise errors.UserError(said, "The network cannot answer these pictures.")
    return Outcomes(labels, mine.argmax(axis=1), softmax.confidence(mine).astype(np.float32))


def numbers(here: Outcomes, base: Outcomes | None = None) -> list[Number]:
    """Return accuracy, mean confidence and calibration error of a world, with 95 % intervals, and their paired differences from a base.

    Intervals of a world are those of `engine.metrics`. The difference of accuracies has the paired bootstrap's interval and
    McNemar's exact p, that of confidences the paired bootstrap's. Calibration error is pushed up by noise, more where it is small, so that a
    bootstrap of its difference covers too little; its difference has the interval that follows from one of 97.5 % around each.

    Args:
        here: Outcomes in the world.
        base: Outcomes of the same units in the base world; None in the base world itself.
    """
    return [_accuracy(here, base), _confidence(here, base), _calibration(here, base)]


def version(metric: str) -> int:
    """Return the version of a metric of `METRICS`."""
    return registry.card(ROOM, metric).constants["VERSION"]


def _accuracy(here: Outcomes, base: Outcomes | None) -> Number:
    right = int(here.hits.sum())
    low, high = intervals.wilson(right, len(here))
    value = Number("accuracy", right / len(here), float(low), float(high))
    if base is None:
        return value
    found = paired.compare(here.hits, base.hits, resamples=RESAMPLES)
    return Number(
        "accuracy", value.value, value.low, value.high, found.difference, found.low, found.high, found.p, found.first_only, found.second_only
    )


def _confidence(here: Outcomes, base: Outcomes | None) -> Number:
    mean = float(here.confidence.mean(dtype=np.float64))
    low, high = _within(mean, *bootstrap.interval(here.confidence[:, None], _mean.combine))
    if base is None:
        return Number("mean_confidence", mean, low, high)
    found = paired.compare_scores(here.confidence, base.confidence, resamples=RESAMPLES)
    return Number("mean_confidence", mean, low, high, found.difference, found.low, found.high, found.p)


def _calibration(here: Outcomes, base: Outcomes | None) -> Number:
    value = _error(here)
    low, high = _around(here, intervals.LEVEL)
    if base is None:
        return Number("ece", value, low, high)
    (least, most), (base_least, base_most) = here.wider, base.wider
    return Number("ece", value, low, high, value - _error(base), least - base_most, most - base_least)


def _error(one: Outcomes) -> float:
    return float(_ece.combine(one.gaps.sum(axis=0), len(one)))


def _around(one: Outcomes, level: float) -> tuple[float, float]:
    """Return the interval of a world's calibration error; 0 has the point 0."""
    value = _error(one)
    return _within(value, *bootstrap.inverted(one.gaps, _ece.combine, _ece.null, level=level))


def _within(value: float, low: float, high: float) -> tuple[float, float]:
    """Return bounds that contain their value: sums are taken in float32; undefined ones are the value."""
    return (value, value) if np.isnan(low) else (min(low, value), max(high, value))
