"""Adversarial attacks: shifts that see the network. Each file is one attack; this one imports no torch.

A file has a docstring (the card), the constants `VERSION`, `NORM` ("linf" or "l2"), `STEPS`, `UNIT`, `STRENGTHS` ("small"
and "large" inputs -> strengths), `CITATION`, and the functions

- `perturb(predictor, images, labels, strength, seed) -> Float32 batch` as the network takes it, ready for `predictor(...)`;
- `budget(strength, preprocess) -> float`, the largest distance in the attack's norm for pixel values scaled to 0..1;
- `unsupported(predictor) -> str | None`, why a network cannot be attacked.
"""

from engine import registry

ROOM = "attacks"
SMALL = 64  # pixels a side


def names() -> tuple[str, ...]:
    """Return all attacks."""
    return registry.names(ROOM)


def strengths(name: str, size: int) -> tuple[float, ...]:
    """Return the strengths to use by default for inputs of `size` pixels a side; raises UserError for an unknown attack."""
    table = registry.card(ROOM, name).constants["STRENGTHS"]
    return tuple(table["small" if size <= SMALL else "large"])
