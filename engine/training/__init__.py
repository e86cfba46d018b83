"""Recipes that make networks, one file each; `_loop.fit` is the one loop they share.

A recipe is a file with a docstring, `VERSION`, `add_arguments(parser)` and `main(args) -> Iterator[str]`, which works and
yields a line now and then. `python -m engine train RECIPE` runs it. This file imports no torch.
"""

from engine import registry

ROOM = "training"


def recipes() -> tuple[str, ...]:
    """Return the names of all recipes."""
    return tuple(name for name in registry.names(ROOM) if "VERSION" in registry.card(ROOM, name).constants)
