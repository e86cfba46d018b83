"""Masks made here: what moves in front of a still background is found and followed; a moving camera is refused."""

import numpy as np
import pytest

from engine import errors, rle
from engine.datasets.clips import Held
from engine.importers import clips as bringing
from engine.importers.clips import _moving

HEIGHT, WIDTH, LENGTH = 60, 90, 30


def footage(shift=0):
    """A block that walks to the right and one that walks to the left, lower down, over noise."""
    rng = np.random.default_rng(0)
    wide = rng.integers(60, 120, (HEIGHT, WIDTH + LENGTH * shift, 3), np.uint8)
    frames = np.stack([wide[:, t * shift : t * shift + WIDTH].copy() for t in range(LENGTH)])
    whole = np.zeros((2, LENGTH, HEIGHT, WIDTH), np.bool_)
    for t in range(LENGTH):
        whole[0, t, 5:20, 2 * t : 2 * t + 14] = True
        whole[1, t, 35:52, max(0, 70 - 2 * t) : 84 - 2 * t] = True
        frames[t][whole[0, t]] = (230, 220, 40)
        frames[t][whole[1, t]] = (20, 30, 220)
    return frames, whole


def test_both_blocks_are_followed_and_their_masks_are_right():
    frames, whole = footage()
    found = _moving.found(Held(frames))
    assert [track.name for track in found.tracks] == ["moving 1", "moving 2"]
    assert "still" in found.notes[0]
    for track, truth in zip(found.tracks, whole[::-1], strict=True):
        ious = [(rle.decode(mask) & truth[t]).sum() / (rle.decode(mask) | truth[t]).sum() for t, mask in enumerate(track.visible) if mask is not None]
        assert len(ious) >= LENGTH - 2
        assert np.median(ious) > 0.9


def test_a_moving_camera_and_a_still_picture_are_refused_with_the_way_out():
    with pytest.raises(errors.UserError, match="camera does not stand still"):
        _moving.found(Held(footage(shift=2)[0]))
    with pytest.raises(errors.UserError, match="Nothing moves"):
        _moving.found(Held(np.repeat(footage()[0][:1], 12, axis=0)))


def test_a_clip_is_brought_with_masks_made_here_and_nothing_is_left_of_one_that_is_refused(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    for name, shift in (("still", 0), ("panned", 2)):
        (tmp_path / name).mkdir()
        for t, frame in enumerate(footage(shift)[0]):
            Image.fromarray(frame).save(tmp_path / name / f"{t:03d}.png")
    found = bringing.bring("walkers", tmp_path / "still", moving=True)
    assert len(found.clip.tracks) == 2
    assert any("median" in note for note in found.notes)
    with pytest.raises(errors.UserError, match="camera"):
        bringing.bring("panned", tmp_path / "panned", moving=True)
    assert [one.name for one in (tmp_path / "home/inputs/clips").iterdir()] == ["walkers"]
