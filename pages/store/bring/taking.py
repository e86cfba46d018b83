"""What takes longer to take in than a page may run is handed to a worker, watched, and told of when it is done.

The job's id is in the address, and what is taken in lies on disk: a reload, another tab or a new server finds both again.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from engine import control, errors
from engine.control import workers
from engine.intake import spec as asking
from engine.intake.spec import IntakeSpec, Kind
from pages.parts import kit
from pages.store.bring import given, told

KEY = "taking"  # in the address
WAYS: Mapping[Kind, str] = {"images": "Images", "predictions": "Predictions", "table": "Result table"}  # of `choice`
MOST_BYTES = 20_000_000  # of files, that are taken in at once: about a second


def is_long(path: Path) -> bool:
    """Return whether what lies at a path is so large that a worker should take it in."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) > MOST_BYTES


def hand_over(kind: Kind, path: Path, name: str, said: Mapping[str, Any], *, total: int) -> None:
    """Hand a file or folder to a worker and show how far it is.

    Args:
        kind: What it is.
        path: Where it lies; an upload stays there until it is taken in.
        name: How it is to be called.
        said: What the person said about it.
        total: Of how many pictures or steps the worker will tell.
    """
    path = path.resolve()
    title = f"Taking in: {name}"[:200]
    spec = IntakeSpec(kind=kind, path=path, digest=asking.digest(path), name=name, said=dict(said), title=title)
    kit.remember(KEY, control.submit(spec, title, total=total))
    workers.ensure()
    given.let_go(kind)
    st.rerun()


def address(spec: str, run: str) -> str:
    """Return where a job of this study can be watched, given its question as JSON."""
    return f"library?{urlencode({'tab': 'Bring your own', 'bring': WAYS[IntakeSpec.read(spec).kind], KEY: run})}"


def show(kind: Kind, unit: str, done: Callable[[IntakeSpec, control.Job], None]) -> bool:
    """Show what of a kind is being taken in, or what came of it; return whether the page has to wait for it.

    Args:
        kind: What the page brings.
        unit: Of what the worker tells.
        done: Shows what came of it.
    """
    found = _found(kind)
    if found is None:
        return False
    spec, run = found
    if kit.progress(functools.partial(_progress, run, unit), key=f"taking-{kind}", cancel=functools.partial(control.cancel, run)):
        st.caption("It goes on when this page is closed; its address shows how far it is.")
        return True
    job = control.job(run)
    if job.state == "done":
        given.discard(spec.path)
        done(spec, job)
        return False
    last = (job.error or "").strip().splitlines()
    told.problem(errors.UserError(last[-1] if last else f"Taking in {spec.name} was {job.state}; nothing of it is kept.", "It can be tried again."))
    given.hand_back(kind, spec.path)
    return False


def _found(kind: Kind) -> tuple[IntakeSpec, str] | None:
    """Return what the address says is taken in, where that is of this kind."""
    run = st.query_params.get(KEY)
    try:
        job = control.job(run) if run else None
        spec = IntakeSpec.read(job.spec) if job and job.study == "intake" else None
    except errors.UserError:
        return None
    return (spec, str(run)) if spec and spec.kind == kind else None


def _progress(run: str, unit: str) -> kit.Progress:
    job = control.job(run)
    if job.state == "queued":
        workers.ensure()
    doing = "a worker is starting, which takes some seconds" if job.state == "queued" else job.message
    left = (job.total - job.done) / job.done * _seconds(job) if job.done and job.total > job.done and unit != "steps" else None
    return kit.Progress(job.title, job.done, max(job.total, job.done), job.active, unit, doing, "", left, job.cancel)


def _seconds(job: control.Job) -> float:
    return max(0.0, (job.beat or 0.0) - (job.started or job.beat or 0.0))
