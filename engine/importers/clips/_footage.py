"""Frames from a folder or zip of pictures, or a video, put into a clip's folder once; every frame is decoded and looked at on the way."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from engine import errors, safety
from engine.importers import _sources
from engine.importers.clips._given import Shape

cv2.setNumThreads(1)
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")
MOST_FRAMES = 20_000
MOST_SIDE = 4096  # pixels
MOST_BYTES = 4_000_000_000
_QUALITY = 95  # of the JPEGs that a video becomes, which is lossy already
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Footage:
    """Frames as they lie in a folder, how they were called, and how fast they are played."""

    shape: Shape  # `names` are those of the files that were brought
    files: tuple[str, ...]  # in the folder
    rate: float | None = None
    notes: tuple[str, ...] = ()


def put(path: Path, folder: Path, *, partial: bool = False) -> Footage:
    """Write the frames at a path into a folder, exactly as many as there are.

    Args:
        path: a folder, a zip or a video.
        folder: the clip's; frames go into its `frames`.
        partial: take the frames that are there of a video that claims more.

    Raises:
        UserError: for frames of several sizes, broken or too large ones, too many, and a video that holds fewer than it says.
    """
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.suffix.lower() in VIDEOS:
        return _video(path, folder, partial=partial)
    files = sorted(_sources.files(path, PICTURES), key=lambda one: _natural(str(one)))
    if not files:
        raise errors.UserError(f"{safety.shown(path.name)} holds no picture.", f"Bring {', '.join(PICTURES)}, or a video ({', '.join(VIDEOS)}).")
    _limited(path, len(files))
    return _pictures(files, folder)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which frame 2 comes before frame 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(name)]


def _limited(path: Path, count: int) -> None:
    if count > MOST_FRAMES:
        raise errors.UserError(f"{safety.shown(path.name)} has {count:,} frames; the limit is {MOST_FRAMES:,}.", "Bring a part of it.")


def _pictures(files: list[Path], folder: Path) -> Footage:
    size, names = None, []
    for t, file in enumerate(files):
        picture = _decoded(file, t)
        size = size or picture.shape[:2]
        if picture.shape[:2] != size:
            raise errors.UserError(
                f"Frame {t}, {safety.shown(file.name)}, is {picture.shape[1]} x {picture.shape[0]} pixels, the first is {size[1]} x {size[0]}.",
                "Bring frames of one size.",
            )
        names.append(f"frames/{t:06d}{file.suffix.lower()}")
        shutil.copyfile(file, folder / names[-1])
    assert size is not None
    return Footage(Shape(size[0], size[1], len(files), tuple(file.name for file in files)), tuple(names))


def _decoded(file: Path, t: int) -> np.ndarray:
    """Return one picture, after its header was believed to be of a bearable size."""
    where = f"Frame {t}, {safety.shown(file.name)},"
    try:
        with Image.open(file) as header:
            width, height = header.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise errors.UserError(f"{where} is no picture that can be read.", "Copy it again, or take it out.") from problem
    if max(width, height) > MOST_SIDE:
        raise errors.UserError(f"{where} is {width} x {height} pixels; the limit is {MOST_SIDE} a side.", "Bring smaller frames.")
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise errors.UserError(f"{where} is no picture that can be read.", "Copy it again, or take it out.")
    return np.asarray(picture)


def _video(path: Path, folder: Path, *, partial: bool) -> Footage:
    safety.check_size(path, MOST_BYTES)
    reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not reader.isOpened():
            raise errors.UserError(f"{safety.shown(path.name)} is no video that can be read.", "Write it as H.264 in an mp4, or bring its frames.")
        claimed, rate = int(reader.get(cv2.CAP_PROP_FRAME_COUNT)), float(reader.get(cv2.CAP_PROP_FPS))
        width, height = (int(reader.get(one)) for one in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if max(width, height) > MOST_SIDE:
            raise errors.UserError(
                f"{safety.shown(path.name)} is {width} x {height} pixels; the limit is {MOST_SIDE} a side.", "Bring a smaller one."
            )
        _limited(path, claimed)
        names = _drawn_out(path, reader, folder, (height, width))
    finally:
        reader.release()
    if len(names) < claimed and not partial:
        raise errors.UserError(
            f"{safety.shown(path.name)} says that it has {claimed:,} frames; after frame {len(names) - 1:,} no more can be decoded.",
            "It is cut short or damaged: copy it again, or ask for the frames that are there (--partial).",
        )
    kept = f"Frames were decoded once and are kept as JPEG of quality {_QUALITY}."
    notes = (kept,) if len(names) == claimed else (f"The video says {claimed:,} frames and has {len(names):,}; all that are there were taken.", kept)
    return Footage(Shape(height, width, len(names)), names, rate if 0 < rate < 1000 else None, notes)


def _drawn_out(path: Path, reader: cv2.VideoCapture, folder: Path, size: tuple[int, int]) -> tuple[str, ...]:
    names: list[str] = []
    while True:
        there, picture = reader.read()
        if not there:
            break
        if picture.shape[:2] != size:
            raise errors.UserError(
                f"{safety.shown(path.name)}: frame {len(names)} is {picture.shape[1]} x {picture.shape[0]} pixels, the video {size[1]} x {size[0]}.",
                "Bring a video of one size.",
            )
        _limited(path, len(names) + 1)
        names.append(f"frames/{len(names):06d}.jpg")
        if not cv2.imwrite(str(folder / names[-1]), picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]):
            raise errors.UserError(f"Frame {len(names) - 1} could not be written.", "Free some disk space.")
    if not names:
        raise errors.UserError(f"{safety.shown(path.name)} holds no frame that can be decoded.", "Write it as H.264 in an mp4, or bring its frames.")
    return tuple(names)
