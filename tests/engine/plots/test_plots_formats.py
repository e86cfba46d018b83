import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plots import axes, formats, template


@pytest.mark.parametrize("module", [formats, axes, template])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def test_missing_undefined_and_zero_read_differently():
    assert {formats.percent(None), formats.percent(float("nan")), formats.percent(0.0)} == {"not measured", "undefined", f"0{formats.THIN}%"}


def test_bounds_have_the_decimals_of_the_value():
    assert formats.interval(0.5, 0.41234, 0.58766, 100, "fraction").replace(formats.THIN, " ") == "50.0 % [41.2, 58.8], n 100"


def test_an_interval_of_another_unit_carries_that_unit():
    assert formats.interval(0.4123, 0.39, 0.43, 300, "nats").replace(formats.THIN, " ") == "0.412 nats [0.390, 0.430], n 300"


def test_an_exact_rate_keeps_an_interval_with_a_decimal():
    assert formats.interval(1.0, 0.9627, 1.0, 100, "fraction").replace(formats.THIN, " ") == "100 % [96.3, 100.0], n 100"


def test_an_undefined_number_still_says_n():
    assert formats.interval(float("nan"), None, None, 12) == "undefined, n 12"


@given(st.floats(0, 1, exclude_max=True))
def test_a_rate_below_one_never_reads_as_a_hundred_percent(share):
    text = formats.percent(share).replace(f"{formats.THIN}%", "")
    assert float(text.replace(f" {formats.TIMES} 10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) < 100 or share > 1 - 1e-8


@given(st.floats(1e-4, 1e6))
def test_a_number_keeps_three_significant_digits(value):
    shown = float(formats.number(value).replace(formats.THIN, ""))
    assert math.isclose(shown, value, rel_tol=5.1e-3)


@given(st.integers(0, 10**12))
def test_a_count_keeps_every_digit(n):
    assert int(formats.count(n).replace(formats.THIN, "")) == n


def test_a_negative_number_has_a_true_minus_and_zero_has_none():
    assert (formats.number(-1.5), formats.fixed(-0.0004, 2)) == (f"{formats.MINUS}1.50", "0.00")


def test_names_from_data_cannot_bring_markup_into_a_figure():
    assert formats.plain("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"
