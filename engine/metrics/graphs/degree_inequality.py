"""Inequality of degrees.

Gini coefficient of the expected degrees: 0 where all modules have as many links, near 1 where a few hubs have them all.
"""

import numpy as np
from jaxtyping import Float

VERSION = 1
UNIT = "fraction"
BETTER = "neither"
CITATION = "C. Gini. Variabilità e mutabilità. Bologna, 1912; for degrees: H.-B. Hu, X.-F. Wang. EPL 82, 18004, 2008."


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return the coefficient; NaN without links."""
    degree = np.sort(links.sum(0))
    n = len(degree)
    if degree.sum() <= 0:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ degree / (n * degree.sum()))
