"""Run-length codes are COCO's, byte by byte, and refuse what fills no picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco

from engine import errors, rle

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools with this NumPy
@given(MASKS)
@settings(max_examples=150, deadline=None)
def test_a_mask_survives_the_round_trip_and_the_code_is_that_of_pycocotools(mask):
    code = rle.encode(mask)
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert code.counts == theirs["counts"]
    assert np.array_equal(rle.decode(code), mask)
    assert np.array_equal(coco.decode(theirs).astype(np.bool_), rle.decode(rle.from_json(code.json())))
    assert code.area == mask.sum() == coco.area(theirs)


@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (64, 64), (720, 1280)])
def test_empty_and_full_masks_have_codes(value, shape):
    mask = np.full(shape, value)
    code = rle.encode(mask)
    assert code.counts == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
    assert np.array_equal(rle.decode(code), mask)
    assert rle.empty(*shape).counts == rle.encode(np.zeros(shape, np.bool_)).counts


def test_a_list_of_counts_is_read_column_by_column_from_the_zeros():
    """2 x 3: two zeros are the first column, three ones go on through the second to the third."""
    code = rle.from_json({"size": [2, 3], "counts": [2, 3, 1]})
    assert rle.decode(code).tolist() == [[False, True, True], [False, True, False]]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"size": [2, 3], "counts": [2, 3, 2]}, "fills 7 pixels, but its picture of 3 x 2 has 6"),
        ({"size": [2, 3], "counts": [2]}, "fills 2 pixels"),
        ({"size": [2, 3], "counts": [8, -2]}, "negative"),
        ({"size": [2, 3], "counts": [2, 10**9, 3]}, "longer than its picture"),
        ({"size": [2, 3], "counts": "  "}, "characters"),
        ({"size": [2, 3], "counts": "o"}, "breaks off"),
        ({"size": [2, 3], "counts": "o" * 9 + "0"}, "larger than any picture"),
        ({"size": [2], "counts": "0"}, "size"),
        ({"size": [2, 3]}, "counts"),
        ({"size": [2, 3], "counts": ["a"]}, "whole numbers"),
        ({"size": [-2, 3], "counts": [0]}, "claims"),
        ({"size": [2, 3], "counts": [10**30]}, "whole numbers"),
    ],
)
def test_a_code_that_fills_no_picture_is_refused_with_a_sentence(said, words):
    with pytest.raises(errors.UserError, match=words) as problem:
        rle.from_json(said)
    assert problem.value.hint


@given(mask=arrays.arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 7))), left=st.integers(0, 3), right=st.integers(0, 3))
def test_a_part_is_coded_cut_out_and_boxed_as_the_whole_is(mask, left, right):
    whole = np.pad(mask, ((0, 0), (left, right)))
    code = rle.encode(mask, left, whole.shape[1])
    assert code == rle.encode(whole)
    np.testing.assert_array_equal(rle.columns(code, left, left + mask.shape[1]), mask)
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    assert rle.box(code) == ((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(rows) else None)
