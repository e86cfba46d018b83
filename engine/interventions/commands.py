"""Interventions on the command line: draw units of a system, act on it, look at them, keep them as a set."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from engine import errors, systems
from engine.datasets import images

COLUMNS = 8  # of a contact sheet
SMALLEST = 84  # pixels: smaller pictures are enlarged by whole steps, so that one can see them
MOST = 10_000  # units that are shown; larger sets are kept with --save


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `intervene` to the command line."""
    made = command(
        commands,
        "intervene",
        lambda arguments: _intervene(arguments, show, tell),
        "Sample from a system under interventions; look at it, or keep it.",
    )
    made.add_argument("system", help="which system (python -m engine list systems)")
    made.add_argument("--do", default="", metavar="ACTS", help='such as "do(ink=red); do(size~uniform(0.5,1)); cut(class->ink)"')
    made.add_argument("--given", default="", metavar="CONDITIONS", help='only units that happen to be so: "given(ink=red|blue); given(size=0.9..1)"')
    made.add_argument("--parameter", action="append", default=[], metavar="NAME=NUMBER", help="such as strength=0.5 (may be repeated)")
    made.add_argument("--n", type=int, default=16, help="how many units; with --save, how many to test on")
    made.add_argument("--seed", type=int, default=0, help="names the units: the same seed draws the same ones")
    made.add_argument("--of", metavar="FACTOR", help="how likely each value of this factor is, instead of units")
    made.add_argument("--out", type=Path, metavar="FOLDER", help="write sheet.png and units.json there")
    made.add_argument("--size", type=int, help="side of the pictures in pixels; the system's own by default")
    made.add_argument("--save", nargs="?", const="", metavar="NAME", help="keep it as a data set of the assay, called NAME or what it is")
    made.add_argument("--train", type=int, default=0, help="with --save: so many to train on, from training glyphs")
    made.add_argument("--val", type=int, default=0, help="with --save: so many to validate on, from validation glyphs")


def _intervene(asked: argparse.Namespace, show: Callable, tell: Callable) -> None:
    system = systems.load(asked.system, **_parameters(asked.parameter))
    acts, given = systems.interventions(asked.do, system), systems.conditions(asked.given, system)
    if asked.of:
        show(asked, _likely(systems.probabilities(system, asked.of, acts, given, seed=asked.seed)))
    elif asked.save is not None:
        tell(asked, _kept(asked))
    else:
        if asked.n > MOST:
            raise errors.UserError(f"{asked.n:,} units are too many to show.", f"Ask for up to {MOST:,}, or keep them as a set with --save.")
        latents = systems.sample(system, asked.n, asked.seed, acts, given)
        show(asked, pd.DataFrame(systems.told(latents)))
        if asked.out:
            _write(asked.out, latents, systems.render(latents, images.glyph_bank(system), asked.size))


def _parameters(written: list[str]) -> dict[str, float]:
    try:
        return {name: float(number) for name, _, number in (one.partition("=") for one in written)}
    except ValueError as problem:
        raise errors.UserError(f"A parameter cannot be read: {problem}.", "Write --parameter strength=0.5.") from problem


def _likely(found: systems.Probabilities) -> pd.DataFrame:
    return pd.DataFrame({"value": found.names, "probability": found.probability, "low": found.low, "high": found.high, "exact": found.exact})


def _kept(asked: argparse.Namespace) -> dict[str, Any]:
    sizes = {split: n for split, n in (("train", asked.train), ("val", asked.val), ("test", asked.n)) if n}
    recipe = images.Recipe(asked.system, asked.do, asked.given, asked.seed, sizes, _parameters(asked.parameter))
    card = images.keep(recipe, asked.save)
    return {name: card[name] for name in ("name", "task", "sizes", "digests", "groups", "preparation", "skipped")}


def _write(folder: Path, latents: systems.Latents, pictures: np.ndarray) -> None:
    """Write a contact sheet and the units, each beside the other."""
    times = max(1, SMALLEST // pictures.shape[1])
    sheet = systems.sheet(pictures.repeat(times, axis=1).repeat(times, axis=2), COLUMNS)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet if sheet.shape[2] == 3 else sheet[:, :, 0]).save(folder / "sheet.png")
        (folder / "units.json").write_text(json.dumps(systems.told(latents), indent=1))
    except OSError as problem:
        raise errors.UserError(f"{folder} cannot be written: {problem}.", "Choose another folder.") from problem
