"""The dashboard's speed in a real browser: server start, first useful paint of each page, and how fast a rerun answers."""

import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, WebSocket

from pages.parts import navigation
from tests.bench.timing import Result, spread
from tests.browser._server import browsing, found, ready, serving

STARTS = 3
RERUNS = 15
QUIET_SECONDS = 0.4  # a rerun is over when the server has said nothing for so long


def run() -> Iterator[Result]:
    """Measure on the results that ship."""
    if found() is None:
        yield Result("pages", "not measured", 0.0, "", note="no Chromium was found here")
        return
    starts = []
    for _ in range(STARTS):
        began = time.perf_counter()
        with serving():
            starts.append(time.perf_counter() - began)
    yield Result("pages", f"server start to healthy, slowest of {STARTS}", max(starts), "s", "<= 2")
    for place in navigation.available():
        yield from _page(place)


def _page(place: navigation.Place) -> Iterator[Result]:
    """Measure one page: as the very first after a start, again in a new session, and its reruns."""
    with serving() as server, browsing() as browser:
        address = f"{server}/{place.path}"
        yield Result("pages", f"{place.title}: first useful paint, first visitor", _opened(browser, address), "s")
        yield Result("pages", f"{place.title}: first useful paint, next visitor", _opened(browser, address), "s")
        median, late = spread("pages", f"{place.title}: a rerun", _reruns(browser, address))
    yield Result(median.group, median.name, median.value, median.unit, "<= 100")
    yield late


def _opened(browser: Browser, address: str) -> float:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    try:
        return ready(page, address)
    finally:
        page.close()


def _reruns(browser: Browser, address: str) -> list[float]:
    """Return the seconds from each request for a rerun to the last word of the server's answer."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    talk = _Talk(page)
    ready(page, address)
    times = []
    for _ in range(RERUNS):
        page.wait_for_timeout(300)
        talk.asked = talk.told = 0.0
        page.locator("body").press("r")
        began = time.perf_counter()
        while time.perf_counter() - began < 10 and not (talk.told and time.perf_counter() - talk.told > QUIET_SECONDS):
            page.wait_for_timeout(20)
        if talk.asked and talk.told:
            times.append(talk.told - talk.asked)
    page.close()
    assert times, f"no rerun of {address} was seen"
    return times


class _Talk:
    """When the browser last asked the server, and when the server last answered."""

    def __init__(self, page: Page) -> None:
        self.asked = self.told = 0.0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda _: self._ask())
        socket.on("framereceived", lambda _: self._tell())

    def _ask(self) -> None:
        self.asked = self.asked or time.perf_counter()

    def _tell(self) -> None:
        if self.asked:
            self.told = time.perf_counter()
