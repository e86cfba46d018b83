"""What the worst-of accuracies share: the lowest accuracy among parts, with an interval that knows it was picked."""

import numpy as np
from jaxtyping import Bool, Shaped

from engine.metrics import measures
from engine.metrics.measures import Measure
from engine.stats import intervals

FEWEST = 10


def worst(hits: Bool[np.ndarray, " n"], parts: Shaped[np.ndarray, " n"], undefined: str) -> Measure:
    """Return the lowest accuracy among the parts that have at least ten examples.

    The interval holds for the minimum of the true accuracies, not for the accuracy of the part that happens to be
    lowest: it goes from the least lower bound to the least upper bound of all parts. Each is Clopper and Pearson's;
    the upper bounds are made wider for the number of parts (Bonferroni), as all of them must hold. n counts the
    lowest part.

    Args:
        hits: Whether each example was answered right.
        parts: To which part each example belongs.
        undefined: The reason to give where no part has ten examples.
    """
    _, index, sizes = np.unique(parts, return_inverse=True, return_counts=True)
    right = np.bincount(index, weights=hits, minlength=len(sizes))
    right, sizes = right[sizes >= FEWEST], sizes[sizes >= FEWEST]
    if not len(sizes):
        return Measure(float("nan"), None, None, len(hits), reason=undefined)
    lowest = int(np.argmin(right / sizes))
    low, _ = intervals.clopper_pearson(right, sizes)
    _, high = intervals.clopper_pearson(right, sizes, 1 - (1 - intervals.LEVEL) / len(sizes))
    return measures.of(right[lowest] / sizes[lowest], low.min(), high.min(), int(sizes[lowest]))
