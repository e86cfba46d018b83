"""Pictures of examples, as they are or under a shift, drawn as PNG and kept up to a byte limit."""

import functools
import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from engine import errors, shifts
from engine.datasets import images
from engine.shelf import Shelf

KEPT = Shelf(64_000_000)


@dataclass(frozen=True)
class Picture:
    """What one address of a picture asks for."""

    dataset: str
    split: str
    example_id: str
    shift: str
    strength: float
    seed: int
    size: int


def png(picture: Picture) -> bytes:
    """Return a picture as PNG, drawn on the first ask.

    Raises:
        UserError: for an unknown set, split, example or shift, or a strength outside its limits.
    """
    version = shifts.card(picture.shift).version if picture.shift else 0
    return KEPT.get((picture, version), functools.partial(render, picture))


def render(picture: Picture) -> bytes:
    """Draw a picture as PNG.

    Raises:
        UserError: for an unknown set, split, example or shift, or a strength outside its limits.
    """
    one = _example(picture.dataset, picture.split, picture.example_id)
    shown = shifts.shifted(one[None], [picture.example_id], picture.shift, picture.strength, picture.seed)[0]
    return _png(resized(shown, picture.size))


def _example(dataset: str, split: str, example_id: str) -> UInt8[np.ndarray, "h w c"]:
    loaded = images.load(dataset, split)
    position = _positions(dataset, split, loaded).get(example_id)
    if position is None:
        raise errors.UserError(f"{dataset}, {split}, has no example {example_id[:40]}.", "The set may have changed; reload the page.")
    return np.asarray(loaded.images[position])


_KNOWN: dict[tuple[str, str], tuple[images.Images, dict[str, int]]] = {}


def _positions(dataset: str, split: str, loaded: images.Images) -> dict[str, int]:
    """Return example id -> place in a split, kept as long as the loaded split is the same object."""
    known = _KNOWN.get((dataset, split))
    if known is None or known[0] is not loaded:
        known = (loaded, {example_id: i for i, example_id in enumerate(loaded.ids)})
        _KNOWN[dataset, split] = known
        while len(_KNOWN) > 8:
            _KNOWN.pop(next(iter(_KNOWN)))
    return known[1]


def resized(image: UInt8[np.ndarray, "h w c"], size: int) -> UInt8[np.ndarray, "h2 w2 c"]:
    """Return an image whose longer side is at most `size`: enlarged by a whole factor, or made smaller by averaging."""
    side = max(image.shape[:2])
    if side <= size:
        factor = max(1, size // side)
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    height, width = (max(1, round(n * size / side)) for n in image.shape[:2])
    small = np.asarray(_pil(image).resize((width, height), Image.Resampling.BOX))
    return small[..., None] if small.ndim == 2 else small


def _pil(image: UInt8[np.ndarray, "h w c"]) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)


def _png(image: UInt8[np.ndarray, "h w c"]) -> bytes:
    buffer = io.BytesIO()
    _pil(image).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()
