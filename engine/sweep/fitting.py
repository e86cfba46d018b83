"""How the sweep trains: letters once for each architecture, then one network from a cell of the grid."""

import functools
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from engine import errors, hashing, registry
from engine.datasets import images
from engine.datasets.images import Images, _letters
from engine.models import _weights, predict
from engine.sweep.spec import ARCHITECTURES, CLASSES, PASSES, PREPROCESS, Job, trunk_file
from engine.training import _augmentation, _store
from engine.training._loop import Examples, Plan, Progress, fit, outputs

LETTERS_SEED = 0
PASSES_SEED = 20220719


def learn_letters(architecture: str) -> Iterator[Progress]:
    """Pre-train an architecture on rendered letters, as the recipe `digits` does; only the trunk is kept, in half precision."""
    settings = ARCHITECTURES[architecture]
    assert settings.letters is not None, architecture
    epochs, learning_rate = settings.letters
    train, val = _letters.load("train"), _letters.load("val")
    module = fresh(architecture, len(train.classes), LETTERS_SEED)
    last = None
    for last in fit(module, examples(train), examples(val), Plan(epochs, learning_rate, augmentation="affine"), LETTERS_SEED):
        yield last
    assert last is not None
    trunk = {name: value for name, value in module.state_dict().items() if name.startswith("trunk.")}
    measured = {"accuracy": round(last.accuracy, 4), "nll": round(last.nll, 4)}
    said = {"trained_on": "rendered letters", "data": train.digest, "seed": LETTERS_SEED, "epochs": epochs, "val": measured}
    _store.write_weights(trunk_file(architecture), _store.half(trunk), said)


def fresh(architecture: str, classes: int, seed: int) -> nn.Module:
    """Return an untrained network whose first weights depend on the seed alone."""
    torch.manual_seed(seed)
    settings = ARCHITECTURES[architecture]
    module = registry.load(predict.ROOM, architecture).build(classes, PREPROCESS.channels, PREPROCESS.size, **settings.options)
    return module.to(memory_format=torch.channels_last) if settings.channels_last else module


def examples(data: Images) -> Examples:
    """Return a split as a network takes it."""
    return Examples(torch.from_numpy(PREPROCESS(data.images)), torch.from_numpy(np.asarray(data.labels, np.int64)))


def fitted(job: Job) -> nn.Module:
    """Return the trained network of a cell, in evaluation mode.

    Raises:
        UserError: where the architecture's trunk is missing.
    """
    module = fresh(job.architecture, len(CLASSES), job.seed)
    if job.regime != "scratch":
        module.load_state_dict({**module.state_dict(), **_learned(job.architecture)}, strict=True)
    chosen = torch.from_numpy(subset(_train(job.domain).labels.numpy(), job.images_per_class, job.seed))
    if job.regime == "head":
        _exhaust(fit(module.get_submodule("head"), _features(job, chosen), None, _head_plan(job), job.seed))
        return module.eval()
    everything = _train(job.domain)
    plan = Plan(job.length.epochs, job.learning_rate, job.length.batch, job.augmentation)
    _exhaust(fit(module, Examples(everything.inputs[chosen], everything.labels[chosen]), None, plan, job.seed))
    return module


def _exhaust(steps: Iterator[Progress]) -> None:
    for _ in steps:
        pass


def subset(labels: Int[np.ndarray, " n"], per_class: str, seed: int) -> Int[np.ndarray, " chosen"]:
    """Return the places of the training images: all, or so many of each class (fewer where it has fewer), drawn by the seed.

    The ten of a class are among its hundred. Wenzel et al. took the first N in storage order, one draw for all networks.
    """
    if per_class == "full":
        return np.arange(len(labels))
    rng = np.random.default_rng(int(hashing.of_parts("few-shot", seed), 16))
    orders = [rng.permutation(np.flatnonzero(labels == k)) for k in range(len(CLASSES))]
    return np.sort(np.concatenate([order[: int(per_class)] for order in orders]))


def _head_plan(job: Job) -> Plan:
    """Return the plan for a head: augmented passes lie side by side in its training set, so it goes over them less often."""
    epochs = job.length.epochs if job.augmentation == "none" else job.length.epochs // PASSES
    return Plan(epochs, job.learning_rate, job.length.batch)


def _features(job: Job, chosen: Int[torch.Tensor, " n"]) -> Examples:
    passes = frozen_features(job.architecture, job.domain, job.augmentation)
    labels = _train(job.domain).labels[chosen]
    return Examples(passes[:, chosen].flatten(0, 1), labels.repeat(len(passes)))


@functools.lru_cache(maxsize=4)
def frozen_features(architecture: str, domain: str, augmentation: str) -> Float[torch.Tensor, "passes n features"]:
    """Return the letters-trained trunk's features of a training split: once as it is, or of several augmented passes over it.

    The passes are the same for all heads, whatever their seed.
    """
    trunk = frozen_trunk(architecture)
    pictures = _train(domain).inputs
    if augmentation == "none":
        return outputs(trunk, pictures)[None]
    generator = torch.Generator().manual_seed(PASSES_SEED)
    augmented = _augmentation.AUGMENTATIONS[augmentation]
    return torch.stack([outputs(trunk, torch.cat([augmented(part, generator) for part in pictures.split(64)])) for _ in range(PASSES)])


@functools.lru_cache(maxsize=2)
def frozen_trunk(architecture: str) -> nn.Module:
    """Return the letters-trained trunk, made for inference."""
    module = fresh(architecture, len(CLASSES), 0)
    module.load_state_dict({**module.state_dict(), **_learned(architecture)}, strict=True)
    return for_inference(architecture, module.eval()).get_submodule("trunk")


def for_inference(architecture: str, module: nn.Module) -> nn.Module:
    """Return the network, changed in place, as it answers fastest."""
    faster = getattr(registry.load(predict.ROOM, architecture), "for_inference", None)
    return faster(module) if faster else module


@functools.lru_cache(maxsize=16)
def _learned(architecture: str) -> dict[str, torch.Tensor]:
    file = trunk_file(architecture)
    if not file.is_file():
        raise errors.UserError(f"The trunk of {architecture} that learned letters is missing ({file}).", "Learn it: python -m engine sweep --letters")
    return {name: value.float() if value.is_floating_point() else value for name, value in _weights.read(file).items()}


@functools.lru_cache(maxsize=2)
def _train(domain: str) -> Examples:
    return examples(images.load(domain, "train"))
