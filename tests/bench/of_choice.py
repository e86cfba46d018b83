"""How long it takes to tell whether a difference is real: two networks over 50,000 examples, with 10,000 resamples."""

from collections.abc import Callable, Iterator

import numpy as np

from engine.stats import paired, ranking
from tests.bench.timing import Result, seconds

N = 50_000
ROUNDS = 5


def run() -> Iterator[Result]:
    """Compare two networks by accuracy and by a real-valued score, and a thousand with the best of them."""
    rng = np.random.default_rng(0)
    right, scores = rng.random((2, N)) < [[0.80], [0.79]], rng.gamma(0.3, size=(2, N))
    many = rng.random((1000, 2000)) < np.linspace(0.7, 0.8, 1000)[:, None]
    group = "choosing"
    note = f"{N:,} examples, {paired.RESAMPLES:,} resamples"
    yield Result(group, "paired bootstrap, accuracy", _least(lambda: paired.compare(*right)), "s", "<= 0.1", note)
    yield Result(group, "paired bootstrap, a real-valued score", _least(lambda: paired.compare_scores(*scores)), "s", "<= 1.5", note)
    note = f"{many.shape[0]:,} networks, {many.shape[1]:,} examples, 1,000 resamples"
    yield Result(group, "ranks with intervals", _least(lambda: ranking.rank_intervals(many)), "s", note=note)
    yield Result(group, "who cannot be told apart from the best", _least(lambda: ranking.ties_with_best(many)), "s", note=note)


def _least(work: Callable[[], object]) -> float:
    return min(seconds(work) for _ in range(ROUNDS))
