"""Rotation about the centre.

The image is turned by the strength in degrees, clockwise or counter-clockwise with equal chance, and read bilinearly;
quarter turns of square images are exact. Uncovered corners take the median colour of the image's frame. An angle is the
same at every size.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _strength, _warp

VERSION = 1
FAMILY = "geometric"
STRENGTHS = (10.0, 20.0, 30.0, 45.0, 60.0)
LIMITS = (0.0, 180.0)
UNIT = "degrees"
SOURCE = "own; the strengths are ours"
CITATION = "Engstrom, Tran, Tsipras, Schmidt and Madry (2019), Exploring the Landscape of Spatial Robustness"


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the angle, to either side."""
    return {"angle_degrees": _strength.within(strength, *LIMITS)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image turned to a side drawn at random."""
    side = 1 if rng.random() < 0.5 else -1
    angle = np.deg2rad(side * _strength.within(strength, *LIMITS))
    cos, sin = np.cos(angle), np.sin(angle)
    return _warp.about_centre(image, np.array([[cos, sin], [-sin, cos]]))
