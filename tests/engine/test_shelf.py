import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import shelf as shelves
from engine.plots import template
from engine.shelf import Shelf


def test_what_was_made_once_is_not_made_again():
    shelf, made = Shelf(100), []
    for _ in range(3):
        shelf.get("a", lambda: made.append(1) or b"xy")
    assert len(made) == 1


def test_what_was_used_longest_ago_leaves_first():
    shelf = Shelf(3)
    for key in "abca":
        shelf.get(key, lambda: b"x")
    shelf.get("d", lambda: b"x")
    made = []
    for key in "acd":
        shelf.get(key, lambda key=key: made.append(key) or b"x")
    assert made == []
    shelf.get("b", lambda: made.append("b") or b"x")
    assert made == ["b"]


def test_what_is_larger_than_the_shelf_is_given_but_not_kept():
    shelf = Shelf(3)
    assert shelf.get("a", lambda: b"1234") == b"1234"
    assert (len(shelf), shelf.held) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=60))
def test_the_shelf_never_holds_more_than_its_limit(asked):
    shelf = Shelf(40)
    for key, size in asked:
        shelf.get((key, size), lambda size=size: bytes(size))
        assert shelf.held <= 40


def test_frames_arrays_figures_and_what_holds_them_count_by_their_numbers():
    numbers = np.zeros(1000)
    frame = pd.DataFrame({"a": numbers, "b": numbers})
    figure = template.figure([{"type": "scatter", "x": numbers, "y": numbers}])
    for held, least in ((numbers, 8000), (frame, 16000), (frame["a"], 8000), (figure, 16000), ({"x": (frame, [numbers])}, 24000)):
        assert least <= shelves.size(held) <= least + 40_000  # a figure has its template


def test_what_raises_is_not_kept():
    shelf = Shelf(100)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            shelf.get("a", lambda: 1 // 0)
    assert shelf.get("a", lambda: b"x") == b"x"
