"""The cards of trained completers: what each is, how it was made, where its weights lie. No torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from engine import errors, places


class Card(pydantic.BaseModel):
    """What is known of a completer without opening its weights."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Name in commands and links."""
    title: str
    """What people call it."""
    architecture: str
    """File in models/completers."""
    options: Mapping[str, Any] = {}
    """What the architecture was built with."""
    arm: str
    """How it was trained."""
    labels: bool
    """Whether it saw true whole masks in training."""
    seed: int
    """Of the training."""
    steps: int
    """Training steps."""
    trained_on: str
    """Set and split of clips."""
    data: str
    """Version and number of the clips."""
    weights: str
    """Name of the file beside the card."""
    digest: str
    """Hash of the weights."""
    parameters: int
    """Trainable numbers."""
    metrics: Mapping[str, float] = {}
    """Measured in training, on validation clips and without labels."""
    seconds: float
    """Processor time of the training."""
    recipe: str
    """The command that makes it."""
    licence: str
    """Terms of the weights."""
    citation: str = ""
    """Whose idea it is."""


def folders() -> tuple[Path, ...]:
    """Return the folders of cards, those made here before those that ship."""
    return places.home() / "amodal" / "networks", places.weights() / "amodal"


def names() -> tuple[str, ...]:
    """Return all completers, sorted."""
    return tuple(sorted({file.stem for one in folders() if one.is_dir() for file in one.glob("*.json")}))


def folder(name: str) -> Path:
    """Return the folder that holds a completer; raises UserError for an unknown name."""
    for one in folders():
        if name in names() and (one / f"{name}.json").is_file():
            return one
    raise errors.unknown("completer", name, names())


def card(name: str, within: Path | None = None) -> Card:
    """Return a completer's card; raises UserError for an unknown name or a damaged card."""
    file = (within or folder(name)) / f"{name}.json"
    try:
        return Card.model_validate_json(file.read_text())
    except (OSError, ValueError) as problem:
        raise errors.UserError(f"The card of the completer {name} cannot be read.", "Train it again, or restore the file.") from problem
