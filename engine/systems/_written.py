"""What systems of digits share: factors of place, stroke and camera, and the way from ink to picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from engine.systems import _canvas, _glyphs
from engine.systems._glyphs import GlyphBank
from engine.systems._laws import Law
from engine.systems._units import Latents
from engine.systems._vocabulary import Factor, Mechanism

DIGITS = tuple("0123456789")
SOURCES = ("mnist", "optdigits", "mfeat", "printed")

CLASS = Factor("class", "categorical", DIGITS, "The digit that is written: what a network is asked for.")
SOURCE = Factor("source", "categorical", SOURCES, "Which digit set the glyph comes from: three of handwriting, one of type.")
GLYPH = Factor("glyph", "continuous", (0.0, 1.0), "Which real glyph of that set and class is taken.", "share of the glyphs that come before it")
SIZE = Factor("size", "continuous", (0.3, 1.6), "How large the digit is.", "times its size in the digit sets")
ROTATION = Factor("rotation", "continuous", (-180.0, 180.0), "How far the digit is turned clockwise.", "degrees")
X = Factor("x", "continuous", (-0.4, 0.4), "How far the digit is moved to the right.", "share of the frame")
Y = Factor("y", "continuous", (-0.4, 0.4), "How far the digit is moved down.", "share of the frame")
STROKE = Factor("stroke", "continuous", (-1.0, 3.0), "How much wider its strokes are; below 0 thinner.", "pixels of a frame of 28")
LIGHTING = Factor("lighting", "continuous", (0.1, 2.0), "How bright the light is.", "times the light of the digit sets")
BLUR = Factor("blur", "continuous", (0.0, 3.0), "How far the picture is out of focus.", "pixels of a frame of 28, standard deviation")
NOISE = Factor("noise", "continuous", (0.0, 0.5), "How strong the camera's noise is.", "share of white, standard deviation")
OCCLUDER = Factor("occluder", "continuous", (0.0, 0.6), "How wide a grey strip runs before the picture.", "share of the frame")
TEXTURE = Factor("texture", "categorical", _canvas.TEXTURES, "The pattern of the background.")


def rooted(factor: str, law: Law, sentence: str) -> Mechanism:
    """Return the mechanism of a factor without causes."""
    return Mechanism(factor, sentence, lambda: law)


def cover(latents: Latents, bank: GlyphBank, size: int) -> Float[np.ndarray, "n size size"]:
    """Return how much of each pixel is ink, by the factors source, class, glyph, size, rotation, x, y and stroke."""
    values = latents.values
    places = bank.places([str(source) for source in latents.named("source")], values["class"], values["glyph"])
    return _glyphs.ink(
        bank.pictures[places], size, scale=values["size"], degrees=values["rotation"], right=values["x"], down=values["y"], stroke=values["stroke"]
    )


def taken(canvas: _canvas.Canvas, latents: Latents, uneven: Float[np.ndarray, " n"] | float = 0.0) -> UInt8[np.ndarray, "n size size channels"]:
    """Return the pictures as a camera takes them: behind a strip, in some light, blurred, noisy; bytes."""
    values, noise = latents.values, latents.noise
    if (values["occluder"] > 0).any():
        _canvas.lay(canvas, _canvas.strip(values["occluder"], canvas.shape[-1], noise["occluder"]), _canvas.GREY * np.ones((len(latents), 1)))
    _canvas.light(canvas, values["lighting"], np.broadcast_to(uneven, (len(latents),)), noise["lighting"])
    _canvas.blur(canvas, values["blur"])
    _canvas.grain(canvas, values["noise"], latents.seed, latents.units)
    return _canvas.to_bytes(canvas)


def texts(latents: Latents, factor: str) -> Sequence[str]:
    """Return the names of a categorical factor's values."""
    return [str(name) for name in latents.named(factor)]
