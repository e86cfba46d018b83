"""Graph metrics against networkx, which torch brings along, and against graphs whose numbers are known."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors, priors, registry
from engine.metrics import graphs
from engine.metrics.graphs import _communities


def graph(seed: int, n: int = 14, keep: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n, n)) * (rng.random((n, n)) < keep), 1)
    return upper + upper.T


TRIANGLE = np.ones((3, 3)) - np.eye(3)


@pytest.mark.parametrize("seed", range(4))
def test_density_and_clustering_of_a_plain_graph_are_those_of_networkx(seed):
    links = (graph(seed) > 0.3).astype(float)
    witness = nx.from_numpy_array(links)
    assert graphs.compute("density", links) == pytest.approx(nx.density(witness))
    assert graphs.compute("strong_density", links) == pytest.approx(nx.density(witness))
    assert graphs.compute("clustering", links) == pytest.approx(nx.transitivity(witness))


@pytest.mark.parametrize("seed", range(4))
def test_modularity_of_a_partition_is_that_of_networkx(seed):
    links = graph(seed)
    group = np.random.default_rng(seed).integers(0, 4, len(links))
    parts = [set(np.flatnonzero(group == k).tolist()) for k in np.unique(group)]
    assert _communities.modularity(links, group) == pytest.approx(nx.community.modularity(nx.from_numpy_array(links), parts))


@pytest.mark.parametrize("seed", range(6))
def test_communities_are_as_good_as_those_of_networkx(seed):
    links = graph(seed, 24, 0.2)
    witness = nx.from_numpy_array(links)
    best = max(nx.community.modularity(witness, nx.community.louvain_communities(witness, seed=k)) for k in range(3))
    assert graphs.compute("modularity", links) >= best - 0.02


@pytest.mark.parametrize("seed", range(3))
def test_path_length_is_that_of_networkx(seed):
    links = (graph(seed, 12, 0.6) > 0.3).astype(float)
    witness = nx.from_numpy_array(links)
    lengths = [d for _, found in nx.all_pairs_shortest_path_length(witness) for d in found.values() if d]
    assert graphs.compute("path_length", links) == pytest.approx(np.mean(lengths))


def test_a_planted_graph_has_its_blocks_as_communities():
    mine = np.arange(32) // 8
    found = graphs.communities(priors.graphon("planted_partition", 32))
    assert all(len(set(found[mine == k])) == 1 for k in range(4))
    assert len(set(found)) == 4


def test_by_hand_a_triangle_and_a_pair():
    # one triangle and one pair: 4 links of 10; Q = 1 - (6/8)^2 - (2/8)^2 = 0.375; degrees 2 2 2 1 1: Gini = 0.15
    links = np.zeros((5, 5))
    links[:3, :3] = TRIANGLE
    links[3, 4] = links[4, 3] = 1
    assert graphs.compute("density", links) == pytest.approx(0.4)
    assert graphs.compute("modularity", links) == pytest.approx(0.375)
    assert graphs.compute("degree_inequality", links) == pytest.approx(0.15)
    assert graphs.compute("clustering", links) == 1
    assert graphs.compute("path_length", links) == 1
    assert graphs.degrees(links).tolist() == [2, 2, 2, 1, 1]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_no_metric_depends_on_the_order_of_modules(seed):
    links, order = graph(seed), np.random.default_rng(seed).permutation(14)
    first, second = graphs.every(links), graphs.every(links[np.ix_(order, order)])
    for name in first:
        assert first[name] == pytest.approx(second[name], abs=0.03 if name == "modularity" else 1e-9, nan_ok=True)


@pytest.mark.parametrize("name", graphs.names())
def test_a_metric_is_undefined_rather_than_wrong_on_an_empty_graph(name):
    value = graphs.compute(name, np.zeros((4, 4)))
    assert np.isnan(value) or value == 0
    assert {"VERSION", "UNIT", "BETTER", "CITATION"} <= registry.card(graphs.ROOM, name).constants.keys()


def test_the_diagonal_does_not_count():
    links = graph(1)
    assert graphs.every(links) == pytest.approx(graphs.every(links + np.diag(np.ones(14))), nan_ok=True)


@pytest.mark.parametrize("links", [np.ones((2, 3)), np.full((3, 3), 1.5), np.full((3, 3), np.nan)])
def test_what_is_no_graph_is_refused(links):
    with pytest.raises(errors.UserError, match="graph"):
        graphs.compute("density", links)


def test_distance_to_the_prior_is_zero_for_a_permuted_copy():
    target = priors.graphon("ring_of_cliques", 24)
    order = np.random.default_rng(3).permutation(24)
    assert graphs.compute("prior_distance", target[np.ix_(order, order)], target) == pytest.approx(0, abs=1e-12)
    assert np.isnan(graphs.compute("prior_distance", target))
