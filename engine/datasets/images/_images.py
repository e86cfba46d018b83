"""One split of an image data set in memory, and what makes an example itself."""

import functools
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from engine import hashing

Pictures = UInt8[np.ndarray, "n h w c"] | Sequence[UInt8[np.ndarray, "h w c"]]


@dataclass(frozen=True)
class Images:
    """One split of a data set in memory: canonical images, labels, identities, groups."""

    images: Pictures  # an array (n, h, w, c), or a list where a set decodes lazily
    labels: Int[np.ndarray, " n"]
    classes: tuple[str, ...]
    ids: tuple[str, ...] = ()  # hash of each canonical image's bytes; made when left out
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()  # file name or origin of each example; empty where nothing is known

    def __post_init__(self) -> None:
        n = len(self.images)
        if len(self.labels) != n:
            raise ValueError(f"{len(self.labels)} labels for {n} images")
        for name, column in self.groups.items():
            if len(column) != n:
                raise ValueError(f"group {name} has {len(column)} values for {n} images")
        if self.sources and len(self.sources) != n:
            raise ValueError(f"{len(self.sources)} sources for {n} images")
        lowest, highest = (int(self.labels.min()), int(self.labels.max())) if n else (0, -1)
        if lowest < 0 or highest >= len(self.classes):
            raise ValueError(f"labels {lowest}..{highest} for {len(self.classes)} classes")
        if not self.ids:
            object.__setattr__(self, "ids", tuple(example_id(image) for image in self.images))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, where: slice) -> "Images":
        return Images(
            self.images[where], self.labels[where], self.classes, self.ids[where],
            {name: column[where] for name, column in self.groups.items()}, self.sources[where],
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """Hash of everything an evaluation depends on: the images in their order, their labels, the class names."""
        return digest(self.ids, self.labels.tolist(), self.classes)


def digest(ids: Sequence[str], labels: Sequence[int], classes: Sequence[str]) -> str:
    """Return the hash that names a split."""
    return hashing.of_parts(ids, labels, classes)


def example_id(image: UInt8[np.ndarray, "h w c"]) -> str:
    """Return an image's identity: the hash of its shape and bytes, equal for equal pictures everywhere."""
    return hashing.of_bytes(repr(image.shape).encode() + np.ascontiguousarray(image).tobytes())


@functools.cache
def package_folder(module: str) -> Path | None:
    """Return the folder of an installed package without importing it, None where it is not installed."""
    spec = importlib.util.find_spec(module)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None
