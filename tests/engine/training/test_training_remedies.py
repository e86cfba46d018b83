"""Objectives against a confounder: every formula against numbers worked by hand or by finite differences."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from engine.training import _loop, _remedies

GENERATOR = torch.Generator()


def blobs(n: int, seed: int) -> _loop.Examples:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    return _loop.Examples(torch.randn(n, 5, generator=generator) + 3 * nn.functional.one_hot(labels, 5), labels)


def test_balanced_probabilities_give_every_group_that_occurs_the_same_share() -> None:
    # two groups occur: three examples share one half, one example has the other; group 1 has none
    found = _remedies.balanced_probabilities(torch.tensor([0, 0, 2, 0]))
    assert found.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 2, 1 / 6])


def test_balanced_draws_come_from_rare_groups_as_often_as_from_common_ones() -> None:
    groups = torch.tensor([0] * 950 + [1] * 50)
    drawn = groups[_remedies.Balanced(groups).order(GENERATOR.manual_seed(0))]
    assert len(drawn) == 1000
    assert abs(int(drawn.sum()) - 500) < 4 * math.sqrt(1000 / 4)


def test_group_weights_rise_by_the_exponential_of_step_size_times_loss() -> None:
    weights = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    found = _remedies.raised(weights, torch.tensor([0, 2]), torch.tensor([1.0, 2.0], dtype=torch.float64), 0.1)
    # 0.5 e^0.1 = 0.552585, 0.3, 0.2 e^0.2 = 0.244281; sum 1.096866
    assert found.tolist() == pytest.approx([0.503786, 0.273507, 0.222708], abs=1e-6)
    assert weights.tolist() == [0.5, 0.3, 0.2]


def test_group_means_are_those_of_the_groups_that_occur() -> None:
    present, means = _remedies.group_means(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([5, 1, 5]))
    assert present.tolist() == [1, 5]
    assert means.tolist() == [2.0, 2.5]


def test_a_step_of_group_dro_by_hand() -> None:
    # groups 0 (two examples) and 1 (one): even logits lose log 2 each; adjustments 1 / sqrt 2 and 1
    dro = _remedies.GroupDro(torch.tensor([0, 0, 1]), step_size=0.5, adjustment=1.0)
    assert dro.weights.tolist() == [0.5, 0.5]
    logits, labels = torch.tensor([[0.0, 0.0], [0.0, math.log(3.0)]]), torch.tensor([0, 0])  # losses log 2 and log 4
    loss = dro.loss(logits, labels, torch.tensor([0, 2]), 0.0)
    first, second = math.exp(0.5 * (math.log(2) + 1 / math.sqrt(2))), math.exp(0.5 * (math.log(4) + 1))
    q = [first / (first + second), second / (first + second)]
    assert dro.weights.tolist() == pytest.approx(q)
    assert loss.item() == pytest.approx(q[0] * math.log(2) + q[1] * math.log(4))


def test_groups_without_examples_have_no_weight() -> None:
    assert _remedies.GroupDro(torch.tensor([0, 3])).weights.tolist() == [0.5, 0.0, 0.0, 0.5]


def test_the_penalty_of_irm_is_the_product_of_slopes_by_finite_difference() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(10, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(4, (10,), generator=generator)

    def slope(part: slice) -> float:
        step = 1e-5
        above, below = (functional.cross_entropy(w * logits[part], labels[part]) for w in (1 + step, 1 - step))
        return float(above - below) / (2 * step)

    expected = slope(slice(0, None, 2)) * slope(slice(1, None, 2))
    assert float(_remedies.invariance_penalty(logits, labels)) == pytest.approx(expected, rel=1e-6)


def test_the_gradient_of_the_penalty_is_that_of_finite_differences() -> None:
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(4, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 2, 1, 1])
    assert torch.autograd.gradcheck(lambda z: _remedies.invariance_penalty(z, labels), (logits,))


def test_the_penalty_is_zero_where_no_scale_of_the_outputs_does_better_and_for_one_example() -> None:
    # with logits (log 3, 0) and labels right in three of four the risk is least at w = 1: p = 3/4 is the share that is right
    logits = torch.tensor([[math.log(3.0), 0.0]] * 8, dtype=torch.float64)
    labels = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1])
    assert float(_remedies.invariance_penalty(logits, labels)) == pytest.approx(0.0, abs=1e-12)
    assert float(_remedies.invariance_penalty(logits[:1], labels[:1])) == 0.0


def test_the_penalty_counts_in_full_after_annealing() -> None:
    assert [_remedies.penalty_weight(passed, 50.0, 0.3) for passed in (0.0, 0.29, 0.3, 1.0)] == [1.0, 1.0, 50.0, 50.0]
    assert _remedies.penalty_weight(0.0, 0.5, 0.3) == 0.5


def test_every_batch_of_irm_has_both_environments_alike() -> None:
    irm = _remedies.Irm(torch.tensor([0] * 30 + [1] * 34))
    order = irm.order(GENERATOR.manual_seed(0))
    assert len(order) == 60
    assert len(set(order.tolist())) == 60
    assert [int(irm.environments[part].sum()) for part in order.split(10)] == [5] * 6


def test_the_loss_of_irm_is_risk_plus_weighted_penalty_by_environment() -> None:
    generator = torch.Generator().manual_seed(3)
    logits, labels = torch.randn(8, 3, generator=generator), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    irm = _remedies.Irm(torch.tensor([0, 1] * 4), penalty=20.0, annealed=0.5)
    risks = [functional.cross_entropy(logits[e::2], labels[e::2]) for e in (0, 1)]
    penalties = [_remedies.invariance_penalty(logits[e::2], labels[e::2]) for e in (0, 1)]
    chosen = torch.arange(8)
    assert irm.loss(logits, labels, chosen, 0.0).item() == pytest.approx(float(sum(risks) + sum(penalties)) / 2, rel=1e-5)
    assert irm.loss(logits, labels, chosen, 0.9).item() == pytest.approx(float(sum(risks) + 20 * sum(penalties)) / 2 / 20, rel=1e-5)


def fitted(objective: _remedies.Objective | None, decay: float = 0.0) -> nn.Linear:
    torch.manual_seed(0)
    module = nn.Linear(5, 3)
    list(_loop.fit(module, blobs(120, 0), None, _loop.Plan(4, 0.05, batch=16, weight_decay=decay), 0, objective))
    return module


def test_without_an_objective_a_fit_is_empirical_risk_minimisation() -> None:
    assert torch.equal(fitted(None).weight, fitted(_remedies.Erm(120)).weight)


OBJECTIVES = {
    "balanced": lambda: _remedies.Balanced(torch.arange(120) % 5), "group_dro": lambda: _remedies.GroupDro(torch.arange(120) % 5),
    "irm": lambda: _remedies.Irm(torch.arange(120) % 2),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_every_objective_learns_and_depends_on_the_seed_alone(name: str) -> None:
    first, again = fitted(OBJECTIVES[name]()), fitted(OBJECTIVES[name]())
    assert torch.equal(first.weight, again.weight)
    assert _loop.evaluated(copy.deepcopy(first), blobs(90, 1))[0] > 0.8


def test_weight_decay_makes_weights_smaller() -> None:
    assert fitted(None, 0.1).weight.norm() < fitted(None).weight.norm()
