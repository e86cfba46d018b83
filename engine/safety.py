"""What must hold of a file that a person brought before anything reads it: kind, size, no code, no way out.

Nothing here trusts a name or a number that the file claims of itself, and nothing here unpickles.
"""

import hashlib
import math
import re
import secrets
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from engine import errors

if TYPE_CHECKING:
    import numpy as np

MAGIC: tuple[tuple[int, bytes, str], ...] = (  # (offset, bytes, kind)
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PAR1", "parquet"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (0, b"BM", "bmp"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (8, b"WEBP", "webp"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!", "rar"),
    (257, b"ustar", "tar"),
    (4, b"TFL3", "tflite"),
    (0, b"%PDF", "pdf"),
)
GONE = ".gone-"  # how the names of folders begin that are being deleted
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_LEGACY_TORCH = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the magic number of torch.save before its zip format


@runtime_checkable
class Readable(Protocol):
    """An open file, or a member of an archive."""

    def read(self, n: int = -1, /) -> bytes:
        """Return up to n bytes."""
        ...

    def tell(self) -> int:
        """Return how far it is read."""
        ...


def kind_of(path: Path) -> str:
    """Return what a file's first bytes say it is, whatever its name says.

    One of the kinds in `MAGIC`, `pickle`, `safetensors`, `text`, `empty`, or `binary` where nothing is recognised.

    Raises:
        UserError: where there is no such file.
    """
    if not path.is_file():
        raise errors.UserError(f"There is no file {shown(str(path))}.", "Check the path.")
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        return "empty"
    for offset, magic, kind in MAGIC:
        if start[offset : offset + len(magic)] == magic:
            return kind
    if _PICKLE.match(start) or _LEGACY_TORCH in start[:32]:
        return "pickle"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 100_000_000:
        return "safetensors"
    return "text" if _is_text(start) else "binary"


def _is_text(start: bytes) -> bool:
    """Return whether bytes read as text: UTF-16 with its mark, or nothing that no text has."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 9 or 13 < byte < 27 for byte in start)


@dataclass(frozen=True)
class ZipLimits:
    """How much an archive may claim before it is refused unread."""

    members: int = 200_000
    total_bytes: int = 8_000_000_000
    member_bytes: int = 4_000_000_000
    ratio: float = 200.0  # claimed size over packed size, judged only above `ratio_from`
    ratio_from: int = 50_000_000


def check_zip(path: Path, limits: ZipLimits = ZipLimits()) -> tuple[zipfile.ZipInfo, ...]:
    """Return an archive's files (no folders), after refusing what an honest archive never has.

    Only the directory at the end of the archive is read. `zipfile` hands out no more of a member than its claimed size,
    so the claimed total bounds what unpacking can take.

    Args:
        path: the archive.
        limits: how much it may claim.

    Raises:
        UserError: for an archive that is broken or encrypted, claims too much, or has links, doubled names, or names
            that lead out of its folder.
    """
    infos = _directory(path)
    name = shown(path.name)
    if len(infos) > limits.members:
        raise errors.UserError(f"{name} holds {len(infos):,} files; the limit is {limits.members:,}.", "Bring it in several parts.")
    total = sum(info.file_size for info in infos)
    biggest = max((info.file_size for info in infos), default=0)
    if total > limits.total_bytes or biggest > limits.member_bytes:
        raise errors.UserError(
            f"{name} is {size(path.stat().st_size)} and claims to unpack to {size(total)}; "
            f"the limit is {size(limits.total_bytes)}, {size(limits.member_bytes)} for one file.",
            "Bring it in several parts, or check where the archive comes from.",
        )
    if total > limits.ratio_from and total > limits.ratio * path.stat().st_size:
        raise errors.UserError(
            f"{name} is {size(path.stat().st_size)} and claims to unpack to {size(total)}: no real data packs so.",
            "Check where the archive comes from; if it is yours, bring it unpacked or with less compression.",
        )
    for info in infos:
        _check_member(name, info)
    if len({info.filename for info in infos}) < len(infos):
        raise errors.UserError(f"{name} holds two files of the same name.", "Pack it anew.")
    return infos


def _directory(path: Path) -> tuple[zipfile.ZipInfo, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(info for info in archive.infolist() if not info.is_dir())
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as problem:
        raise errors.UserError(f"{shown(path.name)} is no whole archive ({problem}).", "It was probably cut short: copy it again.") from problem


def _check_member(archive: str, info: zipfile.ZipInfo) -> None:
    inner = PurePosixPath(info.filename.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or re.match(r"^[A-Za-z]:", info.filename):
        raise errors.UserError(
            f"{archive} holds “{shown(info.filename)}”, a name that leads out of its folder.",
            "Pack it with relative names.",
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise errors.UserError(f"{archive} holds a link, “{shown(info.filename)}”.", "Pack the files themselves.")
    if info.flag_bits & 1:
        raise errors.UserError(f"{archive} is encrypted.", "Pack it without a password.")


def read_npz(path: Path, limits: ZipLimits = ZipLimits()) -> "dict[str, np.ndarray]":
    """Return the arrays of an .npz, after checking each array's header against the bytes that are there.

    Raises:
        UserError: as `check_zip` does; for arrays of Python objects, which only unpickling could read; for a member
            that is no array or is not as long as its header says.
    """
    infos = check_zip(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            return {info.filename.removesuffix(".npy"): _array(path, archive, info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as problem:
        raise errors.UserError(f"{shown(path.name)} is damaged ({problem}).", "Write it again with numpy.savez.") from problem


def _array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> "np.ndarray":
    with archive.open(info) as member:
        return read_npy(member, info.file_size, f"“{shown(info.filename)}” in {shown(path.name)}")


def read_npy(file: Readable, length: int, said: str) -> "np.ndarray":
    """Return the array in an open .npy of `length` bytes; `said` is how sentences call it.

    Raises:
        UserError: for an array of Python objects, no array, or one that is not as long as its header says.
    """
    import numpy as np

    shape, fortran, dtype, start = _npy_header(file, said)
    if dtype.hasobject:
        raise errors.UserError(
            f"{said} is an array of Python objects: reading it would mean unpickling, which can run code.",
            "Save numbers or text: numpy.savez(path, logits=np.stack(rows).astype('float32'), labels=np.array(y)).",
        )
    expected = math.prod(shape) * dtype.itemsize
    if start + expected != length:
        raise errors.UserError(
            f"{said} says it is {' x '.join(map(str, shape)) or 'one'} {dtype}, {expected:,} bytes, but {length - start:,} are there.",
            "Write it again with numpy.savez.",
        )
    flat = np.frombuffer(bytearray(file.read(expected)), dtype) if expected else np.empty(math.prod(shape), dtype)
    if flat.size != math.prod(shape):
        raise errors.UserError(f"{said} is cut short.", "Write it again with numpy.savez.")
    return flat.reshape(shape[::-1]).transpose() if fortran else flat.reshape(shape)


def _npy_header(file: Readable, said: str) -> "tuple[tuple[int, ...], bool, np.dtype, int]":
    """Return shape, order, type and header length, read as a literal and not evaluated."""
    from numpy.lib import format as npy

    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        version = npy.read_magic(file)
        shape, fortran, dtype = readers[version](file, max_header_size=10_000)
    except (ValueError, KeyError, TypeError, SyntaxError, EOFError) as problem:
        raise errors.UserError(f"{said} is no NumPy array.", "Write it with numpy.savez.") from problem
    if any(side < 0 for side in shape):
        raise errors.UserError(f"{said} has a negative shape.", "Write it again with numpy.savez.")
    return shape, fortran, dtype, file.tell()


def check_size(path: Path, limit: int) -> None:
    """Raise UserError for a file above `limit` bytes, or an empty one."""
    there = path.stat().st_size
    if not there:
        raise errors.UserError(f"{shown(path.name)} is empty.", "Check that it was written or copied to its end.")
    if there > limit:
        raise errors.UserError(f"{shown(path.name)} is {size(there)}; the limit is {size(limit)}.", "Bring a smaller one, or a part of it.")


def size(count: int | float) -> str:
    """Return a number of bytes as people say it, in decimal units."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def slug(text: str, most: int = 60) -> str:
    """Return a name that is safe in links, commands and paths: lower-case letters, digits, `-`, `_`, not too long.

    Accents are dropped. Where that loses letters or the text is longer than `most`, the end is a hash of the whole
    text, so that two different names stay different. The same text always has the same slug.
    """
    plain = unicodedata.normalize("NFKD", text.strip())
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    clean = re.sub(r"[^a-z0-9_]+", "-", kept.lower()).strip("-_")
    lost = any(c.isalnum() and not c.isascii() for c in kept)
    if clean and not lost and len(clean) <= most:
        return clean
    tail = hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{clean[: most - 9].strip('-_')}-{tail}".lstrip("-") if clean else f"x-{tail}"


def inside(folder: Path, name: str) -> Path:
    """Return `folder / name`, links followed, only where that stays within the folder.

    Raises:
        UserError: for a name that leads out.
    """
    whole = (folder / name).resolve()
    if not whole.is_relative_to(folder.resolve()):
        raise errors.UserError(f"“{shown(name)}” leads out of its folder.", "Use a plain file name.")
    return whole


def discard(folder: Path) -> None:
    """Delete a folder of something brought: out of sight at once, whatever deleting takes; what a crash leaves is swept up by `engine.space`."""
    aside = folder.parent.parent / f"{GONE}{secrets.token_hex(6)}"
    folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def shown(text: str, most: int = 80) -> str:
    """Return text from a file or a file name as a sentence can hold it: printable, one line, not too long."""
    clean = "".join(c if c.isprintable() else "�" for c in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def few(items: Sequence[object] | Mapping[object, object], most: int = 4) -> str:
    """Return the first few items as a sentence lists them, and how many more there are."""
    said = [shown(str(item)) for item in items]
    more = f" and {len(said) - most:,} more" if len(said) > most else ""
    return ", ".join(said[:most]) + more
