"""Systems: causal models of images, to sample from, to act on, and to draw pictures of. NumPy, SciPy and OpenCV only; no torch.

A file here (or in `TOUCHSTONE_HOME/extensions/systems`) is one system. Its docstring is the card (a title line, then text); its
constants are `VERSION` (raised when an image changes), `TASK` (sets of one task share classes), `FRAME` (side of its
pictures in pixels), `CHANNELS`, `PARAMETERS` (name -> default, lowest, highest, what it is), `CITATION`. It offers
`build(**parameters) -> System`: factors, edges, mechanisms, and the function that draws units.

A unit is a draw of everything that varies. Its noise, one stream a factor, depends on seed and unit number alone; its
values follow from the noise by the mechanisms. To intervene is to replace mechanisms and keep the noise, so that two
worlds are compared unit by unit and differ only where the changed factor reaches. Glyphs are handed in as a `GlyphBank`.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from engine import errors, registry
from engine.systems._acts import Condition, Cut, Do, DoDistribution, Intervention, check, conditions, interventions, text
from engine.systems._canvas import sheet
from engine.systems._facts import Probabilities, SeeingAndDoing, Support, held_out, probabilities, seeing_and_doing, support
from engine.systems._glyphs import GlyphBank
from engine.systems._laws import Choice, Law, Mixture, Normal, Point, Uniform
from engine.systems._units import Latents, counterfactual, meets, sample
from engine.systems._vocabulary import Edge, Factor, Mechanism, System

__all__ = [
    "ROOM", "Card", "Choice", "Condition", "Cut", "Do", "DoDistribution", "Edge", "Factor", "GlyphBank", "Intervention", "Latents", "Law",
    "Mechanism", "Mixture", "Normal", "Parameter", "Point", "Probabilities", "SeeingAndDoing", "Support", "System", "Uniform", "card",
    "check", "conditions", "counterfactual", "held_out", "interventions", "load", "meets", "names", "parameters", "probabilities", "problem",
    "render", "sample", "seeing_and_doing", "sheet", "support", "text", "told",
]  # fmt: skip

ROOM = "systems"
CONSTANTS = ("VERSION", "TASK", "FRAME", "CHANNELS", "PARAMETERS", "CITATION")
AT_ONCE = 64  # pictures: what they need stays in the processor's cache
SIZES = (8, 512)  # pixels, lowest and highest side of a picture


@dataclass(frozen=True)
class Parameter:
    """A number that a system can be built with."""

    default: float
    low: float
    high: float
    description: str


@dataclass(frozen=True)
class Card:
    """What one system says of itself."""

    name: str
    title: str
    text: str
    version: int
    task: str
    frame: int
    channels: int
    parameters: Mapping[str, Parameter]
    citation: str


def names() -> tuple[str, ...]:
    """Return the names of all systems, sorted."""
    return registry.names(ROOM)


def card(name: str) -> Card:
    """Return a system's card, read without importing it.

    Raises:
        UserError: for an unknown name, or a file that lacks one of the constants or writes it wrongly.
    """
    return _card(name, _entry(name).sha256)


@functools.lru_cache(maxsize=64)
def _card(name: str, _source: str) -> Card:
    entry = _entry(name)
    said = entry.constants
    if lacking := [constant for constant in CONSTANTS if constant not in said]:
        raise errors.UserError(f"The system file {name}.py lacks {', '.join(lacking)}.", "Write each as a literal at the top of the file.")
    try:
        told = {one: Parameter(float(row[0]), float(row[1]), float(row[2]), row[3]) for one, row in said["PARAMETERS"].items()}
    except (TypeError, ValueError, IndexError, AttributeError) as problem:
        raise errors.UserError(
            f"The system file {name}.py has PARAMETERS that cannot be read.", 'Write {"name": (default, lowest, highest, "what it is"), …}.'
        ) from problem
    return Card(name, entry.title.rstrip("."), entry.text, said["VERSION"], said["TASK"], said["FRAME"], said["CHANNELS"], told, said["CITATION"])


def _entry(name: str) -> registry.Card:
    try:
        return registry.card(ROOM, name)
    except SyntaxError as problem:
        raise errors.UserError(
            f"The system file {name}.py cannot be read: {problem.msg} in line {problem.lineno}.", "Correct that line."
        ) from problem


def problem(name: str) -> str | None:
    """Return why a system cannot be used, None where it can: one file that is wrong must not hide the others."""
    try:
        load(name)
    except errors.UserError as said:
        return str(said)
    return None


def parameters(name: str, given: Mapping[str, float]) -> dict[str, float]:
    """Return all parameters of a system, those that are given and the others' defaults.

    Raises:
        UserError: for an unknown parameter or one outside its range.
    """
    known = card(name).parameters
    for one, value in given.items():
        if one not in known:
            raise errors.unknown(f"parameter of {name}", one, known)
        if not known[one].low <= value <= known[one].high:
            raise errors.UserError(
                f"“{one}” cannot be {value:g} in {name}.",
                f"Choose a number from {known[one].low:g} to {known[one].high:g}: {known[one].description}.",
            )
    return {one: float(given.get(one, about.default)) for one, about in known.items()}


def load(name: str, **given: float) -> System:
    """Return a system with parameters, the others at their defaults.

    Raises:
        UserError: for an unknown system or parameter, a parameter outside its range, or a file that describes no system.
    """
    return _load(name, _entry(name).sha256, tuple(parameters(name, given).items()))


@functools.lru_cache(maxsize=64)
def _load(name: str, _source: str, given: tuple[tuple[str, float], ...]) -> System:
    try:
        made = registry.load(ROOM, name).build(**dict(given))
    except (ImportError, NameError, AttributeError, TypeError, ValueError, LookupError, ArithmeticError) as problem:
        raise errors.UserError(
            f"The system file {name}.py cannot be run ({type(problem).__name__}: {problem}).", "Let it offer build(**parameters) -> System."
        ) from problem
    if not isinstance(made, System):
        raise errors.UserError(f"The system file {name}.py builds {type(made).__name__}.", "Let `build` return a System.")
    if made.name != name:
        raise errors.UserError(f"The system file {name}.py calls its system “{made.name}”.", f"Call it “{name}”, as the file is called.")
    return made


def render(latents: Latents, glyph_bank: GlyphBank | None = None, size: int | None = None) -> UInt8[np.ndarray, "n size size c"]:
    """Return a picture of each unit, `size` pixels square (the system's own frame by default).

    Args:
        latents: Units of a system.
        glyph_bank: Real glyphs; systems without `sources` need none.
        size: Side in pixels, 8 to 512.

    Raises:
        UserError: for a size out of range, or a system whose glyphs are not there.
    """
    system = latents.system
    size = system.frame if size is None else size
    if not SIZES[0] <= size <= SIZES[1]:
        raise errors.UserError(f"A picture cannot be {size} pixels wide.", f"Choose {SIZES[0]} to {SIZES[1]}.")
    if system.sources and glyph_bank is None:
        raise errors.UserError(f"“{system.name}” draws real digits and has no glyphs.", "Hand in a glyph bank.")
    pictures = np.empty((len(latents), size, size, system.channels), np.uint8)
    for start in range(0, len(latents), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        pictures[some] = system.draw(latents[some], glyph_bank, size)
    return pictures


def told(latents: Latents) -> list[dict[str, str | float]]:
    """Return each unit as people read it: its number and the value of every factor."""
    columns = {factor.name: latents.named(factor.name) for factor in latents.system.factors}
    return [{"unit": int(unit)} | {name: column[i] for name, column in columns.items()} for i, unit in enumerate(latents.units)]
