"""Density.

Mean link value between different modules: the expected share of all possible links.
"""

import numpy as np
from jaxtyping import Float

VERSION = 1
UNIT = "fraction"
BETTER = "neither"
CITATION = "M. E. J. Newman. Networks, 2nd edition. Oxford University Press, 2018, section 6.10."


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return the density; NaN for fewer than two nodes."""
    n = len(links)
    return float(links.sum() / (n * (n - 1))) if n > 1 else float("nan")
