"""What is taken away has as many frames as went in, and each frame says its number."""

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine import errors, rle
from engine.amodal import drawing
from engine.datasets import clips
from engine.datasets.clips import Clip, Held, Track


def still(length=7, height=31, width=45):
    """A clip in which nothing changes: frames that are alike must not be lost."""
    mask = np.zeros((height, width), np.bool_)
    mask[5:20, 5:20] = True
    visible, whole = mask.copy(), rle.encode(mask)
    visible[:, 12:] = False
    occluder = np.zeros_like(mask)
    occluder[:, 12:] = True
    track = Track("a", (rle.encode(visible),) * length, (whole,) * length)
    return Clip("still", height, width, Held(np.full((length, height, width, 3), 90, np.uint8)), (track,), (rle.encode(occluder),) * length)


def drawn(clip, layers=drawing.LAYERS):
    return drawing.pictures(clip, clip.tracks[0].name, clip.tracks[0].whole, layers)


@pytest.mark.parametrize("length", [1, 7, 40])
def test_as_many_frames_come_out_as_go_in(length, tmp_path):
    clip = still(length)
    with zipfile.ZipFile(io.BytesIO(drawing.png_zip(drawn(clip)))) as archive:
        assert archive.namelist() == [f"{t:06d}.png" for t in range(length)]
    assert getattr(Image.open(io.BytesIO(drawing.gif(drawn(clip), None, length))), "n_frames", 1) == length
    for ending in drawing.FILMS:
        (tmp_path / f"x.{ending}").write_bytes(drawing.film(drawn(clip), 25.0, ending))
        reader, count = cv2.VideoCapture(str(tmp_path / f"x.{ending}")), 0
        while reader.read()[0]:
            count += 1
        assert count == length, ending


def test_small_frames_are_enlarged_by_whole_factors_and_layers_lie_where_their_masks_are():
    clip = still(1)
    plain, hidden = (next(iter(drawn(clip, layers))) for layers in ((), ("hidden",)))
    factor = -(-drawing.SMALLEST // 45)
    assert plain.shape[:2] == (31 * factor + drawing.STRIP + 31 * factor % 2, 45 * factor)
    changed = (plain != hidden).any(2)[: 31 * factor]
    there = np.zeros((31 * factor, 45 * factor), np.bool_)
    there[5 * factor : 20 * factor, 12 * factor : 20 * factor] = True
    assert not (changed & ~there).any()
    assert changed[there].mean() == pytest.approx(0.5, abs=0.1), "stripes: half of it"


def test_layers_that_do_not_exist_and_answers_of_another_length_are_refused():
    clip = still(3)
    with pytest.raises(errors.UserError, match="hidden"):
        next(iter(drawn(clip, ("hiden",))))
    with pytest.raises(errors.UserError, match="3 frames"):
        next(iter(drawing.pictures(clip, "a", clip.tracks[0].whole[:2])))
    with pytest.raises(errors.UserError, match="webm"):
        drawing.gif(iter(()), None, drawing.MOST_GIF + 1)
    with pytest.raises(errors.UserError, match=r"\.mp4"):
        drawing.write(iter(()), None, 1, Path("x.mpeg"))


def test_a_clip_without_truth_is_drawn_without_it():
    clip = clips.load("textured", "test", 0)
    track = clip.tracks[0]
    blind = Clip(clip.name, clip.height, clip.width, clip.frames, (Track(track.name, track.visible),), clip.occluder)
    assert len(list(drawing.pictures(blind, track.name, track.visible))) == clip.length
