"""From signatures to links: how likely modules are to listen to each other, and draws of who does.

P(u, v) = exp(-d / eps) where d = 1 - cos(s_u, s_v) is at most the truncation distance, 0 beyond (NAC, section 3). During training links
are drawn from the binary concrete distribution (Maddison et al. 2017), in logarithms throughout: the kernel is never exponentiated twice.
"""

import torch
from jaxtyping import Float
from torch.nn import functional

FLOOR = -30.0  # of log links: exp(-30) is nothing beside 1, and a row of nothing but cut links is not NaN
SMALLEST = 1e-6  # probability of a link that truncation has cut: drawn now and then, so that a gradient can bring it back


def distances(receivers: Float[torch.Tensor, "*b r s"], senders: Float[torch.Tensor, "*b u s"]) -> Float[torch.Tensor, "*b r u"]:
    """Return 1 - cosine of each pair of signatures, in 0..2."""
    unit = functional.normalize(receivers, dim=-1) @ functional.normalize(senders, dim=-1).transpose(-1, -2)
    return (1 - unit).clamp(0, 2)


def probabilities(
    receivers: Float[torch.Tensor, "*b r s"], senders: Float[torch.Tensor, "*b u s"], bandwidth: float, truncation: float | None = None
) -> Float[torch.Tensor, "*b r u"]:
    """Return how likely each receiver is to listen to each sender, in 0..1; the first receivers are the senders themselves, with P = 1."""
    d = distances(receivers, senders)
    p = torch.exp(-d / bandwidth)
    if truncation is not None:
        p = torch.where(d <= truncation, p, torch.zeros_like(p))
    n = senders.shape[-2]
    own = torch.eye(receivers.shape[-2], n, device=p.device, dtype=torch.bool)
    return torch.where(own, torch.ones_like(p), p)


def drawn(p: Float[torch.Tensor, "*b r u"], temperature: float, uniform: Float[torch.Tensor, "*b r u"]) -> Float[torch.Tensor, "*b r u"]:
    """Return the logarithm of relaxed draws A = sigmoid((logit p + logit r) / T); 1[A > 0.5] is Bernoulli(p) at any T."""
    p = p.clamp(SMALLEST, 1 - SMALLEST)
    r = uniform.clamp(1e-7, 1 - 1e-7)
    logits = torch.log(p) - torch.log1p(-p) + torch.log(r) - torch.log1p(-r)
    return functional.logsigmoid(logits / temperature).clamp_min(FLOOR)


def logarithms(p: Float[torch.Tensor, "*b r u"]) -> Float[torch.Tensor, "*b r u"]:
    """Return log p, cut links at the floor."""
    return torch.log(p.clamp_min(torch.finfo(p.dtype).tiny)).clamp_min(FLOOR)
