"""Augmentations by name: each takes a batch of images and a generator and returns a batch."""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch.nn import functional

Augmentation = Callable[[Float[torch.Tensor, "n c h w"], torch.Generator], Float[torch.Tensor, "n c h w"]]

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


AUGMENTATIONS: Mapping[str, Augmentation] = {"none": none, "affine": affine}
