"""The store's speed: rows appended a second, and how long the assay's views take over a million and ten million scores."""

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from engine import rows, store
from engine.assay import views
from engine.store import reading
from tests.bench.timing import Result, fresh_home, seconds, spread

DATASETS = ("mnist", "optdigits", "printed", "mfeat")
SHIFTS = tuple(f"shift_{i:02d}" for i in range(23))
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
METRICS = ("accuracy", "nll", "brier", "ece", "mean_confidence", "top5_accuracy", "worst_class_accuracy", "auroc_energy")
SETS = tuple(itertools.chain(
    ((d, "", 0.0) for d in DATASETS), ((d, s, x) for d in DATASETS for s in SHIFTS for x in STRENGTHS),
))  # fmt: skip
ROWS_A_NETWORK = len(SETS) * len(METRICS)  # 3,712
NETWORKS_A_RUN = 25
BIG = (1_000_000, 10_000_000)


def run(sizes: tuple[int, ...] = BIG) -> Iterator[Result]:
    """Measure appending, then the views over stores of growing size."""
    with fresh_home():
        yield from appending()
    for size in sizes:
        with fresh_home():
            yield from queries(size)


def appending() -> Iterator[Result]:
    """Append score rows and prediction rows in parts of whole runs, fsync included."""
    blocks = [scores(f"net-{i}", seed=i) for i in range(NETWORKS_A_RUN)]
    writer = store.Writer("append-scores")
    took = seconds(lambda: writer.append(blocks))
    yield Result("store", "score rows appended, one large part", sum(b.length for b in blocks) / took, "rows/s")
    took = seconds(lambda: [writer.append([block]) for block in blocks])
    yield Result("store", "score rows appended, parts of 3,712", sum(b.length for b in blocks) / took, "rows/s")
    for classes, n in ((10, 100_000), (1000, 2_000)):
        block = predictions(n, classes)
        took = seconds(lambda block=block: store.Writer(f"append-{block.length}").append([block]))
        yield Result("store", f"prediction rows appended, {classes} logits each", n / took, "rows/s")


def queries(size: int) -> Iterator[Result]:
    """Fill a store and ask what the pages ask."""
    networks = round(size / ROWS_A_NETWORK)
    took = seconds(lambda: fill(networks))
    total = networks * ROWS_A_NETWORK
    group = f"{total / 1e6:.0f} M rows"
    yield Result(group, "rows appended while filling", total / took, "rows/s")
    yield Result(group, "opening the store", seconds(reading.lens), "s", note=f"{networks:,} networks, {len(SETS)} sets, {len(METRICS)} metrics")
    for name, asks in _asked(networks).items():
        yield from spread(group, f"{name}, asked first", [seconds(ask) for ask in asks])
        yield from spread(group, f"{name}, asked again", [seconds(ask) for ask in asks])


def _asked(networks: int) -> dict[str, list[Callable[[], object]]]:
    """Return what pages ask, each question a dozen times with other answers."""
    return {
        "points": [lambda i=i: views.points(_set(i), _set(i + 97), METRICS[i % 8]) for i in range(12)],
        "matrix of 30 networks and 12 sets": [
            lambda i=i: views.matrix(METRICS[i % 8], [_set(i * 12 + k) for k in range(12)], _some(i, networks)) for i in range(12)
        ],
        "strengths of 10 networks": [
            lambda i=i: views.strengths(DATASETS[i % 4], [METRICS[i % 8]], [SHIFTS[i]], _some(i, networks)[:10]) for i in range(12)
        ],
        "sets known": [views.known],
        "pairs known": [views.pairs_known],
    }


def _set(i: int) -> views.Set:
    dataset, shift, strength = SETS[i % len(SETS)]
    return views.Set(dataset, "test", shift, strength)


def _some(i: int, networks: int) -> list[str]:
    return [f"net-{(i * 31 + k * 7) % networks}" for k in range(30)]


def fill(networks: int) -> None:
    """Write finished runs of 25 networks each over all sets and metrics."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number, first in enumerate(range(0, networks, NETWORKS_A_RUN)):
        names = [f"net-{i}" for i in range(first, min(first + NETWORKS_A_RUN, networks))]
        about = [
            rows.Network(n, n, "cnn", "shipped", n, DATASETS[i % 4], 1000 + i, '{"regime": "linear probe", "seed": 1}') for i, n in enumerate(names)
        ]
        writer = store.Writer(f"run-{number:04d}")
        writer.append([store.block(rows.Network, about), *(scores(name, seed=first + i) for i, name in enumerate(names))])
        now = start + timedelta(minutes=number)
        writer.finish(rows.Run(
            f"run-{number:04d}", "assay", "bench", "{}", "done", 0, now, now, now, 1.0, 1, 1, "cpu", None, None, "{}", "bench", None,
        ))  # fmt: skip
        sys.stderr.write(f"\r{first + len(names):,} of {networks:,} networks written")
    sys.stderr.write("\n")


def scores(network: str, seed: int) -> rows.Block:
    """Return one network's score rows on every set, in the shape that a run stores."""
    rng = np.random.default_rng(seed)
    value = rng.uniform(0.05, 0.95, ROWS_A_NETWORK)
    repeated = {
        name: [one[k] for one in SETS for _ in METRICS] for k, name in enumerate(("dataset", "shift", "strength"))
    }  # fmt: skip
    columns = {
        "network": network, "split": "test", **repeated, "metric": list(METRICS) * len(SETS), "metric_version": 1, "value": value,
        "low": value - 0.02, "high": value + 0.02, "n": 1000, "cell": f"{seed:016x}", "classes": 10, "unit": "fraction",
    }  # fmt: skip
    return rows.Block(rows.Score, columns, ROWS_A_NETWORK)


def predictions(n: int, classes: int) -> rows.Block:
    """Return a network's answers to n examples."""
    rng = np.random.default_rng(0)
    columns = {
        "network": "net-0", "dataset": "mnist", "split": "test", "shift": "", "strength": 0.0, "example_id": [f"{i:016x}" for i in range(n)],
        "position": np.arange(n), "label": rng.integers(0, classes, n), "logits": rng.normal(size=(n, classes)).astype(np.float32), "cell": "c",
        "predicted": rng.integers(0, classes, n), "confidence": rng.uniform(size=n),
    }  # fmt: skip
    return rows.Block(rows.Prediction, columns, n)


if __name__ == "__main__":
    began = time.perf_counter()
    for found in run(tuple(int(float(word)) for word in sys.argv[1:]) or BIG):
        sys.stdout.write(f"{found}\n")
    sys.stdout.write(f"{time.perf_counter() - began:.0f} s\n")
