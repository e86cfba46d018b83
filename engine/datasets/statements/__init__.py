"""Sentences about pairs of scenes, true or false. NumPy and OpenCV only.

A file here is a data set. Its docstring is its card; it offers `VERSION`, `SPLITS`, `LICENCE`, `SOURCE`, `CITATION` and `load(split) -> Statements`.
"""

from engine import errors, registry
from engine.datasets.statements._statements import Statements

__all__ = ["ROOM", "Statements", "load", "names"]

ROOM = "datasets/statements"


def names() -> tuple[str, ...]:
    """Return all sets, sorted."""
    return registry.names(ROOM)


def load(name: str, split: str) -> Statements:
    """Return a split of a set; raises UserError for an unknown name or split."""
    if name not in names():
        raise errors.unknown("set of statements", name, names())
    module = registry.load(ROOM, name)
    if split not in module.SPLITS:
        raise errors.unknown(f"split of {name}", split, module.SPLITS)
    return module.load(split)
