"""Class folders, on disk or in a .zip, read as items. Nothing is unpacked, and no path leads out."""

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine import errors
from engine.datasets.images import _pictures
from engine.datasets.images._items import SPLITS, Found, Item, Skips, Unusable

MOST_FILES = 1_000_000
MOST_RATIO = 200  # a member or an archive that grows more than this, and beyond RATIO_FROM, is a trap and no picture
RATIO_FROM = 10 * 2**20
MOST_UNPACKED = 2**30  # an archive may claim this much at any ratio
IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)


@dataclass(frozen=True)
class File:
    """One file below a folder or in an archive."""

    path: PurePosixPath
    read: Callable[[], bytes]  # raises Unusable


@contextmanager
def opened_folder(folder: Path) -> Iterator[Found]:
    """Yield the pictures of a folder of class folders, or of train, val and test folders of class folders."""
    skips = Skips()
    files, folders = _walk(folder, skips)
    yield _found("folder", files, folders, skips)


def _walk(root: Path, skips: Skips) -> tuple[list[File], list[PurePosixPath]]:
    """Return files and folders below the root, sorted; links that leave it are left out."""
    files: list[File] = []
    folders: list[PurePosixPath] = []
    real = root.resolve()
    for at, inner, names in os.walk(root):
        inner.sort()
        here = PurePosixPath(Path(at).relative_to(root).as_posix())
        links = {name for name in inner if Path(at, name).is_symlink()}
        for name in sorted(links):
            skips.add("a link to a folder, which is not followed", str(here / name))
        folders += [here / name for name in inner if name not in links]
        for name in sorted(names):
            path = Path(at, name)
            if path.is_symlink() and not path.resolve().is_relative_to(real):
                skips.add("a link that leaves the folder", str(here / name))
            elif path.is_file():
                files.append(File(here / name, lambda path=path: _content(path)))
        if len(files) > MOST_FILES:
            raise errors.UserError(f"The folder holds more than {MOST_FILES:,} files.", "Bring a part of it.")
    return files, folders


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _pictures.MOST_BYTES:
            raise Unusable(f"larger than {_pictures.MOST_BYTES // 2**20} MB")
        return path.read_bytes()
    except OSError as problem:
        raise Unusable("not readable") from problem


@contextmanager
def opened_zip(file: Path) -> Iterator[Found]:
    """Yield the pictures of a .zip laid out like such a folder.

    Raises:
        UserError: for what is no archive, holds pickled objects, or claims far more than it can hold.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (*_UNREADABLE, ValueError) as problem:
        raise errors.UserError(f"{file.name} is no .zip that can be read.", "It may be cut off: make it again.") from problem
    with archive:
        members = archive.infolist()
        _check(file, members)
        skips = Skips()
        files = list(_members(archive, members, skips))
        yield _found("zip", files, [PurePosixPath(m.filename) for m in members if m.is_dir()], skips)


def _check(file: Path, members: list[zipfile.ZipInfo]) -> None:
    if any(PurePosixPath(member.filename).name in {"data.pkl", "constants.pkl"} for member in members):
        raise errors.UserError(f"{file.name} holds pickled objects (a PyTorch file), not pictures.", "Bring pictures.")
    if len(members) > MOST_FILES:
        raise errors.UserError(f"{file.name} holds more than {MOST_FILES:,} files.", "Bring a part of it.")
    claimed, size = sum(member.file_size for member in members), file.stat().st_size
    if claimed > MOST_UNPACKED and claimed > MOST_RATIO * size:
        raise errors.UserError(
            f"{file.name} ({size:,} bytes) claims to unpack to {claimed:,} bytes: that is a trap or a damaged file, not a set of pictures.",
            "Make the archive again from the pictures.",
        )


def _members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], skips: Skips) -> Iterator[File]:
    """Yield the files that can be trusted, in the order of their paths."""
    seen: set[str] = set()
    for member in sorted(members, key=lambda member: member.filename):
        if member.is_dir():
            continue
        path = PurePosixPath(member.filename)
        if reason := _distrust(member, path):
            skips.add(reason, member.filename)
        elif member.filename in seen:
            skips.add("a second file of the same name", member.filename)
        else:
            seen.add(member.filename)
            yield File(path, lambda member=member: _unpacked(archive, member))


def _distrust(member: zipfile.ZipInfo, path: PurePosixPath) -> str | None:
    """Return why a member is not read, None where it is."""
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in path.parts[0]:
        return "with a path that leaves the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link"
    if member.flag_bits & 1:
        return "encrypted"
    if member.file_size > _pictures.MOST_BYTES:
        return f"said to be larger than {_pictures.MOST_BYTES // 2**20} MB unpacked"
    if member.file_size > RATIO_FROM and member.file_size > MOST_RATIO * max(1, member.compress_size):
        return f"said to grow more than {MOST_RATIO} times when unpacked"
    return None


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(member) as stream:
            return stream.read(_pictures.MOST_BYTES + 1)
    except _UNREADABLE as problem:
        raise Unusable("damaged in the archive") from problem


def _found(kind: str, files: list[File], folders: list[PurePosixPath], skips: Skips) -> Found:
    """Return the items among the files; class and split are read off their paths."""
    shown = [file for file in files if not _hidden(file.path)]
    pictures = [file for file in shown if file.path.suffix.lower() in _pictures.SUFFIXES]
    for file in shown:
        if file.path.suffix.lower() not in _pictures.SUFFIXES:
            skips.add(f"not a picture by its name ({file.path.suffix.lower() or 'no ending'})", str(file.path))
    depth = _wrappers([file.path.parts for file in pictures])
    split_depth = depth + 1 if _has_splits([file.path.parts[depth:] for file in pictures]) else depth
    items: list[Item] = []
    for file in pictures:
        parts = file.path.parts
        if len(parts) < split_depth + 2:
            skips.add("beside the class folders, so without a class", str(file.path))
            continue
        split = SPLITS[parts[depth].lower()] if split_depth > depth else ""
        items.append(Item(parts[split_depth], str(file.path), lambda file=file: _pictures.decoded(file.read()), split))
    for name in _bare(folders, items, split_depth):
        skips.add("a folder without a picture", name)
    return Found(kind, items, skips)


def _hidden(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part in IGNORED for part in path.parts)


def _wrappers(paths: list[tuple[str, ...]]) -> int:
    """Return how many folders merely wrap the class folders: all pictures lie in the one, most of them deeper still."""
    depth = 0
    while len({path[depth] for path in paths if len(path) > depth}) == 1:
        if 2 * sum(len(path) >= depth + 3 for path in paths) <= len(paths):
            break
        depth += 1
    return depth


def _has_splits(paths: list[tuple[str, ...]]) -> bool:
    """Return whether the first folders are named after splits and hold class folders."""
    first = {path[0].lower() for path in paths if len(path) > 1}
    return bool(first) and first <= SPLITS.keys() and all(len(path) > 2 for path in paths if len(path) > 1)


def _bare(folders: Iterable[PurePosixPath], items: list[Item], depth: int) -> list[str]:
    """Return the class folders that hold no picture."""
    classes = {item.label for item in items}
    return sorted({f.parts[depth] for f in folders if len(f.parts) == depth + 1 and not _hidden(f)} - classes)
