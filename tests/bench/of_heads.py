"""How long the exact search for (b, c) takes beside a plain grid, and an audit of many decisions: CPU seconds, whatever others do meanwhile."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.heads import merge
from engine.metrics import groups
from tests.bench.timing import Result, spread
from tests.browser import _plane, _server

PEOPLE, MANY = 50_000, 200_000
BS, CS = 200, 200
TIMED = 2_000  # of the plain grid's 40,000 places; it takes the same time for each
ROUNDS = 3


def run() -> Iterator[Result]:
    """Search, in parity and opportunity; the grid; thresholds by true group; an audit with four groups."""
    task, group, people = _drawn(PEOPLE)
    bs = merge.steps(merge.reach(task, group[:, 0]), BS).tolist()
    for constraint in (merge.PARITY, merge.OPPORTUNITY):
        mine = merge.People(people.labels, people.members, 2, constraint)
        taken = _cpu(lambda mine=mine: merge.search(task, group, mine, [0.02], bs=bs))
        yield Result("heads", f"exact (b, c), {constraint}, {BS} values of b, {PEOPLE:,} people", taken, "CPU s", "<= 1")
    yield Result("heads", f"plain grid, {BS} x {CS}", _grid(task, group, people, bs) * BS * CS / TIMED, "CPU s", note=f"timed on {TIMED:,} places")
    yield Result("heads", "thresholds by true group, exact", _cpu(lambda: merge.by_true_group(task, people, 0.02)), "CPU s")
    decided = groups.Decided(task > 0, people.labels, np.arange(PEOPLE) % 4, ("a", "b", "c", "d"))
    yield Result("heads", "rates and gaps of four groups, with intervals", _cpu(lambda: (groups.by_group(decided), groups.gaps(decided))), "CPU s")
    task, group, people = _drawn(MANY)
    path = _cpu(lambda: merge.search(task, group, people, merge.slack_grid(0.2)), 1)
    yield Result("heads", f"the path of 21 slacks, {MANY:,} people", path, "CPU s")
    yield from _slider()


def _slider() -> Iterator[Result]:
    """Move the slack over its whole length, there and back, in a real browser that measures itself: from the event to the painted plane."""
    if _server.found() is None:
        yield Result("heads", "the slider: not measured", 0.0, "", note="no Chromium was found here")
        return
    with tempfile.TemporaryDirectory() as folder, _server.serving(script=_plane.script(Path(folder))) as address, _server.browsing() as browser:
        for people in (10_000, MANY):
            with _server.looking(browser) as (page, _):
                _server.opened(page, f"{address}/?people={people}")
                page.wait_for_selector(f".plane[data-people='{people}'][data-painted]", timeout=_server.MILLISECONDS)
                median, late = spread("heads", f"the slider moves, {people:,} people", [ms / 1000 for ms in _plane.slid(page)])
            yield Result(median.group, median.name, median.value, median.unit, "<= 50")
            yield late


def _drawn(n: int) -> tuple[np.ndarray, np.ndarray, merge.People]:
    rng = np.random.default_rng(0)
    members = (rng.random(n) < 0.6).astype(int)
    task = (rng.standard_normal(n) + 0.8 * members - 0.9).astype(np.float32)
    group = (members + 0.3 * rng.standard_normal(n)).astype(np.float32)[:, None]
    return task, group, merge.People((rng.random(n) < 1 / (1 + np.exp(-2 * task))).astype(int), members, 2)


def _grid(task: np.ndarray, group: np.ndarray, people: merge.People, bs: list[float]) -> float:
    """Try some places of a grid one by one and return how long that took."""
    cs = np.linspace(-15, 15, TIMED // 10)

    def tried() -> None:
        for b in bs[:: BS // 10]:
            u = merge.combined(task, group, (b,))
            for c in cs:
                decisions = u + c > 0
                np.mean(decisions == people.labels)
                merge.gap(decisions, people)

    return _cpu(tried, 1)


def _cpu(act, rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        started = time.process_time()
        act()
        times.append(time.process_time() - started)
    return statistics.median(times)
