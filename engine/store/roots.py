"""The roots of the store, and what is done with the files of either kind: a folder (also a shared one), or an object store."""

from collections.abc import Callable
from pathlib import Path

from engine import places
from engine.store import objects
from engine.store.files import Seen, write_whole
from engine.store.objects import Bucket

Root = Path | Bucket


def results() -> Root:
    """Return the root of the results made here; raises UserError for an address that nobody understands."""
    address = places.object_store()
    return objects.bucket(address) if address else places.results()


def every() -> dict[str, Root]:
    """Return the roots of the store: the shipped sample and the results made here."""
    return {"sample": places.sample(), "results": results()}


def seen(root: Root, file: str) -> Seen | None:
    """Return a file's size and when it changed, None where it is not there."""
    if isinstance(root, Bucket):
        return root.seen(file)
    try:
        found = (root / file).stat()
    except OSError:
        return None
    return Seen(found.st_size, found.st_mtime_ns)


def local(root: Root, file: str) -> Path:
    """Return where a file can be read on this machine."""
    return root.local(file) if isinstance(root, Bucket) else root / file


def put(root: Root, file: str, write: Callable[[Path], None]) -> int:
    """Put a file in place whole; returns its size."""
    if isinstance(root, Bucket):
        return root.put(file, write).size
    write_whole(root / file, write)
    return (root / file).stat().st_size


def remove(root: Root, file: str) -> None:
    """Remove a file."""
    if isinstance(root, Bucket):
        root.remove(file)
    else:
        (root / file).unlink(missing_ok=True)


def part_files(root: Root) -> list[str]:
    """Return every Parquet file that lies where parts lie, sorted."""
    if isinstance(root, Bucket):
        return sorted(file for file in root.entries() if file.endswith(".parquet") and file.count("/") == 1)
    return sorted(str(file.relative_to(root)) for file in root.glob("*/*.parquet"))
