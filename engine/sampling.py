"""Making the shipped sample: every question answered in a home of its own, compacted, thinned, moved into place."""

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import control, places, worker
from engine.amodal.shipping import PREFIX as AMODAL
from engine.assay import sample
from engine.assay.spec import plan
from engine.circuits.shipping import PREFIX as CIRCUITS
from engine.heads.spec import PREFIX as HEADS
from engine.interventions import sample as responses
from engine.lowshot.shipping import PREFIX as LOWSHOT
from engine.remedies.spec import PREFIX as REMEDIES
from engine.scaling.shipping import PREFIX as SCALING
from engine.spec import Spec
from engine.store import compacting, manifests, packing
from engine.sweep.spec import PREFIX as SWEEP
from engine.wiring.spec import PREFIX as WIRING

LOGIT_BITS = 14  # significant bits of the logits that ship


def make(into: Path | None = None) -> dict:
    """Answer the sample's questions and put the results under `into` (data/sample by default); resumable.

    The home used lies beside the target and is kept until all is done, so that an interrupted making goes on.

    Returns:
        Facts for the command line: runs, parts and bytes.
    """
    target = into or places.DATA / "sample"
    home = Path(os.environ.get("TOUCHSTONE_SAMPLE_HOME") or Path(tempfile.gettempdir()) / "touchstone-sample")
    with _home(home):
        for question in (*sample.questions(), *responses.questions()):
            _answer(question)
        keep = sample.kept()
        cells = {cell.key for question in sample.questions() for e in plan(question).evaluations if keep(e) for cell in e.cells}
        compacting.compact()
        compacting.thin("predictions", cells)
        compacting.thin("outcomes", responses.kept())
        _move(places.results(), target)
    files = [file for file in target.rglob("*") if file.is_file()]
    return {"into": str(target), "files": len(files), "megabytes": round(sum(f.stat().st_size for f in files) / 1e6, 2)}


def _answer(question: Spec) -> None:
    """Answer one question, or go on with it where an earlier making stopped; asked anew, it runs only what has changed since."""
    asking = importlib.import_module(type(question).__module__)
    name, planned = asking.title(question), asking.plan(question)
    job_id = next((job.id for job in control.jobs() if job.title == name and job.spec == question.text()), None)
    if job_id is None or (control.job(job_id).state == "done" and planned.images):
        job_id = control.submit(question, name, total=planned.cells, images_total=planned.images)
    if control.job(job_id).state in {"failed", "cancelled"}:
        control.resume(job_id)
    if control.job(job_id).state != "done":
        job = control.claim("sample", only=job_id)
        assert job is not None, f"{job_id} is held by another process"
        state = worker.answer(job)
        assert state == "done", control.job(job_id).error


@contextmanager
def _home(home: Path) -> Iterator[None]:
    """Work in a home of its own, with no sample to read from: everything that ships is made now."""
    before = {name: os.environ.pop(name, None) for name in ("TOUCHSTONE_HOME", "TOUCHSTONE_SAMPLE", "TOUCHSTONE_RESULTS")}
    os.environ |= {"TOUCHSTONE_HOME": str(home), "TOUCHSTONE_SAMPLE": str(home / "no-sample")}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _move(results: Path, target: Path) -> None:
    """Pack the results in place of what the target had; what other commands make stays: shards of the sweep, runs of other studies."""
    made, problems = manifests.every(results, "results")
    assert not problems, problems
    for file in target.glob("*/*"):
        if not file.name.startswith((SWEEP, HEADS, REMEDIES, CIRCUITS, SCALING, WIRING, LOWSHOT, AMODAL)):
            file.unlink()
    for manifest in made:
        packing.pack(manifest.run, results, target, bits=LOGIT_BITS)
