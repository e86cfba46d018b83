"""Tables of people with a label and protected attributes. No torch.

A file here (or in `TOUCHSTONE_HOME/extensions/datasets/tables`) offers `load() -> Table` and these constants: `VERSION` (raised when a row,
a label or the order changes), `LABEL` (the column with the outcome), `POSITIVE` (the favourable outcome in words), `GROUPS` (columns with
protected attributes), `STUDIED` (which of them, and which of its values, are looked at unless a person chooses others), `FILES` (what it reads,
below `data/`), `LICENCE`, `SOURCE`, `CITATION`, and `RECIPE`, the command that makes
its files; optionally `PICTURES`, height, width and channels where columns are pixels.

Sides are drawn once, over the order of the file: 60 % train, 20 % val, 20 % test (`divided`). A studied column is never an input.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from engine import errors, registry
from engine.datasets.tables import _brought
from engine.datasets.tables._brought import YES, as_text, bring, favourable_value, group_values, remove, weight_values
from engine.datasets.tables._encoding import MISSING, Choice, Encoder, Number
from engine.datasets.tables._encoding import fit as encoder
from engine.datasets.tables._files import read_people
from engine.datasets.tables._table import JOINT, SPLITS, Table, crossed, divided

__all__ = [
    "JOINT", "MISSING", "ROOM", "SPLITS", "YES", "Card", "Choice", "Encoder", "Number", "Table", "as_text", "bring", "card", "crossed", "divided",
    "encoder", "favourable_value", "group_values", "load", "names", "read_people", "remove", "weight_values",
]  # fmt: skip

ROOM = "datasets/tables"


@dataclass(frozen=True)
class Card:
    """What a page or a plan needs to know of a table without holding its rows."""

    name: str
    title: str
    text: str
    label: str
    positive: str
    groups: tuple[str, ...]
    studied: Mapping[str, object]  # group, values
    licence: str
    source: str
    citation: str
    recipe: str
    pictures: tuple[int, int, int] | None = None  # columns are the pixels of pictures of this height, width and channels
    brought: bool = False


def names() -> tuple[str, ...]:
    """Return all tables, ours first, then what people brought."""
    return registry.names(ROOM) + _brought.names()


def card(name: str) -> Card:
    """Return a table's card; raises UserError for an unknown name, with the nearest."""
    if name in _brought.names():
        return Card(**_brought.card(name), brought=True)
    if name not in registry.names(ROOM):
        raise errors.unknown("table", name, names())
    entry = registry.card(ROOM, name)
    said = entry.constants
    return Card(
        name=name, title=entry.title.rstrip("."), text=entry.text, label=said["LABEL"], positive=said["POSITIVE"], groups=said["GROUPS"],
        studied=said["STUDIED"], licence=said["LICENCE"], source=said["SOURCE"], citation=said["CITATION"], recipe=said["RECIPE"],
        pictures=said.get("PICTURES"),
    )  # fmt: skip


def load(name: str) -> Table:
    """Return a table in memory; the latest few are kept. Raises UserError for an unknown name, with the nearest."""
    if name in _brought.names():
        return _brought.load(name)
    if name not in registry.names(ROOM):
        raise errors.unknown("table", name, names())
    return _load(name, registry.card(ROOM, name).sha256)


@functools.lru_cache(maxsize=4)
def _load(name: str, _source: str) -> Table:
    return registry.load(ROOM, name).load()
