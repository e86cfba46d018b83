"""Sentences about two small scenes, in the manner of NLVR2.

Two scenes of up to five coloured shapes on a grid of three by three, and a sentence that is true of the pair or not. Six families of
sentences: whether something exists, how many there are, where there are more, whether all are so, of what colour a side is, and what lies
beside what. For each family one colour is held out: it occurs in training, but never in a sentence of that family (`held_out`).
Half of the sentences of each split are true.
"""

import functools
from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from engine.datasets.statements._statements import Statements

VERSION = 1
SPLITS = ("train", "val", "test", "held_out")
LICENCE = "drawn by this program; no terms"
SOURCE = "drawn by this program"
CITATION = "A. Suhr et al. A Corpus for Reasoning About Natural Language Grounded in Photographs. ACL 2019 (the task; no data of it)."
SIZES = {"train": 12_000, "val": 1_500, "test": 1_500, "held_out": 1_500}
SEED = 20_221_014
SIDE, CELL = 24, 8  # pixels
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
FAMILIES = ("exists", "count", "compare", "all", "colour", "spatial")
HELD_OUT: dict[str, str] = dict(zip(FAMILIES, COLOURS, strict=True))  # family -> the colour that none of its training sentences names
WORDS = (
    "", *FAMILIES, *SHAPES, *COLOURS, *NUMBERS, "there", "is", "a", "are", "shapes", "on", "the", "left", "right", "more", "than", "every", "side",
    "only", "above", "below", "something", "exactly", "of", "has",
)  # fmt: skip
VOCABULARY = tuple(dict.fromkeys(WORDS))
LENGTH = 9
Scene = dict[int, tuple[str, str]]  # cell -> shape, colour
Claim = tuple[str, Callable[[Scene, Scene], bool]]


def load(split: str) -> Statements:
    """Return one split, scenes (n, 2, 24, 24, 3)."""
    return _load(split)


@functools.lru_cache(maxsize=4)
def _load(split: str) -> Statements:
    rng = np.random.default_rng([SEED, SPLITS.index(split)])
    n = SIZES[split]
    scenes = np.empty((n, 2, SIDE, SIDE, 3), np.uint8)
    words, labels, families = np.zeros((n, LENGTH), np.int64), np.arange(n) % 2, []
    for i in range(n):
        family = FAMILIES[int(rng.integers(len(FAMILIES)))]
        left, right, sentence = _drawn(rng, family, split == "held_out", bool(labels[i]))
        scenes[i, 0], scenes[i, 1] = _picture(left), _picture(right)
        told = [VOCABULARY.index(word) for word in sentence.split()]
        words[i, : len(told)] = told
        families.append(family)
    order = rng.permutation(n)
    return Statements(scenes[order], words[order], labels[order], tuple(families[i] for i in order), VOCABULARY)


def _drawn(rng: np.random.Generator, family: str, held_out: bool, wanted: bool) -> tuple[Scene, Scene, str]:
    """Return two scenes and a sentence of a family with the truth that is wanted; scenes are drawn again until it has it."""
    sentence, holds = _claim(rng, family, held_out)
    while True:
        left, right = _scene(rng), _scene(rng)
        if rng.random() < 0.7:  # otherwise most scenes would say nothing about what is claimed
            colour = next(word for word in sentence.split() if word in COLOURS)
            side = left if rng.random() < 0.5 else right
            side[int(rng.choice(list(side)))] = (SHAPES[int(rng.integers(4))], colour)
        if family == "colour" and rng.random() < 0.5:
            colour = next(word for word in sentence.split() if word in COLOURS)
            side = left if "left" in sentence else right
            side.update({cell: (shape, colour) for cell, (shape, _) in side.items()})
        if holds(left, right) == wanted:
            return left, right, sentence


def _scene(rng: np.random.Generator) -> Scene:
    cells = rng.permutation(9)[: int(rng.integers(2, 6))]
    return {int(cell): (SHAPES[int(rng.integers(len(SHAPES)))], tuple(COLOURS)[int(rng.integers(len(COLOURS)))]) for cell in cells}


def _claim(rng: np.random.Generator, family: str, held_out: bool) -> Claim:
    """Return a sentence and what it means."""
    allowed = [HELD_OUT[family]] if held_out else [colour for colour in COLOURS if colour != HELD_OUT[family]]
    colour, shape = allowed[int(rng.integers(len(allowed)))], SHAPES[int(rng.integers(len(SHAPES)))]
    side, number = ("left", "right")[int(rng.integers(2))], int(rng.integers(1, 4))
    way = ("above", "below")[int(rng.integers(2))]

    def on(left: Scene, right: Scene) -> Scene:
        return left if side == "left" else right

    claims: dict[str, Claim] = {
        "exists": (f"there is a {colour} {shape}", lambda left, right: (shape, colour) in (*left.values(), *right.values())),
        "count": (
            f"there are exactly {NUMBERS[number - 1]} {colour} shapes on the {side}",
            lambda left, right: _count(on(left, right), colour) == number,
        ),
        "compare": (
            f"the {side} side has more {colour} shapes",
            lambda left, right: _count(on(left, right), colour) > _count(right if side == "left" else left, colour),
        ),
        "all": (f"every {shape} is {colour}", lambda left, right: _all(left, right, shape, colour)),
        "colour": (f"the {side} side has only {colour} shapes", lambda left, right: all(c == colour for _, c in on(left, right).values())),
        "spatial": (
            f"a {colour} {shape} is {way} something",
            lambda left, right: any(_beside(scene, shape, colour, way) for scene in (left, right)),
        ),
    }  # fmt: skip
    return claims[family]


def _count(scene: Scene, colour: str) -> int:
    return sum(c == colour for _, c in scene.values())


def _all(left: Scene, right: Scene, shape: str, colour: str) -> bool:
    found = [c for s, c in (*left.values(), *right.values()) if s == shape]
    return bool(found) and all(c == colour for c in found)


def _beside(scene: Scene, shape: str, colour: str, way: str) -> bool:
    """Return whether such a shape has another one in its column that it is above or below of."""
    for cell, found in scene.items():
        if found == (shape, colour):
            column = [other for other in scene if other % 3 == cell % 3 and other != cell]
            if any((other > cell) == (way == "above") for other in column):
                return True
    return False


def _picture(scene: Scene) -> UInt8[np.ndarray, "24 24 3"]:
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:] = BACKGROUND
    for cell, (shape, colour) in scene.items():
        row, column = divmod(cell, 3)
        part = picture[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        part[_mask(shape)] = COLOURS[colour]
    return picture


@functools.cache
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
