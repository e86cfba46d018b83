"""Glyphs: real written and printed digits, taken from a bank and put into the picture as ink."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from engine import errors

cv2.setNumThreads(1)

SIDE = 28  # pixels of a glyph, white ink on black
FINE = 2 * SIDE  # side at which strokes are widened
MIDDLE = np.float32(0.35)  # the grey about which the ramps of enlarged ink are made steep again
EROSION = 1.0  # strokes are thinned by at most so many fine pixels a side, or thin ones are gone


@dataclass(frozen=True, eq=False)
class GlyphBank:
    """Real digits of one split of some sets: to train from training glyphs, to test on test glyphs."""

    split: str
    pictures: UInt8[np.ndarray, "n 28 28"]  # white ink on black
    labels: Int[np.ndarray, " n"]
    sources: tuple[str, ...]  # names of the sets
    source_of: Int[np.ndarray, " n"]  # place in `sources`

    @functools.cached_property
    def _places(self) -> Mapping[tuple[str, int], Int[np.ndarray, " k"]]:
        """The glyphs of each set and class."""
        return {
            (name, label): np.flatnonzero((self.source_of == number) & (self.labels == label))
            for number, name in enumerate(self.sources)
            for label in np.unique(self.labels).tolist()
        }

    def places(self, sources: Sequence[str], labels: Int[np.ndarray, " n"], shares: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Return which glyph each unit has: of its set and class, the one that a share in [0, 1) of them comes before.

        Raises:
            UserError: where the bank has no glyph of a set and class.
        """
        found = np.empty(len(labels), np.int64)
        for i, (source, label, share) in enumerate(zip(sources, labels.tolist(), shares.tolist(), strict=True)):
            known = self._places.get((source, label))
            if known is None or not len(known):
                raise errors.UserError(
                    f"The glyph bank ({self.split}) has no digit {label} of “{source}”.",
                    f"It holds {', '.join(self.sources)}; choose another source.",
                )
            found[i] = known[min(int(share * len(known)), len(known) - 1)]
        return found


def ink(
    pictures: UInt8[np.ndarray, "n 28 28"], size: int, *, scale: Float[np.ndarray, " n"], degrees: Float[np.ndarray, " n"],
    right: Float[np.ndarray, " n"], down: Float[np.ndarray, " n"], stroke: Float[np.ndarray, " n"],
) -> Float32[np.ndarray, "n size size"]:  # fmt: skip
    """Return how much of each pixel is ink, in [0, 1].

    Args:
        pictures: Glyphs, white on black.
        size: Side of the picture, pixels.
        scale: 1 = as large as in the bank's own frame.
        degrees: Turned clockwise by so much.
        right: Moved by a share of the frame.
        down: The same, downwards.
        stroke: Strokes wider (or thinner, below 0) by so many pixels of a frame of 28.
    """
    found = np.empty((len(pictures), size, size), np.float32)
    angle = np.deg2rad(degrees)
    step = SIDE / (size * scale)  # pixels of the bank's frame for one of the picture
    cos, sin = np.cos(angle) * step, np.sin(angle) * step
    middle = (size - 1) / 2
    x, y = middle + right * size, middle + down * size
    for i, picture in enumerate(pictures):
        source, finer = _stroked(picture, float(stroke[i])), FINE / SIDE
        while step[i] * finer > 2 and source.shape[0] > 7:  # far smaller than the bank: average first, or pixels are skipped
            source, finer = cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), finer / 2
        c, s, centre = cos[i] * finer, sin[i] * finer, (source.shape[0] - 1) / 2
        matrix = np.array([[c, s, centre - c * x[i] - s * y[i]], [-s, c, centre + s * x[i] - c * y[i]]])
        cv2.warpAffine(source, matrix, (size, size), dst=found[i], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    found *= np.float32(1 / 255)
    return _steep(found, 1 / step)


def _stroked(picture: UInt8[np.ndarray, "28 28"], stroke: float) -> Float32[np.ndarray, "56 56"]:
    """Return a glyph at twice its size, its strokes widened on each side by `stroke` fine pixels, in between by mixing."""
    fine = cv2.resize(picture, (FINE, FINE), interpolation=cv2.INTER_CUBIC)
    change = cv2.dilate if stroke > 0 else cv2.erode
    radius = min(abs(stroke), EROSION) if stroke < 0 else stroke
    whole = int(radius)
    less = change(fine, _disc(whole)) if whole else fine
    more = change(fine, _disc(whole + 1)) if radius > whole else less
    return cv2.addWeighted(less, 1 - (radius - whole), more, radius - whole, 0, dtype=cv2.CV_32F)


@functools.cache
def _disc(radius: int) -> UInt8[np.ndarray, "k k"]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _steep(grey: Float32[np.ndarray, "n size size"], larger: Float[np.ndarray, " n"]) -> Float32[np.ndarray, "n size size"]:
    """Return ink whose edges are as sharp as before it was enlarged; what was not enlarged stays as it is."""
    gain = np.maximum(larger, 1).astype(np.float32)[:, None, None]
    if (gain > 1).any():
        steep = grey - MIDDLE
        steep *= gain
        steep += MIDDLE
        return np.where(gain > 1, np.clip(steep, 0, 1), grey)
    return grey
