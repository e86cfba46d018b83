"""Shear: the picture slanted, like italics.

Uprights are tilted by the strength in degrees, to the left or the right with equal chance; rows stay level and the
middle row stays in place. Read bilinearly. Uncovered corners take the median colour of the image's frame. An angle is
the same at every size.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _strength, _warp

VERSION = 1
FAMILY = "geometric"
STRENGTHS = (5.0, 10.0, 20.0, 30.0, 40.0)
LIMITS = (0.0, 60.0)
UNIT = "degrees"
SOURCE = "own; the strengths are ours"
CITATION = "Mu and Gilmer (2019), MNIST-C: A Robustness Benchmark for Computer Vision"


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the angle of the uprights, to either side."""
    return {"angle_degrees": _strength.within(strength, *LIMITS)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image slanted to a side drawn at random."""
    side = 1 if rng.random() < 0.5 else -1
    slope = side * np.tan(np.deg2rad(_strength.within(strength, *LIMITS)))
    return _warp.about_centre(image, np.array([[1.0, slope], [0.0, 1.0]]))
