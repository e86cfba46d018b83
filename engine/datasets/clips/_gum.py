"""The published Chewing Gum geometry, with and without the gum."""

import numpy as np
from jaxtyping import Float, UInt8

from engine.datasets.clips import _scene
from engine.datasets.clips._clip import Clip

WIDTH, HEIGHT, LENGTH = 56, 50, 40
SEED = 20_221_012
SPLITS = ("train", "val", "test")
_CENTRE = np.array([28.0, 25.0])
_RADIUS, _CANDIDATES = 8.0, 44
_QUADRANTS = ((-8, -8), (0, -8), (-8, 0), (0, 0))


def drawn(name: str, split: str, index: int, *, gum: bool) -> Clip:
    """Return one clip: a still shape and one that walks a square around it, in random depth order."""
    rng = np.random.default_rng([SEED, SPLITS.index(split), index])
    shapes, colours = [_shape(rng) for _ in range(2)], rng.integers(0, 256, (3, 3)).astype(np.uint8)
    still = np.broadcast_to(_CENTRE, (LENGTH, 2))
    paths = (still, _walk(int(rng.integers(4))))
    bottom, upper = (int(k) for k in rng.permutation(2))
    quadrant = np.array(_QUADRANTS[int(rng.integers(4))], np.float64)
    background = _scene.Layer((), _maps(still), _plain(rng.integers(0, 128, 3)))
    layers = [background, _layer(shapes[bottom], paths[bottom], colours[bottom], bottom)]
    if gum:
        square = quadrant + np.array([(0, 0), (7, 0), (7, 7), (0, 7)], np.float64)
        layers.append(_scene.Layer((square,), _maps(paths[bottom]), _plain(colours[2]), occluder=True))
    layers.append(_layer(shapes[upper], paths[upper], colours[upper], upper))
    return _scene.clip(f"{name}/{split}/{index}", layers, HEIGHT, WIDTH, hidden=f"object {bottom}")


def _layer(shape: Float[np.ndarray, "k 2"], path: Float[np.ndarray, "t 2"], colour: UInt8[np.ndarray, " 3"], which: int) -> _scene.Layer:
    return _scene.Layer((shape,), _maps(path), _plain(colour), track=f"object {which}")


def _plain(colour: np.ndarray) -> UInt8[np.ndarray, "1 1 3"]:
    return colour.astype(np.uint8).reshape(1, 1, 3)


def _shape(rng: np.random.Generator) -> Float[np.ndarray, "k 2"]:
    """Return 7 to 11 of 44 points of a circle, in their order."""
    angles = 2 * np.pi * np.sort(rng.choice(_CANDIDATES, int(rng.integers(7, 12)), replace=False)) / _CANDIDATES
    return _RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _walk(corner: int) -> Float[np.ndarray, "t 2"]:
    """Return a way round the 16 x 16 rectangle, two pixels a frame, from one of its corners."""
    corners = np.array([(20, 17), (36, 17), (36, 33), (20, 33)], np.float64)
    steps = corner * 8 + np.arange(LENGTH)
    start, end = corners[(steps // 8) % 4], corners[(steps // 8 + 1) % 4]
    return start + (end - start) * ((steps % 8) / 8)[:, None]


def _maps(path: Float[np.ndarray, "t 2"]) -> Float[np.ndarray, "t 3 3"]:
    maps = np.tile(np.eye(3), (len(path), 1, 1))
    maps[:, :2, 2] = path
    return maps
