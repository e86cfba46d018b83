"""Completers learn without labels: poisoned truth changes nothing, a stopped training goes on as if it had not been, the loss falls."""

import json

import numpy as np
import pytest
import torch

from engine import completers, errors, rle
from engine.datasets import clips
from engine.models import completers as networks
from engine.training import _completion, amodal, commands

torch.set_num_threads(1)


def _trained(job, folder):
    *_, last = amodal.fit(job, folder)
    card = completers.card(job.name, folder)
    return networks.of(card, folder).state_dict(), card, last


def _equal(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(amodal, "VALIDATION", 1)
    monkeypatch.setattr(amodal, "BATCH", 1)
    monkeypatch.setattr(amodal, "WINDOW", 4)
    amodal._validation.cache_clear()
    yield
    amodal._validation.cache_clear()


def _poisoned(name, split, index, load=clips.load):
    """The same clip with the truth turned into its opposite."""
    clip = load(name, split, index)
    tracks = tuple(
        clips.Track(t.name, t.visible, tuple(rle.encode(~clip.dense(mask)) for mask in t.whole), tuple(None for _ in t.whole)) for t in clip.tracks
    )
    return clips.Clip(clip.name, clip.height, clip.width, clip.frames, tracks, clip.occluder, clip.flow, clip.camera)


@pytest.mark.parametrize("arm", [name for name in amodal.ARMS if name != "cnn_lstm"])
def test_no_whole_mask_reaches_training_but_that_of_the_supervised_arm(arm, tmp_path, monkeypatch, quickly):
    job = amodal.Job(arm, 0, 2)
    clean, card, _ = _trained(job, tmp_path / "clean")
    monkeypatch.setattr(clips, "load", _poisoned)
    amodal._validation.cache_clear()
    poisoned, other, _ = _trained(job, tmp_path / "poisoned")
    assert _equal(clean, poisoned) == (arm != "supervised")
    assert card.labels == (arm == "supervised")
    if arm != "supervised":
        assert card.metrics == other.metrics, "what is reported and could select must not know the truth either"


def test_only_one_arm_is_given_whole_masks():
    assert [name for name, arm in amodal.ARMS.items() if arm.labels] == ["supervised"]
    assert not any("whole" in name for name in clips.Patch.__dataclass_fields__)


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(tmp_path, monkeypatch, quickly):
    monkeypatch.setattr(amodal, "KEPT", 2)
    job = amodal.Job("two_way", 3, 4)
    whole, _, _ = _trained(job, tmp_path / "whole")
    stopped = amodal.fit(job, tmp_path / "parts")
    assert next(stopped)["step"] == 2
    stopped.close()
    assert not (tmp_path / "parts" / f"{job.name}.json").exists()
    again, _, _ = _trained(job, tmp_path / "parts")
    assert _equal(whole, again)
    steps = [json.loads(line)["step"] for line in (tmp_path / "parts" / f"{job.name}.log.jsonl").read_text().splitlines()]
    assert steps == [2, 4], "nothing was done twice"
    assert not list((tmp_path / "parts").glob("*resume*"))


def test_the_loss_falls_in_twenty_steps(tmp_path, monkeypatch, quickly):
    monkeypatch.setattr(amodal, "BATCH", 2)
    monkeypatch.setattr(amodal, "KEPT", 5)
    losses = [line["loss"] for line in amodal.fit(amodal.Job("image_only", 0, 20), tmp_path) if "loss" in line]
    assert losses[-1] < 0.8 * losses[0]


def _batch(labels=False):
    return amodal.batch(0, 0, labels=labels)


def test_a_batch_is_pure_and_steps_and_seeds_differ():
    one, again = _batch()[0], _batch()[0]
    assert torch.equal(one.pictures, again.pictures)
    assert one.visible.shape == (amodal.BATCH, amodal.WINDOW, 64, 64)
    assert not torch.equal(one.pictures, amodal.batch(0, 1, labels=False)[0].pictures)
    assert not torch.equal(one.pictures, amodal.batch(1, 0, labels=False)[0].pictures)


def _sure(mask):
    """An answer that says a mask in both directions."""
    logits = torch.stack([(mask * 2 - 1) * 12] * 2)
    return networks.Answer(logits, torch.zeros_like(logits))


def test_the_label_free_loss_is_lower_for_the_truth_than_for_everything_and_nothing():
    given, whole = _batch(labels=True)
    assert whole is not None
    nothing, everything = torch.zeros_like(whole), (whole + given.occluder).clamp(max=1)
    loss = {name: float(_completion.label_free(_sure(mask), given)) for name, mask in (("truth", whole), ("none", nothing), ("all", everything))}
    assert loss["truth"] < min(loss["none"], loss["all"])
    assert float(_completion.supervised(_sure(whole), given, whole)) < 0.01


def test_hidden_pixels_of_a_frame_carry_no_gradient_of_their_own():
    """What nobody sees is judged by other frames only: with one frame there is nothing to learn from inside the occluder."""
    given, _ = _batch()
    one = given.frames(0, 1)
    logits = torch.zeros(1, *one.visible.shape, requires_grad=True)
    _completion.label_free(networks.Answer(logits, torch.zeros_like(logits)), one).backward()
    assert logits.grad is not None
    assert not logits.grad[0][one.occluder > 0].any()
    assert logits.grad[0][one.visible > 0].any()


def test_the_learning_rate_rises_and_falls_to_nothing():
    assert amodal.rate(0, 100) == pytest.approx(1 / 20, rel=0.01)
    assert amodal.rate(99, 100) < 0.001 < amodal.rate(50, 100)


def test_the_command_makes_what_is_missing_and_nothing_twice(tmp_path, capsys, quickly):
    words = ["amodal", "--into", str(tmp_path), "--arm", "image_only", "--steps", "1"]

    def run():
        parser = commands.argparse.ArgumentParser()
        commands.add_arguments(parser)
        commands.main(parser.parse_args(words))
        return capsys.readouterr().out

    assert "1 completers, 1 to make" in run()
    assert "1 completers, 0 to make" in run()
    card = completers.card("image_only-s0-1", tmp_path)
    assert (card.recipe.split()[-1], card.parameters > 70_000) == ("1", True)
    words[4] = "image_onli"
    with pytest.raises(errors.UserError, match="image_only"):
        run()


def test_a_published_architecture_takes_a_step(quickly):
    network = networks.build("cnn_lstm")
    given, _ = _batch()
    loss = _completion.label_free(network(given), given)
    loss.backward()
    assert np.isfinite(loss.item())
    assert all(one.grad is not None for one in network.parameters())
