"""How well a layer tells the group: read-outs against a library, controls that know nothing more."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from engine.heads import awareness


def _layer(n=600, seed=0):
    rng = np.random.default_rng(seed)
    members = rng.integers(0, 2, n)
    return np.maximum(rng.standard_normal((n, 6)) + members[:, None] * np.array([2.0, 0, 0, 0, 0, 0]), 0).astype(np.float32), members


def test_a_layer_that_shows_the_group_is_read_above_the_floor_and_one_that_does_not_is_not():
    train, members = _layer()
    test, truth = _layer(seed=1)
    shown = awareness.read(train, members, test, truth)
    blind = awareness.read(train[:, 1:], members, test[:, 1:], truth)
    assert shown.accuracy > 0.8
    assert shown.auc > 0.88
    assert shown.low < shown.accuracy < shown.high
    assert blind.auc_low < 0.5 < blind.auc_high
    assert abs(blind.accuracy - awareness.floor(truth)) < 0.06


def test_more_than_two_groups_have_an_accuracy_and_no_area():
    rng = np.random.default_rng(0)
    members = rng.integers(0, 3, 300)
    layer = np.eye(3)[members] + 0.1 * rng.standard_normal((300, 3))
    found = awareness.read(layer, members, layer, members)
    assert found.accuracy == 1.0
    assert np.isnan(found.auc)


@pytest.mark.parametrize("groups", [2, 3])
def test_the_least_squares_read_out_is_that_of_a_library(groups):
    train, members = _layer()
    if groups == 3:
        members = (members + (train[:, 1] > 0.5)).astype(int)
    found = awareness.least_squares(train, members, groups)
    target = members[:, None].astype(float) if groups == 2 else np.eye(groups)[members]
    strength = awareness.RIDGE * ((train - train.mean(0)) ** 2).sum() / train.shape[1]
    known = Ridge(alpha=float(strength)).fit(train.astype(np.float64), target)
    expected = known.predict(train.astype(np.float64)).reshape(len(train), -1)
    assert np.abs(found(train) - expected).max() < 1e-4


def test_random_read_outs_and_noise_have_the_spread_of_the_read_out_that_they_stand_for():
    train, members = _layer()
    own = awareness.least_squares(train, members, 2)(train)
    drawn = awareness.at_random(train, own, 3)(train)
    assert (drawn.mean(), drawn.std()) == pytest.approx((own.mean(), own.std()), rel=1e-3)
    noise = awareness.noise(len(own), own, 3)
    assert noise.std() == pytest.approx(own.std(), rel=0.1)
    assert (noise == awareness.noise(len(own), own, 3)).all()
    assert not (drawn == awareness.at_random(train, own, 4)(train)).all()
