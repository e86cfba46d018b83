"""Neural interpreter.

Tokens are routed to functions step by step; see `engine/models/circuits/neural_interpreter.py`.
"""

from typing import Any

from engine.models.circuits import neural_interpreter

VERSION = 1
CITATION = (
    "N. Rahaman, M. W. Gondal, S. Joshi, P. Gehler, Y. Bengio, F. Locatello, B. Schölkopf. Dynamic Inference with Neural Interpreters. NeurIPS 2021."
)


def build(classes: int, channels: int, size: int, **options: Any) -> neural_interpreter.Network:
    """Return an interpreter as a classifier; options and errors are those of `engine.models.circuits.neural_interpreter.build`."""
    return neural_interpreter.build(classes, channels, size, **options)
