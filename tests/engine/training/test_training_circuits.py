"""The recipe for circuits: what it makes, that it goes on where it stopped, and that arms are paired."""

import argparse
import json

import numpy as np
import pytest
import torch

from engine import errors, networks, priors
from engine.circuits import observing
from engine.models import predict
from engine.training import _circuit_arms as arms
from engine.training import _circuit_fitting as fitting
from engine.training import circuits
from engine.training._circuit_arms import Job


def asked(folder, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    circuits.add_arguments(parser)
    return parser.parse_args(["--into", str(folder), *more])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make the controls of one tiny circuit, which makes the circuit itself first."""
    folder = tmp_path_factory.mktemp("circuits")
    few = ("--data", "mnist", "--steps", "3", "--modules", "6")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(tmp_path_factory.mktemp("home")))
        lines = list(circuits.main(asked(folder, "--arm", "frozen", "--arm", "dense_dropout", "--arm", "planted_partition", "--offer", *few)))
        offered = [networks.card(f"nac-{arm}-mnist-u6-steps3-s0") for arm in ("frozen", "planted_partition")]
    return folder, lines, offered


def card(folder, arm: str) -> networks.Card:
    return networks.Card.model_validate_json((folder / f"nac-{arm}-mnist-u6-steps3-s0.json").read_text())


def links(folder, arm: str) -> torch.Tensor:
    found = fitting.links_of(predict.load(card(folder, arm), "cpu", folder).module)
    assert found is not None
    return found


def test_controls_take_their_density_from_the_circuit_without_prior(made):
    folder, lines, _ = made
    assert lines[0].startswith("3 circuits, 3 to make")
    learned, frozen = links(folder, "none"), links(folder, "frozen")
    assert fitting.density(frozen) == pytest.approx(fitting.density(learned), rel=1e-2)
    assert card(folder, "dense_dropout").options["keep"] == pytest.approx(fitting.density(learned), rel=1e-2)
    assert not torch.allclose(frozen, learned, atol=0.05)


def test_what_exists_is_not_made_again(made):
    folder, _, _ = made
    before = (folder / "nac-none-mnist-u6-steps3-s0.safetensors").stat().st_mtime_ns
    again = list(circuits.main(asked(folder, "--arm", "none", "--data", "mnist", "--steps", "3", "--modules", "6")))
    assert again == [f"1 circuits, 0 to make, into {folder}"]
    assert (folder / "nac-none-mnist-u6-steps3-s0.safetensors").stat().st_mtime_ns == before


def test_the_same_job_makes_the_same_bytes(made, tmp_path):
    folder, _, _ = made
    job = Job("planted_partition", "mnist", 0, modules=6, steps=3)
    for _ in circuits.fit_one(job, tmp_path):
        pass
    for suffix in (".safetensors", ".timeline.safetensors"):
        assert (tmp_path / f"{job.name}{suffix}").read_bytes() == (folder / f"{job.name}{suffix}").read_bytes()


def test_a_card_says_what_was_done_and_the_timeline_what_happened(made):
    folder, _, offered = made
    found = card(folder, "planted_partition")
    assert found.recipe == "python -m engine train circuits --into FOLDER --arm planted_partition --data mnist --seed 0 --modules 6 --steps 3"
    assert found.attributes["prior"] == "planted_partition"
    assert 0 < found.metrics["val_accuracy"] < 1
    told = observing.history(found, folder)
    graphs = observing.timeline(found, folder)
    assert [one["step"] for one in told] == [0, 1, 2, 3] == [step for step, _ in graphs]
    assert np.allclose(graphs[-1][1], links(folder, "planted_partition").numpy(), atol=5e-3)
    assert [one.source for one in offered] == ["brought", "brought"]


def test_first_weights_depend_on_the_seed_alone_so_that_arms_are_paired(tmp_path):
    first, _ = circuits.started(Job("none", "mnist", 0), tmp_path)
    other, _ = circuits.started(Job("dense_modfc", "mnist", 0), tmp_path)
    assert torch.equal(first.trunk.generator.states, other.trunk.generator.states)
    assert torch.equal(first.trunk.tokens.places, other.trunk.tokens.places)


@pytest.mark.parametrize(
    ("words", "says"), [(("--arm", "densefc"), "dense_fc"), (("--data", "mnits"), "mnist"), (("--bandwidth", "0"), "eps above 0")]
)
def test_a_choice_that_means_nothing_is_refused(tmp_path, words, says):
    with pytest.raises(errors.UserError, match=says):
        list(circuits.main(asked(tmp_path, *words)))


def test_what_was_chosen_is_taken_for_links_and_for_each_prior_its_own_weight(tmp_path):
    rows = [
        {"arm": "none", "bandwidth": 0.2, "truncation": None, "prior_weight": 1.0, "val_accuracy": 0.9, "val_nll": 0.4},
        {"arm": "none", "bandwidth": 0.5, "truncation": 0.8, "prior_weight": 1.0, "val_accuracy": 0.9, "val_nll": 0.3},
        {"arm": "scale_free", "bandwidth": 0.5, "truncation": 0.8, "prior_weight": 5.0, "val_accuracy": 0.8, "val_nll": 0.3},
        {"arm": "planted_partition", "bandwidth": 0.5, "truncation": 0.8, "prior_weight": 5.0, "val_accuracy": 0.7, "val_nll": 0.3},
        {"arm": "planted_partition", "bandwidth": 0.5, "truncation": 0.8, "prior_weight": 0.1, "val_accuracy": 0.8, "val_nll": 0.3},
    ]
    (tmp_path / "choices").mkdir()
    (tmp_path / "choices" / "choice-mnist.txt").write_text(json.dumps(rows))
    links = {"bandwidth": 0.5, "truncation": 0.8}
    assert circuits.best(tmp_path, Job("none", "mnist", 0)) == circuits.best(tmp_path, Job("dense_fc", "mnist", 0)) == links
    assert circuits.best(tmp_path, Job("scale_free", "mnist", 0)) == {**links, "prior_weight": 5.0}
    assert circuits.best(tmp_path, Job("planted_partition", "mnist", 0)) == {**links, "prior_weight": 0.1}
    for job in (Job("none", "shapes", 0), Job("erdos_renyi", "mnist", 0)):  # no data, no prior of this name
        with pytest.raises(errors.UserError, match="Choose first: python -m engine train circuits"):
            circuits.best(tmp_path, job)


def test_links_are_compared_first_then_the_weight_of_each_prior(tmp_path, monkeypatch):
    """The ranking is a stand-in for training: the second of each list is best."""
    seen = []

    def ranked(jobs, _folder):
        seen.append([(job.arm, job.bandwidth, job.truncation, job.prior_weight) for job in jobs])
        yield "compared"
        best = jobs[1]
        return [{"arm": best.arm, "bandwidth": best.bandwidth, "truncation": best.truncation, "prior_weight": best.prior_weight}]

    monkeypatch.setattr(circuits, "_ranked", ranked)
    lines = list(circuits.main(asked(tmp_path, "--choose", "--data", "shapes", "--steps", "3")))
    assert [one[0][0] for one in seen] == ["none", *priors.names()]
    assert {one[1:3] for part in seen[1:] for one in part} == {(0.2, 0.8)}
    assert lines[-1].startswith("shapes: best on validation data: eps 0.2, truncation 0.8, weight of erdos_renyi 1, ")
    assert (tmp_path / "choices" / "choice-shapes.txt").is_file()


def test_names_tell_what_differs_from_the_defaults():
    assert Job("none", "mnist", 3).name == "nac-none-mnist-s3"
    assert Job("scale_free", "mnist", 0, bandwidth=0.5, truncation=0.8).name == "nac-scale_free-mnist-eps0.5-tau0.8-s0"
    assert Job("none", "mnist", 0, prior_weight=5.0).name == "nac-none-mnist-s0"  # it has no prior
    assert Job("frozen", "mnist", 0, bandwidth=0.5).learned.name == "nac-none-mnist-eps0.5-s0"
    assert Job("interpreter", "mnist", 0, bandwidth=0.5).name == "ni-mnist-s0"
    assert len({Job(arm, data, 0).name for arm in arms.ARMS for data in arms.SETTINGS}) == len(arms.ARMS) * len(arms.SETTINGS)
