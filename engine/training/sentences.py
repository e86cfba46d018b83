"""The conditional circuit on sentences about two scenes: the sentence decides who talks to whom.

Fitted to the training split of mini-NLVR; validation and, at the end, test and held-out combinations are measured and written into the one
file that the circuit is. What exists is not made again.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine.datasets import statements
from engine.models.circuits import conditional_nac
from engine.training import _store
from engine.training._circuit_fitting import batches, groups, rate

VERSION = 1
DATA = "mini_nlvr"
STEPS, BATCH, LEARNING_RATE = 4000, 64, 2e-3
SNAPSHOTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where, which seeds, how long."""
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where the circuits go")
    parser.add_argument("--seed", action="append", default=[], type=int, help="0 unless given; may be repeated")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--modules", type=int, default=24)


def main(args: argparse.Namespace) -> Iterator[str]:
    """Make the circuits that do not exist yet and yield lines."""
    for seed in args.seed or [0]:
        file = args.into / f"conditional-{DATA}{'' if args.steps == STEPS else f'-steps{args.steps}'}-s{seed}.safetensors"
        if file.is_file():
            yield f"{file.name} exists"
            continue
        yield from fit(file, seed, args.steps, args.modules)


def fit(file: Path, seed: int, steps: int, modules: int) -> Iterator[str]:
    """Train one conditional circuit, yield a line now and then, and write it."""
    train = statements.load(DATA, "train")
    options = {"vocabulary": len(train.vocabulary), "length": train.words.shape[1], "size": train.scenes.shape[2], "modules": modules}
    torch.manual_seed(seed)
    network = conditional_nac.build(**options)
    optimizer = torch.optim.AdamW(groups(network, LEARNING_RATE), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    places = batches(len(train), BATCH, torch.Generator().manual_seed(seed))
    scenes, words, labels = tensors(train)
    began, told, total = time.process_time(), [], 0.0
    network.train()
    for step in range(1, steps + 1):
        chosen = next(places)
        loss = functional.cross_entropy(network(floats(scenes[chosen]), words[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % max(1, steps // SNAPSHOTS) == 0:
            told.append({"step": step, "loss": round(total * SNAPSHOTS / steps, 4), "val_accuracy": accuracy(network, "val")["all"]})
            total = 0.0
            network.train()
            yield f"{file.name} step {step}: {told[-1]}"
    kept = _store.half(network.state_dict())
    network.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in kept.items()})
    network.eval()  # measured as it will be read again
    measured = {split: accuracy(network, split) for split in ("val", "test", "held_out")}
    seconds = round(time.process_time() - began, 1)
    command = f"python -m engine train sentences --into FOLDER --seed {seed} --steps {steps} --modules {modules}"
    _store.write_weights(file, kept, {
        "architecture": "conditional_nac", "options": options, "recipe": command, "recipe_version": VERSION, "seed": seed, "data": train.digest,
        "metrics": measured, "history": told, "cpu_seconds": seconds,
    })  # fmt: skip
    yield f"{file.name}: {measured['test']['all']:.3f} on test, {measured['held_out']['all']:.3f} on held-out combinations, {seconds} s"


def tensors(data: statements.Statements) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return scenes as bytes (n, 2, 3, h, w), words and labels."""
    scenes = torch.from_numpy(np.ascontiguousarray(data.scenes.transpose(0, 1, 4, 2, 3)))
    return scenes, torch.from_numpy(data.words), torch.from_numpy(np.asarray(data.labels, np.int64))


def floats(scenes: torch.Tensor) -> torch.Tensor:
    """Return bytes as numbers in 0..1."""
    return scenes.float() / 255


def accuracy(network: nn.Module, split: str) -> dict[str, float]:
    """Return the share of right answers on a split: of all, and of each family of sentences."""
    data = statements.load(DATA, split)
    scenes, words, labels = tensors(data)
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(floats(s), w).argmax(1) for s, w in zip(scenes.split(128), words.split(128), strict=True)])
    right = (found == labels).numpy()
    families = np.array(data.families)
    return {"all": round(float(right.mean()), 4), **{str(one): round(float(right[families == one].mean()), 4) for one in sorted(set(families))}}
