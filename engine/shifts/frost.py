"""Frost: ice crystals on the pane.

The image, multiplied by `kept`, plus a picture of ice, multiplied by `ice`. ImageNet-C takes the ice from six
photographs; ours is drawn by code, once, always the same: feathered needles that branch at sixty degrees, over a grainy
rime. Each image gets its own piece of it, turned or mirrored. The picture is three sides wide at every size, so
crystals keep their share of the side. Numbers are therefore comparable with ImageNet-C in kind, not in value. On grey
images the ice is taken as its brightness.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _ice, _pixels, _strength

VERSION = 1
FAMILY = "weather"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

KEPT = (1.0, 0.8, 0.7, 0.65, 0.6)
ICE = (0.4, 0.6, 0.7, 0.7, 0.75)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the weights of image and ice."""
    return {"kept": _strength.level(KEPT, strength), "ice": _strength.level(ICE, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image behind frost."""
    known = parameters(strength, _pixels.side(image))
    ice = _ice.piece(image.shape[0], image.shape[1], rng)
    ice = ice if image.shape[2] == 3 else _pixels.luma(ice)
    return _pixels.to_bytes(np.float32(known["kept"]) * _pixels.to_unit(image) + np.float32(known["ice"]) * ice)
