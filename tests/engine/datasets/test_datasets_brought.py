"""What people bring: whatever is wrong with it has its sentence, the rest comes in, and nothing half-made stays."""

import json
import resource
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engine import errors, places
from engine.datasets import images
from engine.datasets.images import _brought, _pictures
from tests.engine.datasets._files import folder_of, nothing_half_made, png, two_classes, zip_of


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Give every test a home of its own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TOUCHSTONE_HOME", str(folder))
    return folder


# --- the three kinds ------------------------------------------------------------------------------------------------


def test_a_folder_of_class_folders_becomes_a_set(tmp_path, home):
    card = _brought.bring(folder_of(tmp_path / "in", two_classes()), "pets", title="Pets", frame=8, licence="CC0")
    assert card["classes"] == ("cat", "dog")
    assert images.names()[-1] == "pets"
    about = images.card("pets")
    assert (about.title, about.sizes, about.frame, about.brought, about.licence) == ("Pets", {"test": 6}, 8, True, "CC0")
    loaded = images.load("pets")
    assert loaded.images.shape == (6, 8, 8, 3)
    assert sorted(loaded.sources) == sorted(two_classes())
    assert about.digests["test"] == loaded.digest
    assert tuple(images.example_id(image) for image in loaded.images) == loaded.ids
    for label, source in zip(loaded.labels, loaded.sources, strict=True):
        assert source.startswith(loaded.classes[label])
    assert nothing_half_made(home)


def test_a_picture_comes_in_as_it_was_where_it_has_the_frames_size(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    (tmp_path / "in" / "a").mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "in" / "a" / "x.png")
    _brought.bring(tmp_path / "in", "one", frame=8)
    assert np.array_equal(images.load("one").images[0], pixels)


def test_a_zip_gives_the_same_set_as_its_folder(tmp_path):
    files = two_classes("wrapped/")
    _brought.bring(folder_of(tmp_path / "in", files), "as folder", frame=8)
    _brought.bring(zip_of(tmp_path / "in.zip", files), "as zip", frame=8)
    assert images.card("as folder").digests == images.card("as zip").digests


def test_a_parquet_file_gives_the_same_pictures_whether_bytes_or_struct(tmp_path):
    content = [png(i) for i in range(4)]
    plain = pd.DataFrame({"image": content, "label": [0, 1, 0, 1], "site": ["a", "b", "b", None]})
    nested = pd.DataFrame({"image": [{"bytes": c, "path": "x.png"} for c in content], "label": ["0", "1", "0", "1"]})
    plain.to_parquet(tmp_path / "plain.parquet")
    nested.to_parquet(tmp_path / "nested.parquet")
    _brought.bring(tmp_path / "plain.parquet", "plain", frame=8, group_columns=("site",))
    _brought.bring(tmp_path / "nested.parquet", "nested", frame=8)
    assert images.card("plain").digests == images.card("nested").digests
    assert images.card("plain").groups == ("site",)
    loaded = images.load("plain")
    shown = dict(zip(loaded.sources, loaded.groups["site"], strict=True))
    assert shown == {"row 0": "a", "row 1": "b", "row 2": "b", "row 3": ""}


def test_columns_of_a_parquet_file_can_be_chosen(tmp_path):
    frame = pd.DataFrame({"thumb": [png(9)] * 2, "scan": [png(1), png(2)], "kind": ["x", "y"], "split": ["train", "test"]})
    frame.to_parquet(tmp_path / "t.parquet")
    seen = images.preview(tmp_path / "t.parquet", image_column="scan", label_column="kind")
    assert seen.columns == ("thumb", "scan", "kind", "split")
    assert seen.splits == {"train": 1, "test": 1}
    _brought.bring(tmp_path / "t.parquet", "t", image_column="scan", label_column="kind", frame=8)
    assert images.card("t").sizes == {"train": 1, "test": 1}


def test_parquet_columns_that_are_not_there_are_answered_with_those_that_are(tmp_path):
    pd.DataFrame({"photo": [png()], "word": ["a"]}).to_parquet(tmp_path / "t.parquet")
    pd.DataFrame({"number": [1.5], "label": ["a"]}).to_parquet(tmp_path / "u.parquet")
    with pytest.raises(errors.UserError, match="no column of labels by a usual name; its columns are photo, word"):
        images.preview(tmp_path / "t.parquet")
    with pytest.raises(errors.UserError, match="no column of pictures as bytes; its columns are number, label"):
        images.preview(tmp_path / "u.parquet")
    with pytest.raises(errors.UserError, match="word"):
        images.preview(tmp_path / "t.parquet", label_column="words")


def test_an_npz_of_arrays_becomes_a_set(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.array([[0], [1], [0], [1], [2]]), classes=["a", "b", "c"])
    card = _brought.bring(tmp_path / "a.npz", "a", frame=8, channels=1)
    assert card["classes"] == ("a", "b", "c")
    loaded = images.load("a")
    for image, source in zip(loaded.images, loaded.sources, strict=True):
        assert np.array_equal(image[:, :, 0], pixels[int(source[len("images[") : -1])])


@pytest.mark.parametrize("names", [("x_train", "y_train", "x_test", "y_test"),
                                   ("train_images", "train_labels", "test_images", "test_labels")])  # fmt: skip
def test_an_npz_with_an_array_a_split_keeps_its_splits(tmp_path, names):
    rng = np.random.default_rng(0)
    arrays = dict(zip(names, (rng.integers(0, 256, (4, 8, 8, 3)).astype(np.uint8), np.arange(4) % 2,
                              rng.integers(0, 256, (2, 8, 8, 3)).astype(np.uint8), np.arange(2)), strict=True))  # fmt: skip
    np.savez(tmp_path / "a.npz", **arrays)
    assert _brought.bring(tmp_path / "a.npz", "a", frame=8)["sizes"] == {"train": 4, "test": 2}


def test_channels_first_and_fractions_are_understood_and_said(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels.transpose(0, 3, 1, 2) / np.float32(255), labels=np.arange(3))
    card = _brought.bring(tmp_path / "a.npz", "a", frame=8)
    assert "channels x height x width" in card["preparation"]
    assert "multiplied by 255" in card["preparation"]
    found = {tuple(image.ravel()) for image in images.load("a").images}
    assert found == {tuple(image.ravel()) for image in pixels}


# --- splits, mapping, framing ----------------------------------------------------------------------------------------


def test_split_folders_keep_their_splits_and_equal_pictures_stay_in_test(tmp_path):
    files = {**two_classes("train/"), **{k: png(50 + i) for i, k in enumerate(two_classes("validation/"))}}
    files |= {"test/cat/9.png": png(0), "test/dog/9.png": png(99)}  # the first is train/cat/0.png again
    card = _brought.bring(folder_of(tmp_path / "in", files), "s", frame=8)
    assert card["sizes"] == {"train": 5, "val": 6, "test": 2}
    assert "1 left out, equal to another picture: train/cat/0.png." in card["skipped"]
    assert "test/cat/9.png" in images.load("s").sources


@pytest.mark.parametrize(("found", "becomes"), [(("train",), {"test": 6}), (("train", "val"), {"train": 6, "test": 6})])
def test_a_set_without_a_test_split_gets_one(tmp_path, found, becomes):
    files = {f"{s}/{k}": png(100 * j + i) for j, s in enumerate(found) for i, k in enumerate(two_classes())}
    assert _brought.bring(folder_of(tmp_path / "in", files), "s", frame=8)["sizes"] == becomes


def test_shares_are_drawn_by_class(tmp_path):
    card = _brought.bring(folder_of(tmp_path / "in", two_classes(n=10)), "s", frame=8, train_share=0.6, val_share=0.2)
    assert card["sizes"] == {"train": 12, "val": 4, "test": 4}
    assert np.bincount(images.load("s", "val").labels).tolist() == [2, 2]


@pytest.mark.parametrize("shares", [(1.0, 0.0), (0.6, 0.5), (-0.1, 0.0)])
def test_shares_that_leave_no_test_split_are_refused(tmp_path, shares):
    with pytest.raises(errors.UserError, match="leave nothing to test"):
        _brought.bring(folder_of(tmp_path / "in", two_classes()), "s", train_share=shares[0], val_share=shares[1])


def test_classes_are_mapped_ordered_as_known_and_the_rest_is_left_out(tmp_path):
    files = {**two_classes(), "kitten/1.png": png(70), "tree/1.png": png(71)}
    mapping = {"cat": "tabby", "kitten": "tabby", "dog": "pug", "tree": None}
    known = ("pug", "beagle", "tabby")
    card = _brought.bring(folder_of(tmp_path / "in", files), "s", mapping=mapping, known=known, frame=8, task="imagenet")
    assert (card["classes"], card["task"]) == (("pug", "tabby"), "imagenet")
    assert "1 left out, of classes that were not chosen: tree: tree/1.png." in card["skipped"]
    assert np.bincount(images.load("s").labels).tolist() == [3, 4]


def test_a_mapping_that_chooses_nothing_is_refused_and_leaves_nothing(tmp_path, home):
    with pytest.raises(errors.UserError, match="No picture could be taken in"):
        _brought.bring(folder_of(tmp_path / "in", two_classes()), "s", mapping={})
    assert images.names()[-1] != "s"
    assert nothing_half_made(home)


def test_numbered_classes_count_as_people_do(tmp_path):
    files = {f"{i}/x.png": png(i) for i in (10, 2, 1)}
    assert _brought.bring(folder_of(tmp_path / "in", files), "s", frame=8)["classes"] == ("1", "2", "10")


def test_suggestions_are_equal_names_then_places_then_the_nearest():
    known = ("tabby", "Egyptian cat", "golden retriever", "jack-o'-lantern")
    assert images.suggest(["TABBY", "egyptian_cat", "golden retreiver", "helicopter"], known) == {
        "TABBY": "tabby", "egyptian_cat": "Egyptian cat", "golden retreiver": "golden retriever", "helicopter": None,
    }  # fmt: skip
    assert images.suggest(["0", "2", "7"], known) == {"0": "tabby", "2": "golden retriever", "7": None}
    assert images.suggest(["3", "11"], tuple("0123456789")) == {"3": "3", "11": None}


def test_padding_keeps_all_of_a_wide_picture():
    wide = np.full((10, 40, 3), 200, np.uint8)
    padded = _pictures.canonical(wide, 40, 3, "pad")
    assert (padded[15:25] == 200).all()
    assert padded[:15].max() == padded[25:].max() == 0


def test_dark_ink_on_paper_can_be_framed_as_the_digit_sets_are(tmp_path):
    paper = np.full((50, 50), 255, np.uint8)
    paper[10:30, 5:15] = 0
    (tmp_path / "in" / "1").mkdir(parents=True)
    Image.fromarray(paper).save(tmp_path / "in" / "1" / "a.png")
    Image.fromarray(np.full((9, 9), 255, np.uint8)).save(tmp_path / "in" / "1" / "blank.png")
    card = _brought.bring(tmp_path / "in", "s", frame=28, channels=1, fit="digits", invert=True, task="digits")
    expected = np.zeros((28, 28, 1), np.uint8)
    expected[4:24, 9:19] = 255
    assert np.array_equal(images.load("s").images[0], expected)
    assert "1 left out, without ink: every pixel is black: 1/blank.png." in card["skipped"]


@pytest.mark.parametrize("wrong", [{"frame": 2}, {"frame": 5000}, {"channels": 2}, {"fit": "croop"}, {"fit": "digits"}])
def test_a_frame_that_cannot_be_had_is_refused(tmp_path, wrong):
    with pytest.raises(errors.UserError):
        _brought.bring(folder_of(tmp_path / "in", two_classes()), "s", **wrong)


# --- names ------------------------------------------------------------------------------------------------------------


def test_names_and_classes_may_be_unicode_and_long(tmp_path):
    name, label = "猫と犬 · été №7 " + "x" * 80, "ねこ" * 40
    _brought.bring(folder_of(tmp_path / "in", {f"{label}/ü.png": png()}), name, frame=8)
    assert images.card(name).classes == (label,)
    assert images.load(name).sources == (f"{label}/ü.png",)
    _brought.remove(name)
    assert name not in images.names()


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..\\b", "x" * 101, "a\x00b", "a\u202eb"])
def test_names_that_could_mislead_are_refused(tmp_path, name):
    with pytest.raises(errors.UserError, match="cannot name a data set"):
        _brought.bring(folder_of(tmp_path / "in", two_classes()), name)


@pytest.mark.parametrize("name", ["pets", "PETS", " pets ", "mnist"])
def test_a_name_that_is_taken_is_refused_and_the_set_that_has_it_stays(tmp_path, name):
    source = folder_of(tmp_path / "in", two_classes())
    before = _brought.bring(source, "pets", frame=8)
    with pytest.raises(errors.UserError, match="already"):
        _brought.bring(source, name, frame=16)
    assert images.card("pets").digests == before["digests"]


def test_no_name_of_a_set_is_part_of_a_path(tmp_path, home):
    _brought.bring(folder_of(tmp_path / "in", two_classes()), "..", frame=8)
    (folder,) = (home / "inputs" / "datasets").iterdir()
    assert folder.name not in {"..", "."}
    assert images.card("..").sizes == {"test": 6}


def test_removing_an_unknown_set_is_answered_with_the_nearest(tmp_path):
    _brought.bring(folder_of(tmp_path / "in", two_classes()), "pets", frame=8)
    with pytest.raises(errors.UserError, match="Did you mean pets"):
        images.remove("pet")
    images.remove("pets")
    with pytest.raises(errors.UserError):
        images.load("pets")


# --- preview ----------------------------------------------------------------------------------------------------------


def test_a_preview_shows_classes_sizes_and_examples_and_keeps_nothing(tmp_path, home):
    files = {**two_classes(), "cat/grey.png": png(40, (300, 200), "L"), "dog/bad.png": b"x"}
    seen = images.preview(folder_of(tmp_path / "in", files))
    assert (seen.kind, seen.n, seen.classes, seen.splits) == ("folder", 8, {"cat": 4, "dog": 4}, {})
    assert seen.sizes == {"10 x 12": 6, "200 x 300": 1}
    assert (seen.frame, seen.channels) == (10, 3)
    assert {example.label for example in seen.examples} == {"cat", "dog"}
    assert max(max(example.image.shape[:2]) for example in seen.examples) == 128
    assert "dog/bad.png" in " ".join(seen.problems)
    assert not (home / "inputs").exists()


def test_a_preview_of_many_pictures_decodes_few(tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"{i % 3}/{i}.png": png(i, (4, 4)) for i in range(300)})
    seen = images.preview(path)
    assert seen.n == 300
    assert len(seen.examples) == 24
    assert sum(seen.sizes.values()) == 48


# --- the disk ---------------------------------------------------------------------------------------------------------


def test_a_disk_that_takes_no_more_leaves_nothing_behind(tmp_path, home):
    folder_of(tmp_path / "in", two_classes(n=20))
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from engine import errors\n"
        "from engine.datasets import images\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "try:\n"
        "    images.bring(Path(sys.argv[1]), 'big', frame=64)\n"
        "except errors.UserError as problem:\n"
        "    print(problem)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "in")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=places.ROOT)
    assert "The data set cannot be written" in said.stdout
    assert "Nothing was kept" in said.stdout
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20000
    assert nothing_half_made(home)
    assert "big" not in images.names()


def test_a_damaged_set_is_named_and_the_others_stay(tmp_path, home):
    source = folder_of(tmp_path / "in", two_classes())
    _brought.bring(source, "whole", frame=8)
    _brought.bring(source, "broken", frame=8)
    folder = next(f for f in (home / "inputs" / "datasets").iterdir() if json.loads((f / "card.json").read_text())["card"]["name"] == "broken")
    pixels = (folder / "test.npy").read_bytes()
    (folder / "test.npy").write_bytes(pixels[:-100])
    with pytest.raises(errors.UserError, match="damaged on disk"):
        images.load("broken")
    (folder / "card.json").write_text('{"format": 1')
    assert images.names()[-1] == "whole"
    assert "broken" not in images.names()
    (sentence,) = images.problems()
    assert str(folder) in sentence
    assert images.load("whole").images.shape == (6, 8, 8, 3)


def test_a_folder_left_by_a_process_that_was_killed_is_no_set(tmp_path, home):
    _brought.bring(folder_of(tmp_path / "in", two_classes()), "whole", frame=8)
    (whole,) = (home / "inputs" / "datasets").iterdir()
    left = whole.with_name(".aside-123")
    left.mkdir()
    (left / "card.json").write_text((whole / "card.json").read_text())
    assert images.names().count("whole") == 1


def test_a_brought_set_can_be_read_while_it_is_removed(tmp_path):
    _brought.bring(folder_of(tmp_path / "in", two_classes()), "s", frame=8)
    loaded = images.load("s")
    images.remove("s")
    assert loaded.images[0].shape == (8, 8, 3)
    _brought.bring(tmp_path / "in", "s", frame=16)
    assert images.load("s").images.shape == (6, 16, 16, 3)
