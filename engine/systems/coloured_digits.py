"""Coloured digits.

Real digits in coloured ink on coloured paper. Each digit has an ink of its own and is written with it most of the
time, so that in training the colour tells the digit nearly as well as its shape does; `strength` sets how often. A
hidden cause, the batch that a sheet belongs to, decides which digits are common, which inks lie about and which paper
is used: paper goes with digit and with ink although neither causes the other. A network that has learned the shape
does not care when colours are set by hand; one that has learned the colour does. Grey networks see the luma of the
picture (ITU-R 601), for which blue ink is dark and yellow ink bright.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from engine.systems import _canvas, _written
from engine.systems._glyphs import GlyphBank
from engine.systems._laws import Choice, Law, Mixture, Normal, Point, Uniform
from engine.systems._units import Latents
from engine.systems._vocabulary import Edge, Factor, Mechanism, System
from engine.systems._written import rooted

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 3
PARAMETERS = {
    "strength": (0.9, 0.0, 1.0, "how often a digit is written in its own ink"),
    "common": (0.7, 0.5, 1.0, "how often a sheet of the warm batch has a digit from 0 to 4, one of the cold batch a digit from 5 to 9"),
    "paper": (0.9, 0.0, 1.0, "how often a sheet is of its batch's own paper"),
}
CITATION = (
    "After Colored MNIST: M. Arjovsky, L. Bottou, I. Gulrajani, D. Lopez-Paz. Invariant Risk Minimization. arXiv:1907.02893, 2019, section 5;"
    " here with ten classes, ten inks, real digits of four sets and without label noise."
)

INKS = {  # one a digit; the first five are warm
    "red": (1.00, 0.32, 0.28), "orange": (1.00, 0.60, 0.22), "yellow": (1.00, 0.90, 0.30), "pink": (1.00, 0.62, 0.80), "sand": (0.88, 0.76, 0.58),
    "lime": (0.66, 0.92, 0.32), "green": (0.26, 0.80, 0.42), "teal": (0.28, 0.84, 0.80), "blue": (0.36, 0.56, 1.00), "violet": (0.72, 0.50, 1.00),
}  # fmt: skip
WARM, COLD = tuple(INKS)[:5], tuple(INKS)[5:]
PAPERS = {
    "black": (0.03, 0.03, 0.03), "maroon": (0.26, 0.06, 0.08), "umber": (0.22, 0.13, 0.05),
    "slate": (0.12, 0.15, 0.18), "navy": (0.05, 0.09, 0.28), "forest": (0.04, 0.19, 0.11),
    "grey": (0.50, 0.50, 0.50), "sky": (0.60, 0.78, 0.95), "cream": (0.97, 0.93, 0.80), "white": (1.00, 1.00, 1.00),
}  # fmt: skip
OWN = {"warm": ("black", "maroon", "umber"), "cold": ("slate", "navy", "forest")}  # the others are never used in training

FACTORS = (
    Factor("batch", "categorical", ("warm", "cold"), "The batch that a sheet belongs to: nobody writes it down.", hidden=True),
    _written.CLASS, _written.SOURCE, _written.GLYPH,
    Factor("ink", "categorical", tuple(INKS), "The colour of the ink."),
    Factor("paper", "categorical", tuple(PAPERS), "The colour of the background."),
    _written.TEXTURE, _written.SIZE, _written.ROTATION, _written.X, _written.Y, _written.STROKE, _written.LIGHTING, _written.BLUR, _written.NOISE,
    _written.OCCLUDER,
)  # fmt: skip
EDGES = (
    Edge("batch", "class", "Sheets of the warm batch mostly have the digits 0 to 4, those of the cold batch 5 to 9.", confounded=True),
    Edge("batch", "paper", "Each batch has papers of its own.", confounded=True),
    Edge("batch", "ink", "Where the writer does not take the digit's own ink, one of the batch is at hand.", confounded=True),
    Edge("class", "ink", "Each digit has an ink of its own.", confounded=True),
)


def build(strength: float, common: float, paper: float) -> System:
    """Return the system with its parameters, each in the range that `PARAMETERS` gives."""
    return System(
        "coloured_digits", "Coloured digits", FACTORS, EDGES, _mechanisms(strength, common, paper), "class", TASK, FRAME, CHANNELS, draw,
        _written.SOURCES, {"strength": strength, "common": common, "paper": paper},
    )  # fmt: skip


def _mechanisms(strength: float, common: float, paper: float) -> tuple[Mechanism, ...]:
    return (
        rooted("batch", Choice.even(("warm", "cold")), "Either batch is as likely."),
        Mechanism("class", "A digit of the batch's own half most of the time, else one of the other half.", _class(common)),
        rooted("source", Point("mnist"), "Always handwriting of MNIST."),
        rooted("glyph", Uniform(0.0, 1.0), "Any glyph of the set and class."),
        Mechanism("ink", "The digit's own ink most of the time, else any ink of the batch.", _ink(strength)),
        Mechanism("paper", "A paper of the batch most of the time, else any of the six dark ones.", _paper(paper)),
        rooted("texture", Point("plain"), "Always plain."),
        rooted("size", Uniform(0.85, 1.1), "A little smaller or larger than in MNIST."),
        rooted("rotation", Normal(0.0, 4.0), "Turned a little."),
        rooted("x", Uniform(-0.05, 0.05), "Near the middle."),
        rooted("y", Uniform(-0.05, 0.05), "Near the middle."),
        rooted("stroke", Uniform(-0.2, 0.6), "About as wide as in MNIST."),
        rooted("lighting", Normal(1.0, 0.05), "Even and about the same."),
        rooted("blur", Uniform(0.0, 0.3), "Hardly any."),
        rooted("noise", Uniform(0.0, 0.03), "Hardly any."),
        rooted("occluder", Point(0.0), "Nothing stands before the digit."),
    )


def _class(common: float) -> Callable[[str], Law]:
    halves = {"warm": _written.DIGITS[:5], "cold": _written.DIGITS[5:]}
    return lambda batch: Choice.of({digit: common if digit in halves[batch] else 1 - common for digit in _written.DIGITS})


def _ink(strength: float) -> Callable[..., Law]:
    own = dict(zip(_written.DIGITS, INKS, strict=True))
    at_hand = {"warm": Choice.even(WARM), "cold": Choice.even(COLD)}
    return lambda **given: Mixture(((strength, Point(own[given["class"]])), (1 - strength, at_hand[given["batch"]])))


def _paper(share: float) -> Callable[[str], Law]:
    dark = Choice.even((*OWN["warm"], *OWN["cold"]))
    return lambda batch: Mixture(((share, Choice.even(OWN[batch])), (1 - share, dark)))


def draw(latents: Latents, bank: GlyphBank, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """Return the pictures: paper, its texture, ink where the glyph is, then the camera."""
    pattern = _canvas.texture(_written.texts(latents, "texture"), size, latents.noise["texture"])
    canvas = _canvas.ground(_canvas.colours(PAPERS, _written.texts(latents, "paper")), pattern)
    _canvas.lay(canvas, _written.cover(latents, bank, size), _canvas.colours(INKS, _written.texts(latents, "ink")))
    return _written.taken(canvas, latents)
