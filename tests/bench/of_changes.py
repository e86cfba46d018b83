"""Going through the dashboard in a real browser on the results that ship: first useful paint of each page, and the change from page to page."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from pages.parts import navigation
from tests.bench import probe
from tests.bench.timing import Result
from tests.browser import _server

GROUP = "changes"


def run() -> Iterator[Result]:
    """Start a server, go once through all pages, and once more with the clock; then as new visitors."""
    if _server.found() is None:
        yield Result(GROUP, "not measured", 0.0, "", note="no Chromium was found here")
        return
    began = time.perf_counter()
    with _server.serving() as address, _server.browsing() as browser:
        yield Result(GROUP, "server start to healthy", time.perf_counter() - began, "s", "<= 2")
        shown = [place for place in navigation.available() if not place.hidden]
        with _server.looking(browser) as (page, _):
            page.add_init_script(probe.PROBE)
            page.add_init_script(probe.FIRST)
            yield Result(GROUP, "the very first visitor's first page", probe.opened(page, address), "s")
            for place in shown:
                _go(page, place)
            probe.taken(page)
            changes = {place.title: _timed(page, place) for place in shown}
        yield from _told("page change, click to painted page", changes, 0.5, 1.5)
        paints = {place.title: _first(browser, f"{address}/{place.path}") for place in shown}
        yield from _told("first useful paint, a visitor who comes by a link", paints, 2.5, 4.0)


def _go(page: Any, place: navigation.Place) -> None:
    """Click a page in the navigation and wait until it is there."""
    link = page.locator(f"[data-testid=stSidebarNavLink][href$='/{place.path}']").first
    probe.act(page, place.title, link.scroll_into_view_if_needed, link.click)
    _server.settled(page)


def _timed(page: Any, place: navigation.Place) -> float:
    _go(page, place)
    acts = probe.taken(page)
    assert acts, f"no change to {place.title} was seen"
    return acts[-1].painted


def _first(browser: Any, address: str) -> float:
    with _server.looking(browser) as (page, _):
        page.add_init_script(probe.FIRST)
        return probe.opened(page, address)


def _told(what: str, taken: dict[str, float], usual: float, worst: float) -> Iterator[Result]:
    slowest = max(taken, key=lambda title: taken[title])
    yield Result(GROUP, f"{what}, median of {len(taken)} pages", statistics.median(taken.values()), "s", f"<= {usual:g}")
    yield Result(GROUP, f"{what}, slowest page", taken[slowest], "s", f"<= {worst:g}", slowest)
