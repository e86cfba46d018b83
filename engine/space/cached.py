"""The cache: what can be made again, kept within TOUCHSTONE_CACHE_BYTES; the oldest goes first, and what somebody may have open stays."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import control, people, places
from engine.space.sizes import held_in
from engine.store import objects

WHOLE = ("uploads", "unpacked")  # folders whose entries are of use only whole
OPEN_SECONDS = 3600.0  # what is younger may be in somebody's hands: a file being read, an upload not saved yet


@dataclass(frozen=True)
class Entry:
    """A file of the cache, or a folder that is of use only whole."""

    path: Path
    bytes: int
    changed: float  # seconds since 1970


def most_bytes() -> int:
    """Return how many bytes the cache may hold (TOUCHSTONE_CACHE_BYTES, 20 GB unless set)."""
    return objects.cache_bytes()


def entries() -> list[Entry]:
    """Return what the cache holds, the oldest first. Files kept of an object store that is in use are left to it: its readers have them open."""
    found = []
    for top in sorted(places.cache().glob("*")):
        if top.name == "objects" and places.object_store():
            continue
        members = top.iterdir() if top.name in WHOLE and top.is_dir() else top.rglob("*") if top.is_dir() else (top,)
        found += [_entry(one) for one in members if top.name in WHOLE or one.is_file()]
    return sorted(found, key=lambda one: one.changed)


def _entry(path: Path) -> Entry:
    return Entry(path, held_in(path).bytes, path.lstat().st_mtime)


def make_room() -> Iterator[str]:
    """Remove the oldest entries beyond the limit; yields their names."""
    found = entries()
    total = sum(one.bytes for one in found)
    for one in found:
        if total <= most_bytes():
            return
        if time.time() - one.changed > OPEN_SECONDS:
            total -= one.bytes
            yield _remove(one)


def empty() -> int:
    """Remove all of the cache but uploads that somebody may still save; returns the bytes.

    Raises:
        UserError: where this person may not.
    """
    people.require("manage")
    old = [one for one in entries() if one.path.parent.name not in WHOLE or time.time() - one.changed > OPEN_SECONDS]
    for one in old:
        _remove(one)
    control.audit("empty cache", f"{len(old)} files")
    return sum(one.bytes for one in old)


def _remove(one: Entry) -> str:
    if one.path.is_dir():
        shutil.rmtree(one.path, ignore_errors=True)
    else:
        one.path.unlink(missing_ok=True)
    return str(one.path.relative_to(places.home()))
