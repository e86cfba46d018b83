"""The canvas: backgrounds, ink, what stands before it, light and camera, for many pictures at once. NumPy and OpenCV only.

Pictures are float32 in [0, 1], shape (n, channels, size, size), so that the last two axes run on; bytes come last. All
that a unit draws at random comes from its own noise, so that two worlds of one unit share it.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from engine import hashing

cv2.setNumThreads(1)

PUBLISHED = 28  # lengths in pixels are meant for a frame of this side
TEXTURE = np.float32(0.18)  # how far a texture moves the background
GREY = np.float32(0.5)  # the colour of what stands before
SHARPEST = 0.05  # pixels; a smaller blur changes nothing
TEXTURES = ("plain", "stripes", "checks", "dots", "clouds", "weave")

Field = Float32[np.ndarray, "n size size"]
Canvas = Float32[np.ndarray, "n channels size size"]


def grid(size: int) -> tuple[Float32[np.ndarray, "1 1 size"], Float32[np.ndarray, "1 size 1"]]:
    """Return where pixel centres lie, -0.5 to 0.5 of the frame, to the right and down."""
    line = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    return line[None, None, :], line[None, :, None]


def turned(size: int, angle: Float[np.ndarray, " n"]) -> tuple[Field, Field]:
    """Return the grid's coordinates along and across a direction (radians)."""
    x, y = grid(size)
    cos, sin = each(np.cos(angle)), each(np.sin(angle))
    return x * cos + y * sin, y * cos - x * sin


def each(numbers: np.ndarray) -> Float32[np.ndarray, "n 1 1"]:
    """Return one number a picture, ready to go with fields."""
    return np.asarray(numbers, np.float32)[:, None, None]


def texture(kinds: Sequence[str], size: int, noise: Float[np.ndarray, "n 4"], largest: float = 1.0) -> Field:
    """Return a texture in [0, 1] for each picture, its direction and phase from the last two columns of noise.

    `largest` is the share of the frame that it is seen in: patterns on small things repeat more often.
    """
    found = np.zeros((len(kinds), size, size), np.float32)
    named = np.asarray(kinds)
    for kind, pattern in _PATTERNS.items():
        if len(here := np.flatnonzero(named == kind)):
            angle, phase = noise[here, 2] * np.pi, noise[here, 3] * 2 * np.pi
            along, across = turned(size, angle)
            found[here] = np.clip(pattern(along / np.float32(largest), across / np.float32(largest), each(phase)), 0, 1)
    return found


def _stripes(along: Field, _across: Field, phase: Field) -> Field:
    return 0.5 + np.sin(2 * np.pi * 4 * along + phase)


def _checks(along: Field, across: Field, phase: Field) -> Field:
    return 0.5 + 1.5 * np.sin(2 * np.pi * 2.5 * along + phase) * np.sin(2 * np.pi * 2.5 * across + phase)


def _dots(along: Field, across: Field, phase: Field) -> Field:
    return 1.4 * (np.cos(2 * np.pi * 5 * along + phase) + np.cos(2 * np.pi * 5 * across + phase) - 0.7)


def _clouds(along: Field, across: Field, phase: Field) -> Field:
    return 0.5 + 0.3 * (
        np.sin(5 * along + 3 * across + phase) + np.sin(7.3 * across - 4 * along + 2.1 * phase) + np.sin(11 * along + 8 * across - phase)
    )


def _weave(along: Field, across: Field, phase: Field) -> Field:
    return 0.5 + 0.5 * np.sin(2 * np.pi * 9 * along + phase) * np.cos(2 * np.pi * 9 * across)


_PATTERNS = {"stripes": _stripes, "checks": _checks, "dots": _dots, "clouds": _clouds, "weave": _weave}


def ground(colours: Float[np.ndarray, "n channels"], pattern: Field) -> Canvas:
    """Return backgrounds: dark colours grow lighter where the texture is, light ones darker."""
    base = np.asarray(colours, np.float32)[:, :, None, None]
    way = np.where(base.mean(axis=1, keepdims=True) < 0.5, TEXTURE, -TEXTURE).astype(np.float32)
    return base + way * pattern[:, None]


def lay(canvas: Canvas, cover: Field, colours: Float[np.ndarray, "n channels"] | Canvas) -> None:
    """Lay a colour over the canvas, in place, where something covers it."""
    paint = np.asarray(colours, np.float32)
    paint = paint[:, :, None, None] if paint.ndim == 2 else paint
    canvas += cover[:, None] * (paint - canvas)


def strip(share: Float[np.ndarray, " n"], size: int, noise: Float[np.ndarray, "n 4"]) -> Field:
    """Return the cover of a strip through the picture, near its middle, `share` of the side wide; direction and place from noise."""
    _, across = turned(size, noise[:, 2] * np.pi)
    off = np.abs(across - each((noise[:, 3] - 0.5) * 0.3))
    return np.clip((each(share / 2) - off) * size + 0.5, 0, 1) * each(np.minimum(share * size, 1))  # thinner than a pixel: fainter


def light(canvas: Canvas, brightness: Float[np.ndarray, " n"], uneven: Float[np.ndarray, " n"], noise: Float[np.ndarray, "n 4"]) -> None:
    """Multiply by the light, in place: `brightness`, and a ramp of +- `uneven` across the frame in a direction from noise."""
    along, _ = turned(canvas.shape[-1], noise[:, 2] * 2 * np.pi)
    canvas *= (each(brightness) * (1 + 2 * each(uneven) * along))[:, None]


def blur(canvas: Canvas, sigma: Float[np.ndarray, " n"]) -> None:
    """Blur each picture, in place, by a Gaussian of `sigma` pixels of a frame of 28."""
    widths = np.asarray(sigma) * (canvas.shape[-1] / PUBLISHED)
    for i in np.flatnonzero(widths > SHARPEST):
        side = 2 * int(np.ceil(3 * widths[i])) + 1
        for plane in canvas[i]:
            cv2.GaussianBlur(plane, (side, side), float(widths[i]), dst=plane, borderType=cv2.BORDER_REPLICATE)


def grain(canvas: Canvas, level: Float[np.ndarray, " n"], seed: int, units: Int[np.ndarray, " n"]) -> None:
    """Add a camera's noise, in place: normal, `level` of white, one grain a pixel for all channels, a unit's own at any level."""
    size = canvas.shape[-1]
    key = int(hashing.of_parts(seed, "grain"), 16)
    for i in np.flatnonzero(np.asarray(level) > 0):
        generator = np.random.Generator(np.random.Philox(key=key, counter=[0, int(units[i]), 0, 0]))
        canvas[i] += generator.standard_normal((size, size), np.float32) * np.float32(level[i])


def to_bytes(canvas: Canvas) -> UInt8[np.ndarray, "n size size channels"]:
    """Return the pictures as bytes, channels last."""
    canvas *= np.float32(255)
    canvas += np.float32(0.5)
    np.clip(canvas, 0, 255, out=canvas)
    return np.ascontiguousarray(canvas.astype(np.uint8).transpose(0, 2, 3, 1))


def colours(table: Mapping[str, Sequence[float]], names: Sequence[str]) -> Float[np.ndarray, "n channels"]:
    """Return the colour of each picture from a table of names."""
    return np.array([table[name] for name in names], np.float64).reshape(len(names), -1)


def sheet(pictures: UInt8[np.ndarray, "n h w c"], columns: int, gap: int = 2) -> UInt8[np.ndarray, "height width c"]:
    """Return pictures side by side on white, `columns` a row."""
    n, height, width, channels = pictures.shape
    rows = max(1, -(-n // columns))
    made = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = gap + i // columns * (height + gap), gap + i % columns * (width + gap)
        made[top : top + height, left : left + width] = picture
    return made
