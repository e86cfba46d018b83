import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plots import markdown as text


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(text).failed == 0


@given(st.text())
def test_an_escaped_text_is_one_line_and_keeps_its_letters(said):
    escaped = text.escape(said)
    assert "\n" not in escaped
    assert [c for c in escaped if c.isalnum()] == [c for c in said if c.isalnum()]


@pytest.mark.parametrize("sign", "`*_[]<>#$:!~|")
def test_every_sign_of_markdown_is_made_plain(sign):
    assert text.escape(f"a{sign}b") == f"a\\{sign}b"
