"""From frames to completed masks on the command line: as many frames out as in, and what was written can be read and scored again."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from engine import completers, rle
from engine.__main__ import main
from engine.amodal import completing, exchange, scoring
from engine.datasets import clips
from engine.importers import clips as bringing
from engine.models import completers as networks
from engine.training import _completion, _store, adapting


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def network(home):
    """An untrained network among those made here."""
    torch.manual_seed(0)
    folder, made = completers.folders()[0], networks.build("recurrent")
    _store.write_weights(folder / "raw.safetensors", made.state_dict(), {})
    card = completers.Card(
        name="raw", title="Untrained", architecture="recurrent", arm="two_way", labels=False, seed=0, steps=0, trained_on="", data="",
        weights="raw.safetensors", digest="", parameters=1, seconds=0, recipe="", licence="",
    )  # fmt: skip
    (folder / "raw.json").write_text(card.model_dump_json())
    return "raw"


def _asked(capsys, *words):
    status = main(["amodal", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_sets_baselines_and_networks_are_listed(network, capsys):
    said = {row["clip"]: row["clips"] for row in _asked(capsys, "clips")[1]}
    assert said["textured/test"] == 100
    rows = {row["name"]: row for row in _asked(capsys, "networks")[1]}
    assert {"convex_hull", "union_two_way", "raw"} <= set(rows)
    assert rows["raw"]["title"] == "Untrained"


def test_scores_have_every_answer_metric_and_way_with_clips_beside_n(network, capsys):
    status, rows = _asked(capsys, "score", "textured/test", "--first", "3", "--with", "raw", "--bands")
    assert status == 0
    one = {(r["answer"], r["band"], r["metric"], r["way"]): r for r in rows}
    assert one["visible_mask", "all", "iou_hidden", "mean"]["value"] == 0
    assert one["raw", "all", "iou_whole", "micro"]["clips"] == 3
    assert one["raw", "nothing hidden", "iou_hidden", "mean"]["reason"]
    assert {r["answer"] for r in rows} > {"raw", "convex_hull", "all_occluder", "union_one_way", "union_two_way"}
    frames = _asked(capsys, "score", "textured/test/0", "--frames")[1]
    assert len(frames) == 16 * 5
    assert frames[0]["frame"] == 0


def test_what_was_completed_is_read_again_and_scores_the_same(network, home, capsys):
    clip = clips.load("textured", "heavy", 1)
    status, said = _asked(capsys, "complete", "textured/heavy/1", "--with", "raw", "--into", str(home / "out.json"))
    assert (status, said["frames"], said["objects"]) == (0, 16, ["target"])
    found = bringing.predictions(home / "out.json", clip)
    asked = dict(completing.completed(clip, "raw"))
    assert found == asked
    rows = _asked(capsys, "score", "textured/heavy/1", "--predictions", str(home / "out.json"), "--with", "raw", "--noise", "0")[1]
    value = {r["answer"]: r["value"] for r in rows if (r["band"], r["metric"], r["way"]) == ("all", "iou_whole", "mean")}
    assert value["out.json"] == pytest.approx(value["raw"])


def test_a_brought_clip_is_completed_with_estimated_flow_and_no_truth(home, capsys):
    source = clips.load("no_gum", "test", 0)
    (home / "frames").mkdir()
    for t in range(6):
        Image.fromarray(source.frames[t]).save(home / "frames" / f"{t}.png")
    visible = np.stack([[source.dense(track.visible[t]) for t in range(6)] for track in source.tracks])
    np.savez(home / "masks.npz", visible=visible)
    status, said = _asked(capsys, "bring", "mine", str(home / "frames"), "--masks", str(home / "masks.npz"))
    assert (status, said["frames"], said["objects"]) == (0, 6, ["1", "2"])
    status, said = _asked(capsys, "complete", "mine", "--with", "union_two_way", "--into", str(home / "pngs"))
    assert sorted(str(f.relative_to(home / "pngs")) for f in (home / "pngs").rglob("*.png")) == [
        f"00{k}/{t:06d}.png" for k in (1, 2) for t in range(6)
    ]
    status, said = _asked(capsys, "score", "mine")
    assert (status, "known whole mask" in said["error"]) == (1, True)
    assert _asked(capsys, "remove", "mine")[0] == 0
    assert clips.brought() == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("score", "textured/tset"), "test"),
        (("score", "textured/test/0", "--with", "nobody"), "completer"),
        (("complete", "nowhere", "--with", "convex_hull", "--into", "x.json"), "nowhere"),
        (("score", "textured/test", "--predictions", "x.json", "--first", "1"), "one clip"),
        (("score", "textured/test", "--first", "0"), "below 1"),
        (("remove", "nothing"), "nothing"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(home, capsys, words, said):
    status, answer = _asked(capsys, *words)
    assert status == 1
    assert said in answer["error"] + answer["hint"]


def test_a_long_clip_is_answered_in_pieces_of_the_same_answer(network, monkeypatch):
    """Pieces that share all frames before them agree with the whole; whatever they share, each frame has one answer."""
    clip = clips.load("textured", "test", 2)
    ask = {name: completing.completer(name) for name in ("raw", "union_two_way")}
    whole = scoring.answered(clip, "target", ask)
    monkeypatch.setattr("engine.datasets.clips._patches.LONGEST", 5)
    for shared in (16, 2):
        monkeypatch.setattr("engine.datasets.clips._patches.SHARED", shared)
        parts = scoring.answered(clip, "target", ask)
        assert [len(masks) for masks in parts.values()] == [16, 16]
        assert (parts == whole) == (shared == 16)
    pieces = [(patch.start, len(patch), frames) for patch, frames in clips.pieces(clip, "target")]
    assert pieces[1:3] == [(3, 9, range(5, 10)), (8, 8, range(10, 15))]


def test_what_is_written_holds_a_mask_for_every_frame_also_where_the_object_is_not(home):
    mask = rle.encode(np.eye(8, dtype=np.bool_))
    clip = clips.Clip("c", 8, 8, clips.Held(np.zeros((3, 8, 8, 3), np.uint8)), (clips.Track("a", (mask, None, mask)),))
    said = exchange.youtube_vis(clip, {"a": (mask, None, mask)}, "mine")
    assert [len(said["annotations"][0][key]) for key in ("segmentations", "amodal_segmentations", "occluder_segmentations")] == [3, 3, 3]
    assert said["annotations"][0]["segmentations"][1] is None
    assert said["videos"][0]["length"] == len(said["videos"][0]["file_names"]) == 3


def test_objects_that_are_never_hidden_are_not_counted_and_only_chosen_ones_are():
    clip = clips.load("no_gum", "test", 0)
    hidden = clip.about["hidden"]
    ask = {"mine": lambda patch: patch.visible.astype(np.float32)}
    assert [one.track for one in scoring.scored([clip], ask)] == [hidden]
    other = next(track.name for track in clip.tracks if track.name != hidden)
    assert [one.track for one in scoring.scored([clip], ask, tracks=(other,))] == [other]


def test_adaptation_lowers_the_label_free_loss_of_its_clip_and_leaves_the_network_as_it_was(network):
    clip = clips.load("textured", "scale", 0)
    patch = clips.patch(clip, "target")
    made = networks.of(completers.card("raw"))
    before = {name: value.clone() for name, value in made.state_dict().items()}
    *_, adapted = adapting.adapted(made, patch, 6, rate=3e-3)
    given = networks.inputs([patch])
    with torch.no_grad():
        assert _completion.label_free(adapted(given), given) < _completion.label_free(made(given), given)
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())
    plain, again, changed = (completing.completer("raw", adapt=steps)(patch) for steps in (0, 0, 3))
    assert np.array_equal(plain, again)
    assert not np.array_equal(plain, changed)


def test_the_number_of_steps_is_judged_on_frames_that_were_held_out(network, capsys, monkeypatch):
    monkeypatch.setattr(completing, "TRIED", (1, 2))
    rows = _asked(capsys, "steps", "--with", "raw", "--first", "2")[1]
    assert [(row["steps"], row["clips"]) for row in rows] == [(1, 2), (2, 2)]
    made, patch = networks.of(completers.card("raw")), clips.patch(clips.load("textured", "val", 0), "target", flow="dis")
    none, one = adapting.held_out(made, patch, 1)
    later = networks.inputs([patch]).frames(8, 8)
    with torch.no_grad():
        assert none == pytest.approx(_completion.reconstruction(made(later), later))
    assert one != none
    assert adapting.held_out(made, patch, 0) == [none]


def test_adapted_scores_stand_beside_those_before(network, capsys):
    rows = _asked(capsys, "score", "textured/scale/0", "--with", "raw", "--adapt", "1")[1]
    assert {"raw", "raw + 1 steps"} <= {row["answer"] for row in rows}
