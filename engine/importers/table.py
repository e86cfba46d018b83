"""Any result table: a column a set, or a row a number.

CSV (commas, semicolons, tabs; one or two heading lines; any usual encoding), TSV, JSON, JSON lines or Parquet. Columns of
text, and columns whose names or ranges are not those of scores, become attributes of the networks.
"""

from pathlib import Path

from engine import errors, safety
from engine.importers import _mapping, _numbers, _sources, _tables
from engine.importers._collected import Draft
from engine.importers._mapping import NOTHING_ASKED, Asked

VERSION = 1
SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")
NEEDS = "any table with a row a network and a column a set, or a row a number"


def read(path: Path, asked: Asked = NOTHING_ASKED) -> Draft:
    """Return a table and which of its columns mean what; nothing is stored.

    Args:
        path: the file, or a folder or .zip that holds a single one.
        asked: what the person said about it.

    Raises:
        UserError: for a file that is empty, refused or no table; for a column that is not there, or where none holds scores.
    """
    found = _sources.files(path)
    if len(found) != 1:
        problem = f"{safety.shown(path.name)} holds {len(found)} tables." if found else f"{safety.shown(path.name)} holds no table."
        raise errors.UserError(problem, "Bring one file at a time, or name the kind of results that the folder holds.")
    table = _tables.read(found[0])
    frame = table.frame
    empty = Draft(
        "table", _sources.named(found, _sources.folder(path)), _sources.digest(found), frame, _mapping.Layout((), {}), table.notes, table.broken,
        _numbers.with_decimal_comma(frame, table.separator), headers=table.headers,
    )  # fmt: skip
    return again(empty, asked)


def again(draft: Draft, asked: Asked) -> Draft:
    """Return a draft with its columns understood anew, without reading the file again."""
    from engine.importers._collected import relayout

    return relayout(draft, _mapping.guess(draft.frame, draft.numbers, asked, draft.headers))


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether this may be such a table: a single file of a known suffix."""
    return len(files) == 1 and files[0].suffix.lower() in SUFFIXES
