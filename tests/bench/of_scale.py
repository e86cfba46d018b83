"""The analyses at the paper's size: 31,104 networks, 36 training sets in 10 tasks, 172 ID/OOD pairs, some 7 M scores.

The numbers are generated: each network has a skill, each set a difficulty and a slope on skill, each metric its own noise. What is
measured is how long the lens and every panel's question take, and what memory they hold.
"""

import itertools
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from engine import rows, store
from engine.assay import population, prepared
from engine.store import reading
from tests.bench.timing import Result, fresh_home, seconds, spread

COLLECTION = "paper size"
TASKS = {"VLCS": 4, "PACS": 4, "OfficeHome": 4, "SVIRO": 10, "TerraIncognita": 4, "DomainNet": 6}  # DomainBed: every ordered couple
WILDS = ("camelyon17", "fmow", "iwildcam", "rxrx1")  # one pair each
ARCHITECTURES = ("resnet50d", "densenet", "efficientnetv2", "gmlp", "mixer", "resmlp", "vit", "deit", "swin")
GRID = tuple(itertools.product(
    ARCHITECTURES, ("identity", "colour", "randaugment", "augmix"), ("whole", "head"), (5e-4, 5e-5), (10, 100), ("full", "100", "10"),
))  # fmt: skip
METRICS = ("accuracy", "nll", "brier", "ece", "demographic_disparity", "adversarial_accuracy")
SHIFTS = tuple(itertools.product((f"corruption_{i:02d}" for i in range(17)), (1.0, 2.0, 3.0, 4.0, 5.0)))
SHIFT_METRICS = ("accuracy", "ece")
OF_FRACTIONS = {"accuracy", "ece", "demographic_disparity", "adversarial_accuracy"}


def tasks() -> dict[str, tuple[str, ...]]:
    """Return each task's training sets."""
    return {task: tuple(f"{task} {i}" for i in range(size)) for task, size in TASKS.items()} | {name: (name,) for name in WILDS}


def others(domain: str) -> tuple[str, ...]:
    """Return the OOD sets of a training set: its siblings, or the one test set of a WILDS task."""
    mine = next(sets for sets in tasks().values() if domain in sets)
    return tuple(one for one in mine if one != domain) or (f"{domain} elsewhere",)


def fill() -> int:
    """Write one finished run for each training set; returns the score rows written."""
    start, total = datetime(2026, 1, 1, tzinfo=UTC), 0
    domains = [(task, domain) for task, sets in tasks().items() for domain in sets]
    for number, (task, domain) in enumerate(domains):
        run, now = f"scale-{number:02d}", start + timedelta(minutes=number)
        writer = store.Writer(run)
        names = [f"{domain} {i:03d}" for i in range(len(GRID))]
        found = [_scores(task, domain, names, seed=number)]
        writer.append([store.block(rows.Network, [_network(n, domain, cell) for n, cell in zip(names, GRID, strict=True)]), *found])
        writer.finish(rows.Run(run, "import", domain, "{}", "done", 0, now, now, now, 1.0, 1, 1, "cpu", None, None, "{}", "bench", None))
        total += sum(block.length for block in found)
        sys.stderr.write(f"\r{number + 1} of {len(domains)} training sets written")
    sys.stderr.write("\n")
    return total


def _network(name: str, domain: str, cell: tuple) -> rows.Network:
    keys = ("architecture", "augmentation", "regime", "learning_rate", "epochs", "images_per_class")
    return rows.Network(name, name, cell[0], "table", name, domain, None, json.dumps(dict(zip(keys, cell, strict=True))), collection=COLLECTION)


def _scores(task: str, domain: str, names: list[str], seed: int) -> rows.Block:
    """Return the scores of all networks of a training set, in the shape that an import stores."""
    rng = np.random.default_rng(seed)
    plain = [(domain, "val"), (domain, "test"), *((other, "test") for other in others(domain))]
    sets = [(*one, "", 0.0, metric) for one in plain for metric in METRICS]
    sets += [(domain, "test", shift, strength, metric) for shift, strength in SHIFTS for metric in SHIFT_METRICS]
    skill = rng.normal(size=(len(names), 1))
    slope, level = rng.normal(0.6, 0.4, len(sets)), rng.normal(0.5, 0.8, len(sets))
    value = 1 / (1 + np.exp(-(level + slope * skill + rng.normal(0, 0.3, (len(names), len(sets))))))
    said = {name: [one[k] for one in sets] * len(names) for k, name in enumerate(("dataset", "split", "shift", "strength", "metric"))}
    flat = np.round(value, 6).ravel()
    columns = {
        "network": [name for name in names for _ in sets], **said, "metric_version": 1, "value": flat, "low": flat - 0.02, "high": flat + 0.02,
        "n": 1000, "cell": "", "unit": ["fraction" if one[4] in OF_FRACTIONS else "nats" for one in sets] * len(names),
        "collection": COLLECTION, "task": task,
    }  # fmt: skip
    return rows.Block(rows.Score, columns, len(flat))


def run() -> Iterator[Result]:
    """Fill a store and ask what the analyses ask."""
    group = "paper size"
    with fresh_home():
        total = fill()
        note = f"{len(GRID) * len([d for sets in tasks().values() for d in sets]):,} networks, {total:,} scores"
        yield Result(group, "opening the store", seconds(reading.lens), "s", note=note)
        for name, asks in asked().items():
            yield from spread(group, f"{name}, asked first", [seconds(ask) for ask in asks])
            yield from spread(group, f"{name}, asked again", [seconds(ask) for ask in asks])
        for said, ask in prepared.questions(COLLECTION):
            yield Result(group, f"{said}, made beforehand by a worker", seconds(ask), "s")
        again = json.loads(_fresh())
        for said, took in again["seconds"].items():
            yield Result(group, f"{said}, asked first of a new process once it was made", took, "s", "<= 0.15")
        yield Result(group, "memory at most, lens and analyses", again["gb"], "GB", "<= 2")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        yield Result(group, "memory at most, filling included", peak, "GB", "<= 2")


def _fresh() -> str:
    """Return as JSON what a new process takes for the first questions of the pages, and the memory it takes at most."""
    words = [sys.executable, "-m", "tests.bench.of_scale", "--again"]
    return subprocess.run(words, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]).stdout.splitlines()[-1]


def _again() -> dict:
    """Ask the first questions of the pages in this process."""
    reading.lens()
    took = {said: seconds(ask) for said, ask in prepared.questions(COLLECTION)}
    return {"seconds": took, "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}


def asked() -> dict:
    """Return what the panels ask."""
    from engine.assay import views

    domains = [d for sets in tasks().values() for d in sets]
    return {
        "collections": [population.collections],
        "sets": [lambda m=m: population.sets_of(COLLECTION, m) for m in METRICS],
        "metrics": [lambda: population.metrics_of(COLLECTION)],
        "networks with attributes": [lambda: population.networks_of(COLLECTION)],
        "pairs": [lambda m=m: population.pairs(COLLECTION, m) for m in METRICS],
        "networks x unshifted sets": [lambda m=m: population.wide(COLLECTION, m) for m in METRICS],
        "networks x OOD sets, two metrics": [lambda m=m: population.cross(COLLECTION, ("accuracy", m)) for m in METRICS[1:]],
        "one pair's points": [
            lambda d=d: views.points(views.Set(d), views.Set(others(d)[0]), trained_on=d, collection=COLLECTION) for d in domains[:20]
        ],
    }


if __name__ == "__main__":
    if "--again" in sys.argv:
        sys.stdout.write(json.dumps(_again()))
        sys.exit()
    for found in run():
        sys.stdout.write(f"{found}\n")
