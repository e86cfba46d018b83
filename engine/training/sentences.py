"""The conditional circuit on sentences about two scenes, and its controls: the sentence decides who talks to whom.

First the stem is taught to name what stands in each cell of a scene (red square, nothing, …) and then kept; everything else is fitted to fresh
scenes and sentences, drawn as training goes (mini-NLVR, never the colours that are kept from a form). Validation is watched; test and held-out
combinations are measured once, at the end, and written into the one file that a circuit is. What exists is not made again; `sentences.json` says
how all that are there compare.

Arms: `circuit`; `static`, one circuit for all sentences, whose modules read the words as further tokens; `words`, the circuit with empty scenes;
`scenes`, the circuit with one and the same word instead of each sentence.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import nn
from torch.nn import functional

from engine import errors
from engine.datasets import statements
from engine.datasets.statements import mini_nlvr
from engine.models.circuits import conditional_nac
from engine.training import _store
from engine.training._circuit_fitting import groups, rate

VERSION = 2
DATA = "mini_nlvr"
ARMS = ("circuit", "static", "words", "scenes")
STEPS, BATCH, LEARNING_RATE = 2000, 128, 1.5e-3
LESSONS, LESSON, LESSON_RATE = 200, 32, 3e-3  # steps in which the stem is taught, pairs of scenes in each, learning rate
BETAS, CLIP = (0.9, 0.98), 1.0
MODULES = 12
CHOSEN = {"width": 32, "hidden": 64, "code": 16, "layers": 2, "bandwidth": 0.5, "halvings": 3}  # on validation; three halvings: a token a cell
POOL = 4096  # fresh examples drawn at once
FRESH = 3  # beside the data set's seed: examples of no split
SNAPSHOTS = 20
COMPARED = "sentences.json"
SPLITS = ("val", "test", "held_out")
TOTAL = "total"  # one of the forms is called “all”
Counts = dict[str, list[int]]  # form, or total -> right, n


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where, which arms and seeds, how long."""
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where the circuits go")
    parser.add_argument("--arm", action="append", default=[], choices=ARMS, help="circuit unless given; may be repeated")
    parser.add_argument("--seed", action="append", default=[], type=int, help="0 unless given; may be repeated")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--modules", type=int, default=MODULES)


def main(args: argparse.Namespace) -> Iterator[str]:
    """Make the circuits that do not exist yet and yield lines."""
    for seed in args.seed or [0]:
        for arm in args.arm or ["circuit"]:
            file = args.into / named(arm, seed, args.steps, args.modules)
            if file.is_file():
                yield f"{file.name} exists"
                continue
            yield from fit(file, arm, seed, args.steps, args.modules)
    compare(args.into)


def named(arm: str, seed: int, steps: int = STEPS, modules: int = MODULES) -> str:
    """Return a circuit's file name; controls are not among the conditional circuits that can be looked at."""
    more = ("" if steps == STEPS else f"-steps{steps}") + ("" if modules == MODULES else f"-modules{modules}")
    return f"{'conditional' if arm == 'circuit' else f'control_{arm}'}-{DATA}{more}-s{seed}.safetensors"


def fit(file: Path, arm: str, seed: int, steps: int, modules: int) -> Iterator[str]:
    """Train one circuit, yield a line now and then, and write it."""
    if arm not in ARMS:
        raise errors.unknown("arm", arm, ARMS)
    options = {"vocabulary": len(mini_nlvr.VOCABULARY), "length": mini_nlvr.LENGTH, "size": mini_nlvr.SIDE, "modules": modules, **CHOSEN}
    if arm == "static":
        options["static"] = True
    torch.manual_seed(seed)
    rng = np.random.default_rng([mini_nlvr.SEED, FRESH, seed])
    network = conditional_nac.build(**options)
    began, told, total = time.process_time(), [], 0.0
    taught = teach(network, rng)
    yield f"{file.name}: the stem names {taught['right']:.1%} of shapes with their colours"
    optimizer = torch.optim.AdamW(groups(network, LEARNING_RATE), LEARNING_RATE, betas=BETAS)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    stream = fresh(rng)
    network.train()
    for step in range(1, steps + 1):
        scenes, words, labels = next(stream)
        loss = functional.cross_entropy(network(*seen(arm, scenes, words)), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % max(1, steps // SNAPSHOTS) == 0:
            right, n = accuracy(network, "val", arm)[TOTAL]
            told.append({"step": step, "loss": round(total * SNAPSHOTS / steps, 4), "val_accuracy": round(right / n, 4)})
            total = 0.0
            network.train()
            yield f"{file.name} step {step}: {told[-1]}"
    kept = _store.half(network.state_dict())
    network.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in kept.items()})
    network.eval()  # measured as it will be read again
    measured = {split: accuracy(network, split, arm) for split in SPLITS}
    rewired = {way: accuracy(network, "test", arm, way) for way in ("static", "other")} if arm == "circuit" else {}
    seconds = round(time.process_time() - began, 1)
    command = f"python -m engine train sentences --into FOLDER --arm {arm} --seed {seed} --steps {steps} --modules {modules}"
    _store.write_weights(file, kept, {
        "architecture": "conditional_nac", "options": options, "recipe": command, "recipe_version": VERSION, "seed": seed, "arm": arm, "data": DATA,
        "data_version": mini_nlvr.VERSION, "steps": steps, "batch": BATCH, "taught": taught, "metrics": measured, "rewired": rewired,
        "history": told, "cpu_seconds": seconds,
    })  # fmt: skip
    test, held_out = (right / n for right, n in (measured[split][TOTAL] for split in ("test", "held_out")))
    yield f"{file.name}: {test:.3f} on test, {held_out:.3f} on held-out combinations, {seconds} s"


def teach(network: conditional_nac.Network, rng: np.random.Generator, lessons: int = LESSONS) -> dict[str, float]:
    """Teach the stem to name what stands in each cell by a linear read-out, which is thrown away; return how often it names a shape rightly.

    Without this, colours and shapes have to be found from true and false alone. The stem is kept from then on; places still learn.
    """
    probe = nn.Linear(network.tokens.width, 1 + len(mini_nlvr.SHAPES) * len(mini_nlvr.COLOURS))
    optimizer = torch.optim.AdamW([*network.tokens.parameters(), *probe.parameters()], LESSON_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, lessons))
    for _ in range(lessons):
        said, things = _named(network, probe, rng, LESSON)
        optimizer.zero_grad()
        functional.cross_entropy(said.flatten(0, 1), things.flatten()).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        said, things = _named(network, probe, rng, 256)
    for part in (network.tokens.stages, network.tokens.mix, network.tokens.join):
        part.requires_grad_(False)
    return {"lessons": lessons, "right": round(float((said.argmax(-1) == things)[things > 0].float().mean()), 4)}


def _named(
    network: conditional_nac.Network, probe: nn.Module, rng: np.random.Generator, pairs: int
) -> tuple[Float[torch.Tensor, "n cells k"], Int[torch.Tensor, "n cells"]]:
    """Return what the read-out says of each cell of fresh scenes, and what stands there: 0 = nothing, else one of shapes x colours."""
    scenes = mini_nlvr.drawn(rng, pairs).scenes
    things = np.where(scenes.shapes > 0, 1 + (scenes.shapes - 1) * len(mini_nlvr.COLOURS) + scenes.colours, 0)
    return probe(network.tokens(floats(scenes.pictures).flatten(0, 1))), torch.from_numpy(things).flatten(0, 1)


def fresh(rng: np.random.Generator, batch: int = BATCH) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Yield batches of examples that were never there before: scenes (n, 2, 3, h, w) in 0..1, words, labels."""
    while True:
        found = mini_nlvr.drawn(rng, POOL)
        pictures, words, labels = found.scenes.pictures, found.claims.words, found.labels
        for i in range(0, POOL, batch):
            yield floats(pictures[i : i + batch]), torch.from_numpy(words[i : i + batch]), torch.from_numpy(labels[i : i + batch])


def seen(arm: str, scenes: torch.Tensor, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what an arm gets to see of scenes and words."""
    if arm == "words":
        return torch.zeros_like(scenes), words
    if arm == "scenes":
        return scenes, torch.ones_like(words)
    return scenes, words


def floats(scenes: np.ndarray) -> Float[torch.Tensor, "n 2 3 h w"]:
    """Return scenes (n, 2, h, w, 3) as bytes in a network's order, numbers in 0..1."""
    return torch.from_numpy(np.ascontiguousarray(scenes.transpose(0, 1, 4, 2, 3))).float() / 255


def accuracy(network: conditional_nac.Network, split: str, arm: str = "circuit", links: str = "own") -> Counts:
    """Return right answers and n on a split: of all, and of each form of sentences.

    Args:
        network: In any mode; is in evaluation mode afterwards.
        split: Of the data set.
        arm: What it gets to see.
        links: `own`; or, everything else the same, `static`, those before any sentence, or `other`, those of another form's sentence.
    """
    data = statements.load(DATA, split)
    families = np.array(data.families)
    other = data.words[_elsewhere(families)] if links == "other" else data.words
    network.eval()
    found = []
    with torch.no_grad():
        for i in range(0, len(data), 250):
            scenes, words = seen(arm, floats(data.scenes[i : i + 250]), torch.from_numpy(data.words[i : i + 250]))
            used = None
            if links != "own":
                used = network.circuit(torch.from_numpy(other[i : i + 250]), 0.0 if links == "static" else 1.0).links[:, None]
            found.append(network.answered(scenes, words, used)[0].argmax(1).numpy())
    right = np.concatenate(found) == data.labels
    return {TOTAL: _count(right), **{str(one): _count(right[families == one]) for one in mini_nlvr.FAMILIES}}


def _count(right: Bool[np.ndarray, " n"]) -> list[int]:
    return [int(right.sum()), len(right)]


def _elsewhere(families: np.ndarray) -> Int[np.ndarray, " n"]:
    """Return for each sentence the place of one of another form."""
    rng = np.random.default_rng(0)
    return np.array([rng.choice(np.flatnonzero(families != one)) for one in families])


def compare(folder: Path) -> None:
    """Write what all circuits of a folder reach, arm by arm and seed by seed."""
    from safetensors import safe_open

    rows = []
    for file in sorted(folder.glob(f"*-{DATA}*.safetensors")):
        with safe_open(file, "pt") as opened:
            said = json.loads((opened.metadata() or {}).get("provenance", "{}"))
        rows.append({"name": file.stem, **{name: said.get(name) for name in ("arm", "seed", "steps", "metrics", "rewired", "taught", "cpu_seconds")}})
    _store.write(folder / COMPARED, (json.dumps(rows, indent=1) + "\n").encode())
