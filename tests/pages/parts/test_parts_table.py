import numpy as np
import pandas as pd

from engine.plots import formats
from pages.parts import progress, table


def test_cells_say_number_interval_and_n_or_why_not():
    frame = pd.DataFrame(
        {
            "value": [0.931, np.nan, np.nan],
            "low": [0.913, np.nan, np.nan],
            "high": [0.946, np.nan, np.nan],
            "n": [1000, 5, 5],
            "unit": ["fraction", "nats", None],
            "reason": [None, None, "ONNX gives no gradients"],
        }
    )
    said = [text.replace(formats.THIN, " ") for text in table.intervals(frame)]
    assert said == ["93.1 % [91.3, 94.6], n 1 000", "undefined, n 5", "not measured, n 5"]


def test_a_table_without_bounds_still_says_its_numbers():
    assert table.intervals(pd.DataFrame({"value": [0.25]}), "fraction").tolist() == [f"25.0{formats.THIN}%"]


def test_progress_is_a_line_that_leaves_out_what_is_not_known():
    now = progress.Progress("a run", 3, 1200, active=True, rate="210 images/s", seconds_left=130)
    assert progress.said(now).replace(formats.THIN, " ") == "3 of 1 200 cells · 210 images/s · 2 min 10 s left"
    assert progress.said(progress.Progress("a run", 0, 0, active=True, doing="mnist_5k")) == "0 of 0 cells · mnist\\_5k"
