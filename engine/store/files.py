"""A file appears whole or not at all: written aside, synced, renamed, the folder synced."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine import errors


@dataclass(frozen=True)
class Seen:
    """What a look at a file tells."""

    size: int
    changed: int  # nanoseconds


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file in the same folder, then put it in place under its name.

    Raises:
        UserError: when the disk is full or the folder cannot be written; what was there before stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(aside)
        _sync(aside)
        aside.replace(path)
        _sync(path.parent)
    except OSError as problem:
        aside.unlink(missing_ok=True)
        raise errors.UserError(
            f"{path.name} could not be written: {problem.strerror or problem}.",
            "Free some disk space or move TOUCHSTONE_HOME, then resume the run; nothing that was stored is lost.",
        ) from problem


def write_text(path: Path, text: str) -> None:
    """Put a text file in place whole."""
    write_whole(path, lambda aside: _put(aside, text.encode()))


def write_bytes(path: Path, content: bytes) -> None:
    """Put a binary file in place whole."""
    write_whole(path, lambda aside: _put(aside, content))


def _put(aside: Path, content: bytes) -> None:
    aside.write_bytes(content)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
