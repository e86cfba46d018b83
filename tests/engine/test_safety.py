"""What must hold of a brought file before anything reads it."""

import io
import pickle
import stat
import string
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors, safety

LIMITS = safety.ZipLimits(members=3, total_bytes=1000, member_bytes=600)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "zip"),
        (b"PAR1rest", "parquet"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"\x89HDF\r\n\x1a\nrest", "hdf5"),
        (struct.pack("<Q", 2) + b"{}", "safetensors"),
        (b"\x08\x09\x12\x07pytorch", "binary"),
        ("label,logit_0\nä,1\n".encode(), "text"),
        (b"<!DOCTYPE html><html>", "text"),
        (b"\xff\xfea\x00", "text"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(tmp_path, content, kind):
    path = tmp_path / "misnamed.onnx"
    path.write_bytes(content)
    assert safety.kind_of(path) == kind


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(errors.UserError, match="There is no file"):
        safety.kind_of(tmp_path / "none.csv")


def test_an_honest_archive_passes(tmp_path):
    path = zipped(tmp_path / "a.zip", {"cat/1.png": b"x" * 10, "dog/2.png": b"y" * 10})
    assert [info.filename for info in safety.check_zip(path)] == ["cat/1.png", "dog/2.png"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"../up.txt": b"x"}, "leads out"),
        ({"/etc/passwd": b"x"}, "leads out"),
        ({"C:\\x.txt": b"x"}, "leads out"),
        ({"a\\..\\..\\x.txt": b"x"}, "leads out"),
        ({f"{i}.txt": b"x" for i in range(4)}, "the limit is 3"),
        ({"a": b"x" * 601}, "claims to unpack"),
        ({"a": b"x" * 500, "b": b"x" * 501}, "claims to unpack"),
    ],
)
def test_what_an_honest_archive_never_has_is_refused(tmp_path, members, said):
    with pytest.raises(errors.UserError, match=said):
        safety.check_zip(zipped(tmp_path / "a.zip", members), LIMITS)


def test_a_link_in_an_archive_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(errors.UserError, match="a link"):
        safety.check_zip(tmp_path / "a.zip")


def claiming(path: Path, size: int) -> Path:
    """Write an archive of one small member whose directory claims that it unpacks to `size` bytes."""
    zipped(path, {"logits.npy": b"x" * 1500})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


def test_two_gigabytes_claimed_by_two_kilobytes_are_refused_unread(tmp_path):
    path = claiming(tmp_path / "bomb.npz", 2_000_000_000)
    assert path.stat().st_size < 2_000
    with pytest.raises(errors.UserError, match=r"claims to unpack to 2\.0 GB"):
        safety.check_zip(path)
    with pytest.raises(errors.UserError, match=r"claims to unpack to 2\.0 GB"):
        safety.read_npz(path)


def test_an_archive_cut_short_is_a_sentence(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": bytes(range(256)) * 4})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(errors.UserError, match="no whole archive"):
        safety.check_zip(path)


def test_a_damaged_member_is_a_sentence(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, logits=np.random.default_rng(0).normal(size=(50, 3)))
    content = bytearray(path.read_bytes())
    content[400] ^= 255
    path.write_bytes(content)
    with pytest.raises(errors.UserError, match="damaged"):
        safety.read_npz(path)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(["a", "bé"]),
        np.array(3.5),
        np.empty((0, 4), np.float32),
        np.array([True, False]),
    ],
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_numpy_itself_reads_them(tmp_path, array, save):
    save(tmp_path / "a.npz", x=array)
    found = safety.read_npz(tmp_path / "a.npz")["x"]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as witness:
        assert found.dtype == witness["x"].dtype
        np.testing.assert_array_equal(found, witness["x"])


def test_arrays_of_objects_are_refused_because_they_hold_pickles(tmp_path):
    np.savez(tmp_path / "a.npz", logits=np.array([[1, 2], [3]], dtype=object))
    with pytest.raises(errors.UserError, match="unpickling") as caught:
        safety.read_npz(tmp_path / "a.npz")
    assert "numpy.savez" in caught.value.hint


def test_an_array_longer_than_its_bytes_is_refused_before_memory_is_taken():
    content = io.BytesIO()
    np.save(content, np.zeros(4))
    lying = content.getvalue().replace(b"(4,)", b"(400000000000,)").replace(b" " * 11 + b"\n", b"\n")
    with pytest.raises(errors.UserError, match="3,200,000,000,000 bytes, but 32 are there"):
        safety.read_npy(io.BytesIO(lying), len(lying), "The array")


@given(st.text())
def test_a_slug_is_safe_short_and_stays_what_it_is(text):
    slug = safety.slug(text)
    assert 0 < len(slug) <= 60
    assert set(slug) <= set(string.ascii_lowercase + string.digits + "-_")
    assert slug[0] not in "-_"
    assert safety.slug(slug) == slug


def test_names_that_lose_letters_stay_different():
    assert safety.slug("ResNet 18, né à Paris") == "resnet-18-ne-a-paris"
    assert safety.slug("数字") != safety.slug("文字")
    assert safety.slug("x" * 300) != safety.slug("x" * 301)


def test_a_name_cannot_leave_its_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    assert safety.inside(tmp_path / "in", "a") == tmp_path.resolve() / "in" / "a"
    for name in ("../a", "/etc/passwd", "link/a"):
        with pytest.raises(errors.UserError, match="leads out"):
            safety.inside(tmp_path / "in", name)


def test_sizes_read_as_people_say_them():
    assert [safety.size(n) for n in (0, 999, 1500, 2_000_000_000, 3e15)] == ["0 bytes", "999 bytes", "1.5 kB", "2.0 GB", "3,000.0 TB"]
