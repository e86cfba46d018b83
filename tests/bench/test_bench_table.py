"""What `make bench` prints: ratios, what they must reach, and whether they do."""

import os

import pytest

from tests.bench.timing import Clock, Result, fresh_home, spread, table


@pytest.mark.parametrize(
    ("value", "target", "holds"),
    [(0.96, ">= 0.95", True), (0.94, ">= 0.95", False), (99.0, "<= 100", True), (101.0, "<= 100", False), (1.0, "", None)],
)
def test_a_promise_holds_or_not_or_there_is_none(value, target, holds):
    assert Result("g", "n", value, "ratio", target).holds is holds


def test_a_broken_promise_stands_out_in_the_table():
    said = table([Result("cnn", "ours over theirs", 0.5, "ratio", ">= 0.9")]).splitlines()
    assert said[1].split()[-1] == "NO"


def test_median_and_late_times_are_milliseconds():
    median, late = spread("g", "asked", [0.001 * i for i in range(1, 22)])  # 1 .. 21 ms: the 11th, and the 20th of 21
    assert (median.value, late.value) == (pytest.approx(11), pytest.approx(20))


def test_two_clocks_are_subtracted_each_for_itself():
    assert Clock(3.0, 2.0) - Clock(1.0, 1.5) == Clock(2.0, 0.5)


def test_a_fresh_home_is_put_back(monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", "before")
    with fresh_home() as folder:
        assert os.environ["TOUCHSTONE_HOME"].startswith(str(folder))
    assert os.environ["TOUCHSTONE_HOME"] == "before"
    assert not folder.exists()
