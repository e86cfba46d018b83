"""Scale-free.

Link probabilities of a Barabási-Albert graph, proportional to 1 / sqrt(i j) for modules i and j in the order of their age: few hubs and
many modules with few links. Scaled to the common density, where the released code's depends on the number of modules alone.
"""

import numpy as np
from jaxtyping import Float

from engine import priors

VERSION = 1
CITATION = "A.-L. Barabási, R. Albert. Emergence of Scaling in Random Networks. Science 286, 1999."
ROUNDS = 60


def graphon(modules: int, seed: int) -> Float[np.ndarray, "u u"]:
    """Return the link probabilities; nothing in them is random."""
    age = np.arange(1, modules + 1, dtype=np.float64)
    shape = 1 / np.sqrt(np.outer(age, age))
    off = ~np.eye(modules, dtype=bool)
    low, high = 0.0, float(modules)
    for _ in range(ROUNDS):  # the density grows with the scale
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(middle * shape, 1)[off].mean() < priors.DENSITY else (low, middle)
    return np.minimum(high * shape, 1)
