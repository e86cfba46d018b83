"""What the stepper is sent: pages of masks, timelines, what follows from motion; and whose answers there are."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine import errors, rle
from engine.amodal import reel, replies
from engine.datasets import clips
from engine.datasets.clips import Clip, Held, Track
from engine.rle import Rle
from tests.browser import _clips

SMALL = arrays.arrays(np.bool_, (5, 4))


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder))
        patch.setenv("TOUCHSTONE_SAMPLE", str(folder / "none"))
        yield folder


@pytest.fixture(scope="module")
def made(home):
    return brought(home, "moving")


def clip_of(*tracks: Track, occluder=None, length=1, height=5, width=4) -> Clip:
    return Clip("drawn", height, width, Held(np.zeros((length, height, width, 3), np.uint8)), tracks, occluder)


@given(own=SMALL, others=st.lists(SMALL, max_size=3), bar=st.none() | SMALL)
def test_what_covers_an_object_is_the_union_of_all_others_without_its_own_pixels(own, others, bar):
    tracks = [Track("own", (rle.encode(own),)), *(Track(f"{k}", (rle.encode(one),)) for k, one in enumerate(others))]
    clip = clip_of(*tracks, occluder=None if bar is None else (rle.encode(bar),))
    found = reel.covering(clip, "own", 0)
    np.testing.assert_array_equal(clip.dense(found), clip.others("own", 0))
    assert found is None or found == rle.encode(clip.others("own", 0))  # the same code, not only the same mask


def test_nothing_covers_an_object_that_is_alone():
    assert reel.covering(clip_of(Track("own", (rle.empty(5, 4),))), "own", 0) is None


def brought(home, name, length=70) -> Clip:
    """Bring a clip: a square of 10 x 10 pixels that moves a pixel a frame to the right, past a bar over columns 20 to 29, and out of the frame."""
    height, width = 48, 64
    y, x = np.mgrid[:height, :width]
    bar = (x >= 20) & (x < 30)
    whole = [(y >= 20) & (y < 30) & (x >= 2 + t) & (x < 12 + t) for t in range(length)]
    pictures = np.stack([np.where(bar, 90, np.where(one, 200, 20)) for one in whole])[..., None].repeat(3, -1).astype(np.uint8)
    step = np.zeros((length - 1, height, width, 2), np.float32)
    step[..., 0] = 1
    track = Track("square", tuple(rle.encode(one & ~bar) for one in whole), tuple(rle.encode(one) for one in whole))
    made = Clip(name, height, width, Held(pictures), (track,), (rle.encode(bar),) * length, clips.Flow(step, -step), rate=25.0)
    clips.write(made, home / "inputs" / "clips" / name)
    return made


def test_pages_hold_64_frames_each_and_the_last_one_the_rest(home, made):
    first, last = (reel.masks("moving", "square", page, ["union_two_way"]) for page in (0, 1))
    assert (first["first"], len(first["visible"]), last["first"], len(last["visible"])) == (0, 64, 64, 6)
    assert last["whole"][5] == made.tracks[0].whole[69].counts.decode()
    assert len(last["answers"]["union_two_way"]) == len(last["occluder"]) == 6
    with pytest.raises(errors.UserError, match="no frame 128"):
        reel.masks("moving", "square", 2, [])


def test_an_unknown_object_or_answer_is_told_with_the_nearest(home, made):
    with pytest.raises(errors.UserError, match="squar"):
        reel.masks("moving", "squar", 0, [])
    with pytest.raises(errors.UserError, match="two_way"):
        reel.masks("moving", "square", 0, ["two_way"])


def test_the_timeline_is_thousandths_with_gaps(home, made):
    found = reel.series("moving", "square", ["visible_mask"])
    # frame 14: columns 16 to 25, of which 6 are hidden; 18: all; 32: none; 61: one column is left in the frame; 62: gone
    assert [found["occlusion"][t] for t in (0, 14, 18, 32, 61, 62)] == [0, 600, 1000, 0, 0, None]
    hidden = found["answers"]["visible_mask"]["hidden"]
    assert [hidden[t] for t in (0, 9, 14, 18, 62)] == [None, None, 0, 0, None]  # 10 hidden pixels of frame 9 are too few


def test_many_bad_frames_are_a_worse_moment_than_one_that_is_worse_and_moments_are_apart():
    bad = np.full(400, 0.1)
    bad[50], bad[200:220], bad[330:340] = 1.0, 0.8, np.nan
    bad[209] = 0.9
    found = reel.moments(bad)
    assert [frame for frame, _ in found[:2]] == [209, 50]
    assert found[0][1] == pytest.approx(19 * 0.8 + 0.9 + 5 * 0.1)  # of 25 frames
    assert not {frame for frame, _ in found} & set(range(330, 340))
    assert reel.moments(np.array([0.2, np.nan, 0.9, 0.5])) == [(2, 0.9), (3, 0.5), (0, 0.2)]
    assert reel.moments(np.full(3, np.nan)) == []


def test_the_worst_frame_is_that_of_the_worst_moment_and_filled_counts_pixels(home, made):
    for name in ("union_two_way", "convex_hull"):
        said, rows = reel.said("moving", "square", name), replies.frames("moving", name, "square")
        assert said.least == rows["iou_hidden"][said.worst]
        assert said.worst == reel.series("moving", "square", [name])["answers"][name]["moments"][0]
        judged = rows[rows["iou_hidden"].notna()]
        assert said.filled == pytest.approx(judged["hidden_both_px"].sum() / judged["hidden_px"].sum())
        assert said.judged == rows["iou_hidden"].notna().sum()
    assert reel.said("moving", "square", "visible_mask").filled == 0


def test_an_answer_without_truth_says_how_much_it_takes_for_hidden(home, made):
    track = Track("square", made.tracks[0].visible)
    clips.write(Clip("blind", made.height, made.width, made.frames, (track,), made.occluder, made.flow), home / "inputs" / "clips" / "blind")
    found = reel.series("blind", "square", ["visible_mask", "all_occluder"])
    assert found["occlusion"] is None
    assert set(found["answers"]["visible_mask"]["share"]) == {0, None}  # nothing; not there
    assert found["answers"]["all_occluder"]["share"][14] == round(1000 * (1 - 40 / (480 + 40)))  # the bar's 480 pixels, and 40 that are visible
    assert reel.said("blind", "square", "visible_mask") is None


def test_memory_holds_what_is_hidden_now_and_revealed_is_what_comes_out(home, made):
    found = reel.beside("moving", "square", 0)

    def dense(text):
        return np.zeros((48, 64), bool) if text is None else rle.decode(Rle(48, 64, text.encode()))

    assert rle.encode(dense(found["memory"][14])) == made.tracks[0].whole[14]  # all of it was seen before the bar
    revealed = np.argwhere(dense(found["revealed"][22]))  # columns 30 to 33 are visible; 31 to 33 were so a frame ago
    assert {tuple(one) for one in revealed} == {(row, 30) for row in range(20, 30)}
    assert not dense(found["revealed"][5]).any()
    assert found["revealed"][0] is None


def test_of_large_frames_only_some_pixels_are_read_and_the_memory_is_where_it_was(home, monkeypatch):
    height, width, length = 400, 640, 6
    rng, y, x = np.random.default_rng(0), *np.mgrid[:400, :640]
    coat, bar = cv2.GaussianBlur(rng.integers(0, 255, (height, width, 3)).astype(np.uint8), (0, 0), 6), (x >= 320) & (x < 420)
    whole = [(y >= 80) & (y < 260) & (x >= 130 + 20 * t) & (x < 300 + 20 * t) for t in range(length)]
    pictures = np.stack([np.where(bar[..., None], 90, np.where(one[..., None], np.roll(coat, 20 * t, 1), 30)) for t, one in enumerate(whole)])
    track = Track("block", tuple(rle.encode(one & ~bar) for one in whole))
    clips.write(Clip("big", height, width, Held(pictures.astype(np.uint8)), (track,), (rle.encode(bar),) * length), home / "inputs" / "clips" / "big")
    assert reel._coarse(clips.find("big"), clips.windows(clips.find("big"), "block")[1]) == 2
    quick = rle.decode(Rle(height, width, reel.beside("big", "block", 0)["memory"][5].encode()))
    monkeypatch.setattr(reel, "_coarse", lambda clip, square: 1)
    reel.KEPT._items.clear()
    full = rle.decode(Rle(height, width, reel.beside("big", "block", 0)["memory"][5].encode()))
    assert (quick & full).sum() / (quick | full).sum() > 0.9


def test_a_frame_is_the_file_that_lies_there_or_a_picture_of_what_is_drawn(home, made):
    content, kind = reel.frame("moving", 3)
    assert (content, kind) == ((home / "inputs/clips/moving/frames/000003.png").read_bytes(), "image/png")
    content, kind = reel.frame("textured/test/0", 15)
    drawn = clips.find("textured/test/0").frames[15]
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB), drawn)
    for number in (16, 10**7):
        with pytest.raises(errors.UserError, match="Its frames are 0 to 15"):
            reel.frame("textured/test/0", number)


def test_probabilities_are_nested_masks_or_none(made):
    found = reel.odds("textured/test/0", "target", 0, "union_two_way")
    there = [one for one in found["levels"] if one]
    assert found["over"] == (0.1, 0.3, 0.7, 0.9)
    assert there
    for levels in there:
        areas = [Rle(64, 64, text.encode()).area for text in levels]
        assert areas == sorted(areas, reverse=True)
    assert set(reel.odds("moving", "square", 0, "visible_mask")["levels"]) == {None}


def test_a_small_clip_has_all_baselines_and_an_invisible_object_no_answer(home, made):
    assert replies.names("moving") == ("union_two_way", "union_one_way", "all_occluder", "convex_hull", "visible_mask")
    ghost = Track("ghost", (None,) * 70, made.tracks[0].whole)
    clips.write(Clip("two", made.height, made.width, made.frames, (*made.tracks, ghost), made.occluder, made.flow), home / "inputs" / "clips" / "two")
    assert replies.answer("two", "convex_hull", "ghost") is None
    about = {one["name"]: one for one in reel.about("two")["tracks"]}
    assert about["ghost"]["said"]["convex_hull"] is None
    assert about["square"]["said"]["convex_hull"]["judged"] > 0


def test_another_clip_under_the_same_name_is_noticed(home):
    brought(home, "again", 5)
    before = reel.about("again")["identity"]
    brought(home, "again", 4)
    after = reel.about("again")
    assert (after["frames"], after["identity"] != before) == (4, True)


def test_a_large_clip_waits_for_what_is_stored():
    large = Clip("large", 1000, 1000, Held(np.zeros((21, 1000, 1000, 3), np.uint8)), ())
    assert not replies.small(large)


def test_a_stored_answer_comes_with_its_stored_numbers(home):
    brought(home, "kept", 20)
    before = reel.said("kept", "square", "convex_hull")
    identity = reel.about("kept")["identity"]
    _clips.completed("kept", "convex_hull")
    assert replies.answer("kept", "convex_hull", "square").run
    assert reel.about("kept")["identity"] != identity
    assert reel.said("kept", "square", "convex_hull") == before
