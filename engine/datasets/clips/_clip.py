"""A clip: frames, and for each object what is seen of it and, where the truth is known, all of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from engine import errors, rle
from engine.rle import Rle

Masks = tuple[Rle | None, ...]
"""A mask for each frame; None = the object is not there (visible), nothing is known (whole, seen)."""


class Frames(Protocol):
    """Pictures by number, read when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int, /) -> UInt8[np.ndarray, "h w 3"]: ...


@dataclass(frozen=True, eq=False)
class Held:
    """Frames in memory."""

    pictures: UInt8[np.ndarray, "t h w 3"]

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int) -> UInt8[np.ndarray, "h w 3"]:
        return self.pictures[i]


@dataclass(frozen=True, eq=False)
class Flow:
    """Where each pixel goes in the next frame, and where it came from: (x, y) in pixels."""

    forward: Float32[np.ndarray, "steps h w 2"]  # forward[t]: from frame t to t + 1
    backward: Float32[np.ndarray, "steps h w 2"]  # backward[t]: from frame t + 1 to t


@dataclass(frozen=True)
class Track:
    """One object: its visible mask in each frame; where known its whole mask (truth, never an input) and which hidden pixels show elsewhere."""

    name: str
    visible: Masks
    whole: Masks | None = None
    seen: Masks | None = None  # hidden pixels whose point of the object is visible in another frame of the clip


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames of one size with tracked objects.

    What may hide an object: the visible masks of all other tracks, and `occluder` where one is given. Depth order is not needed.
    """

    name: str
    height: int
    width: int
    frames: Frames
    tracks: tuple[Track, ...]
    occluder: Masks | None = None
    flow: Flow | None = None  # exact; None = to be estimated
    camera: Float[np.ndarray, "t 2 3"] | None = None  # from the world to the picture of each frame
    rate: float | None = None  # frames a second, for playing only
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, masks in self._all():
            if len(masks) != len(self.frames):
                raise errors.UserError(f"{self.name}: {len(masks):,} masks ({kind}) for {len(self.frames):,} frames.", "Give one mask a frame.")
            for t, mask in enumerate(masks):
                if mask is not None and (mask.height, mask.width) != (self.height, self.width):
                    raise errors.UserError(
                        f"{self.name}: the mask ({kind}) of frame {t} is {mask.width} x {mask.height} pixels, "
                        f"the frames are {self.width} x {self.height}.",
                        "Bring masks of the frames' size.",
                    )

    def _all(self) -> Iterator[tuple[str, Masks]]:
        for track in self.tracks:
            for kind in ("visible", "whole", "seen"):
                if (masks := getattr(track, kind)) is not None:
                    yield f"{kind}, {track.name}", masks
        if self.occluder is not None:
            yield "occluder", self.occluder

    @property
    def length(self) -> int:
        """Number of frames."""
        return len(self.frames)

    def track(self, name: str) -> Track:
        """Return a track by name; raises UserError for an unknown one."""
        for track in self.tracks:
            if track.name == name:
                return track
        raise errors.unknown(f"object of {self.name}", name, [track.name for track in self.tracks])

    def dense(self, mask: Rle | None, ends: tuple[int, int] | None = None) -> Bool[np.ndarray, "h c"]:
        """Return a mask as pixels, all columns or those from the first of `ends` to before the second; none is an empty one."""
        first, end = ends or (0, self.width)
        return np.zeros((self.height, end - first), np.bool_) if mask is None else rle.columns(mask, first, end)

    def others(self, name: str, t: int, ends: tuple[int, int] | None = None) -> Bool[np.ndarray, "h c"]:
        """Return where something else may hide an object in frame t: other tracks' visible masks and the given occluder, without its own."""
        own = self.track(name)
        found = self.dense(self.occluder[t] if self.occluder else None, ends)
        for track in self.tracks:
            if track.name != name and track.visible[t] is not None:
                found = found | self.dense(track.visible[t], ends)
        return found & ~self.dense(own.visible[t], ends)
