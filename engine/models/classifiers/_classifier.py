"""What all classifiers share: a trunk that makes features and a head that reads classes off them."""

import math

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine import errors


class Classifier(nn.Module):
    """A trunk from images to features, and a linear head from features to logits.

    The split is what head-only fine-tuning, cached features and shared trunk files rely on: every parameter is named
    `trunk.…` or `head.…`.
    """

    def __init__(self, trunk: nn.Module, features: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, classes)

    def forward(self, images: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n classes"]:
        """Return the logits of a batch."""
        return self.head(self.trunk(images))


class TokenGrid(nn.Module):
    """Average tokens, which lie on a square, over `grid` x `grid` cells, so that features keep where something lies."""

    def __init__(self, grid: int) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, tokens: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n f"]:
        """Return `grid` x `grid` x d features an image."""
        n, t, d = tokens.shape
        side = math.isqrt(t)
        maps = tokens.transpose(1, 2).reshape(n, d, side, side)
        return functional.adaptive_avg_pool2d(maps, self.grid).flatten(1)


def patches_a_side(size: int, patch: int) -> int:
    """Return how many patches fit along a side; raises UserError where they do not fit exactly."""
    if patch < 1 or size % patch:
        raise errors.UserError(
            f"Patches of {patch} pixels do not divide images of {size} pixels.",
            f"Choose an input size that is a multiple of {patch}, or another option “patch”.",
        )
    return size // patch
