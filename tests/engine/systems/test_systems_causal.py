"""Seeing, doing and cutting: the semantics that the pages promise, with numbers worked by hand."""

import numpy as np
import pytest

from engine import errors, systems
from engine.systems import Choice, Condition, Cut, Do, DoDistribution, Edge, Factor, Mechanism, Mixture, Normal, Point, Uniform

COLOURED = systems.load("coloured_digits")  # strength 0.9, common 0.7, paper 0.9
CAPTURED = systems.load("captured_digits")
SHAPES = systems.load("shape_scenes")


def likely(system, factor, do="", given=""):
    acts, conditions = systems.interventions(do, system), systems.conditions(given, system)
    found = systems.probabilities(system, factor, acts, conditions)
    assert found.exact
    return dict(zip(found.names, found.probability, strict=True))


def shares(latents, factor):
    domain = latents.system.factor(factor).domain
    return dict(zip(domain, np.bincount(latents.values[factor], minlength=len(domain)) / len(latents), strict=True))


def test_seeing_red_ink_tells_of_the_digit_and_making_it_red_does_not():
    """P(red | 0) = .9 + .1 P(warm | 0) / 5 = .9 + .1 * .7 / 5 = .914; for 1 to 4 only .014, for 5 to 9 .1 * .3 / 5 = .006; these add up to 1."""
    found = systems.seeing_and_doing(COLOURED, "class", Condition("ink", ("red",)))
    assert found.as_it_is.probability == pytest.approx([0.1] * 10)
    assert found.seeing.probability == pytest.approx([0.914] + [0.014] * 4 + [0.006] * 5)
    assert found.doing.probability == pytest.approx([0.1] * 10)
    assert found.seeing.exact
    assert found.doing.exact
    assert found.seeing.low == found.seeing.high == found.seeing.probability


def test_paper_tells_of_the_digit_through_the_batch_without_causing_it():
    """P(maroon | warm) = .9 / 3 + .1 / 6 = .31667, | cold .01667: P(warm | maroon) = .95, so P(0 | maroon) = .95 * .14 + .05 * .06 = .136."""
    assert likely(COLOURED, "class", given="given(paper=maroon)")["0"] == pytest.approx(0.136)
    assert likely(COLOURED, "class", do="do(paper=maroon)")["0"] == pytest.approx(0.1)


def test_bright_light_is_the_desks_and_tells_its_digits_and_making_light_does_not():
    """Only the desk has light above 1.09: P(7) = .6 / 3 + .4 / 10 = .24 there; as it is, and made so, (.24 + .04 + .04) / 3 = .10667."""
    found = systems.seeing_and_doing(CAPTURED, "class", Condition("lighting", (), 1.1, 1.3), n=4000)
    assert found.as_it_is.probability[7] == found.doing.probability[7] == pytest.approx(0.32 / 3)
    assert found.as_it_is.exact
    assert found.doing.exact
    assert not found.seeing.exact
    assert found.seeing.low[7] - 0.01 < 0.24 < found.seeing.high[7] + 0.01


def test_making_the_digit_changes_the_ink_and_not_the_batch():
    """P(red | do(0)) = .9 + .1 / 2 / 5 = .91, for the batch no longer goes with the digit; seen, it is .914."""
    assert likely(COLOURED, "ink", do="do(class=0)")["red"] == pytest.approx(0.91)
    assert likely(COLOURED, "ink", given="given(class=0)")["red"] == pytest.approx(0.914)
    assert likely(COLOURED, "batch", do="do(class=0)")["warm"] == pytest.approx(0.5)
    assert likely(COLOURED, "batch", given="given(class=0)")["warm"] == pytest.approx(0.7)


def test_cutting_class_to_ink_leaves_causes_and_the_ink_as_they_were_but_not_their_tie():
    """Cut, P(red | warm) = .9 / 10 + .1 / 5 = .11 and P(red | cold) = .09: P(warm | red) = .55, P(0 | red) = .55 * .14 + .45 * .06 = .104."""
    cut = "cut(class->ink)"
    for factor in ("batch", "class", "ink", "paper"):
        assert likely(COLOURED, factor, cut) == pytest.approx(likely(COLOURED, factor))
    assert likely(COLOURED, "class", cut, "given(ink=red)")["0"] == pytest.approx(0.104)
    assert likely(COLOURED, "class", "cut(class->ink); cut(batch->ink)", "given(ink=red)") == pytest.approx(dict.fromkeys(COLOURED.classes, 0.1))


def test_cutting_an_edge_leaves_all_that_is_not_below_it_bit_for_bit():
    latents = systems.sample(COLOURED, 500, 3)
    cut = systems.counterfactual(latents, [Cut("class", "ink")])
    for factor in COLOURED.order:
        assert (latents.values[factor].tobytes() == cut.values[factor].tobytes()) == (factor != "ink")


@pytest.mark.parametrize(
    ("do", "given"),
    [("", ""), ("cut(class->ink)", ""), ("do(batch~choice(warm:3,cold:1))", ""), ("", "given(paper=navy)"), ("do(class=4)", "given(batch=cold)")],
)
def test_drawn_units_are_as_likely_as_the_exact_numbers_say(do, given):
    n = 6000
    drawn = systems.sample(COLOURED, n, 11, systems.interventions(do, COLOURED), systems.conditions(given, COLOURED))
    for factor in ("batch", "class", "ink", "paper"):
        for name, exact in likely(COLOURED, factor, do, given).items():
            assert shares(drawn, factor)[name] == pytest.approx(exact, abs=5 * np.sqrt(0.25 / n)), (factor, name)


def test_conditions_pass_over_units_and_change_none():
    condition = systems.conditions("given(ink=red|blue); given(size=0.9..1)", COLOURED)
    drawn, everyone = systems.sample(COLOURED, 30, 5, (), condition), systems.sample(COLOURED, 2000, 5)
    meeting = everyone[systems.meets(everyone, condition)][:30]
    assert np.array_equal(drawn.units, meeting.units)
    assert all(np.array_equal(drawn.values[factor], meeting.values[factor]) for factor in COLOURED.order)
    more = systems.sample(COLOURED, 10, 5, (), condition, start=int(drawn.units[19]) + 1)
    assert np.array_equal(more.units, drawn.units[20:])


def test_a_condition_on_a_number_is_counted_with_an_interval():
    """Size has no cause and no effect, so seeing it tells nothing: a tenth each."""
    found = systems.probabilities(COLOURED, "class", (), systems.conditions("given(size=0.9..1)", COLOURED), n=2000)
    assert not found.exact
    assert sum(found.probability) == pytest.approx(1)
    assert all(low < 0.1 < high or abs(p - 0.1) < 0.03 for p, low, high in zip(found.probability, found.low, found.high, strict=True))


def test_a_counterfactual_shares_noise_and_goes_back_to_where_it_came_from():
    latents = systems.sample(COLOURED, 50, 2, [Do("class", "3")])
    there = systems.counterfactual(latents, [Do("class", "8")])
    back = systems.counterfactual(there, [Do("class", "3")])
    assert all(np.array_equal(back.values[factor], latents.values[factor]) for factor in COLOURED.order)
    own = np.array(latents.named("ink")) == "pink"  # written in the ink of 3: then the noise says own ink, for 8 too
    assert own.mean() > 0.7
    assert set(np.array(there.named("ink"))[own]) == {"blue"}


def test_strength_changes_the_mechanism_and_keeps_the_noise():
    """Units that do not follow the class at strength 0.9 do not at 0.2 either, and have the same ink."""
    weak, strong = (systems.sample(systems.load("coloured_digits", strength=strength), 300, 4) for strength in (0.2, 0.9))
    other = np.array(strong.named("ink")) != np.array(list(COLOURED.factor("ink").domain))[strong.labels]
    assert np.array_equal(weak.labels, strong.labels)
    assert other.any()
    assert np.array_equal(weak.values["ink"][other], strong.values["ink"][other])


def test_less_light_brings_more_noise_and_nothing_else():
    latents = systems.sample(CAPTURED, 200, 0)
    dark = systems.counterfactual(latents, [Do("lighting", 0.2)])
    assert (dark.values["noise"] > latents.values["noise"]).all()
    assert [f for f in CAPTURED.order if dark.values[f].tobytes() != latents.values[f].tobytes()] == ["lighting", "noise"]
    cut = systems.counterfactual(latents, [Cut("lighting", "noise"), Do("lighting", 0.2)])  # now of an unrelated unit's light
    assert cut.values["noise"].max() < dark.values["noise"].min() * 2
    assert cut.values["noise"].mean() < dark.values["noise"].mean() / 2


def test_support_follows_from_the_mechanisms():
    assert systems.support(COLOURED, "paper").values == ("black", "maroon", "umber", "slate", "navy", "forest")
    assert systems.support(COLOURED, "source").values == ("mnist",)
    assert systems.support(COLOURED, "size").intervals == ((0.85, 1.1),)
    assert systems.support(COLOURED, "rotation").intervals == ((-12.0, 12.0),)  # 3 standard deviations of 4
    assert not systems.support(COLOURED, "paper").holds("white")
    assert not systems.support(COLOURED, "size").holds(1.2)
    assert systems.support(SHAPES, "occluder").intervals == ((0.0, 0.1),)


def test_the_night_shift_is_no_part_of_the_support():
    """Tints: the desk -.1 +- .24, the scanner 0 +- .09, the phone .4 +- .3; the night's -.6 +- .3 does not count."""
    assert systems.support(CAPTURED, "site").values == ("scanner", "phone", "desk")
    ((low, high),) = systems.support(CAPTURED, "tint").intervals
    assert (low, high) == (pytest.approx(-0.34), pytest.approx(0.7))


def test_held_out_combinations_are_found_and_interventions_join_them():
    from engine.systems import shape_scenes

    pairs = {(shape, colour) for shape, colours in shape_scenes.HELD_OUT_COLOURS.items() for colour in colours}
    assert set(systems.held_out(SHAPES, "shape", "colour")) == pairs
    assert len(pairs) == 16
    assert systems.held_out(SHAPES, "shape", "background") == ()
    joined = systems.sample(SHAPES, 200, 0, [Do("colour", "red")])
    assert ("disc", "red") in pairs
    assert "disc" in joined.named("shape")


def test_causes_and_effects_are_told_in_causal_order():
    assert COLOURED.ancestors("ink") == ("batch", "class")
    assert set(COLOURED.descendants("batch")) == {"class", "ink", "paper"}
    assert COLOURED.descendants("size") == ()
    assert CAPTURED.ancestors("noise") == ("site", "lighting")
    assert COLOURED.order.index("batch") < COLOURED.order.index("class") < COLOURED.order.index("ink")


def test_a_condition_that_never_holds_says_so():
    with pytest.raises(errors.UserError, match=r"Only 0 of 400,000 units meet given\(site=night\), not 4.*intervene instead"):
        systems.sample(CAPTURED, 4, 0, (), systems.conditions("given(site=night)", CAPTURED))
    with pytest.raises(errors.UserError, match="No unit ever meets"):
        systems.probabilities(CAPTURED, "class", (), systems.conditions("given(site=night)", CAPTURED))
    with pytest.raises(errors.UserError, match="is a number"):
        systems.probabilities(CAPTURED, "lighting")


# One system whose laws can be worked out on paper: rain -> wet <- sprinkler, and how wet in numbers.
WET, DRY = Choice.of({"yes": 0.8, "no": 0.2}), Mixture(((0.1, Point("yes")), (0.9, Point("no"))))
RAIN = systems.System(
    "rain", "Rain",
    (
        Factor("rain", "categorical", ("no", "yes"), "Rain."), Factor("wet", "categorical", ("no", "yes"), "Wet."),
        Factor("depth", "continuous", (0.0, 10.0), "How deep."),
    ),
    (Edge("rain", "wet", "It wets."), Edge("wet", "depth", "It fills.")),
    (
        Mechanism("rain", "One day in four.", lambda: Choice.of({"no": 3, "yes": 1})),
        Mechanism("wet", "Nearly always.", lambda rain: WET if rain == "yes" else DRY),
        Mechanism("depth", "Deeper where wet.", lambda wet: Normal(4.0, 1.0) if wet == "yes" else Uniform(0.0, 1.0)),
    ),
    "wet", "rain", 8, 1, lambda latents, bank, size: np.zeros((len(latents), size, size, 1), np.uint8),
)  # fmt: skip


def test_bayes_by_hand_in_a_small_system():
    """P(wet) = .25 * .8 + .75 * .1 = .275; P(rain | wet) = .2 / .275 = 8 / 11."""
    assert likely(RAIN, "wet")["yes"] == pytest.approx(0.275)
    assert likely(RAIN, "rain", given="given(wet=yes)")["yes"] == pytest.approx(8 / 11)
    assert likely(RAIN, "rain", do="do(wet=yes)")["yes"] == pytest.approx(0.25)
    assert likely(RAIN, "wet", do="cut(rain->wet)")["yes"] == pytest.approx(0.275)
    assert likely(RAIN, "wet", do="cut(rain->wet)", given="given(rain=yes)")["yes"] == pytest.approx(0.275)
    assert systems.support(RAIN, "depth").intervals == ((0.0, 7.0),)  # 0 to 1, and 4 +- 3


def test_laws_draw_what_they_say():
    """Normal within 3 sd: mean 4, sd 0.9866 (variance 1 - 2 * 3 phi(3) / (2 Phi(3) - 1) = 0.97334); Uniform(0, 1): mean 1/2, variance 1/12."""
    depth = systems.sample(RAIN, 40_000, 9)
    wet = depth.values["wet"] == 1
    assert depth.values["depth"][wet].mean() == pytest.approx(4, abs=0.05)
    assert depth.values["depth"][wet].var() == pytest.approx(0.97334, abs=0.05)
    assert depth.values["depth"][~wet].mean() == pytest.approx(0.5, abs=0.01)
    assert depth.values["depth"][~wet].var() == pytest.approx(1 / 12, abs=0.003)
    assert depth.values["depth"].max() <= 7


def test_noise_is_uniform_and_streams_are_unrelated():
    latents = systems.sample(RAIN, 20_000, 1)
    columns = np.concatenate([latents.noise[name] for name in RAIN.order], axis=1)
    assert np.abs(columns.mean(0) - 0.5).max() < 0.01
    assert np.abs(columns.var(0) - 1 / 12).max() < 0.003
    assert np.abs(np.corrcoef(columns.T) - np.eye(12)).max() < 0.04


def test_a_distribution_in_place_of_a_mechanism_keeps_the_order_of_units():
    """The same noise gives the same quantile: who is smaller stays smaller."""
    latents = systems.sample(COLOURED, 100, 0)
    wide = systems.counterfactual(latents, [DoDistribution("size", Uniform(0.4, 1.5))])
    assert np.array_equal(np.argsort(wide.values["size"]), np.argsort(latents.values["size"]))
    assert wide.values["size"].min() < 0.6
