"""Matching nodes, placing them, and telling differences of many means at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import quadratic_assignment

from engine.stats import differences, layout, matching


def random_graph(seed: int, n: int = 12) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).random((n, n)), 1)
    return upper + upper.T


@pytest.mark.parametrize("seed", range(4))
def test_a_match_is_about_as_good_as_scipys(seed):
    a, b = random_graph(seed), random_graph(seed + 100)
    witness = quadratic_assignment(a, b, method="2opt", options={"maximize": True, "rng": np.random.default_rng(seed)})
    order = witness.col_ind
    assert matching.match(a, b).cost <= matching.cost(a, b[np.ix_(order, order)]) * 1.1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_match_is_a_permutation_and_its_cost_is_what_it_says(seed):
    a, b = random_graph(seed), random_graph(seed + 1)
    found = matching.match(a, b)
    assert sorted(found.order.tolist()) == list(range(12))
    assert found.cost == pytest.approx(matching.cost(a, b[np.ix_(found.order, found.order)]))
    assert found.cost <= found.unmatched + 1e-12


def test_the_gain_of_an_exchange_is_what_it_changes():
    a, b = random_graph(1, 7), random_graph(2, 7)
    gain = matching._gains(a, b)
    for i in range(7):
        for j in range(i):
            order = np.arange(7)
            order[[i, j]] = [j, i]
            assert 2 * gain[i, j] == pytest.approx((a * b[np.ix_(order, order)]).sum() - (a * b).sum())


def test_places_depend_on_the_vectors_alone_and_keep_apart():
    vectors = np.random.default_rng(0).normal(size=(20, 6))
    vectors[7] = vectors[3]
    first = layout.plane(vectors)
    assert np.array_equal(first, layout.plane(vectors))
    assert np.allclose(first, layout.plane(vectors + 5), atol=1e-6)
    distance = np.hypot(*(first[3] - first[7]))
    assert 0.005 < distance < 0.2
    assert layout.plane(np.zeros((0, 4))).shape == (0, 2)
    assert np.isfinite(layout.plane(np.zeros((3, 1)))).all()


def test_without_any_difference_hardly_ever_one_is_significant():
    rng = np.random.default_rng(0)
    found = [differences.paired(rng.normal(size=(60, 80)), rng.normal(size=(60, 80)), seed).any for seed in range(40)]
    assert sum(found) <= 6  # 2 expected of 40 at 5 %


def test_a_difference_is_found_where_it_is_and_signed():
    rng = np.random.default_rng(1)
    first = rng.normal(size=(80, 50))
    second = first + rng.normal(scale=0.5, size=first.shape)
    second[:, 7] += 1.0
    second[:, 9] -= 1.0
    for found in (differences.paired(first, second), differences.unpaired(first, second)):
        assert np.flatnonzero(found.significant).tolist() == [7, 9]
        assert found.difference[7] > 0 > found.difference[9]
        assert (found.low <= found.difference).all()
        assert (found.difference <= found.high).all()
    assert np.ptp(differences.paired(first, second).high - differences.paired(first, second).low) < 0.3


def test_what_never_varies_is_never_significant():
    same = np.ones((10, 3))
    assert not differences.paired(same, same).any
