"""Multilayer perceptron with a task head and a group head.

Hidden layers of rectified linear units; both heads read the last one.
"""

import itertools
from collections.abc import Sequence

from torch import nn

from engine.models.heads._heads import TwoHeads

VERSION = 1
CITATION = "M. Lohaus, M. Kleindessner, K. Kenthapadi, F. Locatello, C. Russell. Are Two Heads the Same as One? NeurIPS 2022."


def build(inputs: int, groups: int, *, hidden: Sequence[int] = (64, 32)) -> TwoHeads:
    """Return a perceptron; `groups` outputs of the group head, 0 for none, 1 for two groups, else one a group."""
    widths = [inputs, *hidden]
    trunk = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
    return TwoHeads(trunk, widths[-1], groups)
