"""Places for things in the plane, from what they are alone: the same things lie in the same places every time."""

import numpy as np
from jaxtyping import Float, Int

APART = 0.03  # of the width: nearer neighbours are pushed to about this distance
ROUNDS = 60
GAP = 1.25  # of a disc's radius, between discs of groups
MOST_PUSHED = 600  # things; of more, all pairs would take too long, and a picture has no room for them apart


def plane(vectors: Float[np.ndarray, "n d"], apart: float = APART) -> Float[np.ndarray, "n 2"]:
    """Return each vector's place in -1..1, by its two main directions (PCA), equal ones pushed a little apart.

    The sign of each direction is fixed (its largest entry is positive), so that nothing flips between calls. Deterministic.
    """
    n = len(vectors)
    if n == 0:
        return np.zeros((0, 2))
    centred = vectors - vectors.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    two = np.zeros((2, vectors.shape[1]))
    two[: min(2, len(directions))] = directions[:2]
    signs = np.sign(two[np.arange(2), np.abs(two).argmax(1)])
    places = centred @ (two * np.where(signs == 0, 1, signs)[:, None]).T
    largest = float(np.abs(places).max(initial=0))
    places = places / largest if largest > 0 else places
    return _pushed(places, apart) if n <= MOST_PUSHED else places


def by_groups(groups: Int[np.ndarray, " n"], sizes: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """Return places in which each group is a disc of its own on a ring, its members from the middle outwards by falling size.

    For many things of many groups, whose two main directions tell most groups not apart. Deterministic; within -1..1.
    """
    names, counts = np.unique(groups, return_counts=True)
    radii = np.sqrt(counts) * GAP
    share = np.cumsum(radii) - radii / 2
    angles = 2 * np.pi * share / radii.sum()
    between = np.roll(angles, -1) - angles + np.where(np.arange(len(names)) == len(names) - 1, 2 * np.pi, 0)
    needed = (radii + np.roll(radii, -1)) / (2 * np.sin(np.minimum(between, np.pi) / 2).clip(1e-9))
    ring = 0.0 if len(names) == 1 else float(needed.max())
    places = np.zeros((len(groups), 2))
    for name, angle, radius in zip(names, angles, radii, strict=True):
        mine = np.flatnonzero(groups == name)
        mine = mine[np.argsort(-sizes[mine], kind="stable")]
        out, turn = radius / GAP * np.sqrt((np.arange(len(mine)) + 0.5) / len(mine)), np.arange(len(mine)) * np.pi * (3 - np.sqrt(5))
        places[mine] = ring * np.array([np.cos(angle), np.sin(angle)]) + np.column_stack([out * np.cos(turn), out * np.sin(turn)])
    return places / max(float(np.abs(places).max(initial=0)), 1e-9)


def spread(places: Float[np.ndarray, "n 2"], apart: float) -> Float[np.ndarray, "n 2"]:
    """Return places with near pairs pushed to about `apart`, so that none hides another; of more than 600, as they are. Deterministic."""
    return _pushed(places, apart) if len(places) <= MOST_PUSHED else places


def _pushed(places: Float[np.ndarray, "n 2"], apart: float) -> Float[np.ndarray, "n 2"]:
    """Return places after pushing near pairs apart; coinciding ones leave in directions that their numbers give (golden angle)."""
    places = places.copy()
    angle = np.arange(len(places)) * np.pi * (3 - np.sqrt(5))
    away = np.column_stack([np.cos(angle), np.sin(angle)]) * 1e-3
    for _ in range(ROUNDS):
        between = (places + away)[:, None] - (places + away)[None]
        distance = np.sqrt((between**2).sum(2))
        np.fill_diagonal(distance, np.inf)
        lacking = np.maximum(apart - distance, 0)
        if not lacking.any():
            break
        places += (between / distance[..., None] * (lacking / 2)[..., None]).sum(1)
    return np.clip(places, -1.2, 1.2)
