"""Priors: what each asks of a graph, and that a kernel can meet it."""

import numpy as np
import pytest
import torch

from engine import errors, priors
from engine.models.circuits import nac
from engine.training import _circuit_fitting as fitting


@pytest.mark.parametrize("name", priors.names())
@pytest.mark.parametrize("modules", [24, 32, 128])
def test_a_prior_is_a_symmetric_graph_of_about_the_common_density(name, modules):
    found = priors.graphon(name, modules, 1)
    assert found.shape == (modules, modules)
    assert np.array_equal(found, found.T)
    assert found.min() >= 0
    assert found.max() <= 1
    assert not found.diagonal().any()
    assert found[~np.eye(modules, dtype=bool)].mean() == pytest.approx(priors.DENSITY, abs=0.16)
    assert np.array_equal(found, priors.graphon(name, modules, 1))


def test_a_scale_free_prior_has_degrees_that_fall_as_the_root_of_age():
    # away from the cap at 1, G_ij is proportional to 1 / sqrt(i j)
    found = priors.graphon("scale_free", 128)
    assert found[:, 99][49] / found[:, 99][24] == pytest.approx(np.sqrt(25 / 50), rel=1e-6)
    assert found[~np.eye(128, dtype=bool)].mean() == pytest.approx(priors.DENSITY, abs=1e-6)
    degree = found.sum(0)
    assert degree[0] > 3 * degree[64]


def test_the_ring_of_cliques_is_closed():
    found = priors.graphon("ring_of_cliques", 32)
    firsts = [0, 8, 16, 24]
    for k, first in enumerate(firsts):
        after = firsts[(k + 1) % 4]
        assert (found[first, after : after + 8] == 1).all()


def test_other_seeds_give_other_random_graphs():
    assert not np.array_equal(priors.graphon("erdos_renyi", 32, 0), priors.graphon("erdos_renyi", 32, 1))


@pytest.mark.parametrize(("name", "most"), [("planted_partition", 0.005), ("scale_free", 0.02), ("ring_of_cliques", 0.05), ("erdos_renyi", 0.09)])
def test_signatures_can_be_brought_near_each_prior(name, most):
    torch.manual_seed(0)
    network = nac.build(10, 1, 28, modules=24)
    length = network.trunk.generator.signatures.norm(dim=1).clone()
    left = fitting.begin_at_prior(network, name, 0)
    assert left < most
    assert torch.allclose(network.trunk.generator.signatures.norm(dim=1), length, rtol=1e-4)


def test_a_shuffled_graph_has_the_same_values_elsewhere():
    network = nac.build(10, 1, 28, modules=12, outputs=3)
    links = network.trunk.circuit().links.detach()
    made = fitting.shuffled(links, 0)
    assert torch.equal(made[:12], made[:12].T)
    assert torch.equal(made[:12].diagonal(), torch.ones(12))
    assert torch.allclose(made[:12].flatten().sort().values, links[:12].flatten().sort().values, atol=1e-6)
    assert torch.equal(made[12:].flatten().sort().values, links[12:].flatten().sort().values)
    assert fitting.density(made) == pytest.approx(fitting.density(links), abs=1e-6)
    assert not torch.equal(made, links)


@pytest.mark.parametrize(("name", "modules", "says"), [("scalefree", 32, "scale_free"), ("scale_free", 3, "Choose 4 to")])
def test_what_cannot_be_made_is_refused(name, modules, says):
    with pytest.raises(errors.UserError, match=says):
        priors.graphon(name, modules)
