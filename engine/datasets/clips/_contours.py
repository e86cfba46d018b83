"""Contours of shapes: star polygons for training, and crosses, letters and rings that training never has. Round (0, 0), (x, y) in pixels."""

import numpy as np
from jaxtyping import Float

Contours = tuple[Float[np.ndarray, "k 2"], ...]

# Blocky letters on a grid of 4 x 5, the corners in order.
_LETTERS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0, 0), (1, 0), (1, 4), (4, 4), (4, 5), (0, 5)),  # L
    ((0, 0), (4, 0), (4, 1), (2.5, 1), (2.5, 5), (1.5, 5), (1.5, 1), (0, 1)),  # T
    ((0, 0), (1, 0), (1, 2), (3, 2), (3, 0), (4, 0), (4, 5), (3, 5), (3, 3), (1, 3), (1, 5), (0, 5)),  # H
    ((0, 0), (4, 0), (4, 1), (1, 1), (1, 2), (3, 2), (3, 3), (1, 3), (1, 4), (4, 4), (4, 5), (0, 5)),  # E
    ((0, 0), (1, 0), (1, 4), (3, 4), (3, 0), (4, 0), (4, 5), (0, 5)),  # U
    ((0, 0), (4, 0), (4, 1), (1, 1), (1, 2), (3, 2), (3, 3), (1, 3), (1, 5), (0, 5)),  # F
)


def star(rng: np.random.Generator, radius: float, corners: int, least: float) -> Contours:
    """Return a star polygon: corners at even angles with jitter, each at a share of the radius between `least` and 1."""
    angles = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners
    reach = radius * rng.uniform(least, 1.0, corners)
    return (np.stack([reach * np.cos(angles), reach * np.sin(angles)], axis=1),)


def unseen(rng: np.random.Generator, radius: float) -> Contours:
    """Return a cross, a letter or a ring."""
    kind = int(rng.integers(3))
    if kind == 0:
        return _cross(radius, float(rng.uniform(0.2, 0.4)))
    return _letter(rng, radius) if kind == 1 else _ring(radius, float(rng.uniform(0.4, 0.65)))


def _cross(radius: float, half: float) -> Contours:
    quarter = np.array([(half, half), (half, 1), (-half, 1)]) * radius
    turns = [np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), k) for k in range(4)]
    return (np.concatenate([quarter @ turn.T for turn in turns]),)


def _letter(rng: np.random.Generator, radius: float) -> Contours:
    grid = np.array(_LETTERS[int(rng.integers(len(_LETTERS)))], np.float64)
    return ((grid - (2, 2.5)) * radius / 3,)


def _ring(radius: float, inner: float) -> Contours:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return radius * circle, radius * inner * circle


def wing(rng: np.random.Generator, length: float) -> Contours:
    """Return a limb that hangs on the origin and reaches along x."""
    half = length * rng.uniform(0.2, 0.35)
    return (np.array([(-0.15 * length, -half), (length, -half * rng.uniform(0.3, 1)), (length, half * rng.uniform(0.3, 1)), (-0.15 * length, half)]),)
