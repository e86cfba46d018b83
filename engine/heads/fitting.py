"""Fitting the networks of the heads; each is fitted once, and its weights kept beside the results made here."""

from collections.abc import Iterator

import numpy as np
import torch

from engine import places
from engine.heads import people, weights
from engine.heads.spec import Job
from engine.models.heads import mlp
from engine.training import _heads

AIMS = {"plain": _heads.Aim(), "ceiling": _heads.Aim(), "two_heads": _heads.Aim(task=0.5, group=0.5)}


def fitted(job: Job) -> weights.Network:
    """Return a network: read where its weights are kept and were made from the same, else fitted now."""
    if not is_kept(job):
        for _ in fit(job):
            pass
    return weights.read(job.name)


def is_kept(job: Job) -> bool:
    """Return whether a network's weights are kept, from the same table and question."""
    return weights.find(job.name) is not None and weights.about(job.name).get("key") == job.key


def fit(job: Job) -> Iterator[_heads.Step]:
    """Fit a network, yielding progress after each pass, and keep its weights in half precision."""
    everybody = people.of(job)
    side = everybody.side("train")
    columns = 1 if len(everybody.groups) == 2 else len(everybody.groups)
    torch.manual_seed(job.seed)
    torch.set_num_threads(1)
    module = mlp.build(side.inputs.shape[1], columns if _has_group_head(job, columns) else 0, hidden=job.hidden)
    yield from _heads.fit(module, _people(job, side), _aim(job, columns), job.seed)
    state = {name: value.detach().numpy() for name, value in module.state_dict().items()}
    about = {job.name: {"key": job.key, "title": job.title, "inputs": list(everybody.encoder.names), "groups": list(everybody.groups)}}
    weights.write(places.home() / "heads" / f"{job.name}.safetensors", {job.name: state}, about)


def _has_group_head(job: Job, columns: int) -> bool:
    """Return whether a network has a head for the group; the ceiling of two groups tells them with its task head."""
    return job.method == "two_heads" or (job.method == "ceiling" and columns > 1)


def _people(job: Job, side: people.Side) -> _heads.People:
    members = people.shuffled(side.members, job.seed) if job.method == "shuffled" else side.members
    labels = side.members if job.method == "ceiling" else side.labels
    return _heads.People(torch.from_numpy(side.inputs), torch.from_numpy(labels.astype(np.float32)), torch.from_numpy(members), len(side.groups))


def _aim(job: Job, columns: int) -> _heads.Aim:
    if job.method == "ceiling" and columns > 1:
        return _heads.Aim(task=0.0, group=1.0)
    if job.method in AIMS:
        return AIMS[job.method]
    kind = "squared" if job.method == "shuffled" else job.method
    return _heads.Aim(strength=job.strength, regulariser=kind, constraint=job.constraint)
