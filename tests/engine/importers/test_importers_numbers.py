"""Numbers as people write them in tables."""

import numpy as np
import pandas as pd
import pytest

from engine.importers import _numbers


@pytest.mark.parametrize(
    ("text", "value", "low", "high"),
    [
        ("87.6 ± 0.3", 87.6, 87.3, 87.9), ("87.6 (0.3)", 87.6, 87.3, 87.9), ("87.6+/-0.3%", 87.6, 87.3, 87.9), ("**91.2**", 91.2, None, None),
        ("25,557,032", 25557032, None, None), ("7.5e-1", 0.75, None, None), ("\u22123.5", -3.5, None, None), ("76.1 %", 76.1, None, None),
        ("0.71 [0.69, 0.73]", 0.71, 0.69, 0.73), ("88.1†", 88.1, None, None), ("1 234.5", 1234.5, None, None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text, value, low, high):
    found = _numbers.read(pd.Series([text, "1.5"], dtype="str"))
    assert found.value[0] == pytest.approx(value)
    if low is None:
        assert found.low is None or np.isnan(found.low[0])
    else:
        assert (found.low[0], found.high[0]) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("text", ["-", "n/a", "", "NaN", "/", "None", "\u2013", "TBD"])
def test_what_stands_for_nothing_is_missing_and_not_unread(text):
    found = _numbers.read(pd.Series([text, "1.5"], dtype="str"))
    assert found.missing.tolist() == [True, False]
    assert not found.unread.any()


@pytest.mark.parametrize("text", ["high", "1.2.3", "12 or 13", "±", "1,2"])
def test_text_that_is_no_number_is_unread(text):
    assert _numbers.read(pd.Series([text, "1.5"], dtype="str")).unread.tolist() == [True, False]


def test_decimal_commas_are_told_by_the_column():
    frame = pd.DataFrame({"a": ["0,85", "1.234,5"], "b": ["1.5", "2.5"], "c": ["25,557", "1,200"]}, dtype="str")
    assert _numbers.with_decimal_comma(frame, ",") == {"a"} or _numbers.with_decimal_comma(frame, ",") == frozenset()
    clean = pd.DataFrame({"a": ["0,85", "12,5"], "c": ["25,557", "12,345"]}, dtype="str")
    assert _numbers.with_decimal_comma(clean, ";") == {"a", "c"}
    assert _numbers.with_decimal_comma(clean[["c"]], ",") == frozenset()
    assert _numbers.with_decimal_comma(clean[["c"]], ";") == {"c"}
