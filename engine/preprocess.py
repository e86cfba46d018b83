"""From an image as it is stored to the array that a network sees. NumPy and OpenCV only, so that pages can show it."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import pydantic
from jaxtyping import Float32, UInt8

from engine import errors

cv2.setNumThreads(1)

Pictures = UInt8[np.ndarray, "n h w c"] | Sequence[UInt8[np.ndarray, "h w c"]]
INTERPOLATION = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}


class Preprocess(pydantic.BaseModel):
    """What a network wants of an image: size, channels, scale, layout. Applied after any shift."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    size: int = pydantic.Field(ge=1, le=2048)
    """Side of the square input, in pixels."""
    channels: Literal[1, 3] = 3
    """1 = grey (the ITU-R 601 luma of a colour image), 3 = colour (a grey image is repeated)."""
    order: Literal["rgb", "bgr"] = "rgb"
    """Order of the colour channels."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    """Order of the axes of the array that the network takes."""
    scale: float = pydantic.Field(default=1 / 255, gt=0)
    """Pixel values 0..255 are multiplied by this before mean and std."""
    mean: tuple[float, ...] = (0.0,)
    """Subtracted per channel after scaling (one number serves all channels)."""
    std: tuple[float, ...] = (1.0,)
    """Divided by per channel after subtracting the mean."""
    crop: float = pydantic.Field(default=1.0, gt=0, le=1)
    """The short side is resized to size / crop, then the centre is cut out; 1 = no cutting on square images."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "area"] = "bilinear"
    """How pixels are resampled."""

    @pydantic.model_validator(mode="after")
    def _one_number_a_channel(self) -> "Preprocess":
        for name in ("mean", "std"):
            if len(getattr(self, name)) not in {1, self.channels}:
                raise ValueError(f"{name} has {len(getattr(self, name))} numbers, expected 1 or {self.channels}")
        if 0 in self.std:
            raise ValueError("std must not be 0")
        return self

    def __call__(self, images: Pictures) -> Float32[np.ndarray, "n axis1 axis2 axis3"]:
        """Return the batch that the network sees, float32, in the network's layout."""
        pixels = self.pixels(images).astype(np.float32)  # (n, size, size, c)
        scale = np.float32(self.scale)
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        pixels *= scale / std
        pixels -= mean / std
        return pixels if self.layout == "nhwc" else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))

    def pixels(self, images: Pictures) -> UInt8[np.ndarray, "n s s c"]:
        """Return the resized, cropped, channel-ordered pixels before scaling."""
        if isinstance(images, np.ndarray) and images.shape[1:] == (self.size, self.size, self.channels) and self.order == "rgb":
            return images  # already as wanted: no copy a picture
        out = np.empty((len(images), self.size, self.size, self.channels), np.uint8)
        for i, image in enumerate(images):
            out[i] = self._one(image)
        return out

    def _one(self, image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "s s c"]:
        if image.ndim != 3 or image.shape[2] not in {1, 3}:
            raise errors.UserError(f"An image has shape {image.shape}, expected height x width x 1 or 3.")
        image = framed(image, self.size, self.crop, self.interpolation)
        if self.channels == 1 and image.shape[2] == 3:
            image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None]
        elif self.channels == 3 and image.shape[2] == 1:
            image = np.repeat(image, 3, axis=2)
        return image[:, :, ::-1] if self.order == "bgr" and self.channels == 3 else image


def framed(image: UInt8[np.ndarray, "h w c"], size: int, crop: float = 1.0, interpolation: str = "bilinear") -> UInt8[np.ndarray, "s s c"]:
    """Return the image with its short side resized to size / crop and its centre cut out, size x size.

    Shrinking averages over areas (no aliasing) unless `nearest` is asked for.
    """
    height, width, channels = image.shape
    short = max(size, round(size / crop))
    if min(height, width) != short:
        factor = short / min(height, width)
        target = (max(size, round(width * factor)), max(size, round(height * factor)))
        method = cv2.INTER_AREA if factor < 1 and interpolation != "nearest" else INTERPOLATION[interpolation]
        image = cv2.resize(image, target, interpolation=method).reshape(target[1], target[0], channels)
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size]
