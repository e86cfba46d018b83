"""Short content hashes: the same content has the same name everywhere."""

import hashlib
import json
from pathlib import Path
from typing import Any

LENGTH = 16


def of_bytes(content: bytes) -> str:
    """Return the first 16 hexadecimal digits of the content's SHA-256."""
    return hashlib.sha256(content).hexdigest()[:LENGTH]


def of_file(path: Path) -> str:
    """Return the same digits for a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:LENGTH]


def of_parts(*parts: Any) -> str:
    """Return the same digits for JSON-serialisable values, independent of the order of keys."""
    return of_bytes(json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
