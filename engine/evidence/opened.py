"""A bundle that is looked at: an archive or a folder, of which nothing is believed before it is checked, and nothing is run or unpickled."""

import hashlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import pandas as pd

from engine import errors, safety, store
from engine.evidence import manifest as told
from engine.evidence.manifest import Manifest

LIMITS = safety.ZipLimits(members=5_000, total_bytes=2_000_000_000, member_bytes=1_000_000_000)
HINT = "A bundle is what python -m engine export makes: a folder or an archive with manifest.json in it."


@dataclass(frozen=True)
class Opened:
    """A bundle: where it lies, how long each of its files is, what its manifest says, and the manifest's own hash."""

    path: Path
    sizes: Mapping[str, int]
    manifest: Manifest
    seal: str

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Give one file to be read; raises UserError where it is damaged."""
        with _reading(self.path, name) as file:
            yield file

    def sha256(self, name: str) -> str:
        """Return a file's whole SHA-256."""
        with self.reading(name) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]

    def table(self, name: str) -> pd.DataFrame:
        """Return a Parquet file of the bundle; raises UserError for one that is damaged."""
        with tempfile.TemporaryDirectory(prefix="touchstone-check-") as folder:
            file = Path(folder) / "rows.parquet"
            with self.reading(name) as content, file.open("wb") as copy:
                shutil.copyfileobj(content, copy)
            return store.read_table(file)


def open_bundle(path: Path) -> Opened:
    """Return a bundle, its manifest read.

    Raises:
        UserError: for what is no bundle, an archive that claims too much, and names or links that lead out of it.
    """
    sizes = _of_folder(path) if path.is_dir() else _of_archive(path)
    if told.NAME not in sizes:
        raise errors.UserError(f"{safety.shown(path.name)} has no {told.NAME}, so nothing in it can be checked.", HINT)
    if sizes[told.NAME] > told.LARGEST:
        raise errors.UserError(f"{told.NAME} is {safety.size(sizes[told.NAME])}; the limit is {safety.size(told.LARGEST)}.", told.REMEDY)
    with _reading(path, told.NAME) as file:
        content = file.read()
    manifest = told.read(content)
    for name in manifest.files:
        _check_name(name)
    return Opened(path, sizes, manifest, hashlib.sha256(content).hexdigest())


def _of_archive(path: Path) -> dict[str, int]:
    kind = safety.kind_of(path)
    if kind != "zip":
        raise errors.UserError(f"{safety.shown(path.name)} is no archive but {kind}.", HINT)
    return {info.filename: info.file_size for info in safety.check_zip(path, LIMITS)}


def _of_folder(path: Path) -> dict[str, int]:
    """Return the files below a folder; links and what is no plain file are refused, for they may lead anywhere."""
    found: dict[str, int] = {}
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise errors.UserError(f"“{safety.shown(name)}” in the bundle is a link or no plain file.", told.REMEDY)
        if file.is_file():
            found[name] = file.stat().st_size
        if len(found) > LIMITS.members:
            raise errors.UserError(f"{safety.shown(path.name)} holds more than {LIMITS.members:,} files.", HINT)
    return found


def _check_name(name: str) -> None:
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or ":" in name.split("/", maxsplit=1)[0]:
        raise errors.UserError(f"The manifest names “{safety.shown(name)}”, which leads out of the bundle.", told.REMEDY)


@contextmanager
def _reading(path: Path, name: str) -> Iterator[IO[bytes]]:
    try:
        if path.is_dir():
            with safety.inside(path, name).open("rb") as file:
                yield file
        else:
            with zipfile.ZipFile(path) as archive, archive.open(name) as member:
                yield member
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as problem:
        raise errors.UserError(f"“{safety.shown(name)}” in the bundle is damaged ({problem}).", told.REMEDY) from problem
