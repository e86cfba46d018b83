"""Image classification data sets. No torch.

A file here (or in `TOUCHSTONE_HOME/extensions/datasets/images`) offers `load(split) -> Images` and these constants:
`VERSION` (raised when an image, a label or their order changes), `TASK` (sets of one task share classes, or cover
some of them under the same names), `FRAME` (side of its square canonical image in pixels), `CHANNELS` (1 or 3),
`SPLITS`, `LICENCE`, `SOURCE`, `CITATION`; optionally `PACKAGES` (installed packages it reads), `FILES` (files it
reads, absolute or below `data/`), `PREPARATION`, a sentence on how images were framed, and `missing() -> str | None`,
the sentence that says why the set cannot be used here. The canonical image is what shifts act on; a network's own
preprocessing comes after.
"""

import functools
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import errors, hashing, places, registry
from engine.datasets.images import _brought
from engine.datasets.images._brought import bring, checked_name, keep, problems, recipe_of, remove
from engine.datasets.images._drawn import Recipe, glyph_bank
from engine.datasets.images._images import Images, example_id
from engine.datasets.images._reading import Example, Preview, framed, preview, suggest

__all__ = [
    "ROOM", "SHIPPED", "Card", "Example", "Images", "Preview", "Recipe", "bring", "card", "checked_name", "example_id", "framed", "glyph_bank",
    "keep", "load", "made_from", "measured", "names", "preview", "problems", "recipe_of", "remove", "suggest",
]  # fmt: skip

ROOM = "datasets/images"
SHIPPED = places.DATA / "datasets.json"  # sizes and hashes of our own sets: a fresh clone need not load them all


@dataclass(frozen=True)
class Card:
    """What a page or a plan needs to know of a data set without holding its images."""

    name: str
    title: str
    text: str
    task: str
    classes: tuple[str, ...]
    frame: int
    channels: int
    sizes: Mapping[str, int]  # split -> number of images
    digests: Mapping[str, str]  # split -> hash
    groups: tuple[str, ...]
    licence: str
    source: str
    citation: str
    preparation: str = ""
    missing: str | None = None  # why it cannot be used here
    brought: bool = False
    skipped: tuple[str, ...] = ()  # what was left out when it was brought, a sentence each


def names() -> tuple[str, ...]:
    """Return all data sets, ours first, then what people brought; also those that are missing a package."""
    return registry.names(ROOM) + _brought.names()


def card(name: str) -> Card:
    """Return a set's card; the first call for a set may load it once, to keep sizes and hashes in the cache folder.

    Raises:
        UserError: for an unknown name, with the nearest ones.
    """
    if name in registry.names(ROOM):
        return _card(name, registry.card(ROOM, name).sha256, _missing(name))
    if name in _brought.names():
        return Card(**_brought.card(name), brought=True)
    raise errors.unknown("data set", name, names())


def load(name: str, split: str = "test") -> Images:
    """Return a split of a set in memory; the latest few are kept.

    Raises:
        UserError: for an unknown set or split, or a set that cannot be used here, with the way out.
    """
    if name in registry.names(ROOM):
        return _load(name, split, registry.card(ROOM, name).sha256)
    if name in _brought.names():
        return _brought.load(name, split)
    raise errors.unknown("data set", name, names())


@functools.lru_cache(maxsize=8)
def _load(name: str, split: str, _source: str) -> Images:
    module = registry.load(ROOM, name)
    if sentence := _missing(name):
        raise errors.UserError(f"The data set “{name}” cannot be used here.", sentence)
    if split not in module.SPLITS:
        raise errors.unknown(f"split of {name}", split, module.SPLITS)
    return module.load(split)


def _missing(name: str) -> str | None:
    ask = getattr(registry.load(ROOM, name), "missing", None)
    return ask() if ask else None


@functools.lru_cache(maxsize=256)
def _card(name: str, _source: str, missing: str | None) -> Card:
    entry = registry.card(ROOM, name)
    said = entry.constants
    facts = {"classes": [], "sizes": {}, "digests": {}, "groups": []} if missing else _facts(name)
    return Card(
        name=name,
        title=entry.title.rstrip("."),
        text=entry.text,
        task=said["TASK"],
        classes=tuple(facts["classes"]),
        frame=said["FRAME"],
        channels=said["CHANNELS"],
        sizes=facts["sizes"],
        digests=facts["digests"],
        groups=tuple(facts["groups"]),
        licence=said["LICENCE"],
        source=said["SOURCE"],
        citation=said["CITATION"],
        preparation=said.get("PREPARATION", ""),
        missing=missing,
    )


def _facts(name: str) -> dict[str, Any]:
    """Return classes, sizes and hashes: as shipped where set and packages are the same, else cached, else made."""
    shipped = _shipped().get(name)
    if shipped and shipped["made_from"] == made_from(name) and registry.path(ROOM, name).is_relative_to(places.ENGINE):
        return shipped
    key = hashing.of_parts(registry.card(ROOM, name).sha256, _rest(), made_from(name))
    file = places.cache() / "datasets" / f"{name}-{key}.json"
    if known := _read(file):
        return known
    facts = measured(name)
    _write(file, json.dumps(facts, ensure_ascii=False))
    return facts


def measured(name: str) -> dict[str, Any]:
    """Return classes, sizes, hashes and group columns of a set, by loading each of its splits."""
    splits = {split: load(name, split) for split in registry.card(ROOM, name).constants["SPLITS"]}
    first = next(iter(splits.values()))
    return {
        "made_from": made_from(name),
        "classes": list(first.classes),
        "sizes": {split: len(images) for split, images in splits.items()},
        "digests": {split: images.digest for split, images in splits.items()},
        "groups": sorted(first.groups),
    }


def made_from(name: str) -> list[str]:
    """Return what a set's images depend on: its version, the packages it reads, the sizes of the files it reads."""
    said = registry.card(ROOM, name).constants
    files = [places.DATA / file for file in said.get("FILES", ())]
    return [
        f"version {said['VERSION']}",
        *(f"{package} {_version(package)}" for package in said.get("PACKAGES", ())),
        *(f"{file.name} {file.stat().st_size if file.is_file() else '-'}" for file in files),
    ]


@functools.lru_cache(maxsize=256)
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "-"


@functools.cache
def _rest() -> str:
    """Return a hash of the files here that no set is: what several sets share."""
    return hashing.of_parts(*map(hashing.of_file, sorted(Path(__file__).parent.glob("_*.py"))))


@functools.cache
def _shipped() -> dict[str, Any]:
    return _read(SHIPPED)


def _read(file: Path) -> dict[str, Any]:
    """Return a JSON file's content, nothing where there is none or it was cut short."""
    try:
        return json.loads(file.read_text())
    except (OSError, json.JSONDecodeError):
        return {}


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{hashing.of_bytes(text.encode())}")
    aside.write_text(text)
    aside.replace(file)
