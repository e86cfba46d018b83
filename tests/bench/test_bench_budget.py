"""The budget page is what was measured, not what somebody typed."""

import json
from pathlib import Path

import pytest

from engine import errors
from tests.bench import budget
from tests.bench.timing import Result

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    file = tmp_path / "measured.json"
    monkeypatch.setattr(budget, "KEPT", file)
    return file


def test_the_readme_has_what_was_measured():
    text = README.read_text()
    assert budget.section() in text, "run: python -m tests.bench --write README.md"


def test_a_line_says_what_was_promised_what_was_measured_and_whether_it_holds(kept):
    budget.keep([Result("stepper", "step to a frame that is near, 1280", 41.26, "ms", "<= 33"), Result("other", "x", 1.0, "s")], 0.4)
    told = budget.section()
    row = next(line for line in told.splitlines() if line.startswith("| Step to a near frame"))
    assert "| at most 33 ms | 41.3 ms | **no** | `stepper` |" in row
    assert row.endswith("load 0.4 |")
    assert "not measured" in next(line for line in told.splitlines() if line.startswith("| Graph, 16,384 edges"))


def test_measuring_a_group_again_takes_the_place_of_its_numbers_only(kept):
    budget.keep([Result("a", "one", 1.0, "s"), Result("b", "two", 2.0, "s")], 1.0)
    budget.keep([Result("a", "three", 3.0, "s")], 2.0)
    found = json.loads(kept.read_text())
    assert {name: [one["name"] for one in about["results"]] for name, about in found.items()} == {"a": ["three"], "b": ["two"]}


def test_the_page_is_written_between_its_marks_only(kept):
    budget.keep([Result("a", "one", 1.0, "s")], 1.0)
    text = budget.written(f"before\n{budget.BEGIN}\nsaid before\n{budget.END}\nafter\n")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "said before" not in text
    with pytest.raises(errors.UserError, match="no place for the budget"):
        budget.written("nothing")


@pytest.mark.parametrize("promise", budget.PROMISES, ids=lambda one: one.what)
def test_every_line_belongs_to_a_group_that_is_measured(promise):
    from tests.bench.__main__ import GROUPS

    assert promise.group in GROUPS
