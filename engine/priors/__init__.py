"""Priors over module graphs: which links a graph is expected to have. NumPy only.

A file here is one prior. Its docstring is its card (a title line, then text); it offers `VERSION`, `CITATION` and
`graphon(modules, seed) -> Float[u u]`: the probability of each link, symmetric, its diagonal without meaning. All are scaled so that
about a fifth of the links are expected (`DENSITY`), so that what differs between them is where the links are.
"""

import numpy as np
from jaxtyping import Float

from engine import errors, registry

ROOM = "priors"
DENSITY = 0.2  # mean link probability that each prior asks for
MODULES = (4, 2048)


def names() -> tuple[str, ...]:
    """Return all priors, sorted."""
    return registry.names(ROOM)


def graphon(name: str, modules: int, seed: int = 0) -> Float[np.ndarray, "u u"]:
    """Return a prior's link probabilities, diagonal 0.

    Raises:
        UserError: for an unknown prior, or a number of modules it is not made for.
    """
    if name not in names():
        raise errors.unknown("prior", name, names())
    if not MODULES[0] <= modules <= MODULES[1]:
        raise errors.UserError(f"A prior cannot be made for {modules} modules.", f"Choose {MODULES[0]} to {MODULES[1]}.")
    found = np.array(registry.load(ROOM, name).graphon(modules, seed), np.float64)
    np.fill_diagonal(found, 0)
    return found
