"""Fog, in drifting banks.

A plasma fractal (diamond-square: each finer level adds uniform noise smaller by the square of `decay`), stretched to
[0, 1] and multiplied by `density`, is added to the image, and the whole is dimmed so that the image's brightest value
keeps its place. The banks have the same share of the side at every size; a smaller image only lacks the finest of them.
"""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from engine.shifts import _pixels, _strength

VERSION = 1
FAMILY = "weather"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

DENSITY = (1.5, 2.0, 2.5, 2.5, 3.0)
DECAY = (2.0, 2.0, 1.7, 1.5, 1.4)
PERIOD = 256 / 224  # sides after which the fractal repeats


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the density of the fog and the decay of its finer banks."""
    return {"density": _strength.level(DENSITY, strength), "decay": _strength.level(DECAY, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image behind fog."""
    known = parameters(strength, _pixels.side(image))
    pixels = _pixels.to_unit(image)
    density, brightest = np.float32(known["density"]), pixels.max()
    height, width = image.shape[:2]
    banks = _banks(max(height, width), known["decay"], rng)[:height, :width, None]
    return _pixels.to_bytes((pixels + density * banks) * (brightest / (brightest + density)))


def _banks(size: int, decay: float, rng: np.random.Generator) -> Float32[np.ndarray, "p p"]:
    """Return a plasma of 8/7 of the size, made at the nearest power of two."""
    period = max(round(size * PERIOD), 2)
    levels = max(round(np.log2(period)), 1)
    made = plasma(levels, decay, rng)
    return made if len(made) == period else cv2.resize(made, (period, period), interpolation=cv2.INTER_LINEAR)


def plasma(levels: int, decay: float, rng: np.random.Generator) -> Float32[np.ndarray, "p p"]:
    """Return a fractal of side 2 ** levels in [0, 1] that continues across its borders."""
    grid = np.zeros((1, 1), np.float32)
    for level in range(levels):
        grid = _finer(grid, decay ** (-2 * level), rng)
    grid -= grid.min()
    return grid / max(grid.max(), np.float32(1e-12))


def _finer(grid: Float32[np.ndarray, "n n"], amplitude: float, rng: np.random.Generator) -> Float32[np.ndarray, "m m"]:
    """Return the grid with a point between each two: the mean of its four neighbours plus uniform noise."""
    noise = (2 * rng.random((3, *grid.shape), np.float32) - 1) * np.float32(amplitude)
    quarter = grid / 4
    below = quarter + _rolled(quarter, 0)  # with the neighbour in the next row
    right = quarter + _rolled(quarter, 1)  # with the neighbour in the next column
    centre = below + _rolled(below, 1) + noise[0]
    around = centre / 4
    finer = np.empty((2 * len(grid), 2 * len(grid)), np.float32)
    finer[::2, ::2] = grid
    finer[1::2, 1::2] = centre
    finer[::2, 1::2] = right + around + _rolled(around, 0, forward=True) + noise[1]
    finer[1::2, ::2] = below + around + _rolled(around, 1, forward=True) + noise[2]
    return finer


def _rolled(grid: Float32[np.ndarray, "n n"], axis: int, *, forward: bool = False) -> Float32[np.ndarray, "n n"]:
    """Return the grid moved by one along an axis, around its border (np.roll is slower on small grids)."""
    cut = 1 if not forward else len(grid) - 1
    ahead, behind = (grid[cut:], grid[:cut]) if axis == 0 else (grid[:, cut:], grid[:, :cut])
    return np.concatenate((ahead, behind), axis)
