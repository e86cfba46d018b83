"""The ten visitors of `of_users`, each in a browser context of its own in one Chromium: from the key to the painted page.

Ten browsers and the server share this machine's cores, as ten visitors' own machines would not; `of_users` tells the server's part alone.
"""

import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from tests.bench import of_users, probe
from tests.bench.of_users import EVERY, TURNS, USERS, Choice
from tests.bench.timing import Result, spread
from tests.browser import _server

GROUP = "browsers"
ALONE, ALONE_EVERY = 12, 1.5


def run() -> Iterator[Result]:
    """Fill a store, let one visitor act, then all."""
    if _server.found() is None:
        yield Result(GROUP, "not measured", 0.0, "", note="no Chromium was found here")
        return
    with of_users.stored() as (address, _), _server.browsing() as browser, ExitStack() as visits:
        pages: list[Any] = []
        for user in range(USERS):
            page, _ = visits.enter_context(_server.looking(browser))
            page.add_init_script(probe.PROBE)
            _server.opened(page, f"{address}/{of_users.page_of(user)}")
            pages.append(page)
            if not user:
                yield from _alone(pages)
        _act(pages, 2, seed=3)  # what each page loads once is loaded
        for page in pages:
            probe.taken(page)
        yield from _together(pages)


def _alone(pages: Sequence[Any]) -> Iterator[Result]:
    """Let the first visitor act alone."""
    _act(pages, 3, seed=4, every=ALONE_EVERY)
    probe.taken(pages[0])
    _act(pages, ALONE, seed=5, every=ALONE_EVERY)
    acts = probe.taken(pages[0])
    yield from spread(GROUP, "one visitor: key to painted page", [one.painted for one in acts])
    yield from spread(GROUP, "one visitor: request to the server's last word", [one.answered for one in acts])


def _together(pages: Sequence[Any]) -> Iterator[Result]:
    """Let all visitors act."""
    load = os.getloadavg()[0]
    asked = _act(pages, TURNS, seed=6)
    acts = [one for page in pages for one in probe.taken(page)]
    said = f"{len(acts)} of {asked} acts, one every {EVERY:g} s each; load of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    median, late = spread(GROUP, f"{USERS} visitors: key to painted page", [one.painted for one in acts], said)
    yield median
    yield Result(late.group, late.name, late.value, late.unit, f"<= {of_users.MOST}")
    yield from spread(GROUP, f"{USERS} visitors: request to the server's last word", [one.answered for one in acts])
    for what in sorted({one.what for one in acts}):
        mine = [1000 * one.painted for one in acts if one.what == what]
        yield Result(GROUP, f"{what}, median", statistics.median(mine), "ms", note=f"{len(mine)} acts, slowest {max(mine):.0f} ms")
    yield Result(GROUP, "acts that were answered", len(acts) / asked, "share", ">= 0.98")


def _act(pages: Sequence[Any], turns: int, *, seed: int, every: float = EVERY) -> int:
    """Let every visitor act so many times, each beginning at a moment of their own; returns the acts."""
    rng = random.Random(seed)
    starts = [every * rng.random() for _ in pages]
    wanted = [of_users.choices(user, turns, seed=seed) for user in range(len(pages))]
    plan = sorted((starts[user] + every * turn, user, turn) for user in range(len(pages)) for turn in range(turns))
    began = time.perf_counter()
    for at, user, turn in plan:
        time.sleep(max(0.0, began + at - time.perf_counter()))
        _choose(pages[user], wanted[user][turn])
    time.sleep(2.0)
    return len(plan)


def _choose(page: Any, one: Choice) -> None:
    """Choose an option of a select box by typing it; the clock begins with the last key."""
    box = page.locator(f".st-key-{one.filter.key} input").first

    def typed() -> None:
        box.click()
        box.fill(one.option)

    probe.act(page, one.what, typed, lambda: box.press("Enter"))
