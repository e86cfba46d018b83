"""Pictures, archives, arrays and tables with something wrong: each kind has its sentence, and the rest comes in."""

import contextlib
import io
import os
import struct
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine import errors
from engine.datasets import images
from engine.datasets.images import _brought, _pictures, _reading
from tests.engine.datasets._files import folder_of, nothing_half_made, png, skipped, two_classes, zip_of


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Give every test a home of its own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TOUCHSTONE_HOME", str(folder))
    return folder


# --- bad pictures -----------------------------------------------------------------------------------------------------


def test_one_truncated_picture_among_thousands_is_named_and_the_rest_comes_in(tmp_path, home):
    rng = np.random.default_rng(0)
    files = {}
    for i in range(2000):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (4, 4)).astype(np.uint8)).save(file, "PNG")
        files[f"{i % 2}/{i}.png"] = file.getvalue()
    files["1/777.png"] = files["1/777.png"][:-30]
    told = []
    card = _brought.bring(zip_of(tmp_path / "a.zip", files), "many", frame=4, channels=1, tell=lambda done, to_do: told.append((done, to_do)))
    assert card["sizes"] == {"test": 1999}
    assert card["skipped"] == ("1 left out, cut off or damaged: 1/777.png.",)
    assert told[0] == (0, 2000)
    assert told[-1] == (2000, 2000)
    assert nothing_half_made(home)


def test_what_is_no_picture_is_named_by_its_kind(tmp_path):
    files = {
        **two_classes(), "cat/notes.txt": b"hello", "cat/renamed.png": b"%PDF-1.7", "dog/empty.png": b"", "cat/.DS_Store": b"x",
        "weights.pt": b"x", "loose.png": png(77), "__MACOSX/cat/._1.png": b"x",
    }  # fmt: skip
    folder_of(tmp_path / "in", files)
    (tmp_path / "in" / "bird").mkdir()
    card = _brought.bring(tmp_path / "in", "s", frame=8)
    assert card["sizes"] == {"test": 6}
    assert set(card["skipped"]) == {
        "1 left out, not a picture by its name (.txt): cat/notes.txt.",
        "1 left out, not a picture by its name (.pt): weights.pt.",
        "1 left out, beside the class folders, so without a class: loose.png.",
        "1 left out, a folder without a picture: bird.",
        "2 left out, not a picture of a kind that can be read (PNG, JPEG, BMP, GIF, WebP, TIFF, PPM): cat/renamed.png, dog/empty.png.",
    }


def test_equal_pictures_are_kept_once_and_those_with_two_labels_are_said_apart(tmp_path):
    files = {"cat/a.png": png(1), "cat/b.png": png(1), "dog/a.png": png(1), "dog/b.png": png(2)}
    card = _brought.bring(folder_of(tmp_path / "in", files), "s", frame=8)
    assert card["sizes"] == {"test": 2}
    assert set(card["skipped"]) == {
        "1 left out, equal to another picture: cat/b.png.",
        "1 left out, equal to another picture of another class: dog/a.png.",
    }


def test_a_decompression_bomb_is_left_out_by_its_header(tmp_path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    medium = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 9_000, 9_000, 8, 0, 0, 0, 0)) + chunk(b"IEND", b"")
    files = {**two_classes(), "cat/bomb.png": bomb, "dog/medium.png": medium}
    card = _brought.bring(folder_of(tmp_path / "in", files), "s", frame=8)
    assert card["skipped"] == ("2 left out, of more than 50 million pixels: cat/bomb.png, dog/medium.png.",)


@given(cut=st.integers(0, 399), flips=st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_damage_to_a_picture_is_more_than_unusable(cut, flips):
    content = bytearray(png(3, (12, 10)))
    for at, value in flips:
        content[at % len(content)] = value
    with contextlib.suppress(_brought.Unusable):
        pixels = _pictures.decoded(bytes(content[: cut + 1]))
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3


def test_every_kind_of_pixel_has_its_8_bit_meaning():
    def through(image, kind="PNG", **options):
        file = io.BytesIO()
        image.save(file, kind, **options)
        return _pictures.decoded(file.getvalue())

    assert through(Image.new("1", (2, 2), 1)).ravel().tolist() == [255] * 4
    assert through(Image.new("I;16", (2, 2), 0x8000)).ravel().tolist() == [128] * 4
    assert through(Image.new("P", (2, 2), 0)).shape == (2, 2, 3)
    assert through(Image.new("RGBA", (1, 1), (0, 0, 0, 0))).ravel().tolist() == [255] * 3  # nothing over white
    assert through(Image.new("LA", (1, 1), (0, 255))).ravel().tolist() == [0] * 3
    assert through(Image.new("CMYK", (1, 1), (0, 0, 0, 0)), "TIFF").ravel().tolist() == [255] * 3
    with pytest.raises(_brought.Unusable, match="fractions"):
        through(Image.new("F", (2, 2), 0.5), "TIFF")


def test_a_photo_taken_sideways_stands_upright():
    picture = Image.new("L", (20, 10))
    picture.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif)
    upright = _pictures.decoded(file.getvalue())
    assert upright.shape == (20, 10, 1)
    assert upright[0, 9, 0] == 255


# --- bad folders and archives -----------------------------------------------------------------------------------------


def test_links_that_leave_the_folder_are_left_out(tmp_path):
    secret = folder_of(tmp_path / "secret", {"s.png": png(5)})
    source = folder_of(tmp_path / "in", two_classes())
    (source / "cat" / "leak.png").symlink_to(secret / "s.png")
    (source / "leaks").symlink_to(secret)
    (source / "cat" / "inner.png").symlink_to(source / "dog" / "0.png")
    (source / "cat" / "gone.png").symlink_to(source / "nowhere.png")
    (source / "dog" / "round").symlink_to(source)
    card = _brought.bring(source, "s", frame=8)
    assert "1 left out, a link that leaves the folder: cat/leak.png." in card["skipped"]
    assert "2 left out, a link to a folder, which is not followed: leaks, dog/round." in card["skipped"]
    assert "equal to another picture of another class" in skipped(card)  # the link inside was read
    assert card["sizes"] == {"test": 6}


@pytest.mark.parametrize("make", [lambda root: root.mkdir(), lambda root: folder_of(root, {"a/readme.txt": b"x"})])
def test_a_folder_without_pictures_is_refused_with_what_to_do(tmp_path, home, make):
    make(tmp_path / "in")
    for act in (images.preview, lambda path: _brought.bring(path, "s")):
        with pytest.raises(errors.UserError, match="No picture with a class was found") as refused:
            act(tmp_path / "in")
        assert "folder of its own" in refused.value.hint
    assert nothing_half_made(home)


def test_a_folder_of_pictures_without_class_folders_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(errors.UserError, match=r"without a class: 0\.png, 1\.png"):
        images.preview(folder_of(tmp_path / "in", {"0.png": png(), "1.png": png(1)}))


def test_a_zip_in_a_zip_a_path_that_leaves_and_a_link_are_left_out(tmp_path):
    path = zip_of(tmp_path / "a.zip", {**two_classes(), "../../evil.png": png(7), "/abs/x.png": png(8), "cat\\..\\x.png": png(9)})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("cat/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "../../../etc/passwd")
        archive.writestr("cat/inner.zip", b"PK")
        archive.writestr("C:/x.png", png(11))
    card = _brought.bring(path, "s", frame=8)
    assert card["sizes"] == {"test": 6}
    assert "with a path that leaves the archive" in skipped(card)
    assert "a link: cat/link.png" in skipped(card)
    assert "(.zip): cat/inner.zip" in skipped(card)
    assert not (tmp_path / "evil.png").exists()


def test_two_members_of_the_same_name_are_told(tmp_path):
    path = zip_of(tmp_path / "a.zip", two_classes())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("cat/0.png", png(50))
    card = _brought.bring(path, "s", frame=8)
    assert card["skipped"] == ("1 left out, a second file of the same name: cat/0.png.",)


def claiming(path, claim):
    """Rewrite the sizes that a zip's first member claims to unpack to, in both of its headers."""
    content = bytearray(path.read_bytes())
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    content[local + 22 : local + 26] = content[central + 24 : central + 28] = struct.pack("<I", claim)
    path.write_bytes(content)
    return path


def test_a_claim_of_2_gb_in_a_zip_of_2_kb_is_refused_unread(tmp_path, home):
    path = claiming(zip_of(tmp_path / "a.zip", {"cat/a.png": png(1, (20, 20))}), 2**31 - 1)
    assert path.stat().st_size < 2048
    for act in (images.preview, lambda path: _brought.bring(path, "s")):
        with pytest.raises(errors.UserError, match=r"claims to unpack to 2,147,483,647 bytes"):
            act(path)
    assert nothing_half_made(home)


def test_a_member_that_claims_too_much_is_left_out_and_the_rest_comes_in(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"cat/a.png": png(1), **two_classes()})
    card = _brought.bring(claiming(path, 90 * 2**20), "s", frame=8)
    assert card["skipped"] == ("1 left out, said to be larger than 64 MB unpacked: cat/a.png.",)
    card = _brought.bring(claiming(path, 20 * 2**20), "t", frame=8)
    assert card["skipped"] == ("1 left out, said to grow more than 200 times when unpacked: cat/a.png.",)
    card = _brought.bring(claiming(path, 10), "u", frame=8)  # less than it has
    assert card["skipped"] == ("1 left out, damaged in the archive: cat/a.png.",)


def test_a_real_bomb_inside_a_zip_is_left_out(tmp_path):
    card = _brought.bring(zip_of(tmp_path / "a.zip", {**two_classes(), "cat/bomb.bmp": b"\0" * (30 * 2**20)}), "s", frame=8)
    assert card["skipped"] == ("1 left out, said to grow more than 200 times when unpacked: cat/bomb.bmp.",)


def test_an_encrypted_member_is_left_out(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"cat/a.png": png(1), **two_classes()})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert _brought.bring(path, "s", frame=8)["skipped"] == ("1 left out, encrypted: cat/a.png.",)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an archive" * 10])
def test_a_damaged_zip_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(errors.UserError, match=r"no \.zip that can be read"):
        images.preview(tmp_path / "a.zip")


def test_a_zip_cut_in_half_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", two_classes())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(errors.UserError, match=r"no \.zip that can be read"):
        _brought.bring(path, "s")


@pytest.mark.parametrize("ending", ["pt", "pth", "pkl", "pickle", "pt2", "ckpt", "joblib"])
def test_what_can_run_code_when_opened_is_refused_with_the_reason(tmp_path, ending):
    (tmp_path / f"a.{ending}").write_bytes(b"anything")
    with pytest.raises(errors.UserError, match="can run code when they are opened"):
        images.preview(tmp_path / f"a.{ending}")


def test_a_pytorch_file_renamed_to_zip_is_refused(tmp_path):
    with pytest.raises(errors.UserError, match="pickled objects"):
        images.preview(zip_of(tmp_path / "a.zip", {"archive/data.pkl": b"\x80\x02.", "archive/data/0": b"x"}))


@pytest.mark.parametrize("name", ["a.npy", "a.csv", "a.tar.gz", "a.h5", "a.xyz", "a"])
def test_kinds_that_are_not_read_say_what_is(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(errors.UserError) as refused:
        images.preview(tmp_path / name)
    assert ".zip of class folders" in refused.value.hint


def test_a_path_to_nothing_is_said(tmp_path):
    with pytest.raises(errors.UserError, match="There is no file or folder"):
        images.preview(tmp_path / "nothing")


# --- bad arrays and tables --------------------------------------------------------------------------------------------


def test_an_npz_of_objects_is_refused_with_the_reason_and_runs_nothing(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    np.savez(tmp_path / "a.npz", images=np.array([Trap()], dtype=object), labels=np.arange(1))
    with pytest.raises(errors.UserError, match="Python objects, which can run code"):
        images.preview(tmp_path / "a.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("pictures", "labels", "said"),
    [
        (np.zeros((4, 8, 8), np.uint8), np.arange(3), r"\(4, 8, 8\).*\(3,\).*one label an image"),
        (np.zeros((4, 64), np.uint8), np.arange(4), r"expected images n x height x width"),
        (np.zeros((4, 8, 8, 7), np.uint8), np.arange(4), r"expected images n x height x width"),
        (np.zeros((0, 8, 8), np.uint8), np.arange(0), r"expected images n x height x width"),
        (np.zeros((4, 8, 8), np.uint8), np.zeros((4, 10)), r"one label an image"),
        (np.full((4, 8, 8), -1.5), np.arange(4), r"values from -1.5 to -1.5, which are no pixels"),
        (np.full((4, 8, 8), "a"), np.arange(4), r"not pixels"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_their_shapes(tmp_path, pictures, labels, said):
    np.savez(tmp_path / "a.npz", images=pictures, labels=labels)
    with pytest.raises(errors.UserError, match=said):
        images.preview(tmp_path / "a.npz")


def test_labels_that_are_none_are_left_out_one_by_one(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 8)).astype(np.float32)
    pixels[5, 0, 0] = np.nan
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.array([0, 1, np.nan, 1.5, 7, 0]), classes=["a", "b"])
    card = _brought.bring(tmp_path / "a.npz", "s", frame=8, channels=1)
    assert card["sizes"] == {"test": 2}
    assert set(card["skipped"]) == {
        "1 left out, without a label: images[2].",
        "1 left out, with a fraction as label: images[3].",
        "1 left out, with a label outside of the 2 named classes: images[4].",
        "1 left out, with pixels that are no numbers: images[5].",
    }


def test_parquet_cells_without_label_or_picture_are_left_out_one_by_one(tmp_path):
    frame = pd.DataFrame({
        "image": [{"bytes": b, "path": None} for b in (png(1), png(2), png(3), None, b"junk", png(4))],
        "label": ["a", None, "  ", "a", "a", "x" * 300],
    })  # fmt: skip
    frame.to_parquet(tmp_path / "a.parquet")
    card = _brought.bring(tmp_path / "a.parquet", "s", frame=8)
    assert card["sizes"] == {"test": 1}
    assert "2 left out, without a label: row 1, row 2." in card["skipped"]
    assert "1 left out, with a label longer than 200 characters: row 5." in card["skipped"]
    assert "1 left out, with no picture bytes in the cell: row 3." in card["skipped"]
    assert "kind that can be read" in skipped(card)


def test_a_parquet_file_cut_in_half_is_refused(tmp_path):
    pd.DataFrame({"image": [png(i) for i in range(50)], "label": range(50)}).to_parquet(tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(errors.UserError, match="Parquet"):
        images.preview(tmp_path / "a.parquet")


def test_an_npz_that_says_more_than_it_holds_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(4))
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["images.npy"] = members["images.npy"].replace(b"(4, 8, 8)", b"(9**99,8)")
    with pytest.raises(errors.UserError, match=r"no \.npz that can be read"):
        images.preview(zip_of(tmp_path / "b.npz", members))
    members["images.npy"] = members["images.npy"].replace(b"(9**99,8)", b"(4,99999)")
    with pytest.raises(errors.UserError, match=r"no \.npz that can be read"):
        images.preview(zip_of(tmp_path / "c.npz", members))


def test_an_npz_that_grows_without_measure_is_refused_by_its_headers(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(4))
    with pytest.raises(errors.UserError, match="claims to unpack to"):
        images.preview(claiming(path, 2**31 - 1))


def test_arrays_without_usual_names_can_be_chosen(tmp_path):
    np.savez(tmp_path / "a.npz", scans=np.random.default_rng(0).integers(0, 255, (3, 8, 8)), grade=np.arange(3))
    with pytest.raises(errors.UserError, match="it has scans, grade"):
        images.preview(tmp_path / "a.npz")
    assert images.preview(tmp_path / "a.npz", "scans", "grade").n == 3
    with pytest.raises(errors.UserError, match="grade"):
        images.preview(tmp_path / "a.npz", "scans", "grades")


def test_a_label_column_that_is_an_id_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_reading, "MOST_CLASSES", 5)
    with pytest.raises(errors.UserError, match="more than 5 different labels"):
        images.preview(folder_of(tmp_path / "in", {f"{i}/a.png": png(i) for i in range(6)}))
