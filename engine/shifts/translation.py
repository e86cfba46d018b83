"""Translation: the picture moved within its frame.

The image is moved by the strength, a share of its side, in a direction drawn per image. The move is rounded to whole
pixels along each axis, so that no pixel changes its value; at 28 pixels the usual strengths are about 1, 2, 3, 4 and 6
pixels. The uncovered rim takes the median colour of the image's frame.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _pixels, _strength, _warp

VERSION = 1
FAMILY = "geometric"
STRENGTHS = (0.04, 0.08, 0.12, 0.16, 0.2)
LIMITS = (0.0, 0.5)
UNIT = "share of the side"
SOURCE = "own; the strengths are ours"
CITATION = "Engstrom, Tran, Tsipras, Schmidt and Madry (2019), Exploring the Landscape of Spatial Robustness"


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the share of the side, and that in pixels before rounding."""
    share = _strength.within(strength, *LIMITS)
    return {"share": share, "moved_px": share * size}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image moved by whole pixels in a direction drawn at random."""
    moved = parameters(strength, _pixels.side(image))["moved_px"]
    angle = rng.uniform(0, 2 * np.pi)
    return moved_by(image, round(moved * np.cos(angle)), round(moved * np.sin(angle)))


def moved_by(image: UInt8[np.ndarray, "h w c"], right: int, down: int) -> UInt8[np.ndarray, "h w c"]:
    """Return the image moved by whole pixels, the rest filled with its background."""
    height, width = image.shape[:2]
    made = np.empty_like(image)
    made[:] = _warp.background(image)
    to_y, to_x = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    from_y, from_x = slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0))
    made[to_y, to_x] = image[from_y, from_x]
    return made
