"""Sentences about two small scenes, in the manner of NLVR2.

Two scenes of up to five coloured shapes on a grid of three by three, and a sentence that is true of the pair or not. Six families of
sentences: whether something exists, how many there are, where there are more, whether all are so, of what colour a side is, and what lies
beside what. For each family one colour is held out: it occurs in training, but never in a sentence of that family (`held_out`).
Each sentence is true of half of its scenes, so words alone say nothing. `drawn` gives as many fresh examples as training wants.
"""

import functools
import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8

from engine import errors
from engine.datasets.statements._statements import Statements

VERSION = 2  # 2: drawn many at once, so that training can have fresh examples; the same scenes and sentences in distribution
SPLITS = ("train", "val", "test", "held_out")
LICENCE = "drawn by this program; no terms"
SOURCE = "drawn by this program"
CITATION = "A. Suhr et al. A Corpus for Reasoning About Natural Language Grounded in Photographs. ACL 2019 (the task; no data of it)."
SIZES = {"train": 12_000, "val": 1_500, "test": 1_500, "held_out": 1_500}
SEED = 20_221_014
GRID, CELL = 3, 8  # cells a side, pixels a cell
SIDE = GRID * CELL
FEWEST, MOST = 2, 5  # shapes in a scene
SHAPES = ("square", "disc", "triangle", "cross")
COLOURS = {
    "red": (220, 60, 50),
    "green": (60, 170, 80),
    "blue": (60, 110, 225),
    "yellow": (235, 205, 60),
    "violet": (150, 80, 200),
    "white": (240, 240, 235),
}
BACKGROUND = (26, 28, 36)
NUMBERS = ("one", "two", "three")
SIDES = ("left", "right")
WAYS = ("above", "below")
FAMILIES = ("exists", "count", "compare", "all", "colour", "spatial")
HELD_OUT: dict[str, str] = dict(zip(FAMILIES, COLOURS, strict=True))  # family -> the colour that none of its training sentences names
FORMS = {
    "exists": "there is a {colour} {shape}",
    "count": "there are exactly {number} {colour} shapes on the {side}",
    "compare": "the {side} side has more {colour} shapes",
    "all": "every {shape} is {colour}",
    "colour": "the {side} side has only {colour} shapes",
    "spatial": "a {colour} {shape} is {way} something",
}
SLOTS = {"colour": tuple(COLOURS), "shape": SHAPES, "number": NUMBERS, "side": SIDES, "way": WAYS}
WORDS = (
    "", *FAMILIES, *SHAPES, *COLOURS, *NUMBERS, "there", "is", "a", "are", "shapes", "on", "the", "left", "right", "more", "than", "every", "side",
    "only", "above", "below", "something", "exactly", "of", "has",
)  # fmt: skip
VOCABULARY = tuple(dict.fromkeys(WORDS))
LENGTH = 9
NAMED, ALL_ALIKE = 0.7, 0.5  # how often a shape of the sentence's colour is put in; how often the side of a `colour` sentence is of one colour


@dataclass(frozen=True)
class Claims:
    """Sentences by their parts: the family's place in `FAMILIES`, and places in `SLOTS`, used or not."""

    family: Int[np.ndarray, " n"]
    colour: Int[np.ndarray, " n"]
    shape: Int[np.ndarray, " n"]
    number: Int[np.ndarray, " n"]
    side: Int[np.ndarray, " n"]
    way: Int[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.family)

    @property
    def words(self) -> Int[np.ndarray, "n 9"]:
        """The sentences as places in the vocabulary."""
        return _told()[self.family, self.colour, self.shape, self.number, self.side, self.way]

    @property
    def families(self) -> tuple[str, ...]:
        """Their families by name."""
        return tuple(FAMILIES[k] for k in self.family)

    def __getitem__(self, some: np.ndarray) -> "Claims":
        return Claims(*(getattr(self, name)[some] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Scenes:
    """What stands in each of the nine cells of both scenes, row by row: 0 = nothing or 1 + the shape's place, and the colour's place."""

    shapes: Int[np.ndarray, "n 2 9"]
    colours: Int[np.ndarray, "n 2 9"]

    @property
    def pictures(self) -> UInt8[np.ndarray, "n 2 24 24 3"]:
        """The scenes as they are seen."""
        cells = _cells()[self.shapes, self.colours]  # (n, 2, 9, 8, 8, 3)
        rows = cells.reshape(-1, 2, GRID, GRID, CELL, CELL, 3).transpose(0, 1, 2, 4, 3, 5, 6)
        return np.ascontiguousarray(rows).reshape(-1, 2, SIDE, SIDE, 3)


@dataclass(frozen=True)
class Drawn:
    """Examples by their parts: what is claimed, of what, and whether it is true."""

    claims: Claims
    scenes: Scenes
    labels: Int[np.ndarray, " n"]


def load(split: str) -> Statements:
    """Return one split, scenes (n, 2, 24, 24, 3)."""
    return _load(split)


@functools.lru_cache(maxsize=4)
def _load(split: str) -> Statements:
    found = drawn(np.random.default_rng([SEED, VERSION, SPLITS.index(split)]), SIZES[split], held_out=split == "held_out")
    return Statements(found.scenes.pictures, found.claims.words, found.labels, found.claims.families, VOCABULARY)


def drawn(rng: np.random.Generator, n: int, *, held_out: bool = False, families: tuple[str, ...] = FAMILIES) -> Drawn:
    """Return n examples; scenes are drawn again until half of the sentences are true.

    Args:
        rng: Decides.
        n: How many.
        held_out: Sentences that name the colour that is kept from their family in training, instead of all others.
        families: Of sentences, all alike often.

    Raises:
        UserError: for an unknown family.
    """
    if unknown := [name for name in families if name not in FAMILIES]:
        raise errors.unknown("family of sentences", unknown[0], FAMILIES)
    return posed(rng, _claims(rng, n, held_out, families), rng.permutation(n) % 2)


def posed(rng: np.random.Generator, claims: Claims, wanted: Int[np.ndarray, " n"]) -> Drawn:
    """Return a pair of scenes for each sentence, drawn again until it is as true as is wanted (0 or 1)."""
    n = len(claims)
    shapes, colours = np.empty((n, 2, GRID**2), np.int64), np.empty((n, 2, GRID**2), np.int64)
    left = np.arange(n)
    while len(left):
        scenes = _scenes(rng, claims[left])
        shapes[left], colours[left] = scenes.shapes, scenes.colours
        left = left[holds(claims[left], scenes) != (wanted[left] == 1)]
    return Drawn(claims, Scenes(shapes, colours), wanted)


def every() -> Claims:
    """Return each sentence that there is, once, family by family; held-out combinations too."""
    table = _told()
    _, first = np.unique(table.reshape(-1, LENGTH), axis=0, return_index=True)
    return Claims(*np.unravel_index(np.sort(first), table.shape[:-1]))


def read(words: Int[np.ndarray, " 9"]) -> Claims | None:
    """Return a sentence by its parts, None for words that make none of the six forms."""
    table = _told()
    found = np.flatnonzero((table.reshape(-1, LENGTH) == words).all(1))
    return Claims(*(part[None] for part in np.unravel_index(found[0], table.shape[:-1]))) if len(found) else None


def kept_out(claims: Claims) -> Bool[np.ndarray, " n"]:
    """Return which sentences name the colour that training keeps from their family."""
    return np.array([list(COLOURS).index(HELD_OUT[name]) for name in FAMILIES])[claims.family] == claims.colour


def holds(claims: Claims, scenes: Scenes) -> Bool[np.ndarray, " n"]:
    """Return whether each sentence is true of its two scenes."""
    there = scenes.shapes > 0
    coloured = there & (scenes.colours == claims.colour[:, None, None])
    shaped = scenes.shapes == 1 + claims.shape[:, None, None]
    both, some, i = coloured & shaped, (1, 2), np.arange(len(claims))
    counts = coloured.sum(-1)
    here, elsewhere = counts[i, claims.side], counts[i, 1 - claims.side]
    found = {
        "exists": both.any(some),
        "count": here == 1 + claims.number,
        "compare": here > elsewhere,
        "all": shaped.any(some) & ~(shaped & ~coloured).any(some),
        "colour": here == there.sum(-1)[i, claims.side],
        "spatial": _beside(both, there, claims.way),
    }
    return np.stack([found[name] for name in FAMILIES])[claims.family, i]


def _beside(which: Bool[np.ndarray, "n 2 9"], there: Bool[np.ndarray, "n 2 9"], way: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Return whether one of them has another shape in its column that it is above or below of."""
    which, there = (one.reshape(-1, 2, GRID, GRID) for one in (which, there))
    under = [(which[:, :, a] & there[:, :, b]).any((1, 2)) for a, b in itertools.combinations(range(GRID), 2)]
    over = [(which[:, :, b] & there[:, :, a]).any((1, 2)) for a, b in itertools.combinations(range(GRID), 2)]
    return np.where(way == WAYS.index("above"), np.any(under, axis=0), np.any(over, axis=0))


def _claims(rng: np.random.Generator, n: int, held_out: bool, families: tuple[str, ...]) -> Claims:
    """Return sentences; the colour is one that its family has in training, or the one that it has not."""
    family = np.array([FAMILIES.index(name) for name in families])[rng.integers(len(families), size=n)]
    kept = np.array([list(COLOURS).index(HELD_OUT[name]) for name in FAMILIES])[family]
    colour = kept if held_out else (kept + rng.integers(1, len(COLOURS), n)) % len(COLOURS)
    shape, number, side, way = (rng.integers(len(SLOTS[slot]), size=n) for slot in ("shape", "number", "side", "way"))
    return Claims(family, colour, shape, number, side, way)


def _scenes(rng: np.random.Generator, claims: Claims) -> Scenes:
    """Return scenes that what is claimed has to do with."""
    n, cells, i = len(claims), GRID**2, np.arange(len(claims))
    order = rng.random((n, 2, cells)).argsort(-1)  # of cells to fill
    there = np.zeros((n, 2, cells), np.bool_)
    np.put_along_axis(there, order, np.arange(cells) < rng.integers(FEWEST, MOST + 1, (n, 2, 1)), -1)
    shapes = np.where(there, rng.integers(1, 1 + len(SHAPES), there.shape), 0)
    colours = rng.integers(len(COLOURS), size=there.shape)
    named, side = np.flatnonzero(rng.random(n) < NAMED), rng.integers(2, size=n)  # otherwise most scenes would say nothing about what is claimed
    colours[named, side[named], order[named, side[named], 0]] = claims.colour[named]
    alike = i[(claims.family == FAMILIES.index("colour")) & (rng.random(n) < ALL_ALIKE)]
    colours[alike, claims.side[alike]] = claims.colour[alike, None]
    return Scenes(shapes, colours)


@functools.cache
def _told() -> Int[np.ndarray, "family colour shape number side way 9"]:
    """Return the words of each sentence there is."""
    table = np.zeros((len(FAMILIES), *map(len, SLOTS.values()), LENGTH), np.int64)
    for family, form in enumerate(FORMS.values()):
        for parts in itertools.product(*(range(len(said)) for said in SLOTS.values())):
            sentence = form.format(**{slot: said[k] for (slot, said), k in zip(SLOTS.items(), parts, strict=True)}).split()
            table[(family, *parts)][: len(sentence)] = [VOCABULARY.index(word) for word in sentence]
    return table


@functools.cache
def _cells() -> UInt8[np.ndarray, "5 6 8 8 3"]:
    """Return how a cell looks: nothing and each shape, in each colour."""
    found = np.empty((1 + len(SHAPES), len(COLOURS), CELL, CELL, 3), np.uint8)
    found[:] = BACKGROUND
    for i, shape in enumerate(SHAPES):
        for k, colour in enumerate(COLOURS.values()):
            found[1 + i, k][_mask(shape)] = colour
    return found


def _mask(shape: str) -> Bool[np.ndarray, "8 8"]:
    drawn = np.zeros((CELL, CELL), np.uint8)
    if shape == "square":
        drawn[1:7, 1:7] = 1
    elif shape == "disc":
        cv2.circle(drawn, (3, 3), 3, 1, -1)
    elif shape == "triangle":
        cv2.fillPoly(drawn, [np.array([[3, 0], [7, 7], [0, 7]], np.int32)], 1)
    else:
        drawn[3:5, 1:7] = drawn[1:7, 3:5] = 1
    return drawn.astype(np.bool_)
