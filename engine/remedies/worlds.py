"""The worlds that networks are compared in, unit by unit: as in training, and three interventions on what goes with the class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from engine import hashing, systems
from engine.training import methods
from engine.training.methods import Confounder

AS_TRAINED, CUT, OTHER, OUTSIDE = "as_trained", "cut", "other", "outside"
SPLIT = "test"


@dataclass(frozen=True)
class World:
    """One world: its name in rows and links, what people call it, and what is done, as interventions are written."""

    name: str
    title: str
    text: str


def worlds(system: str) -> tuple[World, ...]:
    """Return the worlds of a system, as in training first; raises UserError as `methods.confounder` does."""
    found = methods.confounder(system)
    changed = f"{found.factor} of another {found.target}"
    every = [
        World(AS_TRAINED, "As in training", ""),
        World(CUT, f"{found.factor} no longer follows {found.target}", found.cut.text()),
        World(OTHER, changed, f"do({found.factor}={changed})"),
    ]
    if act := outside(system):
        every.append(World(OUTSIDE, f"{act.factor} never seen in training", act.text()))
    return tuple(every)


def outside(system: str) -> systems.DoDistribution | None:
    """Return the intervention that sets a confounded factor to values that training never shows, each as likely; None where there is none."""
    loaded = systems.load(system)
    tied = dict.fromkeys(edge.target for edge in loaded.edges if edge.confounded and edge.target != loaded.target)
    for factor in (loaded.factor(name) for name in tied):
        known = systems.support(loaded, factor.name)
        strange = [str(value) for value in factor.domain if factor.categorical and not known.holds(str(value))]
        if strange:
            return systems.DoDistribution(factor.name, systems.Choice.even(strange))
    return None


def units(system: str, strength: float, n: int, seed: int) -> systems.Latents:
    """Return test units at a strength: those of the drawn set of the same seed."""
    return systems.sample(systems.load(system, strength=strength), n, int(hashing.of_parts(seed, SPLIT), 16))


def pictures(world: World, latents: systems.Latents, bank: systems.GlyphBank | None) -> UInt8[np.ndarray, "n size size c"]:
    """Return a picture of each unit in a world; what the intervention does not reach stays as it was."""
    name = latents.system.name
    if world.name == OTHER:
        return _in_others(latents, methods.confounder(name), bank)
    acts = systems.interventions(world.text, latents.system)
    return systems.render(systems.counterfactual(latents, acts) if acts else latents, bank)


def _in_others(latents: systems.Latents, found: Confounder, bank: systems.GlyphBank | None) -> UInt8[np.ndarray, "n size size c"]:
    chosen = others(latents, found)
    made = np.empty((len(latents), *(latents.system.frame,) * 2, latents.system.channels), np.uint8)
    for code in np.unique(chosen):
        here = np.flatnonzero(chosen == code)
        act = systems.Do(found.factor, latents.system.factor(found.factor).domain[code])
        made[here] = systems.render(systems.counterfactual(latents[here], (act,)), bank)
    return made


def others(latents: systems.Latents, found: Confounder) -> Int[np.ndarray, " n"]:
    """Return for each unit the code of another class's own value, any as likely but the one that the unit has already.

    So every unit's value changes, and none ends up with the value of its own class.
    """
    factor = latents.system.factor(found.factor)
    own = np.array([factor.code(value) for value in found.own])
    rng = np.random.default_rng(int(hashing.of_parts(latents.seed, found.factor, "of another class"), 16))
    noise = rng.random((len(latents), len(own)))
    noise[np.arange(len(latents)), latents.labels] = -1
    noise[own[None, :] == latents.values[found.factor][:, None]] = -1
    return own[noise.argmax(axis=1)]
