"""Baselines do what they are called, and score as the sheet's pilot says."""

import numpy as np
import pytest

from engine import errors
from engine.amodal import baselines, scoring
from engine.datasets import clips


def _patch(length=4, motion=2):
    """A bar of 8 columns that moves two columns a frame, and an occluder over columns 12 to 19 from frame 1 on."""
    whole, occluder = (np.zeros((length, 32, 32), np.bool_) for _ in range(2))
    for t in range(length):
        whole[t, 10:20, 8 + motion * t : 16 + motion * t] = True
        occluder[t, :, 12:20] = t > 0
    visible = whole & ~occluder
    forward = np.zeros((length, 32, 32, 2), np.float32)
    forward[..., 0] = motion
    pictures = np.zeros((length, 32, 32, 3), np.uint8)
    return whole, clips.Patch(pictures, visible, occluder & ~visible, np.ones_like(visible), forward, -forward, np.zeros((length, 2), np.int64), 32)


def test_memory_in_one_direction_knows_what_was_seen_before():
    whole, patch = _patch()
    found = baselines.union_one_way(patch) > 0.5
    assert np.array_equal(found & patch.occluder, whole & patch.occluder)


def test_memory_in_both_directions_knows_what_is_seen_later_too():
    whole, patch = _patch()
    turned = clips.Patch(
        *(getattr(patch, name)[::-1] for name in ("pictures", "visible", "occluder", "inside", "backward", "forward", "corners")), 32
    )
    assert not (baselines.union_one_way(turned)[0] > 0.5)[turned.occluder[0]].any(), "nothing was seen before the first frame"
    found = baselines.union_two_way(turned) > 0.5
    assert np.array_equal(found & turned.occluder, whole[::-1] & turned.occluder)


def test_the_hull_closes_a_dent_and_of_nothing_is_nothing():
    _, patch = _patch(1)
    visible = np.zeros((2, 32, 32), np.bool_)
    visible[0, 4:20, 4:20] = True
    visible[0, 8:16, 12:20] = False
    dented = clips.Patch(*(np.repeat(getattr(patch, n), 2, 0) for n in ("pictures",)), visible, *(np.repeat(getattr(patch, n), 2, 0) for n in (
        "occluder", "inside", "forward", "backward", "corners")), 32)  # fmt: skip
    found = baselines.convex_hull(dented) > 0.5
    assert found[0, 4:20, 4:20].all()
    assert found.sum() == 256


def test_every_baseline_keeps_the_visible_mask_and_an_unknown_one_is_refused():
    _, patch = _patch()
    assert not baselines.answer("visible_mask", patch).any(), "what is visible is put in later, exactly; nothing is added to it"
    for name in set(baselines.names()) - {"visible_mask"}:
        assert (baselines.answer(name, patch)[patch.visible] == 1).all()
    with pytest.raises(errors.UserError, match="convex_hull"):
        baselines.answer("convex_hul", patch)


@pytest.fixture(scope="module")
def table():
    drawn = (clips.load("textured", "test", k) for k in range(16))
    found = scoring.measures(list(scoring.scored(drawn, baselines.BASELINES, noise=0.15)))
    return found[(found["band"] == "10 to 70 %") & (found["way"] == "mean")].set_index(["answer", "metric"])


@pytest.mark.parametrize(
    ("answer", "metric", "pilot", "within"),
    [
        ("visible_mask", "iou_whole", 0.634, 0.06),
        ("visible_mask", "iou_hidden", 0.0, 0.0),
        ("all_occluder", "iou_hidden", 0.680, 0.1),
        ("convex_hull", "iou_hidden", 0.817, 0.12),
        ("union_one_way", "iou_hidden", 0.661, 0.2),
        ("union_two_way", "iou_hidden", 0.844, 0.15),
        ("all_occluder", "false_extension", 1.0, 0.0),
    ],
)
def test_baselines_are_near_the_published_pilot(table, answer, metric, pilot, within):
    """Another generator drew the pilot's clips, so that only the neighbourhood can agree."""
    assert table.loc[(answer, metric), "value"] == pytest.approx(pilot, abs=within + 1e-9)


def test_two_ways_beat_one_and_memory_finds_what_is_seen_elsewhere(table):
    value = table["value"]
    assert value["union_two_way", "iou_hidden"] > value["union_one_way", "iou_hidden"]
    assert value["union_two_way", "recall_seen"] > 0.9 > 0.4 > value["union_two_way", "recall_never"]
    assert (table["low"].dropna() <= table["value"][table["low"].notna()]).all()
