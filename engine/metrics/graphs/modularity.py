"""Modularity.

How much more weight lies inside communities (Louvain) than a random graph with the same degrees would have there.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.graphs import _communities

VERSION = 1
UNIT = "fraction"
BETTER = "neither"
CITATION = "V. D. Blondel et al. Fast unfolding of communities in large networks. Journal of Statistical Mechanics, 2008, P10008."


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return modularity Q of the best partition found; NaN without links."""
    return _communities.modularity((links + links.T) / 2, _communities.louvain(links))
