"""The cards of networks: what is known of each without loading it. No torch.

A network is one JSON file: shipped ones lie in `data/weights`, brought ones in a folder each under
`TOUCHSTONE_HOME/inputs/networks`, and either names the file with its weights or the package that carries them.
"""

import contextlib
import functools
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pydantic

from engine import errors, hashing, places
from engine.preprocess import Preprocess


class Card(pydantic.BaseModel):
    """One network: architecture, weights, preprocessing, classes, where it comes from."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = pydantic.Field(min_length=1, max_length=120)
    """How links, runs and commands call it."""
    title: str
    """How pages call it."""
    architecture: str
    """A name from `engine/models/classifiers`, or `onnx`."""
    options: Mapping[str, Any] = {}
    """Arguments of the architecture's `build` besides classes, channels and size."""
    preprocess: Preprocess
    """What it wants of an image."""
    classes: tuple[str, ...]
    """Names of its outputs, in order."""
    weights: tuple[str, ...] = ()
    """Files beside the card (safetensors, merged in this order; or one .onnx)."""
    package: str | None = None
    """The installed package that carries the weights instead of files."""
    digest: str
    """Hash of the weights."""
    trained_on: str | None = None
    """The data set it was fitted on: its in-distribution set."""
    parameters: int | None = None
    """Number of trainable numbers."""
    attributes: Mapping[str, str | int | float | bool | None] = {}
    """Whatever else people may colour or filter by: regime, seed, learning rate, epochs …"""
    metrics: Mapping[str, float] = {}
    """What its recipe measured on validation data when it was made."""
    recipe: str = ""
    """The command that made it."""
    licence: str = ""
    """Terms of the weights."""
    citation: str = ""
    """Whom to cite."""
    text: str = ""
    """Anything else worth knowing."""
    source: Literal["shipped", "package", "brought"] = "shipped"
    """Trained by this program, carried by a package, or brought by a person."""

    @property
    def key(self) -> str:
        """Hash of all that its answers depend on."""
        return hashing.of_parts(self.digest, self.architecture, dict(self.options), self.preprocess.model_dump(), self.classes)


def names() -> tuple[str, ...]:
    """Return all networks that can be run here: shipped, carried by installed packages, brought."""
    return tuple(_files())


def card(name: str) -> Card:
    """Return one card.

    Raises:
        UserError: for an unknown name (with the nearest ones) or a card that cannot be read.
    """
    file = _file(name)
    return _card(file, file.stat().st_mtime_ns)


def cards() -> tuple[Card, ...]:
    """Return all cards that can be read, sorted by name; one that cannot says so where it is asked for by name."""
    return _cards(tuple((file, file.stat().st_mtime_ns) for file in _files().values()))


def folder(name: str) -> Path:
    """Return the folder that a network's weight files are relative to."""
    return _file(name).parent


def _file(name: str) -> Path:
    files = _files()
    if name not in files:
        raise errors.unknown("network", name, files)
    return files[name]


def _files() -> dict[str, Path]:
    """Return name -> card file, sorted; listed anew when a folder changes."""
    shipped, brought = places.weights(), places.inputs("networks")
    return _listed(shipped, places.changed(shipped), brought, places.changed(brought))


@functools.lru_cache(maxsize=16)
def _listed(shipped: Path, _shipped_at: int, brought: Path, _brought_at: int) -> dict[str, Path]:
    found = {path.parent.name: path for path in brought.glob("*/card.json")}
    found |= {path.stem: path for path in shipped.glob("*.json") if _usable(path)}
    return dict(sorted(found.items()))


def _usable(path: Path) -> bool:
    """Return whether the package that carries a network's weights is installed; a card that cannot be read says so when it is asked for."""
    try:
        package = _card(path, path.stat().st_mtime_ns).package
    except errors.UserError:
        return True
    return package is None or importlib.util.find_spec(package) is not None


@functools.lru_cache(maxsize=16)
def _cards(files: tuple[tuple[Path, int], ...]) -> tuple[Card, ...]:
    found = []
    for file, changed in files:
        with contextlib.suppress(errors.UserError):
            found.append(_card(file, changed))
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def _card(path: Path, _mtime: int) -> Card:
    try:
        return Card.model_validate_json(path.read_text())
    except (pydantic.ValidationError, json.JSONDecodeError) as problem:
        raise errors.UserError(f"The network card {path.name} cannot be read: {problem}.", "Restore the file or remove it.") from problem
