"""In what is told and exported, a number that was not measured and one that is undefined stay apart."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import store
from engine.store import telling

SCORES = pd.DataFrame({"network": ["a", "b", "c"], "value": [0.5, np.nan, np.nan], "missing": [False, True, False], "low": [0.4, np.nan, np.nan]})


def test_of_scores_null_is_missing_and_nan_is_undefined():
    told = json.loads(store.json_records(SCORES))
    assert [row["value"] for row in told] == [0.5, None, "NaN"]
    assert [row["low"] for row in told] == [0.4, None, None]


def test_an_answer_of_sql_tells_null_from_nan():
    table = pa.table({"x": pa.array([1.0, None, float("nan"), float("inf")]), "whole": [1.0, 2.0, 3.0, 4.0], "word": ["a", None, "c", "d"]})
    told = json.loads(store.json_records(telling.frame_of(table)))
    assert [row["x"] for row in told] == [1.0, None, "NaN", "Infinity"]
    assert [row["whole"] for row in told] == [1.0, 2.0, 3.0, 4.0]
    assert [row["word"] for row in told] == ["a", None, "c", "d"]


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(width=32)))
def test_every_number_is_told_as_what_it_is(numbers):
    text = store.json_records(telling.frame_of(pa.table({"x": pa.array(numbers, pa.float64())})))
    told = [row["x"] for row in json.loads(text, parse_constant=lambda word: 1 / 0)]
    read = [None if one is None else float(one) for one in told]
    assert all((a is None) == (b is None) for a, b in zip(numbers, read, strict=True))
    known = [(a, b) for a, b in zip(numbers, read, strict=True) if a is not None and b is not None]
    assert all(np.isnan(a) == np.isnan(b) and np.isinf(a) == np.isinf(b) for a, b in known)


def test_facts_are_valid_json_with_the_same_words():
    told = json.loads(store.json_facts({"r2": float("nan"), "range": (np.float64(0.5), float("-inf")), "n": None, "deep": {"x": [float("nan")]}}))
    assert told == {"r2": "NaN", "range": [0.5, "-Infinity"], "n": None, "deep": {"x": ["NaN"]}}


def test_the_files_keep_them_apart_too():
    read = pq.read_table(io.BytesIO(store.parquet_bytes(SCORES))).column("value")
    assert read.is_null().to_pylist() == [False, True, False]
    assert store.csv_bytes(SCORES).decode().splitlines() == ["network,value,missing,low", "a,0.5,False,0.4", "b,,True,", "c,NaN,False,"]


def test_frames_that_do_not_say_what_is_missing_tell_null():
    assert json.loads(store.json_records(pd.DataFrame({"value": [np.nan, 1.0]}))) == [{"value": None}, {"value": 1.0}]
