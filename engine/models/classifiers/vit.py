"""Small vision transformer.

Patches become tokens with learned positions; blocks of self-attention and a perceptron, normalised before each, see all
of the image at once. Features are the tokens averaged over a coarse grid.
"""

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine.models.classifiers._classifier import Classifier, TokenGrid, patches_a_side

VERSION = 1
CITATION = "A. Dosovitskiy et al. An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale. ICLR 2021."


class Block(nn.Module):
    """Self-attention, then a perceptron on each token, each added to what came in."""

    def __init__(self, width: int, heads: int, ratio: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, ratio * width), nn.GELU(), nn.Linear(ratio * width, width))

    def forward(self, tokens: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        """Return the tokens after one block."""
        tokens = tokens + self.attended(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))

    def attended(self, tokens: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        """Return what each token gathers from all tokens."""
        n, t, d = tokens.shape
        q, k, v = self.qkv(tokens).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)  # (n, h, t, d/h)
        mixed = functional.scaled_dot_product_attention(q, k, v)  # (n, h, t, d/h)
        return self.out(mixed.transpose(1, 2).reshape(n, t, d))


class Trunk(nn.Module):
    """Patch embedding, positions, blocks, averages over tokens."""

    def __init__(self, channels: int, tokens: int, patch: int, width: int, blocks: list[Block], grid: int) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, width, patch, stride=patch)
        self.positions = nn.Parameter(torch.empty(1, tokens, width))
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(width)
        self.average = TokenGrid(grid)
        nn.init.trunc_normal_(self.positions, std=0.02)

    def forward(self, images: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d"]:
        """Return one feature vector an image."""
        tokens = self.embed(images).flatten(2).transpose(1, 2)  # (n, t, d)
        return self.average(self.norm(self.blocks(tokens + self.positions)))


def build(
    classes: int, channels: int, size: int,
    *, patch: int = 7, width: int = 48, depth: int = 3, heads: int = 4, ratio: int = 2, grid: int = 2,
) -> Classifier:  # fmt: skip
    """Return a transformer over `patch` x `patch` patches; raises UserError where they do not divide the size."""
    tokens = patches_a_side(size, patch) ** 2
    blocks = [Block(width, heads, ratio) for _ in range(depth)]
    return Classifier(Trunk(channels, tokens, patch, width, blocks, grid), width * grid * grid, classes)
