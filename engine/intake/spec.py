"""What is to be taken in: a file or folder of this machine, and what a person said about it."""

from pathlib import Path
from typing import Any, Literal, NoReturn

import pydantic

from engine import errors, hashing
from engine.spec import Spec

Kind = Literal["images", "predictions", "table"]


class IntakeSpec(Spec):
    """One thing to take in."""

    study: Literal["intake"] = "intake"
    """Which study answers the question."""
    kind: Kind
    """What it is: a set of images, a network's answers to a set, or a table of results."""
    path: Path
    """Where it lies on this machine."""
    digest: str
    """What was there when the person looked at it (`digest` of this module); something else is not taken in."""
    name: str = pydantic.Field(min_length=1)
    """How it is to be called."""
    said: dict[str, Any] = pydantic.Field(default_factory=dict)
    """What the person said about it, as the importer of its kind takes it."""


def digest(path: Path) -> str:
    """Return what changes when a file does, or any file of a folder: names, sizes and times, without reading them."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return hashing.of_parts([(str(file.relative_to(path)), (seen := file.stat()).st_size, seen.st_mtime_ns) for file in files])


def plan(spec: IntakeSpec) -> NoReturn:
    """Refuse to be run as a question: what is brought is looked at first, by a page or by `import`."""
    raise errors.UserError(
        f"{spec.name} is brought, not asked.", "Write python -m engine import predictions, images, or the kind of the table; --preview looks first."
    )
