"""Digits captured at different sites.

The same digits, taken in under the conditions of a site: a scanner, a phone, a desk camera, and a night shift that no
training data come from. The site decides paper, texture, light, focus, noise, pen and handwriting, and, as sites have
different customers, also which digits are common: so the looks of a picture tell its class in training without
causing it. Noise has a second cause: the less light, the more of it. `do(site=night)` is the question whether a network
carries over to a new site, `do(lighting=0.4)` which of the site's conditions it is that breaks it.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
PARAMETERS = {"prevalence": (0.6, 0.0, 1.0, "how often a site's digit is one that is common there")}
CITATION = (
    "Sites with conditions and class shares of their own after P. W. Koh et al., WILDS: A Benchmark of in-the-Wild Distribution Shifts, ICML 2021,"
    " arXiv:2012.07421; the conditions here are made up."
)


@dataclass(frozen=True)
class Site:
    """The conditions of one site: laws of its factors."""

    common: tuple[str, ...]  # digits
    source: Choice
    ink: Normal
    paper: Uniform
    tint: Normal
    texture: Choice
    lighting: Normal
    shade: Uniform
    blur: Uniform
    noise: float  # in full light
    stroke: Normal


SITES = {
    "scanner": Site(
        tuple("012"), Choice.of({"mnist": 3, "printed": 1}), Normal(0.95, 0.03), Uniform(0.0, 0.06), Normal(0.0, 0.03),
        Choice.of({"plain": 4, "weave": 1}), Normal(1.0, 0.03), Uniform(0.0, 0.05), Uniform(0.0, 0.3), 0.01, Normal(0.1, 0.2),
    ),
    "phone": Site(
        tuple("3456"), Choice.of({"mnist": 1, "optdigits": 1}), Normal(0.9, 0.04), Uniform(0.08, 0.2), Normal(0.4, 0.1),
        Choice.of({"clouds": 2, "stripes": 1}), Normal(0.85, 0.06), Uniform(0.1, 0.4), Uniform(0.1, 0.6), 0.02, Normal(0.4, 0.2),
    ),
    "desk": Site(
        tuple("789"), Choice.of({"mnist": 1, "mfeat": 1}), Normal(0.9, 0.04), Uniform(0.05, 0.15), Normal(-0.1, 0.08),
        Choice.of({"plain": 1, "checks": 1}), Normal(1.15, 0.06), Uniform(0.05, 0.2), Uniform(0.1, 0.5), 0.02, Normal(0.0, 0.2),
    ),
    "night": Site(
        _written.DIGITS, Choice.even(("mnist", "optdigits")), Normal(0.95, 0.03), Uniform(0.05, 0.2), Normal(-0.6, 0.1),
        Choice.of({"dots": 1, "clouds": 1}), Normal(0.5, 0.06), Uniform(0.3, 0.6), Uniform(0.3, 0.8), 0.02, Normal(0.4, 0.3),
    ),
}  # fmt: skip
TRAINING = ("scanner", "phone", "desk")
DARK_NOISE = 0.06  # noise that is added as the light goes out

FACTORS = (
    Factor("site", "categorical", tuple(SITES), "Where the picture was taken.", hidden=True),
    _written.CLASS, _written.SOURCE, _written.GLYPH,
    Factor("ink", "continuous", (0.0, 1.0), "How bright the ink is.", "0 = black, 1 = white"),
    Factor("paper", "continuous", (0.0, 1.0), "How bright the background is.", "0 = black, 1 = white"),
    Factor("tint", "continuous", (-1.0, 1.0), "The colour of the light.", "-1 = blue, 1 = amber"),
    _written.TEXTURE, _written.SIZE, _written.ROTATION, _written.X, _written.Y, _written.STROKE, _written.LIGHTING,
    Factor("shade", "continuous", (0.0, 0.9), "How unevenly the light falls.", "difference from the middle to either side, share of the light"),
    _written.BLUR, _written.NOISE, _written.OCCLUDER,
)  # fmt: skip
EDGES = (
    Edge("site", "class", "Sites have different customers, so other digits are common.", confounded=True),
    Edge("site", "source", "Sites have different writers.", confounded=True),
    Edge("site", "ink", "Sites use different pens.", confounded=True),
    Edge("site", "paper", "Sites use different paper.", confounded=True),
    Edge("site", "tint", "Sites have lamps of different colours.", confounded=True),
    Edge("site", "texture", "Sites use different paper.", confounded=True),
    Edge("site", "stroke", "Sites use different pens.", confounded=True),
    Edge("site", "lighting", "Sites have different lamps.", confounded=True),
    Edge("site", "shade", "Lamps stand differently at each site.", confounded=True),
    Edge("site", "blur", "Sites have different lenses.", confounded=True),
    Edge("site", "noise", "Sites have different sensors.", confounded=True),
    Edge("lighting", "noise", "The less light, the more noise."),
)


def build(prevalence: float) -> System:
    """Return the system with its parameter, in the range that `PARAMETERS` gives."""
    return System(
        "captured_digits", "Digits captured at different sites", FACTORS, EDGES, _mechanisms(prevalence), "class", TASK, FRAME, CHANNELS, draw,
        _written.SOURCES, {"prevalence": prevalence},
    )  # fmt: skip


def _mechanisms(prevalence: float) -> tuple[Mechanism, ...]:
    return (
        rooted("site", Choice.even(TRAINING), "The scanner, the phone or the desk camera, each as likely; never the night shift."),
        Mechanism("class", "A digit that is common at the site, or any.", _class(prevalence)),
        Mechanism("source", "Handwriting and type in the site's own shares.", _of_site("source")),
        rooted("glyph", Uniform(0.0, 1.0), "Any glyph of the set and class."),
        Mechanism("ink", "As bright as the site's pens write.", _of_site("ink")),
        Mechanism("paper", "As bright as the site's paper is.", _of_site("paper")),
        Mechanism("tint", "The colour of the site's lamp.", _of_site("tint")),
        Mechanism("texture", "A pattern of the site's paper.", _of_site("texture")),
        rooted("size", Uniform(0.8, 1.1), "A little smaller or larger than in the digit sets."),
        rooted("rotation", Normal(0.0, 5.0), "Turned a little."),
        rooted("x", Uniform(-0.06, 0.06), "Near the middle."),
        rooted("y", Uniform(-0.06, 0.06), "Near the middle."),
        Mechanism("stroke", "As wide as the site's pens write.", _of_site("stroke")),
        Mechanism("lighting", "As bright as the site's lamp.", _of_site("lighting")),
        Mechanism("shade", "As uneven as the site's lamp.", _of_site("shade")),
        Mechanism("blur", "As sharp as the site's lens.", _of_site("blur")),
        Mechanism("noise", "The noise of the site's sensor, and more in less light.", _noise),
        rooted("occluder", Point(0.0), "Nothing stands before the digit."),
    )


def _class(prevalence: float) -> Callable[[str], Law]:
    return lambda site: Mixture(((prevalence, Choice.even(SITES[site].common)), (1 - prevalence, Choice.even(_written.DIGITS))))


def _of_site(factor: str) -> Callable[[str], Law]:
    return lambda site: getattr(SITES[site], factor)


def _noise(site: str, lighting: np.ndarray) -> Law:
    low = SITES[site].noise + DARK_NOISE * np.maximum(0.0, 1.0 - lighting)
    return Uniform(low, 1.5 * low)


def draw(latents: Latents, bank: GlyphBank, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """Return the pictures: paper, its texture, ink where the glyph is, in the colour of the light, then the camera."""
    values = latents.values
    pattern = _canvas.texture(_written.texts(latents, "texture"), size, latents.noise["texture"])
    canvas = _canvas.ground(np.repeat(values["paper"][:, None], CHANNELS, axis=1), pattern)
    _canvas.lay(canvas, _written.cover(latents, bank, size), np.repeat(values["ink"][:, None], CHANNELS, axis=1))
    canvas *= (1 + values["tint"][:, None] * np.array([0.12, 0.0, -0.3])).astype(np.float32)[:, :, None, None]
    return _written.taken(canvas, latents, values["shade"])
