"""What the block priors share: modules in about equal groups."""

import numpy as np
from jaxtyping import Float, Int

INSIDE, OUTSIDE = 0.9, 0.05  # link probabilities within and between groups (released NAC configurations)


def groups(modules: int) -> Int[np.ndarray, " u"]:
    """Return the group of each module: two below 16 modules, four below 64, eight from there on."""
    number = 8 if modules >= 64 else 4 if modules >= 16 else 2
    return np.sort(np.arange(modules) % number)


def planted(modules: int) -> Float[np.ndarray, "u u"]:
    """Return 0.9 within groups and 0.05 between them."""
    mine = groups(modules)
    return np.where(mine[:, None] == mine[None], INSIDE, OUTSIDE)
