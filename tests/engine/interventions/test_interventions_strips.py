"""What a strip comes to: rows, how far each network stays right, and the sentence, on replies written by hand."""

import numpy as np
import pytest

from engine import systems
from engine.interventions import settings, strips
from engine.interventions.settings import Level

NUMBERS = tuple(Level("rotation", str(value), float(value), -12 <= value <= 12) for value in (-90, -12, 0, 12, 90))
NAMES = tuple(Level("paper", name, None, inside) for name, inside in (("black", True), ("navy", True), ("white", False)))


def reply(own, label, *networks, value=1.0):
    """Return a reply of networks n0, n1 …: answer to the unit as it is, then at each value; the class is `label` throughout."""
    return {
        "classes": list("0123456789"), "networks": [f"n{i}" for i in range(len(networks))], "labels": [label] * len(networks[0]),
        "own": {"value": value, "label": label, "predicted": list(own)}, "predicted": [list(one) for one in networks],
        "confidence": [[0.9] * len(one) for one in networks], "truth": [[0.5] * len(one) for one in networks],
    }  # fmt: skip


def test_a_network_stays_right_up_to_its_first_mistake_to_either_side():
    said = reply([3, 3, 5], 3, [8, 3, 3, 3, 8], [3, 3, 3, 3, 3], [3, 3, 5, 3, 3])
    first, second, third = strips.held(said, NUMBERS)
    assert first.kept == (-12, 0, 12)
    assert not first.wrong_in_training
    assert second.kept == (-90, -12, 0, 12, 90)
    assert third.kept == ()
    assert not third.right
    assert third.wrong_in_training


def test_the_mistake_that_counts_is_the_one_next_to_the_unit():
    said = reply([3], 3, [3, 8, 3, 3, 8], value=-40.0)
    assert strips.held(said, NUMBERS)[0].kept == (-90,)
    assert strips.held(said, NUMBERS)[0].wrong_in_training


def test_names_have_no_order_so_every_value_counts():
    said = reply([3, 3], 3, [3, 3, 8], [8, 3, 3], value="navy")
    first, second = strips.held(said, NAMES)
    assert (first.kept, first.wrong_in_training) == (("black", "navy"), False)
    assert (second.kept, second.wrong_in_training) == (("navy", "white"), True)


def test_the_sentence_names_the_steadiest_and_the_least_steady():
    system = systems.load("coloured_digits")
    said = reply([3, 3, 5], 3, [8, 3, 3, 3, 8], [3, 3, 3, 3, 3], [3, 3, 5, 3, 3])
    told = strips.finding(system, "rotation", 4, said, NUMBERS).replace("\u202f", " ").replace("\u2212", "-")
    assert told == (
        "Unit 4 is **3**; as it is (rotation 1 degrees), 2 of 3 networks say so. **n1** stays right all the way from -180 degrees to 180 degrees; "
        "**n0** stays right from -12 degrees to 12 degrees. Training shows -12 to 12."
    )
    wrong = strips.finding(system, "rotation", 4, reply([5], 3, [5] * 5), NUMBERS)
    assert "None of them is right to begin with" in wrong
    named = strips.finding(system, "paper", 0, reply([3, 3], 3, [3, 3, 8], [3, 8, 8], value="navy"), NAMES)
    assert "With paper set to each value, **n0** is right at 2 of 3, **n1** is right at 1 of 3." in named.replace("\u202f", " ")
    assert strips.finding(system, "paper", 0, reply([], 3, [3]) | {"networks": []}, NAMES) == ""


def test_rows_are_one_a_network_and_value_and_runs_join_neighbours():
    said = reply([3], 3, [8, 3, 3, 3, 8])
    rows = strips.rows(said, NUMBERS)
    assert rows["answer"].tolist() == ["8", "3", "3", "3", "8"]
    assert rows["right"].tolist() == [False, True, True, True, False]
    assert rows["in_training"].tolist() == [False, True, True, True, False]
    runs = strips.runs(rows)
    assert runs[["start", "end", "values", "answer"]].to_numpy().tolist() == [[-90, -90, 1, "8"], [-12, 12, 3, "3"], [90, 90, 1, "8"]]


@pytest.mark.parametrize("name", systems.names())
def test_every_factor_of_every_system_can_be_told_of(name):
    system = systems.load(name)
    for factor in system.factors:
        levels = settings.levels(system, factor.name, 7)
        value = levels[0].text if levels[0].place is None else levels[0].place
        said = reply([0], 0, [0] * len(levels), value=value)
        assert "is **0**" in strips.finding(system, factor.name, 0, said, levels)


def test_the_telling_unit_is_one_that_all_know_and_on_which_they_part_most():
    """By hand: unit 0 parts most (3 to 0) but is wrong as it is; unit 1 parts 3 to 2, units 2 and 3 part 3 to 1."""
    own = np.array([[1, 1, 1, 1], [0, 1, 1, 1]], bool)
    along = np.array([[[1, 1, 1, 1], [0, 1, 1, 0]], [[1, 1, 1, 1], [0, 1, 0, 1]], [[1, 1, 1, 1], [0, 0, 0, 0]]], bool)
    assert strips.telling(own, along) == 2
    assert strips.telling(np.zeros((2, 4), bool), along) == 0
