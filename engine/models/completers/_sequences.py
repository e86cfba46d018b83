"""What completers take and give, how masks are carried between frames, and how two directions become one answer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, UInt8
from torch.nn import functional


@runtime_checkable
class Seen(Protocol):
    """What a network is given of an object, as `engine.datasets.clips.Patch` has it: one entry a frame, no truth."""

    @property
    def pictures(self) -> UInt8[np.ndarray, "t h w 3"]:
        """Frames."""
        ...

    @property
    def visible(self) -> Bool[np.ndarray, "t h w"]:
        """Visible masks."""
        ...

    @property
    def occluder(self) -> Bool[np.ndarray, "t h w"]:
        """Where something else may hide it."""
        ...

    @property
    def inside(self) -> Bool[np.ndarray, "t h w"]:
        """Where the frame is."""
        ...

    @property
    def forward(self) -> Float32[np.ndarray, "t h w 2"]:
        """Motion to the next frame, (x, y) in pixels."""
        ...

    @property
    def backward(self) -> Float32[np.ndarray, "t h w 2"]:
        """Motion to the frame before."""
        ...


@dataclass(frozen=True)
class Inputs:
    """Patches of a batch of clips, without any truth; motion in pixels, (x, y), filled in where the object is hidden."""

    visible: Float[torch.Tensor, "b t h w"]
    occluder: Float[torch.Tensor, "b t h w"]
    inside: Float[torch.Tensor, "b t h w"]
    pictures: Float[torch.Tensor, "b t 3 h w"]  # 0 to 1
    forward: Float[torch.Tensor, "b t 2 h w"]  # to the next frame
    backward: Float[torch.Tensor, "b t 2 h w"]  # to the frame before

    def reversed(self) -> "Inputs":
        """Return the same clips, last frame first."""
        flipped = {one.name: getattr(self, one.name).flip(1) for one in fields(self)}
        return Inputs(**{**flipped, "forward": flipped["backward"], "backward": flipped["forward"]})

    def frames(self, start: int, length: int) -> "Inputs":
        """Return some frames."""
        return Inputs(**{one.name: getattr(self, one.name)[:, start : start + length] for one in fields(self)})

    def joined(self, other: "Inputs") -> "Inputs":
        """Return both batches as one."""
        return Inputs(**{one.name: torch.cat([getattr(self, one.name), getattr(other, one.name)]) for one in fields(self)})


@dataclass(frozen=True)
class Answer:
    """Logits of the whole mask and of the fusion for each direction in time (forward, reverse), before anything known is put in."""

    logits: Float[torch.Tensor, "d b t h w"]
    fusion: Float[torch.Tensor, "d b t h w"]

    @property
    def each(self) -> Float[torch.Tensor, "d b t h w"]:
        """Probability by each direction."""
        return self.logits.sigmoid()

    @property
    def fused(self) -> Float[torch.Tensor, "b t h w"]:
        """Probability by all directions, weighed for each pixel."""
        return (self.fusion.softmax(0) * self.each).sum(0)


def inputs(patches: Sequence[Seen]) -> Inputs:
    """Return patches of equally long clips as one batch."""

    def batch(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([getattr(one, name) for one in patches])).float()

    def last(name: str) -> torch.Tensor:
        return batch(name).movedim(-1, 2)

    return Inputs(batch("visible"), batch("occluder"), batch("inside"), last("pictures") / 255, last("forward"), last("backward"))


def known(probability: torch.Tensor, visible: torch.Tensor, occluder: torch.Tensor) -> torch.Tensor:
    """Return a mask with what is known put in: visible pixels are 1, pixels that nothing hides are 0."""
    return visible + (1 - visible) * occluder * probability


def warp(values: Float[torch.Tensor, "b c h w"], motion: Float[torch.Tensor, "b 2 h w"]) -> Float[torch.Tensor, "b c h w"]:
    """Return values in another frame: at each pixel p what is at p + motion(p), bilinear, 0 outside.

    Pixel centres are at whole numbers, so that no motion changes nothing and whole steps are exact.
    """
    height, width = values.shape[-2:]
    y = torch.arange(height, dtype=values.dtype)[:, None]
    x = torch.arange(width, dtype=values.dtype)[None, :]
    across = (2 * (x + motion[:, 0]) + 1) / width - 1
    down = (2 * (y + motion[:, 1]) + 1) / height - 1
    return functional.grid_sample(values, torch.stack([across, down], dim=-1), align_corners=False)
