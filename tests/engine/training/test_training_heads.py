"""Pressing a network towards equal groups: regularisers worked by hand, and that they do what they are for."""

import pytest
import torch

from engine.models.heads import mlp
from engine.training import _fairness, _heads

EVERYBODY = torch.ones(4, dtype=torch.bool)


def test_the_squared_and_the_absolute_gap_worked_by_hand():
    """Means 0.2 and 0.7."""
    probabilities, members = torch.tensor([0.1, 0.3, 0.6, 0.8]), torch.tensor([0, 0, 1, 1])
    assert _fairness.squared(probabilities, members, EVERYBODY, 2).item() == pytest.approx(0.25)
    assert _fairness.absolute(probabilities, members, EVERYBODY, 2).item() == pytest.approx(0.5)


def test_only_those_who_count_enter_the_gap():
    """Equal opportunity: of those with the favourable outcome, means 0.3 and 0.6."""
    probabilities, members = torch.tensor([0.1, 0.3, 0.6, 0.8]), torch.tensor([0, 0, 1, 1])
    counted = torch.tensor([False, True, True, False])
    assert _fairness.absolute(probabilities, members, counted, 2).item() == pytest.approx(0.3)


@pytest.mark.parametrize("regulariser", [_fairness.squared, _fairness.absolute])
def test_a_batch_with_one_group_is_not_pressed(regulariser):
    probabilities = torch.tensor([0.1, 0.9], requires_grad=True)
    found = regulariser(probabilities, torch.tensor([1, 1]), torch.tensor([True, True]), 2)
    found.backward()
    assert found.item() == 0
    assert probabilities.grad.tolist() == [0, 0]


def test_three_groups_are_pressed_together():
    """Means 0, 0.3, 0.6: twice (0.09 + 0 + 0.09); largest minus smallest 0.6."""
    probabilities, members, all_three = torch.tensor([0.0, 0.3, 0.6]), torch.tensor([0, 1, 2]), torch.ones(3, dtype=torch.bool)
    assert _fairness.squared(probabilities, members, all_three, 3).item() == pytest.approx(0.36)
    assert _fairness.absolute(probabilities, members, all_three, 3).item() == pytest.approx(0.6)


def test_the_group_head_is_fitted_to_0_and_1_or_one_hot():
    members = torch.tensor([0, 1, 2])
    assert _heads.targets(members[:2], 1).tolist() == [[0.0], [1.0]]
    assert _heads.targets(members, 3).tolist() == torch.eye(3).tolist()


def test_small_tables_take_more_passes_in_smaller_steps():
    assert _heads.schedule(29_305) == (15, 512)
    epochs, batch = _heads.schedule(1_000)
    assert batch == 128
    assert epochs * 8 >= 500


def _people(n=1000):
    generator = torch.Generator().manual_seed(0)
    members = torch.randint(2, (n,), generator=generator)
    skill = torch.randn(n, generator=generator)
    hair = members + 0.3 * torch.randn(n, generator=generator)
    labels = (skill + 1.5 * members + 0.5 * torch.randn(n, generator=generator) > 0.8).float()
    return _heads.People(torch.stack([skill, hair], dim=1), labels, members, 2)


def _fitted(aim, groups=0, seed=0):
    torch.manual_seed(seed)
    module = mlp.build(2, groups, hidden=(8,))
    steps = list(_heads.fit(module, _people(), aim, seed))
    return module, steps


def _gap(module):
    people = _people()
    with torch.no_grad():
        decisions = (module(people.inputs)[0] > 0).float()
    return (decisions[people.members == 1].mean() - decisions[people.members == 0].mean()).item()


@pytest.mark.parametrize("regulariser", ["squared", "absolute"])
def test_pressing_closes_the_gap(regulariser):
    free, _ = _fitted(_heads.Aim())
    pressed, _ = _fitted(_heads.Aim(strength=20.0, regulariser=regulariser))
    assert _gap(free) > 0.2
    assert abs(_gap(pressed)) < _gap(free) / 2


def test_two_heads_learn_both_and_the_same_seed_gives_the_same_network():
    module, steps = _fitted(_heads.Aim(task=0.5, group=0.5), groups=1)
    people = _people()
    with torch.no_grad():
        task, group = module(people.inputs)
    assert ((task > 0).float() == people.labels).float().mean() > 0.75
    assert ((group[:, 0] > 0.5).long() == people.members).float().mean() > 0.9
    again, _ = _fitted(_heads.Aim(task=0.5, group=0.5), groups=1)
    assert all(torch.equal(a, b) for a, b in zip(module.state_dict().values(), again.state_dict().values(), strict=True))
    assert steps[-1].loss < steps[0].loss
    assert not module.training


def test_without_a_group_head_its_outputs_have_no_columns():
    module = mlp.build(3, 0)
    task, group = module(torch.zeros(5, 3))
    assert (task.shape, group.shape) == ((5,), (5, 0))
