"""SQL in a process of its own: the same answer, the same sentences, and nothing outside the store."""

import numpy as np
import pandas as pd
import pytest

from engine import errors
from engine.store import apart, sql


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


def test_it_answers_as_the_process_itself_would():
    text = "SELECT dataset::VARCHAR AS dataset, count(*) AS n, avg(value) AS mean FROM scores WHERE metric = 'accuracy' GROUP BY 1 ORDER BY 1"
    pd.testing.assert_frame_equal(apart.select(text).frame, sql.select(text).frame)


def test_missing_and_undefined_stay_apart_and_rows_are_cut():
    found = apart.select("SELECT * FROM (VALUES (1.5::DOUBLE), (NULL), ('NaN'::DOUBLE)) AS t(value)", most=2)
    assert found.cut
    assert len(found.frame) == 2
    whole = apart.select("SELECT * FROM (VALUES (1.5::DOUBLE), (NULL), ('NaN'::DOUBLE)) AS t(value)").frame["value"]
    assert [value is pd.NA for value in whole] == [False, True, False]
    assert np.isnan(whole[2])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("COPY (SELECT 1) TO '/tmp/taken'", "Only one SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "Permission Error"),
        ("SELECT count(*) FROM range(100000000000) a, range(100000) b", "longer than 1 s"),
        ("SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)", "Memory|more than it may"),
    ],
)
def test_what_it_may_not_do_is_said_in_a_sentence(text, said):
    with pytest.raises(errors.UserError, match=said):
        apart.select(text, seconds=1 if "1 s" in said else sql.SECONDS)
