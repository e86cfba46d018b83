"""Image sets that are drawn: an intervention on a system, kept as a few lines of JSON, makes the same pictures each time.

Such a set lies among the brought ones, with a card like theirs. Its folder holds no pictures: they are drawn from the
seed when they are asked for, and compared with the card's digests. Each split has units of its own and takes its glyphs
from the same split of the digit sets: training glyphs are never tested on.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine import errors, hashing, registry, systems
from engine.datasets.images._images import Images, example_id

RECIPE = "intervention.json"
LARGEST = 100_000  # pictures a split
ROOM = "datasets/images"
SPLITS = ("train", "val", "test")
BINS = 4  # groups that a continuous factor is cut into
LONGEST_NAME = 100


@dataclass(frozen=True)
class Recipe:
    """All that a drawn set depends on: the system, what is done to it, the seed, and how many units of each split."""

    system: str
    interventions: str = ""
    conditions: str = ""
    seed: int = 0
    sizes: Mapping[str, int] = field(default_factory=lambda: {"test": 1000})
    parameters: Mapping[str, float] = field(default_factory=dict)
    version: int = 0  # of the system when the set was saved

    @property
    def name(self) -> str:
        """A name that says what was done and which parameters are not as usual, shortened where it is long."""
        defaults = systems.parameters(self.system, {})
        given = ",".join(f"{name}={value:g}" for name, value in sorted(self.parameters.items()) if value != defaults[name])
        acts = "; ".join(filter(None, (given, self.interventions, self.conditions)))
        name = f"{self.system}[{acts}]#{self.seed}"
        return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 20]}…#{hashing.of_parts(asdict(self))}"

    def loaded(self) -> systems.System:
        """Return the system with the recipe's parameters; raises UserError where they do not fit."""
        return systems.load(self.system, **self.parameters)


def tidied(recipe: Recipe) -> Recipe:
    """Return the recipe with its texts as they are printed, all of it checked.

    Raises:
        UserError: for anything that the system does not have, and for splits or sizes that cannot be drawn.
    """
    system = recipe.loaded()
    for split, size in recipe.sizes.items():
        if split not in SPLITS:
            raise errors.unknown("split", split, SPLITS)
        if not 1 <= size <= LARGEST:
            raise errors.UserError(f"A split of {size:,} pictures cannot be drawn.", f"Choose 1 to {LARGEST:,}.")
    if not recipe.sizes:
        raise errors.UserError("The set has no split.", f"Give a number of pictures for one of {', '.join(SPLITS)}.")
    acts = systems.text(systems.interventions(recipe.interventions, system))
    given = systems.text(systems.conditions(recipe.conditions, system))
    sizes = {split: recipe.sizes[split] for split in SPLITS if split in recipe.sizes}
    return Recipe(recipe.system, acts, given, recipe.seed, sizes, dict(system.parameters), systems.card(recipe.system).version)


def units(recipe: Recipe, split: str) -> systems.Latents:
    """Return the units of a split: all that varies between its pictures, in their order; raises UserError as `systems.sample` does."""
    system = recipe.loaded()
    seed = int(hashing.of_parts(recipe.seed, split), 16)
    acts, given = systems.interventions(recipe.interventions, system), systems.conditions(recipe.conditions, system)
    return systems.sample(system, recipe.sizes[split], seed, acts, given)


def draw(recipe: Recipe, split: str) -> Images:
    """Return a split's pictures; of equal ones the first stays.

    Groups are the factors that vary: a categorical one as it is, a continuous one cut into quarters of its domain.

    Raises:
        UserError: as `units` and `glyph_bank` do.
    """
    latents = units(recipe, split)
    pictures = systems.render(latents, glyph_bank(latents.system, split))
    ids = [example_id(picture) for picture in pictures]
    first = np.array(sorted({one: i for i, one in reversed(list(enumerate(ids)))}.values()), np.int64)
    kept = latents[first]
    return Images(
        pictures[first], kept.labels, latents.system.classes, tuple(ids[i] for i in first), _groups(kept),
        tuple(f"{recipe.system} unit {unit}" for unit in kept.units),
    )  # fmt: skip


def _groups(latents: systems.Latents) -> dict[str, tuple[str, ...]]:
    found = {}
    for factor in latents.system.factors:
        column = latents.named(factor.name) if factor.categorical else _quarters(factor, latents.values[factor.name])
        if factor.name not in {latents.system.target, "glyph"} and len(set(column)) > 1:
            found[factor.name] = tuple(map(str, column))
    return found


def _quarters(factor: systems.Factor, column: np.ndarray) -> list[str]:
    low, high = factor.limits
    edges = np.linspace(low, high, BINS + 1)
    place = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, BINS - 1)
    return [f"{edges[k]:g} to {edges[k + 1]:g}" for k in place]


def facts(recipe: Recipe) -> dict[str, Any]:
    """Return what a set's card says of its pictures, after drawing them once."""
    splits = {split: draw(recipe, split) for split in recipe.sizes}
    left_out = {split: recipe.sizes[split] - len(images) for split, images in splits.items()}
    system, about = recipe.loaded(), systems.card(recipe.system)
    return {
        "task": about.task, "classes": list(system.classes), "frame": about.frame, "channels": about.channels,
        "sizes": {split: len(images) for split, images in splits.items()},
        "digests": {split: images.digest for split, images in splits.items()},
        "groups": sorted({group for images in splits.values() for group in images.groups}),
        "licence": _licence(system), "citation": about.citation,
        "source": f"drawn by this program from the system {recipe.system} (version {about.version}), seed {recipe.seed}",
        "preparation": _said(recipe), "skipped": [f"{n} of {split} equal to another picture" for split, n in left_out.items() if n],
    }  # fmt: skip


def _licence(system: systems.System) -> str:
    said = {name: registry.card(ROOM, name).constants["LICENCE"] for name in system.sources}
    return "; ".join(f"{name}: {licence}" for name, licence in said.items()) or "drawn by this program; no terms"


def _said(recipe: Recipe) -> str:
    acts = recipe.interventions or "nothing"
    given = f", looking only at units with {recipe.conditions}" if recipe.conditions else ""
    with_ = ", ".join(f"{name} {value:g}" for name, value in recipe.parameters.items())
    glyphs = " Glyphs come from the same split of the digit sets." if recipe.loaded().sources else ""
    grey = " Grey networks see the luma of the picture (ITU-R 601)."
    return f"Done to the system{f' ({with_})' if with_ else ''}: {acts}{given}.{glyphs}{grey}"


def read(file: Path) -> Recipe:
    """Return the recipe in a file; raises UserError where it cannot be read."""
    try:
        return Recipe(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as problem:
        raise errors.UserError(
            f"{file} cannot be read as an intervention: {problem}.", "Remove the set and save the intervention again."
        ) from problem


def load(folder: Path, name: str, split: str, digest: str) -> Images:
    """Return a split of a saved intervention, drawn anew.

    Raises:
        UserError: where the pictures are no longer those that were saved, since the system has changed.
    """
    recipe = read(folder / RECIPE)
    made = draw(recipe, split)
    if made.digest != digest:
        now = systems.card(recipe.system).version
        raise errors.UserError(
            f"The set “{name}” was saved from {recipe.system} version {recipe.version}; version {now} on this machine draws other pictures.",
            "Remove it and save the intervention again: answers to other pictures cannot be compared.",
        )
    return made


def glyph_bank(system: systems.System, split: str = "test") -> systems.GlyphBank | None:
    """Return the real digits that a system draws, of one split of the digit sets; None for a system that draws none.

    Raises:
        UserError: for an unknown split or a set that cannot be used here.
    """
    if split not in SPLITS:
        raise errors.unknown("split", split, SPLITS)
    return _bank(split, system.sources) if system.sources else None


@functools.lru_cache(maxsize=8)
def _bank(split: str, sources: tuple[str, ...]) -> systems.GlyphBank:
    from engine.datasets import images  # late, for the room imports this file; its splits are kept

    parts = [images.load(name, split) for name in sources]
    pictures = np.concatenate([np.asarray(part.images)[..., 0] for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    return systems.GlyphBank(split, pictures, labels, sources, np.repeat(np.arange(len(parts)), [len(part) for part in parts]))
