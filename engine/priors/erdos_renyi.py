"""Erdős-Rényi.

One random graph, drawn by the seed: each link is there with the common density, regardless of the others.
"""

import numpy as np
from jaxtyping import Float

from engine import priors

VERSION = 1
CITATION = "P. Erdős, A. Rényi. On Random Graphs I. Publicationes Mathematicae 6, 1959."


def graphon(modules: int, seed: int) -> Float[np.ndarray, "u u"]:
    """Return a drawn graph: 1 for a link, 0 for none."""
    drawn = np.triu(np.random.default_rng([seed, modules]).random((modules, modules)) < priors.DENSITY, 1)
    return (drawn | drawn.T).astype(np.float64)
