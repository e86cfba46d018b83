"""From a question to rows: controls, what test people may not touch, resuming, and what views make of it. A small table, really fitted."""

import json

import numpy as np
import pandas as pd
import pytest

from engine import control, errors, rows, store, worker
from engine.__main__ import main
from engine.datasets import tables
from engine.heads import cutting, findings, fitting, inside, measuring, merge, people, persons, plainly, plots, run, spec, treatment, views, weights
from engine.heads.spec import HeadsSpec
from engine.store import sql

QUESTION = HeadsSpec(table="made", lambdas=(20.0,), seeds=(0,), hidden=(12, 8), excluded=("who",))


def _made(n=1600, seed=0):
    """Experience decides, hair tells the group, groups differ in experience: the set of Lipton and others in small."""
    rng = np.random.default_rng(seed)
    member = rng.integers(0, 2, n)
    experience = rng.normal(10 + 5 * member, 5)
    hair = rng.normal(np.where(member == 1, 5, 20), 6)
    hired = experience + rng.normal(0, 2, n) > 12
    town = rng.choice(["north", "south", "west"], n)
    return pd.DataFrame(
        {
            "hired": np.where(hired, "yes", "no"),
            "sex": np.where(member == 1, "m", "f"),
            "experience": experience,
            "hair": hair,
            "town": town,
            "who": 1.0,
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the answered question."""
    folder = tmp_path_factory.mktemp("heads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder))
        patch.setenv("TOUCHSTONE_SAMPLE", str(folder / "no-sample"))
        file = folder / "made.csv"
        file.write_bytes(store.csv_bytes(_made()))
        tables.bring(file, "made", label="hired", groups=["sex"])
        job = control.submit(QUESTION, spec.title(QUESTION), total=spec.plan(QUESTION).cells)
        claimed = control.claim("test", only=job)
        assert claimed is not None
        assert worker.answer(claimed) == "done", control.job(job).error
        yield folder


@pytest.fixture(scope="module")
def named(home):
    """Method -> the network's name."""
    return {job.method: job.name for job in spec.jobs(QUESTION)}


@pytest.fixture(scope="module")
def told(home):
    """Every row of the test side."""
    return views.numbers("made", "sex")


def _value(told, method, metric, part=""):
    (value,) = told[(told["method"] == method) & (told["metric"] == metric) & (told["part"] == part)]["value"]
    return value


def test_what_was_measured_can_be_asked_for_in_sql(told):
    answer = sql.select("SELECT count(*) AS n FROM treatments WHERE dataset = 'made' AND split = 'test'", sample=False).frame
    assert int(answer["n"].iloc[0]) == len(told)
    assert "treatments" in sql.tables()


def test_the_plan_names_every_network_and_begins_with_those_that_others_need(home):
    planned = spec.plan(QUESTION)
    assert [job.method for job in planned.jobs] == ["plain", "ceiling", "two_heads", "squared", "shuffled"]
    assert len({job.name for job in planned.jobs}) == planned.cells == 5
    assert spec.cost(QUESTION, planned).reused == 5


def test_pressing_closes_the_gap_and_costs_accuracy(told):
    assert _value(told, "plain", "gap") > 0.25
    assert abs(_value(told, "squared", "gap")) < _value(told, "plain", "gap") / 3
    assert _value(told, "squared", "accuracy") < _value(told, "plain", "accuracy")


def test_controls_stand_beside_every_read_out_and_noise_is_worse_than_the_group(told):
    """Check 5: ten random read-outs and one of noise; of these only noise is asserted to be worse."""
    for metric in ("merged_agreement", "recovered_accuracy"):
        parts = told[(told["method"] == "squared") & (told["metric"] == metric)]["part"].tolist()
        assert sorted(parts) == sorted(["read-out=trained", "read-out=noise", *(f"read-out=random {k}" for k in range(1, 11))])
        assert _value(told, "squared", metric, "read-out=noise") < _value(told, "squared", metric, "read-out=trained")
    found = views.controls("made", "sex").set_index(["method", "metric"])
    assert found.loc[("squared", "merged_agreement"), "random_low"] <= found.loc[("squared", "merged_agreement"), "random_high"]


def test_with_shuffled_groups_the_shift_tells_nothing_of_them_and_parity_stays(told):
    """Check 6."""
    low, high = told[(told["method"] == "shuffled") & (told["part"] == "groups=shuffled")][["low", "high"]].iloc[0]
    assert low < 0.5 < high
    assert _value(told, "shuffled", "gap") == pytest.approx(_value(told, "plain", "gap"), abs=0.06)
    assert _value(told, "squared", "shift_auc") > _value(told, "shuffled", "shift_auc")


def test_rules_and_thresholds_do_not_know_the_test_people(home, named, monkeypatch):
    """Check 7: with other outcomes and groups of the test people, every b, c and threshold is what it was."""
    job = next(job for job in spec.jobs(QUESTION) if job.method == "two_heads")
    plain = job.sibling("plain")

    def fitted():
        found = [row for one in (job, plain) for row in measuring.measure(measuring.Bench(one, fitting.fitted))]
        return [(r.method, r.metric, r.part, r.value) for r in found if r.metric in {"b", "c", "threshold"} or r.split == "val"]

    before = fitted()
    everybody = people.of(job)
    test = everybody.table.splits == "test"
    labels = np.where(test, 1 - everybody.labels, everybody.labels)
    members = np.where(test, 1 - everybody.members, everybody.members)
    other = people.People(everybody.table, everybody.encoder, everybody.groups, everybody.inputs, labels, members)
    monkeypatch.setattr(people, "of", lambda _job: other)
    assert fitted() == before
    assert len(before) > 100


def test_every_row_says_how_many_people_stand_behind_it_or_why_there_is_no_number(told):
    shares = told[told["low"].notna()]
    assert (shares["n"] > 0).all()
    assert told[told["value"].isna()]["reason"].notna().all()
    assert (shares["low"] <= shares["value"] + 1e-3).all()
    assert (shares["high"] >= shares["value"] - 1e-3).all()


def test_the_stored_network_is_the_measured_one(home, named, told):
    heads = inside.said(named["squared"])
    assert np.mean((heads.task > 0) == heads.side.labels) == pytest.approx(_value(told, "squared", "accuracy"), abs=1e-6)


def test_a_run_that_was_stopped_goes_on_and_gives_the_same_rows(home):
    planned = spec.plan(QUESTION)
    done = {planned.jobs[0].key, planned.jobs[2].key}
    steps = list(run.run(QUESTION, run.Before("again", {"treatments": frozenset(done)})))
    assert sum(step.cells for step in steps) == 5
    answered = {key for step in steps for key in step.keys.get("treatments", ())}
    assert answered == {job.key for job in planned.jobs} - done
    again = next(step for step in steps if planned.jobs[3].key in step.keys.get("treatments", ()))
    stored = store.part_of(views.questions()["run"].iloc[0], rows.Treatment.table)
    mine = stored[stored["network"] == planned.jobs[3].name]
    assert again.blocks[0].columns["value"] == mine["value"].where(mine["value"].notna(), None).tolist()


def test_a_network_is_fitted_anew_when_its_table_changes(home, monkeypatch):
    job = spec.jobs(QUESTION)[0]
    assert fitting.is_kept(job)
    monkeypatch.setattr(spec, "VERSION", spec.VERSION + 1)
    assert not fitting.is_kept(job)


def test_the_frontier_has_every_method_with_intervals(home):
    found = views.frontier("made", "sex")
    assert set(found["method"]) == {
        "plain", "two_heads", "squared", "shuffled", "merged", "thresholds", "threshold_optimizer", "exponentiated_gradient", "constant",
    }  # fmt: skip
    assert (found["accuracy_low"] <= found["accuracy"]).all()
    assert found[found["method"] == "merged"]["slack"].nunique() > 10
    seeds = views.over_seeds(found)
    assert set(seeds["seeds"]) == {1}


def test_awareness_has_its_floor_and_its_ceilings(home):
    found = views.aware("made", "sex").set_index(["method", "layer"])
    floor = found.loc[("plain", "floor"), "accuracy"]
    assert floor < found.loc[("plain", "inputs, linear"), "accuracy"]
    assert floor < found.loc[("ceiling", "inputs, network"), "accuracy"]
    assert {layer for method, layer in found.index if method == "squared"} == {"layer=1", "layer=2"}


def test_the_wedge_of_the_plane_holds_exactly_those_whose_decision_changes(home, named):
    plane = inside.plane(named["two_heads"])
    row = plane.slacks.iloc[0]
    changed = ((plane.task + row["b"] * plane.group).astype(np.float32) + row["c"] > 0) != (plane.task > 0)
    assert changed.mean() == pytest.approx(row["changed"])
    assert 0 < changed.sum() < len(changed)
    assert plane.groups == ("f", "m")
    assert (plane.slacks["gap_val"].abs() <= plane.slacks["slack"] + 1e-9).all()


def test_implied_thresholds_ask_more_of_the_group_that_is_accepted_more_often(home, named):
    found = inside.implied(named["two_heads"], 0.02).set_index("group")
    assert found.loc["m", "threshold"] > found.loc["f", "threshold"]
    assert found.loc["m", "said"] == f"A typical member of m needs p ≥ {found.loc['m', 'threshold']:.2f}."
    pressed = inside.implied(named["squared"]).set_index("group")
    assert pressed.loc["m", "threshold"] > pressed.loc["f", "threshold"]


def test_the_agreement_matrix_is_symmetric_and_1_on_itself(home, named):
    found = inside.agreement(named["squared"])
    table = found.pivot_table(index="a", columns="b", values="agreement")
    assert set(table.index) == {"unconstrained", "fair", "merged", "recovered", "second seed"}
    assert np.allclose(table, table.T)
    assert np.allclose(np.diag(table), 1)


def test_taking_a_pressed_network_apart_and_together_again_changes_no_decision(home, named):
    heads = inside.said(named["squared"])
    back, apart = inside.recovered(named["squared"]), inside.apart(named["squared"])
    task = merge.combined(heads.task, heads.group, back.b) + np.float32(back.c)
    again = merge.decide(task, heads.group, apart)
    near = np.abs(heads.task) < 1e-4
    assert (again == (heads.task > 0))[~near].all()


def test_people_who_are_decided_otherwise_come_closest_first_with_their_columns(home, named):
    found = persons.flipped(named["two_heads"], "swap", 0.02)
    assert found["distance"].is_monotonic_increasing
    assert {"row", "direction", "group", "label", "probability", "boost", "inferred_right", "experience", "hair", "town"} <= set(found.columns)
    table = tables.load("made")
    assert (table.groups["sex"][found["row"]] == found["group"]).all()
    assert (table.splits[found["row"]] == "test").all()
    counts = persons.flips(named["two_heads"], "swap", 0.02)
    assert round(float((counts["share"] * counts["n"]).sum())) == len(found)


@pytest.mark.parametrize("how", ["swap", "neutral", "unconstrained"])
@pytest.mark.parametrize("method", ["two_heads", "squared"])
def test_every_comparison_can_be_made_of_every_network(home, named, how, method):
    found = persons.flipped(named[method], how)
    assert set(found["direction"]) <= {"up", "down"}
    assert persons.flips(named[method], how)["group"].tolist() == ["f", "f", "m", "m"]


def test_crossings_hide_small_counts(home, named):
    found = persons.crossings(named["two_heads"], ["town"])
    assert found["crossing"].tolist() == ["north", "south", "west"]
    shown = {*found["up"], *found["down"]}
    assert not shown & {"1", "2", "3", "4"}
    with pytest.raises(errors.UserError, match="town"):
        persons.crossings(named["two_heads"], ["twon"])


def test_one_person_is_answered_as_among_the_others_and_changes_with_the_columns(home, named):
    heads = inside.said(named["two_heads"])
    row = int(heads.side.rows[0])
    features = persons.somebody(named["two_heads"], row)
    found = persons.person(named["two_heads"], features)
    assert found["task"] == pytest.approx(float(heads.task[0]), abs=1e-5)
    assert found["group"] == pytest.approx(heads.group[0].tolist(), abs=1e-5)
    more = persons.person(named["two_heads"], {**features, "experience": 30})
    assert more["probability"] > found["probability"]
    with pytest.raises(errors.UserError, match="“hair” is missing"):
        persons.person(named["two_heads"], {"experience": 3, "town": "north"})
    with pytest.raises(errors.UserError, match="nobody in row"):
        persons.somebody(named["two_heads"], 10**6)


def test_counts_for_sliders_give_the_rates_of_a_threshold(home, named):
    counts = cutting.score_counts(named["plain"])
    rates, _ = cutting.at_thresholds(named["plain"], {"f": 0.4, "m": 0.7})
    for group, cut in (("f", 0.4), ("m", 0.7)):
        mine = counts[counts["group"] == group]
        above = mine[mine["low"] >= cut - 1e-9]
        share = (above["positives"].sum() + above["negatives"].sum()) / (mine["positives"].sum() + mine["negatives"].sum())
        expected = rates[(rates["group"] == group) & (rates["metric"] == "selection_rate")]["value"].iloc[0]
        assert share == pytest.approx(expected)
    with pytest.raises(errors.UserError, match="no probability"):
        cutting.at_thresholds(named["plain"], {"f": 1.4})
    with pytest.raises(errors.UserError, match="group"):
        cutting.at_thresholds(named["plain"], {"x": 0.4})


def test_the_best_thresholds_reach_the_slack_on_validation_people(home, named):
    found = cutting.best_thresholds(named["plain"], 0.02)
    rates, _ = cutting.at_thresholds(named["plain"], found, split="val")
    selected = rates[rates["metric"] == "selection_rate"]["value"]
    assert np.ptp(selected) <= 0.02 + 1e-6


def test_a_repair_of_parity_that_opens_another_gap_is_pointed_out(home, named):
    found = cutting.side_effects(named["squared"]).set_index(["when", "metric"])
    assert not found.loc[("after", "demographic_parity_difference"), "opened"]
    assert found["opened"].dtype == bool
    before = cutting.before_after(named["squared"])
    assert set(before["when"]) == {"before", "after"}


def test_calibration_and_boosts_are_told_for_each_group(home, named):
    bins = cutting.reliability(named["plain"])
    assert bins.groupby("group")["n"].sum().sum() == len(inside.said(named["plain"]).side)
    assert cutting.boosts(named["two_heads"]).groupby("group")["boost"].apply(lambda b: b.is_monotonic_increasing).all()


def test_a_network_tells_where_it_comes_from(home, named):
    found = inside.provenance(named["squared"])
    assert found["sides"] == {"train": 960, "val": 320, "test": 320}
    again = HeadsSpec.read(found["question"])
    assert named["squared"] in {job.name for job in spec.jobs(again)}
    assert found["parameters"] == weights.read(named["squared"]).parameters()


def test_findings_are_sentences_with_controls_beside_every_claim(home, named, told):
    found = findings.sentences(named["squared"])
    assert all(sentence.endswith(".") for sentence in found)
    rate = told[(told["network"] == named["squared"]) & (told["metric"] == "selection_rate") & (told["part"] == "group=f")]["value"].iloc[0]
    assert f"f {100 * rate:.1f} %" in found[0]
    assert sum("random directions" in sentence and "noise" in sentence for sentence in found) == 2
    assert any("shuffled groups" in sentence for sentence in found)
    with pytest.raises(errors.UserError, match="not pressed"):
        findings.sentences(named["plain"])


def test_unknown_networks_and_questions_are_refused_with_a_way_out(home, named):
    with pytest.raises(errors.UserError, match="heads-made"):
        inside.said(named["plain"] + "x")
    with pytest.raises(errors.UserError, match="Nothing is known"):
        views.frontier("made", "race")
    with pytest.raises(errors.UserError, match="not kept"):
        weights.read("heads-nowhere")
    with pytest.raises(errors.UserError, match="pictures"):
        persons.picture(named["plain"], 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"table": "mad"}, "made"), ({"group": "sxe"}, "sex"), ({"values": ("f",)}, "Only one group"), ({"values": ("f", "x")}, "value of sex"),
        ({"excluded": ("towm",)}, "town"),
    ],
)  # fmt: skip
def test_a_question_about_what_does_not_exist_is_refused(home, change, said):
    with pytest.raises(errors.UserError, match=said):
        spec.check(QUESTION.model_copy(update=change))


@pytest.mark.parametrize("field", [{"lambdas": [0]}, {"hidden": []}, {"hidden": [0]}, {"seeds": []}, {"constraint": "equality"}, {"depth": 3}])
def test_a_question_that_makes_no_sense_is_refused(field):
    with pytest.raises(errors.UserError, match=next(iter(field))):
        HeadsSpec.read(json.dumps({"study": "heads", "table": "made", **field}))


@pytest.mark.parametrize(
    "words",
    [
        ["questions"], ["networks", "made"], ["frontier", "made"], ["awareness", "made"], ["shifts", "made"], ["controls", "made"],
        ["changes", "made"],
        ["people", "two_heads"], ["people", "two_heads", "--count"], ["people", "squared", "--by", "town", "--how", "unconstrained"],
        ["slacks", "two_heads"], ["thresholds", "two_heads"], ["agreement", "squared"], ["effects", "squared"], ["findings", "squared"],
    ],
)  # fmt: skip
def test_every_view_is_a_command(home, named, capsys, words):
    assert main(["heads", *(named.get(word, word) for word in words), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) > 0


def test_a_person_can_be_changed_on_the_command_line(home, named, capsys):
    row = str(int(inside.said(named["two_heads"]).side.rows[0]))
    assert main(["heads", "person", named["two_heads"], row, "--set", "experience=40", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"]
    assert main(["heads", "person", named["two_heads"], row, "--set", "age=40"]) == 1


def test_training_says_beforehand_what_it_would_fit(home, capsys):
    assert main(["heads", "train", "made", "--lambda", "5", "--lambda", "1", "--seed", "3", "--without", "who", "--plan", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["networks"] == 6
    assert main(["heads", "train", "made", "--regulariser", "none", "--no-shuffled", "--no-two-heads", "--seed", "0", "--plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["networks"] == 2
    assert main(["heads", "train", "other", "--file", "nowhere.csv", "--plan"]) == 1


def test_three_groups_have_a_head_each_and_each_a_plane_against_all_others(home, tmp_path):
    frame = _made(900).assign(race=lambda f: np.where(f["sex"] == "m", "a", np.resize(["b", "c"], len(f))))
    file = tmp_path / "three.csv"
    file.write_bytes(store.csv_bytes(frame))
    tables.bring(file, "three", label="hired", groups=["race"], without=["who", "sex"])
    question = HeadsSpec(table="three", lambdas=(5.0,), shuffled=(), seeds=(0,), hidden=(8,))
    claimed = control.claim("test", only=control.submit(question, "three", total=spec.plan(question).cells))
    assert claimed is not None
    assert worker.answer(claimed) == "done"
    found, name = views.numbers("three", "race"), spec.jobs(question)[2].name
    said = inside.said(name)
    assert said.group.shape[1] == 3
    merged = found[(found["method"] == "merged") & (found["metric"] == "b")]
    assert set(merged["part"].str.partition(";group=")[2]) == {"a", "b", "c"}
    assert set(found[found["method"] == "squared"]["metric"]) >= {"gap", "recovered_accuracy", "merged_agreement"}
    assert "shift_auc" not in set(found["metric"])

    plane = inside.plane(name, group="b")
    assert plane.groups == ("not b", "b")
    row, member = plane.slacks.iloc[0], said.side.members == said.side.groups.index("b")
    accepted = (plane.task + row["b"] * plane.group).astype(np.float32) + row["c"] > 0
    assert row["gap"] == pytest.approx(accepted[member].mean() - accepted[~member].mean())
    assert row["changed"] == pytest.approx((accepted != (plane.task > 0)).mean())
    assert (plane.slacks["gap_val"].abs() <= plane.slacks["slack"] + 1e-9).all()
    for group, problem in (("", "no plane"), ("d", "“d”")):
        with pytest.raises(errors.UserError, match=problem):
            inside.plane(name, group=group)
    dots, rule = plots.together(name, 0.02), inside.rule(name, 0.02)
    summed = dots.task.astype(np.float64) + dots.group + rule.c > 0
    assert (summed == merge.decide(said.task, said.group, rule)).mean() > 0.999  # people within rounding of the line
    assert dots.lines[0].accuracy == pytest.approx((merge.decide(said.task, said.group, rule) == said.side.labels).mean())
    gap = plainly.of_network(spec.jobs(question)[3].name)[1]
    assert "(95 %: " in gap


def test_other_inputs_are_another_question_and_are_not_mixed_in(home, named):
    other = QUESTION.model_copy(update={"excluded": ("who", "town"), "lambdas": (), "shuffled": (), "two_heads": False, "hidden": (12,)})
    before = views.frontier("made", "sex")
    claimed = control.claim("test", only=control.submit(other, "other", total=spec.plan(other).cells))
    assert claimed is not None
    assert worker.answer(claimed) == "done"
    first, second = spec.jobs(QUESTION)[0], spec.jobs(other)[0]
    assert views.asked(first) == "sex"  # it was answered first
    assert views.asked(second) == second.asked
    assert {"sex", second.asked} <= set(views.questions()["attribute"])
    pd.testing.assert_frame_equal(views.frontier("made", "sex"), before)
    assert set(views.frontier("made", second.asked)["network"]) == {second.name}
    assert views.unusual("made", second.asked) == "without who, town; layers of 12"


def test_what_ships_says_the_same_and_its_weights_answer(home, named, tmp_path, monkeypatch, capsys):
    told = views.numbers("made", "sex", split=None)
    before = inside.slacks(named["two_heads"])
    words = ["--into", str(tmp_path / "sample"), "--weights", str(tmp_path / "weights"), "--table", "made"]
    assert main(["heads", "ship", *words]) == 0
    assert "5 networks" in capsys.readouterr().out
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    monkeypatch.setattr(weights, "shipped", lambda: tmp_path / "weights")
    file = tmp_path / "made.csv"
    file.write_bytes(store.csv_bytes(_made()))
    tables.bring(file, "made", label="hired", groups=["sex"])
    pd.testing.assert_frame_equal(views.numbers("made", "sex", split=None), told)
    pd.testing.assert_frame_equal(inside.slacks(named["two_heads"]), before)
    assert all(fitting.is_kept(job) for job in spec.jobs(QUESTION))


def test_medians_are_of_validation_people(home, named):
    val = inside.said(named["two_heads"], "val")
    expected = treatment.medians(val.group, val.side.members, 2)
    assert inside.plane(named["two_heads"]).medians == pytest.approx(expected[:, 0].tolist())
