"""Photo cut-outs: people and things cut out of photos, moved by a program over another photo, behind other cut-outs.

Five silhouettes (an astronaut, a cup on its saucer, a cat's head, a cameraman, a space shuttle) slide, turn a little and bounce off a margin, while a
helmet or coins cross them. Colours and textures are photos', the motion is not: it is rigid, and its flow exact. 96 x 96 pixels, 24 frames.
"""

import functools
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from engine import errors
from engine.datasets.clips import _scene
from engine.datasets.clips._clip import Clip

VERSION = 1
SPLITS = ("test",)
SIZES: Mapping[str, int] = {"test": 40}
LICENCE = "astronaut, chelsea, coffee, camera, moon, coins, grass, gravel, brick: CC0 or public domain"
SOURCE = "photos in the package scikit-image 0.26.0, skimage/data"
CITATION = "S. van der Walt et al. scikit-image: image processing in Python. PeerJ 2:e453, 2014."
SIDE, LENGTH, SEED = 96, 24, 20_240_711
_MARGIN = 28.0  # pixels that the middle keeps from the border
_OUTLINES: Mapping[str, tuple[str, tuple[tuple[int, int], ...]]] = {  # photo and outline by hand, (x, y) in its pixels
    "astronaut": ("astronaut.png", (
        (158, 56), (183, 21), (232, 11), (288, 35), (302, 84), (288, 134), (260, 155), (302, 211), (309, 267), (345, 281), (363, 338), (338, 359),
        (288, 408), (281, 478), (288, 511), (21, 511), (21, 422), (42, 281), (105, 239), (120, 169), (148, 148), (183, 148), (155, 105),
    )),
    "cup": ("coffee.png", (
        (77, 222), (99, 140), (170, 74), (178, 49), (214, 23), (288, 15), (371, 25), (412, 66), (415, 99), (453, 140), (476, 222), (461, 288),
        (412, 346), (338, 379), (264, 384), (181, 366), (115, 321),
    )),
    "cat": ("chelsea.png", (
        (56, 6), (124, 0), (310, 19), (334, 0), (378, 0), (372, 56), (359, 111), (353, 155), (316, 204), (297, 248), (254, 291), (204, 299),
        (136, 273), (74, 235), (50, 173), (47, 74),
    )),
    "cameraman": ("camera.png", (
        (162, 141), (166, 98), (197, 73), (232, 68), (267, 91), (267, 120), (323, 141), (326, 162), (281, 176), (330, 183), (323, 267), (288, 302),
        (239, 312), (148, 345), (148, 511), (98, 511), (96, 464), (87, 511), (25, 511), (14, 338), (28, 253), (25, 183), (70, 134), (141, 113),
    )),
    "shuttle": ("astronaut.png", (
        (408, 7), (422, 0), (443, 35), (443, 84), (436, 169), (453, 211), (457, 246), (345, 246), (352, 211), (377, 197), (391, 84),
    )),
    "helmet": ("astronaut.png", (
        (288, 478), (288, 408), (330, 363), (380, 352), (436, 359), (478, 401), (495, 464), (492, 511), (302, 511),
    )),
}  # fmt: skip
_COINS = {"first coin": (334, 42, 28), "second coin": (347, 186, 30), "third coin": (45, 258, 28)}  # (x, y) and radius in coins.png
TARGETS = ("astronaut", "cup", "cat", "cameraman", "shuttle")
OCCLUDERS = ("helmet", *_COINS)
_GROUNDS = ("grass.png", "gravel.png", "brick.png", "moon.png")


def load(split: str, index: int) -> Clip:
    """Return one clip; equal arguments give equal clips. Raises UserError where the photos' package is not there."""
    rng = np.random.default_rng([SEED, SPLITS.index(split), index])
    target = TARGETS[index % len(TARGETS)]
    path = _path(rng)
    turns = rng.uniform(-0.6, 0.6) + rng.uniform(-0.03, 0.03) * np.arange(LENGTH)
    corner = rng.integers(0, 512 - 2 * SIDE, 2)
    ground = cv2.resize(_photo(str(rng.choice(_GROUNDS)))[corner[1] : corner[1] + 2 * SIDE, corner[0] : corner[0] + 2 * SIDE], (SIDE + 1, SIDE + 1))
    layers = [_scene.Layer((), _maps(np.full((LENGTH, 2), SIDE / 2), np.zeros(LENGTH)), np.asarray(ground, np.uint8))]
    layers.append(_cut(target, float(rng.uniform(22, 28)), _maps(path, turns), track=target))
    chosen = [str(one) for one in rng.choice(OCCLUDERS, int(rng.integers(1, 3)), replace=False)]
    layers += [_crossing(rng, one, path) for one in chosen]
    return _scene.clip(f"photo_cutouts/{split}/{index}", layers, SIDE, SIDE, sources={target: target}, occluders=chosen)


@functools.lru_cache(maxsize=16)
def _photo(name: str) -> UInt8[np.ndarray, "h w 3"]:
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise errors.UserError("The photos of these clips come with the package scikit-image, which is not here.", "pip install scikit-image")
    picture = cv2.imread(str(Path(found.submodule_search_locations[0]) / "data" / name), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise errors.UserError(f"The photo {name} of scikit-image cannot be read.", "Install the package again.")
    return np.asarray(picture, np.uint8)


def _outline(name: str) -> tuple[str, Float[np.ndarray, "k 2"]]:
    if name in _OUTLINES:
        photo, points = _OUTLINES[name]
        return photo, np.array(points, np.float64)
    x, y, radius = _COINS[name]
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    return "coins.png", np.array([x, y]) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _cut(name: str, radius: float, maps: Float[np.ndarray, "t 3 3"], track: str | None = None) -> _scene.Layer:
    """Return a cut-out so large that its longer half side is `radius`."""
    photo, points = _outline(name)
    low, high = points.min(0), points.max(0)
    half, middle = float((high - low).max() / 2), (low + high) / 2
    reach = int(np.ceil(half)) + 2
    wide = cv2.copyMakeBorder(_photo(photo), reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    x, y = (round(float(one)) + reach for one in middle)
    square = wide[y - reach : y + reach + 1, x - reach : x + reach + 1]
    size = 2 * round(reach * radius / half) + 1
    texture = np.asarray(cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
    return _scene.Layer(((points - middle) * radius / half,), maps, texture, track, occluder=track is None)


def _crossing(rng: np.random.Generator, name: str, path: Float[np.ndarray, "t 2"]) -> _scene.Layer:
    """Return a cut-out that meets the silhouette's middle, or nearly, at some time."""
    when, angle, speed = rng.uniform(3, LENGTH - 4), rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 2.0)
    meeting = path[round(when)] + rng.normal(0, 4, 2)
    way = meeting + (np.arange(LENGTH) - when)[:, None] * speed * np.array([np.cos(angle), np.sin(angle)])
    return _cut(name, float(rng.uniform(11, 17)), _maps(way, rng.uniform(-0.05, 0.05) * np.arange(LENGTH)))


def _path(rng: np.random.Generator) -> Float[np.ndarray, "t 2"]:
    """Return a middle that moves evenly and bounces off the margin."""
    span = SIDE - 2 * _MARGIN
    way = (rng.uniform(0, span, 2) + rng.uniform(-1.0, 1.0, 2) * np.arange(LENGTH)[:, None]) % (2 * span)
    return _MARGIN + np.where(way > span, 2 * span - way, way)


def _maps(path: Float[np.ndarray, "t 2"], turns: Sequence[float] | Float[np.ndarray, " t"]) -> Float[np.ndarray, "t 3 3"]:
    """Return maps that turn, then move."""
    maps, angles = np.tile(np.eye(3), (len(path), 1, 1)), np.asarray(turns)
    maps[:, 0, 0], maps[:, 0, 1], maps[:, 1, 0], maps[:, 1, 1] = np.cos(angles), -np.sin(angles), np.sin(angles), np.cos(angles)
    maps[:, :2, 2] = path
    return maps
