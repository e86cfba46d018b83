"""A colour and a symbol for each name, the same in every figure.

A name's hash prefers one of 64 pairs of 8 colours and 8 symbols. What is known by name (architectures, data sets, shifts)
is laid out as a whole, room by room, and who finds a colour or pair taken moves on to the next free one. A network has
the colour of its architecture and, among the networks of that architecture on the same set, a symbol of its own. So the
look of a name depends on neither the figure nor what else is drawn in it.
"""

import functools
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from engine import hashing, networks, registry
from engine.plots import template

COLOURS = len(template.LIGHT.categorical)
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
# of SYMBOLS, as paths in a square of side 12 around 0
OUTLINES = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z",
    "M-4.5-4.500h9v9h-9Z",
    "M0-6 6 0 0 6-6 0Z",
    "M0-5.500 5.500 4.500h-11Z",
    "M0 5.500 5.500-4.500h-11Z",
    "M-1.800-5.500h3.600v3.700h3.700v3.600H1.800v3.700h-3.600V1.800h-3.700v-3.600h3.700Z",
    "M-2.600-5.200 0-2.600 2.600-5.200 5.200-2.600 2.600 0 5.200 2.600 2.600 5.200 0 2.600-2.600 5.200-5.200 2.600-2.600 0-5.200-2.600Z",
    "M0-6 1.700-2 6-1.700 2.700 1.100 3.700 5.300 0 3-3.700 5.300-2.700 1.100-6-1.700-1.700-2Z",
)
_ROOMS = ("models/classifiers", "datasets/images", "shifts", "attacks", "metrics/classification")

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Look:
    """A place in the palette and a place in the list of symbols."""

    colour: int
    symbol: int

    @property
    def hex(self) -> str:
        """Return the colour in the light theme, which `template.themed` swaps."""
        return template.LIGHT.categorical[self.colour]

    @property
    def plotly(self) -> str:
        """Return Plotly's name of the symbol."""
        return SYMBOLS[self.symbol]


def look(name: Hashable) -> Look:
    """Return the look that a name's hash prefers, whether or not another name prefers the same."""
    digits = int(hashing.of_parts(str(name)), 16)
    return Look(digits % COLOURS, digits // COLOURS % len(SYMBOLS))


def looks(names: Iterable[Hashable]) -> Mapping[Hashable, Look]:
    """Return the look of each name: known names have theirs everywhere, others are laid out among themselves."""
    wanted = list(dict.fromkeys(names))
    known = {name: given for room in _ROOMS for name, given in _spread(registry.names(room)).items()} | _of_networks(networks.names())
    others = spread(sorted((n for n in wanted if str(n) not in known), key=str))
    return {name: known.get(str(name)) or others[name] for name in wanted}


@functools.lru_cache(maxsize=64)
def _spread(names: tuple[str, ...]) -> dict[str, Look]:
    return spread(names)


def spread(names: Iterable[Name]) -> dict[Name, Look]:
    """Lay names out in their order: a free pair whose colour and symbol are used least so far; as the hash says where no pair is free."""
    given: dict[Name, Look] = {}
    colours, symbols = Counter[int](), Counter[int]()
    for name in names:
        first, taken = look(name), set(given.values())
        free = [one for one in _from(first) if one not in taken]
        chosen = min(free, key=lambda one: (colours[one.colour], symbols[one.symbol]), default=first)
        given[name] = chosen
        colours[chosen.colour] += 1
        symbols[chosen.symbol] += 1
    return given


def _from(first: Look) -> Iterable[Look]:
    """Yield all pairs beginning with one, colours before symbols."""
    for j in range(len(SYMBOLS)):
        for i in range(COLOURS):
            yield Look((first.colour + i) % COLOURS, (first.symbol + j) % len(SYMBOLS))


@functools.lru_cache(maxsize=8)
def _of_networks(names: tuple[str, ...]) -> dict[str, Look]:
    architectures = _spread(registry.names("models/classifiers"))
    seen: Counter[tuple[str, str | None]] = Counter()
    given = {}
    for name in names:
        card = networks.card(name)
        base = architectures.get(card.architecture) or look(card.architecture)
        place = seen[card.architecture, card.trained_on]
        seen[card.architecture, card.trained_on] += 1
        given[name] = Look(base.colour, (base.symbol + place) % len(SYMBOLS))
    return given
