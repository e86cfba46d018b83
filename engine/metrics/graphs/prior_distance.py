"""Distance to the prior.

Mean squared difference to the prior's link probabilities after matching modules to its nodes (a local optimum: exact matching is
NP-hard).
"""

import numpy as np
from jaxtyping import Float

from engine.stats import matching

VERSION = 1
UNIT = "squared probability"
BETTER = "neither"
CITATION = "N. Rahaman et al. Neural Attentive Circuits. NeurIPS 2022, section 3; assignments are repeated here until nothing changes."


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return the distance; NaN where there is no prior or it has another number of modules."""
    if target is None or target.shape != links.shape:
        return float("nan")
    return matching.match(target, links).cost
