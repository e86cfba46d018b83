"""The lens: an in-memory DuckDB over the parts that manifests name. It holds nothing that is not on disk.

Tables: `runs`, `networks`, `examples`, `scores` (the newest finished row per key), `scores_all`, `sets` (what is measured where,
a row a collection, metric and set), `predictions` (one row an example and cell, from the newest finished run that has the cell),
`responses` (the newest finished row per key) and `outcomes` (the answers behind them, one row a cell), `features` (where they were kept),
`treatments` (numbers of the heads), `completions` and `mask_frames` (masks of hidden parts, and what is right in them), `stitch_costs`,
`circuit_training` (each the newest finished row per key). Every row knows its `root`.
"""

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from engine import hashing, rows, shelf
from engine.store import manifests, roots, schema
from engine.store.objects import Bucket
from engine.store.roots import Root

SCORE_KEY = ("network", "dataset", "split", "shift", "strength", "metric", "slice", "reference", "norm", "steps", "collection")
RESPONSE_KEY = ("cell", "base", "factor", "level", "factor_2", "level_2", "metric")
TREATMENT_KEY = ("dataset", "attribute", '"constraint"', "network", "method", "split", "metric", "part")
FRAME_KEY = ("clip", "track", "answer", "flow", "frame")
KEYS = {
    "responses": RESPONSE_KEY, "outcomes": ("cell",), "features": ("cell", "example_id"), "treatments": TREATMENT_KEY,
    "completions": FRAME_KEY, "mask_frames": FRAME_KEY, "stitch_costs": ("cell",), "circuit_training": ("circuit", "step"),
}  # fmt: skip
_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
          "list<item: int16>": "SMALLINT[]"}  # fmt: skip
# of scores: words of which there are few different ones, and what numbers take
_WORDS = (
    "network", "dataset", "split", "shift", "metric", "slice", "reference", "unit", "reason", "norm", "collection", "task", "run", "root",
)  # fmt: skip
_NUMBERS = {
    "strength": "DOUBLE", "value": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE", "n": "BIGINT", "metric_version": "SMALLINT",
    "classes": "INTEGER", "eps": "DOUBLE", "steps": "INTEGER",
}  # fmt: skip
_KEPT_BYTES = 256_000_000
_SORTED_AT_ONCE = 1_000_000  # scores; more are sorted and packed in parts
TOO_LARGE = "there is no room to keep it as a file here, so its predictions are not read; TOUCHSTONE_CACHE_BYTES gives more"


@dataclass
class Lens:
    """One version of the store, ready to be asked."""

    version: str
    connection: duckdb.DuckDBPyConnection
    problems: tuple[manifests.Problem, ...]
    parts: tuple[Path, ...]
    kept: shelf.Shelf = field(default_factory=lambda: shelf.Shelf(_KEPT_BYTES))

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> pd.DataFrame:
        """Return the answer to our own SQL; answers are kept up to a byte limit for as long as the version lives."""
        key = (sql, hashing.of_parts(parameters if isinstance(parameters, Mapping) else list(parameters)))
        ask = functools.partial(frame_of, self.connection, sql, parameters)
        return self.kept.get(key, ask).copy(deep=False)


def frame_of(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> pd.DataFrame:
    """Return a SELECT's answer as a frame (by way of Arrow: DuckDB's own conversion uses what pandas 3 deprecates)."""
    relation = connection.cursor().sql(sql, params=parameters or None)  # a cursor of its own per thread
    return relation.to_arrow_table().to_pandas()


_open: dict[bool, Lens] = {}
_opening = threading.Lock()


def version() -> str:
    """Return the store's version: it changes when the manifest of a finished run appears, changes or goes."""
    seen = []
    for name, root in manifests.roots().items():
        seen += [(name, *one) for one in manifests.version(root, name)]
    return hashing.of_parts(seen)


def lens(sample: bool = True) -> Lens:
    """Return the lens over the store as it is now, with or without the shipped sample."""
    now = version()
    found = _open.get(sample)
    if found and found.version == now:
        return found
    with _opening:
        found = _open.get(sample)
        if not found or found.version != now:
            found = _open[sample] = build(now, sample)
    return found


def build(now: str, sample: bool) -> Lens:
    """Return a new lens over the parts that all manifests name now."""
    connection = duckdb.connect(":memory:", config={"threads": 2, "python_enable_replacements": False})
    connection.execute("SET TimeZone = 'UTC'")
    good: dict[str, list[tuple[str, Path]]] = {table.table: [] for table in rows.TABLES}
    problems: list[manifests.Problem] = []
    cells: list[tuple[str, str, str]] = []
    for name, root in manifests.roots().items():
        if name == "sample" and not sample:
            continue
        found, broken = manifests.every(root, name)
        problems += broken
        held = _held(root, found)
        known: set[str] = set()
        for manifest in found:
            known |= {part.file for part in manifest.parts}
            if manifest.finished and not manifest.archived:
                problems += _take(root, name, manifest, held, good, cells)
        problems += manifests.strangers(root, name, known)
    for table in rows.TABLES:
        _create(connection, table, good[table.table])
    _current(connection, cells)
    paths = tuple(path for parts in good.values() for _, path in parts)
    return Lens(now, connection, tuple(problems), paths)


def _held(root: Root, found: Sequence[manifests.Manifest]) -> frozenset[str] | None:
    """Return the parts that can be kept as files on this machine; None = all, for they are files here."""
    if not isinstance(root, Bucket):
        return None
    parts = [part for manifest in reversed(found) if manifest.finished and not manifest.archived for part in manifest.parts]
    return root.held({part.file: part.bytes for part in parts}, frozenset(part.file for part in parts if part.table != "predictions"))


def _take(root: Root, name: str, manifest: manifests.Manifest, held: frozenset[str] | None, good: dict, cells: list) -> list[manifests.Problem]:
    """Add a finished run's sound parts to what is read; return what is wrong with the others."""
    problems = []
    for part in manifest.parts:
        is_held = held is None or part.file in held
        if problem := manifests.check(root, name, part) if is_held else manifests.Problem(name, part.file, TOO_LARGE):
            problems.append(problem)
        elif part.table in good:
            good[part.table].append((name, roots.local(root, part.file)))
        if part.table == "predictions" and not (is_held and problem):
            cells += [(cell, manifest.run, name) for cell in part.keys]
    return problems


def _create(connection: duckdb.DuckDBPyConnection, table: type, parts: list[tuple[str, Path]]) -> None:
    """Make `<table>_all`: a view over its parts, by column name; a column that old parts lack is NULL."""
    columns = ", ".join(f'NULL::{_sql_type(f.type)} AS "{f.name}"' for f in schema.schema(table))
    views = [f"SELECT {columns}, NULL::VARCHAR AS root WHERE false"]
    for root in sorted({name for name, _ in parts}):
        files = [str(path) for name, path in parts if name == root]
        quoted = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        views.append(f"SELECT *, '{root}' AS root FROM read_parquet([{quoted}], union_by_name = true)")
    connection.execute(f"CREATE VIEW {table.table}_all AS {' UNION ALL BY NAME '.join(views)}")


def _sql_type(kind: object) -> str:
    return _TYPES.get(str(kind), "FLOAT[]")


def _current(connection: duckdb.DuckDBPyConnection, cells: list[tuple[str, str, str]]) -> None:
    """Materialise what every view reads: runs, and the newest finished row per key."""
    connection.execute("CREATE TABLE runs AS SELECT * FROM runs_all")
    connection.execute(
        """CREATE TABLE networks AS SELECT n.* REPLACE (coalesce(n.collection, '') AS collection) FROM networks_all n JOIN runs r USING (run)
           QUALIFY row_number() OVER (PARTITION BY n.collection, network ORDER BY r.finished DESC, n.run DESC) = 1"""
    )
    connection.execute(
        """CREATE TABLE examples AS SELECT e.* FROM examples_all e JOIN runs r USING (run)
           QUALIFY row_number() OVER (PARTITION BY dataset, split, example_id, position ORDER BY r.finished DESC, e.run DESC) = 1"""
    )
    _current_scores(connection)
    connection.execute("CREATE TABLE cells_all (cell VARCHAR, run VARCHAR, root VARCHAR)")
    if cells:
        names = ("cell", "run", "root")
        connection.register("cells_told", pa.table(dict(zip(names, map(list, zip(*cells, strict=True)), strict=True))))
        connection.execute("INSERT INTO cells_all SELECT * FROM cells_told")
        connection.unregister("cells_told")
    connection.execute(
        """CREATE TABLE cells AS SELECT c.* FROM cells_all c JOIN runs r USING (run)
           QUALIFY row_number() OVER (PARTITION BY cell ORDER BY r.finished DESC, c.run DESC) = 1"""
    )
    connection.execute("CREATE VIEW predictions AS SELECT p.* FROM predictions_all p SEMI JOIN cells c ON p.cell = c.cell AND p.run = c.run")
    for table, key in KEYS.items():
        connection.execute(
            f"""CREATE VIEW {table} AS SELECT t.* FROM {table}_all t JOIN (SELECT run, finished FROM runs WHERE state = 'done') r USING (run)
                QUALIFY row_number() OVER (PARTITION BY {", ".join(key)} ORDER BY r.finished DESC, t.run DESC) = 1"""
        )


def _current_scores(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `scores`: the newest finished row per key, its words as ENUM, in the order in which pages ask; and `sets`, their summary.

    In this order a question about one metric and set reads a few blocks of the table instead of all of it. Rows are kept narrow:
    what only an audit asks for (`cell`, `seconds`) is in `scores_all`.
    """
    for name in _WORDS:
        word = _word(name)
        connection.execute(f"CREATE TYPE scores_{name} AS ENUM (SELECT DISTINCT {word} FROM scores_all s WHERE {word} IS NOT NULL ORDER BY 1)")
    table = _sorted_scores(connection)
    _drop_superseded(connection, table)
    connection.execute(f"ALTER TABLE {table} DROP rank")
    if table != "scores":
        connection.execute(f"CREATE VIEW scores AS SELECT * FROM {table}")
    networks = len(connection.execute("SELECT unnest(enum_range(NULL::scores_network))").fetchall())
    seen = f"bitstring_agg(enum_code(network)::INTEGER, 0, {max(networks - 1, 0)})"  # exact, at a tenth of count(DISTINCT)'s price
    connection.execute(
        f"""CREATE TABLE sets AS SELECT collection, metric, dataset, split, shift, strength, bit_count({seen}) AS networks, count(*) AS scores,
                   bit_count({seen} FILTER (value IS NOT NULL AND slice IS NULL)) AS measured, any_value(unit) AS unit, any_value(task) AS task
            FROM scores GROUP BY collection, metric, dataset, split, shift, strength"""
    )


def _sorted_scores(connection: duckdb.DuckDBPyConnection) -> str:
    """Make the table of all finished runs' scores in the order of `_current_scores` and return its name.

    Many rows are sorted and packed some metrics at a time: of 6.5 million rows the table then holds 82 MB, not 604, and making it takes
    0.75 GB at most, not 1.36.
    """
    words = ", ".join(f'{_word(name)}::scores_{name} AS "{name}"' for name in _WORDS)
    numbers = ", ".join(f's."{name}"::{kind} AS "{name}"' for name, kind in _NUMBERS.items())
    chosen = f"""SELECT {words}, {numbers}, r.rank FROM scores_all s
                 JOIN (SELECT run, row_number() OVER (ORDER BY finished, run)::INTEGER AS rank FROM runs WHERE state = 'done') r USING (run)"""
    order = "ORDER BY metric, collection, dataset, split, shift, strength, network"
    counts = connection.execute("SELECT metric, count(*) FROM scores_all GROUP BY 1 ORDER BY 1").fetchall()
    if sum(many for _, many in counts) <= _SORTED_AT_ONCE:
        connection.execute(f"CREATE TABLE scores AS {chosen} {order}")
        return "scores"
    connection.execute("ATTACH ':memory:' AS packed (COMPRESS)")
    connection.execute(f"CREATE TABLE packed.scores AS {chosen} LIMIT 0")
    for together in _in_batches(counts):
        connection.execute(f"INSERT INTO packed.scores {chosen} WHERE list_contains($metrics, s.metric) {order}", {"metrics": together})
        connection.execute("FORCE CHECKPOINT packed")
    return "packed.scores"


def _in_batches(counts: Sequence[tuple[str, int]]) -> list[list[str]]:
    """Return metrics in their order, together as long as they have no more rows than are sorted at once."""
    batches: list[list[str]] = []
    size = _SORTED_AT_ONCE
    for metric, many in counts:
        if size + many > _SORTED_AT_ONCE:
            batches.append([])
            size = 0
        batches[-1].append(metric)
        size += many
    return batches


def _drop_superseded(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Keep the newest row of each key; only what several runs have measured can have more than one."""
    connection.execute(f"CREATE TEMP TABLE again AS SELECT collection, network FROM {table} GROUP BY ALL HAVING min(run) <> max(run)")
    key = ", ".join(f'"{name}"' for name in SCORE_KEY)
    connection.execute(
        f"""DELETE FROM {table} WHERE rowid IN (
              SELECT rowid FROM (SELECT rowid, row_number() OVER (PARTITION BY {key} ORDER BY rank DESC, rowid DESC) AS place
                                 FROM {table} SEMI JOIN again USING (collection, network)) WHERE place > 1)"""
    )
    connection.execute("DROP TABLE again")


def _word(name: str) -> str:
    """Return a column of scores as asked for: what no import brought has the collection '', so that it can be named like the others."""
    return "coalesce(s.collection, '')" if name == "collection" else f's."{name}"'
