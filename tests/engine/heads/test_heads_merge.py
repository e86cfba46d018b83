"""The merged layer, the search for (b, c), and thresholds for each true group: exact, against counting everything out."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors
from engine.heads import merge, weights
from engine.heads.merge import OPPORTUNITY, PARITY, People

BS = (-2.0, -0.75, 0.0, 0.5, 1.5)


def _people(seed, n=60, groups=2, constraint=PARITY, coarse=False):
    rng = np.random.default_rng(seed)
    members = np.concatenate([np.arange(groups).repeat(3), rng.integers(0, groups, n - 3 * groups)])
    labels = np.concatenate([np.tile([0, 1, 1], groups), rng.integers(0, 2, n - 3 * groups)])
    task = rng.standard_normal(n) + labels - 0.5 + 0.6 * members
    group = members + 0.4 * rng.standard_normal(n)
    if coarse:  # many people with the same score
        task, group = np.round(task), np.round(group)
    return task.astype(np.float32), group.astype(np.float32)[:, None], People(labels, members, groups, constraint)


def _plainly(task, group, people, slack, bs):
    """The best number of right decisions within a slack, by trying every b and every cut, one by one."""
    best = -1
    for b in bs:
        u = merge.combined(task, group, (b,)).astype(np.float64)
        values = np.unique(u)
        for cut in [values[0] - 1, *((values[1:] + values[:-1]) / 2), values[-1] + 1]:
            decisions = u > cut
            if abs(merge.gap(decisions, people)) <= slack + 1e-12:
                best = max(best, int((decisions == people.labels).sum()))
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.02, 0.1, 0.3, 1.0]), st.sampled_from([PARITY, OPPORTUNITY]), st.booleans())
def test_the_search_finds_what_trying_every_cut_finds(seed, slack, constraint, coarse):
    task, group, people = _people(seed, constraint=constraint, coarse=coarse)
    (rule,) = merge.search(task, group, people, [slack], bs=BS)
    wanted = _plainly(task, group, people, slack, BS)
    assert rule.feasible == (wanted >= 0)
    if rule.feasible:
        assert round(rule.accuracy * len(task)) == wanted


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([PARITY, OPPORTUNITY]), st.booleans())
def test_a_rule_does_what_it_says_of_itself(seed, constraint, coarse):
    task, group, people = _people(seed, constraint=constraint, coarse=coarse)
    for rule in merge.search(task, group, people, [0.05, 0.2, 1.0]):
        decisions = merge.decide(task, group, rule)
        assert np.mean(decisions == people.labels) == pytest.approx(rule.accuracy, abs=1e-12)
        assert merge.gap(decisions, people) == pytest.approx(rule.gap, abs=1e-12)


def test_more_slack_never_costs_accuracy():
    task, group, people = _people(3, n=400)
    rules = merge.search(task, group, people, np.linspace(0.01, 0.5, 12).tolist())
    assert all(a.accuracy <= b.accuracy for a, b in itertools.pairwise(rules))


def test_of_equally_accurate_rules_the_one_with_the_smaller_gap_is_taken():
    found = merge.Cuts(np.array([0.0, 1.0, 2.0]), np.array([5, 5, 4], np.int32), np.array([0.2, -0.1, 0.0]))
    assert merge.best(found, 0.3) == 1
    assert merge.best(found, 0.05) == 2
    assert merge.best(found, -1.0) == -1


def test_people_with_the_same_score_are_never_parted():
    task, group, people = np.zeros(8, np.float32), np.zeros((8, 1), np.float32), People(np.tile([0, 1], 4), np.repeat([0, 1], 4), 2)
    found = merge.cuts(merge.combined(task, group, (1.0,)), people)
    assert len(found.thresholds) == 2  # above all, below all


def test_sorting_by_bits_is_sorting_by_value():
    u = np.array([0.5, -3, 0, -0.0, 1e-30, -1e30, 2, -0.25], np.float32)
    ordered, codes = merge._sorted(u, np.arange(8, dtype=np.uint64))
    assert ordered.tolist() == sorted(u.tolist())
    assert u[codes].tolist() == ordered.tolist()


@pytest.mark.parametrize("columns", [1, 3])
def test_the_merged_layer_is_the_sum_of_both_heads(columns):
    """Check 1 (S1): to 1e-5 on random people, and with as many parameters as a network that never had a group head."""
    rng = np.random.default_rng(0)
    layers = [weights.Layer(*(rng.standard_normal(shape).astype(np.float32) for shape in ((a, b), (a,)))) for a, b in ((16, 9), (8, 16), (1, 8))]
    head = weights.Layer(rng.standard_normal((columns, 8)).astype(np.float32), rng.standard_normal(columns).astype(np.float32))
    network = weights.Network(tuple(layers[:2]), layers[2], head)
    b, c = tuple(rng.uniform(-2, 2, columns).tolist()), 0.3
    people = rng.standard_normal((500, 9)).astype(np.float32)
    task, group = network.heads(people)
    one = weights.merged(network, b, c)
    expected = task.astype(np.float64) + group.astype(np.float64) @ np.array(b) + c
    assert np.abs(one.heads(people)[0] - expected).max() < 1e-5 * max(1, np.abs(expected).max())
    assert one.group is None
    assert one.parameters() == weights.Network(tuple(layers[:2]), layers[2]).parameters()


def test_merging_weights_that_do_not_fit_is_refused():
    layer = weights.Layer(np.zeros((1, 2), np.float32), np.zeros(1, np.float32))
    with pytest.raises(errors.UserError, match="no group head that fits"):
        weights.merged(weights.Network((), layer), (1.0,), 0.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.2, 1.0]), st.sampled_from([2, 3]), st.sampled_from([PARITY, OPPORTUNITY]))
def test_thresholds_by_true_group_are_the_best_there_are(seed, slack, groups, constraint):
    task, _, people = _people(seed, n=24, groups=groups, constraint=constraint)
    found = merge.by_true_group(task, people, slack)
    cuts = []
    for k in range(groups):
        values = np.unique(task[people.members == k].astype(np.float64))
        cuts.append([values[0] - 1, *((values[1:] + values[:-1]) / 2), values[-1] + 1])
    best = -1
    for chosen in itertools.product(*cuts):
        decisions = task > np.array(chosen)[people.members]
        if abs(merge.gap(decisions, people)) <= slack + 1e-9:
            best = max(best, int((decisions == people.labels).sum()))
    decisions = merge.decide_by_true_group(task, people.members, found)
    assert round(found.accuracy * len(task)) == best == int((decisions == people.labels).sum())
    assert merge.gap(decisions, people) == pytest.approx(found.gap, abs=1e-12)
    assert abs(found.gap) <= slack + 1e-9


def test_with_more_than_two_groups_the_search_reaches_the_slack():
    task, _, people = _people(5, n=600, groups=3)
    one_hot = np.eye(3, dtype=np.float32)[people.members] + 0.1 * np.random.default_rng(1).standard_normal((600, 3)).astype(np.float32)
    alone = merge.gap(task > 0, people)
    (rule,) = merge.search(task, one_hot, people, [0.05])
    assert alone > 0.2
    assert rule.feasible
    assert len(rule.b) == 3
    assert merge.gap(merge.decide(task, one_hot, rule), people) == pytest.approx(rule.gap)
    assert rule.gap <= 0.05


def test_hard_groups_move_thresholds_in_opposite_directions_and_the_smaller_group_farther():
    """S4: t_1 = 1/2 + mu / (2 pi_1), t_0 = 1/2 - mu / (2 pi_0)."""
    rng = np.random.default_rng(2)
    members = (rng.random(20_000) < 0.8).astype(int)
    eta = np.clip(0.35 + 0.25 * members + 0.2 * rng.standard_normal(20_000), 0.01, 0.99)
    labels = (rng.random(20_000) < eta).astype(int)
    found = merge.by_true_group(np.log(eta / (1 - eta)).astype(np.float32), People(labels, members, 2), 0.001)
    smaller, larger = 1 / (1 + np.exp(-np.array(found.thresholds)))
    assert smaller < 0.5 < larger
    assert (0.5 - smaller) / (larger - 0.5) == pytest.approx(4, rel=0.5)  # pi_1 / pi_0


def test_the_path_begins_near_equality_and_ends_at_the_network_itself():
    task, group, people = _people(8, n=500)
    path = list(merge.path(task, group, people))
    alone = merge.gap(task > 0, people)
    assert [slack for slack, _ in path] == pytest.approx(np.linspace(0.001, abs(alone), 21))
    assert path[-1][1].accuracy >= np.mean((task > 0) == people.labels)
