"""Module circuits and their controls: dense, with random link dropout, learned links with and without priors, frozen graphs, interpreters.

Each arm has the same tokens, widths, steps and about as many parameters, and is paired with the others by its seed. Controls that need a
density take it from the circuit without prior of the same seed, which is made first. Train splits are fitted, validation splits are
measured and choose (`--choose`); test splits are not touched. What exists in the folder is not made again.
"""

import argparse
import dataclasses
import json
import math
import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engine import errors, networks, places, priors, registry
from engine.datasets import images
from engine.models import _weights, batching, predict
from engine.models.circuits import nac
from engine.training import _circuit_arms as arms
from engine.training import _circuit_fitting as fitting
from engine.training import _store
from engine.training._circuit_arms import Job
from engine.training._loop import Examples

VERSION = 1
ROOM = "models/circuits"
CHOICES = {"bandwidth": (0.2, 0.3, 0.5), "truncation": (None, 0.8), "prior_weight": (0.1, 1.0, 5.0)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choices; arms, data and seeds may be given several times, and left out mean all (seed 0)."""
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where weights, cards and timelines go")
    parser.add_argument("--arm", action="append", default=[], metavar="NAME", help=", ".join(arms.ARMS))
    parser.add_argument("--data", action="append", default=[], metavar="NAME", help=", ".join(arms.SETTINGS))
    parser.add_argument("--seed", action="append", default=[], type=int, help="0 unless given; a range such as 0 to 4 is five of them")
    parser.add_argument("--bandwidth", type=float, help=f"eps of the kernel, {arms.BANDWIDTH:g} unless given")
    parser.add_argument("--truncation", type=float, help="largest distance of a link; any unless given")
    parser.add_argument("--prior-weight", type=float, help=f"of the prior's loss, {arms.PRIOR_WEIGHT:g} unless given")
    parser.add_argument("--modules", type=int, help=f"processors, {arms.MODULES} unless given")
    parser.add_argument(
        "--signature-rate", type=float, help=f"learning rate of signatures, times that of the rest; {arms.SIGNATURE_RATE:g} unless given"
    )
    parser.add_argument("--steps", type=int, help="training steps; as many as the data set asks for unless given")
    parser.add_argument("--choose", action="store_true", help="only compare eps, truncation and the weight of each prior on validation data")
    parser.add_argument("--chosen", action="store_true", help="take what --choose found best in this folder for each data set")
    parser.add_argument("--offer", action="store_true", help="make them networks of this program at once, beside those that people brought")
    parser.add_argument("--again", action="store_true", help="make circuits again that exist")


def main(args: argparse.Namespace) -> Iterator[str]:
    """Make the chosen circuits that do not exist yet and yield a line for each."""
    seeds = tuple(args.seed or [0])
    changed = {name: getattr(args, name) for name in ("bandwidth", "truncation", "prior_weight", "modules", "steps", "signature_rate")}
    if args.choose:
        yield from _choose(args.into, tuple(args.data or ["mnist"]), seeds, args.steps)
        return
    jobs = arms.grid(tuple(args.arm), tuple(args.data), seeds, **changed)
    jobs = tuple(dataclasses.replace(job, **best(args.into, job)) for job in jobs) if args.chosen else jobs
    todo = [job for job in jobs if args.again or not exists(job, args.into)]
    yield f"{len(jobs)} circuits, {len(todo)} to make, into {args.into}"
    for done, job in enumerate(todo, start=1):
        if exists(job, args.into) and not args.again:
            continue  # made meanwhile, for a control that needs it
        began = time.process_time()
        *_, last = fit_one(job, args.into)
        assert isinstance(last, fitting.Snapshot)
        yield f"[{done}/{len(todo)}] {job.name}: validation accuracy {last.accuracy:.3f}, {time.process_time() - began:.0f} s of processor time"
    if args.offer:
        yield f"offered: {', '.join(offer(job, args.into) for job in jobs)}"


def offer(job: Job, folder: Path) -> str:
    """Put a circuit that was made among the networks that people brought, and return its name."""
    into = places.inputs("networks") / job.name
    into.mkdir(parents=True, exist_ok=True)
    for file in folder.glob(f"{job.name}.*safetensors"):
        shutil.copy(file, into)
    said = _card_of(job, folder).model_copy(update={"source": "brought"}).model_dump(mode="json", exclude_defaults=True)
    _store.write(into / "card.json", (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    return job.name


def exists(job: Job, folder: Path) -> bool:
    """Return whether a circuit's card is there: it is written last."""
    return (folder / f"{job.name}.json").is_file()


def fit_one(job: Job, folder: Path) -> Iterator[fitting.Snapshot | fitting.Passed]:
    """Make one circuit and yield snapshots, the last at the end, and a word between them; then weights, timeline and card lie in the folder."""
    if job.arm in arms.NEEDS_LEARNED and not exists(job.learned, folder):
        yield from fit_one(job.learned, folder)
    train, val = (examples(job, split) for split in ("train", "val"))
    network, options = started(job, folder)
    seen, began = [], time.process_time()
    setting = job.setting
    steps = fitting.fit(
        network, train, val, job.seed, steps=job.length, batch=setting.batch, learning_rate=setting.learning_rate,
        augmentation=setting.augmentation, prior=job.prior, prior_weight=job.prior_weight if job.prior else 0.0,
        signature_rate=job.signature_rate,
    )  # fmt: skip
    for one in steps:
        seen += [one] if isinstance(one, fitting.Snapshot) else []
        yield one
    _finish(job, network, options, seen, time.process_time() - began, folder)


def examples(job: Job, split: str) -> Examples:
    """Return a split as the circuit takes it."""
    data = images.load(job.data, split)
    return Examples(torch.from_numpy(job.setting.preprocess(data.images)), torch.from_numpy(np.asarray(data.labels, np.int64)))


def started(job: Job, folder: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Return a circuit as training finds it, and the options that build it; first weights depend on the seed alone."""
    graph = _graph(job.learned, folder) if job.arm in arms.NEEDS_LEARNED else None
    options = arms.options(job, 1.0 if graph is None else fitting.density(graph))
    torch.manual_seed(job.seed)
    wanted = job.setting.preprocess
    network = registry.load(ROOM, arms.architecture(job)).build(len(images.card(job.data).classes), wanted.channels, wanted.size, **options)
    if job.arm == "frozen":
        assert graph is not None
        network.trunk.generator.graph.copy_(fitting.shuffled(graph, job.seed))
    if job.prior:
        fitting.begin_at_prior(network, job.prior, job.seed)
    return network, options


def _graph(job: Job, folder: Path) -> torch.Tensor:
    """Return the links of a circuit that was made before."""
    found = fitting.links_of(predict.load(_card_of(job, folder), "cpu", folder).module)  # type: ignore[arg-type]
    assert found is not None
    return found


def _card_of(job: Job, folder: Path) -> networks.Card:
    return networks.Card.model_validate_json((folder / f"{job.name}.json").read_text())


def _finish(job: Job, network: nn.Module, options: dict[str, Any], seen: list[fitting.Snapshot], seconds: float, folder: Path) -> None:
    """Write the timeline, then weights in half precision (measured as they are read again), then the card."""
    provenance = {"network": job.name, "recipe": job.command, "recipe_version": VERSION, "data": images.card(job.data).digests["train"]}
    _store.write_weights(folder / f"{job.name}.safetensors", _store.half(network.state_dict()), provenance)
    told = [{"step": s.step, "loss": _plain(s.loss), "prior_loss": _plain(s.prior_loss), "accuracy": s.accuracy, "nll": s.nll} for s in seen]
    graphs = [s.links for s in seen if s.links is not None] if _moves(network) else []
    kept = {"links": torch.stack(graphs).half()} if graphs else {"steps": torch.tensor([s.step for s in seen])}
    _store.write_weights(folder / f"{job.name}.timeline.safetensors", kept, {**provenance, "timeline": told})
    card = _card(job, network, options, seconds, folder)
    predictor = predict.load(card, "cpu", folder)
    val = images.load(job.data, "val")
    logits = batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))
    metrics = {"val_accuracy": round(float((logits.argmax(1) == val.labels).mean()), 6), "val_nll": round(_nll(logits, val.labels), 6)}
    _store.write_card(folder, card.model_copy(update={"metrics": metrics}))


def _plain(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 6)  # JSON has no NaN


def _moves(network: nn.Module) -> bool:
    return isinstance(network, nac.Network) and network.trunk.generator.kind == "learned"


def _nll(logits: np.ndarray, labels: np.ndarray) -> float:
    return nn.functional.cross_entropy(torch.from_numpy(logits).double(), torch.from_numpy(np.asarray(labels, np.int64))).item()


def _card(job: Job, network: nn.Module, options: dict[str, Any], seconds: float, folder: Path) -> networks.Card:
    data = images.card(job.data)
    file = f"{job.name}.safetensors"
    graph = fitting.links_of(network)
    attributes: dict[str, Any] = {
        "family": "circuit", "arm": job.arm, "architecture": arms.architecture(job), "regime": "scratch", "pretrained": None,
        "augmentation": job.setting.augmentation, "learning_rate": job.setting.learning_rate, "seed": job.seed, "steps": job.length,
        "epochs": round(job.length * job.setting.batch / data.sizes["train"], 1), "train_images": data.sizes["train"],
        "cpu_seconds": round(seconds, 1), "density": None if graph is None else round(fitting.density(graph), 4),
    }  # fmt: skip
    if job.prior:
        attributes |= {"prior": job.prior, "prior_weight": job.prior_weight}
    if not isinstance(network, nac.Network):
        attributes.pop("density")
    return networks.Card(
        name=job.name, title=f"{_title(job)}, {job.setting.title}, seed {job.seed}", architecture=arms.architecture(job), options=options,
        preprocess=job.setting.preprocess, classes=data.classes, weights=(file,), digest=_store.digest([folder / file]), trained_on=job.data,
        parameters=predict.parameters(network), attributes=attributes, recipe=job.command,
        licence=f"Apache-2.0 (weights). Training data {job.data}: {data.licence}",
        citation=str(registry.card(ROOM, arms.architecture(job)).constants["CITATION"]), text=arms.ARMS[job.arm],
    )  # fmt: skip


def _title(job: Job) -> str:
    said = {
        "dense_fc": "Dense circuit, plain maps", "dense_modfc": "Dense circuit, coded maps", "dense_dropout": "Dense circuit, link dropout",
        "none": "Circuit, no prior", "frozen": "Circuit, frozen random graph", "interpreter": "Neural interpreter",
    }  # fmt: skip
    return said.get(job.arm, f"Circuit, {job.arm.replace('_', ' ')}")


def _choose(folder: Path, data: tuple[str, ...], seeds: tuple[int, ...], steps: int | None) -> Iterator[str]:
    """Rank eps and truncation by validation accuracy, then loss, without prior; then at the best of them the weight of each prior."""
    for one in data:
        links = [
            Job("none", one, seed, eps, tau, steps=steps or 0) for eps in CHOICES["bandwidth"] for tau in CHOICES["truncation"] for seed in seeds
        ]
        found = yield from _ranked(links, folder / "choices")
        eps, tau = found[0]["bandwidth"], found[0]["truncation"]
        said = [f"eps {eps:g}", f"truncation {tau}"]
        for prior in priors.names():
            pulled = [Job(prior, one, seed, eps, tau, weight, steps=steps or 0) for weight in CHOICES["prior_weight"] for seed in seeds]
            found += (weights := (yield from _ranked(pulled, folder / "choices")))
            said.append(f"weight of {prior} {weights[0]['prior_weight']:g}")
        _store.write(_choices(folder, one), json.dumps(found, indent=1).encode())
        yield f"{one}: best on validation data: {', '.join(said)}"


def _choices(folder: Path, data: str) -> Path:
    return folder / "choices" / f"choice-{data}.txt"


def best(folder: Path, job: Job) -> dict[str, Any]:
    """Return eps and truncation that validation data chose, and the weight of the job's prior; raises UserError where nothing was compared yet."""
    file = _choices(folder, job.data)
    found = sorted(json.loads(file.read_text()), key=lambda row: (-row["val_accuracy"], row["val_nll"])) if file.is_file() else []
    links = next((row for row in found if row["arm"] == "none"), None)
    weight = next((row["prior_weight"] for row in found if row["arm"] == job.prior), None)
    if links is None or (job.prior and weight is None):
        raise errors.UserError(
            f"Nothing was chosen for {job.prior or 'circuits'} on {job.data} in {folder}.",
            f"Choose first: {arms.COMMAND} --into {folder} --choose --data {job.data}",
        )
    return {"bandwidth": links["bandwidth"], "truncation": links["truncation"]} | ({"prior_weight": weight} if job.prior else {})


def _ranked(jobs: list[Job], folder: Path) -> Generator[str, None, list[dict[str, Any]]]:
    """Make circuits, yield a line for each choice, and return the choices, best first; seeds of a choice are averaged."""
    found = []
    for choice in dict.fromkeys((job.bandwidth, job.truncation, job.prior_weight) for job in jobs):
        mine = [job for job in jobs if (job.bandwidth, job.truncation, job.prior_weight) == choice]
        for job in mine:
            if not exists(job, folder):
                for _ in fit_one(job, folder):
                    pass
        cards = [_card_of(job, folder) for job in mine]
        means = {name: round(float(np.mean([card.metrics[name] for card in cards])), 5) for name in ("val_accuracy", "val_nll")}
        density = round(float(np.mean([float(card.attributes["density"] or 0) for card in cards])), 4)
        found.append({"arm": mine[0].arm, "bandwidth": choice[0], "truncation": choice[1], "prior_weight": choice[2], **means, "density": density})
        yield str(found[-1])
    return sorted(found, key=lambda row: (-row["val_accuracy"], row["val_nll"]))


def weights(job: Job, folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a circuit that was made, in single precision; raises UserError where they are damaged or missing."""
    if not exists(job, folder):
        raise errors.UserError(f"The circuit {job.name} is not in {folder}.", f"Make it: {job.command.replace('FOLDER', str(folder))}")
    return _weights.state(_card_of(job, folder), folder)
