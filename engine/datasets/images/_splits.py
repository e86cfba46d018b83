"""Splits that depend on the images alone: no random generator, whose streams may change between versions."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from engine import hashing


def parts(labels: Int[np.ndarray, " n"], ids: Sequence[str], shares: Mapping[str, float], seed: int) -> dict[str, Int[np.ndarray, " m"]]:
    """Return the positions of each split: stratified by label, disjoint, each image once, shuffled.

    Images stand in the order of the hash of (seed, id), and of each class a split takes its share; equal images count
    once. So the split depends on the images alone, on no random generator, and any first part of it is a random
    sample.
    """
    taken: dict[str, list[int]] = {name: [] for name in shares}
    ends = np.cumsum(list(shares.values())) / sum(shares.values())
    for label in np.unique(labels):
        once = {ids[i]: i for i in reversed(np.flatnonzero(labels == label).tolist())}
        ranked = sorted(once, key=lambda name: rank(name, seed))
        bounds = [0, *(round(end * len(ranked)) for end in ends)]
        for split, start, stop in zip(shares, bounds[:-1], bounds[1:], strict=True):
            taken[split] += [once[name] for name in ranked[start:stop]]
    return {name: np.array(sorted(where, key=lambda i: rank(ids[i], seed)), np.int64) for name, where in taken.items()}


def rank(name: str, seed: int) -> str:
    """Return what shuffles examples: the hash of the seed and an example's id."""
    return hashing.of_parts(seed, name)
