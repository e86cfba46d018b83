"""Composites: pixels outside the cut-outs are the footage's own, what is hidden is known exactly, silhouettes are split by track."""

import numpy as np
import pytest

from engine.datasets import clips
from engine.datasets.clips import _composited, composited, photo_cutouts


def test_there_are_eight_silhouettes_and_six_occluders_and_no_split_shares_a_silhouette():
    mine = [name for names in composited.SILHOUETTES.values() for name in names]
    assert len(mine) == len(set(mine)) == 8
    assert len(set(composited.OCCLUDERS)) == 6
    assert not set(mine) & set(composited.OCCLUDERS)
    for split, names in composited.SILHOUETTES.items():
        seen = {clips.load("composited", split, k).tracks[0].name for k in range(len(names))}
        assert seen == set(names)


@pytest.mark.parametrize(("split", "index"), [("own_motion", 1), ("camera_motion", 2)])
def test_outside_the_cut_outs_every_pixel_is_the_footages_and_the_whole_mask_is_its_silhouette(split, index):
    clip = clips.load("composited", split, index)
    track = clip.tracks[0]
    filmed = _composited.cut(track.name)
    occluder = np.stack([clip.dense(mask) for mask in clip.occluder or ()])
    start = next(
        k for k in range(len(filmed.frames)) if np.array_equal(np.where(occluder[0][..., None], 0, clip.frames[0]), _outside(filmed, k, occluder[0]))
    )
    for t in range(clip.length):
        assert np.array_equal(np.where(occluder[t][..., None], 0, clip.frames[t]), _outside(filmed, start + t, occluder[t]))
        assert np.array_equal(clip.dense((track.whole or ())[t]), filmed.masks[start + t])
        assert np.array_equal(clip.dense(track.visible[t]), filmed.masks[start + t] & ~occluder[t])
    assert clip.flow is None
    assert clip.about["sources"] == {track.name: track.name}


def _outside(filmed, k, occluder):
    return np.where(occluder[..., None], 0, filmed.frames[k])


def test_much_is_hidden_and_most_of_it_shows_in_another_frame():
    shares, seen = [], []
    for split in composited.SPLITS:
        for k in range(4):
            track = clips.load("composited", split, k).tracks[0]
            hidden = [w.area - v.area for v, w in zip(track.visible, track.whole or (), strict=True) if v and w]
            shares += [h / w.area for h, w in zip(hidden, track.whole or (), strict=True) if w]
            seen.append(sum(mask.area for mask in track.seen or () if mask) / max(1, sum(hidden)))
    assert 0.15 < np.mean(shares) < 0.45
    assert np.median(seen) > 0.8


def test_photo_cut_outs_are_named_apart_and_show_each_silhouette():
    assert clips.card("photo_cutouts").title.startswith("Photo cut-outs")
    seen = {clips.load("photo_cutouts", "test", k).tracks[0].name for k in range(5)}
    assert seen == set(photo_cutouts.TARGETS)
    assert not seen & set(photo_cutouts.OCCLUDERS)
    clip = clips.load("photo_cutouts", "test", 2)
    assert clip.flow is not None
    mask = clip.dense(clip.tracks[0].visible[0])
    grey = clip.frames[0][mask].std(axis=1)
    assert grey.mean() > 10, "the cat is in colour, its ground is grey"
