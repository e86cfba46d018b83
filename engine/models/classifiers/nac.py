"""Neural attentive circuit.

Modules read an image, pass messages along a learned sparse graph, and answer together; see `engine/models/circuits/nac.py`.
"""

from typing import Any

from engine.models.circuits import nac

VERSION = 1
CITATION = "N. Rahaman, M. Weiss, F. Locatello, C. Pal, Y. Bengio, B. Schölkopf, L. E. Li, N. Ballas. Neural Attentive Circuits. NeurIPS 2022."


def build(classes: int, channels: int, size: int, **options: Any) -> nac.Network:
    """Return a circuit as a classifier; options and errors are those of `engine.models.circuits.nac.build`."""
    return nac.build(classes, channels, size, **options)
