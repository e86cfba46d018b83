"""The engine from Python: `run` answers a question here, `scores` and `scores_of` give numbers as a frame, `query` asks the store in SQL.

The same functions stand behind the pages and the command line, so the numbers are the same. What else there is, each study's `views` offer.
"""

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from engine import control, errors
from engine.assay import views
from engine.store import sql


def run(question: Mapping[str, Any] | str, watch: Callable[[Any], None] | None = None) -> str:
    """Answer a question in this process and return the name of its run; cells that are answered already are not computed again.

    Args:
        question: What `python -m engine run` reads, as a mapping or as JSON: `study` ("assay" unless given) and the fields of that study's question.
        watch: Called after every step with what is done so far (`done`, `images`, `message`).

    Raises:
        UserError: for a question that cannot be asked, and where its run failed or was stopped.
    """
    text = question if isinstance(question, str) else json.dumps(question)
    job = answered(submitted(text), watch)
    if job.state != "done":
        raise errors.UserError(f"The run {job.id} is {job.state}: {(job.error or 'it was stopped').strip().splitlines()[-1]}", "Put that right; "
                               f"python -m engine resume {job.id} goes on with what is left.")  # fmt: skip
    return job.id


def submitted(text: str, executor: str = "") -> str:
    """Put a question in JSON into the queue and return the name of its run; raises UserError for one that cannot be asked."""
    from engine import worker  # loads torch, which asking the store does without

    kind, _ = worker.study_of(study(text))
    asking, spec = importlib.import_module(kind.__module__), kind.read(text)
    planned = asking.plan(spec)
    return control.submit(spec, asking.title(spec), total=planned.cells, images_total=getattr(planned, "images", 0), executor=executor)


def study(text: str) -> str:
    """Return the study that a question in JSON names, "assay" where it names none; raises UserError for what is no question."""
    try:
        return str(json.loads(text).get("study", "assay"))
    except (json.JSONDecodeError, AttributeError) as problem:
        raise errors.UserError(f"This is no question in JSON: {problem}.", 'Begin with {"study": "assay", …}.') from problem


def answered(name: str, watch: Callable[[Any], None] | None = None) -> control.Job:
    """Answer a queued question in this process and return the job as it ended; an interrupted one is cancelled, what it stored is kept.

    Raises:
        UserError: where another worker has it.
    """
    from engine import worker

    job = control.claim("command line", only=name)
    if job is None:
        raise errors.UserError(f"Another worker has taken the run {name}.", f"Watch it with: python -m engine runs {name}")
    try:
        worker.answer(job, watch)
    except KeyboardInterrupt:
        control.close(job.id, attempt=job.attempt, state="cancelled")
        raise
    return control.job(job.id)


def scores(networks: Sequence[str] = (), sets: Sequence[str] = (), metrics: Sequence[str] = (), *, sample: bool = True) -> pd.DataFrame:
    """Return scores, one row a network, set and metric, with `value`, `low`, `high` (95 % interval) and `n`; empty choices mean all.

    A value that was not measured has `missing`, and a `reason`; one that was measured and is undefined is NaN without it.

    Args:
        networks: Their names.
        sets: As links write them: "mnist", "mnist/val", "mnist@gaussian_noise:3".
        metrics: Their names.
        sample: Whether the results that ship count as well.

    Raises:
        UserError: for a text that names no set.
    """
    return views.scores(networks, [views.Set.read(one) for one in sets], metrics, sample=sample)


def scores_of(run: str) -> pd.DataFrame:
    """Return the scores that one run has stored, rows as of the table `scores`."""
    return views.run_scores(run)


def query(select: str, *, rows: int = sql.ROWS, sample: bool = True) -> pd.DataFrame:
    """Return the answer of one SELECT over the store's tables, at most so many rows; nothing can be changed by it.

    Raises:
        UserError: for anything but one SELECT, for a mistake in it, when it takes too long, and for more rows than asked for.
    """
    found = sql.select(select, most=rows, sample=sample)
    if found.cut:
        raise errors.UserError(f"The answer has more than {rows:,} rows.", "Ask for more of them, or filter first.")
    return found.frame
