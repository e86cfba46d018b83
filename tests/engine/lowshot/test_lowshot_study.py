"""Low-shot adaptation: what moves and what does not, which labels are drawn, the way through the queue, what is compared."""

import json
from datetime import UTC, datetime

import numpy as np
import pydantic
import pytest
import torch
from scipy import stats

from engine import control, errors, networks, rows, store, worker
from engine.__main__ import main
from engine.lowshot import run as running
from engine.lowshot import shipping, views
from engine.lowshot import spec as asking
from engine.lowshot.spec import COLLECTION, LowshotSpec
from engine.models import predict
from engine.steps import Before
from engine.training import _circuit_arms as arms
from engine.training import circuits, low_shot
from engine.training._circuit_arms import Job

JOBS = [Job(arm, "mnist", seed, modules=6, steps=3) for arm in ("none", "dense_modfc") for seed in (0, 1)]
SPEC = LowshotSpec(circuits=tuple(job.name for job in JOBS), onto=("optdigits",), shots=(1, 2), steps=2, images=20)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    """Train four tiny circuits and adapt them once for all tests here."""
    home = tmp_path_factory.mktemp("lowshot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        for job in JOBS:
            for _ in circuits.fit_one(job, home):
                pass
            circuits.offer(job, home)
        run = control.submit(SPEC, asking.title(SPEC), total=asking.plan(SPEC).cells, images_total=0)
        job = control.claim("test", only=run)
        assert job is not None
        assert worker.answer(job) == "done", control.job(run).error
        yield run


def test_each_circuit_is_measured_as_it_came_and_adapted_in_every_way(adapted):
    found = views.measured(adapted)
    assert len(found) == asking.plan(SPEC).cells == 4 * (1 + 2 * 3)
    assert found.groupby("circuit").size().tolist() == [7] * 4
    assert set(found["part"]) == {asking.NOT_ADAPTED, "head", "modules", "everything"}
    told = store.query("SELECT DISTINCT collection, dataset, n FROM scores WHERE metric = 'accuracy' ORDER BY dataset")
    assert told.astype(str).to_dict("list") == {"collection": [COLLECTION] * 2, "dataset": ["mnist", "optdigits"], "n": ["20"] * 2}


def test_as_it_came_is_what_the_network_answers(adapted):
    from engine.assay.run import _order
    from engine.datasets import images

    card, data = networks.card(JOBS[0].name), images.load("optdigits", "test")
    chosen = np.sort(_order(len(data), 20))
    logits = predict.load(card, "cpu")(card.preprocess(np.asarray(data.images)[chosen]))
    found = views.measured(adapted)
    mine = found[(found["circuit"] == card.name) & (found["part"] == asking.NOT_ADAPTED)]
    assert mine["there"].item() == pytest.approx(float((logits.argmax(1) == np.asarray(data.labels)[chosen]).mean()))


@pytest.mark.parametrize(("part", "still"), [("head", ("trunk",)), ("modules", ("trunk.tokens", "trunk.executor")), ("everything", ())])
def test_only_the_part_moves_and_the_circuit_itself_does_not(adapted, part, still):
    network = predict.load(networks.card(JOBS[0].name), "cpu").module
    before = {name: value.clone() for name, value in network.state_dict().items()}
    made = low_shot.adapted(
        network, torch.rand(20, 1, 28, 28), torch.arange(20) % 10, part, steps=2, rate=0.01, seed=0
    ).state_dict()  # fmt: skip
    assert all(torch.equal(network.state_dict()[name], value) for name, value in before.items())
    moved = {name for name in before if not torch.equal(made[name], before[name])}
    assert moved
    assert not [name for name in moved if name.startswith(still)] or not still
    assert {"head.weight"} <= moved
    generator = {f"trunk.generator.{name}" for name in ("codes", "signatures", "states")}
    assert (generator <= moved) == (part != "head")


def test_fewer_labels_are_part_of_more_and_each_class_has_as_many():
    labels = np.repeat(np.arange(4), 30)
    few, many = low_shot.drawn(labels, 2, 7), low_shot.drawn(labels, 5, 7)
    assert set(few) <= set(many)
    assert np.bincount(labels[many]).tolist() == [5, 5, 5, 5]
    assert set(low_shot.drawn(labels, 5, 8)) != set(many)


def test_the_same_question_gives_the_same_numbers_and_what_is_there_is_not_made_again(adapted, monkeypatch):
    again = LowshotSpec(**{**SPEC.model_dump(), "circuits": (JOBS[0].name,), "shots": (1,)})
    steps = list(running.run(again, Before("again", {})))
    values = {block.columns["network"][0]: block.columns["value"][0] for step in steps for block in step.blocks if block.table is rows.Score}
    found = views.measured(adapted)
    for cell in asking.plan(again).todo:
        mine = found[(found["circuit"] == cell.circuit) & (found["part"] == cell.part) & (found["labels"] == cell.shots)]
        assert values[cell.name] == pytest.approx(mine["there"].item())
    monkeypatch.setattr(low_shot, "adapted", lambda *_a, **_k: pytest.fail("adapted again"))
    keys = frozenset(cell.key for cell in asking.plan(again).todo)
    assert [step.cells for step in running.run(again, Before("again", {"scores": keys}))] == [1, 1, 1, 1]


def test_learning_rates_are_compared_on_validation_images_for_each_part(adapted, monkeypatch):
    monkeypatch.setattr(running, "CANDIDATES", (0.001, 0.01))
    found = running.compared([JOBS[0].name], 1, shots=1)
    assert set(zip(found["part"], found["rate"], strict=True)) == {(part, rate) for part in arms.PARTS for rate in (0.001, 0.01)}
    assert found["accuracy"].between(0, 1).all()
    assert set(asking.RATES) == set(arms.PARTS)
    assert set(asking.RATES.values()) <= set(asking.CANDIDATES)


def test_the_commands_show_ask_and_ship(adapted, capsys, tmp_path):
    assert main(["lowshot", "--json"]) == 0
    out = capsys.readouterr()
    assert {row["part"] for row in json.loads(out.out)} == {asking.NOT_ADAPTED, *arms.PARTS}
    assert "With 2 labelled images a class of optdigits, circuits go from" in out.err
    assert main(["lowshot", "findings"]) == 0
    assert "| optdigits | no prior | 1 | head only |" in capsys.readouterr().out
    assert main(["lowshot", "question", "--arm", "none", "--arm", "dense_modfc"]) == 0
    assert not set(json.loads(capsys.readouterr().out)["circuits"]) & set(SPEC.circuits)  # tiny: not of the size and training that arms share
    assert main(["lowshot", "question", "--seed", "99"]) == 1
    assert "No circuit of none, dense_modfc is here" in capsys.readouterr().err
    assert main(["lowshot", "--ship", str(tmp_path)]) == 0
    assert {file.name for file in tmp_path.glob("*/*.parquet")} == {f"{shipping.NAME}-packed.parquet"}


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"onto": ("mnist",)}, "cannot be adapted to mnist"), ({"onto": ("shapes",)}, "cannot be adapted to shapes"),
     ({"onto": ("shapes_held_out",)}, "cannot be adapted"), ({"circuits": ("ni-mnist-s0",)}, "no circuit that was trained here")],
)  # fmt: skip
def test_what_cannot_be_adapted_is_said(adapted, changed, says):
    with pytest.raises(errors.UserError, match=says):
        asking.plan(LowshotSpec(**{**SPEC.model_dump(), **changed}))


@pytest.mark.parametrize("wrong", [{"shots": ()}, {"shots": (0,)}, {"shots": (1, 1)}, {"parts": ("codes",)}, {"circuits": ()}, {"steps": 0}])
def test_questions_that_mean_nothing_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError):
        LowshotSpec(**{**SPEC.model_dump(), **wrong})


# accuracy on printed and on mnist, by arm, part and seed
BY_HAND = {
    ("none", asking.NOT_ADAPTED): [(0.60, 0.98), (0.62, 0.97), (0.61, 0.98)], ("none", "head"): [(0.70, 0.90), (0.74, 0.92), (0.72, 0.91)],
    ("none", "modules"): [(0.80, 0.80), (0.82, 0.82), (0.83, 0.81)], ("dense_modfc", asking.NOT_ADAPTED): [(0.66, 0.98), (0.62, 0.98), (0.64, 0.98)],
    ("dense_modfc", "head"): [(0.71, 0.95), (0.73, 0.95), (0.70, 0.95)], ("dense_modfc", "modules"): [(0.75, 0.9), (0.80, 0.9), (0.78, 0.9)],
}  # fmt: skip


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    """A finished run whose numbers are written by hand."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    known, scores = [], []
    for (arm, part), values in BY_HAND.items():
        for seed, (there, kept) in enumerate(values):
            shots = 0 if part == asking.NOT_ADAPTED else 5
            said = {"circuit": f"{arm}-{seed}", "arm": arm, "seed": seed, "onto": "printed", "adapted": part, "labels": shots}
            name = f"{arm}-{seed}+{part}"
            known.append(rows.Network(name, name, "nac", "sweep", name, "mnist", 1, json.dumps(said), None, COLLECTION))
            for dataset, value in (("printed", there), ("mnist", kept)):
                scores.append(rows.Score(name, dataset, "test", "", 0.0, "accuracy", 1, value, None, None, 300, name, collection=COLLECTION))
    now, spec = datetime(2026, 1, 1, tzinfo=UTC), LowshotSpec(circuits=("a",), onto=("printed",), shots=(5,))
    writer = store.Writer("by-hand")
    writer.append([store.block(rows.Network, known), store.block(rows.Score, scores)], {})
    writer.finish(rows.Run(
        run="by-hand", study="lowshot", title="t", spec=spec.text(), state="done", seed=0, created=now, started=now, finished=now, seconds=0,
        cells=0, images=0, device="cpu", code_revision=None, code_dirty=None, packages="{}", machine="", error=None,
    ))  # fmt: skip
    return "by-hand"


def test_gain_and_loss_are_paired_by_circuit_worked_by_hand(by_hand):
    row = next(one for one in views.table(by_hand).to_dict("records") if (one["arm"], one["part"]) == ("none", "modules"))
    assert row["there"] == pytest.approx((0.80 + 0.82 + 0.83) / 3)
    assert row["gained"] == pytest.approx((0.20 + 0.20 + 0.22) / 3)
    assert row["lost"] == pytest.approx((0.18 + 0.15 + 0.17) / 3)
    low, high = stats.t.interval(0.95, 2, loc=np.mean([0.2, 0.2, 0.22]), scale=stats.sem([0.2, 0.2, 0.22]))
    assert (row["gained_low"], row["gained_high"]) == pytest.approx((low, high))


def test_contrasts_are_paired_by_seed_and_their_p_is_that_of_the_paired_t_test_times_holm(by_hand):
    found = views.contrasts(by_hand)
    parts = found[found["family"] == "parts"].set_index("arm")
    there = {key: [value for value, _ in values] for key, values in BY_HAND.items()}
    p = {arm: float(stats.ttest_rel(there[arm, "modules"], there[arm, "head"]).pvalue) for arm in ("none", "dense_modfc")}
    assert parts["p"].to_dict() == pytest.approx(p)
    least = min(p, key=lambda arm: p[arm])
    assert parts["holm"].to_dict()[least] == pytest.approx(min(1, 2 * p[least]))
    arms_ = found[(found["family"] == "arms") & (found["part"] == "modules")]
    assert arms_["difference"].item() == pytest.approx(np.mean([0.05, 0.02, 0.05]))
    assert (arms_["arm"].item(), arms_["minus"].item()) == ("none", "dense_modfc")


def test_the_sentence_tells_the_comparison_that_was_fixed_beforehand(by_hand):
    told = views.primary(by_hand)
    assert told["difference"] == pytest.approx(np.mean([(0.10 + 0.04) / 2, (0.08 + 0.07) / 2, (0.11 + 0.08) / 2]))
    said = views.finding(by_hand)
    assert said.startswith("With 5 labelled images a class of printed, circuits go from 62.5\u202f% to **71.7\u202f%** with head only moving")
    assert "Codes, signatures and states **help** beside the head: 8.0 points [" in said


def test_a_figure_has_a_line_for_each_part_that_begins_at_the_circuit_as_it_came(by_hand):
    figure, shown = views.figure(by_hand, "printed", "none")
    assert set(shown["labels"]) == {0, 5}
    assert shown[shown["labels"] == 0]["value"].tolist() == pytest.approx([0.61, 0.61])
    assert {trace["name"] for trace in figure.to_dict()["data"] if trace.get("name")} == {asking.TITLES["head"], asking.TITLES["modules"]}


def test_before_anything_was_adapted_the_way_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    with pytest.raises(errors.UserError, match="lowshot question"):
        views.newest()
    with pytest.raises(errors.UserError, match="adapted no circuits"):
        views.question("no-such-run")
