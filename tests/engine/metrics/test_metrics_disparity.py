import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.classification import demographic_disparity as disparity
from engine.stats import softmax


def answers(seed, n=60, classes=4, right=0.6):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * 2
    return logits, np.where(rng.random(n) < right, logits.argmax(axis=1), rng.integers(0, classes, n))


def histogram(predicted, classes):
    return np.bincount(predicted, minlength=classes) / max(1, len(predicted))


def of_groups(logits, in_first):
    """Return w1 * TV(P, P1) + w2 * TV(P, P2), the definition, from the groups."""
    predicted, classes = logits.argmax(axis=1), logits.shape[1]
    whole = histogram(predicted, classes)
    parts = [(group.mean(), histogram(predicted[group], classes)) for group in (in_first, ~in_first)]
    return sum(share * np.abs(whole - part).sum() / 2 for share, part in parts)


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 6))
def test_the_definition_and_both_identities_hold(seed, n, classes):
    logits, labels = answers(seed, n, classes)
    found = disparity.compute(logits, labels)
    first = softmax.logit_gap(logits, labels) > 0
    assert found == pytest.approx(of_groups(logits, first), abs=1e-12)
    predicted = logits.argmax(axis=1)
    variation = np.abs(histogram(predicted[first], classes) - histogram(predicted[~first], classes)).sum() / 2
    assert found == pytest.approx(2 * first.mean() * (1 - first.mean()) * variation, abs=1e-12)
    assert 0 <= found <= 0.5


def test_the_largest_disparity_by_hand():
    # Two are right and sure, two wrong, and each half answers a class of its own: w1 = w2 = 1/2, TV = 1.
    logits = np.array([[5.0, 0.0], [5.0, 0.0], [0.0, 5.0], [0.0, 5.0]])
    assert disparity.compute(logits, np.array([0, 0, 0, 0])) == 0.5


def test_one_group_has_no_disparity():
    logits = np.eye(3) * 9
    assert disparity.compute(-logits, np.arange(3)) == 0  # all wrong: one group


def environment_inference(gaps, seed, steps=10_000, rate=1e-3):
    """Return the groups that the paper's code finds by Adam on soft memberships."""
    member = np.random.default_rng(seed).normal(size=len(gaps))
    first, second = np.zeros_like(member), np.zeros_like(member)
    for step in range(1, steps + 1):
        soft = 1 / (1 + np.exp(-member))
        slope = (np.mean(soft * gaps) - np.mean((1 - soft) * gaps)) * gaps * soft * (1 - soft) / len(gaps)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        member = member + rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return member > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_the_slow_optimiser_finds_the_same_groups_and_number(seed):
    logits, labels = answers(seed)
    slow = environment_inference(softmax.logit_gap(logits, labels), seed)
    quick = softmax.logit_gap(logits, labels) > 0
    assert np.array_equal(slow, quick) or np.array_equal(slow, ~quick)
    assert of_groups(logits, slow) == pytest.approx(disparity.compute(logits, labels))


@given(st.integers(0, 10**6))
def test_at_the_null_both_groups_answer_like_the_whole_and_keep_their_sizes(seed):
    logits, labels = answers(seed)
    sums = np.asarray(disparity.statistics(logits, labels).sum(axis=0))
    null = disparity.null(sums, len(labels))
    assert disparity.combine(null, len(labels)) == pytest.approx(0, abs=1e-12)
    assert [half.sum() for half in np.split(null, 2)] == pytest.approx([half.sum() for half in np.split(sums, 2)])
