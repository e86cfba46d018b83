"""The acceptance checks of a neural attentive circuit: exact properties that a wrong implementation does not have."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors, priors
from engine.models.circuits import _links, nac
from engine.models.circuits._attention import LinkedAttention
from engine.stats import matching
from engine.training import _circuit_fitting as fitting


def built(**options) -> nac.Network:
    torch.manual_seed(0)
    return nac.build(5, 1, 12, **{"modules": 10, "outputs": 3, "width": 16, "hidden": 24, "code": 8, "signature": 6, "layers": 2} | options).eval()


def images(n: int = 4) -> torch.Tensor:
    return torch.rand(n, 1, 12, 12, generator=torch.Generator().manual_seed(1))


# 1
def test_with_equal_signatures_and_no_gain_linked_attention_is_plain_multi_head_attention():
    torch.manual_seed(0)
    layer, width, u = LinkedAttention(16, 4, 8).eval(), 16, 7
    for part in (layer.query, layer.key, layer.value, layer.out):
        part.gain.data.zero_()
        torch.nn.init.normal_(part.base.bias)
    witness = torch.nn.MultiheadAttention(width, 4, batch_first=True).eval()
    with torch.no_grad():
        witness.in_proj_weight.copy_(torch.cat([part.base.weight for part in (layer.query, layer.key, layer.value)]))
        witness.in_proj_bias.copy_(torch.cat([part.base.bias for part in (layer.query, layer.key, layer.value)]))
        witness.out_proj.weight.copy_(layer.out.base.weight)
        witness.out_proj.bias.copy_(layer.out.base.bias)
        x, codes = torch.randn(3, u, width), torch.randn(u, 8)
        same = torch.ones(u, 6)
        log_links = _links.logarithms(_links.probabilities(same, same, 0.3))
        message, attention = layer(x, codes, x, codes, log_links)
        seen = layer.norm(x)
        expected, weights = witness(seen, seen, seen, average_attn_weights=False)
    assert (message - expected).abs().max() < 1e-5
    assert (attention - weights).abs().max() < 1e-5


# 2
def test_twin_modules_stay_equal_through_all_layers():
    network = built()
    generator = network.trunk.generator
    with torch.no_grad():
        for part in (generator.signatures, generator.codes, generator.states):
            part[4] = part[1]
        seen = network.trunk.executed(images())
    assert len(seen.states) == 3
    for state in seen.states:
        assert torch.allclose(state[:, 1], state[:, 4], atol=1e-6)
        assert not torch.allclose(state[:, 1], state[:, 2], atol=1e-2)


# 3
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 2.0), st.floats(0.05, 2.0))
def test_link_probabilities_are_symmetric_with_ones_on_the_diagonal_and_fall_with_the_bandwidth(seed, one, other):
    signatures = torch.randn(9, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    low, high = (_links.probabilities(signatures, signatures, eps) for eps in sorted((one, other)))
    assert torch.allclose(low, low.T, rtol=0, atol=1e-12)
    assert torch.equal(low.diagonal(), torch.ones(9, dtype=torch.float64))
    assert bool((low > 0).all())
    assert bool((low <= 1).all())
    assert bool((low <= high + 1e-12).all())


def test_truncation_cuts_what_lies_beyond_and_nothing_else():
    s = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [-1.0, 0.0]])
    p = _links.probabilities(s, s, 0.3, 0.5)
    assert p[0, 1] == pytest.approx(float(torch.exp(-(1 - 1 / torch.tensor(1.01).sqrt()) / 0.3)), rel=1e-5)
    assert p[0, 2] == 0
    assert p[0, 3] == 0
    assert bool((p.diagonal() == 1).all())


# 4
@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("p", [0.03, 0.3, 0.9])
def test_a_relaxed_draw_exceeds_one_half_as_often_as_the_link_is_likely(temperature, p):
    n = 40_000
    r = torch.rand(n, generator=torch.Generator().manual_seed(3))
    share = (_links.drawn(torch.full((n,), p), temperature, r) > float(np.log(0.5))).double().mean().item()
    assert abs(share - p) < 4 * (p * (1 - p) / n) ** 0.5


# 5
def test_at_a_low_temperature_draws_are_nearly_zero_or_one():
    r = torch.rand(10_000, generator=torch.Generator().manual_seed(4))
    a = _links.drawn(torch.full((10_000,), 0.4), 1e-3, r).exp()
    assert ((a < 0.01) | (a > 0.99)).double().mean() > 0.99


def test_signatures_get_a_finite_gradient_that_is_not_zero():
    network = built(temperature=0.5).train()
    torch.nn.functional.cross_entropy(network(images(8)), torch.arange(8) % 5).backward()
    found = network.trunk.generator.signatures.grad
    assert bool(found.isfinite().all())
    assert bool((found.abs().sum(1) > 0).all())


def test_a_link_that_truncation_has_cut_still_gets_a_gradient_from_the_prior_only_by_way_of_others_and_never_a_nan():
    network = built(truncation=0.05).train()
    torch.nn.functional.cross_entropy(network(images(8)), torch.arange(8) % 5).backward()
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters() if p.grad is not None)


def test_a_receiver_without_any_sender_receives_nothing_and_is_no_nan():
    network = built()
    links = network.trunk.circuit().links.detach().clone()
    links[2:4] = 0  # two processors hear nobody, not even themselves
    links[10] = 0  # an output module neither
    with torch.no_grad():
        logits, seen = network.answered(images(), links[None, None])
    assert bool(logits.isfinite().all())
    assert seen.attention[0][:, :, 2].abs().max() == 0
    assert seen.read_out[:, :, 0].abs().max() == 0


# 6
@pytest.mark.parametrize("name", ["planted_partition", "scale_free"])
@pytest.mark.parametrize("modules", [24, 32])
def test_a_permuted_copy_of_a_prior_costs_nothing(name, modules):
    graphon = priors.graphon(name, modules)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(modules)
        p = graphon[np.ix_(order, order)]
        found = matching.match(graphon, p)
        assert fitting.prior_loss(torch.from_numpy(p), graphon, found.order).item() < 1e-12
        assert fitting.prior_loss(torch.from_numpy(p), graphon, np.arange(modules)).item() > 0.01


def test_one_pass_of_assignment_is_no_matching_which_is_why_it_is_repeated():
    graphon = priors.graphon("planted_partition", 32)
    order = np.random.default_rng(0).permutation(32)
    p = graphon[np.ix_(order, order)]
    from scipy.optimize import linear_sum_assignment

    once = linear_sum_assignment(((graphon[:, None] - p[None]) ** 2).mean(2))[1]
    assert matching.cost(graphon, p[np.ix_(once, once)]) > 0.01


# 7
def isolated(network: nac.Network, module: int) -> torch.Tensor:
    links = network.trunk.circuit().links.detach().clone()
    own = links[module, module].clone()
    links[module], links[:, module] = 0, 0
    links[module, module] = own
    return links


def test_leaving_out_an_isolated_module_changes_nothing():
    network = built(links="frozen")
    with torch.no_grad():
        network.trunk.generator.graph.copy_(isolated(built(), 3))
        whole = network(images())
        rest = nac.sliced(network, torch.tensor([u for u in range(10) if u != 3]))
        assert torch.allclose(rest(images()), whole, atol=1e-5)


@pytest.mark.parametrize("links", ["learned", "complete", "dropped", "frozen"])
def test_slicing_and_masking_give_equal_logits(links):
    network = built(links=links)
    kept = torch.tensor([0, 2, 3, 5, 8])
    mask = network.trunk.circuit().links.detach().clone()
    mask[:, [u for u in range(10) if u not in kept]] = 0
    with torch.no_grad():
        masked, _ = network.answered(images(), mask[None, None])
        assert torch.allclose(nac.sliced(network, kept)(images()), masked, atol=1e-5)


# 8
def test_a_static_graph_is_the_same_for_every_image_while_attention_is_not():
    network = built()
    with torch.no_grad():
        assert network.trunk.circuit().links.dim() == 2
        attention = network.trunk.executed(images()).attention[0]
    assert (attention[0] - attention[1]).abs().max() > 1e-6


def test_attention_adds_up_to_one_over_the_senders():
    with torch.no_grad():
        seen = built().trunk.executed(images())
    for weights in (*seen.attention, seen.read_in, seen.read_out, seen.confidence):
        assert torch.allclose(weights.sum(-1), torch.ones_like(weights.sum(-1)), atol=1e-5)


def test_links_can_be_given_for_each_example_and_layer():
    network = built()
    base = network.trunk.circuit().links.detach()
    cut = base.clone()
    cut[0, 1] = 0
    each = torch.stack([base, cut])[:, None].expand(-1, 3, -1, -1)
    with torch.no_grad():
        same = images(1).expand(2, -1, -1, -1)
        both, _ = network.answered(same, each)
        alone = [network.answered(same[:1], one[None, None])[0] for one in (base, cut)]
    assert torch.allclose(both, torch.cat(alone), atol=1e-5)
    assert torch.allclose(both[0], network(same[:1])[0], atol=1e-5)


def test_dropped_links_are_all_there_when_it_is_not_trained():
    torch.manual_seed(0)
    dense, dropped = built(links="complete"), built(links="dropped", keep=0.2)
    dropped.load_state_dict(dense.state_dict())
    with torch.no_grad():
        assert torch.equal(dense(images()), dropped(images()))
        assert not torch.allclose(dropped.train()(images()), dense(images()), atol=1e-4)


def test_the_arms_have_as_many_parameters_within_two_percent():
    from engine.training import _circuit_arms as arms

    def size(arm: str) -> int:
        network = nac.build(10, 1, 28, **arms.options(arms.Job(arm, "mnist", 0)))
        return sum(p.numel() for p in network.parameters())

    sizes = {arm: size(arm) for arm in arms.ARMS if arm != "interpreter"}
    assert max(sizes.values()) / min(sizes.values()) < 1.02, sizes


@pytest.mark.parametrize(
    ("options", "says"), [({"heads": 5}, "heads"), ({"links": "learnt"}, "learned"), ({"modules": 1}, "2 modules"), ({"bandwidth": 0.0}, "eps")]
)
def test_numbers_that_make_no_circuit_are_refused_with_a_way_out(options, says):
    with pytest.raises(errors.UserError, match=says):
        nac.build(10, 1, 28, **options)


@pytest.mark.parametrize("one_plus", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_modulated_maps_are_those_of_the_formula(one_plus, seed):
    from engine.models.circuits._modulated import ModFC

    torch.manual_seed(seed)
    layer, x, c = ModFC(5, 3, 4, one_plus=one_plus), torch.randn(2, 6, 5), torch.randn(6, 4)
    a = (c @ layer.scale.weight.T).detach().numpy()
    a = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + 1e-5)
    a = 1 + 0.1 * a if one_plus else a
    expected = (x.numpy() * a) @ layer.base.weight.detach().numpy().T + layer.base.bias.detach().numpy()
    assert np.allclose(layer(x, c).detach().numpy(), expected, atol=1e-5)
