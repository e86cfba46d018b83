"""Choices as they are written in an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors
from engine.interventions import written

NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, st.integers(-1000, 1000).map(lambda n: n / 100), max_size=8))
def test_parameters_are_read_as_they_were_written(found):
    assert written.parameters(written.of_parameters(found)) == found


@pytest.mark.parametrize("text", ["strength", "strength=", "strength=much", "=1,=x", "a" * 500])
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(errors.UserError) as said:
        written.parameters(text)
    assert said.value.hint


def test_nothing_is_no_parameter():
    assert written.parameters("") == written.parameters(" , ") == {}
