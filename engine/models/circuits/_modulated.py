"""Linear maps whose weights depend on a code: one set of base weights, as many different modules as there are codes."""

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

GAIN = 0.1  # at the start every module is almost the same plain linear map, then they grow apart


class ModFC(nn.Module):
    """y = W (x * a(c)) + b, with a(c) = 1 + g LN(W_c c) by default (NAC), or a(c) = LN(W_c c) (the form of Neural Interpreters).

    Without codes (`code` 0) it is a plain linear map. LN has no scale or shift of its own.
    """

    def __init__(self, inputs: int, outputs: int, code: int, *, one_plus: bool = True) -> None:
        super().__init__()
        self.base = nn.Linear(inputs, outputs)
        nn.init.zeros_(self.base.bias)
        self.one_plus = one_plus
        self.scale = nn.Linear(code, inputs, bias=False) if code else None
        self.gain = nn.Parameter(torch.tensor(GAIN)) if code and one_plus else None

    def forward(self, x: Float[torch.Tensor, "*n u i"], codes: Float[torch.Tensor, "*b u c"]) -> Float[torch.Tensor, "*n u o"]:
        """Return each module's answer to its own input; codes are shared by the batch, or one set an example."""
        if self.scale is None:
            return self.base(x)
        return self.base(x * self.factors(codes))

    def factors(self, codes: Float[torch.Tensor, "*b u c"]) -> Float[torch.Tensor, "*b u i"]:
        """Return a(c), the factors of the input's entries."""
        assert self.scale is not None
        found = functional.layer_norm(self.scale(codes), (self.base.in_features,))
        return found if self.gain is None else 1 + self.gain * found


class ModFFN(nn.Module):
    """x + ModFC(GELU(ModFC(LN x)))."""

    def __init__(self, width: int, hidden: int, code: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first, self.second = ModFC(width, hidden, code), ModFC(hidden, width, code)

    def forward(self, x: Float[torch.Tensor, "b u d"], codes: Float[torch.Tensor, "*b u c"]) -> Float[torch.Tensor, "b u d"]:
        """Return the states after the perceptron."""
        return x + self.second(functional.gelu(self.first(self.norm(x), codes)), codes)
