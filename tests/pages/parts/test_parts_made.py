"""What a page said before is said again without being worked out anew, until the store or the question changes."""

import gc
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from engine import shelf
from engine.plots import template
from pages.parts import figure, made

CALLS = []


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setattr(made, "KEPT", shelf.Shelf(1_000_000))
    CALLS.clear()


def told(*words, **options):
    CALLS.append((words, options))
    return len(CALLS)


def test_the_same_question_is_answered_once():
    assert [made.made(told, ["a", {"b": (1, 2)}], on=True) for _ in range(3)] == [1, 1, 1]
    assert made.made(told, ["a", {"b": (1, 3)}], on=True) == 2
    assert made.made(told, ["a", {"b": (1, 2)}], on=False) == 3


def test_a_change_of_the_store_asks_anew(monkeypatch):
    monkeypatch.setattr(made.store, "version", lambda: "before")
    assert made.made(told) == made.made(told) == 1
    monkeypatch.setattr(made.store, "version", lambda: "after")
    assert made.made(told) == 2


def test_the_store_is_looked_at_once_in_one_run_and_again_in_the_next(monkeypatch):
    looks = []
    monkeypatch.setattr(made.store, "version", lambda: looks.append(1) or "now")
    for _ in range(2):
        with made.one_look():
            made.made(told, 1)
            made.made(told, 2)
    assert len(looks) == 2
    assert len(CALLS) == 2


def test_classes_that_a_page_makes_anew_in_each_run_are_the_same_question():
    def asked():
        @dataclass(frozen=True)
        class Plain:
            name: str

        class Named(NamedTuple):
            name: str

        return Plain("a"), Named("b")

    assert made.made(told, asked()) == made.made(told, asked()) == 1


def test_two_functions_of_one_name_do_not_answer_for_each_other():
    def first():
        return "first"

    def second():
        return "second"

    second.__name__ = first.__name__
    assert (made.made(first), made.made(second)) == ("first", "second")


def test_a_function_that_knows_more_than_its_arguments_is_refused():
    outside = 1
    with pytest.raises(AssertionError, match="knows more"):
        made.made(lambda: outside)


def test_a_figure_is_made_ready_once_and_forgotten_with_it():
    drawn = template.figure([{"type": "scatter", "x": np.arange(5.0), "y": np.arange(5.0)}])
    ready = figure._ready(drawn, "light")
    assert figure._ready(drawn, "light") is ready
    assert figure._ready(drawn, "dark") is not ready
    assert ready.to_dict() == drawn.to_dict()
    assert figure._ready(drawn, "dark").to_dict() == template.themed(drawn, "dark").to_dict()
    before = len(figure._seen)
    del drawn
    gc.collect()
    assert len(figure._seen) == before - 2
