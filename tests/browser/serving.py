"""The dashboard and a browser outside of a test run: for photographs and measurements, with the time each step takes."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import _server

TITLE = "[data-testid=stMain] h1, [data-testid=stMain] h2"
browsing = _server.browsing


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    seconds_to_health: float


def chromium() -> str | None:
    """Return the Chromium of this machine, None where there is none."""
    try:
        return _server.chromium()
    except (pytest.skip.Exception, pytest.fail.Exception):
        return None


@contextmanager
def serving(home: Path | None = None) -> Iterator[Server]:
    """Serve the dashboard on a free port with its own home (a new, empty one by default)."""
    with tempfile.TemporaryDirectory(prefix="touchstone-serve-") as folder:
        started = time.perf_counter()
        with _server.serving(home or Path(folder) / "home") as url:
            yield Server(url, time.perf_counter() - started)


def ready(page: Page, address: str) -> float:
    """Open an address and return the seconds until its script is done, nothing is a skeleton and the title stands there."""
    started = time.perf_counter()
    _server.opened(page, address)
    page.wait_for_selector(TITLE, timeout=60_000)
    return time.perf_counter() - started
