"""The sets of ImageNet's classes, and Fashion-MNIST."""

import gzip
import importlib
import zipfile

import numpy as np
import pytest
from PIL import Image

from engine.datasets import images
from engine.datasets.images import _imagenet_make, _photos, emoji, fashion_mnist, photos_skimage

NEEDS_EMOJI = pytest.mark.skipif(bool(images.card("emoji").missing), reason="the emoji font is not installed")
NEEDS_FASHION = pytest.mark.skipif(bool(images.card("fashion_mnist").missing), reason="Fashion-MNIST is not installed")


def test_there_are_1000_different_class_names_in_the_order_of_the_networks():
    names = _photos.classes()
    assert len(names) == len(set(names)) == 1000
    # Landmarks that every list of ImageNet's classes agrees on.
    assert [names[i] for i in (0, 1, 207, 281, 404, 817, 954, 999)] == [
        "tench", "goldfish", "golden retriever", "tabby", "airliner", "sports car", "banana", "toilet tissue",
    ]  # fmt: skip


def test_class_names_are_made_from_the_wheels_tables(tmp_path):
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{_imagenet_make.FOLDER}/imagenet_synsets.txt", "n02\nn01\n")
        archive.writestr(f"{_imagenet_make.FOLDER}/imagenet_synset_to_lemma.txt", "n01\ttench, Tinca\nn02\tgoldfish\n")
    _imagenet_make.make(wheel, tmp_path / "classes.txt")
    assert (tmp_path / "classes.txt").read_text() == "tench\ngoldfish\n"


def test_foolboxs_labels_are_those_of_its_file_names():
    loaded = images.load("imagenet_foolbox")
    assert len(loaded) == 20
    shown = {source: loaded.classes[label] for source, label in zip(loaded.sources, loaded.labels, strict=True)}
    assert shown["imagenet_00_243.jpg"] == "bull mastiff"
    assert shown["imagenet_17_22.jpg"] == "bald eagle"


def test_a_photo_is_the_middle_of_the_photo(tmp_path):
    wide = np.zeros((300, 900, 3), np.uint8)
    wide[:, 300:600] = 200  # the middle square
    Image.fromarray(wide).save(tmp_path / "wide.png")
    photo = _photos.photo(tmp_path / "wide.png")
    assert photo.shape == (256, 256, 3)
    assert (photo == 200).all()


def test_photos_of_scikit_image_are_labelled_with_imagenets_names():
    loaded = images.load("photos_skimage")
    assert [loaded.classes[label] for label in loaded.labels] == list(photos_skimage.LABELS.values())


@NEEDS_EMOJI
def test_emoji_cover_some_classes_and_say_which():
    loaded = images.load("emoji")
    assert set(loaded.classes) <= set(_photos.classes())
    assert list(loaded.classes) == sorted(loaded.classes, key=_photos.classes().index)
    assert set(loaded.labels.tolist()) == set(range(len(loaded.classes)))
    assert len(loaded) == sum(map(len, emoji.EMOJI.values()))


@NEEDS_EMOJI
def test_each_emoji_is_drawn_in_colour_on_white():
    for image in images.load("emoji").images:
        assert (image[[0, -1]] == 255).all()
        assert (image.min(axis=2) < 250).mean() > 0.03


def test_emoji_count_is_what_the_card_says():
    assert f"{sum(map(len, emoji.EMOJI.values()))} drawings" in images.card("emoji").text
    assert f"{len(emoji.EMOJI)} ImageNet classes" in images.card("emoji").text


def test_what_is_missing_is_said_with_the_package_to_install(monkeypatch):
    monkeypatch.setattr(emoji, "FILES", ("/nowhere/font.ttf",))
    monkeypatch.setattr(fashion_mnist, "FILES", ("/nowhere/a.gz",))
    assert "fonts-noto-color-emoji" in images.card("emoji").missing
    assert "dataset-fashion-mnist" in images.card("fashion_mnist").missing
    assert images.card("emoji").sizes == {}


def test_idx_files_are_read_by_their_header(tmp_path):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    header = bytes([0, 0, 8, 3]) + np.array([2, 3, 4], ">u4").tobytes()
    (tmp_path / "a.gz").write_bytes(gzip.compress(header + values.tobytes()))
    assert np.array_equal(fashion_mnist._idx(tmp_path / "a.gz"), values)


@NEEDS_FASHION
def test_fashion_mnist_is_whole():
    assert images.card("fashion_mnist").sizes == {"train": 50_000, "val": 10_000, "test": 10_000}
    test = images.load("fashion_mnist")
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert test.classes[int(test.labels[0])] == "ankle boot"  # the first test image, as in its makers' examples


@pytest.mark.parametrize("name", ["imagenet_foolbox", "photos_skimage", "mnist", "optdigits", "printed"])
def test_sets_from_packages_say_which_to_install(name, monkeypatch):
    module = importlib.import_module(f"engine.datasets.images.{name}")
    monkeypatch.setattr("engine.datasets.images._images.package_folder", lambda package: None)
    assert "pip install" in module.missing()
