"""Where result tables lie: a file, a folder, an archive of one; and their text, whatever its encoding."""

import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from engine import errors, hashing, places, safety
from engine.importers import _files

MOST_FILES = 50_000
MOST_BYTES = 2_000_000_000
SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")
_ARCHIVE = safety.ZipLimits(members=MOST_FILES, total_bytes=MOST_BYTES, member_bytes=MOST_BYTES)


def files(path: Path, endings: Iterable[str] | None = SUFFIXES) -> tuple[Path, ...]:
    """Return the files at a path: itself, or all in a folder or a .zip of one, sorted, hidden ones left out.

    Args:
        path: a file, folder or archive.
        endings: only files that end so; None = all.

    Raises:
        UserError: where there is nothing, an empty file, too many files, or an archive that no honest person packs.
    """
    root = _root(path)
    if root.is_file():
        safety.check_size(root, MOST_BYTES)
        return (root,)
    wanted = None if endings is None else tuple(endings)
    found = []
    for one in sorted(root.rglob("*")):
        inner = one.relative_to(root)
        if (
            one.is_file()
            and not any(part.startswith((".", "__MACOSX")) for part in inner.parts)
            and (wanted is None or one.name.lower().endswith(wanted))
        ):
            found.append(one)
            if len(found) > MOST_FILES:
                raise errors.UserError(f"{safety.shown(path.name)} holds more than {MOST_FILES:,} files.", "Bring a part of it.")
    return tuple(found)


def folder(path: Path) -> Path:
    """Return the folder that a path means: itself, what an archive holds, or the one in which a file lies."""
    root = _root(path)
    return root if root.is_dir() else root.parent


def _root(path: Path) -> Path:
    if not path.exists():
        raise errors.UserError(f"There is nothing at {safety.shown(str(path))}.", "Check the path.")
    if path.is_file():
        safety.check_size(path, MOST_BYTES)
        kind = safety.kind_of(path)
        if kind == "zip":
            return _unpacked(path)
        if kind not in {"text", "parquet"}:
            _refuse(path)
    return path


def _refuse(path: Path) -> None:
    """Raise UserError for a file that is no table: one that can run code, one that is packed, one that is no text."""
    accepted: dict[str, tuple[str, tuple[str, ...]]] = dict.fromkeys(SUFFIXES, ("table", ("text", "parquet")))
    _files.format_of(path, accepted, "tables", MOST_BYTES)
    raise errors.UserError(f"{safety.shown(path.name)} is no table that can be read.", "Bring CSV, TSV, JSON, JSON lines or Parquet.")


def _unpacked(path: Path) -> Path:
    """Return the folder into which an archive was unpacked, unpacking it where that was not done before."""
    if path.suffix.lower() != ".zip":
        _refuse(path)
    infos = safety.check_zip(path, _ARCHIVE)
    into = places.cache() / "unpacked" / hashing.of_file(path)
    if into.is_dir():
        return into
    aside = into.with_name(f"{into.name}-unpacking")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        with zipfile.ZipFile(path) as archive:
            for info in infos:
                file = safety.inside(aside, info.filename.replace("\\", "/"))
                file.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as member, file.open("wb") as out:
                    shutil.copyfileobj(member, out)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as problem:
        raise errors.UserError(
            f"{safety.shown(path.name)} cannot be unpacked ({problem}).", "Pack it again, or bring the folder itself."
        ) from problem
    aside.rename(into)
    return into


def digest(found: Iterable[Path]) -> str:
    """Return the hash of one file, or of several with their names."""
    each = [(file.name, hashing.of_file(file)) for file in found]
    return each[0][1] if len(each) == 1 else hashing.of_parts(each)


def text(path: Path) -> tuple[str, str]:
    """Return a file's text and its encoding: UTF-8, UTF-16 with its mark, else the encoding of older Windows programs."""
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(path, content, "utf-16"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return _decoded(path, content, "cp1252"), "Windows-1252"


def _decoded(path: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise errors.UserError(f"The text of {safety.shown(path.name)} is in no known encoding.", "Save it as UTF-8.") from problem


def named(found: Iterable[Path], root: Path) -> tuple[str, ...]:
    """Return files as the run's question names them: relative to what was brought, nothing of this machine."""
    return tuple(str(file.relative_to(root)) if file.is_relative_to(root) else file.name for file in found)
