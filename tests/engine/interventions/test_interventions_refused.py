"""Questions that cannot be asked: a sentence with a way out, before anything runs."""

import pytest

from engine import errors
from engine.interventions import spec as asking
from engine.interventions.spec import InterventionsSpec

NETWORK = "linear-mnist-scratch-s0"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))


def asked(**changes):
    return InterventionsSpec.of({"system": "coloured_digits", "networks": [NETWORK], "factors": ["ink"]} | changes)


REFUSED = {
    "no system named “coloured_digit”": {"system": "coloured_digit"},
    "no factor of coloured_digits named “inc”": {"factors": ["inc"]},
    "no network named “linear”": {"networks": ["linear"]},
    "A response curve needs a factor": {"factors": []},
    "A map has two factors, not 1": {"ask": "map"},
    "factor “ink” is named twice": {"ask": "map", "factors": ["ink", "ink"]},
    "network “linear-mnist-scratch-s0” is named twice": {"networks": [NETWORK, NETWORK]},
    "cannot be 2 in coloured_digits": {"parameters": {"strength": 2}},
    "no parameter of coloured_digits named “strong”": {"parameters": {"strong": 1}},
    "no value of ink named “reed”": {"interventions": "do(ink=reed)"},
    "cannot be read": {"interventions": "ink is red"},
    "needs a range": {"conditions": "given(size=1)"},
    "does not know 8 of the system's 8 classes": {"system": "shape_scenes", "factors": ["colour"]},
    "more than can be asked at once": {"ask": "map", "factors": ["size", "rotation"], "steps": 101},
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_does_not_fit_is_said_with_a_way_out(said):
    with pytest.raises(errors.UserError) as told:
        asking.plan(asked(**REFUSED[said]))
    assert said in told.value.message
    assert told.value.hint


@pytest.mark.parametrize("changes", [{"units": 1}, {"steps": 1}, {"networks": []}, {"split": "dev"}, {"factor": "ink"}, {"seed": -1}])
def test_fields_that_are_off_are_named(changes):
    with pytest.raises(errors.UserError, match=next(iter(changes))):
        asked(**changes)


def test_a_condition_that_nobody_meets_ends_in_a_sentence():
    from engine.interventions import run

    spec = asked(conditions="given(paper=white)", units=10)
    with pytest.raises(errors.UserError, match="units meet"):
        list(run.run(spec, run.Before("", {})))
