"""What is shipped in the weights folder: it loads, does what its card says, and stays small."""

from pathlib import Path

import numpy as np
import pytest

from engine import networks, places, registry
from engine.datasets import images
from engine.models import batching, predict
from engine.training import _store

SHIPPED = [card for card in networks.cards() if card.source == "shipped"]
CARDS = [card for card in SHIPPED if card.recipe.startswith("python -m engine train digits")]
SMALL = [card for card in CARDS if card.architecture != "efficientnet_lite"]


def val_accuracy(card: networks.Card) -> float:
    predictor = predict.load(card, "cpu")
    val = images.load(str(card.trained_on), "val")
    logits = batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))
    return float((logits.argmax(axis=1) == val.labels).mean())


def test_every_architecture_is_shipped_for_every_digit_domain() -> None:
    made = {(card.architecture, card.trained_on) for card in CARDS}
    assert len({architecture for architecture, _ in made}) == 7
    assert len(made) == 7 * 4


@pytest.mark.parametrize("card", SMALL, ids=lambda card: card.name)
def test_a_shipped_network_reproduces_its_recorded_validation_accuracy(card: networks.Card) -> None:
    assert val_accuracy(card) == pytest.approx(card.metrics["val_accuracy"], abs=1e-6)


def test_a_head_on_a_packaged_trunk_reproduces_its_recorded_validation_accuracy() -> None:
    card = networks.card("efficientnet_lite0-optdigits-head-s0")
    assert val_accuracy(card) == pytest.approx(card.metrics["val_accuracy"], abs=1e-6)


@pytest.mark.parametrize("domain", sorted({str(card.trained_on) for card in CARDS}))
def test_no_small_network_trained_as_a_whole_is_below_the_linear_one(domain: str) -> None:
    mine = [card for card in SMALL if card.trained_on == domain and card.attributes["regime"] != "head" and card.architecture != "linear"]
    linear = networks.card(f"linear-{domain}-scratch-s0").metrics["val_accuracy"]
    assert [card.name for card in mine if card.metrics["val_accuracy"] < linear - 1e-6] == []


def test_digests_are_those_of_the_files() -> None:
    for card in SHIPPED:
        if card.package is None:
            assert card.digest == _store.digest([places.weights() / name for name in card.weights]), card.name


def test_every_weight_file_belongs_to_a_card_and_all_are_small_together() -> None:
    named = {name for card in SHIPPED for name in card.weights}
    files = {path.name for path in places.weights().glob("*.safetensors")}
    timelines = {f"{card.name}.timeline.safetensors" for card in SHIPPED if card.architecture in registry.names("models/circuits")}
    spare = {name for name in files - named - timelines if not name.startswith("letters-")}
    assert spare == set()
    assert named <= files
    sizes = {path: path.stat().st_size for path in Path(places.weights()).rglob("*")}
    own = [path for path in sizes if path.name.startswith(("nac-", "ni-")) or path.parent.name == "circuits"]  # they have room of their own
    circuits = sum(sizes[path] for path in own)
    assert sum(sizes.values()) - circuits <= 12_000_000
    assert circuits <= 2_000_000


def test_cards_say_where_they_come_from() -> None:
    for card in SHIPPED:
        assert card.recipe.startswith("python -m engine train "), card.name
        assert card.licence.startswith("Apache-2.0"), card.name
        assert {"architecture", "regime", "pretrained", "augmentation", "seed", "epochs", "learning_rate", "train_images"} <= card.attributes.keys()
        assert np.isfinite(list(card.metrics.values())).all()
