"""Glass blur, as through a frosted pane.

Blurred by a Gaussian of `sigma_px`, then each pixel, from the last to the first, is overwritten by a neighbour drawn at
random within `reach_px` along each axis, `rounds` times over, then blurred again. Neighbours lie on a grid of 1/224 of
the side: at 224 pixels whole pixels are copied, at smaller sizes they are read bilinearly from a fraction of a pixel
away (0.1 to 0.5 at 28 pixels). Levels 1 and 2 differ little (two rounds of 1 against one of 2), as do 3 and 4.
"""

import math

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from engine.shifts import _blur, _pixels, _strength, _warp

VERSION = 1
FAMILY = "blur"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

SIGMA = (0.7, 0.9, 1.0, 1.1, 1.5)
REACH = (1.0, 2.0, 2.0, 3.0, 4.0)
ROUNDS = (2.0, 1.0, 3.0, 2.0, 2.0)
LINKS = 5  # longer chains are rarer than 1 in 50
FAR = 10007  # pixels, in reading order, to the next move of a chain


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the blur and the reach in pixels, and the number of rounds."""
    scale = _strength.scale(size)
    return {
        "sigma_px": _strength.level(SIGMA, strength) * scale,
        "reach_px": _strength.level(REACH, strength) * scale,
        "rounds": _strength.level(ROUNDS, strength),
    }


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image blurred, scattered locally, and blurred."""
    known = parameters(strength, _pixels.side(image))
    pixels = _blur.gaussian(_pixels.to_unit(image), known["sigma_px"])
    step = _strength.scale(_pixels.side(image))
    for spent in range(math.ceil(max(ROUNDS))):
        moves = rng.random((2, *image.shape[:2]), np.float32)
        part = min(known["rounds"] - spent, 1.0)  # the last round of a fractional number moves by that fraction
        if part > 0:
            pixels = _scattered(pixels, moves, known["reach_px"], step, part)
    return _pixels.to_bytes(_blur.gaussian(pixels, known["sigma_px"]))


def _scattered(
    image: Float32[np.ndarray, "h w c"], moves: Float32[np.ndarray, "2 h w"], reach: float, step: float, part: float
) -> Float32[np.ndarray, "h w c"]:
    """Return the image with each pixel read from elsewhere: `part` of a chain of moves, each up to `reach` long."""
    away = _chained(np.floor((2 * moves - 1) * np.float32(reach / step))) * np.float32(step * part)
    x, y = _warp.places(image.shape)
    made = cv2.remap(image, x + away[0], y + away[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _pixels.channels(made, image)


def _chained(moves: Float32[np.ndarray, "2 h w"]) -> Float32[np.ndarray, "2 h w"]:
    """Return where each pixel's content comes from when pixels are overwritten one after the other, from the last on.

    Who copies from a pixel further on copies what that one has copied before, so its move is added; the next in the
    chain is taken from a far part of the same field of moves.
    """
    flat = moves.reshape(2, -1)
    total, onward = flat.copy(), _is_onward(flat)
    for link in range(1, LINKS):
        if not onward.any():
            break
        start = FAR * link % flat.shape[1]
        following = np.concatenate((flat[:, start:], flat[:, :start]), 1)
        total += following * onward
        onward &= _is_onward(following)
    return total.reshape(moves.shape)


def _is_onward(moves: Float32[np.ndarray, "2 n"]) -> Bool[np.ndarray, " n"]:
    return (moves[1] > 0) | ((moves[1] == 0) & (moves[0] > 0))
