"""From images to tokens: a small convolutional stem, and a learned place for each token."""

import itertools

import torch
from jaxtyping import Float
from torch import nn

STEADY = 0.1  # added to the standard deviation: an empty image stays empty


class Tokens(nn.Module):
    """Two or three halvings and one depth-wise block, in the manner of ConvNeXt; each token carries a learned place beside what is seen there.

    Each image is first standardised over all its pixels, so that neither its brightness nor its contrast matters.
    """

    def __init__(self, channels: int, size: int, width: int, places: int, halvings: int = 2) -> None:
        super().__init__()
        widths = [channels, *(max(8, width // 2 ** (halvings - 1 - i)) for i in range(halvings))]
        stages: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            stages += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(1, after), nn.GELU()]
            size = (size + 1) // 2
        self.stages = nn.Sequential(*stages)
        self.mix = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, groups=width), nn.GroupNorm(1, width), nn.Conv2d(width, 2 * width, 1))
        self.join = nn.Conv2d(2 * width, width, 1)
        self.side = size
        self.places = nn.Parameter(torch.randn(size * size, places))  # as large as what is seen: modules read at different places from the start
        self.width = width + places

    def forward(self, images: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b t e"]:
        """Return side x side tokens an image, row by row."""
        maps = self.stages(standardised(images))
        maps = maps + self.join(nn.functional.gelu(self.mix(maps)))
        tokens = maps.flatten(2).transpose(1, 2)  # (b, t, d)
        return torch.cat([tokens, self.places.expand(len(tokens), -1, -1)], dim=-1)


def standardised(images: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b c h w"]:
    """Return each image with mean 0 over its pixels, divided by their standard deviation (never by nearly nothing)."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return (images - mean) / (images.std((1, 2, 3), keepdim=True) + STEADY)
