"""SQL from people: one SELECT, over the store's tables only, with a row cap and a time limit, in a locked connection."""

import threading
from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa

from engine import errors
from engine.store import reading, telling

ROWS = 10_000
SECONDS = 10.0
_locked: dict[bool, tuple[str, duckdb.DuckDBPyConnection]] = {}
_locking = threading.Lock()


@dataclass(frozen=True)
class Answer:
    """What a person's SELECT gave, and whether rows were cut off; in columns of numbers, NULL and NaN are told apart."""

    frame: pd.DataFrame
    cut: bool


def select(sql: str, *, most: int = ROWS, seconds: float = SECONDS, sample: bool = True) -> Answer:
    """Return the answer of one SELECT that a person wrote.

    Raises:
        UserError: for anything but one SELECT, for what is outside the store, for a mistake in the SQL, or when time runs out.
    """
    table, cut = arrow(sql, most=most, seconds=seconds, sample=sample)
    return Answer(telling.frame_of(table), cut)


def arrow(sql: str, *, most: int = ROWS, seconds: float = SECONDS, sample: bool = True) -> tuple[pa.Table, bool]:
    """Return what `select` does as an Arrow table, and whether rows were cut off."""
    cursor = _connection(sample).cursor()
    try:
        statements = cursor.extract_statements(sql)
    except duckdb.Error as problem:
        raise errors.UserError(f"This SQL cannot be read: {_first(problem)}", "Write one SELECT.") from problem
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise errors.UserError("Only one SELECT can be asked at a time.", "Nothing in the store can be changed by SQL.")
    stop = threading.Timer(seconds, cursor.interrupt)
    stop.start()
    try:
        found = cursor.sql(f"SELECT * FROM ({sql.strip().rstrip(';')}\n) LIMIT {most + 1}").to_arrow_table()
    except duckdb.InterruptException as problem:
        raise errors.UserError(f"The query took longer than {seconds:g} s and was stopped.", "Ask for less, or filter first.") from problem
    except duckdb.Error as problem:
        raise errors.UserError(f"The query did not work: {_first(problem)}", f"Tables: {', '.join(tables())}.") from problem
    finally:
        stop.cancel()
    return found.slice(0, most), len(found) > most


def tables() -> tuple[str, ...]:
    """Return the names that can be selected from."""
    return (
        "runs", "networks", "examples", "scores", "predictions", "scores_all", "features", "responses", "outcomes", "treatments", "completions",
        "mask_frames", "stitch_costs", "circuit_training",
    )  # fmt: skip


def _connection(sample: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection of the current version that reads the store's parts and nothing else."""
    now = reading.version()
    with _locking:
        kept = _locked.get(sample)
        if kept is None or kept[0] != now:
            fresh = reading.build(now, sample)
            connection = fresh.connection
            connection.execute("SET memory_limit = '1GB'")
            connection.execute(f"SET allowed_paths = {[str(path) for path in fresh.parts]!r}")
            connection.execute("SET enable_external_access = false")  # only after the paths are named
            connection.execute("SET lock_configuration = true")
            kept = _locked[sample] = (now, connection)
        return kept[1]


def _first(problem: Exception) -> str:
    return str(problem).split("\n")[0][:300]
