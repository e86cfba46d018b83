import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts import tokens

PREFIX = "/ts/image/mnist/test/"
NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path


def test_a_token_opens_its_prefix_and_nothing_else():
    token = tokens.mint(PREFIX, now=NOW)
    assert tokens.allows(token, f"{PREFIX}abc.png", now=NOW)
    assert not tokens.allows(token, "/ts/image/mnist/train/abc.png", now=NOW)


def test_a_token_expires():
    token = tokens.mint(PREFIX, now=NOW)
    assert tokens.allows(token, PREFIX, now=NOW + tokens.LIFETIME)
    assert not tokens.allows(token, PREFIX, now=NOW + tokens.LIFETIME + tokens.STEP + 1)


def test_two_pages_drawn_within_the_hour_mint_the_same_address():
    hour = NOW // tokens.STEP * tokens.STEP
    assert tokens.mint(PREFIX, now=hour + 1) == tokens.mint(PREFIX, now=hour + tokens.STEP - 1)


def test_a_changed_token_is_refused():
    until, scope, signature = tokens.mint(PREFIX, now=NOW).split(".")
    wider = tokens.mint("/ts/", now=NOW).split(".")[1]
    other = "x" if signature[-1] != "x" else "y"
    for forged in (f"{int(until) + 9}.{scope}.{signature}", f"{until}.{wider}.{signature}", f"{until}.{scope}.{signature[:-1]}{other}"):
        assert not tokens.allows(forged, PREFIX, now=NOW)


@given(st.text(max_size=60))
def test_no_text_opens_anything(text):
    assert not tokens.allows(text, PREFIX, now=NOW)


def test_another_home_has_another_key(tmp_path, monkeypatch):
    token = tokens.mint(PREFIX, now=NOW)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "other"))
    assert not tokens.allows(token, PREFIX, now=NOW)


def test_only_its_owner_can_read_the_key(home):
    tokens.mint(PREFIX)
    assert stat.S_IMODE((home / "token.key").stat().st_mode) == 0o600
    assert [p.name for p in home.iterdir()] == ["token.key"]


def test_tokens_work_where_the_home_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOUCHSTONE_HOME", os.fspath(tmp_path / "file" / "below"))
    assert tokens.allows(tokens.mint(PREFIX), PREFIX)
