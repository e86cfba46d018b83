"""Storing a result table: one import is one run; the same name again is a new run, and the one before is archived."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd
import pydantic

from engine import control, errors, people, provenance, rows, store
from engine.importers._collected import Collected, name_of, ranges
from engine.plots import formats
from engine.spec import Spec

ROWS_AT_ONCE = 500_000
WORKER = "import"


class TableSpec(Spec):
    """Which table was imported, how its columns were understood, and what was done about what the audit found."""

    study: Literal["import"] = "import"
    """Which study answers the question."""
    kind: str
    """The kind of table."""
    name: str
    """The collection that its networks and scores belong to."""
    files: tuple[str, ...] = ()
    """The files that were read."""
    digest: str
    """Hash of the files."""
    mapping: dict[str, Any] = pydantic.Field(default_factory=dict)
    """Which column means what."""
    choices: dict[str, str] = pydantic.Field(default_factory=dict)
    """What was done about each finding of the audit."""
    rows_left_out: int = 0
    """How many rows (or cells of rows) were left out; the run's log lists them."""
    licence: str = ""
    """Terms of the table."""
    citation: str = ""
    """Whom to cite."""


@dataclass(frozen=True)
class Stored:
    """What came of an import."""

    run: str
    collection: str
    networks: int
    sets: int
    scores: int
    left_out: int
    superseded: tuple[str, ...] = ()  # runs that brought the same name before and are archived now
    same_as_before: bool = False  # whether one of these had read the same files in the same way

    def sentence(self) -> str:
        """Return what came of it in words."""
        left = f"; {formats.count(self.left_out)} rows or cells were left out, listed in the run's log" if self.left_out else ""
        again = " It takes the place of the table of this name." if self.superseded else ""
        counted = f"{formats.count(self.networks)} networks on {formats.count(self.sets)} sets, {formats.count(self.scores)} scores"
        return f"{counted}{left}.{again}"


@people.needs("bring")
def keep(collected: Collected, name: str, *, licence: str = "", citation: str = "", user: str | None = None, run: str | None = None) -> Stored:
    """Store a table's networks and scores as one run.

    Args:
        collected: the table after the audit.
        name: of the collection.
        licence: terms of the table.
        citation: whom to cite.
        user: who brings it.
        run: the job that does this already, and ends it; None = a job of its own.

    Raises:
        UserError: where nothing is left to store, or the disk is full.
    """
    collection = name_of(name)
    collected.refuse_empty()
    before = [one for one in brought() if one.name == collection]
    spec = _spec(collected, collection, licence or collected.draft.licence, citation or collected.draft.citation)
    if run is not None:
        written = _write(collected, collection, run, control.job(run), spec)
    else:
        run, written = _job(collected, collection, spec, user)
    for one in before:
        store.archive(one.run)
    control.audit("import table", f"{collection} ({run})", user)
    same = any(one.digest == spec.digest and one.mapping == spec.mapping and one.choices == spec.choices for one in before)
    return Stored(
        run, collection, len(collected.networks), len(collected.sets), written, len(collected.left_out), tuple(one.run for one in before), same
    )  # fmt: skip


def _job(collected: Collected, collection: str, spec: TableSpec, user: str | None) -> tuple[str, int]:
    """Write a table as a job of its own; returns the run and the number of scores."""
    run = control.submit(spec, spec.title, total=1, user=user)
    job = control.claim(WORKER, only=run)
    assert job is not None, run
    try:
        written = _write(collected, collection, run, job, spec)
    except BaseException as problem:
        control.close(run, attempt=job.attempt, state="failed", error=str(problem) or type(problem).__name__)
        raise
    control.beat(run, attempt=job.attempt, done=1, total=1, message="imported")
    control.close(run, attempt=job.attempt, state="done")
    return run, written


def _spec(collected: Collected, collection: str, licence: str, citation: str) -> TableSpec:
    draft = collected.draft
    mapping = {**draft.layout.said(), "units": dict(zip(collected.parsed.columns, (t.unit for t in collected.parsed.targets), strict=True))}
    mapping = json.loads(json.dumps(mapping))  # as it will be read again: lists, no tuples
    choices = {issue.code: issue.action for issue in collected.issues if issue.actions}
    return TableSpec(
        title=f"Imported: {collection}"[:200], kind=draft.kind, name=collection, files=draft.files, digest=draft.digest, mapping=mapping,
        choices=choices, rows_left_out=len(collected.left_out), licence=licence, citation=citation,
    )  # fmt: skip


def _write(collected: Collected, collection: str, run: str, job: control.Job, spec: TableSpec) -> int:
    """Write networks and scores in parts of some size; returns the number of scores."""
    writer = store.Writer(run)
    pending: list[rows.Block] = []
    written = 0
    for block in collected.blocks(collection):
        pending.append(block)
        written += block.length if block.table is rows.Score else 0
        if sum(b.length for b in pending) >= ROWS_AT_ONCE:
            writer.append(pending)
            pending = []
            control.beat(run, attempt=job.attempt, message=f"{written:,} scores stored")
    writer.append(pending)
    for line in log(collected):
        control.say(run, line)
    writer.finish(_row(job, spec))
    return written


def log(collected: Collected) -> list[str]:
    """Return what an import's log says: notes, findings with what was done, and every row that was left out."""
    lines = [*collected.notes, *(f"{issue.code}: {issue.sentence} {issue.fix}".strip() for issue in collected.issues)]
    by_reason: dict[str, list[int]] = defaultdict(list)
    for row, why in collected.left_out:
        by_reason[why].append(row)
    return [*lines, *(f"left out, {why}: rows {ranges(found)}" for why, found in by_reason.items())]


def _row(job: control.Job, spec: TableSpec) -> rows.Run:
    now = datetime.now(UTC)
    revision, dirty = provenance.code()
    created = datetime.fromtimestamp(job.created, UTC)
    return rows.Run(
        run=job.id, study="import", title=job.title, spec=spec.text(), state="done", seed=0, created=created, started=created, finished=now,
        seconds=(now - created).total_seconds(), cells=1, images=0, device="none", code_revision=revision, code_dirty=dirty,
        packages=provenance.packages(), machine=provenance.machine(), error=None, user=job.user,
    )  # fmt: skip


@dataclass(frozen=True)
class Brought:
    """An imported table that is in the store."""

    run: str
    name: str
    kind: str
    files: tuple[str, ...]
    digest: str
    mapping: dict[str, Any]
    choices: dict[str, str]
    rows_left_out: int
    licence: str
    citation: str
    finished: pd.Timestamp
    root: str


def brought() -> list[Brought]:
    """Return the tables that were imported, the newest first; archived ones are not among them."""
    runs = store.query("SELECT run, spec, finished, root FROM runs WHERE study = 'import' ORDER BY finished DESC, run DESC")
    found = []
    for run, spec, finished, root in zip(*(runs[c] for c in ("run", "spec", "finished", "root")), strict=True):
        said = json.loads(str(spec))
        if said.get("study") == "import":
            fields = {name: said[name] for name in ("name", "kind", "digest", "mapping", "choices", "rows_left_out", "licence", "citation")}
            found.append(Brought(run=str(run), files=tuple(said["files"]), finished=finished, root=str(root), **fields))
    return found


@people.needs("delete")
def remove(name: str) -> None:
    """Take an imported table out of every answer: its runs are archived, their files stay.

    Raises:
        UserError: for an unknown name, or a table that ships with the program.
    """
    mine = [one for one in brought() if one.name == name]
    if not mine:
        raise errors.unknown("imported table", name, [one.name for one in brought()])
    for one in mine:
        store.archive(one.run)
