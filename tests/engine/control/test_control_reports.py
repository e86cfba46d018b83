"""The report under way: kept per person, in order, each view once, within limits."""

import pytest

from engine import control, errors, people
from engine.control import reports


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    yield
    people.resolve_by(lambda: None)


def test_views_keep_their_order_and_stand_there_once():
    assert [reports.collect(one) for one in ("b", "a", "b")] == [1, 2, 2]
    assert reports.collected() == ["b", "a"]
    assert reports.arrange(["a", "b", "a"]) == 2
    assert control.reports.collected() == ["a", "b"]


def test_everybody_has_a_report_of_their_own():
    for name in ("ann", "ben"):
        people.resolve_by(lambda name=name: people.Person(name, people.RUNNER))
        reports.collect(f"of {name}")
    assert reports.collected() == ["of ben"]


def test_who_may_not_make_reports_collects_nothing():
    people.resolve_by(lambda: people.Person("eve", people.VIEWER))
    with pytest.raises(errors.UserError, match="takes the role runner"):
        reports.collect("a")
    assert reports.collected() == []


def test_a_report_has_a_limit_and_so_has_an_address():
    with pytest.raises(errors.UserError, match="at most 60 views"):
        reports.arrange(map(str, range(61)))
    with pytest.raises(errors.UserError, match="longer than 8,000"):
        reports.collect("a" * 8001)
    assert reports.collected() == []
