"""The acceptance checks of a neural interpreter."""

import pytest
import torch

from engine import errors
from engine.models.circuits import neural_interpreter as ni


def built(**options) -> ni.Network:
    torch.manual_seed(0)
    return ni.build(5, 1, 16, **{"width": 16, "code": 8, "type_width": 6, "functions": 5, "halvings": 2} | options).eval()


def images(n: int = 4) -> torch.Tensor:
    return torch.rand(n, 1, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("truncation", [0.5, 0.9, 1.42, 2.0])
def test_a_token_goes_to_functions_with_shares_that_add_up_to_at_most_one(truncation):
    with torch.no_grad():
        seen = built(truncation=truncation).trunk.executed(images())
    assert len(seen.routes) == 3
    for routes in seen.routes:
        assert routes.shape == (4, 17, 5)
        assert bool((routes >= 0).all())
        assert bool((routes.sum(-1) <= 1 + 1e-5).all())
        assert bool(routes.isfinite().all())


def test_with_the_largest_truncation_every_token_goes_everywhere():
    with torch.no_grad():
        assert all(bool((routes > 0).all()) for routes in built(truncation=2.0).trunk.executed(images()).routes)


def test_a_truncation_in_between_leaves_functions_out_but_more_than_one_a_token():
    with torch.no_grad():
        routes = built().trunk.executed(images()).routes[0]
    used = (routes > 0).double().sum(-1)
    assert 1 < used.mean() <= 5


def test_leaving_out_a_function_that_no_token_goes_to_changes_nothing():
    network = built(truncation=0.9)
    with torch.no_grad():
        types = network.trunk.scripts[0].types
        types[-1].bias.copy_(3 * network.trunk.scripts[0].signatures[0])  # all tokens are of about one type
        network.trunk.scripts[0].signatures[3] = -network.trunk.scripts[0].signatures[0]
        seen = network.trunk.executed(images())
        assert all(bool((routes[..., 3] == 0).all()) for routes in seen.routes)
        before = network(images())
        after = ni.without(network, torch.tensor([0, 1, 2, 4]))(images())
    assert torch.allclose(before, after, atol=1e-5)


def test_gradients_are_finite_also_where_tokens_go_nowhere():
    network = built(truncation=0.3).train()
    torch.nn.functional.cross_entropy(network(images(8)), torch.arange(8) % 5).backward()
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters() if p.grad is not None)


def test_twin_functions_share_what_one_alone_would_do():
    """Two functions with equal signature and code do together what one does alone: the shares of the two add up to its share."""
    network = built(functions=2, truncation=2.0)
    with torch.no_grad():
        script = network.trunk.scripts[0]
        script.signatures[1], script.codes[1] = script.signatures[0], script.codes[0]
        routes = network.trunk.executed(images()).routes[0]
    assert torch.allclose(routes[..., 0], routes[..., 1])
    assert torch.allclose(routes.sum(-1), torch.ones(4, 17), atol=1e-4)


@pytest.mark.parametrize("options", [{"functions": 0}, {"heads": 3}, {"truncation": 2.5}])
def test_numbers_that_make_no_interpreter_are_refused(options):
    with pytest.raises(errors.UserError, match="Choose at least one function"):
        built(**options)
