"""Pictures of worlds, drawn for the routes while a hand moves: units under interventions, as they would have been, and along a factor.

An answer is told in one piece, so that words and pictures belong together: four bytes with the length of some JSON, that JSON, then PNGs one after
the other, whose lengths it says. In each PNG the pictures stand below each other.
"""

import functools
import io
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from engine import errors, systems
from engine.datasets import images
from engine.interventions import sentences, sight

MOST_UNITS = 64
MOST_VALUES = 24
SIZES = (16, 256)  # pixels of a picture's side
WARMED = "coloured_digits"  # its glyphs are those of all systems of digits
_loading = threading.Lock()


@dataclass(frozen=True)
class Asked:
    """What one move of the hand asks for; raises UserError where it asks for too much."""

    system: str
    parameters: tuple[tuple[str, float], ...] = ()
    do: str = ""
    given: str = ""
    seed: int = 0
    n: int = 24
    start: int = 0  # number of the first unit
    size: int | None = None  # pixels; the system's own by default
    before: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MOST_UNITS:
            raise errors.UserError(f"{self.n} units cannot be drawn at once.", f"Ask for 1 to {MOST_UNITS}.")
        if self.size is not None and not SIZES[0] <= self.size <= SIZES[1]:
            raise errors.UserError(f"A picture cannot be {self.size} pixels wide here.", f"Choose {SIZES[0]} to {SIZES[1]}.")
        if not 0 <= self.seed < 2**31 or not 0 <= self.start < 2**31:
            raise errors.UserError("Seed and first unit are whole numbers from 0 on.", "Reload the page that shows the pictures.")

    def loaded(self) -> systems.System:
        """Return the system; raises UserError as `systems.load` does."""
        return systems.load(self.system, **dict(self.parameters))

    def looked(self) -> sight.Sight:
        """Return the units, now and before; raises UserError for what the system does not have."""
        system = self.loaded()
        acts, given = systems.interventions(self.do, system), systems.conditions(self.given, system)
        return sight.look(system, self.n, self.seed, acts, given, start=self.start)


def units(asked: Asked) -> bytes:
    """Return what a move shows: pictures of the units, how every factor is spread, what is done in words.

    Raises:
        UserError: for what the system does not have, or a condition that too few units meet.
    """
    seen = asked.looked()
    system, acts = seen.now.system, seen.now.interventions
    given = systems.conditions(asked.given, system)
    now, before = _drawn(seen.now, asked.size), _before(system, asked.seed, tuple(seen.now.units.tolist()), asked.size)
    changed = {name: moved for name, moved in seen.changed().items() if moved.any()}
    told = {
        "do": systems.text(acts),
        "given": systems.text(given),
        "said": [{"text": act.text(), "words": sentences.of_act(act), "outside": sentences.outside(system, act)} for act in acts],
        "units": seen.now.units.tolist(),
        "values": {factor.name: _short(seen.now.named(factor.name)) for factor in system.factors},
        "before": {name: _short(seen.before.named(name)) for name in changed},
        "moved": (now != before).any(axis=(1, 2, 3)).tolist(),
        "now": {name: _short(shares) for name, shares in sight.spreads(system, acts, given, asked.seed).items()},
        "usual": _usual(system, asked.seed),
    }
    return _packed(told, [now, before] if asked.before else [now])


def along(asked: Asked, factor: str, count: int) -> bytes:
    """Return one unit at each value of a factor, or at `count` numbers from the lowest to the highest, everything else done as asked.

    Raises:
        UserError: for what the system does not have.
    """
    if not 2 <= count <= MOST_VALUES:
        raise errors.UserError(f"{count} values cannot be drawn at once.", f"Ask for 2 to {MOST_VALUES}.")
    seen = replace(asked, n=1).looked()
    about = seen.now.system.factor(factor)
    values = about.domain[:MOST_VALUES] if about.categorical else np.linspace(*about.limits, count).tolist()
    others = [act for act in seen.now.interventions if isinstance(act, systems.Cut) or act.factor != factor]
    worlds = [systems.counterfactual(seen.now, (*others, systems.Do(factor, value))) for value in values]
    pictures = np.concatenate([_drawn(world, asked.size) for world in worlds])
    return _packed({"factor": factor, "values": values, "unit": int(seen.now.units[0])}, [pictures])


def sheet(asked: Asked, columns: int) -> bytes:
    """Return the units as one PNG, side by side and below each other; raises UserError as `units` does."""
    if not 1 <= columns <= MOST_UNITS:
        raise errors.UserError(f"A sheet cannot have {columns} columns.", f"Choose 1 to {MOST_UNITS}.")
    return _png(systems.sheet(_drawn(asked.looked().now, asked.size), columns))


def warm() -> None:
    """Load the glyphs, so that the first move does not wait for them; where they cannot be read, the page that needs them says why."""
    try:
        bank(systems.load(WARMED))
    except errors.UserError:
        return


def bank(system: systems.System) -> systems.GlyphBank | None:
    """Return the glyphs of a system, loaded once however many ask at the same time; raises UserError where a set cannot be used."""
    with _loading:
        return images.glyph_bank(system)


def _drawn(latents: systems.Latents, size: int | None) -> UInt8[np.ndarray, "n size size c"]:
    return systems.render(latents, bank(latents.system), size)


@functools.lru_cache(maxsize=16)
def _before(system: systems.System, seed: int, numbers: tuple[int, ...], size: int | None) -> UInt8[np.ndarray, "n size size c"]:
    """Return the untouched pictures of some units, which stay the same while the hand moves."""
    first = min(numbers)
    drawn = systems.sample(system, max(numbers) - first + 1, seed, start=first)
    return _drawn(drawn[np.array(numbers) - first], size)


@functools.lru_cache(maxsize=64)
def _usual(system: systems.System, seed: int) -> dict[str, list[float]]:
    return {name: _short(shares) for name, shares in sight.spreads(system, seed=seed).items()}


def _short(values: Sequence[Any]) -> list[Any]:
    return [float(f"{value:.4g}") if isinstance(value, float) else value for value in values]


def _packed(told: dict[str, Any], pictures: Sequence[UInt8[np.ndarray, "n size size c"]]) -> bytes:
    files = [_png(one.reshape(-1, *one.shape[2:])) for one in pictures]
    words = json.dumps(told | {"side": pictures[0].shape[1], "lengths": [len(file) for file in files]}).encode()
    return b"".join([len(words).to_bytes(4, "big"), words, *files])


def _png(picture: UInt8[np.ndarray, "h w c"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture if picture.shape[2] == 3 else picture[..., 0]).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
