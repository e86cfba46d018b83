"""Scoring predictions that people bring: any framework's answers become rows like ours."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from engine import control, hashing, provenance, registry, rows, store
from engine.assay import scoring
from engine.assay.classes import Alignment
from engine.assay.spec import AssaySpec
from engine.importers.predictions import Preview
from engine.metrics import classification


def store_preview(preview: Preview, *, trained_on: str | None = None, user: str | None = None, run: str | None = None) -> str:
    """Store and score what a file of predictions holds, and return the id of the run that holds it.

    Args:
        preview: what was read; its network and its set need not exist here.
        trained_on: the network's in-distribution set, if known.
        user: who brought it.
        run: the job that does this already, and ends it; None = a job of its own.

    Raises:
        UserError: where the preview's audit has an error.
    """
    answered = _answered(preview)
    found = scoring.scores(answered, _metrics(answered), scoring.References(trained_on or ""))
    blocks = [_with_trained_on(block, trained_on) for block in preview.blocks()]
    names = tuple(dict.fromkeys(score.metric for score in found))
    spec = AssaySpec(networks=(preview.network,), id_dataset=preview.dataset, metrics=names, title=f"Brought: {preview.network} on {preview.dataset}")
    own = run is None
    run = run or control.submit(spec, spec.title, total=1, images_total=preview.n, user=user)
    job = control.claim("import", only=run) if own else control.job(run)
    assert job is not None, run
    writer = store.Writer(run)
    writer.append([*blocks, store.block(rows.Score, found)], {"predictions": [preview.cell], "scores": [answered.key]})
    writer.finish(_row(job, spec, preview.n))
    if own:
        control.beat(run, attempt=job.attempt, done=1, total=1, images=0, message="brought")
        control.close(run, attempt=job.attempt, state="done")
    return run


def _answered(preview: Preview) -> scoring.Answered:
    known = sorted({name for group in preview.groups for name in group})
    groups = {name: [group.get(name, "") for group in preview.groups] for name in known}
    everything = len(preview.classes)
    alignment = Alignment(np.arange(everything), preview.covered, everything)
    return scoring.Answered(
        preview.network, preview.dataset, preview.split, "", 0.0, hashing.of_parts([preview.cell]), preview.ids, preview.labels, preview.logits,
        alignment, preview.classes, groups,
    )  # fmt: skip


def _metrics(answered: scoring.Answered) -> list[str]:
    """Return every classification metric that needs nothing else than these answers."""
    needs = {name: registry.card("metrics/classification", name).constants.get("NEEDS", ()) for name in classification.names()}
    return [name for name, wants in needs.items() if "temperature" not in wants and ("groups" not in wants or answered.groups)]


def _with_trained_on(block: rows.Block, trained_on: str | None) -> rows.Block:
    return replace(block, columns={**block.columns, "trained_on": trained_on}) if block.table is rows.Network else block


def _row(job: control.Job, spec: AssaySpec, n: int) -> rows.Run:
    now = datetime.now(UTC)
    revision, dirty = provenance.code()
    created = datetime.fromtimestamp(job.created, UTC)
    return rows.Run(
        run=job.id, study="import", title=job.title, spec=spec.text(), state="done", seed=0, created=created, started=created, finished=now,
        seconds=(now - created).total_seconds(), cells=1, images=n, device="none", code_revision=revision, code_dirty=dirty,
        packages=provenance.packages(), machine=provenance.machine(), error=None, user=job.user,
    )  # fmt: skip
