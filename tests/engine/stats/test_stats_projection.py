"""Principal components against scikit-learn, and what a map must keep."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from engine import errors
from engine.stats import projection


def test_places_and_shares_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 5)) * [5, 3, 1, 0.5, 0.1]
    found, witness = projection.principal(values, 3), PCA(3).fit(values)
    assert np.abs(found.places) == pytest.approx(np.abs(witness.transform(values)))
    assert found.shares == pytest.approx(witness.explained_variance_ratio_)


def test_distances_stay_where_two_directions_hold_everything():
    flat = np.random.default_rng(0).normal(size=(20, 2)) @ np.array([[1.0, 2, 0], [0, 1, -1]])
    found = projection.principal(flat)
    between = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    assert np.linalg.norm(found.places[:, None] - found.places[None], axis=2) == pytest.approx(between)
    assert found.shares.sum() == pytest.approx(1)


def test_the_same_values_make_the_same_map_in_any_order_of_rows():
    values = np.random.default_rng(1).normal(size=(30, 4))
    order = np.random.default_rng(2).permutation(30)
    assert projection.principal(values[order]).places == pytest.approx(projection.principal(values).places[order])


def test_rows_that_are_all_alike_lie_on_one_place():
    found = projection.principal(np.ones((4, 3)))
    assert found.places == pytest.approx(0)
    assert found.shares.tolist() == [0, 0]


def test_what_has_no_map_is_said():
    with pytest.raises(errors.UserError, match="at least two rows"):
        projection.principal(np.ones((1, 3)))
    with pytest.raises(errors.UserError, match="NaN or infinite"):
        projection.principal(np.array([[1.0, np.nan], [0.0, 1.0]]))
