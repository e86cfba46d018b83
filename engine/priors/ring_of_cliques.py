"""Ring of cliques.

Groups as in the planted partition; in addition the first module of each group is linked to all of its own and of the next group, and the
last group's first module to the first group's, so that the groups form a ring.
"""

import numpy as np
from jaxtyping import Float

from engine.priors import _blocks

VERSION = 1
CITATION = "N. Rahaman et al. Neural Attentive Circuits. NeurIPS 2022 (the released code leaves the ring open; here it is closed)."


def graphon(modules: int, seed: int) -> Float[np.ndarray, "u u"]:
    """Return the link probabilities; nothing in them is random."""
    mine = _blocks.groups(modules)
    found, number = _blocks.planted(modules), int(mine.max()) + 1
    for group in range(number):
        first = int(np.flatnonzero(mine == group)[0])
        near = (mine == group) | (mine == (group + 1) % number)
        found[first, near] = found[near, first] = 1.0
    return found
