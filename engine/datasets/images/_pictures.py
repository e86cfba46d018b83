"""From bytes that a stranger gave to pixels, within limits."""

import io
import struct
import warnings

import cv2
import numpy as np
from jaxtyping import Num, UInt8
from PIL import Image, ImageOps

from engine.datasets.images import _digits
from engine.datasets.images._items import Unusable
from engine.preprocess import framed

MOST_BYTES = 64 * 2**20
MOST_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"))
FITS = ("crop", "pad", "digits")
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, MemoryError, struct.error)


def decoded(content: bytes) -> UInt8[np.ndarray, "h w c"]:
    """Return a picture's pixels, upright, with 1 channel for grey and 3 for anything else; what is transparent is white.

    Raises:
        Unusable: for what is no picture, is cut off, too large, or of a kind that has no 8-bit meaning.
    """
    if len(content) > MOST_BYTES:
        raise Unusable(f"larger than {MOST_BYTES // 2**20} MB")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            warnings.simplefilter("ignore")
            if picture.width * picture.height > MOST_PIXELS:
                raise Unusable(f"of more than {MOST_PIXELS // 10**6} million pixels")
            return _pixels(ImageOps.exif_transpose(picture))
    except Image.UnidentifiedImageError as problem:
        raise Unusable("not a picture of a kind that can be read (PNG, JPEG, BMP, GIF, WebP, TIFF, PPM)") from problem
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise Unusable(f"of more than {MOST_PIXELS // 10**6} million pixels") from problem
    except _DAMAGED as problem:
        raise Unusable("cut off or damaged") from problem


def _pixels(picture: Image.Image) -> UInt8[np.ndarray, "h w c"]:
    if picture.mode in {"1", "L"}:
        return np.asarray(picture.convert("L"))[:, :, None]
    if picture.mode.startswith("I"):  # 16 bits, in memory also as 32
        return np.clip(np.asarray(picture).astype(np.int64) >> 8, 0, 255).astype(np.uint8)[:, :, None]
    if picture.mode == "F":
        raise Unusable("with pixels that are fractions, whose range is not known")
    if picture.has_transparency_data:
        above = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", above.size, "white"), above)
    return np.asarray(picture.convert("RGB"))


def from_array(pixels: Num[np.ndarray, "h w c"], scale: float) -> UInt8[np.ndarray, "h w c"]:
    """Return an array's picture as uint8, its values multiplied by `scale`; a fourth channel is opacity over white.

    Raises:
        Unusable: for pixels that are no numbers.
    """
    if not np.isfinite(pixels).all():
        raise Unusable("with pixels that are no numbers")
    values = pixels if pixels.dtype == np.uint8 and scale == 1 else np.clip(np.rint(pixels * scale), 0, 255)
    if values.shape[2] == 4:
        opacity = values[:, :, 3:] / 255
        values = np.rint(values[:, :, :3] * opacity + 255 * (1 - opacity))
    return np.ascontiguousarray(values).astype(np.uint8)


def canonical(
    picture: UInt8[np.ndarray, "h w c"], frame: int, channels: int, fit: str = "crop", invert: bool = False
) -> UInt8[np.ndarray, "frame frame channels"]:
    """Return the square picture that shifts act on.

    Args:
        picture: Any size, 1 or 3 channels.
        frame: Side of the result.
        channels: 1 = grey (ITU-R 601 luma), 3 = colour (grey is repeated).
        fit: `crop` resizes the short side and cuts out the centre, `pad` resizes the long side and adds black, `digits`
            frames white ink on black as the digit sets are (28 x 28, grey).
        invert: Black and white change places first, for dark ink on white paper.

    Raises:
        Unusable: with `digits`, for a picture without ink.
    """
    if channels == 1 and picture.shape[2] == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None]
    elif channels == 3 and picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    if invert:
        picture = 255 - picture
    if fit == "digits":
        if not picture.any():
            raise Unusable("without ink: every pixel is black")
        return _digits.framed(picture[:, :, 0])
    return framed(_padded(picture) if fit == "pad" else picture, frame)


def _padded(picture: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "s s c"]:
    height, width, channels = picture.shape
    side = max(height, width)
    square = np.zeros((side, side, channels), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = picture
    return square
