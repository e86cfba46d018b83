"""What every system must keep: an added file is tested by being there."""

import functools

import numpy as np
import pytest

from engine import errors, registry, systems
from engine.datasets import images

NAMES = systems.names()
N = 40


@functools.cache
def loaded(name):
    system = systems.load(name)
    return system, images.glyph_bank(system, "test"), systems.sample(system, N, 7)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_complete_without_importing_the_system(name):
    card = systems.card(name)
    assert card.title
    assert card.text.endswith(".")
    assert card.citation.endswith(".")
    assert card.task
    assert all(p.low <= p.default <= p.high and p.description for p in card.parameters.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_system_is_as_its_card_says(name):
    system, _, _ = loaded(name)
    card = systems.card(name)
    assert (system.name, system.task, system.frame, system.channels) == (name, card.task, card.frame, card.channels)
    assert system.title == card.title
    assert dict(system.parameters) == {one: p.default for one, p in card.parameters.items()}


@pytest.mark.parametrize("name", NAMES)
def test_everything_on_the_graph_is_explained_in_sentences(name):
    system, _, _ = loaded(name)
    said = [*(f.description for f in system.factors), *(m.sentence for m in system.mechanisms), *(e.sentence for e in system.edges)]
    assert [text for text in said if not text.endswith(".")] == []


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_of_every_parameter_make_a_system(name):
    for one, about in systems.card(name).parameters.items():
        for value in (about.low, about.high):
            assert systems.load(name, **{one: value}).parameters[one] == value


@pytest.mark.parametrize("name", NAMES)
def test_draws_lie_in_the_support_and_the_support_in_the_domain(name):
    system, _, latents = loaded(name)
    for factor in system.factors:
        support = systems.support(system, factor.name)
        assert all(support.holds(value) for value in latents.named(factor.name)), factor.name
        if factor.categorical:
            assert set(support.values) <= set(factor.domain)
        else:
            assert all(factor.limits[0] <= low <= high <= factor.limits[1] for low, high in support.intervals)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [28, 64])
def test_pictures_are_the_same_at_any_batch_size_and_order(name, size):
    _, bank, latents = loaded(name)
    pictures = systems.render(latents, bank, size)
    assert pictures.shape == (N, size, size, 3)
    assert pictures.dtype == np.uint8
    order = np.arange(N)[::-1]
    assert np.array_equal(systems.render(latents[order], bank, size)[order], pictures)
    assert np.array_equal(np.concatenate([systems.render(latents[i : i + 3], bank, size) for i in range(0, N, 3)]), pictures)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_different_units_differ(name):
    _, bank, latents = loaded(name)
    assert len({picture.tobytes() for picture in systems.render(latents, bank)}) == N


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_units_changes_none_of_them(name):
    system, _, latents = loaded(name)
    few, late = systems.sample(system, 5, 7), systems.sample(system, 10, 7, start=30)
    for factor in system.order:
        assert np.array_equal(few.values[factor], latents.values[factor][:5])
        assert np.array_equal(late.values[factor], latents.values[factor][30:])
        assert np.array_equal(late.noise[factor], latents.noise[factor][30:])


@pytest.mark.parametrize("name", NAMES)
def test_setting_any_factor_leaves_everything_but_its_effects_bit_for_bit(name):
    system, _, latents = loaded(name)
    for factor in system.factors:
        value = factor.domain[-1]  # the last name, or the highest number
        other = systems.counterfactual(latents, [systems.Do(factor.name, value)])
        assert set(other.named(factor.name)) == {value}
        kept = set(system.order) - {factor.name, *system.descendants(factor.name)}
        assert [one for one in kept if other.values[one].tobytes() != latents.values[one].tobytes()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_visible_factor_reaches_the_picture_and_a_hidden_one_does_not_by_itself(name):
    """Through its effects a hidden factor may reach it, so these are held at what they are."""
    system, bank, latents = loaded(name)
    before = systems.render(latents, bank)
    for factor in system.factors:
        values = {**latents.values, factor.name: np.roll(latents.values[factor.name], 1)}
        if len(set(latents.named(factor.name))) == 1:
            values[factor.name] = np.full(N, factor.code(factor.domain[-1]) if factor.categorical else factor.limits[1])
        changed = systems.Latents(system, latents.seed, latents.units, values, latents.noise)
        assert np.array_equal(systems.render(changed, bank), before) == factor.hidden, factor.name


@pytest.mark.parametrize("name", NAMES)
def test_every_class_occurs_and_is_the_label(name):
    system, _, _ = loaded(name)
    drawn = systems.sample(system, 400, 1)
    assert set(drawn.labels.tolist()) == set(range(len(system.classes)))
    assert drawn.named(system.target) == [system.classes[label] for label in drawn.labels]


def test_an_unknown_system_or_parameter_offers_the_nearest():
    with pytest.raises(errors.UserError, match="coloured_digits"):
        systems.load("colored_digits")
    with pytest.raises(errors.UserError, match="strength"):
        systems.load("coloured_digits", strenght=0.5)
    with pytest.raises(errors.UserError, match="Choose a number from 0 to 1: how often"):
        systems.load("coloured_digits", strength=1.5)


def test_a_file_in_the_extensions_is_offered_and_one_with_a_cycle_says_so_and_harms_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    folder = tmp_path / "extensions" / "systems"
    folder.mkdir(parents=True)
    source = registry.path("systems", "shape_scenes").read_text().replace('"shape_scenes"', '"mine"')
    (folder / "mine.py").write_text(source)
    (folder / "round.py").write_text(
        source.replace('"mine"', '"round"').replace("EDGES = (", 'EDGES = (\n    Edge("colour", "shape", "Round."),').replace(
            'rooted("shape", Choice.even(SHAPES), "Each shape is as likely.")', 'Mechanism("shape", "Round.", lambda colour: Choice.even(SHAPES))'
        )
    )  # fmt: skip
    assert {"mine", "round"} < set(systems.names())
    assert np.array_equal(systems.sample(systems.load("mine"), 3).labels, systems.sample(systems.load("shape_scenes"), 3).labels)
    with pytest.raises(errors.UserError, match=r"round\.py: “shape” is a cause of itself \(shape -> colour -> shape\)\. Remove one"):
        systems.load("round")
    assert systems.load("mine").name == "mine"
