"""Communities of a weighted graph by the Louvain method (Blondel et al. 2008), on dense matrices."""

import numpy as np
from jaxtyping import Float, Int

LEAST = 1e-9  # of modularity, that a move must gain
STARTS = 5


def modularity(links: Float[np.ndarray, "u u"], group: Int[np.ndarray, " u"]) -> float:
    """Return Newman's modularity Q of a partition of a symmetric weighted graph; NaN without links."""
    total = links.sum()
    if total <= 0:
        return float("nan")
    inside = links[group[:, None] == group[None]].sum() / total
    degree = np.bincount(group, links.sum(1)) / total
    return float(inside - (degree**2).sum())


def louvain(links: Float[np.ndarray, "u u"], seed: int = 0) -> Int[np.ndarray, " u"]:
    """Return the best partition of several runs, each with nodes in an order of its own; communities by falling size."""
    symmetric = (links + links.T) / 2
    rng = np.random.default_rng(seed)
    tried = [_once(symmetric, rng) for _ in range(STARTS)]
    values = [modularity(symmetric, group) for group in tried]
    return _renamed(tried[int(np.nanargmax(values))] if not np.isnan(values).all() else np.arange(len(links)))


def _once(links: Float[np.ndarray, "u u"], rng: np.random.Generator) -> Int[np.ndarray, " u"]:
    """Return communities: move nodes, make each community a node, repeat until nothing joins."""
    group, graph = np.arange(len(links)), links
    while True:
        moved = _moved(graph, rng)
        number = int(moved.max(initial=-1)) + 1
        if number == len(graph):
            return group
        group = moved[group]
        member = np.eye(number)[moved]  # (nodes, communities)
        graph = member.T @ graph @ member


def _moved(graph: Float[np.ndarray, "u u"], rng: np.random.Generator) -> Int[np.ndarray, " u"]:
    """Return each node's community after moving nodes one by one to where modularity gains most, until none gains."""
    n, total, degree = len(graph), graph.sum(), graph.sum(1)
    group = np.arange(n)
    if total <= 0:
        return group
    held = degree.copy()  # sum of the degrees of each community
    changed = True
    while changed:
        changed = False
        for node in rng.permutation(n):
            mine = group[node]
            held[mine] -= degree[node]
            toward = np.bincount(group, graph[node], n)
            toward[mine] -= graph[node, node]
            gain = toward - degree[node] * held / total
            best = int(gain.argmax())
            if gain[best] > gain[mine] + LEAST * total:
                group[node], changed = best, True
            held[group[node]] += degree[node]
    return np.unique(group, return_inverse=True)[1]


def _renamed(group: Int[np.ndarray, " u"]) -> Int[np.ndarray, " u"]:
    """Return communities numbered by falling size, equal ones by their first node."""
    names, first, sizes = np.unique(group, return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    return place[np.searchsorted(names, group)]
