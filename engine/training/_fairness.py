"""Regularisers that press a network towards equal treatment of groups: what is added to the loss of a batch.

Each takes the probabilities of the favourable decision, each person's group and who counts: everybody for demographic parity, those with the
favourable outcome for equal opportunity. Source: Lohaus and others, "Are Two Heads the Same as One?", NeurIPS 2022; the squared gap goes back to
Wick and others, "Unlocking Fairness", NeurIPS 2019, the absolute one to Padala and Gujar, "FNNC", 2020.
"""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Bool, Float, Int

Regulariser = Callable[
    [Float[torch.Tensor, " n"], Int[torch.Tensor, " n"], Bool[torch.Tensor, " n"], int],
    Float[torch.Tensor, ""],
]


def group_means(
    probabilities: Float[torch.Tensor, " n"], members: Int[torch.Tensor, " n"], counted: Bool[torch.Tensor, " n"], groups: int
) -> Float[torch.Tensor, " present"]:
    """Return the mean probability of each group that has somebody who counts in this batch."""
    chosen, mine = probabilities[counted], members[counted]
    sizes = torch.bincount(mine, minlength=groups)
    sums = torch.zeros(groups, dtype=chosen.dtype).index_add(0, mine, chosen)
    return sums[sizes > 0] / sizes[sizes > 0]


def squared(
    probabilities: Float[torch.Tensor, " n"], members: Int[torch.Tensor, " n"], counted: Bool[torch.Tensor, " n"], groups: int
) -> Float[torch.Tensor, ""]:
    """Return the squared gap between two groups' means: (m1 - m0)²; with more, twice the sum of squares around their mean, which is the same for two.

    Nothing where a batch has one group only.
    """
    means = group_means(probabilities, members, counted, groups)
    return 2 * ((means - means.mean()) ** 2).sum() if len(means) > 1 else probabilities.sum() * 0


def absolute(
    probabilities: Float[torch.Tensor, " n"], members: Int[torch.Tensor, " n"], counted: Bool[torch.Tensor, " n"], groups: int
) -> Float[torch.Tensor, ""]:
    """Return the gap between the groups with the highest and the lowest mean: |m1 - m0| for two. Nothing where a batch has one group only."""
    means = group_means(probabilities, members, counted, groups)
    return means.max() - means.min() if len(means) > 1 else probabilities.sum() * 0


REGULARISERS: Mapping[str, Regulariser] = {"squared": squared, "absolute": absolute}
