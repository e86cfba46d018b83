"""Strong density.

Share of all possible links whose value exceeds one half: the links that are there when the graph is thresholded there.
"""

import numpy as np
from jaxtyping import Float

VERSION = 1
UNIT = "fraction"
BETTER = "neither"
CITATION = "N. Rahaman et al. Neural Attentive Circuits. NeurIPS 2022 (the threshold of the released code)."
THRESHOLD = 0.5


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return the share; NaN for fewer than two nodes."""
    n = len(links)
    return float((links > THRESHOLD).sum() / (n * (n - 1))) if n > 1 else float("nan")
