"""Objectives for training under a confounder: which examples a step takes, and what it makes small. Plain cross-entropy is one of them.

The sums are small functions of their own, so that they can be checked by hand: `balanced_probabilities`, `raised`
(the group weights of group DRO), `invariance_penalty` (IRMv1), `penalty_weight`.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch.nn import functional

STEP_SIZE = 0.01  # of group DRO's weights; the value of Sagawa et al. 2020, appendix C
ADJUSTMENT = 1.0  # C of their group adjustment, of 0 to 5 which they tried
PENALTY = 1.0  # weight of IRM's penalty: of 1, 10 and 100 (the value of DomainBed) the one with which networks still learn, see `confounded`
ANNEALED = 0.3  # share of all steps that pass before the penalty counts in full


@dataclass(frozen=True)
class Erm:
    """Empirical risk minimisation: every example once an epoch, mean cross-entropy."""

    examples: int

    def order(self, generator: torch.Generator) -> Int[torch.Tensor, " n"]:
        """Return the examples of one epoch in a fresh order."""
        return torch.randperm(self.examples, generator=generator)

    def loss(
        self, logits: Float[torch.Tensor, "b k"], labels: Int[torch.Tensor, " b"], _chosen: Int[torch.Tensor, " b"], _passed: float
    ) -> torch.Tensor:
        """Return the mean cross-entropy, nats."""
        return functional.cross_entropy(logits, labels)


@dataclass(frozen=True)
class Balanced:
    """Cross-entropy on examples that are drawn so that every group (a class with a value of the confounder) is as likely.

    Examples are drawn with replacement; groups that have no example are left out. Source: the resampling baseline of S.
    Sagawa et al., "An Investigation of Why Overparameterization Exacerbates Spurious Correlations", ICML 2020, section 2;
    B. Y. Idrissi et al., "Simple data balancing achieves competitive worst-group-accuracy", CLeaR 2022 (RWG, SUBG).
    """

    groups: Int[torch.Tensor, " n"]

    def order(self, generator: torch.Generator) -> Int[torch.Tensor, " n"]:
        """Return as many draws as there are examples."""
        return torch.multinomial(balanced_probabilities(self.groups), len(self.groups), replacement=True, generator=generator)

    def loss(
        self, logits: Float[torch.Tensor, "b k"], labels: Int[torch.Tensor, " b"], _chosen: Int[torch.Tensor, " b"], _passed: float
    ) -> torch.Tensor:
        """Return the mean cross-entropy, nats."""
        return functional.cross_entropy(logits, labels)


@dataclass(frozen=True)
class GroupDro:
    """Group DRO: group weights rise where the loss is high, and the weighted loss is made small.

    The online algorithm 1 of S. Sagawa, P. W. Koh, T. Hashimoto, P. Liang, "Distributionally Robust Neural Networks for
    Group Shifts", ICLR 2020, on batches in which every group is as likely, with their group adjustment C / sqrt(n_g)
    (section 3.3). Their point is that it needs strong regularisation: the plan's weight decay is part of the method.
    """

    groups: Int[torch.Tensor, " n"]
    step_size: float = STEP_SIZE
    adjustment: float = ADJUSTMENT
    weights: Float[torch.Tensor, " groups"] = field(init=False)  # changed in place as training goes on
    sizes: Int[torch.Tensor, " groups"] = field(init=False)

    def __post_init__(self) -> None:
        sizes = torch.bincount(self.groups)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "weights", (sizes > 0).double() / (sizes > 0).sum())

    def order(self, generator: torch.Generator) -> Int[torch.Tensor, " n"]:
        """Return as many draws as there are examples, every group as likely."""
        return Balanced(self.groups).order(generator)

    def loss(
        self, logits: Float[torch.Tensor, "b k"], labels: Int[torch.Tensor, " b"], chosen: Int[torch.Tensor, " b"], _passed: float
    ) -> torch.Tensor:
        """Raise the weights by this batch's losses, then return the losses of its groups by weight, nats."""
        losses = functional.cross_entropy(logits, labels, reduction="none")
        present, means = group_means(losses, self.groups[chosen])
        adjusted = means.detach().double() + self.adjustment / self.sizes[present].double().sqrt()
        self.weights.copy_(raised(self.weights, present, adjusted, self.step_size))
        share = self.weights[present] / self.weights[present].sum()  # so that a step's size does not hang on which groups a batch has
        return (share.to(means.dtype) * means).sum()


@dataclass(frozen=True)
class Irm:
    """IRMv1: the mean cross-entropy over environments, and a penalty where a constant on top of the network could do better in one of them.

    Source: M. Arjovsky, L. Bottou, I. Gulrajani, D. Lopez-Paz, "Invariant Risk Minimization", arXiv:1907.02893, 2019,
    section 3.1 and appendix D. The penalty weighs at most 1 at first and `penalty` after the share `annealed` of all steps; where
    that is more than 1 the loss is divided by it, as in the authors' program, so that steps stay as long.
    """

    environments: Int[torch.Tensor, " n"]  # 0, 1, …
    penalty: float = PENALTY
    annealed: float = ANNEALED

    def order(self, generator: torch.Generator) -> Int[torch.Tensor, " n"]:
        """Return as many examples of each environment in a fresh order in which they take turns, so that every batch has all of them."""
        parts = [torch.nonzero(self.environments == e).squeeze(1) for e in self.environments.unique()]
        shuffled = [part[torch.randperm(len(part), generator=generator)] for part in parts]
        return torch.stack([part[: min(map(len, parts))] for part in shuffled], dim=1).flatten()

    def loss(
        self, logits: Float[torch.Tensor, "b k"], labels: Int[torch.Tensor, " b"], chosen: Int[torch.Tensor, " b"], passed: float
    ) -> torch.Tensor:
        """Return risk and weighted penalty, averaged over the environments of the batch."""
        weight = penalty_weight(passed, self.penalty, self.annealed)
        here = self.environments[chosen]
        parts = [(logits[here == e], labels[here == e]) for e in here.unique()]
        risk = torch.stack([functional.cross_entropy(*part) for part in parts]).mean()
        penalty = torch.stack([invariance_penalty(*part) for part in parts]).mean()
        return (risk + weight * penalty) / max(weight, 1.0)


Objective = Erm | Balanced | GroupDro | Irm


def balanced_probabilities(groups: Int[torch.Tensor, " n"]) -> Float[torch.Tensor, " n"]:
    """Return how likely each example is drawn: 1 / (number of groups that occur x size of its group)."""
    sizes = torch.bincount(groups)
    return 1.0 / (int((sizes > 0).sum()) * sizes[groups].double())


def group_means(losses: Float[torch.Tensor, " b"], groups: Int[torch.Tensor, " b"]) -> tuple[Int[torch.Tensor, " m"], Float[torch.Tensor, " m"]]:
    """Return the groups that occur in a batch, and the mean loss of each."""
    present, place, sizes = groups.unique(return_inverse=True, return_counts=True)
    return present, torch.zeros(len(present), dtype=losses.dtype).index_add(0, place, losses) / sizes


def raised(
    weights: Float[torch.Tensor, " groups"], present: Int[torch.Tensor, " m"], losses: Float[torch.Tensor, " m"], step_size: float
) -> Float[torch.Tensor, " groups"]:
    """Return q_g exp(step_size x loss_g), brought back to sum 1; groups that are not present keep their weight before that."""
    found = weights.clone()
    found[present] *= torch.exp(step_size * losses)
    return found / found.sum()


def invariance_penalty(logits: Float[torch.Tensor, "b k"], labels: Int[torch.Tensor, " b"]) -> torch.Tensor:
    """Return the squared slope of the risk in a factor w on the logits, at w = 1, without bias: the product over two halves.

    The slope of cross-entropy(w z, y) at w = 1 is sum_k p_k z_k - z_y with p = softmax(z); its mean over the even examples times that
    over the odd ones has the squared mean slope as expectation (appendix D). A batch of one example has no two halves: 0.
    """
    slopes = (logits.softmax(1) * logits).sum(1) - logits.gather(1, labels[:, None]).squeeze(1)
    if len(slopes) < 2:
        return 0.0 * slopes.sum()
    return slopes[::2].mean() * slopes[1::2].mean()


def penalty_weight(passed: float, penalty: float, annealed: float) -> float:
    """Return the weight of the penalty after a share of all steps: at most 1 at first, then `penalty`."""
    return penalty if passed >= annealed else min(penalty, 1.0)
