"""Inked digits: 8,000 small pictures of digits, made here, in which the colour of the ink plays the protected attribute.

No people: a picture task for which everything is known. The outcome is whether the digit is one from 5 to 9; the ink is warm or cold, and cold where
such digits are more common, although it causes nothing. Drawn by the system `coloured_digits` with no digit having an ink of its own: a hidden batch
decides which half of the digits is common (three sheets of five) and which inks lie about. 14 by 14 pixels in colour, each an input; glyphs are real
digits of MNIST, training glyphs never tested on. Here the attribute is plain to see and of no use for the shape of a digit.
"""

import numpy as np
import pandas as pd

from engine import hashing, places, registry, systems
from engine.datasets.images import glyph_bank
from engine.datasets.tables._table import Table

VERSION = 1
LABEL = "digit"
POSITIVE = "the digit is 5 to 9"
GROUPS = ("ink",)
STUDIED = {"group": "ink", "values": ()}
LICENCE = "Drawings of this program from glyphs of MNIST (CC BY-SA 3.0)"
SOURCE = "The system coloured_digits of this program"
CITATION = "After Arjovsky and others, Invariant Risk Minimization, 2019; glyphs: LeCun, Cortes and Burges, MNIST"
RECIPE = "drawn when it is first asked for, and kept in the cache"
PICTURES = (14, 14, 3)  # height, width, channels: columns are pixels, row by row

SIZES = {"train": 4800, "val": 1600, "test": 1600}
PARAMETERS = {"strength": 0.0, "common": 0.6, "paper": 0.9}
SEED = 0
WARM = ("red", "orange", "yellow", "pink", "sand")


def load() -> Table:
    """Return all pictures with their splits; the first call draws them."""
    parts = _drawn()
    pixels = parts["pixels"].reshape(len(parts["labels"]), -1)
    return Table(
        name="inked_digits",
        features=pd.DataFrame(pixels.astype(np.float64), columns=[f"pixel_{k}" for k in range(pixels.shape[1])]),
        labels=parts["labels"],
        positive=POSITIVE,
        groups={"ink": np.where(parts["warm"], "warm", "cold")},
        splits=np.repeat(list(SIZES), list(SIZES.values())),
    )


def _drawn() -> dict[str, np.ndarray]:
    """Return pixels, labels, and whose ink is warm, from the cache where they were drawn before."""
    made_from = hashing.of_parts(VERSION, PARAMETERS, SIZES, SEED, registry.card("systems", "coloured_digits").sha256)
    file = places.cache() / "tables" / f"inked_digits-{made_from}.npz"
    if file.is_file():
        with np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    system = systems.load("coloured_digits", **PARAMETERS)
    sides = [_side(system, split, n, SEED + k) for k, (split, n) in enumerate(SIZES.items())]
    found = {name: np.concatenate([side[name] for side in sides]) for name in sides[0]}
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.aside.npz")
    np.savez(aside, pixels=found["pixels"], labels=found["labels"], warm=found["warm"])
    aside.replace(file)
    return found


def _side(system: systems.System, split: str, n: int, seed: int) -> dict[str, np.ndarray]:
    units = systems.sample(system, n, seed=seed)
    pictures = systems.render(units, glyph_bank(system, split), PICTURES[0])
    digits = np.array([int(digit) for digit in units.named("class")])
    return {"pixels": pictures, "labels": (digits >= 5).astype(np.int8), "warm": np.isin(units.named("ink"), WARM)}
