"""Metrics of hidden parts mean one thing: counted by hand, misses count 0, bootstrap over clips."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as arrays

from engine import errors
from engine.metrics import masks

SQUARE = arrays.arrays(np.bool_, (9, 9))


def _frame(predicted=(0, 12), whole=(0, 10), occluder=(6, 20), seen=(6, 8), rows=6):
    """Six rows of 24 columns: the object is columns 0 to 9, an occluder covers 6 to 19, columns 6 and 7 show elsewhere."""
    made = {name: np.zeros((rows, 24), np.bool_) for name in ("predicted", "whole", "occluder", "seen")}
    for name, (start, end) in {"predicted": predicted, "whole": whole, "occluder": occluder, "seen": seen}.items():
        made[name][:, start:end] = True
    visible = made["whole"] & ~made["occluder"]
    return masks.counted(made["predicted"], visible, made["occluder"], made["whole"], made["seen"])


def test_every_metric_counted_by_hand():
    """Predicted is 0 to 11: whole 10 of 12; inside the occluder 6 to 9 of 6 to 11; of 10 other occluder columns two are false."""
    tally = masks.stacked([_frame()])
    said = {name: float(masks.compute(name, tally)[0]) for name in masks.names()}
    assert said == pytest.approx({"iou_whole": 10 / 12, "iou_hidden": 4 / 6, "recall_seen": 1.0, "recall_never": 1.0, "false_extension": 2 / 10})
    assert tally.occlusion[0] == pytest.approx(0.4)


def test_a_miss_counts_zero_and_a_frame_that_hides_little_does_not_count():
    miss, sliver, apart = _frame(predicted=(0, 6)), _frame(whole=(0, 8), rows=6), _frame(predicted=(0, 8))
    tally = masks.stacked([miss, sliver, apart])
    assert tally.hidden.tolist() == [24, 12, 24]
    hidden = masks.compute("iou_hidden", tally)
    assert hidden[0] == 0
    assert np.isnan(hidden[1]), "12 hidden pixels are fewer than 16"
    assert masks.compute("recall_never", tally)[2] == 0
    assert masks.compute("recall_seen", tally)[2] == 1


def test_an_absent_object_and_an_unknown_truth_are_undefined():
    absent = _frame(whole=(0, 0), predicted=(8, 10), seen=(0, 0))
    unknown = masks.counted(*(np.ones((3, 3), np.bool_),) * 3, None)
    tally = masks.stacked([absent, unknown])
    assert np.isnan(masks.compute("iou_whole", tally)).all()
    assert np.isnan(tally.occlusion).all()
    assert masks.compute("false_extension", tally)[0] == pytest.approx(2 / 14)


def test_empty_and_full_masks():
    full, none = np.ones((8, 8), np.bool_), np.zeros((8, 8), np.bool_)
    tally = masks.stacked([masks.counted(full, none, full, full, none), masks.counted(none, none, full, full, none)])
    assert masks.compute("iou_hidden", tally).tolist() == [1, 0]
    assert tally.occlusion.tolist() == [1, 1]
    assert masks.bands(tally)["wholly hidden"].all()


def test_mean_and_micro_are_two_things():
    """Frames of 24 and 36 hidden pixels with IoU 1 and 0: the mean is 0.5, the micro one 24 / 60."""
    tally = masks.stacked([_frame(predicted=(0, 10)), _frame(predicted=(0, 6), whole=(0, 12), seen=(0, 0))])
    mean, micro = (masks.measure("iou_hidden", tally, ["a", "b"], way) for way in masks.WAYS)
    assert (mean.value, micro.value, mean.n) == (pytest.approx(0.5), pytest.approx(24 / 60), 2)


def test_the_interval_is_over_clips_not_frames():
    """Two clips, one all right and one all wrong: however many frames, resampled clips give 0, a half, or 1."""
    right, wrong = _frame(predicted=(0, 10)), _frame(predicted=(0, 6))
    found = masks.measure("iou_hidden", masks.stacked([right] * 50 + [wrong] * 50), ["a"] * 50 + ["b"] * 50)
    assert (found.low, found.value, found.high, found.n) == (0, 0.5, 1, 100)
    one = masks.measure("iou_hidden", masks.stacked([right] * 5), ["a"] * 5)
    assert (one.value, one.low, one.high) == (1, None, None)


def test_bands_part_the_frames_and_the_published_band_is_open_at_both_ends():
    shares = [0, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0]
    rows = [(100 * (1 - s), 100, *[0] * 11) for s in shares]
    found = masks.bands(masks.stacked(rows))
    assert np.sum([found[name] for name, *_ in masks.BANDS], axis=0).tolist() == [1] * 8
    assert np.flatnonzero(found[masks.PUBLISHED]).tolist() == [3, 4]


def test_nothing_to_judge_has_a_reason_and_unknown_names_are_refused():
    found = masks.measure("iou_hidden", masks.stacked([]), [])
    assert found.value is None
    assert found.reason
    with pytest.raises(errors.UserError, match="iou_hidden"):
        masks.measure("iou_hiden", masks.stacked([]), [])
    with pytest.raises(errors.UserError, match="micro"):
        masks.measure("iou_hidden", masks.stacked([]), [], "micr")


@given(SQUARE, SQUARE, SQUARE)
@settings(max_examples=60, deadline=None)
def test_whole_iou_is_symmetric_and_one_on_itself_and_counts_part_the_occluder(predicted, whole, occluder):
    visible = whole & ~occluder
    there, back = (masks.stacked([masks.counted(a, a & ~occluder, occluder, b)]) for a, b in ((predicted, whole), (whole, predicted)))
    if predicted.any() and whole.any():
        assert masks.compute("iou_whole", there) == masks.compute("iou_whole", back)
    itself = masks.stacked([masks.counted(whole, visible, occluder, whole, whole)])
    assert np.isin(masks.compute("iou_whole", itself)[0], [1]) or not whole.any()
    assert itself.hidden[0] + itself.background[0] == occluder.sum()
    assert itself.elsewhere[0] + itself.never[0] == itself.hidden[0]
