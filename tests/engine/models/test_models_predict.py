"""Loading networks: what is read, what is refused, and what a predictor promises."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine import errors, networks, registry
from engine.datasets import images
from engine.models import batching, predict
from engine.preprocess import Preprocess

SMALL = [name for name in registry.names("models/classifiers") if name != "efficientnet_lite"]
CLASSES = tuple("0123456789")


def card(architecture: str = "cnn", weights: tuple[str, ...] = ("w.safetensors",), **changes) -> networks.Card:
    fields = {
        "name": "mine", "title": "Mine", "architecture": architecture, "preprocess": Preprocess(size=28, channels=1), "classes": CLASSES,
        "weights": weights, "digest": "0" * 16, "source": "brought",
    }  # fmt: skip
    return networks.Card.model_validate({**fields, **changes})


def saved(folder: Path, architecture: str = "cnn", *, half: bool = False, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    module = predict.build(card(architecture)).eval()
    state = {key: value.half() if half and value.is_floating_point() else value for key, value in module.state_dict().items()}
    save_file(state, folder / "w.safetensors")
    return module


def batch(n: int = 3) -> np.ndarray:
    return np.random.default_rng(0).random((n, 1, 28, 28), np.float32)


@pytest.mark.parametrize("architecture", SMALL)
def test_a_network_answers_the_same_after_saving_and_loading(architecture: str, tmp_path: Path) -> None:
    module = saved(tmp_path, architecture)
    predictor = predict.load(card(architecture), "cpu", tmp_path)
    with torch.no_grad():
        expected = module(torch.from_numpy(batch())).numpy()
    assert np.allclose(predictor(batch()), expected, atol=1e-5)


def test_half_precision_weights_are_used_in_single_precision(tmp_path: Path) -> None:
    saved(tmp_path, half=True)
    predictor = predict.load(card(), "cpu", tmp_path)
    assert predictor.module is not None
    assert {value.dtype for value in predictor.module.state_dict().values()} == {torch.float32}
    assert predictor(batch()).dtype == np.float32


def test_of_several_weight_files_the_later_one_wins(tmp_path: Path) -> None:
    saved(tmp_path)
    bias = torch.arange(10.0)
    save_file({"head.bias": bias, "head.weight": torch.zeros(10, 576)}, tmp_path / "head.safetensors")
    predictor = predict.load(card(weights=("w.safetensors", "head.safetensors")), "cpu", tmp_path)
    assert np.allclose(predictor(batch(2)), np.stack([bias.numpy()] * 2))


@pytest.mark.parametrize("name", ["net.pt", "net.PTH", "net.pickle", "net.pkl", "net.pt2", "net.ckpt", "net.bin"])
def test_files_that_can_hold_code_are_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / name)
    with pytest.raises(errors.UserError, match="can hold code") as caught:
        predict.load(card(weights=(name,)), "cpu", tmp_path)
    assert "safetensors" in caught.value.hint


def test_a_pickle_under_the_name_of_safetensors_is_not_executed(tmp_path: Path) -> None:
    torch.save({"head.bias": torch.zeros(10)}, tmp_path / "w.safetensors")
    with pytest.raises(errors.UserError, match="cannot be read"):
        predict.load(card(), "cpu", tmp_path)


@pytest.mark.parametrize("kept", [0, 7, 100, 5000, -1])
def test_truncated_weights_are_a_sentence(kept: int, tmp_path: Path) -> None:
    saved(tmp_path)
    whole = (tmp_path / "w.safetensors").read_bytes()
    (tmp_path / "w.safetensors").write_bytes(whole[:kept])
    with pytest.raises(errors.UserError, match="cut short"):
        predict.load(card(), "cpu", tmp_path)


def test_weights_of_another_architecture_say_what_is_missing_and_what_is_too_much(tmp_path: Path) -> None:
    saved(tmp_path, "mlp")
    with pytest.raises(errors.UserError, match=r"are missing.*belong to no layer") as caught:
        predict.load(card("vit"), "cpu", tmp_path)
    assert "architecture" in caught.value.hint


def test_a_wrong_number_of_classes_says_both_shapes(tmp_path: Path) -> None:
    saved(tmp_path, "linear")
    with pytest.raises(errors.UserError, match=r"\[10, 784\] instead of \[3, 784\]"):
        predict.load(card("linear", classes=("a", "b", "c")), "cpu", tmp_path)


@pytest.mark.parametrize("name", ["../w.safetensors", "/etc/hostname.safetensors"])
def test_weights_outside_the_networks_folder_are_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    saved(tmp_path)
    with pytest.raises(errors.UserError, match="outside"):
        predict.load(card(weights=(name,)), "cpu", folder)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="is missing"):
        predict.load(card(), "cpu", tmp_path)


def test_a_card_without_weights_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="names no weights"):
        predict.load(card(weights=()), "cpu", tmp_path)


def test_an_unknown_option_is_a_sentence(tmp_path: Path) -> None:
    saved(tmp_path)
    with pytest.raises(errors.UserError, match="cannot be built"):
        predict.load(card(options={"colour": "red"}), "cpu", tmp_path)


def test_an_unknown_architecture_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="resnet"):
        predict.load(card("resnett"), "cpu", tmp_path)


def test_another_layout_is_refused_for_torch_networks(tmp_path: Path) -> None:
    saved(tmp_path)
    with pytest.raises(errors.UserError, match="nchw"):
        predict.load(card(preprocess=Preprocess(size=28, channels=1, layout="nhwc")), "cpu", tmp_path)


def test_outputs_that_do_not_match_the_class_names_are_refused(tmp_path: Path) -> None:
    predictor = predict.Predictor(card("linear", classes=("a", "b")), "cpu", saved(tmp_path, "linear"))
    with pytest.raises(errors.UserError, match="names 2 classes"):
        predictor(batch())


def test_auto_takes_the_first_device_and_cpu_is_always_there() -> None:
    assert predict.choose("auto") == next(iter(predict.devices()))
    assert predict.choose("cpu") == "cpu"


def test_a_device_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(errors.UserError, match=r"It has: .*cpu"):
        predict.choose("cuda:99")


def test_only_the_known_packages_can_carry_weights(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="no package"):
        predict.load(card("efficientnet_lite", (), package="antigravity", preprocess=Preprocess(size=64)), "cpu", tmp_path)


def test_efficientnet_lite0_recognises_18_of_the_20_photos_of_foolbox() -> None:
    # 18 of 20 is what the package's own class reaches with these weights and this preprocessing
    predictor = predict.load(networks.card("efficientnet_lite0"), "cpu")
    photos = images.load("imagenet_foolbox", "test")
    logits = batching.predict(predictor, photos.images, predictor.card.preprocess, batching.first(predictor))
    named = [predictor.card.classes[i] for i in logits.argmax(axis=1)]
    assert sum(name == photos.classes[label] for name, label in zip(named, photos.labels, strict=True)) == 18
