"""Results in an object store (S3 and what speaks its language, Google Cloud Storage, Azure): a part is one PUT and never changes.

There is no renaming and no lock there. So each version of a manifest is an object of its own, `manifests/RUN/ATTEMPT-NUMBER.json`,
and the last that can be read counts: a writer that has lost its claim only adds versions of an earlier attempt, and what is cut
short is passed over. What was read or written is kept as a file below TOUCHSTONE_HOME/cache, where DuckDB reads it; a name never
changes its content, so nothing there can be out of date.
"""

import functools
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

from engine import errors, hashing, places
from engine.store.files import Seen, write_whole

LISTED_SECONDS = 1.0  # how old a listing may be: one a second, not one a question
AWAY_SECONDS = 10.0  # after a failure, how long the store is not asked again for reading
CONNECT_SECONDS = 4.0
REQUEST_SECONDS = 30.0
TRIES = 3
CACHE_BYTES = 20_000_000_000
KEPT_SECONDS = 3600.0  # a file that no run names any more goes then: a reader may still have it open
KEPT_VERSIONS = 3
_HINT = (
    "TOUCHSTONE_RESULTS names it, such as s3://bucket/prefix?endpoint_override=http://host:9000; "
    "keys stand in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)


def cache_bytes() -> int:
    """Return how many bytes of an object store may be kept as files (TOUCHSTONE_CACHE_BYTES)."""
    return int(os.environ.get("TOUCHSTONE_CACHE_BYTES") or CACHE_BYTES)


@dataclass(eq=False)
class Bucket:
    """A prefix of an object store, as a root of results."""

    name: str  # the address without keys, for people
    files: pafs.FileSystem
    container: str  # what must be there before: the bucket
    prefix: str
    folder: Path  # where objects are kept as files
    _listed: tuple[float, dict[str, Seen]] | None = None
    _away: tuple[float, errors.UserError] | None = None
    _is_there: bool = False

    def __str__(self) -> str:
        return self.name

    def entries(self, *, now: bool = False) -> Mapping[str, Seen]:
        """Return everything there by name: at most a second old, or as it is now.

        Raises:
            UserError: when the store cannot be reached, the bucket does not exist, or it may not be read.
        """
        if self._away and time.monotonic() - self._away[0] < AWAY_SECONDS and not now:
            raise self._away[1]
        if self._listed is None or now or time.monotonic() - self._listed[0] > LISTED_SECONDS:
            self._listed = time.monotonic(), dict(self._list(""))
        return self._listed[1]

    def _list(self, below: str) -> Iterator[tuple[str, Seen]]:
        try:
            with _told(f"The object store {self.name} cannot be read"):
                self._check_container()
                found = self.files.get_file_info(pafs.FileSelector(self._path(below), allow_not_found=True, recursive=True))
        except errors.UserError as problem:
            self._away = time.monotonic(), problem
            raise
        self._away = None
        start = len(self.prefix) + 1
        return ((one.path[start:], Seen(one.size or 0, one.mtime_ns or 0)) for one in found if one.type == pafs.FileType.File)

    def _check_container(self) -> None:
        """Raise UserError where the bucket does not exist; listing would find nothing there, which is not the same."""
        if not self._is_there and self.files.get_file_info(self.container).type != pafs.FileType.Directory:
            raise errors.UserError(f"There is no bucket “{self.container}” at {self.name}.", f"Make it, or correct the name. {_HINT}")
        self._is_there = True

    def _path(self, file: str) -> str:
        return f"{self.prefix}/{file}".rstrip("/")

    def seen(self, file: str) -> Seen | None:
        """Return an object's size, None where it is not there."""
        return self.entries().get(file)

    def manifests(self) -> dict[str, list[str]]:
        """Return run -> the versions of its manifest, newest first."""
        found: dict[str, list[str]] = {}
        for file in sorted(self.entries(), reverse=True):
            folder, _, rest = file.partition("/")
            run, _, version = rest.partition("/")
            if folder == "manifests" and version.endswith(".json"):
                found.setdefault(run, []).append(file)
        return found

    def local(self, file: str) -> Path:
        """Return an object as a file, fetched unless it was before; raises FileNotFoundError where it is not there (any more)."""
        kept = self.folder / file
        if not kept.is_file():
            with _told(f"{file} cannot be read from {self.name}", gone=True), self.files.open_input_file(self._path(file)) as source:
                content = source.read()
            write_whole(kept, lambda aside: _fill(aside, content))
        return kept

    def put(self, file: str, write: Callable[[Path], None]) -> Seen:
        """Store an object that `write` makes, and keep it as a file."""
        kept = self.folder / file
        write_whole(kept, write)
        content = kept.read_bytes()
        try:
            with _told(f"{file} cannot be written to {self.name}"), self.files.open_output_stream(self._path(file)) as target:
                target.write(content)
        except errors.UserError:
            kept.unlink(missing_ok=True)
            raise
        self._listed = None
        return Seen(len(content), time.time_ns())

    def put_manifest(self, run: str, attempt: int, text: str) -> None:
        """Store the next version of a run's manifest; only a few old ones stay, for readers that are about to open them."""
        before = sorted(file for file, _ in self._list(f"manifests/{run}"))
        numbers = [int(Path(file).stem.split("-")[1]) for file in before if Path(file).stem.startswith(f"{attempt:04d}-")]
        self.put(f"manifests/{run}/{attempt:04d}-{max(numbers, default=-1) + 1:06d}.json", lambda aside: _fill(aside, text.encode()))
        for file in before[: -KEPT_VERSIONS + 1]:
            self.remove(file)

    def remove(self, file: str) -> None:
        """Remove an object and the file that was kept of it."""
        (self.folder / file).unlink(missing_ok=True)
        with _told(f"{file} cannot be removed from {self.name}"):
            self.files.delete_file(self._path(file))
        self._listed = None

    def held(self, parts: Mapping[str, int], always: frozenset[str]) -> frozenset[str]:
        """Return which parts (name -> bytes, newest first) can be kept as files, and let go of files beyond the limit.

        Args:
            parts: all that readers ask for.
            always: those that are held whatever they take.
        """
        left, held = cache_bytes() - sum(parts[file] for file in always), set(always)
        for file, size in parts.items():
            if file not in held and size <= left:
                held.add(file)
                left -= size
        self._sweep(held)
        return frozenset(held)

    def _sweep(self, held: set[str]) -> None:
        kept = [(file, file.stat()) for file in self.folder.glob("*/*.parquet")]
        total = sum(about.st_size for _, about in kept)
        for file, about in sorted(kept, key=lambda one: one[1].st_mtime):
            old = time.time() - about.st_mtime > KEPT_SECONDS
            if total > cache_bytes() and old and str(file.relative_to(self.folder)) not in held:
                file.unlink(missing_ok=True)
                total -= about.st_size


def bucket(address: str) -> Bucket:
    """Return the root at an address; the same one for the same address and keys.

    Raises:
        UserError: for an address that nobody understands.
    """
    keys = tuple(os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"))
    return _bucket(address, places.cache() / "objects", keys)


@functools.lru_cache(maxsize=8)
def _bucket(address: str, cache: Path, _keys: tuple) -> Bucket:
    said = urllib.parse.urlsplit(address)
    place = said.netloc.rpartition("@")[2]
    if not place:
        raise errors.UserError(f"The address {address[:200]} names no bucket.", f"A folder is named by its path alone. {_HINT}")
    files, prefix = _s3(said) if said.scheme == "s3" else _other(address)
    name = f"{said.scheme}://{place}{said.path}"
    endpoint = urllib.parse.parse_qs(said.query).get("endpoint_override", [""])[0]
    return Bucket(
        f"{name} ({endpoint})" if endpoint else name, files, prefix.split("/")[0], prefix.rstrip("/"), cache / hashing.of_parts(name, endpoint)
    )


def _s3(said: urllib.parse.SplitResult) -> tuple[pafs.FileSystem, str]:
    options: dict[str, Any] = dict(urllib.parse.parse_qsl(said.query))
    known = {"endpoint_override", "region", "scheme", "tls_ca_file_path"}
    if strange := set(options) - known:
        raise errors.UserError(f"The address of the results has the unknown option “{min(strange)}”.", f"Known: {', '.join(sorted(known))}.")
    scheme, found, host = options.get("endpoint_override", "").partition("://")
    if found:
        options |= {"scheme": scheme, "endpoint_override": host}
    if said.username:
        options |= {"access_key": urllib.parse.unquote(said.username), "secret_key": urllib.parse.unquote(said.password or "")}
    tries = pafs.AwsStandardS3RetryStrategy(max_attempts=TRIES)
    with _told("The object store of the results cannot be opened"):
        files = pafs.S3FileSystem(connect_timeout=CONNECT_SECONDS, request_timeout=REQUEST_SECONDS, retry_strategy=tries, **options)
    return files, f"{said.netloc.rpartition('@')[2]}{said.path}"


def _other(address: str) -> tuple[pafs.FileSystem, str]:
    with _told("The object store of the results cannot be opened"):
        return pafs.FileSystem.from_uri(address)


@contextmanager
def _told(what: str, *, gone: bool = False) -> Iterator[None]:
    """Turn what the file system says into a sentence; with `gone`, a missing object stays a FileNotFoundError."""
    try:
        yield
    except errors.UserError:
        raise
    except (OSError, ValueError, NotImplementedError) as problem:  # Arrow's errors are among these
        if gone and isinstance(problem, FileNotFoundError):
            raise
        said = " ".join(str(problem).split())
        if "ACCESS_DENIED" in said or "403" in said or isinstance(problem, PermissionError):
            raise errors.UserError(f"{what}: access is denied.", f"Give these keys the right to list, read and write there. {_HINT}") from problem
        raise errors.UserError(f"{what}: {said[:300]}.", _HINT) from problem


def _fill(aside: Path, content: bytes) -> None:
    aside.write_bytes(content)
