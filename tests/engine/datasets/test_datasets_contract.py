"""What every image data set of ours must keep: an added file is tested by being there."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest

from engine import errors, registry
from engine.datasets import images

NAMES = registry.names(images.ROOM)
USABLE = [name for name in NAMES if not images.card(name).missing]
DIGITS = [name for name in NAMES if registry.card(images.ROOM, name).constants["TASK"] == "digits"]


@functools.cache
def splits(name):
    return {split: images.load(name, split) for split in images.card(name).sizes}


@pytest.mark.parametrize("name", NAMES)
def test_each_set_says_what_it_is_without_being_imported(name):
    card = registry.card(images.ROOM, name)
    assert card.title
    assert card.text
    expected = {"VERSION": int, "TASK": str, "FRAME": int, "CHANNELS": int, "SPLITS": tuple, "LICENCE": str}
    for constant, kind in {**expected, "SOURCE": str, "CITATION": str, "PREPARATION": str}.items():
        assert isinstance(card.constants[constant], kind), constant


@pytest.mark.parametrize("name", NAMES)
def test_a_set_that_cannot_be_used_says_why_and_is_refused_with_that_sentence(name):
    card = images.card(name)
    if card.missing:
        assert card.missing.endswith(".")
        with pytest.raises(errors.UserError, match="cannot be used here") as refused:
            images.load(name)
        assert refused.value.hint == card.missing


@pytest.mark.parametrize("name", USABLE)
def test_images_are_square_uint8_of_the_card_and_labels_are_classes(name):
    card = images.card(name)
    for split, loaded in splits(name).items():
        assert len(loaded) == card.sizes[split] > 0
        assert {(image.shape, image.dtype) for image in loaded.images} == {((card.frame, card.frame, card.channels), np.dtype(np.uint8))}
        assert loaded.classes == card.classes
        assert len(set(card.classes)) == len(card.classes)
        assert loaded.labels.dtype == np.int64
        assert not loaded.sources or len(loaded.sources) == len(loaded)
        assert sorted(loaded.groups) == sorted(card.groups)


@pytest.mark.parametrize("name", USABLE)
def test_no_image_is_in_two_splits_or_twice_in_one(name):
    ids = [i for loaded in splits(name).values() for i in loaded.ids]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", USABLE)
def test_loading_a_set_again_gives_the_same_split(name):
    split = images.card(name).sizes and list(images.card(name).sizes)[-1]
    again = registry.load(images.ROOM, name).load(split)
    assert again.digest == splits(name)[split].digest
    assert again.digest == images.card(name).digests[split]


@pytest.mark.parametrize("name", USABLE)
def test_what_ships_about_a_set_is_what_loading_it_gives(name):
    shipped = json.loads(images.SHIPPED.read_text())[name]
    files = registry.card(images.ROOM, name).constants.get("FILES", ())
    if any(Path(file).is_absolute() for file in files) and shipped["made_from"] != images.made_from(name):
        pytest.skip("this machine has another version of the system's file, so what ships does not count here")
    again = "run python -m engine.datasets.images._facts_make (and raise VERSION where images changed)"
    assert shipped["digests"] == {split: loaded.digest for split, loaded in splits(name).items()}, again
    assert shipped["sizes"] == {split: len(loaded) for split, loaded in splits(name).items()}, again
    assert [(tuple(shipped["classes"]), tuple(shipped["groups"]))] == list(
        {(loaded.classes, tuple(sorted(loaded.groups))) for loaded in splits(name).values()}
    ), again
    assert shipped["made_from"] == images.made_from(name), again


def test_what_is_measured_of_a_set_is_what_ships():
    assert images.measured("optdigits") == json.loads(images.SHIPPED.read_text())["optdigits"]


@pytest.mark.parametrize("name", [name for name in USABLE if len(images.card(name).sizes) > 1])
def test_every_split_of_a_set_with_splits_has_every_class(name):
    for loaded in splits(name).values():
        assert set(loaded.labels.tolist()) == set(range(len(loaded.classes)))


@pytest.mark.parametrize("name", DIGITS)
def test_digit_sets_share_classes_and_frame_and_are_large_enough(name):
    card = images.card(name)
    assert (card.classes, card.frame, card.channels) == (tuple("0123456789"), 28, 1)
    assert card.sizes["test"] >= 300
    assert card.sizes["val"] >= 200
    assert card.sizes["train"] >= 1000


def test_there_are_four_digit_sets():
    assert set(DIGITS) == {"mnist", "optdigits", "printed", "mfeat"}


def test_an_unknown_set_or_split_is_answered_with_the_nearest():
    with pytest.raises(errors.UserError, match="optdigits"):
        images.load("optdigit")
    with pytest.raises(errors.UserError, match="optdigits"):
        images.card("optdigit")
    with pytest.raises(errors.UserError, match="test"):
        images.load("mnist", "tset")


def test_a_set_of_ones_own_outside_of_the_clone_is_offered_and_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    folder = tmp_path / "extensions" / "datasets" / "images"
    folder.mkdir(parents=True)
    (folder / "stripes.py").write_text(
        '"""Stripes."""\n\n'
        "import numpy as np\n\nfrom engine.datasets.images import Images\n\n"
        'VERSION = 1\nTASK = "stripes"\nFRAME = 4\nCHANNELS = 1\nSPLITS = ("test",)\n'
        'LICENCE = "CC0"\nSOURCE = "made here"\nCITATION = ""\n\n\n'
        "def load(split):\n"
        '    """Return two stripes."""\n'
        "    images = np.zeros((2, 4, 4, 1), np.uint8)\n"
        "    images[0, 1], images[1, :, 1] = 255, 255\n"
        '    return Images(images, np.array([0, 1]), ("lying", "standing"))\n'
    )
    card = images.card("stripes")
    assert (card.sizes, card.classes) == ({"test": 2}, ("lying", "standing"))
    assert images.card("stripes").digests == {"test": images.load("stripes").digest}


def test_facts_that_were_cut_short_in_the_cache_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setattr(images, "_shipped", dict)
    images._card.cache_clear()
    first = images.card("optdigits")
    (file,) = (tmp_path / "cache" / "datasets").glob("optdigits-*.json")
    file.write_text(file.read_text()[:100])
    images._card.cache_clear()
    assert images.card("optdigits") == first


def test_a_slice_keeps_labels_ids_groups_and_sources_together():
    loaded = images.load("printed", "val")
    part = loaded[10:20]
    assert part.ids == loaded.ids[10:20] == tuple(images.example_id(image) for image in loaded.images[10:20])
    assert part.groups["family"] == loaded.groups["family"][10:20]
    assert part.sources == loaded.sources[10:20]
    assert part.digest != loaded.digest


def test_images_refuse_labels_groups_and_sources_that_do_not_fit():
    pictures, labels = list(np.zeros((2, 4, 4, 1), np.uint8)), np.array([0, 1])
    with pytest.raises(ValueError, match="1 labels for 2 images"):
        images.Images(pictures, labels[:1], ("a", "b"))
    with pytest.raises(ValueError, match=r"labels 0\.\.1 for 1 classes"):
        images.Images(pictures, labels, ("a",))
    with pytest.raises(ValueError, match="group site has 1 values for 2 images"):
        images.Images(pictures, labels, ("a", "b"), groups={"site": ("x",)})
    with pytest.raises(ValueError, match="1 sources for 2 images"):
        images.Images(pictures, labels, ("a", "b"), sources=("x",))


def test_an_example_is_named_by_shape_and_bytes():
    flat = np.arange(16, dtype=np.uint8)
    square = flat.reshape(4, 4, 1)
    assert images.example_id(square) == images.example_id(np.asfortranarray(square.copy()))
    assert images.example_id(square) != images.example_id(flat.reshape(2, 8, 1))
