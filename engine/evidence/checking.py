"""Checking a bundle: every file against the manifest, and nothing that the manifest does not know."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine import errors, safety
from engine.evidence import manifest as told
from engine.evidence.opened import Opened


@dataclass(frozen=True)
class Checked:
    """What was found wrong with a bundle: sentences, none where all is as it was made."""

    problems: tuple[str, ...]
    files: int
    bytes: int

    @property
    def whole(self) -> bool:
        """Whether every file is there and as it was made."""
        return not self.problems


def check(bundle: Opened, seal: str = "") -> Checked:
    """Return what is wrong with a bundle.

    Args:
        bundle: The bundle.
        seal: The manifest's SHA-256 as its maker told it: whoever changes a file can change its hash in the manifest too, but not this.
    """
    problems = [*_sealed(bundle, seal), *_files(bundle), *_strangers(bundle), *_named(bundle)]
    return Checked(tuple(problems), len(bundle.manifest.files), sum(file.bytes for file in bundle.manifest.files.values()))


def _sealed(bundle: Opened, seal: str) -> Iterator[str]:
    wanted = seal.strip().lower()
    if wanted and (len(wanted) < 16 or not bundle.seal.startswith(wanted)):
        yield f"{told.NAME} is not the one that was sealed: its SHA-256 is {bundle.seal}, not {safety.shown(wanted)}."


def _files(bundle: Opened) -> Iterator[str]:
    """Yield which files are missing, of another length, changed or damaged."""
    for name, file in bundle.manifest.files.items():
        said = safety.shown(name)
        if name not in bundle.sizes:
            yield f"{said} is missing; it had {safety.size(file.bytes)}."
            continue
        if bundle.sizes[name] != file.bytes:
            yield f"{said} has changed: it has {bundle.sizes[name]:,} bytes and had {file.bytes:,}."
            continue
        try:
            found = bundle.sha256(name)
        except errors.UserError as problem:
            yield problem.message
            continue
        if found != file.sha256:
            yield f"{said} has changed: its SHA-256 is {found[:16]}… and was {file.sha256[:16]}…."


def _strangers(bundle: Opened) -> Iterator[str]:
    for name in sorted(set(bundle.sizes) - set(bundle.manifest.files) - {told.NAME}):
        yield f"{safety.shown(name)} is not in the manifest: it is no part of this bundle."


def _named(bundle: Opened) -> Iterator[str]:
    """Yield which files with rows a view names that the manifest does not list."""
    for view in bundle.manifest.views:
        for name in (*view.figures, *view.pictures, *view.tables):
            if name not in bundle.manifest.files:
                yield f"The view “{safety.shown(view.title)}” names {safety.shown(name)}, which the manifest does not list."
