"""Shapes in scenes.

Drawn from scratch: a shape with a colour and a texture, somewhere on a coloured background, at some size and angle,
perhaps behind a strip. Each shape has a favourite background (`strength` sets how often it stands there), and some
combinations never occur in training: some colours and textures are held out for each shape, although every shape,
colour and texture is well known. `do(colour=red)` joins them again: a network that has learned shapes, not pictures,
recognises a combination that it has never seen.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, UInt8

from engine.systems import _canvas, _written
from engine.systems._glyphs import GlyphBank
from engine.systems._laws import Choice, Law, Mixture, Normal, Point, Uniform
from engine.systems._units import Latents
from engine.systems._vocabulary import Edge, Factor, Mechanism, System
from engine.systems._written import rooted

VERSION = 1
TASK = "shapes"
FRAME = 64
CHANNELS = 3
PARAMETERS = {"strength": (0.5, 0.0, 1.0, "how often a shape stands on its favourite background")}
CITATION = (
    "Factors in the manner of L. Matthey et al., dSprites, 2017, and C. Burgess, H. Kim, 3D Shapes, 2018; held-out combinations after M. L."
    " Montero et al., The role of disentanglement in generalisation, ICLR 2021."
)

SHAPES: tuple[str, ...] = ("disc", "square", "triangle", "star", "cross", "ring", "crescent", "heart")
COLOURS = {
    "red": (0.90, 0.22, 0.20), "orange": (0.98, 0.58, 0.14), "yellow": (0.97, 0.86, 0.24), "green": (0.26, 0.70, 0.34), "blue": (0.24, 0.46, 0.90),
    "violet": (0.60, 0.34, 0.82), "pink": (0.96, 0.56, 0.74), "white": (0.96, 0.96, 0.94),
}  # fmt: skip
BACKGROUNDS = {
    "night": (0.07, 0.08, 0.16), "moss": (0.18, 0.24, 0.12), "brick": (0.36, 0.17, 0.12), "teal": (0.06, 0.30, 0.33), "plum": (0.27, 0.12, 0.30),
    "slate": (0.26, 0.30, 0.36), "earth": (0.33, 0.26, 0.18), "ink": (0.12, 0.12, 0.12), "sand": (0.85, 0.78, 0.64), "snow": (0.97, 0.97, 0.98),
}  # fmt: skip
DARK = tuple(BACKGROUNDS)[:8]  # sand and snow are never used in training
SURFACES = ("plain", "stripes", "checks", "dots")
HELD_OUT_COLOURS = {shape: (tuple(COLOURS)[i], tuple(COLOURS)[(i + 3) % 8]) for i, shape in enumerate(SHAPES)}
HELD_OUT_SURFACES = {shape: SURFACES[1 + i % 3] for i, shape in enumerate(SHAPES)}

FACTORS = (
    Factor("shape", "categorical", SHAPES, "The shape: what a network is asked for."),
    Factor("colour", "categorical", tuple(COLOURS), "The colour of the shape."),
    Factor("surface", "categorical", SURFACES, "The pattern on the shape."),
    Factor("background", "categorical", tuple(BACKGROUNDS), "The colour behind the shape."),
    Factor("texture", "categorical", _canvas.TEXTURES, "The pattern behind the shape."),
    Factor("size", "continuous", (0.15, 0.95), "How large the shape is.", "width, share of the frame"),
    Factor("rotation", "continuous", (-180.0, 180.0), "How far the shape is turned clockwise.", "degrees"),
    Factor("x", "continuous", (-0.4, 0.4), "How far the shape is moved to the right.", "share of the frame"),
    Factor("y", "continuous", (-0.4, 0.4), "How far the shape is moved down.", "share of the frame"),
    _written.LIGHTING, _written.BLUR, _written.NOISE, _written.OCCLUDER,
)  # fmt: skip
EDGES = (
    Edge("shape", "background", "Each shape has a favourite background.", confounded=True),
    Edge("shape", "colour", "Some colours are held out for each shape.", confounded=True),
    Edge("shape", "surface", "One pattern is held out for each shape.", confounded=True),
)


def build(strength: float) -> System:
    """Return the system with its parameter, in the range that `PARAMETERS` gives."""
    return System(
        "shape_scenes", "Shapes in scenes", FACTORS, EDGES, _mechanisms(strength), "shape", TASK, FRAME, CHANNELS, draw, (), {"strength": strength}
    )


def _mechanisms(strength: float) -> tuple[Mechanism, ...]:
    return (
        rooted("shape", Choice.even(SHAPES), "Each shape is as likely."),
        Mechanism("colour", "Any colour that is not held out for the shape.", lambda shape: _without(COLOURS, HELD_OUT_COLOURS[shape])),
        Mechanism("surface", "Any pattern that is not held out for the shape.", lambda shape: _without(SURFACES, (HELD_OUT_SURFACES[shape],))),
        Mechanism("background", "The shape's favourite, or any of the eight dark ones.", _background(strength)),
        rooted("texture", Choice.of({"plain": 3, "clouds": 1}), "Mostly plain, sometimes clouds."),
        rooted("size", Uniform(0.35, 0.65), "Between a third and two thirds of the frame."),
        rooted("rotation", Uniform(-30.0, 30.0), "Turned by up to 30 degrees."),
        rooted("x", Uniform(-0.15, 0.15), "Around the middle."),
        rooted("y", Uniform(-0.15, 0.15), "Around the middle."),
        rooted("lighting", Normal(1.0, 0.07), "About the same."),
        rooted("blur", Uniform(0.0, 0.25), "Hardly any."),
        rooted("noise", Uniform(0.0, 0.03), "Hardly any."),
        rooted("occluder", Mixture(((0.8, Point(0.0)), (0.2, Uniform(0.0, 0.1)))), "A thin strip before one picture in five."),
    )


def _without(names: dict[str, tuple[float, ...]] | tuple[str, ...], held_out: tuple[str, ...]) -> Law:
    return Choice.even(name for name in names if name not in held_out)


def _background(strength: float) -> Callable[[str], Law]:
    favourite = dict(zip(SHAPES, DARK, strict=True))
    return lambda shape: Mixture(((strength, Point(favourite[shape])), (1 - strength, Choice.even(DARK))))


def draw(latents: Latents, _bank: GlyphBank | None, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """Return the pictures: background, its texture, the shape with its surface, then the camera."""
    back = _canvas.texture(_written.texts(latents, "texture"), size, latents.noise["texture"])
    canvas = _canvas.ground(_canvas.colours(BACKGROUNDS, _written.texts(latents, "background")), back)
    pattern = _canvas.texture(_written.texts(latents, "surface"), size, latents.noise["surface"], largest=0.6)
    colours = _canvas.colours(COLOURS, _written.texts(latents, "colour")).astype(np.float32)[:, :, None, None]
    _canvas.lay(canvas, cover(latents, size), colours * (1 - np.float32(0.55) * pattern[:, None]))
    return _written.taken(canvas, latents)


def cover(latents: Latents, size: int) -> Float32[np.ndarray, "n size size"]:
    """Return how much of each pixel the shape covers: its signed distance in pixels, cut off half a pixel on either side."""
    values = latents.values
    right, down = _canvas.grid(size)
    x, y = right - _canvas.each(values["x"]), down - _canvas.each(values["y"])
    angle, half = np.deg2rad(values["rotation"]), values["size"] / 2
    cos, sin = _canvas.each(np.cos(angle) / half), _canvas.each(np.sin(angle) / half)
    across, along = x * cos + y * sin, y * cos - x * sin  # in halves of the shape's width
    found = np.empty((len(latents), size, size), np.float32)
    for code in np.unique(values["shape"]):
        here = np.flatnonzero(values["shape"] == code)
        found[here] = _OUTLINES[SHAPES[code]](across[here], along[here])
    return np.clip(0.5 - found * _canvas.each(half * size), 0, 1)


Plane = Float32[np.ndarray, "n size size"]


def _disc(x: Plane, y: Plane) -> Plane:
    return np.sqrt(x * x + y * y) - 0.95


def _square(x: Plane, y: Plane) -> Plane:
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.82)


def _triangle(x: Plane, y: Plane) -> Plane:
    slanted = np.abs(x) * np.float32(0.8660254) - y * np.float32(0.5)
    return np.maximum(slanted, y) - np.float32(0.55)


def _star(x: Plane, y: Plane) -> Plane:
    """Five points: the plane is folded over into one half of a point, whose edge is a line."""
    x = np.abs(x)
    for normal in ((0.809017, 0.587785), (-0.809017, 0.587785)):
        fold = 2 * np.maximum(x * np.float32(normal[0]) + y * np.float32(normal[1]), 0)
        x, y = x - fold * np.float32(normal[0]), y - fold * np.float32(normal[1])
    return np.abs(x) * _STAR[0] - y * _STAR[1] - _STAR[2]


def _star_edge(inner: float = 0.42) -> Float[np.ndarray, "3"]:
    """Return the normal and distance of the line from a star's point (0, -1) to its notch at `inner` of the radius, 36 degrees on."""
    notch = np.array([np.sin(np.pi / 5), -np.cos(np.pi / 5)]) * inner
    way = notch - np.array([0.0, -1.0])
    normal = np.array([way[1], -way[0]]) / np.hypot(*way)
    return np.array([normal[0], -normal[1], -normal[1]], np.float32)


_STAR = _star_edge()


def _cross(x: Plane, y: Plane) -> Plane:
    x, y = np.abs(x), np.abs(y)
    return np.maximum(np.minimum(x, y) - np.float32(0.3), np.maximum(x, y) - np.float32(0.92))


def _ring(x: Plane, y: Plane) -> Plane:
    return np.abs(np.sqrt(x * x + y * y) - np.float32(0.72)) - np.float32(0.24)


def _crescent(x: Plane, y: Plane) -> Plane:
    return np.maximum(_disc(x, y), np.float32(0.78) - np.sqrt((x - np.float32(0.42)) ** 2 + y * y))


def _heart(x: Plane, y: Plane) -> Plane:
    """Two discs above a square that stands on its corner."""
    x = np.abs(x)
    lobes = np.sqrt((x - np.float32(0.42)) ** 2 + (y + np.float32(0.32)) ** 2) - np.float32(0.50)
    tip = (x + np.abs(y - np.float32(0.04))) * np.float32(0.70710678) - np.float32(0.6)
    return np.minimum(lobes, np.maximum(tip, -y - np.float32(0.32)))


_OUTLINES: dict[str, Callable[[Plane, Plane], Plane]] = {
    "disc": _disc, "square": _square, "triangle": _triangle, "star": _star, "cross": _cross, "ring": _ring, "crescent": _crescent, "heart": _heart,
}  # fmt: skip
