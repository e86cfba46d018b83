"""The shape scenes as data sets: what is held out is held out, and a drawing shows nothing but an outline."""

import numpy as np

from engine.datasets import images
from engine.systems import shape_scenes


def test_held_out_scenes_have_only_combinations_that_training_lacks():
    held, known = images.load("shapes_held_out", "test"), images.load("shapes", "val")
    assert len(held) == 1000
    for data, out in ((held, True), (known, False)):
        shapes = [data.classes[k] for k in data.labels]
        assert all((colour in shape_scenes.HELD_OUT_COLOURS[shape]) == out for shape, colour in zip(shapes, data.groups["colour"], strict=True))
    assert set(held.groups["colour"]) == set(known.groups["colour"])


def test_a_drawing_is_mostly_paper_with_ink_and_has_every_class():
    data = images.load("shapes_drawings", "test")
    assert len(data.images) == 1000
    assert np.bincount(data.labels, minlength=8).min() > 80
    paper = (np.abs(np.asarray(data.images[:50]).astype(int) - 243).max(-1) < 16).mean()
    assert 0.6 < paper < 0.97
    assert data.classes == images.load("shapes", "val").classes
