"""What networks say to single units: the same as when one draws the pictures and asks the network oneself."""

import numpy as np
import pytest
from scipy import special

from engine import errors, networks, shifts, systems
from engine.datasets import images
from engine.interventions import alike, answer, asking, settings
from engine.models import predict, warm

NETWORK, OTHER = "linear-mnist-scratch-s0", "mlp-mnist-scratch-s0"
PATH = {"kind": "path", "system": "coloured_digits", "unit": 3, "factor": "rotation", "points": 9, "networks": [NETWORK, OTHER]}
CHANGE = {"kind": "change", "system": "coloured_digits", "factor": "ink", "from": "red", "to": "blue", "n": 40, "networks": [OTHER]}


@pytest.fixture(scope="module")
def cache():
    return warm.Cache()


def said(question, cache):
    return answer.answer(question, {}, cache)


def witnessed(name, pictures):
    """Return a network's probabilities of pictures, without any of the code under test."""
    card = networks.card(name)
    return special.softmax(predict.load(card)(card.preprocess(pictures)).astype(float), axis=1)


def drawn(latents):
    return systems.render(latents, images.glyph_bank(latents.system))


def test_a_path_is_one_unit_with_the_factor_set_to_one_value_after_another(cache):
    found, arrays = said(PATH, cache)
    system = systems.load("coloured_digits")
    unit = systems.sample(system, 1, start=3)
    pictures = np.concatenate([drawn(systems.counterfactual(unit, (systems.Do("rotation", value),))) for value in found["values"]])
    for i, name in enumerate((NETWORK, OTHER)):
        expected = witnessed(name, pictures)
        np.testing.assert_allclose(arrays["probabilities"][i], expected, atol=1e-6)
        assert found["predicted"][i] == expected.argmax(axis=1).tolist()
        np.testing.assert_allclose(found["confidence"][i], expected.max(axis=1), atol=2e-6)
        np.testing.assert_allclose(found["truth"][i], expected[:, unit.labels[0]], atol=2e-6)
    assert found["own"]["value"] == unit.named("rotation")[0]
    np.testing.assert_allclose(arrays["own"], [witnessed(name, drawn(unit))[0] for name in (NETWORK, OTHER)], atol=1e-6)
    assert found["values"][0] == -180
    assert found["values"][-1] == 180
    assert found["labels"] == [int(unit.labels[0])] * len(found["values"])


def test_along_the_class_itself_the_label_goes_along(cache):
    found, _ = said(PATH | {"factor": "class"}, cache)
    assert found["values"] == list("0123456789")
    assert found["labels"] == list(range(10))


def test_units_are_named_by_number_or_by_condition(cache):
    system = systems.load("coloured_digits")
    numbers = [7, 90_000, 2, 7]
    found, arrays = said({"kind": "units", "system": "coloured_digits", "units": numbers, "networks": [NETWORK]}, cache)
    expected = [systems.sample(system, 1, start=number) for number in numbers]
    assert found["units"] == numbers
    assert found["labels"] == [int(one.labels[0]) for one in expected]
    np.testing.assert_allclose(arrays["probabilities"][0], witnessed(NETWORK, np.concatenate([drawn(one) for one in expected])), atol=1e-6)
    held, _ = said({"kind": "units", "system": "coloured_digits", "given": "given(class=3)", "n": 5, "networks": []}, cache)
    assert held["labels"] == [3] * 5
    with pytest.raises(errors.UserError, match="not by both"):
        said({"kind": "units", "system": "coloured_digits", "units": [1], "given": "given(class=3)"}, cache)


def test_a_change_asks_about_the_same_units_before_and_after(cache):
    found, arrays = said(CHANGE, cache)
    system = systems.load("coloured_digits")
    for when, ink in (("before", "red"), ("after", "blue")):
        latents = systems.sample(system, 40, interventions=(systems.Do("ink", ink),))
        assert found[f"labels_{when}"] == latents.labels.tolist()
        np.testing.assert_allclose(arrays[f"probabilities_{when}"][0], witnessed(OTHER, drawn(latents)), atol=1e-6)


def test_a_change_from_as_it_is_leaves_the_world_before_alone():
    changed = alike.changed(asking.Change.model_validate(CHANGE | {"from": "", "do": "do(paper=black)"}))
    assert systems.text(changed.before.interventions) == "do(paper=black)"
    assert systems.text(changed.after.interventions) == "do(paper=black); do(ink=blue)"


def test_what_is_done_to_the_factor_elsewhere_gives_way():
    system = systems.load("coloured_digits")
    along = alike.along(asking.Path.model_validate(PATH | {"factor": "ink", "do": "do(ink=red); cut(class->ink); do(paper=black)"}))
    base = systems.interventions("do(ink=red); cut(class->ink); do(paper=black)", system)
    assert [world.interventions for world in along.worlds] == [settings.acts(base, (level,)) for level in along.levels]
    assert {world.named("ink")[0] for world in along.worlds} == set(system.factor("ink").domain)
    assert {world.named("paper")[0] for world in along.worlds} == {"black"}


def test_an_example_of_an_image_set_goes_along_a_shift(cache):
    split = images.load("optdigits", "test")
    question = {"kind": "example", "dataset": "optdigits", "example_id": split.ids[4], "shift": "gaussian_noise", "networks": [NETWORK], "seed": 2}
    found, arrays = said(question, cache)
    picture = np.asarray(split.images[4])[None]
    shown = [shifts.shifted(picture, [split.ids[4]], "gaussian_noise", strength, 2)[0] for strength in found["values"]]
    assert found["values"] == list(shifts.card("gaussian_noise").strengths)
    np.testing.assert_allclose(arrays["probabilities"][0], witnessed(NETWORK, np.stack(shown)), atol=1e-6)
    np.testing.assert_allclose(arrays["own"], witnessed(NETWORK, picture), atol=1e-6)
    with pytest.raises(errors.UserError, match="no example"):
        said(question | {"example_id": "nobody"}, cache)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({}, "kind of question"),
        ({"kind": "path"}, "system: Field required"),
        (PATH | {"unit": -1}, "unit"),
        (PATH | {"points": 10**6}, "points"),
        (PATH | {"networks": [NETWORK] * 13}, "networks"),
        (PATH | {"networks": [7]}, "networks"),
        (PATH | {"colour": "red"}, "colour"),
        (PATH | {"system": "coloured"}, "system"),
        (PATH | {"factor": "inks"}, "factor"),
        (PATH | {"with": {"strength": 2.0}}, "strength"),
        (PATH | {"do": "do(ink=mauve)"}, "mauve"),
        (PATH | {"networks": ["efficientnet_lite0"]}, "does not know"),
        (CHANGE | {"to": "mauve"}, "mauve"),
        (CHANGE | {"to": "red"}, "before and after"),
        (CHANGE | {"from": "red); do(paper=black"}, "no value"),
        (CHANGE | {"n": 10**7}, "n:"),
        (CHANGE | {"factor": "size", "from": "", "to": "99"}, "leaves the domain"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(question, why, cache):
    with pytest.raises(errors.UserError, match=why):
        said(question, cache)


def test_questions_come_back_from_what_they_say():
    for question in (PATH, CHANGE):
        read = asking.read(question)
        assert asking.read(read.model_dump(mode="json", by_alias=True)) == read
