"""Augmentations by name: each takes a batch of images (values in 0..1) and a generator and returns a batch."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch.nn import functional

Augmentation = Callable[[Float[torch.Tensor, "n c h w"], torch.Generator], Float[torch.Tensor, "n c h w"]]

Operation = Callable[[Float[torch.Tensor, "n c h w"], Float[torch.Tensor, " n"]], Float[torch.Tensor, "n c h w"]]  # magnitude in -1..1


class Move(NamedTuple):
    """A movement at magnitude 1: an angle in radians, shears, shifts in halves of the side."""

    turn: float = 0.0
    shear_x: float = 0.0
    shear_y: float = 0.0
    right: float = 0.0
    down: float = 0.0


COLOUR = 0.3  # brightness and contrast, either way
CHAINS = 3

DEGREES, SCALE, SHEAR, SHIFT = 12.0, 0.12, 0.15, 1 / 14  # at most, either way; shift as a fraction of the side


def none(images: Float[torch.Tensor, "n ..."], _generator: torch.Generator) -> Float[torch.Tensor, "n ..."]:
    """Return the batch as it is."""
    return images


def affine(images: Float[torch.Tensor, "n c h w"], generator: torch.Generator) -> Float[torch.Tensor, "n c h w"]:
    """Return each image turned, scaled, sheared and moved by small uniform amounts; its border pixels continue outwards."""
    turn, scale, shear, right, down = _uniform(len(images), generator)
    cosine, sine = torch.cos(turn) * scale, torch.sin(turn) * scale
    rows = torch.stack([cosine, shear - sine, right, sine, cosine, down], dim=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(rows, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _uniform(n: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    turn, scale, shear, right, down = (torch.rand(5, n, generator=generator) * 2 - 1).unbind()
    return turn * math.radians(DEGREES), 1 + scale * SCALE, shear * SHEAR, 2 * right * SHIFT, 2 * down * SHIFT


def colour(images: Float[torch.Tensor, "n c h w"], generator: torch.Generator) -> Float[torch.Tensor, "n c h w"]:
    """Return each image with its brightness, then its contrast multiplied by a uniform factor of 1 +- 0.3, within 0..1.

    What a grey image has of the colour jitter of Wenzel et al. 2022: saturation and the conversion to grey change nothing in it.
    """
    brightness, contrast = (1 + COLOUR * (2 * torch.rand(2, len(images), generator=generator) - 1)).unbind()
    return _contrast((images * _each(brightness)).clamp(0, 1), contrast)


def randaugment(images: Float[torch.Tensor, "n c h w"], generator: torch.Generator) -> Float[torch.Tensor, "n c h w"]:
    """Return each image after two operations out of `OPERATIONS`, each of a uniform magnitude, in the manner of RandAugment (Cubuk et al. 2020)."""
    for _ in range(2):
        images = _drawn(images, tuple(OPERATIONS.values()), 1.0, generator)
    return images


def augmix(images: Float[torch.Tensor, "n c h w"], generator: torch.Generator) -> Float[torch.Tensor, "n c h w"]:
    """Return each image mixed with three chains of one or two operations, in the manner of AugMix (Hendrycks et al. 2020).

    Chains draw from `MIXED` at up to half the magnitude; their weights are Dirichlet(1, 1, 1), the share of the chains is uniform. Only the
    images: AugMix's loss of consistency is not part of it.
    """
    n = len(images)
    chains = _drawn(images.repeat(CHAINS, 1, 1, 1), MIXED, 0.5, generator)
    longer = torch.rand(len(chains), generator=generator) < 0.5
    chains[longer] = _drawn(chains[longer], MIXED, 0.5, generator)
    drawn = -torch.log1p(-torch.rand(CHAINS, n, generator=generator))
    weights = (drawn / drawn.sum(0)).reshape(CHAINS, n, 1, 1, 1)
    share = _each(torch.rand(n, generator=generator))
    return (1 - share) * images + share * (weights * chains.reshape(CHAINS, *images.shape)).sum(0)


def _drawn(
    images: Float[torch.Tensor, "n c h w"], operations: Sequence[Operation | Move], most: float, generator: torch.Generator
) -> Float[torch.Tensor, "n c h w"]:  # fmt: skip
    """Return each image after one operation, drawn with its magnitude; images with the same operation are changed together."""
    chosen = torch.randint(len(operations), (len(images),), generator=generator)
    magnitudes = most * torch.rand(len(images), generator=generator)
    signed = magnitudes * (2.0 * torch.randint(2, (len(images),), generator=generator) - 1)
    changed = images.clone()
    for k, operation in enumerate(operations):
        if not isinstance(operation, Move) and len(mine := torch.nonzero(chosen == k).squeeze(1)):
            changed[mine] = operation(images[mine], signed[mine])
    by = torch.tensor([tuple(o) if isinstance(o, Move) else (0.0,) * 5 for o in operations])[chosen] * signed[:, None]
    if len(mine := torch.nonzero(by.any(1)).squeeze(1)):  # all movements in one pass
        changed[mine] = _moved(images[mine], by[mine])
    return changed


def _each(numbers: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, "n 1 1 1"]:
    return numbers.reshape(-1, 1, 1, 1)


def _contrast(images: Float[torch.Tensor, "n c h w"], factor: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, "n c h w"]:
    mean = images.mean((1, 2, 3), keepdim=True)
    return (mean + (images - mean) * _each(factor)).clamp(0, 1)


def _autocontrast(images: Float[torch.Tensor, "n c h w"], _magnitude: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, "n c h w"]:
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp_min(1 / 255)


def _posterize(images: Float[torch.Tensor, "n c h w"], magnitude: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, "n c h w"]:
    step = 2 ** _each((magnitude.abs() * 6).round())  # 0 to 6 of 8 bits are lost
    return torch.floor((images * 255).round() / step) * step / 255


def _solarize(images: Float[torch.Tensor, "n c h w"], magnitude: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, "n c h w"]:
    return torch.where(images >= _each(1 - magnitude.abs() / 2), 1 - images, images)


def _sharpness(images: Float[torch.Tensor, "n c h w"], magnitude: Float[torch.Tensor, " n"]) -> Float[torch.Tensor, "n c h w"]:
    smooth = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return (smooth + (images - smooth) * _each(1 + magnitude)).clamp(0, 1)


def _moved(images: Float[torch.Tensor, "n c h w"], by: Float[torch.Tensor, "n 5"]) -> Float[torch.Tensor, "n c h w"]:
    """Return each image turned (radians), sheared along x and y, shifted along x and y (halves of the side)."""
    turn, shear_x, shear_y, right, down = by.unbind(1)
    cosine, sine = torch.cos(turn), torch.sin(turn)
    rows = torch.stack([cosine, shear_x - sine, right, shear_y + sine, cosine, down], dim=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(rows, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


# RandAugment's list without inversion and equalisation, which leave no digit's grey as it was, and without colour, which grey images lack.
OPERATIONS: Mapping[str, Operation | Move] = {
    "autocontrast": _autocontrast, "posterize": _posterize, "solarize": _solarize,
    "rotate": Move(turn=math.radians(30)), "shear_x": Move(shear_x=0.3), "shear_y": Move(shear_y=0.3),
    "translate_x": Move(right=2 / 7), "translate_y": Move(down=2 / 7),
    "contrast": lambda images, magnitude: _contrast(images, 1 + 0.9 * magnitude),
    "brightness": lambda images, magnitude: (images * _each(1 + 0.9 * magnitude)).clamp(0, 1), "sharpness": _sharpness,
}  # fmt: skip
MIXED = tuple(OPERATIONS.values())[:8]  # AugMix leaves out what its authors test on: contrast, brightness, sharpness

AUGMENTATIONS: Mapping[str, Augmentation] = {"none": none, "affine": affine, "colour": colour, "randaugment": randaugment, "augmix": augmix}
