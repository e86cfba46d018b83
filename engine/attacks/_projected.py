"""What the attacks by projected gradient descent share: pixel space, seeding, and foolbox behind it."""

import warnings

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import nn

from engine import errors
from engine.models import batching
from engine.models.predict import Predictor
from engine.preprocess import Pictures, Preprocess

with warnings.catch_warnings():  # foolbox imports names from where SciPy 2 will no longer have them
    warnings.simplefilter("ignore", DeprecationWarning)
    from foolbox.attacks.gradient_descent_base import BaseGradientDescent
    from foolbox.attacks.projected_gradient_descent import L2ProjectedGradientDescentAttack, LinfProjectedGradientDescentAttack
    from foolbox.models.pytorch import PyTorchModel

__all__ = ["L2ProjectedGradientDescentAttack", "LinfProjectedGradientDescentAttack", "perturbed", "relative_step", "unsupported"]

RELATIVE_STEP_AT_40 = 0.01 / 0.3  # foolbox's default step as a fraction of the budget, for its default 40 steps


class FromPixels(nn.Module):
    """A network that takes pixel values scaled to 0..1, so that a budget means the same for every network."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, module: nn.Module, preprocess: Preprocess) -> None:
        super().__init__()
        self.module = module
        self.scale = 255 * preprocess.scale
        self.register_buffer("mean", torch.tensor(preprocess.mean).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(preprocess.std).reshape(1, -1, 1, 1))

    def forward(self, pixels: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n classes"]:
        """Return the network's logits."""
        return self.module(self.as_input(pixels))

    def as_input(self, pixels: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n c h w"]:
        """Return what the network itself takes."""
        return (pixels * self.scale - self.mean) / self.std


def unsupported(predictor: Predictor) -> str | None:
    """Return why a network cannot be attacked by its gradient, None where it can."""
    if predictor.module is None:
        return "An ONNX network gives no gradient, so attacks by gradient cannot be run on it."
    return None


def relative_step(steps: int) -> float:
    """Return the step as a fraction of the budget: foolbox's default path length, whatever the number of steps."""
    return RELATIVE_STEP_AT_40 * 40 / steps


def perturbed(
    attack: BaseGradientDescent, predictor: Predictor, images: Pictures,
    labels: Int[np.ndarray, " n"], budget: float, seed: int,
) -> Float32[np.ndarray, "n c h w"]:  # fmt: skip
    """Return the attacked batch as the network takes it.

    Images go through in pieces of the size that `batching.first` finds, each seeded alike. An image that is misclassified as
    it is, and that the attack would by chance put right, is left as it is, so that adversarial accuracy never exceeds
    accuracy. The same images, labels and seed give the same result.

    Raises:
        UserError: for a network without a gradient, with the sentence of `unsupported`.
    """
    if reason := unsupported(predictor):
        raise errors.UserError(reason, "Bring it as safetensors with the name of an architecture.")
    assert predictor.module is not None
    network = FromPixels(predictor.module, predictor.card.preprocess).eval().to(predictor.device)
    pixels = predictor.card.preprocess.pixels(images).transpose(0, 3, 1, 2).astype(np.float32) / 255
    if not len(pixels):
        return pixels
    target = torch.from_numpy(np.asarray(labels, np.int64))
    size = batching.first(predictor).size
    found = [
        _piece(attack, network, clean.to(predictor.device), wanted.to(predictor.device), budget, seed)
        for clean, wanted in zip(torch.from_numpy(np.ascontiguousarray(pixels)).split(size), target.split(size), strict=True)
    ]
    return np.concatenate(found)


def _piece(
    attack: BaseGradientDescent, network: FromPixels, clean: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"],
    budget: float, seed: int,
) -> Float32[np.ndarray, "n c h w"]:  # fmt: skip
    with torch.random.fork_rng(_generators(clean.device)):  # foolbox draws its random start from torch's global generator
        torch.manual_seed(seed)
        found = attack.run(PyTorchModel(network, bounds=(0, 1), device=clean.device), clean, labels, epsilon=budget)
    with torch.inference_mode():
        put_right = ~_correct(network, clean, labels) & _correct(network, found, labels)
        return network.as_input(torch.where(put_right[:, None, None, None], clean, found)).cpu().numpy()


def _generators(device: torch.device) -> list[torch.device]:
    return [device] if device.type == "cuda" else []


def _correct(network: nn.Module, pixels: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"]) -> Bool[torch.Tensor, " n"]:
    return network(pixels).argmax(1) == labels
