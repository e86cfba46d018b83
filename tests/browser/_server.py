"""A running dashboard and a real browser, for tests, measurements and photographs: `serving(...)` starts the server, `browsing()` the browser.

Without a Chromium (the variable CHROMIUM, else `chromium`, `chromium-browser` or `google-chrome` on the path) tests are skipped with
the reason; TOUCHSTONE_REQUIRE_BROWSER=1 makes them fail instead.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from engine import ask, places

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
READY = (
    "() => { const app = document.querySelector('[data-testid=stApp]');"
    " return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'"
    " && !document.querySelector('[data-testid=stSkeleton]'); }"
)
TITLE = "[data-testid=stMain] h1, [data-testid=stMain] h2"
HEALTHY_SECONDS = 60.0
SOON = 200  # milliseconds in which a press or a choice sets a script going
STILL = 4  # looks in a row that find an element in one place
MILLISECONDS = 120_000  # for what takes a moment on a machine that does other things too
# what failed to load is told by its response; Streamlit tries where its own addresses begin, at a deep link in vain at first
HARMLESS = ("willReadFrequently", "GPU stall", "Automatic fallback to software", "Failed to load resource")


def found() -> str | None:
    """Return the path of this machine's Chromium, None where there is none."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return named if named and Path(named).exists() else None


def chromium() -> str:
    """Return the path of a Chromium; skips the test, or fails it where one is required."""
    if path := found():
        return path
    reason = "no Chromium here: install one (Debian: apt-get install chromium) or name it in CHROMIUM"
    if os.environ.get("TOUCHSTONE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(home: Path | None = None, script: Path | None = None, port: int | None = None, **environment: str) -> Iterator[str]:
    """Serve a script (the dashboard by default) and yield its address once it is healthy; the server is ended afterwards.

    Args:
        home: TOUCHSTONE_HOME, a folder of the test's own; a new, empty one by default.
        script: What `streamlit run` gets; the configuration is always the dashboard's.
        port: Where it listens; a free one by default.
        environment: Further variables.
    """
    if home is None:
        with (
            tempfile.TemporaryDirectory(prefix="touchstone-serve-", ignore_cleanup_errors=True) as folder,
            serving(Path(folder), script, port, **environment) as address,
        ):
            yield address
        return
    port = port or free_port()
    log = home / "server.log"
    home.mkdir(parents=True, exist_ok=True)
    settings = os.environ | {"TOUCHSTONE_HOME": str(home), "PYTHONPATH": str(places.ROOT)} | environment
    settings.pop("TOUCHSTONE_PUBLIC", None)
    words = [sys.executable, "-m", "streamlit", "run", str(script or "app.py"), "--server.port", str(port)]
    with log.open("w") as out:
        server = subprocess.Popen(words, cwd=places.ROOT, env=settings, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait(server, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        _let_go(home)


def _let_go(home: Path) -> None:
    """End the warm process that a server has started; it would wait for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        if (number := ask.pid()) is not None:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def _wait(server: subprocess.Popen, port: int, log: Path) -> None:
    until = time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-3000:]}")


def until_answered(address: str) -> None:
    """Wait until something answers at an address."""
    until = time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {address}")


@dataclass
class Heard:
    """What went wrong while a page was looked at: errors of its scripts, requests that failed or left this machine."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew, for another page."""
        self.errors.clear()
        self.outside.clear()

    def nothing(self) -> None:
        """Fail where anything was heard."""
        assert self.errors == []
        assert self.outside == []


@contextmanager
def browsing() -> Iterator[Any]:
    """Yield a browser (Playwright's)."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of a module that says `browser = _server.browser`."""
    with browsing() as one:
        yield one


@contextmanager
def looking(browser: Any, scheme: str = "light", size: tuple[int, int] = (1440, 1000), **settings: Any) -> Iterator[tuple[Any, Heard]]:
    """Yield a fresh visitor's page and what is heard while it is open."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, accept_downloads=True, reduced_motion="reduce", **settings
    )
    page, heard = context.new_page(), Heard()
    page.on("console", lambda m: heard.errors.append(m.text) if m.type == "error" and not any(h in m.text for h in HARMLESS) else None)
    page.on("pageerror", lambda e: heard.errors.append(str(e)))
    page.on("response", lambda r: heard.errors.append(f"{r.status} {r.url}") if r.status >= 400 and "/_stcore/" not in r.url else None)
    page.on("request", lambda r: heard.outside.append(r.url) if _leaves(r.url) else None)
    try:
        yield page, heard
    finally:
        context.close()


def _leaves(address: str) -> bool:
    return urlparse(address).hostname not in (None, "", "127.0.0.1", "localhost")


def opened(page: Any, address: str) -> Any:
    """Go to an address and wait until the page is drawn."""
    page.goto(address)
    settled(page)
    return page


def ready(page: Any, address: str) -> float:
    """Go to an address and return the seconds until the page is drawn and its title stands there."""
    started = time.perf_counter()
    opened(page, address)
    page.wait_for_selector(TITLE, timeout=MILLISECONDS)
    return time.perf_counter() - started


def settled(page: Any, milliseconds: int = MILLISECONDS) -> None:
    """Wait until no script runs, also none that is about to: what was just done has to be heard by the server first."""
    page.wait_for_timeout(SOON)
    page.wait_for_function(READY, timeout=milliseconds)


def still(page: Any, element: Any) -> dict[str, float]:
    """Return where an element lies once it rests there: figures draw, and push what is below them, after the script is done."""
    seen: list[Any] = [None]
    while len(seen) < STILL or any(box != seen[-1] or box is None for box in seen[-STILL:]):
        assert len(seen) < 200, "the page does not come to rest"
        page.wait_for_timeout(SOON / 2)
        seen.append(element.bounding_box())
    return seen[-1]


def until(page: Any, holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds that no selector can say, such as what a canvas shows."""
    end = time.monotonic() + MILLISECONDS / 1000
    while not holds():
        assert time.monotonic() < end, f"in vain: {what}"
        page.wait_for_timeout(SOON)


def downloaded(page: Any, press: Any, folder: Path) -> Path:
    """Return the file that comes when something is pressed, once no script runs: one that runs replaces what the button stands for."""
    settled(page)
    with page.expect_download(timeout=MILLISECONDS) as coming:
        press.click()
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def visible_words(page: Any) -> Mapping[str, str]:
    """Return the text of the main area and of the side bar."""
    return {name: page.locator(f"[data-testid={test_id}]").first.inner_text() for name, test_id in (("main", "stMain"), ("nav", "stSidebar"))}
