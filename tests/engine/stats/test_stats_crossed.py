"""Means over seeds and units: by hand, and how often their interval holds what it should."""

import numpy as np
import pytest
from scipy import stats

from engine import errors
from engine.stats.crossed import crossed


def test_a_table_by_hand() -> None:
    # row means 1/2 and 1, column means 1 and 1/2: each variance 1/8, over two 1/16; together 1/8 with 0.125^2 / (2 x 0.0625^2) = 2 degrees
    found = crossed(np.array([[1.0, 0.0], [1.0, 1.0]]))
    half = stats.t.ppf(0.975, 2) * np.sqrt(1 / 8)
    assert (found.mean, found.rows, found.columns) == (0.75, 2, 2)
    assert (found.low, found.high) == pytest.approx((0.75 - half, 0.75 + half))


def test_one_row_is_the_t_interval_of_its_columns() -> None:
    values = np.random.default_rng(0).normal(size=(1, 40))
    found = crossed(values)
    expected = stats.t.interval(0.95, 39, loc=values.mean(), scale=stats.sem(values[0]))
    assert (found.low, found.high) == pytest.approx(expected)


def test_what_never_varies_is_a_point_and_nothing_is_refused() -> None:
    found = crossed(np.ones((3, 50)))
    assert (found.mean, found.low, found.high) == (1.0, 1.0, 1.0)
    with pytest.raises(errors.UserError, match="no answers"):
        crossed(np.ones((3, 0)))


@pytest.mark.parametrize("of_rows", [0.0, 0.2, 1.0])
def test_the_interval_holds_the_mean_at_least_as_often_as_it_says(of_rows: float) -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        table = of_rows * rng.normal(size=(3, 1)) + rng.normal(size=(1, 60)) + rng.normal(size=(3, 60))
        found = crossed(table)
        held += found.low <= 0 <= found.high
    assert held / 400 > 0.925  # 0.95 less 2.3 standard errors of the count
