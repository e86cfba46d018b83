"""Path length.

Mean number of steps between two modules along links above one half; pairs without any path are left out.
"""

import numpy as np
from jaxtyping import Float
from scipy.sparse import csgraph

VERSION = 1
UNIT = "steps"
BETTER = "neither"
CITATION = "D. J. Watts, S. H. Strogatz. Collective dynamics of small-world networks. Nature 393, 1998."
THRESHOLD = 0.5


def compute(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None) -> float:
    """Return the mean over connected pairs; NaN where no two modules are connected."""
    steps = csgraph.shortest_path(((links + links.T) / 2 > THRESHOLD).astype(np.float64), unweighted=True, directed=False)
    between = steps[~np.eye(len(links), dtype=bool)]
    joined = between[np.isfinite(between)]
    return float(joined.mean()) if len(joined) else float("nan")
