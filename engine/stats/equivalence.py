"""Is a paired difference of proportions larger than a margin, or smaller than it? Intervals and tests from the two kinds of change.

To show that nothing changes is not to fail to show a change: the whole interval must lie within a margin that is small enough to
ignore (two one-sided tests; Schuirmann, "A comparison of the two one-sided tests procedure and the power approach", 1987).
"""

from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy import special

from engine.stats import intervals


def interval(lost: Any, gained: Any, n: Any, level: float = intervals.LEVEL) -> tuple[Float64[np.ndarray, " *pairs"], Float64[np.ndarray, " *pairs"]]:
    """Return Bonett and Price's interval of the share lost minus the share gained, of one pair or of many.

    It has a width where nothing changed at all. Source: Bonett and Price, "Adjusted Wald confidence interval for a
    difference of binomial proportions based on paired data", JEBS 2012.

    Args:
        lost: For each pair, examples that are right in the first only.
        gained: Those that are right in the second only.
        n: Examples.
        level: Coverage asked for.
    """
    middle, deviation = _adjusted(lost, gained, n)
    half = intervals.normal_quantile(level) * deviation
    return np.maximum(-1.0, middle - half), np.minimum(1.0, middle + half)


def p_above(lost: Any, gained: Any, n: Any, margin: float) -> Float64[np.ndarray, " *pairs"]:
    """Return the one-sided p of “no more than the margin is lost”: small where more is."""
    middle, deviation = _adjusted(lost, gained, n)
    return special.ndtr((margin - middle) / deviation)


def p_within(lost: Any, gained: Any, n: Any, margin: float) -> Float64[np.ndarray, " *pairs"]:
    """Return the p of “the margin or more is lost or gained”: small where the difference is shown to be smaller either way."""
    middle, deviation = _adjusted(lost, gained, n)
    return special.ndtr((np.abs(middle) - margin) / deviation)


def _adjusted(lost: Any, gained: Any, n: Any) -> tuple[Float64[np.ndarray, " *pairs"], Float64[np.ndarray, " *pairs"]]:
    """Return the middle and the standard error, with one example added to each kind of change."""
    n = np.asarray(n, np.float64)
    one, other = (np.asarray(lost, np.float64) + 1) / (n + 2), (np.asarray(gained, np.float64) + 1) / (n + 2)
    return one - other, np.sqrt((one + other - (one - other) ** 2) / (n + 2))
