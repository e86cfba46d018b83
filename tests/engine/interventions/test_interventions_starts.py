"""What to try first on a system, found from its graph and its laws."""

import numpy as np
import pytest

from engine import systems
from engine.interventions import starts
from engine.systems import Choice, Cut, Do, Edge, Factor, Mechanism, System, Uniform


def acts(name):
    return [start.act for start in starts.starts(systems.load(name))]


def made(edges=(), laws=None):
    """Return a system of a class and a number, whose law may be given."""
    factors = (Factor("kind", "categorical", ("a", "b"), "Kind."), Factor("size", "continuous", (0.0, 1.0), "Size."))
    law = laws or (lambda: Uniform(0.2, 0.4))
    mechanisms = (Mechanism("kind", "Even.", lambda: Choice.even(("a", "b"))), Mechanism("size", "Any.", law))
    return System(
        "made",
        "Made",
        factors,
        edges,
        mechanisms,
        "kind",
        "made",
        8,
        1,
        lambda latents, bank, size: np.zeros((len(latents), size, size, 1), np.uint8),
    )


def test_in_coloured_digits_the_ink_is_freed_and_white_paper_was_never_seen():
    found = acts("coloured_digits")
    assert found[0] == Cut("class", "ink")
    assert found[1] == Do("ink", "red")  # every ink tells as much of its digit, so the first one
    assert found[2] == Do("paper", "white")


def test_the_night_shift_is_what_captured_digits_never_show():
    assert Do("site", "night") in acts("captured_digits")


@pytest.mark.parametrize("name", systems.names())
def test_every_system_that_ships_has_three_starts_that_fit_it(name):
    system, found = systems.load(name), starts.starts(systems.load(name))
    assert len(found) >= 3
    for start in found:
        systems.check(system, (start.act,))
        assert start.question.endswith("?")
    assert any(isinstance(start.act, Do) and not systems.support(system, start.act.factor).holds(start.act.value) for start in found)


def test_a_system_without_edges_or_unseen_values_still_has_a_number_to_turn():
    """Support 0.2 to 0.4, domain to 1: half the way beyond is 0.7."""
    assert [start.act for start in starts.starts(made())] == [Do("size", 0.7)]


def test_a_system_that_leaves_nothing_to_do_has_no_start():
    assert starts.starts(made(laws=lambda: Uniform(0.0, 1.0))) == ()


def test_a_factor_that_is_the_class_again_tells_all_of_it_and_one_apart_nothing():
    tied = made((Edge("kind", "size", "."),), lambda kind: Uniform(0.0, 0.1) if kind == "a" else Uniform(0.9, 1.0))
    assert starts.tie(systems.sample(tied, 4000), "size") > 0.9  # one part of eight holds some of both
    assert starts.tie(systems.sample(made(), 4000), "size") < 0.01
