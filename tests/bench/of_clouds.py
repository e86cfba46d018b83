"""A scatter of 31,104 networks in a headless Chromium without a GPU: what is sent, redrawn after a turn of the wheel, marked elsewhere by a box."""

import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from tests.bench.timing import Result, fresh_home
from tests.browser import _server
from tests.engine.assay import _tables

NETWORKS = 31_104
ROUNDS = 5
ZOOM = """async (root, turns) => {
  const canvas = [...root.querySelectorAll("canvas")].pop(), box = canvas.getBoundingClientRect(), taken = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const before = root.dataset.painted, began = performance.now();
    canvas.dispatchEvent(new WheelEvent("wheel", {deltaY: turn % 2 ? 120 : -120, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2,
                                                  bubbles: true, cancelable: true, ctrlKey: true}));
    for (let frame = 0; root.dataset.painted === before && frame < 120; frame += 1) await new Promise(requestAnimationFrame);
    taken.push(performance.now() - began);
  }
  return taken;
}"""

WATCH = """() => {
  const found = root => [...root.querySelectorAll("*")].flatMap(one => [one, ...(one.shadowRoot ? found(one.shadowRoot) : [])]);
  const said = () => found(document.querySelector(".st-key-pairs-panels")).find(one => one.className === "note")?.textContent.trim() ?? "";
  const before = said();
  window.marked = undefined;
  window.addEventListener("pointerup", () => {
    const began = performance.now();
    const look = () => said() && said() !== before ? (window.marked = performance.now() - began) : requestAnimationFrame(look);
    look();
  }, {once: true, capture: true});
}"""


def run() -> Iterator[Result]:
    """Fill a store, open one pair, and move."""
    if _server.found() is None:
        yield Result("clouds", "not measured", 0.0, "", note="no Chromium was found here")
        return
    with fresh_home() as folder:
        _fill()
        with _server.serving(folder / "home", TOUCHSTONE_SAMPLE=str(folder / "none")) as address, _server.browsing() as browser:
            yield from _looked(browser, f"{address}/pairs?table=many&id=id&pair=id%7Cup")


def _fill() -> None:
    rng = np.random.default_rng(0)
    skill = rng.normal(size=NETWORKS)
    names = [f"network-{k:05d}" for k in range(NETWORKS)]
    sets = {"id": 1 + 0.4 * skill, "up": 0.3 * skill + 0.1 * rng.normal(size=NETWORKS), "down": 0.1 * rng.normal(size=NETWORKS) - 0.4 * skill}
    frame = pd.DataFrame({name: special.ndtr(values) for name, values in sets.items()}, index=names)
    kinds = pd.DataFrame({"architecture": rng.choice(list("abcdefghi"), NETWORKS)}, index=names)
    _tables.table("many", frame, attributes=kinds)


def _looked(browser: Any, address: str) -> Iterator[Result]:
    with _server.looking(browser) as (page, _):
        sent: list[int] = []
        page.on("response", lambda answer: sent.append(len(answer.body())) if "/ts/" in answer.url else None)
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(len(frame))))
        _server.opened(page, address)
        root = page.locator("[class*=st-key-pair-] [data-painted]").last
        root.wait_for(timeout=_server.MILLISECONDS)
        _server.settled(page)
        yield Result("clouds", f"sent for the page with {NETWORKS:,} networks", sum(sent) / 1e6, "MB", "<= 1.5")
        taken = root.evaluate(ZOOM, 2 * ROUNDS)
        yield Result("clouds", "all networks redrawn after a turn of the wheel, median", statistics.median(taken), "ms", "<= 400")
        yield Result("clouds", "one drawing of them", float(str(root.get_attribute("data-paint-ms"))), "ms")
        yield Result("clouds", "a box until the other panels mark its networks, median", statistics.median(_boxed(page, root)), "ms")


def _boxed(page: Any, root: Any) -> list[float]:
    """Draw boxes with the mouse; return the milliseconds from letting go to the panels' counts."""
    root.scroll_into_view_if_needed()
    page.locator("[class*=st-key-pair-]").get_by_role("button", name="Select a box").click()
    taken = []
    for turn in range(ROUNDS):
        box = _server.still(page, root.locator("canvas").last)
        page.mouse.move(box["x"] + (0.3 + 0.05 * turn) * box["width"], box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + box["height"] - 60, steps=4)
        page.evaluate(WATCH)
        page.mouse.up()
        page.wait_for_function("() => window.marked !== undefined", timeout=_server.MILLISECONDS)
        taken.append(float(page.evaluate("() => window.marked")))
        _server.settled(page)
    return taken
