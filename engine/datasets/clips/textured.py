"""Textured shapes of 64 x 64 pixels: one target, one or two occluders that cross it.

The target is a star polygon (8 to 14 corners, radius 13 to 18 times 0.3 to 1 for each corner) that moves up to 0.9 pixels a frame along each
axis, turns, and bounces off a margin; occluders of radius 6 to 10 are aimed at it. One target in four has a patch stuck to it, under which it
is never seen. Noise is on everything, so that flow can be estimated. 16 frames a clip. Splits besides train, val and test change one thing
each: heavy (larger occluders, also whole concealment), unseen_shape (crosses, letters, rings), scale (the target grows or shrinks), articulated
(it has a limb that swings), moving_camera (the whole picture sways).
"""

from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from engine.datasets.clips import _contours, _scene
from engine.datasets.clips._clip import Clip

VERSION = 1
SPLITS = ("train", "val", "test", "heavy", "unseen_shape", "scale", "articulated", "moving_camera")
SIZES: Mapping[str, int] = {
    "train": 1_500, "val": 100, "test": 100, "heavy": 100, "unseen_shape": 100, "scale": 100, "articulated": 100, "moving_camera": 100,
}  # fmt: skip
LICENCE = "drawn by this program; no terms"
SOURCE = "drawn by this program"
CITATION = "After the idea of J. Yao et al. Self-supervised Amodal Video Object Segmentation. NeurIPS 2022."
SIDE, LENGTH = 64, 16
SEED = 20_221_210
_MARGIN = 18.0  # pixels that the target's centre keeps from the border
_TEXTURE = 81  # pixels, odd: the middle is a pixel
_PATCHED = 0.25  # share of targets with a patch stuck to them


def load(split: str, index: int) -> Clip:
    """Return one clip; equal arguments give equal clips."""
    rng = np.random.default_rng([SEED, SPLITS.index(split), index])
    heavy = split == "heavy"
    radius = float(rng.uniform(13, 18))
    shape = _contours.unseen(rng, radius) if split == "unseen_shape" else _contours.star(rng, radius, int(rng.integers(8, 15)), 0.3)
    path = _path(rng)
    growth = float(rng.choice([-1, 1]) * rng.uniform(0.02, 0.035)) if split == "scale" else 0.0
    target = _maps(path, rng.uniform(0, 2 * np.pi) + rng.uniform(-0.05, 0.05) * np.arange(LENGTH), np.exp(growth * (np.arange(LENGTH) - LENGTH / 2)))
    layers = [_scene.Layer((), _still(), _noise(rng))]
    coat = _noise(rng)
    if split == "articulated":
        layers.append(_scene.Layer(_contours.wing(rng, radius), target @ _swing(rng, radius), coat, track="target"))
        shape = tuple(0.7 * contour for contour in shape)
    layers.append(_scene.Layer(shape, target, coat, track="target"))
    if rng.random() < _PATCHED:
        layers.append(_scene.Layer(_patch(rng, radius), target, _noise(rng), occluder=True))
    count = int(rng.integers(2, 4)) if heavy else int(rng.integers(1, 3))
    layers += [_occluder(rng, path, heavy=heavy) for _ in range(count)]
    camera = _sway(rng) if split == "moving_camera" else None
    if camera is not None:
        layers = [_scene.Layer(one.contours, camera @ one.maps, one.texture, one.track, one.occluder) for one in layers]
    return _scene.clip(f"textured/{split}/{index}", layers, SIDE, SIDE, camera)


def _path(rng: np.random.Generator) -> Float[np.ndarray, "t 2"]:
    """Return a centre that moves evenly and bounces off the margin."""
    start, speed = rng.uniform(_MARGIN, SIDE - _MARGIN, 2), rng.uniform(-0.9, 0.9, 2)
    span = SIDE - 2 * _MARGIN
    way = (start - _MARGIN + speed * np.arange(LENGTH)[:, None]) % (2 * span)
    return _MARGIN + np.where(way > span, 2 * span - way, way)


def _maps(path: Float[np.ndarray, "t 2"], turns: Float[np.ndarray, " t"], sizes: Float[np.ndarray, " t"]) -> Float[np.ndarray, "t 3 3"]:
    """Return maps that scale, turn, then move."""
    maps = np.tile(np.eye(3), (len(path), 1, 1))
    cos, sin = sizes * np.cos(turns), sizes * np.sin(turns)
    maps[:, 0, 0], maps[:, 0, 1], maps[:, 1, 0], maps[:, 1, 1] = cos, -sin, sin, cos
    maps[:, :2, 2] = path
    return maps


def _still() -> Float[np.ndarray, "t 3 3"]:
    return _maps(np.full((LENGTH, 2), (SIDE - 1) / 2), np.zeros(LENGTH), np.ones(LENGTH))


def _swing(rng: np.random.Generator, radius: float) -> Float[np.ndarray, "t 3 3"]:
    """Return where a limb hangs on its target and how it swings."""
    phase, period = rng.uniform(0, 2 * np.pi), rng.uniform(12, 20)
    turns = rng.uniform(0, 2 * np.pi) + 0.6 * np.sin(phase + 2 * np.pi * np.arange(LENGTH) / period)
    return _maps(np.full((LENGTH, 2), rng.uniform(-0.15, 0.15, 2) * radius), turns, np.ones(LENGTH))


def _sway(rng: np.random.Generator) -> Float[np.ndarray, "t 3 3"]:
    """Return a camera that sways by some pixels, up to about two a frame."""
    reach, phase, period = rng.uniform(3, 8, 2), rng.uniform(0, 2 * np.pi, 2), rng.uniform(22, 30, 2)
    return _maps(reach * np.sin(phase + 2 * np.pi * np.arange(LENGTH)[:, None] / period), np.zeros(LENGTH), np.ones(LENGTH))


def _patch(rng: np.random.Generator, radius: float) -> _contours.Contours:
    angle, reach = rng.uniform(0, 2 * np.pi), 0.5 * radius
    half = rng.uniform(0.25, 0.4) * radius
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    return (corners + reach * np.array([np.cos(angle), np.sin(angle)]),)


def _occluder(rng: np.random.Generator, path: Float[np.ndarray, "t 2"], *, heavy: bool) -> _scene.Layer:
    """Return an occluder that meets the target's centre, or nearly, at some time."""
    radius = float(rng.uniform(9, 13) if heavy else rng.uniform(6, 10))
    shape = _contours.star(rng, radius, int(rng.integers(4, 8)), 0.8)
    when, angle, speed = rng.uniform(1, LENGTH - 2), rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 2.2)
    meeting = path[round(when)] + rng.normal(0, 3, 2)
    way = meeting + (np.arange(LENGTH) - when)[:, None] * speed * np.array([np.cos(angle), np.sin(angle)])
    turns = rng.uniform(-0.05, 0.05) * np.arange(LENGTH)
    return _scene.Layer(shape, _maps(way, turns, np.ones(LENGTH)), _noise(rng), occluder=True)


def _noise(rng: np.random.Generator) -> UInt8[np.ndarray, "n n 3"]:
    """Return a colour with noise of two scales on it."""
    coarse = cv2.resize(rng.normal(0, 28, (_TEXTURE // 4, _TEXTURE // 4, 1)).astype(np.float32), (_TEXTURE, _TEXTURE), interpolation=cv2.INTER_CUBIC)
    fine = rng.normal(0, 14, (_TEXTURE, _TEXTURE))
    return np.clip(rng.uniform(50, 205, 3) + (coarse + fine)[:, :, None], 0, 255).astype(np.uint8)
