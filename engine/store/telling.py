"""Frames and facts as text that keeps apart what is missing and what is undefined: null, and "NaN".

JSON has no NaN. A number that was not measured (NULL in the store) is null; one that was measured and is undefined (NaN: the ECE of no
example, say) is the text "NaN", and one without bounds is "Infinity" or "-Infinity". pandas calls both NaN, so what is known of a column is
read off its type (Arrow's, as `exact` and SQL give) or off the column `missing` beside it. Where nothing is known, as in tables that
join or work out, null says no more than that there is no number.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa


def exact(frame: pd.DataFrame) -> pd.DataFrame:
    """Return scores with `value` in a column that tells NULL from NaN, where the frame says which are `missing`; other frames as they are."""
    if not {"value", "missing"} <= set(frame.columns) or not isinstance(frame["value"].dtype, np.dtype):
        return frame
    return frame.assign(value=column(pa.array(frame["value"].to_numpy(float), mask=frame["missing"].to_numpy(bool))).set_axis(frame.index))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a frame in which columns of numbers with gaps tell NULL from NaN."""
    frame = table.to_pandas()
    for name in table.column_names:
        if pa.types.is_floating(table.schema.field(name).type) and frame[name].isna().any():
            frame[name] = column(table.column(name))
    return frame


def column(numbers: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Return numbers as a column that tells NULL from NaN."""
    return pd.Series(pd.arrays.ArrowExtensionArray(numbers))


def json_records(frame: pd.DataFrame) -> str:
    """Return a frame as a JSON list of objects; NULL is null, NaN "NaN", times are in ISO 8601."""
    told = exact(frame).copy(deep=False)
    for name in told.columns:
        kind = told[name].dtype
        if isinstance(kind, pd.ArrowDtype) and pa.types.is_floating(kind.pyarrow_dtype):
            numbers = [_told(number) for number in pa.chunked_array(pa.array(told[name].array)).to_pylist()]
        elif isinstance(kind, np.dtype) and kind.kind == "f" and np.isinf(told[name]).any():
            numbers = [None if number != number else _told(number) for number in told[name].tolist()]
        else:
            continue
        told[name] = pd.Series(numbers, index=told.index, dtype=object)
    return told.to_json(orient="records", date_format="iso", force_ascii=False, default_handler=str)


def json_facts(facts: Mapping[str, Any]) -> str:
    """Return names and values as a JSON object; None is null, NaN "NaN"."""
    return json.dumps(_told(dict(facts)), ensure_ascii=False, default=str, allow_nan=False)


def _told(value: Any) -> Any:
    """Return a value with numbers that JSON does not have as their names."""
    match value:
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case np.floating():
            return _told(float(value))
        case Mapping():
            return {name: _told(item) for name, item in value.items()}
        case list() | tuple():
            return [_told(item) for item in value]
        case _:
            return value
