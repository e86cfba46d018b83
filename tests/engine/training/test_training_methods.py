"""Training under a confounder, told without torch: confounders, environments, the grid of networks."""

import subprocess
import sys

import pytest

from engine import errors, systems
from engine.training import methods


def test_the_confounder_of_coloured_digits_is_the_ink_and_each_digit_has_its_own() -> None:
    found = methods.confounder("coloured_digits")
    assert (found.target, found.factor, found.own[:3]) == ("class", "ink", ("red", "orange", "yellow"))
    assert found.cut.text() == "cut(class->ink)"


def test_systems_without_a_strength_are_refused_with_those_that_have_one() -> None:
    assert set(methods.confounded()) == {"coloured_digits", "shape_scenes"}
    with pytest.raises(errors.UserError, match="no parameter sets how strongly") as told:
        methods.confounder("captured_digits")
    assert "coloured_digits" in str(told.value)


@pytest.mark.parametrize(("strength", "pair"), [(0.9, (0.8, 1.0)), (0.98, (0.96, 1.0)), (0.5, (0.4, 0.6)), (1.0, (1.0, 1.0)), (0.03, (0.0, 0.06))])
def test_environments_lie_around_the_strength_within_its_range(strength: float, pair: tuple[float, float]) -> None:
    assert methods.environments("coloured_digits", strength) == pytest.approx(pair)


def test_both_environments_together_have_the_distribution_of_the_strength() -> None:
    given = (systems.Condition("class", ("4",)),)
    here, *both = (
        systems.probabilities(systems.load("coloured_digits", strength=at), "ink", (), given).probability
        for at in (0.98, *methods.environments("coloured_digits", 0.98))
    )
    assert [(a + b) / 2 for a, b in zip(*both, strict=True)] == pytest.approx(here)


def test_a_strength_out_of_range_is_refused() -> None:
    with pytest.raises(errors.UserError, match=r"cannot be 1\.2"):
        methods.grid("coloured_digits", [1.2])


@pytest.mark.parametrize(("choice", "near"), [({"asked": ["ermm"]}, "erm"), ({"architectures": ["cnnn"]}, "cnn")])
def test_unknown_names_are_answered_with_near_ones(choice: dict, near: str) -> None:
    with pytest.raises(errors.UserError, match=f"Did you mean {near}"):
        methods.grid("coloured_digits", **choice)


def test_the_default_grid_is_every_method_at_two_strengths_from_three_seeds() -> None:
    jobs = methods.grid("coloured_digits")
    assert len({job.name for job in jobs}) == len(jobs) == 5 * 2 * 3
    assert jobs[0].command.endswith("train confounded --system coloured_digits --strength 0.9 --method erm --seed 0 --architecture cnn")


def test_a_network_is_trained_on_the_drawn_set_of_its_strength_or_of_the_cut_system() -> None:
    assert methods.training_set("coloured_digits", 0.98, "irm") == "coloured_digits[strength=0.98]#0"
    assert methods.training_set("coloured_digits", 0.98, "erm_cut") == "coloured_digits[strength=0.98; cut(class->ink)]#0"


def test_remedies_need_to_be_told_more_and_erm_does_not() -> None:
    needs = {name: bool(method.needs) for name, method in methods.METHODS.items() if not method.cut}
    assert needs == {"erm": False, "balanced": True, "group_dro": True, "irm": True}
    assert [name for name, method in methods.METHODS.items() if method.is_remedy] == ["balanced", "group_dro", "irm"]


def test_the_methods_are_told_without_torch() -> None:
    script = "import sys; from engine.training import methods; methods.confounded(); from engine.remedies import views; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
