"""Clustering.

How likely two partners of a module are to be linked themselves, with link values as weights: triangles over open triples.
"""

import numpy as np
from jaxtyping import Float

VERSION = 1
UNIT = "fraction"
BETTER = "neither"
CITATION = "B. Zhang, S. Horvath. A General Framework for Weighted Gene Co-Expression Network Analysis. SAGMB 4(1), 2005."


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return sum of triangle products over sum of triple products; NaN without a triple."""
    w = (links + links.T) / 2
    triples = float((w.sum(1) ** 2 - (w**2).sum(1)).sum())
    return float(np.trace(w @ w @ w)) / triples if triples > 0 else float("nan")
