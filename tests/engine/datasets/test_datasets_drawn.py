"""Interventions as data sets: a few lines of JSON that draw themselves, of the digits' task, ready for the assay."""

import json

import numpy as np
import pytest

from engine import control, errors, store, systems, worker
from engine.assay import spec as asking
from engine.assay.spec import AssaySpec
from engine.datasets import images
from engine.datasets.images import Recipe, _brought, _drawn


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path / "home"


def kept(do="do(ink=blue)", sizes=None, **more):
    recipe = Recipe(more.pop("system", "coloured_digits"), do, sizes=sizes or {"test": 60}, **more)
    return images.card(images.keep(recipe)["name"])


def test_a_kept_intervention_is_a_set_named_after_what_was_done():
    card = kept("do( ink=blue ) ;cut(batch->class)")
    assert card.name == "coloured_digits[do(ink=blue); cut(batch->class)]#0"
    assert card.name in images.names()
    assert (card.task, card.classes, card.frame, card.channels, card.sizes) == ("digits", tuple("0123456789"), 28, 3, {"test": 60})
    assert card.brought
    assert "do(ink=blue)" in card.preparation
    assert "mnist: BSD-3-Clause" in card.licence
    assert "version 1" in card.source


def test_its_folder_holds_no_pictures():
    name = kept().name
    folder = _brought._cards()[name][0]
    assert sorted(file.name for file in folder.iterdir()) == ["card.json", "intervention.json"]
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4000


def test_it_draws_the_same_pictures_each_time_and_they_are_the_units_of_the_recipe():
    name = kept("do(ink=blue); do(rotation~uniform(-60,60))").name
    first = images.load(name)
    _brought._load.cache_clear()
    again = images.load(name)
    assert first is not again
    assert np.array_equal(first.images, again.images)
    assert first.digest == images.card(name).digests["test"]
    recipe = images.recipe_of(name)
    assert recipe is not None
    latents = _drawn.units(recipe, "test")
    assert np.array_equal(latents.labels, first.labels)
    assert set(latents.named("ink")) == {"blue"}
    assert np.array_equal(systems.render(latents, images.glyph_bank(latents.system)), first.images)


def test_factors_that_vary_are_its_groups_and_numbers_are_cut_into_quarters_of_their_domain():
    card = kept("do(rotation~uniform(-180,180)); do(texture~choice(plain,dots)); do(size=1); do(noise=0)")
    loaded = images.load(card.name)
    assert set(loaded.groups["rotation"]) == {"-180 to -90", "-90 to 0", "0 to 90", "90 to 180"}
    assert set(loaded.groups["texture"]) == {"plain", "dots"}
    assert set(loaded.groups["batch"]) == {"warm", "cold"}
    assert {"class", "glyph", "size", "noise", "source"}.isdisjoint(loaded.groups)
    assert tuple(sorted(loaded.groups)) == card.groups


def test_each_split_has_units_and_glyphs_of_its_own():
    name = kept("", sizes={"test": 50, "train": 80, "val": 40}).name
    card = images.card(name)
    assert card.sizes == {"train": 80, "val": 40, "test": 50}
    ids = [i for split in card.sizes for i in images.load(name, split).ids]
    assert len(ids) == len(set(ids)) == 170
    system = systems.load("coloured_digits")
    banks = {split: {picture.tobytes() for picture in images.glyph_bank(system, split).pictures} for split in ("train", "val", "test")}
    assert banks["train"].isdisjoint(banks["test"])
    assert banks["train"].isdisjoint(banks["val"])
    own = {picture.tobytes() for picture in np.asarray(images.load("mnist", "test").images)}
    assert own <= banks["test"]


def test_two_worlds_of_one_seed_are_pairs():
    blue, red = (images.load(kept(f"do(ink={ink})").name) for ink in ("blue", "red"))
    assert np.array_equal(blue.labels, red.labels)
    assert blue.sources == red.sources
    assert not np.array_equal(blue.images, red.images)


def test_conditions_parameters_and_seed_are_part_of_it():
    card = kept("", conditions="given(ink=red)", parameters={"strength": 0.5}, seed=3)
    assert card.name == "coloured_digits[strength=0.5; given(ink=red)]#3"
    recipe = images.recipe_of(card.name)
    assert recipe is not None
    assert set(_drawn.units(recipe, "test").named("ink")) == {"red"}
    assert recipe.parameters == {"strength": 0.5, "common": 0.7, "paper": 0.9}


def test_keeping_the_same_again_changes_nothing_and_another_of_the_name_is_refused():
    name = kept().name
    assert kept().name == name
    assert images.names().count(name) == 1
    with pytest.raises(errors.UserError, match=r"There is a data set .* already\. Choose another name"):
        kept(sizes={"test": 61})
    with pytest.raises(errors.UserError, match="already"):
        images.keep(Recipe("coloured_digits"), "mnist")


def test_a_long_name_is_shortened_and_stays_its_own():
    many = [f"do({one}~uniform({a},{b}))" for one, a, b in (("size", 0.4, 1.25), ("rotation", -45, 45), ("x", -0.25, 0.25), ("y", -0.25, 0.25))]
    first, second = kept("; ".join(many)), kept("; ".join((*many, "do(ink=red)")))
    assert len(first.name) <= 100
    assert first.name != second.name


def test_equal_pictures_are_left_out_and_that_is_said():
    everything = "do(shape=disc); do(colour=red); do(surface=plain); do(background=ink); do(texture=plain); do(size=0.5); do(x=0); do(y=0)"
    still = "do(rotation=0); do(lighting=1); do(blur=0); do(noise=0); do(occluder=0)"
    card = kept(f"{everything}; {still}", system="shape_scenes")
    assert card.sizes == {"test": 1}
    assert card.skipped == ("59 of test equal to another picture",)
    assert card.task == "shapes"


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe("coloured_digits", "do(ink=mauve)"), "no value of ink named “mauve”"),
        (Recipe("colored_digits"), "no system named “colored_digits”"),
        (Recipe("coloured_digits", sizes={}), "has no split"),
        (Recipe("coloured_digits", sizes={"tset": 5}), "no split named “tset”"),
        (Recipe("coloured_digits", sizes={"test": 0}), "A split of 0 pictures cannot be drawn"),
        (Recipe("coloured_digits", parameters={"strength": 2.0}), "“strength” cannot be 2"),
        (Recipe("captured_digits", conditions="given(site=night)"), "Only 0 of 400,000"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_left_behind(recipe, said, home):
    with pytest.raises(errors.UserError, match=said):
        images.keep(recipe)
    assert not (home / "inputs" / "datasets").exists() or list((home / "inputs" / "datasets").iterdir()) == []


def test_a_set_whose_system_has_changed_says_so_instead_of_other_pictures():
    name = kept().name
    file = _brought._cards()[name][0] / "card.json"
    content = json.loads(file.read_text())
    content["card"]["digests"]["test"] = "0" * 16
    file.write_text(json.dumps(content))
    with pytest.raises(errors.UserError, match=r"was saved from coloured_digits version 1; .* save the intervention again"):
        images.load(name)


def test_a_damaged_recipe_says_so():
    name = kept().name
    (_brought._cards()[name][0] / "intervention.json").write_text("{")
    with pytest.raises(errors.UserError, match="cannot be read as an intervention"):
        images.load(name)


def test_it_is_removed_like_any_brought_set():
    name = kept().name
    images.remove(name)
    assert name not in images.names()


def test_pictures_that_were_brought_have_no_recipe(tmp_path):
    np.savez(tmp_path / "set.npz", images=np.arange(2 * 64, dtype=np.uint8).reshape(2, 8, 8), labels=np.array(["a", "b"]))
    images.bring(tmp_path / "set.npz", "mine", frame=8, channels=1)
    assert images.recipe_of("mine") is None


def test_the_assay_asks_digit_networks_about_it_and_finds_the_worst_group():
    """Two worlds of the same units, on black paper and on white: a network of white digits on black falls, by a lot, paired."""
    dark, bright = (kept(f"do(paper={paper}); do(texture~choice(plain,dots))", sizes={"test": 120}).name for paper in ("black", "white"))
    asked = AssaySpec(
        networks=("cnn-mnist-scratch-s0",), id_dataset="mnist", ood_datasets=(dark, bright), images=120, metrics=("accuracy", "worst_group_accuracy")
    )
    job = control.claim("test", only=control.submit(asked, asking.title(asked), total=asking.plan(asked).cells))
    assert job is not None
    assert worker.answer(job) == "done", control.job(job.id).error
    scores = store.part_of(job.id, "scores")
    whole = scores[(scores["metric"] == "accuracy") & scores["slice"].isna()].set_index("dataset")["value"]
    assert whole[dark] > 0.6
    assert whole[bright] < whole[dark] - 0.2
    loaded = images.load(dark)
    texture_of = dict(zip(loaded.ids, loaded.groups["texture"], strict=True))
    answers = store.part_of(job.id, "predictions").query("dataset == @dark")
    right = np.array([np.argmax(logits) for logits in answers["logits"]]) == answers["label"].to_numpy()
    textures = np.array([texture_of[one] for one in answers["example_id"]])
    worst = scores[(scores["metric"] == "worst_group_accuracy") & (scores["dataset"] == dark) & scores["slice"].str.contains("texture", na=False)][
        "value"
    ]
    assert worst.tolist() == pytest.approx([min(right[textures == kind].mean() for kind in ("plain", "dots"))])
