"""Arrow schemas from the row dataclasses: the annotation is the column type."""

import functools
import types
import typing
from dataclasses import MISSING, fields
from datetime import datetime

import numpy as np
import pyarrow as pa

from engine import rows

_ARROW = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
    list[float]: pa.list_(pa.float32()),
    list[int]: pa.list_(pa.int16()),
}


@functools.cache
def schema(table: type) -> pa.Schema:
    """Return a table's Arrow schema; every table but `Run` also has the column `run`."""
    hints = typing.get_type_hints(table)
    columns = [_field(f.name, hints[f.name]) for f in fields(table)]
    if table is not rows.Run:
        columns.insert(0, pa.field("run", pa.string(), nullable=False))
    return pa.schema(columns)


def _field(name: str, hint: object) -> pa.Field:
    optional = isinstance(hint, types.UnionType) and type(None) in hint.__args__
    if optional:
        (hint,) = (a for a in typing.cast(types.UnionType, hint).__args__ if a is not type(None))
    return pa.field(name, _ARROW[typing.cast(type, hint)], nullable=optional)


def to_arrow(run: str, block: rows.Block) -> pa.Table:
    """Return a block as an Arrow table with its run; a scalar column is repeated, a left-out one takes its default."""
    defaults = {f.name: f.default for f in fields(block.table) if f.default is not MISSING}
    columns = {**defaults, **block.columns}
    if block.table is not rows.Run:
        columns["run"] = run
    shape = schema(block.table)
    if absent := [name for name in shape.names if name not in columns]:
        raise ValueError(f"{block.table.__name__} rows need the columns {absent}")
    return pa.table([_column(columns[f.name], f.type, block.length) for f in shape], schema=shape)


def _column(values: object, kind: pa.DataType, length: int) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 2:  # logits: one flat buffer instead of a list a row
        flat = pa.array(np.ascontiguousarray(values, np.float32).reshape(-1))
        return pa.ListArray.from_arrays(pa.array(np.arange(length + 1, dtype=np.int32) * values.shape[1]), flat)
    if values is None or isinstance(values, (str, int, float, bool, datetime, np.generic)):
        return pa.repeat(pa.scalar(values, kind), length)
    if isinstance(values, np.ndarray):
        return pa.array(values, kind)
    return pa.array(typing.cast(list, values), kind)


def block(table: type, instances: typing.Sequence[object]) -> rows.Block:
    """Return row instances as a block."""
    names = [f.name for f in fields(table)]  # type: ignore[arg-type]
    return rows.Block(table, {name: [getattr(row, name) for row in instances] for name in names}, len(instances))
