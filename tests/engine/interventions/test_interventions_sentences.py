"""What the words say of acts, of training, of seeing and doing: causally right, with the numbers that were worked by hand elsewhere."""

import pytest

from engine import systems
from engine.interventions import sentences

COLOURED = systems.load("coloured_digits")
CAPTURED = systems.load("captured_digits")
SHAPES = systems.load("shape_scenes")


def told(system, of, given):
    seen = systems.conditions(given, system)[0]
    return sentences.of_seeing_and_doing(system, of, seen, systems.seeing_and_doing(system, of, seen))


@pytest.mark.parametrize(
    ("act", "words", "outside"),
    [
        ("do(ink=red)", "ink is made red", ""),
        ("do(paper=white)", "paper is made white", "Training never shows paper white."),
        ("do(size=0.9)", "size is made 0.9", ""),
        ("do(size=1.4)", "size is made 1.4", "size 1.4 lies outside training, which shows 0.85 to 1.1."),
        (
            "do(size~uniform(0.5,1))",
            "size is drawn from uniform(0.5,1)",
            "Some of size from 0.5 to 1 lies outside training, which shows 0.85 to 1.1.",
        ),
        ("do(paper~choice(white:1,sky:0,black:2))", "paper is drawn from choice(white:1,sky:0,black:2)", "Training never shows paper white."),
        ("cut(class->ink)", "ink no longer follows class", ""),
    ],
)
def test_an_act_is_told_with_what_training_never_shows(act, words, outside):
    found = systems.interventions(act, COLOURED)[0]
    assert (sentences.of_act(found), sentences.outside(COLOURED, found)) == (words, outside)


def test_support_in_two_pieces_is_told_as_two_ranges():
    assert sentences.of_support(systems.support(COLOURED, "size")) == "0.85 to 1.1"
    assert sentences.of_support(systems.Support(intervals=((0.0, 0.0), (0.5, 1.0)))) == "0 and 0.5 to 1"


def test_seeing_an_effect_tells_of_its_cause_and_making_it_does_not():
    found = told(COLOURED, "class", "given(ink=red)")
    seen, made = found.finding.replace("\u202f", " ").split("; ")
    assert seen == "Among pictures whose ink happens to be red, class 0 makes up **91.4 %**"
    assert made == "where we make ink red, it stays at **10.0 %**, as over all pictures."
    assert found.why.startswith("class is a cause of ink: seeing an effect tells of its cause, making it does not change the cause.")
    assert "batch causes both" in found.why


def test_making_a_cause_changes_its_effect():
    """P(pink | do(class = 3)) = .9 + .1 P(warm) / 5 = .91; seen it is .9 + .1 * .7 / 5 = .914, for 3 also tells of the warm batch."""
    found = told(COLOURED, "ink", "given(class=3)")
    assert "makes up **91.4\u202f%**" in found.finding
    assert "it is **91.0\u202f%** (over all pictures 10.0\u202f%)" in found.finding
    assert "making it changes ink; seeing it tells more, since batch causes both" in found.why


def test_two_effects_of_a_hidden_cause_go_together_without_causing_each_other():
    found = told(COLOURED, "class", "given(paper=maroon)")
    assert "stays at **10.0\u202f%**" in found.finding
    assert found.why == "Neither paper nor class causes the other; batch causes both, and seeing tells of that cause while making does not."


def test_what_is_held_out_is_never_seen_and_can_be_made():
    """Red discs are held out: seen 0, made 1 of 8."""
    found = told(SHAPES, "shape", "given(colour=red)")
    assert "shape disc makes up **0\u202f%**" in found.finding
    assert "it stays at **12.5\u202f%**" in found.finding


def test_a_cause_alone_tells_the_same_seen_and_made():
    found = told(CAPTURED, "class", "given(site=phone)")
    assert found.finding.startswith("Seeing and making agree: class ")
    assert found.why == "site is a cause of class and nothing else ties the two, so seeing and making it tell the same."


def test_untied_factors_tell_nothing_seen_or_made():
    found = told(COLOURED, "class", "given(size=0.9..1)")
    assert found.finding.startswith("Seeing and making agree")
    assert found.why.startswith("Nothing ties size to class")


def test_a_counted_share_comes_with_its_interval():
    finding = told(CAPTURED, "class", "given(lighting=1.1..1.4)").finding
    assert "between 1.1 and 1.4" in finding
    assert "[" in finding


def test_a_tie_that_the_value_does_not_show_is_said_so():
    """Red or blue ink is as likely of either batch, so the paper is as it always is."""
    assert told(COLOURED, "paper", "given(ink=red|blue)").why.endswith("Here the tie does not show.")


def test_what_training_gives_away_is_told_by_the_factor_that_goes_most_with_the_class():
    assert sentences.of_training(COLOURED).replace("\u202f", " ") == (
        "In training ink tells of the class: where ink is red, class 0 makes up **91.4 %** of the pictures, against 10.0 % overall. "
        "A network may lean on ink instead."
    )
    assert "lighting is between" in sentences.of_training(CAPTURED)
    assert sentences.of_training(systems.load("coloured_digits", strength=0.0, common=0.5, paper=0.0)) == ""
