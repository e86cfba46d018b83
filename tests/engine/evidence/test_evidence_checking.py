"""Tampering of each kind is found and said; what is no bundle, or tries to lead out, is refused before it is read."""

import hashlib
import json
import pickle
import shutil
import zipfile
from pathlib import Path

import pytest

from engine import errors
from engine.evidence import checking, writing
from engine.evidence.opened import open_bundle
from engine.evidence.spec import EvidenceSpec


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("original")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder / "home"))
        writing.make(EvidenceSpec(views=("home",), svg=False), folder / "out")
    return folder / "out"


@pytest.fixture
def bundle(original, tmp_path):
    return shutil.copytree(original, tmp_path / "copy")


def problems(path, seal=""):
    return checking.check(open_bundle(path), seal).problems


def packed(bundle):
    return Path(shutil.make_archive(str(bundle), "zip", bundle))


def test_a_bundle_as_it_was_made_is_whole_as_a_folder_and_as_an_archive(bundle, tmp_path):
    opened = open_bundle(bundle)
    assert checking.check(opened, opened.seal).whole
    assert problems(packed(bundle), opened.seal) == ()


def test_one_changed_byte_is_found(bundle):
    file = bundle / "report.html"
    content = file.read_bytes()
    file.write_bytes(content.replace(b"Touchstone report", b"Touchstone repord", 1))
    found = problems(bundle)
    assert len(found) == 1
    assert found[0].startswith("report.html has changed: its SHA-256 is ")


@pytest.mark.parametrize("kind", ["report.html", "manifest.json", "rows/scores.parquet", "rows/01-a"])
def test_one_changed_byte_of_each_kind_of_file_is_found(original, tmp_path, kind):
    bundle = shutil.copytree(original, tmp_path / "copy")
    seal = open_bundle(bundle).seal
    file = next(one for one in sorted(bundle.rglob("*")) if one.is_file() and one.relative_to(bundle).as_posix().startswith(kind))
    content = bytearray(file.read_bytes())
    at = content.index(b'"made"') + 9 if kind == "manifest.json" else len(content) // 2
    content[at] ^= 1
    file.write_bytes(content)
    found = problems(bundle, seal)
    assert len(found) == 1
    assert found[0].startswith(file.relative_to(bundle).as_posix())


def test_another_length_a_missing_file_and_a_stranger_are_found(bundle):
    (bundle / "report.html").write_bytes(b"short")
    rows = next((bundle / "rows").glob("01-a*"))
    rows.unlink()
    (bundle / "rows" / "added.txt").write_text("new")
    found = problems(bundle)
    assert [sentence.split(" ", 1)[0] for sentence in found] == ["report.html", f"rows/{rows.name}", "rows/added.txt"]
    assert "has 5 bytes and had" in found[0]
    assert "is missing" in found[1]
    assert "is not in the manifest" in found[2]


def test_who_changes_the_manifest_too_is_found_by_the_seal_alone(bundle):
    seal = open_bundle(bundle).seal
    (bundle / "report.html").write_bytes(b"forged")
    told = json.loads((bundle / "manifest.json").read_text())
    told["files"]["report.html"] = {"sha256": hashlib.sha256(b"forged").hexdigest(), "bytes": 6}
    (bundle / "manifest.json").write_text(json.dumps(told))
    assert problems(bundle) == ()
    assert len(problems(bundle, seal)) == 1
    assert problems(bundle, seal[:16])[0].startswith("manifest.json is not the one that was sealed")
    assert problems(bundle, open_bundle(bundle).seal[:8])  # too short to say anything


def test_a_view_that_names_rows_which_are_not_listed_is_found(bundle):
    told = json.loads((bundle / "manifest.json").read_text())
    gone = told["views"][0]["figures"][0]
    del told["files"][gone]
    (bundle / "manifest.json").write_text(json.dumps(told))
    found = problems(bundle)
    assert any("which the manifest does not list" in sentence for sentence in found)
    assert any("is not in the manifest" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json", "is no JSON"),
        (b"[]", "does not say what a manifest says"),
        (b'{"touchstone": 99}', "this program reads up to 1"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_manifest_that_is_none_is_refused(bundle, content, said):
    (bundle / "manifest.json").write_bytes(content)
    with pytest.raises(errors.UserError, match=said):
        open_bundle(bundle)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "rows/../../outside", "C:/windows", "..\\outside"])
def test_a_manifest_that_names_a_file_outside_is_refused(bundle, name):
    told = json.loads((bundle / "manifest.json").read_text())
    told["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (bundle / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(errors.UserError, match="leads out of the bundle"):
        open_bundle(bundle)


def test_a_link_in_a_folder_is_refused(bundle, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (bundle / "rows" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(errors.UserError, match="is a link"):
        open_bundle(bundle)


def test_an_archive_that_leads_out_or_claims_too_much_is_refused(tmp_path):
    for name in ("../evil", "/evil"):
        with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
            archive.writestr(name, "x")
        with pytest.raises(errors.UserError, match="leads out of its folder"):
            open_bundle(tmp_path / "evil.zip")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(6):
            archive.writestr(f"zeros{i}", bytes(20_000_000))
    with pytest.raises(errors.UserError, match="no real data packs so"):
        open_bundle(tmp_path / "bomb.zip")


def test_what_is_no_bundle_is_said(tmp_path):
    (tmp_path / "report.zip").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(errors.UserError, match="is no archive but pickle"):
        open_bundle(tmp_path / "report.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.UserError, match=r"has no manifest\.json"):
        open_bundle(tmp_path / "empty")
    with pytest.raises(errors.UserError, match="There is no file"):
        open_bundle(tmp_path / "nowhere.zip")


def test_a_damaged_member_of_an_archive_is_found(bundle):
    path = packed(bundle)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("report.html").header_offset
    content = bytearray(path.read_bytes())
    content[start + 5_000 : start + 5_020] = bytes(20)
    path.write_bytes(content)
    assert any("report.html" in sentence for sentence in problems(path))
