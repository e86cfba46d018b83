"""What was drawn before is not drawn again, and nothing else is taken for it."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from engine.plots import bars, drawn
from engine.shelf import Shelf, size

FRAME = pd.DataFrame({"network": ["a", "b"], "value": [0.5, np.nan], "reason": [None, "no groups"], "n": [10, 20]})


def test_the_same_rows_and_settings_are_drawn_once_whatever_their_labels():
    first = drawn.drawn(bars.bars, FRAME, title="accuracy")
    assert drawn.drawn(bars.bars, FRAME.copy().set_axis([7, 8]), title="accuracy") is first
    assert drawn.drawn(bars.bars, FRAME, title="nll") is not first


def test_another_maker_of_the_same_rows_draws_its_own():
    assert drawn.drawn(bars.bars, FRAME, title="x") is not drawn.drawn(lambda frame, title: object(), FRAME, title="x")


@given(st.sampled_from(["value", "n", "network", "reason"]))
def test_any_changed_cell_makes_another_hash(column):
    changed = FRAME.copy()
    changed[column] = changed[column].iloc[::-1].to_numpy()
    assert drawn.of_frame(changed) != drawn.of_frame(FRAME)


def test_columns_and_types_are_part_of_the_hash():
    assert drawn.of_frame(FRAME.rename(columns={"n": "m"})) != drawn.of_frame(FRAME)
    assert drawn.of_frame(FRAME.astype({"n": "float64"})) != drawn.of_frame(FRAME)


def test_what_was_not_used_for_long_is_drawn_again(monkeypatch):
    monkeypatch.setattr(drawn, "KEPT", Shelf(2 * size("x" * 100)))
    calls = []

    def make(frame, **options):
        calls.append((len(frame), options))
        return "x" * 100

    for title in ("one", "two", "three", "one"):
        drawn.drawn(make, FRAME, title=title)
    assert len(calls) == 4
    drawn.drawn(make, FRAME, title="one")
    assert len(calls) == 4
