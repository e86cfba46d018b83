"""What ships of the heads: one small run a question, and the weights of the networks that a page opens first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine import rows, store
from engine.heads import views, weights
from engine.heads.spec import PREFIX, VERSION, HeadsSpec, Job, jobs
from engine.store import packing

SEEDS = (0, 1)  # whose weights ship: the second is what the first is compared with


def ship(into: Path, weights_into: Path, seeds: Sequence[int] = SEEDS, only: str | None = None) -> Iterator[str]:
    """Put the newest run of every question into a root of the store, and weights beside it; yields a line a question.

    Args:
        into: the root that gets the runs, such as `data/sample`; a run of the same name is written over.
        weights_into: the folder that gets one file of weights a question, such as `data/weights/heads`.
        seeds: whose weights are kept.
        only: only questions about this table.
    """
    for asked in views.questions(sample=False).to_dict("records"):
        if only not in {None, asked["dataset"]}:
            continue
        question = HeadsSpec.read(str(store.query("SELECT spec FROM runs WHERE run = ?", [asked["run"]])["spec"].iloc[0]))
        family = jobs(question)[0].family
        size = _run(str(asked["run"]), f"{PREFIX}{VERSION}-{family.removeprefix(f'{PREFIX}-')}", into)
        kept = [job for job in jobs(question) if job.seed in seeds and weights.find(job.name)]
        file = weights_into / f"{family}.safetensors"
        weights.write(file, *_weights(kept))
        yield f"{family}: {size:,} bytes of rows, {file.stat().st_size:,} of weights ({len(kept)} networks)"


def _run(run: str, name: str, into: Path) -> int:
    """Write a run anew under another name; returns its bytes."""
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [run]).iloc[0]
    return packing.renamed(told.to_dict(), store.part_of(run, rows.Treatment.table), rows.Treatment, name, into)


def _weights(kept: Sequence[Job]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the tensors of networks, and what each was made from."""
    states = {job.name: weights.state(weights.read(job.name)) for job in kept}
    return states, {job.name: weights.about(job.name) for job in kept}
