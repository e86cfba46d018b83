"""Training from a question: the plan, the way through the queue, what is kept of each step, going on where it stopped."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pydantic
import pytest

from engine import control, errors, networks, priors, rows, store, worker
from engine.__main__ import main
from engine.circuits import views as circuits
from engine.training import _circuit_fitting as fitting
from engine.wiring import plots, question, shipping, views
from engine.wiring import spec as asking
from engine.wiring.spec import WiringSpec

TINY = WiringSpec(arms=("scale_free", "frozen", "interpreter"), modules=6, steps=4)
NAMES = [job.name for job in TINY.jobs()]


def answered(spec: WiringSpec) -> str:
    run = control.submit(spec, asking.title(spec), total=asking.plan(spec).cells, images_total=0)
    job = control.claim("test", only=run)
    assert job is not None
    assert worker.answer(job) == "done", control.job(run).error
    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train three tiny circuits once for all tests here."""
    home = tmp_path_factory.mktemp("wiring")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        planned = asking.plan(TINY)
        yield answered(TINY), planned


def test_a_plan_tells_what_is_made_first_and_what_is_there(trained):
    _, before = trained
    assert [job.name for job in before.before] == ["nac-none-mnist-eps0.5-tau0.8-u6-steps4-s0"]
    assert (before.cells, before.reused) == (3, 0)
    after = asking.plan(TINY)
    assert (after.before, after.reused) == ((), 3)
    assert asking.cost(TINY, after).seconds == pytest.approx(asking.OBSERVING * 6 / 32 * 3)
    assert (asking.cost(TINY, before).seconds or 0) > (asking.cost(TINY, after).seconds or 0)


def test_each_circuit_becomes_a_network_and_its_graph_is_observed(trained):
    assert set(NAMES) <= set(networks.names())
    listed = set(circuits.listing()["circuit"])
    assert set(NAMES[:2]) <= listed
    assert NAMES[2] not in listed  # an interpreter has no graph


def test_each_mark_of_a_training_is_kept(trained):
    run, _ = trained
    found = views.history(run)
    mine = found[found["circuit"] == NAMES[0]]
    assert mine["step"].tolist() == [0, 1, 2, 3, 4]
    assert mine["loss"].isna().tolist() == [True, False, False, False, False]
    assert mine["prior_loss"].notna().sum() == 4
    assert found[found["circuit"] == NAMES[1]]["prior_loss"].isna().all()
    assert set(found["title"]) == {"scale free prior, seed 0", "frozen random graph, seed 0", "neural interpreter, seed 0"}


def test_links_at_the_last_mark_are_those_of_the_finished_graph(trained):
    run, _ = trained
    graphs = views.links(run, NAMES[0])
    assert list(graphs) == [0, 1, 2, 3, 4]
    assert graphs[4].shape == (14, 6)
    assert np.allclose(graphs[4], circuits.links(NAMES[0]), atol=5e-3)
    assert views.links(run, NAMES[2]) == {}
    assert sorted(views.order(graphs[4])) == list(range(6))


def test_asked_again_nothing_is_trained_and_the_curves_come_from_the_timeline(trained, monkeypatch):
    monkeypatch.setattr(fitting, "fit", lambda *_args, **_more: pytest.fail("trained again"))
    run, _ = trained
    again = answered(TINY)
    first, second = (views.history(one).set_index(["circuit", "step"]) for one in (run, again))
    assert second["accuracy"].to_dict() == pytest.approx(first["accuracy"].to_dict())
    assert views.newest() == again


def test_figures_have_a_line_a_circuit_and_a_matrix_in_one_order(trained):
    run, _ = trained
    found = views.history(run)
    assert {trace["name"] for trace in plots.accuracies(found).to_dict()["data"]} == set(found["title"])
    links = views.links(run, NAMES[0])[4]
    order = views.order(links)
    drawn = np.array(plots.matrix(links, order).to_dict()["data"][0]["z"], dtype=np.float64)
    assert np.isnan(np.diag(drawn)).all()
    assert drawn[0, 1] == pytest.approx(links[order[0], order[1]], abs=1e-4)


def test_the_question_names_only_circuits_of_the_common_size(trained, capsys):
    assert main(["wiring", "question"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not set(told["networks"]) & set(NAMES)  # tiny, and trained for four steps
    assert told["ood_datasets"] == ["optdigits", "printed", "mfeat"]
    assert main(["wiring", "question", "--data", "letters"]) == 1
    assert "mnist" in capsys.readouterr().err


def test_training_ships_under_one_name(trained, tmp_path, capsys):
    assert main(["wiring", "--ship", str(tmp_path)]) == 0
    assert "wiring-training" in capsys.readouterr().out
    assert (tmp_path / "circuit_training").is_dir()


def test_answers_ship_of_circuits_whose_weights_do_and_scores_of_all(monkeypatch, tmp_path):
    """One of these two is among the shipped networks; the other's answers could not be made again by anybody else."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    names = ("ni-mnist-s0", "nac-none-mnist-s77")
    answers = [rows.Prediction(name, "printed", "test", "", 0.0, f"e{i}", i, 1, [0.0, 1.0], f"cell {name}") for name in names for i in range(2)]
    scores = [rows.Score(name, "printed", "test", "", 0.0, "accuracy", 1, 1.0, None, None, 2, f"cell {name}") for name in names]
    known = [rows.Network(name, name, "nac", "brought", name, "mnist", 1, "{}") for name in names]
    now, writer = datetime(2026, 1, 1, tzinfo=UTC), store.Writer("arms")
    writer.append([store.block(type(part[0]), part) for part in (known, scores, answers)], {"predictions": tuple(f"cell {name}" for name in names)})
    writer.finish(rows.Run(
        run="arms", study="assay", title=question.title("mnist"), spec="{}", state="done", seed=0, created=now, started=now, finished=now,
        seconds=0, cells=0, images=0, device="cpu", code_revision=None, code_dirty=None, packages="{}", machine="", error=None,
    ))  # fmt: skip
    assert [line.split(":")[0] for line in shipping.ship(tmp_path / "shipped")] == ["wiring-arms-mnist"]
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "shipped"))
    assert set(store.query("SELECT network FROM scores")["network"]) == set(names)
    assert set(store.query("SELECT network FROM predictions")["network"]) == {names[0]}
    assert store.stored_answers(f"cell {names[1]}") is None


def test_the_command_tells_the_newest_training(trained, capsys):
    assert main(["wiring", "history", "--json"]) == 0
    assert {row["circuit"] for row in json.loads(capsys.readouterr().out)} == set(NAMES)


def test_training_that_is_stopped_is_heard_between_its_marks(monkeypatch, tmp_path):
    """A person who wants to stop is heard at the next word, ten steps on."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    spec = WiringSpec(arms=("dense_fc",), modules=4, steps=400)
    run = control.submit(spec, "stopped", total=1, images_total=0)
    job = control.claim("test", only=run)
    assert job is not None
    control.cancel(run)
    seen: list[str] = []

    def watch(progress):
        seen.append(progress.message)
        progress.cancel = progress.cancel or "step 10 of 400" in progress.message

    assert worker.answer(job, watch) == "cancelled"
    assert not any("step 40" in message for message in seen)
    assert "nac-dense_fc-mnist-u4-steps400-s0" not in networks.names()


@pytest.mark.parametrize("wrong", [{"arms": ()}, {"arms": ("none", "none")}, {"modules": 3}, {"bandwidth": 0}, {"seeds": ()}])
def test_questions_that_mean_nothing_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError):
        WiringSpec(**wrong)


def test_an_unknown_arm_is_refused_with_the_nearest():
    with pytest.raises(errors.UserError, match="scale_free"):
        asking.plan(WiringSpec(arms=("scalefree",)))


def test_titles_say_arms_and_seeds():
    assert asking.title(WiringSpec(arms=("none", "frozen"))) == "Circuits on MNIST-5k: no prior, frozen random graph, seed 0"
    assert asking.title(WiringSpec(seeds=(0, 1))) == "Circuits on MNIST-5k: scale free prior, 2 seeds"


def test_a_run_of_another_study_trained_no_circuits(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    assert isinstance(store.query("SELECT 1 AS one"), pd.DataFrame)
    with pytest.raises(errors.UserError):
        views.question("no-such-run")


def test_a_training_that_has_only_begun_can_be_drawn(trained):
    """At its first mark there is accuracy and no loss yet."""
    run, _ = trained
    found = views.history(run)
    begun = found[found["step"] == 0]
    assert len(plots.losses(begun).to_dict()["data"]) == 0
    assert len(plots.accuracies(begun).to_dict()["data"]) == 3


def test_each_prior_has_the_weight_that_was_best_for_it_unless_one_is_asked_for():
    chosen = {job.arm: job.prior_weight for job in WiringSpec(arms=("none", *priors.names())).jobs()}
    assert {name: chosen[name] for name in priors.names()} == asking.WEIGHTS
    assert {job.prior_weight for job in WiringSpec(arms=priors.names(), prior_weight=2.0).jobs()} == {2.0}
