"""A picture of ice on a pane, drawn by code.

Needles start at random places and directions; along each, thinner ones branch off at sixty degrees to either side, and
so on: the habit of window frost. Beneath lies rime, noise of several grains. No photograph is involved.
"""

import functools
import math

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from engine.shifts import _blur, _strength

SIDES = 3  # width of the picture in image sides
CANVAS = SIDES * _strength.PUBLISHED_SIDE
SEED = 20190329
FERNS = 150
JOINTS = 12  # of a needle
LIGHT = (215, 165, 120)  # of needles, branches and branches of branches
TINT = ((38, 58, 84), (236, 246, 255))  # from the pane to thick ice


def piece(height: int, width: int, rng: np.random.Generator) -> Float32[np.ndarray, "h w 3"]:
    """Return a random piece of the picture in [0, 1], turned by quarters and mirrored at random."""
    turned = int(rng.integers(8))
    long = max(height, width)
    whole = picture(SIDES * min(height, width))
    reach = max(len(whole) - long, 0)
    top, left = rng.integers(reach + 1, size=2)
    cut = whole[top : top + long, left : left + long]
    if len(cut) < long:  # a strip more than three times as long as wide
        cut = cv2.resize(whole, (long, long))
    cut = np.rot90(cut if turned < 4 else cut[:, ::-1], turned % 4)
    return cut[:height, :width]


@functools.lru_cache(maxsize=8)
def picture(size: int) -> Float32[np.ndarray, "size size 3"]:
    """Return the whole picture at a side of `size` pixels."""
    ice = _thickness()
    method = cv2.INTER_AREA if size < CANVAS else cv2.INTER_CUBIC
    ice = np.clip(cv2.resize(ice, (size, size), interpolation=method), 0, 1)[..., None]
    pane, thick = np.array(TINT, np.float32) / np.float32(255)
    picture = pane + (thick - pane) * ice
    picture.flags.writeable = False  # kept for all images to come
    return picture


@functools.lru_cache(maxsize=1)
def _thickness() -> Float32[np.ndarray, "canvas canvas"]:
    """Return the thickness of the ice, 0 to 1, at the published size."""
    rng = np.random.default_rng(SEED)
    sharp = _needles(rng).astype(np.float32) / np.float32(255)
    glow = _blur.gaussian(sharp, 4.0)
    patches = _unit(_grains(rng, 30.0))
    rime = 0.6 * _unit(_grains(rng, 1.5)) + 0.4 * _unit(_grains(rng, 5.0))
    thickness = (1.1 * sharp + 0.9 * glow) * (0.3 + patches) + 0.6 * rime * patches
    return 1 - np.exp(-1.7 * thickness)  # thicker ice adds ever less


def _grains(rng: np.random.Generator, sigma: float) -> Float32[np.ndarray, "canvas canvas"]:
    return _blur.gaussian(rng.standard_normal((CANVAS, CANVAS), np.float32), sigma)


def _unit(field: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Return the field stretched so that two standard deviations on either side become [0, 1]."""
    return np.clip((field - field.mean()) / (4 * field.std()) + np.float32(0.5), 0, 1)


def _needles(rng: np.random.Generator) -> UInt8[np.ndarray, "canvas canvas"]:
    """Return three generations of needles, the thickest drawn last."""
    starts, angles = rng.uniform(0, CANVAS, (FERNS, 2)), rng.uniform(0, 2 * math.pi, FERNS)
    lengths = rng.uniform(0.25, 0.8, FERNS) * _strength.PUBLISHED_SIDE
    generations = []
    for _ in LIGHT:
        places, directions = _needle(starts, angles, lengths, rng)
        generations.append(places)
        starts, angles, lengths = _branches(places, directions, lengths, rng)
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    for places, light in reversed(list(zip(generations, LIGHT, strict=True))):
        sixteenths = np.rint(16 * places).astype(np.int32)
        cv2.polylines(canvas, list(sixteenths), isClosed=False, color=light, lineType=cv2.LINE_AA, shift=4)
    return canvas


def _needle(
    starts: Float64[np.ndarray, "n 2"],
    angles: Float64[np.ndarray, " n"],
    lengths: Float64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> tuple[Float64[np.ndarray, "n joints 2"], Float64[np.ndarray, "n joints"]]:
    """Return slightly bent needles: the places of their joints and the directions there."""
    along = np.linspace(0, 1, JOINTS)
    directions = angles[:, None] + rng.uniform(-0.5, 0.5, (len(angles), 1)) * along
    steps = np.stack((np.cos(directions), np.sin(directions)), -1) * lengths[:, None, None] / (JOINTS - 1)
    return starts[:, None] + np.cumsum(steps, 1) - steps[:, :1], directions


def _branches(
    places: Float64[np.ndarray, "n joints 2"],
    directions: Float64[np.ndarray, "n joints"],
    lengths: Float64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> tuple[Float64[np.ndarray, "m 2"], Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """Return where branches start, in which directions, and how long they are: shorter towards the tip."""
    shape = (2, *directions.shape)  # either side of each joint
    angles = np.broadcast_to(directions, shape) + np.array([1, -1])[:, None, None] * math.pi / 3
    shrunk = 0.42 * lengths[:, None] * (1 - np.linspace(0, 1, JOINTS)) * rng.uniform(0.5, 1.2, shape)
    kept = shrunk > 3
    return np.broadcast_to(places, (*shape, 2))[kept], angles[kept], shrunk[kept]
