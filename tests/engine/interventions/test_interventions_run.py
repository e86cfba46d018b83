"""The study from question to rows, with shipped networks and real pictures: paired, reused, resumable."""

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from engine import control, networks, places, store, systems, worker
from engine.datasets import images
from engine.interventions import sample, settings, views
from engine.interventions import spec as asking
from engine.interventions.spec import InterventionsSpec
from engine.models import batching, predict

NETWORKS = ("linear-mnist-scratch-s0", "mlp-mnist-whole-s0")
SPEC = InterventionsSpec(system="coloured_digits", factors=("rotation",), networks=NETWORKS, units=120, steps=5)
WORDS = ["network", "cell", "factor", "level", "factor_2", "level_2", "metric"]
COMPARED = [*WORDS, "value", "low", "high", "n", "difference", "difference_low", "difference_high", "p", "gained", "lost", "inside", "reason"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path / "home"


def answered(spec=SPEC):
    job = control.claim("test", only=control.submit(spec, asking.title(spec), total=asking.plan(spec).cells))
    assert worker.answer(job) == "done", control.job(job.id).error
    return job.id


def comparable(run):
    return store.part_of(run, "responses")[COMPARED].sort_values(WORDS, ignore_index=True)


def known(spec, run=None):
    return views.known(spec, asking.plan(spec), run)


def test_each_network_world_and_metric_has_one_row_with_n_and_interval():
    run = answered()
    found = store.part_of(run, "responses")
    assert len(found) == 2 * (1 + 5) * 3
    assert not found.duplicated(WORDS).any()
    assert ((found["low"] <= found["value"]) & (found["value"] <= found["high"])).all()
    assert (found["n"] == 120).all()
    base = found["factor"] == ""
    assert found[base]["difference"].isna().all()
    assert ((found["difference_low"] <= found["difference"]) & (found["difference"] <= found["difference_high"]))[~base].all()
    assert (control.job(run).done, control.job(run).images) == (12, 12 * 120)


def test_numbers_are_those_of_the_network_on_the_same_units():
    """The same worlds drawn here, one by one, answered by the network itself."""
    answered()
    found = known(SPEC).rows
    system, card = systems.load("coloured_digits"), networks.card(NETWORKS[1])
    units, bank, network = systems.sample(system, 120), images.glyph_bank(system), predict.load(card, "cpu")
    right = {}
    for level in ("", "-180", "0"):
        latents = systems.counterfactual(units, systems.interventions(f"do(rotation={level})" if level else "", system))
        logits = batching.predict(network, systems.render(latents, bank), card.preprocess, batching.Batch(64))
        right[level] = logits.argmax(1) == latents.labels
    mine = found[(found["network"] == card.name) & (found["metric"] == "accuracy")].set_index("level")
    for level, hits in right.items():
        assert mine.loc[level, "value"] == pytest.approx(hits.mean())
        if level:
            assert mine.loc[level, "gained"] == (hits & ~right[""]).sum()
            assert mine.loc[level, "lost"] == (~hits & right[""]).sum()


def test_the_same_question_gives_the_same_rows_at_any_batch_size():
    one, other = answered(), answered(SPEC.model_copy(update={"batch": 7, "fresh": True}))
    pd.testing.assert_frame_equal(comparable(one), comparable(other), rtol=1e-4, atol=1e-4)


def test_asked_again_no_network_looks_and_the_rows_are_the_same():
    one = answered()
    assert asking.plan(SPEC).images == 0
    other = answered()
    assert control.job(other).images == 0
    assert store.part_of(other, "outcomes")["cell"].nunique() == 12  # a run is whole by itself
    pd.testing.assert_frame_equal(comparable(one), comparable(other))
    assert known(SPEC).whole


def test_another_factor_shares_the_base_world_and_more_networks_add_theirs_only():
    answered()
    other = SPEC.model_copy(update={"factors": ("size",)})
    assert (asking.plan(other).reused, asking.plan(other).cells) == (2, 12)
    more = SPEC.model_copy(update={"networks": (*NETWORKS, "cnn-mnist-whole-s0")})
    assert asking.plan(more).images == 6 * 120
    assert known(more).answered == 12


def test_what_a_cell_depends_on_changes_its_name():
    keys = asking.plan(SPEC).keys[1]
    changes = {
        "seed": 1,
        "units": 121,
        "split": "val",
        "parameters": {"strength": 0.5},
        "interventions": "do(paper=black)",
        "conditions": "given(class=3)",
    }
    for name, value in changes.items():
        assert asking.plan(SPEC.model_copy(update={name: value})).keys[1] != keys, name
    same = SPEC.model_copy(update={"parameters": {"strength": 0.9}, "steps": 21, "title": "called otherwise", "batch": 3})
    assert set(keys) <= {key for row in asking.plan(same).keys for key in row}


def test_a_value_that_the_base_world_sets_changes_nothing():
    spec = SPEC.model_copy(update={"interventions": "do(ink=red)", "factors": ("ink",), "networks": NETWORKS[:1]})
    answered(spec)
    red = known(spec).rows.query("level == 'red' and metric == 'accuracy'").iloc[0]
    assert (red["difference"], red["gained"], red["lost"], red["p"]) == (0, 0, 0, 1)
    assert red["cell"] == red["base"]


def test_conditions_choose_units_in_the_base_world_and_keep_them():
    spec = SPEC.model_copy(update={"conditions": "given(ink=red|blue)", "factors": ("ink",), "networks": NETWORKS[:1], "units": 60})
    run = answered(spec)
    outcomes = store.part_of(run, "outcomes")
    labels = {tuple(row) for row in outcomes["labels"]}
    assert len(labels) == 1  # the same units in every world, also where their ink is green


def test_a_map_sets_two_factors_and_a_profile_every_one():
    spec = SPEC.model_copy(update={"ask": "map", "factors": ("ink", "size"), "steps": 3, "units": 30, "networks": NETWORKS[:1]})
    run = answered(spec)
    found = store.part_of(run, "responses")
    assert len(found[found["factor_2"] == "size"]) == 4 * 10 * 3  # size has three stretches, so four values
    inside = found[(found["level"] == "red") & (found["level_2"] == "0.3")]["inside"]
    assert not inside.any()  # red occurs in training, so small does not
    profile = SPEC.model_copy(update={"ask": "profile", "factors": (), "system": "captured_digits", "steps": 2})
    planned = asking.plan(profile)
    factors = {level.factor for world in planned.worlds for level in world.levels}
    assert factors == {f.name for f in planned.system.factors} - {"class", "glyph"}


def test_a_network_that_cannot_be_loaded_takes_nobody_down(home):
    card = networks.card(NETWORKS[0]).model_copy(update={"name": "cut", "weights": ("model.safetensors",), "source": "brought"})
    folder = home / "inputs/networks/cut"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(card.model_dump_json())
    (folder / "model.safetensors").write_bytes((places.weights() / networks.card(NETWORKS[0]).weights[-1]).read_bytes()[:300])
    run = answered(SPEC.model_copy(update={"networks": ("cut", NETWORKS[1])}))
    found = store.part_of(run, "responses")
    assert found[found["network"] == "cut"]["value"].isna().all()
    assert found[found["network"] == "cut"]["reason"].str.len().min() > 10
    assert found[found["network"] == NETWORKS[1]]["value"].notna().all()
    assert set(store.part_of(run, "outcomes")["network"]) == {NETWORKS[1]}


def wait_for(true, seconds=90):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


@pytest.mark.slow
def test_killed_on_the_way_it_goes_on_and_ends_with_the_same_rows():
    spec = SPEC.model_copy(update={"networks": ("cnn-mnist-whole-s0", NETWORKS[0]), "units": 800, "steps": 9})
    job_id = control.submit(spec, "killed", total=asking.plan(spec).cells)
    child = subprocess.Popen([sys.executable, "-m", "engine", "work", "--idle", "2"], cwd=places.ROOT)
    wait_for(lambda: len(store.part_of(job_id, "responses", ["cell"])) >= 6)
    child.kill()
    child.wait()
    before = store.part_of(job_id, "outcomes")["cell"].tolist()
    assert 0 < len(before) < 20
    assert views.known(spec, asking.plan(spec), job_id).answered >= 2  # a page shows what is there
    assert known(spec).answered == 0
    job = control.claim("test", only=job_id)
    assert worker.answer(job) == "done", control.job(job_id).error
    looked = control.job(job_id).images
    after = store.part_of(job_id, "outcomes")["cell"].tolist()
    assert len(after) == len(set(after)) == 20
    assert looked == (20 - len(before)) * 800  # what was stored is not looked at again
    pd.testing.assert_frame_equal(comparable(job_id), comparable(answered(spec.model_copy(update={"fresh": True}))))


def test_the_command_line_answers_and_reads_what_is_answered(home):
    words = [
        sys.executable,
        "-m",
        "engine",
        "respond",
        "coloured_digits",
        "--factor",
        "rotation",
        "--networks",
        *NETWORKS,
        "--n",
        "120",
        "--steps",
        "5",
    ]
    told = json.loads(subprocess.run([*words, "--json"], cwd=places.ROOT, capture_output=True, text=True, check=True).stdout)
    assert len(told) == 36
    rows = known(SPEC).rows
    assert [row["value"] for row in told] == pytest.approx(rows["value"].tolist())
    again = subprocess.run([*words, "--finding"], cwd=places.ROOT, capture_output=True, text=True, check=True).stdout
    assert "falls from" in again
    assert len(control.jobs()) == 1


def test_the_cost_is_told_before():
    before = asking.cost(SPEC)
    assert (before.cells, before.images, before.seconds) == (12, 1440, None)
    assert set(before.unmeasured) == set(NETWORKS)
    answered()
    after = asking.cost(SPEC.model_copy(update={"fresh": True}))
    assert after.seconds is not None
    assert after.seconds > 0
    assert asking.cost(SPEC).seconds == 0


def test_a_level_is_inside_where_the_system_by_itself_goes():
    """An independent look: values drawn from the untouched system."""
    drawn = systems.sample(systems.load("coloured_digits"), 4000).named("rotation")
    for level in settings.levels(systems.load("coloured_digits"), "rotation", 21):
        assert level.inside == (np.abs(level.place) <= 12.001)
    assert np.abs(drawn).max() <= 12


def test_the_questions_that_ship_can_be_asked_and_ship_the_answers_of_their_base_worlds():
    asked = sample.questions()
    assert {spec.system for spec in asked} == {"coloured_digits", "captured_digits"}
    assert sum(len(spec.networks) for spec in asked) == len(sample.kept()) == 8
    assert views.questions() == []
