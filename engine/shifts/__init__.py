"""Shifts: what is done to an image before a network sees it. NumPy, SciPy and OpenCV only; no torch.

A file here is one shift. Its docstring is the card (a title line, then text); its constants are `VERSION`, `FAMILY`
(noise, blur, weather, digital or geometric), `STRENGTHS` (from mild to severe), `LIMITS` (lowest and highest strength
it takes), `UNIT` (what a strength means), `SOURCE`, `CITATION`. It offers `parameters(strength, size)`, which is shown
on screen, and `apply(image, strength, rng)`, which takes and gives uint8 images (h, w, c) with c = 1 or 3 of any size.

The 19 corruptions are those of ImageNet-C, written anew with its published parameters. These hold for a side of 224
pixels; every length is multiplied by side/224, side being the shorter one. What has no unit of length (noise levels,
shares, qualities) is the same at all sizes. Inside, pixels are floats in [0, 1]; the result is rounded to the nearest
of 256 steps (ImageNet-C cuts off). Strengths between the five published ones interpolate the parameters linearly.

Each image draws from its own random stream, seeded by (seed, shift, example id): neither batch size nor order changes a
pixel. The strength is no part of it, so that one image meets the same noise at all strengths and curves over strength
are paired.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, overload

import cv2
import numpy as np
from jaxtyping import UInt8

from engine import errors, hashing, registry

cv2.setNumThreads(1)

ROOM = "shifts"


@dataclass(frozen=True)
class ShiftCard:
    """What one shift says of itself."""

    name: str
    title: str
    text: str
    family: str
    strengths: tuple[float, ...]  # from mild to severe
    unit: str
    source: str
    citation: str
    version: int
    low: float  # lowest and highest strength that it takes
    high: float


def names() -> tuple[str, ...]:
    """Return the names of all shifts, sorted."""
    return registry.names(ROOM)


def card(name: str) -> ShiftCard:
    """Return a shift's card, read without importing it.

    Raises:
        UserError: for an unknown name, or a file that lacks one of the constants.
    """
    entry = registry.card(ROOM, name)
    return _card(name, entry.title, entry.text, entry.sha256)


@functools.lru_cache(maxsize=256)
def _card(name: str, title: str, text: str, _source: str) -> ShiftCard:
    constants = registry.card(ROOM, name).constants
    if lacking := [c for c in ("VERSION", "FAMILY", "STRENGTHS", "UNIT", "SOURCE", "CITATION") if c not in constants]:
        raise errors.UserError(f"The shift “{name}” lacks {', '.join(lacking)}.", "Write each as a literal at the top of its file.")
    strengths, low, high = _numbers(name, constants)
    return ShiftCard(
        name=name, title=title.rstrip("."), text=text, family=constants["FAMILY"], strengths=strengths,
        unit=constants["UNIT"], source=constants["SOURCE"], citation=constants["CITATION"],
        version=constants["VERSION"], low=low, high=high,
    )  # fmt: skip


def _numbers(name: str, constants: Mapping[str, Any]) -> tuple[tuple[float, ...], float, float]:
    """Return the strengths and their limits; without `LIMITS` these are the lowest and highest strength."""
    try:
        strengths = tuple(map(float, constants["STRENGTHS"]))
        low, high = constants.get("LIMITS", (min(strengths), max(strengths)))
        return strengths, float(low), float(high)
    except (TypeError, ValueError) as problem:
        raise errors.UserError(
            f"The shift “{name}” has STRENGTHS or LIMITS that are no numbers.", "Write STRENGTHS = (1.0, 2.0, …) and LIMITS = (lowest, highest)."
        ) from problem


def parameters(name: str, strength: float, size: int) -> Mapping[str, float]:
    """Return what a strength means at a side of `size` pixels; lengths end in `_px`, angles in `_degrees`.

    Raises:
        UserError: for an unknown name, or a strength outside the shift's limits.
    """
    return _checked(name, strength).parameters(strength, size)


@overload
def shifted(images: UInt8[np.ndarray, "n h w c"], ids: Sequence[str], name: str, strength: float, seed: int) -> UInt8[np.ndarray, "n h w c"]: ...


@overload
def shifted(
    images: Sequence[UInt8[np.ndarray, "..."]], ids: Sequence[str], name: str, strength: float, seed: int
) -> Sequence[UInt8[np.ndarray, "..."]]: ...


def shifted(
    images: UInt8[np.ndarray, "n h w c"] | Sequence[UInt8[np.ndarray, "..."]],
    ids: Sequence[str],
    name: str,
    strength: float,
    seed: int,
) -> UInt8[np.ndarray, "n h w c"] | Sequence[UInt8[np.ndarray, "..."]]:
    """Return the images as the shift leaves them: an array for an array, a list for any other sequence.

    Args:
        images: uint8 images (h, w, 1 or 3), which stay as they are.
        ids: the example id of each; equal ids draw equal noise.
        name: a shift, or "" for the images unchanged.
        strength: in the shift's unit, see `card(name)`; ignored without a shift.
        seed: the run's seed.

    Raises:
        UserError: for an unknown shift, a strength outside its limits, or an image of another kind.
    """
    if len(images) != len(ids):
        raise ValueError(f"{len(images)} images but {len(ids)} ids")
    if not name:
        return images
    module = _checked(name, strength)
    made = [_one(module, name, strength, image, _rng(seed, name, i)) for image, i in zip(images, ids, strict=True)]
    if isinstance(images, np.ndarray):
        return np.stack(made) if made else images.copy()
    return made


def _checked(name: str, strength: float) -> ModuleType:
    """Return the shift's module once the strength is known to lie within its limits."""
    known = card(name)
    if not known.low <= strength <= known.high:
        raise errors.UserError(
            f"The shift “{name}” does not come in strength {strength:g}.",
            f"Choose one from {known.low:g} to {known.high:g} ({known.unit}).",
        )
    return registry.load(ROOM, name)


def _rng(seed: int, name: str, example_id: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int(hashing.of_parts(seed, name, example_id), 16)))


def _one(module: ModuleType, name: str, strength: float, image: UInt8[np.ndarray, "..."], rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return one shifted image; what goes in and comes out is checked, since a shift may be a person's own file."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3) or image.size == 0:
        raise errors.UserError(
            f"A shift takes uint8 images (height, width, 1 or 3), not {image.dtype} {image.shape}.",
            "Convert the images before shifting them.",
        )
    still = np.ascontiguousarray(image).view()
    still.flags.writeable = False  # a shift that writes into its input would change what all later shifts see
    made = module.apply(still, strength, rng)
    if not isinstance(made, np.ndarray) or made.dtype != np.uint8 or made.shape != image.shape:
        kind = f"{made.dtype} {made.shape}" if isinstance(made, np.ndarray) else type(made).__name__
        raise errors.UserError(f"The shift “{name}” returned {kind} for uint8 {image.shape}.", "Correct its function `apply`.")
    return made
