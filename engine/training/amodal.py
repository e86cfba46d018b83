"""Completers of hidden parts: label-free in both directions, forward only, image-only, without consistency; and the supervised upper line.

Trained on drawn clips with exact flow and noise on it. Label-free arms get patches, which hold no truth; the last state is kept, nothing is
selected. Training goes on where it was stopped: every step draws its clips from (seed, step), and weights and optimizer are kept on disk. What
exists in the folder is not made again.
"""

import argparse
import functools
import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engine import completers, errors, hashing, registry
from engine.datasets import clips
from engine.models import _weights
from engine.models import completers as networks
from engine.training import _completion, _store

VERSION = 1
STEPS, QUICK = 800, 150
BATCH, WINDOW = 4, 10  # clips, frames
RATE, NOISE = 3e-3, 0.15  # highest learning rate; pixels
KEPT = 50  # steps between two states on disk, and two lines of the log
VALIDATION = 12  # clips whose label-free loss is reported
SET = "textured"


@dataclass(frozen=True)
class Arm:
    """How a completer is trained."""

    title: str
    architecture: str = "recurrent"
    options: tuple[tuple[str, Any], ...] = ()
    labels: bool = False  # true whole masks; everything else never sees one
    consistency: float = 1.0
    rate: float = RATE


ARMS: Mapping[str, Arm] = {
    "two_way": Arm("Label-free, both directions"),
    "forward": Arm("Label-free, forward only", options=(("directions", 1),)),
    "image_only": Arm("Label-free, each image by itself", options=(("memory", False),)),
    "no_consistency": Arm("Label-free, both directions, without consistency", consistency=0.0),
    "supervised": Arm("Supervised, both directions", labels=True),
    "cnn_lstm": Arm("Label-free, the published architecture", architecture="cnn_lstm", rate=3e-4),
}


@dataclass(frozen=True)
class Job:
    """One completer to be trained."""

    arm: str
    seed: int
    steps: int

    @property
    def name(self) -> str:
        """Name of the completer."""
        return f"{self.arm}-s{self.seed}" + ("" if self.steps == STEPS else f"-{self.steps}")

    @property
    def command(self) -> str:
        """The command that makes it."""
        return f"python -m engine train amodal --into FOLDER --arm {self.arm} --seed {self.seed} --steps {self.steps}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choices; arms and seeds may be given several times, and left out mean two_way and 0."""
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where weights, cards and logs go; where completers are found unless given")
    parser.add_argument("--arm", action="append", default=[], metavar="NAME", help=", ".join(ARMS))
    parser.add_argument("--seed", action="append", default=[], type=int, help="0 unless given")
    parser.add_argument("--steps", type=int, help=f"training steps, {STEPS} unless given")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK} steps")
    parser.add_argument("--again", action="store_true", help="make completers again that exist")


def main(args: argparse.Namespace) -> Iterator[str]:
    """Make the chosen completers that do not exist yet and yield a line now and then."""
    folder = args.into or completers.folders()[0]
    steps = args.steps or (QUICK if args.quick else STEPS)
    for arm in args.arm:
        if arm not in ARMS:
            raise errors.unknown("arm", arm, ARMS)
    jobs = [Job(arm, seed, steps) for seed in args.seed or [0] for arm in args.arm or ["two_way"]]
    todo = [job for job in jobs if args.again or not (folder / f"{job.name}.json").is_file()]
    yield f"{len(jobs)} completers, {len(todo)} to make, into {folder}"
    for job in todo:
        if args.again:
            _state(job, folder).unlink(missing_ok=True)
        for line in fit(job, folder):
            yield f"{job.name}: {json.dumps(line)}"


def fit(job: Job, folder: Path) -> Iterator[dict[str, Any]]:
    """Train one completer from where it stands, yield a line of the log now and then; weights and card lie there at the end."""
    torch.manual_seed(job.seed)
    arm = ARMS[job.arm]
    network = networks.build(arm.architecture, **dict(arm.options))
    optimizer = torch.optim.AdamW(network.parameters(), arm.rate, weight_decay=1e-4)
    done, seconds = _resumed(network, optimizer, _state(job, folder))
    began, losses = time.process_time() - seconds, []
    for step in range(done, job.steps):
        for group in optimizer.param_groups:
            group["lr"] = arm.rate * rate(step, job.steps)
        losses.append(_step(network, optimizer, arm, job.seed, step))
        if (step + 1) % KEPT == 0 or step + 1 == job.steps:
            line = {"step": step + 1, "of": job.steps, "loss": round(float(np.mean(losses)), 5), "seconds": round(time.process_time() - began, 1)}
            _keep(network, optimizer, _state(job, folder), step + 1, time.process_time() - began)
            _log(folder / f"{job.name}.log.jsonl", line)
            losses = []
            yield line
    yield _finish(job, arm, network, folder, time.process_time() - began)


def rate(step: int, steps: int) -> float:
    """Return the share of the highest learning rate: a short rise, then a cosine to nothing."""
    return min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _step(network: nn.Module, optimizer: torch.optim.Optimizer, arm: Arm, seed: int, step: int) -> float:
    given, whole = batch(seed, step, labels=arm.labels)
    network.train()
    answer = network(given)
    loss = _completion.label_free(answer, given, arm.consistency) if whole is None else _completion.supervised(answer, given, whole)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def batch(seed: int, step: int, *, labels: bool) -> tuple[networks.Inputs, torch.Tensor | None]:
    """Return the clips of one step, and their whole masks for the supervised arm alone."""
    rng = np.random.default_rng([seed, step, 6])
    numbers = rng.integers(0, clips.card(SET).sizes["train"], BATCH)
    drawn = [(clips.load(SET, "train", int(k)), int(rng.integers(2**31))) for k in numbers]
    patches = [clips.patch(clip, "target", noise=NOISE, seed=noise) for clip, noise in drawn]
    start = int(rng.integers(0, len(patches[0]) - WINDOW + 1))
    given = networks.inputs(patches).frames(start, WINDOW)
    if not labels:
        return given, None
    whole = np.stack([clips.truth(clip, "target", patch) for (clip, _), patch in zip(drawn, patches, strict=True)])
    return given, torch.from_numpy(whole[:, start : start + WINDOW]).float()


def _finish(job: Job, arm: Arm, network: nn.Module, folder: Path, seconds: float) -> dict[str, Any]:
    """Write the weights, then the card; the label-free loss on validation clips is reported, and chooses nothing."""
    network.eval()
    with torch.no_grad():
        loss = float(np.mean([_completion.reconstruction(network(given), given) for given in _validation()]))
    data = hashing.of_parts(SET, clips.card(SET).version, clips.card(SET).sizes["train"], NOISE, WINDOW, BATCH, VERSION)
    file = f"{job.name}.safetensors"
    _store.write_weights(folder / file, network.state_dict(), {"completer": job.name, "recipe": job.command, "recipe_version": VERSION, "data": data})
    parameters = sum(one.numel() for one in network.parameters())
    card = completers.Card(
        name=job.name, title=f"{arm.title}, seed {job.seed}", architecture=arm.architecture, options=dict(arm.options), arm=job.arm,
        labels=arm.labels, seed=job.seed, steps=job.steps, trained_on=f"{SET}/train", data=data, weights=file,
        digest=_store.digest([folder / file]), parameters=parameters, metrics={"reconstruction": round(loss, 6)}, seconds=round(seconds, 1),
        recipe=job.command, licence="Apache-2.0 (weights). Training clips are drawn by this program.", citation=_cited(arm.architecture),
    )  # fmt: skip
    _store.write(folder / f"{job.name}.json", (json.dumps(card.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n").encode())
    _state(job, folder).unlink(missing_ok=True)
    return {"step": job.steps, "of": job.steps, "reconstruction": round(loss, 5), "seconds": round(seconds, 1)}


def _cited(architecture: str) -> str:
    return str(registry.card(networks.ROOM, architecture).constants["CITATION"])


@functools.lru_cache(maxsize=1)
def _validation() -> tuple[networks.Inputs, ...]:
    patches = [clips.patch(clips.load(SET, "val", k), "target", noise=NOISE, seed=k) for k in range(VALIDATION)]
    return tuple(networks.inputs([patch]) for patch in patches)


def _state(job: Job, folder: Path) -> Path:
    return folder / f"{job.name}.resume.safetensors"


def _keep(network: nn.Module, optimizer: torch.optim.Optimizer, file: Path, step: int, seconds: float) -> None:
    """Write everything that the next step depends on, whole or not at all."""
    kept = {f"network.{name}": value for name, value in network.state_dict().items()}
    for k, state in optimizer.state_dict()["state"].items():
        kept |= {f"optimizer.{k}.{name}": torch.as_tensor(value) for name, value in state.items()}
    kept["done"] = torch.tensor([step, seconds], dtype=torch.float64)
    _store.write_weights(file, kept, {"step": step})


def _resumed(network: nn.Module, optimizer: torch.optim.Optimizer, file: Path) -> tuple[int, float]:
    """Return how many steps are done and what they took, after putting back what was kept; nothing where there is none."""
    if not file.is_file():
        return 0, 0.0
    kept = _weights.read(file)
    network.load_state_dict({name.removeprefix("network."): value for name, value in kept.items() if name.startswith("network.")})
    states: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in kept.items():
        if name.startswith("optimizer."):
            _, k, what = name.split(".")
            states.setdefault(int(k), {})[what] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
    step, seconds = kept["done"].tolist()
    return int(step), seconds


def _log(file: Path, line: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as log:
        log.write(json.dumps(line) + "\n")
