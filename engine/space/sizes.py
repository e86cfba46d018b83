"""How much a folder holds."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Held(NamedTuple):
    """Files and their bytes."""

    files: int
    bytes: int


def held_in(place: Path) -> Held:
    """Return what a file or folder holds, all below it; links are not followed."""
    sizes = list(_sizes(place))
    return Held(len(sizes), sum(sizes))


def _sizes(place: Path) -> Iterator[int]:
    if place.is_symlink() or not place.exists():
        return
    if place.is_file():
        yield place.stat().st_size
        return
    for folder, _, files in os.walk(place):
        for name in files:
            try:
                yield (Path(folder) / name).lstat().st_size
            except OSError:
                continue  # gone while we looked
