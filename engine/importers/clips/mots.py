"""MOTS: a text file of run-length codes, or one 16-bit PNG a frame; a value is class * 1000 + object, class 10 is to be ignored.

Lines are: frame, object, class, height, width, code. Frames count from 0, or from 1 where the last number is the number of frames.
"""

from pathlib import Path

from engine import errors, safety
from engine.importers import _sources
from engine.importers.clips import _given, davis
from engine.importers.clips._given import Given, Shape, Track
from engine.rle import Rle

VERSION = 1
SUFFIXES = (".txt", "folder", ".zip")
NEEDS = "a text file with a line a mask, or a folder or zip with one 16-bit PNG a frame"
_IGNORED, _CLASS = 10, 1000


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for lines that are none, frames that do not exist, and pixels claimed twice."""
    return _text(path, shape) if path.suffix.lower() == ".txt" else _pictures(path, shape)


def _text(path: Path, shape: Shape) -> Given:
    safety.check_size(path, _given.MOST_JSON)
    rows = [_row(path, number, line) for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1) if line.strip()]
    if not rows:
        raise errors.UserError(f"{safety.shown(path.name)} has no line.", f"Bring {NEEDS}.")
    first = 1 if max(row[0] for row in rows) == shape.length else 0
    found: dict[str, dict[int, Rle]] = {}
    for frame, name, kind, said in rows:
        t = frame - first
        where = f"{safety.shown(path.name)}, frame {frame}, object {name}"
        if not 0 <= t < shape.length:
            raise errors.UserError(f"{where}: the clip has {shape.length:,} frames.", "Bring the masks that belong to these frames.")
        if kind == _IGNORED:
            continue
        if t in found.get(name, {}):
            raise errors.UserError(f"{where}: there are two masks of this object.", "Give each object a number of its own.")
        code = _given.coded(said, shape, where)
        assert code is not None
        found.setdefault(name, {})[t] = code
    tracks = tuple(Track(name, masks) for name, masks in _given.in_order(found, shape.length).items())
    apart, _ = _given.apart(path, tracks, shape, strict=True)
    return Given(apart, None, (f"Frames were counted from {first}.",))


def _row(path: Path, number: int, line: str) -> tuple[int, str, int, dict]:
    parts = line.split()
    try:
        frame, name, kind, height, width = (int(part) for part in parts[:5])
        return frame, str(name), kind, {"size": [height, width], "counts": parts[5]}
    except (ValueError, IndexError) as problem:
        raise errors.UserError(
            f"{safety.shown(path.name)}, line {number} is not “frame object class height width code”.", f"Bring {NEEDS}."
        ) from problem


def _pictures(path: Path, shape: Shape) -> Given:
    files = _sources.files(path, (".png",))
    _given.counted(path, len(files), shape)
    found: dict[str, dict[int, Rle]] = {}
    for t, file in enumerate(files):
        for value, mask in davis.split(davis.indexed(file, t, shape), f"{safety.shown(file.name)} (frame {t})").items():
            if value // _CLASS != _IGNORED:
                found.setdefault(str(value), {})[t] = mask
    tracks = tuple(Track(name, masks) for name, masks in sorted(_given.in_order(found, shape.length).items(), key=lambda one: int(one[0])))
    return Given(tracks, None, ())


def sixteen_bit(path: Path) -> bool:
    """Return whether the first PNG of a folder or zip holds 16-bit values, as those of MOTS do."""
    files = _sources.files(path, (".png",))
    if not files:
        return False
    with files[0].open("rb") as file:
        return file.read(25)[24:25] == b"\x10"  # the bit depth in the header
