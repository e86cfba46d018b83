"""Metrics of one network's answers to two sets: can it tell out-of-distribution examples by its own logits? NumPy only.

The in-distribution examples are the positives and should score higher. A file here is a metric. Its docstring is its
card (a title line, then plain text) and it offers `VERSION`, `UNIT`, `BETTER`, `CITATION` and `compute(id_logits,
ood_logits) -> float`; optionally `interval(id_logits, ood_logits) -> (low, high)`, without which both sets are
resampled.
"""

import math
from types import ModuleType

import numpy as np
from jaxtyping import Float

from engine import errors, registry
from engine.metrics import measures
from engine.metrics.measures import Measure
from engine.stats import bootstrap, intervals

ROOM = "metrics/pairs"
SLOW_NUMBERS = 2 * 10**8  # logits that a metric without `interval` reads over all its resamples
FEWEST_RESAMPLES = 100


def names() -> tuple[str, ...]:
    """Return all pair metrics, sorted."""
    return registry.names(ROOM)


def card(name: str) -> registry.Card:
    """Return a metric's card, read without importing it; raises UserError for an unknown name, with the nearest."""
    _known(name)
    return registry.card(ROOM, name)


def _known(name: str) -> None:
    if name not in (known := names()):
        raise errors.unknown("pair metric", name, known)


def measure(name: str, id_logits: Float[np.ndarray, "n_id id_classes"], ood_logits: Float[np.ndarray, "n_ood ood_classes"]) -> Measure:
    """Return what a metric says of a pair, with a 95 % interval; n counts the out-of-distribution examples.

    Args:
        name: A metric of this room.
        id_logits: The network's answers to the in-distribution set.
        ood_logits: Its answers to the other set, over the same classes.

    Raises:
        UserError: for an unknown metric, or two sets answered over different classes.
    """
    _known(name)
    metric = registry.load(ROOM, name)
    if id_logits.shape[1] != ood_logits.shape[1]:
        raise errors.UserError(
            f"The logits have {id_logits.shape[1]} classes on one set and {ood_logits.shape[1]} on the other.",
            "Compare answers of one network over the same classes.",
        )
    for side, logits in (("In distribution", id_logits), ("Out of distribution", ood_logits)):
        if reason := measures.trouble(logits):
            return measures.absent(len(ood_logits), f"{side}: {reason[0].lower()}{reason[1:]}")
    value = float(metric.compute(id_logits, ood_logits))
    if math.isnan(value):
        undefined = getattr(metric, "UNDEFINED", "The metric is undefined on this pair.")
        return Measure(value, None, None, len(ood_logits), reason=undefined)
    quick = hasattr(metric, "interval")
    low, high = metric.interval(id_logits, ood_logits) if quick else _slow_interval(metric, id_logits, ood_logits)
    return measures.of(value, low, high, len(ood_logits))


def _slow_interval(metric: ModuleType, id_logits: np.ndarray, ood_logits: np.ndarray) -> tuple[float, float]:
    if min(len(id_logits), len(ood_logits)) < 2:
        return float("nan"), float("nan")
    size = id_logits.size + ood_logits.size
    resamples = min(bootstrap.RESAMPLES, max(FEWEST_RESAMPLES, SLOW_NUMBERS // size))
    rng = np.random.default_rng(bootstrap.SEED)
    values = [float(metric.compute(*(part[rng.integers(0, len(part), len(part))] for part in (id_logits, ood_logits)))) for _ in range(resamples)]
    return intervals.percentile(np.array(values))
