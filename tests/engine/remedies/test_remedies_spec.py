"""The question of the study: what it takes, and what is refused."""

import pytest

from engine import errors
from engine.remedies import spec as asking
from engine.remedies.spec import RemediesSpec


def test_the_default_question_needs_no_training_for_what_ships() -> None:
    planned = asking.plan(RemediesSpec())
    assert (planned.cells, planned.reused, planned.images) == (30, 30, 30 * 4 * 2000)
    cost = asking.cost(RemediesSpec(), planned)
    assert cost.seconds is not None
    assert cost.seconds < 300
    assert asking.title(RemediesSpec()) == "Remedies against ink on coloured_digits, strength 0.9, 0.98"


def test_other_strengths_are_trained() -> None:
    planned = asking.plan(RemediesSpec(strengths=(0.7,), seeds=(0,)))
    assert (planned.cells, planned.reused) == (5, 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"methods": ("balanced",)}, "compared with ERM"), ({"methods": ("erm", "irmm")}, "Did you mean irm"),
        ({"strengths": (1.5,)}, "cannot be 1.5"),
        ({"system": "captured_digits"}, "no parameter sets"), ({"system": "nowhere"}, "nowhere"), ({"architecture": "cn"}, "Did you mean cnn"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused_with_a_sentence(asked: dict, said: str) -> None:
    with pytest.raises(errors.UserError) as told:
        asking.plan(RemediesSpec(**asked))
    assert said in str(told.value)


@pytest.mark.parametrize("text", ['{"seeds": [0, 0]}', '{"seeds": [-1]}', '{"units": 3}', '{"strengths": []}', '{"colour": 1}'])
def test_fields_that_are_off_are_named(text: str) -> None:
    with pytest.raises(errors.UserError, match="cannot be asked"):
        RemediesSpec.read(text)
