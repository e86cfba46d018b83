"""From a strength to the numbers behind it."""

import math
from collections.abc import Sequence

from engine import errors

PUBLISHED_SIDE = 224  # pixels; the side at which ImageNet-C's lengths were published


def level(values: Sequence[float], strength: float) -> float:
    """Return the published value at a whole strength, and between two of them the linear interpolation.

    Args:
        values: the parameter at strengths 1, 2, …
        strength: in [1, number of values].

    Raises:
        UserError: outside of that range.
    """
    within(strength, 1.0, float(len(values)))
    below = min(math.floor(strength), len(values) - 1)
    share = strength - below
    return values[below - 1] * (1 - share) + values[below] * share


def within(strength: float, low: float, high: float) -> float:
    """Return the strength; raises UserError where it is not a number from `low` to `high`."""
    if not low <= strength <= high:
        raise errors.UserError(f"A strength of {strength:g} is out of range.", f"Choose one from {low:g} to {high:g}.")
    return float(strength)


def scale(size: int) -> float:
    """Return what a published length is multiplied by at a side of `size` pixels."""
    return size / PUBLISHED_SIDE
