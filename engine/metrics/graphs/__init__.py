"""Metrics of a module graph. NumPy and SciPy only.

A graph is its link values, (u, u), in 0..1; the diagonal is ignored. A file here is a metric: its docstring is its card (a title line,
then plain text), and it offers `VERSION`, `UNIT`, `BETTER` (none is: graphs are only different), `CITATION` and `compute(links, target) ->
float`, NaN where it is undefined; `target` is the prior's graphon, None where there is none. `_communities.py` finds communities.
"""

import numpy as np
from jaxtyping import Float, Int

from engine import errors, registry
from engine.metrics.graphs import _communities

__all__ = ["ROOM", "communities", "compute", "degrees", "every", "names"]

ROOM = "metrics/graphs"


def names() -> tuple[str, ...]:
    """Return all graph metrics, sorted."""
    return registry.names(ROOM)


def compute(name: str, links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None = None) -> float:
    """Return one metric of a graph.

    Raises:
        UserError: for an unknown metric, a graph that is not square, or values outside 0..1.
    """
    if name not in names():
        raise errors.unknown("graph metric", name, names())
    return float(registry.load(ROOM, name).compute(bare(links), None if target is None else bare(target)))


def every(links: Float[np.ndarray, "u u"], target: Float[np.ndarray, "u u"] | None = None) -> dict[str, float]:
    """Return all metrics of a graph by name."""
    return {name: compute(name, links, target) for name in names()}


def bare(links: Float[np.ndarray, "u u"]) -> Float[np.ndarray, "u u"]:
    """Return a graph's values in double precision with an empty diagonal; raises UserError where it is no graph."""
    found = np.array(links, np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise errors.UserError(f"A graph has shape {list(found.shape)}.", "Give as many rows as columns.")
    if not np.isfinite(found).all() or found.min(initial=0) < 0 or found.max(initial=0) > 1 + 1e-6:
        raise errors.UserError("A graph has link values outside 0 to 1.", "Links are probabilities or shares.")
    np.fill_diagonal(found, 0)
    return found


def degrees(links: Float[np.ndarray, "u u"]) -> Float[np.ndarray, " u"]:
    """Return the expected number of links of each node: how many others it is listened to by, on average."""
    return bare(links).sum(0)


def communities(links: Float[np.ndarray, "u u"], seed: int = 0) -> Int[np.ndarray, " u"]:
    """Return the community of each node (Louvain on link values), numbered from 0, the largest first."""
    return _communities.louvain(bare(links), seed)
