"""Interpreters under watch: names of functions, what goes without one, questions that cannot be asked."""

import numpy as np
import pytest

from engine import errors, networks, places
from engine.circuits import answer, routing
from engine.datasets import images
from engine.models import batching, predict, warm
from tests.browser import _circuits


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    home = tmp_path_factory.mktemp("routing")
    patch = _circuits.homed(home)
    _circuits.interpreter(home)
    _circuits.observed(home, prune=False)
    yield warm.Cache()
    patch.undo()


def asked(kind: str, cache: warm.Cache, **more):
    return answer.answer({"kind": kind, "circuit": "routing", **more}, {}, cache)


def test_functions_are_named_by_what_they_take_worked_by_hand():
    """Three functions over 3 x 3 patches: one takes the class token and drawn patches, one empty patches, one all alike."""
    drawn = np.tile([0.0, 0.0, 0.0, 0.0, 60.0, 0.0, 0.0, 60.0, 0.0], (4, 1))
    taken = np.full((4, 2, 10, 3), 1 / 3)
    taken[:, :, :9, 0] = np.where(drawn > 0, 0.6, 0.1)[:, None]
    taken[:, :, :9, 1] = np.where(drawn > 0, 0.1, 0.6)[:, None]
    taken[:, :, 9] = (0.8, 0.1, 0.1)
    first, second, third = routing.named(taken, drawn)
    assert [one["letter"] for one in (first, second, third)] == ["A", "B", "C"]
    assert first["takes"] == "the class token, drawn patches, most in the middle"
    assert second["takes"] == "empty patches"
    assert third["takes"] == "a bit of everything"
    assert first["strokes"] == pytest.approx(1.0)
    assert first["share"] == pytest.approx((7 * 0.1 + 2 * 0.6) / 9)


def test_a_corner_is_named():
    taken = np.full((2, 1, 10, 2), 0.3)
    taken[:, :, 0, 0] = 0.9
    assert routing.named(taken, np.zeros((2, 9)))[0]["takes"] == "most at the upper left"


def test_how_much_is_drawn_in_a_patch_is_its_deviation():
    picture = np.zeros((4, 4, 1), np.uint8)
    picture[:2, 2:, 0] = [[0, 200], [200, 0]]
    assert routing.strokes([picture], 2).tolist() == [[0.0, 100.0, 0.0, 0.0]]


def test_a_function_that_is_out_takes_nothing_and_the_rest_take_its_share(cache):
    identity = images.load("mnist", "test").ids[0]
    whole, before = asked("routes", cache, example_id=identity)
    without, after = asked("routes", cache, example_id=identity, without=[1])
    assert before["routes"].shape == after["routes"].shape == (2, 17, 3)
    assert (after["routes"][..., 1] == 0).all()
    assert (after["routes"][..., [0, 2]].sum(-1) >= before["routes"][0, :, [0, 2]].sum(0) - 1e-5).all()
    assert (whole["without"], without["without"]) == ([], [1])
    assert whole["probabilities"] != without["probabilities"]


def test_what_goes_without_each_function_is_paired(cache):
    said, arrays = asked("functions", cache, n=40)
    assert len(said["names"]) == len(said["losses"]) == 3
    assert arrays["mean"].shape == (2, 17, 3)
    for loss in said["losses"]:
        assert loss["before"] == pytest.approx(said["accuracy"])
        assert loss["difference"] == pytest.approx(loss["after"] - loss["before"])
        assert loss["low"] <= loss["difference"] <= loss["high"]


def test_removal_is_measured_on_each_set(cache):
    said, _ = asked("removed", cache, without=[0], n=30, sets=[{"shift": "gaussian_noise", "strength": 3.0}])
    assert [(one["shift"], one["n"]) for one in said["sets"]] == [("", 30), ("gaussian_noise", 30)]
    alone, _ = asked("functions", cache, n=30)
    assert said["sets"][0]["after"] == pytest.approx(alone["losses"][0]["after"])


@pytest.mark.parametrize("without", [[0, 1, 2], [3], [-1]])
def test_functions_that_cannot_go_are_refused(cache, without):
    with pytest.raises(errors.UserError, match="one must stay"):
        asked("removed", cache, without=without, n=10)


def test_a_circuit_is_no_interpreter(cache):
    with pytest.raises(errors.UserError, match="no neural interpreter"):
        answer.answer({"kind": "functions", "circuit": "small"}, {}, cache)


SHIPPED = "ni-mnist-s0"


@pytest.mark.skipif(not (places.weights() / f"{SHIPPED}.json").is_file(), reason=f"the weights of {SHIPPED} are not here")
def test_the_interpreter_that_ships_knows_digits():
    """More than 95 % of the validation digits (a published reproduction reached 10 to 15 %)."""
    card = networks.card(SHIPPED)
    predictor, data = predict.load(card, "cpu"), images.load("mnist", "val")
    logits = batching.predict(predictor, data.images, card.preprocess, batching.first(predictor))
    assert (logits.argmax(1) == np.asarray(data.labels)).mean() > 0.95
