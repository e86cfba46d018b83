"""Ten visitors at once on five million scores: each changes a filter every five seconds, and the server alone is measured.

Visitors speak the dashboard's own protocol without a browser: what is timed goes from the choice to the server's last word, all that a page
sends included. The store is generated: 1,347 networks, 464 sets, 8 metrics, the numbers drawn at random. `of_browsers` does the same with browsers.
"""

import os
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import psutil

from tests.bench import of_store
from tests.bench.clients import Visitor
from tests.bench.timing import Result, fresh_home, spread
from tests.browser import _server

GROUP = "users"
USERS, EVERY, TURNS = 10, 5.0, 15
ROWS = 5_000_000
NETWORKS = round(ROWS / of_store.ROWS_A_NETWORK)
MOST = 300  # milliseconds


class Filter(NamedTuple):
    """A choice that a visitor changes."""

    page: str
    key: str  # of the select box
    options: tuple[str, ...]


SHIFTED = tuple(f"{d} · {s} {x:g}" for d, s, x in of_store.SETS if s and x in (1.0, 3.0))
FILTERS = (
    Filter("assay-explore", "metric", of_store.METRICS),
    Filter("assay-explore", "y", SHIFTED),
    Filter("assay-explore", "x", of_store.DATASETS),
    Filter("pairs?table=", "measure", of_store.METRICS),
    Filter("assay-strength", "dataset", of_store.DATASETS),
)
PAGES = ("assay-explore", "pairs?table=", "assay-explore", "assay-strength", "assay-explore")  # which page each visitor looks at, in turn


class Choice(NamedTuple):
    """A filter and what it is set to."""

    filter: Filter
    option: str

    @property
    def what(self) -> str:
        """Page and filter, for people."""
        return f"{self.filter.page.partition('?')[0]}: {self.filter.key}"


def run() -> Iterator[Result]:
    """Fill a store, let everybody in, and let all act."""
    with stored() as (address, took):
        yield Result(GROUP, "making the store", took, "s", note=f"{NETWORKS * of_store.ROWS_A_NETWORK:,} scores")
        began = time.perf_counter()
        visitors = [Visitor(address, page_of(user)) for user in range(USERS)]
        yield Result(GROUP, "the first page of ten visitors, one after the other", time.perf_counter() - began, "s", note="opens the store")
        alone = [visitors[0].choose(one.filter.key, one.option) for one in choices(0, 12, seed=1)]
        median, late = spread(GROUP, "one visitor: choice to the server's last word", alone)
        yield Result(median.group, median.name, median.value, median.unit, "<= 100")
        yield late
        yield from _together(visitors, process(address))


@contextmanager
def stored() -> Iterator[tuple[str, float]]:
    """Give the address of a server over a store of five million scores in a temporary folder, and the seconds that making the store took."""
    with fresh_home() as folder:
        began = time.perf_counter()
        of_store.fill(NETWORKS)
        took = time.perf_counter() - began
        with _server.serving(folder / "home", TOUCHSTONE_SAMPLE=str(folder / "none")) as address:
            yield address, took


def page_of(user: int) -> str:
    """Return the page that a visitor looks at."""
    return PAGES[user % len(PAGES)]


def choices(user: int, turns: int, *, seed: int) -> list[Choice]:
    """Return what a visitor chooses, one filter of their page after the other, never the same option twice running."""
    rng, mine = random.Random(f"{seed} {user}"), [one for one in FILTERS if one.page == page_of(user)]
    last: dict[str, str] = {}
    found = []
    for turn in range(turns):
        chosen = mine[turn % len(mine)]
        last[chosen.key] = rng.choice([one for one in chosen.options if one != last.get(chosen.key)])
        found.append(Choice(chosen, last[chosen.key]))
    return found


def _together(visitors: Sequence[Visitor], server: psutil.Process) -> Iterator[Result]:
    """Let all visitors act, each beginning at a moment of their own."""
    load, began, used = os.getloadavg()[0], time.perf_counter(), cpu(server)
    took: list[tuple[str, float]] = []
    threads = [threading.Thread(target=_acting, args=(visitor, user, began, took)) for user, visitor in enumerate(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used, wall = cpu(server) - used, time.perf_counter() - began
    said = f"{len(took)} acts, one every {EVERY:g} s each; load of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    median, late = spread(GROUP, f"{USERS} visitors: choice to the server's last word", [seconds for _, seconds in took], said)
    yield median
    yield Result(late.group, late.name, late.value, late.unit, f"<= {MOST}")
    for what in sorted({what for what, _ in took}):
        mine = [1000 * seconds for name, seconds in took if name == what]
        yield Result(GROUP, f"{what}, median", statistics.median(mine), "ms", note=f"{len(mine)} acts, slowest {max(mine):.0f} ms")
    yield Result(GROUP, "server's CPU for one filter", 1000 * used / len(took), "CPU ms", note=f"{100 * used / wall:.0f} % of one core")
    yield Result(GROUP, "server's memory", server.memory_info().rss / 1e9, "GB", "<= 2")


def _acting(visitor: Visitor, user: int, began: float, took: list[tuple[str, float]]) -> None:
    start = began + EVERY * random.Random(user).random()
    for turn, one in enumerate(choices(user, TURNS, seed=2)):
        time.sleep(max(0.0, start + EVERY * turn - time.perf_counter()))
        took.append((one.what, visitor.choose(one.filter.key, one.option)))


def process(address: str) -> psutil.Process:
    """Return the process that serves an address."""
    port = address.rpartition(":")[2]
    return next(one for one in psutil.Process().children(recursive=True) if {port, "streamlit"} <= set(one.cmdline()))


def cpu(server: psutil.Process) -> float:
    """Return the seconds of CPU that a process took."""
    times = server.cpu_times()
    return times.user + times.system
