"""The study end to end: clips are completed by the worker, what is stored is the same as asked directly, and is not completed again."""

import itertools
import json
import resource
from dataclasses import fields

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from engine import completers, control, errors, rle, worker
from engine.__main__ import main
from engine.amodal import answering, completing, findings, given, measuring, reel, scoring, shipping, views
from engine.amodal import run as running
from engine.amodal import spec as asking
from engine.amodal.spec import AmodalSpec
from engine.datasets import clips
from engine.importers import clips as bringing
from engine.metrics import masks
from engine.models import completers as networks
from engine.steps import Before
from engine.training import _store

CLIP = "textured/heavy/1"
ASKED = AmodalSpec(clips=("textured/heavy",), answers=("two_way-s0", "two_way-s1"), first=3, adapt=1, seed=4)


def network(name: str, seed: int) -> None:
    """Write an untrained completer among those made here."""
    torch.manual_seed(seed)
    folder, made = completers.folders()[0], networks.build("recurrent")
    _store.write_weights(folder / f"{name}.safetensors", made.state_dict(), {})
    card = completers.Card(
        name=name, title=f"Untrained, seed {seed}", architecture="recurrent", arm="two_way", labels=False, seed=seed, steps=0, trained_on="", data="",
        weights=f"{name}.safetensors", digest=name, parameters=1, seconds=0, recipe="", licence="",
    )  # fmt: skip
    (folder / f"{name}.json").write_text(card.model_dump_json())


def answered(spec: AmodalSpec) -> str:
    run = control.submit(spec, asking.title(spec), total=asking.plan(spec).cells)
    job = control.claim("test", only=run)
    assert job is not None
    assert worker.answer(job) == "done", control.job(run).error
    return run


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Complete three clips once for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path_factory.mktemp("none")))
        for seed in (0, 1):
            network(f"two_way-s{seed}", seed)
        answered(ASKED)
        yield patch


def test_every_answer_is_stored_for_every_frame_with_its_masks(home):
    found = views.answers(CLIP)
    names = {"two_way-s0", "two_way-s0 + 1 steps", "two_way-s1", "two_way-s1 + 1 steps", "visible_mask", "convex_hull", "all_occluder",
             "union_one_way", "union_two_way"}  # fmt: skip
    assert set(found["answer"]) == names
    assert found["masks"].all()
    assert set(found["frames"]) == {16}
    assert set(found["flow"]) == {"exact, noise 0.15 px"}
    assert len(views.frames(CLIP)) == 16 * len(names)


def test_stored_masks_and_levels_are_those_of_the_network(home):
    clip = clips.find(CLIP)
    direct = answering.answer(clip, "target", "x", completing.completer("two_way-s0"), noise=0.15, seed=1)  # the second clip that was asked for
    stored = views.answer(CLIP, "target", "two_way-s0")
    assert stored.whole == direct.whole
    assert stored.levels == direct.levels
    sure = [level for level in stored.levels if level is not None]
    assert sure
    for nested in sure:
        dense = [rle.decode(one) for one in nested]
        assert all(not (high & ~low).any() for low, high in itertools.pairwise(dense)), "levels lie within each other"


def test_stored_numbers_are_those_of_the_metrics_and_the_reason_stands_where_there_is_none(home):
    clip, rows = clips.find(CLIP), views.frames(CLIP, "target", "union_two_way")
    tally = scoring.tally(clip, "target", views.answer(CLIP, "target", "union_two_way").whole)
    for name in masks.names():
        assert np.allclose(rows[name].to_numpy(float, na_value=np.nan), masks.compute(name, tally), equal_nan=True)
    again = measuring.tally(rows)
    assert all(np.array_equal(getattr(again, one.name), getattr(tally, one.name), equal_nan=True) for one in fields(tally))
    undefined = rows["iou_hidden"].isna()
    assert (rows["reason"].notna() == undefined).all()


def test_the_visible_mask_finds_nothing_hidden_also_where_frames_are_larger_than_patches():
    clip = clips.load("composited", "own_motion", 0)
    found = answering.baseline(clip, "man", "visible_mask")
    assert found.whole == clip.tracks[0].visible
    assert found.levels == (None,) * clip.length


def test_what_is_stored_is_not_completed_again_and_another_seed_is(home):
    planned = asking.plan(ASKED)
    steps = list(running.run(ASKED, Before("x", {})))
    assert sum(step.cells for step in steps) == planned.cells == 3
    assert not any(step.blocks for step in steps)
    other = ASKED.model_copy(update={"seed": 5, "first": 1, "adapt": 0})
    assert any(step.blocks for step in running.run(other, Before("x", {})))


def test_a_run_that_was_killed_goes_on_and_the_same_rows_come_out(home):
    spec = AmodalSpec(clips=("textured/scale/0", "textured/scale/1"), answers=("two_way-s0",), noise=0.3)
    whole = [step for step in running.run(spec, Before("x", {})) if step.blocks]
    steps = running.run(spec, Before("x", {}))
    first = next(step for step in steps if step.blocks)
    rest = [step for step in running.run(spec, Before("x", {"mask_frames": frozenset(first.keys["mask_frames"])})) if step.blocks]
    assert len(whole) == 2
    assert [step.keys for step in [first, *rest]] == [step.keys for step in whole]
    assert [block.columns for step in [first, *rest] for block in step.blocks] == [block.columns for step in whole for block in step.blocks]


def test_adaptation_begins_anew_with_each_clip(home):
    asked = completing.completer("two_way-s0", adapt=1)
    patches = [clips.patch(clips.load("textured", "heavy", k), "target") for k in range(2)]
    asked(patches[0])
    after_another = asked(patches[1])
    assert np.array_equal(after_another, completing.completer("two_way-s0", adapt=1)(patches[1]))


def test_seeds_of_an_arm_count_together_and_clips_and_silhouettes_stand_beside_n(home):
    asked = measuring.where(measuring.sets().iloc[0])
    found = measuring.measures(asked, ("iou_hidden",), ("all",)).set_index("arm")
    both = found.loc["two_way"]
    rows = pd.concat([views.frames(f"textured/heavy/{k}") for k in range(3)])
    mine = rows[rows["answer"].isin(["two_way-s0", "two_way-s1"])]["iou_hidden"].dropna()
    assert both["value"] == pytest.approx(mine.mean())
    assert (both["seeds"], both["clips"], both["silhouettes"]) == (2, 3, 3)
    assert both["n"] == len(mine) / 2
    assert found.loc["visible_mask", "value"] == 0
    assert set(found.index) >= {"two_way + 1 steps", "convex_hull", "union_one_way", "all_occluder"}


def test_a_difference_is_of_the_same_frames_and_its_interval_over_clips(home):
    asked = measuring.where(measuring.sets().iloc[0])
    one = measuring.difference(asked, "convex_hull", "visible_mask")
    rows = pd.concat([views.frames(f"textured/heavy/{k}", answer="convex_hull") for k in range(3)])
    assert one.value == pytest.approx(rows["iou_hidden"].dropna().mean()), "the visible mask finds nothing"
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert one.low <= one.value <= one.high
    back = measuring.difference(asked, "visible_mask", "convex_hull")
    assert back.value == pytest.approx(-one.value)
    assert measuring.difference(asked, "convex_hull", "nobody").reason
    assert findings.verdict(one) == findings.HOLDS
    assert findings.verdict(back) == findings.AGAINST


def test_trained_arms_are_compared_by_the_seeds_that_both_have():
    names = ["two_way-s0", "two_way-s1", "two_way-s1 + 5 steps", "convex_hull"]
    rows = pd.DataFrame({"answer": names, "arm": [measuring.arm(name) for name in names]})
    assert list(measuring._same_seeds(rows, "two_way", "two_way + 5 steps")["answer"]) == names[1:3]
    assert list(measuring._same_seeds(rows, "two_way", "convex_hull")["answer"]) == [*names[:2], names[3]]


def test_claims_are_told_where_both_sides_were_measured(home):
    told = findings.claims()
    assert set(told["claim"]) == {"learning adds to memory", "1 steps of adaptation help"}
    assert "union_two_way" in findings.markdown()


def test_the_worst_frame_of_each_clip_is_found(home):
    asked = measuring.where(measuring.sets().iloc[0])
    found = measuring.worst(asked, "two_way", 3)
    assert found["iou_hidden"].is_monotonic_increasing
    for row in found.to_dict("records"):
        rows = views.frames(row["clip"], answer="two_way-s0")
        assert row["iou_hidden"] == rows["iou_hidden"].min()
    assert views.worst(CLIP, "two_way-s0").iloc[0]["iou_hidden"] == found.set_index("clip").loc[CLIP, "iou_hidden"]


def test_predictions_of_another_model_are_scored_and_stepped_like_an_answer(home):
    clip = clips.find(CLIP)
    whole = clip.track("target").whole
    assert whole is not None
    name = given.keep(CLIP, "Oracle", {"target": whole})
    answered(AmodalSpec(clips=(CLIP,), answers=(name,), baselines=()))
    rows = views.frames(CLIP, answer="oracle")
    assert set(rows["iou_whole"]) == {1.0}
    assert views.answer(CLIP, "target", "oracle").whole == whole
    with pytest.raises(errors.UserError, match="already"):
        given.keep(CLIP, "oracle", {"target": whole})
    with pytest.raises(errors.UserError, match="oracle"):
        asking.plan(AmodalSpec(clips=(CLIP,), answers=("oracel",)))


@pytest.mark.parametrize(
    ("said", "names"),
    [({"clips": ("textured/tset",)}, "test"), ({"clips": ("textured/test/999",)}, "99"), ({"clips": (CLIP,), "baselines": ("hull",)}, "convex_hull")],
)
def test_what_does_not_exist_is_named_with_what_does(home, said, names):
    with pytest.raises(errors.UserError, match=names):
        asking.plan(AmodalSpec(**said))


def test_what_ships_is_one_run_a_set_with_the_masks_of_a_few_clips(home, tmp_path):
    lines = list(shipping.ship(tmp_path / "sample", (CLIP,)))
    assert [line.partition(":")[0] for line in lines] == ["amodal-textured-heavy"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(tmp_path / "empty"))
        patch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
        assert views.answers(CLIP)["masks"].all()
        assert not views.answers("textured/heavy/0")["masks"].any()
        assert len(measuring.frames(measuring.where(measuring.sets().iloc[0]))) >= 3 * 16 * 9
        assert views.answer(CLIP, "target", "two_way-s0").run == "amodal-textured-heavy"


def test_the_command_line_tells_what_is_stored(home, capsys, tmp_path):
    assert main(["amodal", "measured", "textured/heavy", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["arm"] for row in rows} >= {"two_way", "convex_hull"}
    assert main(["amodal", "findings", "--json"]) == 0
    assert main(["amodal", "draw", CLIP, "--with", "two_way-s0", "--into", str(tmp_path / "x.gif"), "--json"]) == 0
    assert '"frames": 16' in capsys.readouterr().out
    assert main(["query", "SELECT answer, count(*) AS n FROM mask_frames_all GROUP BY 1", "--json"]) == 0


@pytest.mark.slow
def test_ten_thousand_frames_are_brought_completed_scored_and_stepped_in_bounded_memory(home, tmp_path):
    length, side = 10_000, 64
    (tmp_path / "frames").mkdir()
    post = np.zeros((side, side), np.bool_)
    post[:, 28:36] = True
    coded: dict[str, list] = {name: [] for name in ("segmentations", "amodal_segmentations", "occluder_segmentations")}
    for t in range(length):
        mask = np.zeros((side, side), np.bool_)
        x = round(22 + 14 * np.sin(t / 9))
        mask[20:44, x : x + 20] = True
        picture = np.where(post, 230, np.where(mask, 120, 30)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "frames" / f"{t:06d}.png"), np.repeat(picture[..., None], 3, 2))
        for name, one in zip(coded, (mask & ~post, mask, post), strict=True):
            coded[name].append(rle.encode(one).json())
    (tmp_path / "masks.json").write_text(json.dumps({"videos": [{"id": 1}], "annotations": [{"video_id": 1, "name": "block", **coded}]}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clip = bringing.bring("long", tmp_path / "frames", tmp_path / "masks.json").clip
    answered(AmodalSpec(clips=("long",), answers=("two_way-s0",), baselines=("union_two_way",)))
    rows = views.frames("long", answer="union_two_way")
    assert (clip.length, len(rows), len(views.answer("long", "block", "two_way-s0").whole)) == (length, length, length)
    assert rows["iou_hidden"].dropna().mean() > 0.5
    assert reel.about("long")["frames"] == length
    last = (length - 1) // reel.PAGE
    for page in (0, last // 2, last):
        found = reel.masks("long", "block", page, ["two_way-s0", "union_two_way"])
        assert found["whole"][0] == clip.tracks[0].whole[page * reel.PAGE].counts.decode()
        assert any(reel.beside("long", "block", page)["memory"])
        assert reel.odds("long", "block", page, "two_way-s0")["first"] == page * reel.PAGE
    assert len(reel.series("long", "block", ["two_way-s0"])["answers"]["two_way-s0"]["hidden"]) == length
    assert reel.frame("long", length - 1)[0] == (tmp_path / "frames" / "009999.png").read_bytes()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 600_000, f"{grown / 1000:.0f} MB"
