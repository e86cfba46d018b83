"""SQL from people in a process of its own: what it takes and what it breaks is its own, and it ends when its time is over.

The process gets the SQL on its standard input and answers in a file, with an Arrow stream, or with a sentence and exit status 3: on its
standard output DuckDB may draw how far it has come.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa

from engine import errors, places
from engine.store import sql, telling
from engine.store.sql import ROWS, SECONDS, Answer

MOST_MEMORY = 4_000_000_000  # bytes of addresses
STARTING = 20.0  # seconds that a busy machine may take to start it
REFUSED = 3


def select(text: str, *, most: int = ROWS, seconds: float = SECONDS, sample: bool = True) -> Answer:
    """Return the answer of one SELECT that a person wrote, as `sql.select` does.

    Args:
        text: the SELECT.
        most: rows.
        seconds: that the query may take.
        sample: whether the results that ship count as well.

    Raises:
        UserError: for anything but one SELECT, for what is outside the store, for a mistake in the SQL, when time or memory runs out.
    """
    with tempfile.TemporaryDirectory(prefix="touchstone-sql-") as folder:
        into = Path(folder) / "answer"
        asked = {"text": text, "most": most, "seconds": seconds, "sample": sample, "into": str(into)}
        status = _run(json.dumps(asked).encode(), seconds)
        if status == REFUSED:
            raise errors.UserError(**json.loads(into.read_text()))
        if status:
            raise errors.UserError("The query needed more than it may have, and was stopped.", "Ask for less, or filter first.")
        with pa.ipc.open_stream(into.read_bytes()) as stream:
            table = stream.read_all()
    return Answer(telling.frame_of(table), (table.schema.metadata or {}).get(b"cut") == b"1")


def _run(asked: bytes, seconds: float) -> int:
    """Return the exit status of the process that answers."""
    words, named = [sys.executable, "-m", "engine.store.apart"], {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        return subprocess.run(words, input=asked, capture_output=True, cwd=places.ROOT, timeout=seconds + STARTING, env=named).returncode  # noqa: S603
    except subprocess.TimeoutExpired as problem:
        raise errors.UserError(f"The query took longer than {seconds:g} s and was stopped.", "Ask for less, or filter first.") from problem


def main() -> int:
    """Answer the question on standard input; returns the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    asked = json.loads(sys.stdin.buffer.read())
    into = Path(asked.pop("into"))
    try:
        table, cut = sql.arrow(asked.pop("text"), **asked)
    except errors.UserError as error:
        into.write_text(json.dumps({"message": error.message, "hint": error.hint}))
        return REFUSED
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"cut": b"1" if cut else b"0"})
    with pa.OSFile(str(into), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
