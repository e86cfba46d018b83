"""Between bytes and floats in [0, 1], and what colour has to do with it."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def to_unit(image: UInt8[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w c"]:
    """Return the image as floats in [0, 1]."""
    return image * np.float32(1 / 255)


def to_bytes(image: Float32[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
    """Return the image as bytes: cut to [0, 1], then rounded to the nearest of 256 steps."""
    steps = image * np.float32(255)
    steps += np.float32(0.5)
    return np.clip(steps, 0, 255, out=steps).astype(np.uint8)


def side(image: np.ndarray) -> int:
    """Return the shorter side in pixels, the one that lengths go by."""
    return min(image.shape[:2])


def channels(image: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the image with the channel axis that OpenCV drops from grey ones."""
    return image.reshape(like.shape)


def luma(image: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w 1"]:
    """Return the brightness of each pixel as the eye weighs it; a grey image is its own."""
    if image.shape[2] == 1:
        return image
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]


def highest(image: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w 1"]:
    """Return each pixel's highest channel, the V of HSV."""
    if image.shape[2] == 1:
        return image
    return np.maximum(np.maximum(image[..., 0:1], image[..., 1:2]), image[..., 2:3])


def lowest(image: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, "h w 1"]:
    """Return each pixel's lowest channel."""
    if image.shape[2] == 1:
        return image
    return np.minimum(np.minimum(image[..., 0:1], image[..., 1:2]), image[..., 2:3])


def colour(rgb: tuple[int, int, int], image: Float32[np.ndarray, "h w c"]) -> Float32[np.ndarray, " c"]:
    """Return a colour given in bytes as the image's channels in [0, 1]: three, or its luma for a grey image."""
    values = np.array(rgb, np.float32) / np.float32(255)
    return values if image.shape[2] == 3 else np.array([values @ np.array(LUMA, np.float32)], np.float32)
