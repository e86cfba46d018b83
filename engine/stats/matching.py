"""Matching the nodes of two graphs: which module of one is which of the other, and what the match costs."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

ROUNDS = 10
STARTS = 4
SMALL = 64  # nodes up to which pairs are exchanged, and chance is given as many beginnings


@dataclass(frozen=True)
class Match:
    """A permutation and its cost: node `order[i]` of the second graph stands where node i of the first does."""

    order: Int[np.ndarray, " n"]
    cost: float  # mean squared difference of link values off the diagonal, after matching
    unmatched: float  # the same with nodes in their own order


def cost(target: Float[np.ndarray, "n n"], found: Float[np.ndarray, "n n"]) -> float:
    """Return the mean squared difference off the diagonal; 0 for fewer than two nodes."""
    n = len(target)
    if n < 2:
        return 0.0
    squared = (target - found) ** 2
    return float((squared.sum() - np.trace(squared)) / (n * (n - 1)))


def match(
    target: Float[np.ndarray, "n n"], found: Float[np.ndarray, "n n"], start: Int[np.ndarray, " n"] | None = None, *,
    rounds: int = ROUNDS, starts: int = STARTS, seed: int = 0,
) -> Match:  # fmt: skip
    """Return the best of several matches that repeat assign-and-permute until nothing changes.

    One Hungarian pass compares rows while columns are still in the old order; it leaves an exact copy of a planted graph
    unmatched. The first guess compares sorted rows, which no order changes. Exact matching is NP-hard; this is a local optimum.

    Args:
        target: The first graph, its diagonal ignored.
        found: The second graph, as many nodes.
        start: An order to begin with, such as that of a training step before, tried beside the guesses.
        rounds: At most so many passes from each beginning.
        starts: Random beginnings besides.
        seed: Of the random beginnings.
    """
    target, found = _bare(target), _bare(found)
    rng = np.random.default_rng(seed)
    n = len(target)
    begin = [np.arange(n), _by_profile(target, found), *([] if start is None else [start]), *(rng.permutation(n) for _ in range(starts))]
    tried = [_refined(target, found, order, rounds) for order in begin]
    costs = [cost(target, found[np.ix_(order, order)]) for order in tried]
    best = int(np.argmin(costs))
    return Match(tried[best], costs[best], cost(target, found))


def rows(target: Float[np.ndarray, "n k"], found: Float[np.ndarray, "n k"]) -> Int[np.ndarray, " n"]:
    """Return the order that brings vectors nearest to others, each to one (Hungarian method, squared distance): exact."""
    return linear_sum_assignment(_squared(target, found))[1]


def by_chance(
    target: Float[np.ndarray, "n n"], found: Float[np.ndarray, "n n"], draws: int, *, width: int | None = None, seed: int = 0
) -> Float[np.ndarray, " draws"]:
    """Return what a match costs when nothing but the values of the second graph's links is kept, so often as draws are asked for.

    Args:
        target: The first graph.
        found: The second graph, symmetric.
        draws: How many graphs are drawn.
        width: Places of the values: None = any; else as near random directions of that width are, so that friends of friends are friends.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    starts = STARTS if len(target) <= SMALL else 0
    return np.array([match(target, _scattered(found, width, rng), starts=starts, seed=seed).cost for _ in range(draws)])


def _scattered(graph: Float[np.ndarray, "n n"], width: int | None, rng: np.random.Generator) -> Float[np.ndarray, "n n"]:
    """Return a symmetric graph with the same link values at other places."""
    upper = np.triu_indices(len(graph), 1)
    values = np.sort(graph[upper])
    if width is None:
        places = rng.permutation(len(values))
    else:
        directions = rng.normal(size=(len(graph), width))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        places = np.argsort(np.argsort((directions @ directions.T)[upper]))
    made = np.eye(len(graph))
    made[upper] = values[places]
    return np.maximum(made, made.T)


def _bare(graph: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    bare = np.array(graph, np.float64)
    np.fill_diagonal(bare, 0)
    return bare


def _by_profile(target: Float[np.ndarray, "n n"], found: Float[np.ndarray, "n n"]) -> Int[np.ndarray, " n"]:
    """Return the order in which nodes have the most similar sorted link values."""
    return rows(np.sort(target, axis=1), np.sort(found, axis=1))


def _refined(target: Float[np.ndarray, "n n"], found: Float[np.ndarray, "n n"], order: Int[np.ndarray, " n"], rounds: int) -> Int[np.ndarray, " n"]:
    """Return the order after assigning rows by their columns as ordered so far, again and again, as long as the cost falls."""
    best, least = order, cost(target, found[np.ix_(order, order)])
    for _ in range(rounds):
        order = rows(target, found[:, best])
        now = cost(target, found[np.ix_(order, order)])
        if now >= least:
            break
        best, least = order, now
    return _swapped(target, found, best) if len(best) <= SMALL else best


def _swapped(target: Float[np.ndarray, "n n"], found: Float[np.ndarray, "n n"], order: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return the order after exchanging pairs of nodes as long as that helps: assignments cannot see gains of two at once."""
    order = order.copy()
    for _ in range(len(order)):
        now = found[np.ix_(order, order)]
        gain = _gains(target, now)
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[i, j] <= 1e-12:
            break
        order[[i, j]] = order[[j, i]]
    return order


def _gains(target: Float[np.ndarray, "n n"], now: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return how much of sum target * now exchanging each pair of nodes adds, both graphs symmetric with an empty diagonal."""
    product = target @ now  # sum_k target_ik now_kj
    own = np.diag(product)
    both = 2 * target * now
    return product + product.T - own[:, None] - own[None, :] + both


def _squared(a: Float[np.ndarray, "n k"], b: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "n m"]:
    return (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
