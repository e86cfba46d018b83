"""The figure of seeing and doing."""

import numpy as np
import pandas as pd

from engine.plots import seeing

ROWS = pd.DataFrame(
    [
        {"value": value, "way": way, "probability": share, "low": share - 0.02, "high": share + 0.02, "exact": way != "seen"}
        for way, shares in zip(seeing.WAYS, ((0.5, 0.5), (0.9, 0.1), (0.5, 0.5)), strict=True)
        for value, share in zip(("<a>", "b"), shares, strict=True)
    ]
)


def test_three_bars_a_value_with_intervals_only_where_the_number_is_counted():
    drawn = seeing.seeing(ROWS, of="kind", seen="ink happens to be <red>", made="ink is made red")
    assert [trace.name for trace in drawn.data] == ["in all pictures", "ink happens to be &lt;red&gt;", "ink is made red"]
    assert [list(np.asarray(trace.y)) for trace in drawn.data] == [[0.5, 0.5], [0.9, 0.1], [0.5, 0.5]]
    assert [trace.error_y.array is not None for trace in drawn.data] == [False, True, False]
    assert drawn.data[0].hovertext[0] == "<b>&lt;a&gt;</b>, in all pictures<br>50.0\u202f% (exact)"
    assert "[88.0, 92.0]" in drawn.data[1].hovertext[0]


def test_the_ways_differ_by_more_than_their_colour():
    looks = [trace.marker for trace in seeing.seeing(ROWS, of="kind", seen="seen", made="made").data]
    assert [look.pattern.shape for look in looks] == [None, "/", None]
    assert looks[0].color.startswith("rgba")  # an outline
    assert looks[2].color.startswith("#")
