"""The study from question to numbers: rows, resume, views, sentences, figures, the command."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import errors, networks, rows, store
from engine.models import batching, predict
from engine.remedies import findings, plots, run, shipping, views, worlds
from engine.remedies.spec import RemediesSpec
from engine.stats import intervals
from engine.training import _loop, confounded
from engine.training.methods import METHODS
from tests.engine.remedies import _answered


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    home = tmp_path_factory.mktemp("remedies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        yield _answered.fill()


def test_every_network_is_asked_in_every_world(answered: str) -> None:
    found = views.networks_found(answered)
    assert len(found) == 5 * 2 * 4
    assert set(found["world"]) == {"as_trained", "cut", "other", "outside"}
    assert (found["n"] == 200).all()
    assert views.newest() == views.newest("coloured_digits") == answered
    assert views.newest("shape_scenes") is None


def test_an_accuracy_is_that_of_the_network_on_the_world_s_pictures(answered: str) -> None:
    card = networks.card("cnn-coloured_digits-0.9-erm-s1")
    latents = worlds.units("coloured_digits", 0.9, 200, 0)
    cut = worlds.worlds("coloured_digits")[1]
    pictures = worlds.pictures(cut, latents, run.images.glyph_bank(latents.system, "test"))
    predictor = predict.load(card, "cpu")
    hits = int((batching.predict(predictor, pictures, card.preprocess, batching.first(predictor)).argmax(1) == latents.labels).sum())
    row = views.networks_found(answered).query("network == @card.name and world == 'cut'").iloc[0]
    assert (row["accuracy"], row["low"], row["high"]) == pytest.approx((hits / 200, *intervals.wilson(hits, 200)))


def test_methods_are_means_of_their_networks_and_differences_are_paired(answered: str) -> None:
    every, each = views.methods_found(answered), views.networks_found(answered)
    means = each.groupby(["method", "world"])["accuracy"].mean()
    for row in every.to_dict("records"):
        assert row["value"] == pytest.approx(means[row["method"], row["world"]])
        assert row["low"] <= row["value"] <= row["high"]
        if row["method"] == "erm":
            assert pd.isna(row["difference"])
        else:
            assert row["difference"] == pytest.approx(means[row["method"], row["world"]] - means["erm", row["world"]])
            assert row["difference_low"] <= row["difference"] <= row["difference_high"]


def test_balancing_helps_and_erm_relies_on_ink(answered: str) -> None:
    cut = views.methods_found(answered).query("world == 'cut'").set_index("method")
    assert cut.loc["balanced", "difference_low"] > 0.1
    changed = views.reliance(answered).set_index("method")
    assert changed.loc["erm", "low"] > changed.loc["balanced", "high"]
    assert changed.loc["erm_cut", "high"] > 0  # no change in 400 answers does not say that there never is one


def test_networks_that_never_differ_are_not_said_to_be_the_same_everywhere() -> None:
    same = np.ones((2, 100), np.bool_)
    part = pd.DataFrame({"method": ["erm", "erm", "irm", "irm"], "seed": [0, 1, 0, 1]})
    found = views._against(part, "irm", same, same)
    low, high = found["difference_low"], found["difference_high"]
    assert found["difference"] == 0
    assert (low, high) == pytest.approx((-intervals.wilson(0, 100)[1], intervals.wilson(0, 100)[1]))


def test_flips_count_answers_that_differ_between_two_worlds(answered: str) -> None:
    found = store.query("SELECT world, predicted FROM outcomes_all WHERE network = 'cnn-coloured_digits-0.9-erm-s0'").set_index("world")["predicted"]
    before, after = np.asarray(found[""]), np.asarray(found["do(ink=ink of another class)"])
    mine = views.flips(answered).query("method == 'erm' and seed == 0").iloc[0]
    assert mine["value"] == pytest.approx((before != after).mean())


def test_the_same_question_gives_the_same_rows_and_resume_makes_none_again(answered: str) -> None:
    spec = _answered.SPEC
    keys = frozenset(run._key(spec, job) for job in spec.jobs()[:3])
    steps = list(run.run(spec, run.Before("other", {"outcomes": keys})))
    assert sum(step.cells for step in steps) == 10
    again = [block for step in steps for block in step.blocks]
    assert len(again) == 7
    assert all(block.table is rows.Outcome for block in again)
    stored = store.query("SELECT cell, predicted FROM outcomes_all").set_index("cell")["predicted"]
    for block in again:
        for cell, predicted in zip(block.columns["cell"], block.columns["predicted"], strict=True):
            assert predicted == list(stored[cell])


def test_a_network_that_is_not_there_is_trained_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    monkeypatch.setattr(confounded, "TRAIN", 80)
    monkeypatch.setattr(confounded, "VAL", 30)
    monkeypatch.setattr(confounded, "PLAN", _loop.Plan(epochs=2, learning_rate=4e-3))
    confounded.drawn.cache_clear()
    spec = RemediesSpec(strengths=(0.7,), methods=("erm", "irm"), seeds=(0,), architecture="mlp", units=50)
    messages = [step.message for step in run.run(spec, run.Before("one", {}))]
    confounded.drawn.cache_clear()
    assert "training mlp-coloured_digits-0.7-irm-s0: epoch 2 of 2" in messages
    assert "mlp-coloured_digits-0.7-irm-s0" in networks.names()


def test_the_sentence_names_the_best_remedy_its_gain_the_upper_line_and_n(answered: str) -> None:
    said = findings.of_accuracy(views.methods_found(answered), _answered.SPEC, 0.9, 0.1).replace("\u202f", " ")
    assert "right where ink no longer follows class, ERM **" in said
    assert "points more [" in said
    assert "The upper line, trained without that tie, gets" in said
    assert "Guessing gets 10.0 %; n 200 units, the same for all networks; 2 seeds." in said
    assert findings.of_reliance(views.reliance(answered), _answered.SPEC, 0.9).startswith("**ERM** changes")
    assert "a remedy against ink is none against paper" in findings.of_outside(views.methods_found(answered), _answered.SPEC, 0.9)


def told(**differences: tuple[float, float, float]) -> pd.DataFrame:
    base = {"strength": 0.9, "world": "cut", "value": 0.5, "low": 0.4, "high": 0.6, "seeds": 3, "n": 100}
    rows = [base | {"method": "erm", "method_title": "ERM", "difference": None, "difference_low": None, "difference_high": None}]
    for name, (difference, low, high) in differences.items():
        given = {"difference": difference, "difference_low": low, "difference_high": high}
        rows.append(base | {"method": name, "method_title": METHODS[name].title, **given})
    return pd.DataFrame(rows)


def test_what_is_not_shown_to_help_is_not_said_to_help() -> None:
    found = told(irm=(0.02, -0.05, 0.09), group_dro=(-0.2, -0.3, -0.1))
    said = findings.of_accuracy(found, _answered.SPEC, 0.9, 0.1)
    assert said.startswith("**No remedy is shown to help.** The best, IRM,")
    assert "Group DRO does worse than ERM: 20.0 points less [10.0, 30.0]." in said
    assert findings.of_accuracy(told(), _answered.SPEC, 0.9, 0.1) == ""


def test_the_methods_say_what_they_were_told() -> None:
    rows = {row["method"]: row["told in training"] for row in findings.of_methods(_answered.SPEC)}
    assert rows["ERM"] == "images and labels only"
    assert rows["Group DRO"] == "images, labels, and the ink's value of each training image"
    assert rows["IRM"] == "images, labels, and which of two environments each training image is from"


def test_the_figures_hold_every_method_and_every_seed(answered: str) -> None:
    every, each = views.methods_found(answered), views.networks_found(answered)
    figure = plots.accuracies(every, each, tuple(METHODS), 0.1)
    go.Figure(figure.to_plotly_json())  # Plotly's own check of each setting
    named = [trace.name for trace in figure.data if trace.name]
    assert named == ["guessing", *(METHODS[name].title for name in METHODS)]
    assert [len(trace.x) for trace in figure.data] == [2] + [8, 4] * 5
    small = plots.changes(views.reliance(answered), views.flips(answered), tuple(METHODS), "answers that change")
    go.Figure(small.to_plotly_json())
    assert [len(trace.x) for trace in small.data] == [2, 1] * 5


def test_the_command_shows_the_newest_run_and_an_unknown_run_is_refused(answered: str) -> None:
    from engine.remedies import commands

    shown = []
    commands._remedies(argparse.Namespace(run=None, system=None, view="reliance", ship=None), lambda _, frame: shown.append(frame))
    assert shown[0]["method"].tolist() == list(METHODS)
    with pytest.raises(errors.UserError, match="remedies"):
        views.question("nowhere")
    with pytest.raises(errors.UserError, match="No remedies have been compared"):
        commands._remedies(argparse.Namespace(run=None, system="shape_scenes", view="methods", ship=None), print)


def test_what_ships_is_read_back_the_same_from_another_root(answered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line.partition(":")[0] for line in shipping.ship(tmp_path)] == ["remedies1-coloured_digits"]
    before = views.methods_found(answered)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path))
    assert views.newest() == "remedies1-coloured_digits"
    pd.testing.assert_frame_equal(views.methods_found("remedies1-coloured_digits"), before)
