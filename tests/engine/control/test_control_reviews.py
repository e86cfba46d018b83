"""Notes and review status: nothing is overwritten, nothing empty is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import control, errors
from engine.control import reviews


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


def test_a_thing_is_open_until_somebody_says_otherwise():
    assert reviews.status_of("network", "cnn") == reviews.OPEN
    assert reviews.notes("network", "cnn") == []


def test_notes_stay_and_the_newest_status_counts():
    reviews.write_note("network", "cnn", "looks odd on printed digits", reviews.IN_REVIEW, "ann")
    reviews.write_note("network", "cnn", "a word more")
    reviews.write_note("network", "cnn", "", reviews.APPROVED, "ben")
    assert [(note.status, note.text, note.user) for note in reviews.notes("network", "cnn")] == [
        ("approved", "", "ben"), ("in review", "a word more", None), ("in review", "looks odd on printed digits", "ann"),
    ]  # fmt: skip
    assert reviews.statuses("network") == {"cnn": "approved"}
    assert reviews.statuses("run") == {}


def test_a_note_is_in_the_audit_log():
    reviews.write_note("run", "r1", "", reviews.REJECTED, "ann")
    assert control.audited()[0][1:] == ("ann", "note: rejected", "run r1")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("network", "cnn", "  "), "nothing to keep"),
        (("network", "cnn", "", reviews.OPEN), "nothing to keep"),
        (("network", "cnn", "x" * 4_001), "4,001"),
        (("planet", "cnn", "x"), "planet"),
        (("network", "cnn", "x", "blessed"), "blessed"),
    ],
)
def test_what_says_nothing_or_makes_no_sense_is_refused(asked, said):
    with pytest.raises(errors.UserError, match=said):
        reviews.write_note(*asked)
    assert reviews.notes("network", "cnn") == []


@given(text=st.text(min_size=1, max_size=50).filter(str.strip), subject=st.text(max_size=30))
def test_any_words_about_anything_come_back_as_they_were(text, subject):
    reviews.write_note("finding", subject, text)
    assert reviews.notes("finding", subject)[0].text == text.strip()
