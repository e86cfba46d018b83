"""Clips with tracked objects, what is seen of them, and where it is known all of them. NumPy and OpenCV only.

A file here is a set that is drawn. Its docstring is its card; it offers `VERSION`, `SPLITS`, `SIZES` (clips a split), `LICENCE`, `SOURCE`,
`CITATION` and `load(split, index) -> Clip`, which is pure: equal arguments give equal clips. Clips that people brought, or that were written with
`write`, lie as folders under TOUCHSTONE_HOME/inputs/clips. A clip's address is SET/SPLIT/NUMBER, or the name of a brought one.

`patch` cuts out what a network sees of an object, `completed` puts an answer back into full frames; `truth` is apart from both.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import errors, hashing, places, registry, safety
from engine.datasets.clips._clip import Clip, Flow, Frames, Held, Masks, Track
from engine.datasets.clips._files import Files, finish, frame_count, read, write
from engine.datasets.clips._motion import estimated, filled, warped
from engine.datasets.clips._patches import SIDE, Patch, completed, pasted, patch, pieces, stripped, truth, windows

__all__ = [
    "ROOM", "SIDE", "Card", "Clip", "Files", "Flow", "Frames", "Held", "Masks", "Patch", "Track", "brought", "card",
    "completed", "digest", "estimated", "filled", "find", "finish", "length", "load", "names", "pasted", "patch", "pieces", "read", "stripped",
    "truth", "warped", "windows", "write",
]  # fmt: skip

ROOM = "datasets/clips"


@dataclass(frozen=True)
class Card:
    """What a page or a plan needs to know of a set without drawing a clip."""

    name: str
    title: str
    text: str
    sizes: Mapping[str, int]  # split -> clips
    version: int
    licence: str
    source: str
    citation: str


def names() -> tuple[str, ...]:
    """Return the sets that are drawn, sorted."""
    return registry.names(ROOM)


def card(name: str) -> Card:
    """Return a set's card; raises UserError for an unknown name, with the nearest."""
    if name not in names():
        raise errors.unknown("set of clips", name, names())
    entry = registry.card(ROOM, name)
    said = entry.constants
    sizes = {split: said["SIZES"][split] for split in said["SPLITS"]}
    return Card(name, entry.title.rstrip("."), entry.text, sizes, said["VERSION"], said["LICENCE"], said["SOURCE"], said["CITATION"])


def load(name: str, split: str, index: int) -> Clip:
    """Return one drawn clip; raises UserError for an unknown set or split, or a number that the split does not have."""
    sizes = card(name).sizes
    if split not in sizes:
        raise errors.unknown(f"split of {name}", split, sizes)
    if not 0 <= index < sizes[split]:
        raise errors.UserError(f"{name}/{split} has no clip {index}.", f"Its clips are 0 to {sizes[split] - 1}.")
    return registry.load(ROOM, name).load(split, index)


def brought() -> tuple[str, ...]:
    """Return the names of the clips that people brought, sorted."""
    folder = places.inputs("clips")
    return tuple(sorted(one.parent.name for one in folder.glob("[!.]*/manifest.json"))) if folder.is_dir() else ()


def digest(address: str) -> str:
    """Return the hash of what the clip at an address is made of; raises UserError where there is none."""
    name, _, place = address.partition("/")
    if not place and name in brought():
        file = safety.inside(places.inputs("clips"), name) / "manifest.json"
        said = file.stat()
        return _hashed(file, said.st_ino, said.st_mtime_ns, said.st_size)
    split, _, number = place.partition("/")
    if name in names() and split in card(name).sizes and number.isdigit() and int(number) < card(name).sizes[split]:
        return hashing.of_parts(name, card(name).version, split, int(number))
    find(address)
    raise AssertionError(address)


@functools.lru_cache(maxsize=64)
def _hashed(file: Path, *_changes_with_it: int) -> str:
    """Return the hash of a manifest, read once: every frame that a browser asks for needs it."""
    return hashing.of_file(file)


def length(address: str) -> int:
    """Return the number of frames of the clip at an address, without reading its masks where it was brought; raises UserError where there is none."""
    if address in brought():
        return frame_count(safety.inside(places.inputs("clips"), address))
    return find(address).length


def find(address: str) -> Clip:
    """Return the clip at an address, SET/SPLIT/NUMBER or the name of a brought one; raises UserError where there is none."""
    parts = address.split("/")
    if len(parts) == 3 and parts[2].isdigit() and len(parts[2]) < 9:
        return load(parts[0], parts[1], int(parts[2]))
    if len(parts) == 1 and address in brought():
        return read(safety.inside(places.inputs("clips"), address))
    drawn = [f"{name}/{split}/0" for name in names() for split in card(name).sizes]
    raise errors.unknown("clip", address, [*brought(), *drawn])
