"""Planted partition.

Groups of modules that are linked with probability 0.9 inside and 0.05 between groups (stochastic block model).
"""

import numpy as np
from jaxtyping import Float

from engine.priors import _blocks

VERSION = 1
CITATION = "A. Condon, R. M. Karp. Algorithms for Graph Partitioning on the Planted Partition Model. Random Structures and Algorithms 18(2), 2001."


def graphon(modules: int, seed: int) -> Float[np.ndarray, "u u"]:
    """Return the link probabilities; nothing in them is random."""
    return _blocks.planted(modules)
