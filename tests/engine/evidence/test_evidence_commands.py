"""`export` and `check` on the command line."""

import json

import pytest

from engine import __main__ as command_line
from engine import control
from engine.control import reviews
from engine.evidence import views


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    return tmp_path


def said(capsys, *words):
    status = command_line.main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_report_is_exported_checked_and_asked_again(home, capsys):
    status, told = said(capsys, "export", "assay-network?network=cnn-mfeat-whole-s0", "--into", str(home / "r.zip"), "--title", "Mine", "--no-svg")
    assert (status, told["title"], told["figures"]) == (0, "Mine", 1)
    assert ("export report", str(home / "r.zip")) in [entry[2:] for entry in control.audited()]
    status, found = said(capsys, "check", str(home / "r.zip"), "--seal", told["seal"], "--rerun")
    assert status == 0
    assert (found["whole"], found["problems"], found["seal"]) == (True, [], told["seal"])
    assert found["scores same"] >= 5
    assert found["scores differs"] == 0
    assert found["views asked again"] == ["The network cnn-mfeat-whole-s0: finding same, rows same"]


def test_a_bundle_that_is_not_whole_ends_with_a_status_and_sentences(home, capsys):
    assert command_line.main(["export", "assay-network", "--into", str(home / "out"), "--no-svg"]) == 0
    capsys.readouterr()
    (home / "out" / "report.html").write_text("other")
    assert command_line.main(["check", str(home / "out")]) == 1
    assert "report.html has changed" in capsys.readouterr().out


def test_what_can_be_exported_is_listed(capsys):
    status, rows = said(capsys, "export", "--list")
    assert status == 0
    assert {"address", "title", "usual"} == set(rows[0])
    assert rows[0]["address"] == "home"


def test_words_come_from_a_file_and_what_is_off_is_said(home, capsys):
    (home / "words.txt").write_text("From a file & more")
    name = next(address for address in (row.address for row in views.offered()) if address.startswith("assay-network")).partition("=")[2]
    reviews.write_note("network", name, "Look <again>", reviews.IN_REVIEW)
    assert command_line.main(["export", "assay-network", "--into", str(home / "out"), "--no-svg", "--words", f"@{home / 'words.txt'}"]) == 0
    text = (home / "out" / "report.html").read_text()
    assert "From a file &amp; more" in text
    assert f"<strong>in review</strong> · network {name} (" in text
    assert "): Look &lt;again&gt;</p>" in text
    capsys.readouterr()
    for words, sentence in (
        (["export", "home"], "Say where the report goes."),
        (["export", "home", "--into", str(home / "out")], "holds something"),
        (["export", "home", "--into", str(home / "new"), "--words", "@nowhere"], "nowhere cannot be read"),
        (["check", str(home / "nowhere")], "There is no file"),
    ):
        assert command_line.main(words) == 1
        assert sentence in capsys.readouterr().err


def test_a_report_is_no_question_for_run(home, capsys):
    (home / "spec.json").write_text(json.dumps({"study": "evidence", "views": ["home"]}))
    assert command_line.main(["run", str(home / "spec.json")]) == 1
    assert "python -m engine export" in capsys.readouterr().err
