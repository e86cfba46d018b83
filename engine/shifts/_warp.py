"""Reading an image at other places: turned, scaled, slanted about its centre, or wherever a field says."""

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from engine.shifts import _pixels


def about_centre(image: UInt8[np.ndarray, "h w c"], backward: Float64[np.ndarray, "2 2"]) -> UInt8[np.ndarray, "h w c"]:
    """Return the image whose pixel at (x, y) from the centre is the old one at `backward` @ (x, y), bilinearly.

    What lies outside the old image is filled with the background, see `background`.
    """
    centre = (np.array(image.shape[1::-1]) - 1) / 2
    matrix = np.column_stack((backward, centre - backward @ centre))
    fill = background(image)
    warped = cv2.warpAffine(
        image.astype(np.float32), matrix, image.shape[1::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT, borderValue=tuple(map(float, fill)),
    )  # fmt: skip
    return np.clip(_pixels.channels(warped, image) + np.float32(0.5), 0, 255).astype(np.uint8)


def background(image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, " c"]:
    """Return each channel's (lower) median over the outermost pixels: a digit's paper, a plain colour for a photo."""
    frame = np.concatenate((image[0], image[-1], image[1:-1, 0], image[1:-1, -1]))
    middle = (len(frame) - 1) // 2
    return np.partition(frame, middle, axis=0)[middle]


def enlarged(image: Float32[np.ndarray, "h w c"], factor: float) -> Float32[np.ndarray, "h w c"]:
    """Return the middle of the image enlarged by a factor of at least 1 to the whole, bilinearly."""
    x, y = (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2
    backward = np.array([[1 / factor, 0, x - x / factor], [0, 1 / factor, y - y / factor]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    made = cv2.warpAffine(image, backward, image.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return _pixels.channels(made, image)


def places(shape: tuple[int, ...]) -> tuple[Float32[np.ndarray, "1 w"], Float32[np.ndarray, "h 1"]]:
    """Return the x of every column and the y of every row."""
    return np.arange(shape[1], dtype=np.float32)[None, :], np.arange(shape[0], dtype=np.float32)[:, None]
