"""The circuit viewer's speed, measured inside a headless Chromium without a GPU: really redrawn frames, slider to picture; a query of 1 M edges."""

import contextlib
import os
import signal
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import ask, places, store
from engine.circuits import exchange, picture, views
from tests.bench.timing import Result, seconds
from tests.browser import _circuits, _server

FRAMES = 60
ROUNDS = 5
LARGE, LAYERS = 1000, 2  # modules, each linked with each, in each layer
SHIPPED = "nac-scale_free-mnist-s0"
# pans and zooms in turn, one move a frame; each frame is drawn by the viewer itself, which counts
MOVE = """async (root, frames) => {
  const viewer = root.viewer, before = viewer.painted, paints = [];
  const began = performance.now();
  for (let i = 0; i < frames; i++) {
    if (i % 2) viewer.graph.zoom(i % 4 === 1 ? 1.06 : 1 / 1.06);
    else viewer.graph.pan(i % 4 ? 9 : -9, 4);
    await new Promise(requestAnimationFrame);
    paints.push(viewer.paintMs);
  }
  await new Promise(requestAnimationFrame);
  return {fps: 1000 * frames / (performance.now() - began), painted: viewer.painted - before, paints};
}"""
SLIDE = """async (root) => {
  const slider = root.querySelector('[aria-label=Threshold]'), taken = [];
  for (let i = 1; i <= 30; i++) {
    const began = performance.now();
    slider.value = String(10 * i);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(requestAnimationFrame);
    taken.push(performance.now() - began);
  }
  return taken;
}"""


def run() -> Iterator[Result]:
    """Measure two large graphs and one input through a shipped circuit in the browser, then the query of a larger one."""
    if _server.found() is None:
        return
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as place:
        home = Path(place) / "home"
        patch = _circuits.homed(home)
        try:
            home.mkdir()
            names = [
                _circuits.drawn(home, "bench-128", 128, 16_384, outputs=1), _circuits.drawn(home, "bench-2000", 2000, 20_000),
                _circuits.drawn(home, "bench-300", 300, 5000),
            ]  # fmt: skip
            sample = str(places.ROOT / "data" / "sample")
            with _server.serving(home, TOUCHSTONE_SAMPLE=sample) as address, _server.browsing() as browser:
                for name in names[:2]:
                    yield from _moved(browser, address, name)
                yield from _slid(browser, address, names[2])
                yield from _asked(browser, address)
            yield from _queried(home)
        finally:
            with contextlib.suppress(ProcessLookupError):
                if number := ask.pid():
                    os.kill(number, signal.SIGKILL)
            patch.undo()


@contextlib.contextmanager
def _opened(browser: Any, address: str) -> Iterator[Any]:
    with _server.looking(browser) as (page, _):
        _server.opened(page, address)
        root = page.locator(".circuit").first
        root.wait_for(timeout=_server.MILLISECONDS)
        root.evaluate("root => root.viewer.change({most: 1e6, threshold: 0, pins: new Set()})")
        page.wait_for_timeout(1500)
        yield root


def _moved(browser: Any, address: str, name: str) -> Iterator[Result]:
    with _opened(browser, f"{address}/circuits?circuit={name}") as root:
        edges = int(root.get_attribute("data-edges"))
        found = max((root.evaluate(MOVE, FRAMES) for _ in range(ROUNDS)), key=lambda one: one["fps"])
        what = f"{edges:,} edges of {name}"
        yield Result("circuits", f"pan and zoom, {what}", found["fps"], "frames/s", ">= 30", f"{found['painted']} of {FRAMES} redrawn")
        yield Result("circuits", f"one redraw of the graph, {what}", statistics.median(found["paints"]), "ms")


def _slid(browser: Any, address: str, name: str) -> Iterator[Result]:
    with _opened(browser, f"{address}/circuits?circuit={name}") as root:
        taken = min(statistics.median(root.evaluate(SLIDE)) for _ in range(ROUNDS))
        yield Result("circuits", "threshold slider to picture, up to 5,000 edges", taken, "ms", "<= 50")


def _asked(browser: Any, address: str) -> Iterator[Result]:
    with _server.looking(browser) as (page, _):
        _server.opened(page, f"{address}/circuit-input?circuit={SHIPPED}")
        pane = page.locator(".asked").first
        page.wait_for_selector(".asked[data-answered]", timeout=_server.MILLISECONDS)
        taken = []
        for button in page.locator(".pictures button").all()[1 : 1 + 2 * ROUNDS]:
            button.click()
            identity = button.get_attribute("data-id")
            _server.until(page, lambda identity=identity: pane.get_attribute("data-answered") == identity, "an answer")
            taken.append(float(str(pane.get_attribute("data-milliseconds"))))
        yield Result("circuits", f"one input through {SHIPPED}, click to picture", statistics.median(taken), "ms", "<= 400")


def _queried(home: Path) -> Iterator[Result]:
    """Bring a circuit in which everybody is linked with everybody in each layer, and ask for what a picture shows."""
    targets, sources = np.divmod(np.arange(LARGE * LARGE), LARGE)
    apart, rng = targets != sources, np.random.default_rng(0)
    edges = int(apart.sum())
    layers = [{"layer": layer, "source": sources[apart], "target": targets[apart], "weight": rng.beta(0.6, 6, edges)} for layer in range(LAYERS)]
    frame = pd.concat(map(pd.DataFrame, layers), ignore_index=True)
    file = home / "large.parquet"
    file.write_bytes(store.parquet_bytes(frame))
    exchange.bring(file, "large")
    of = f"{edges:,} edges in each of {LAYERS} layers"
    for what, layer in (("links", None), ("attention of a layer", 0)):
        kind = "link" if layer is None else "attention"
        asked = [{"kind": kind, "layer": layer, "threshold": 1e-9 * i} for i in range(ROUNDS)]  # no two alike: answers are kept
        taken = [seconds(lambda one=one: views.edges("large", **one)) for one in asked]
        yield Result("circuits", f"strongest 5,000 {what}, {of}", 1000 * statistics.median(taken), "ms", "<= 300")
    taken = [seconds(lambda most=most: picture.pack("large", most=most)) for most in range(picture.MOST_EDGES, picture.MOST_EDGES - ROUNDS, -1)]
    yield Result("circuits", f"a page's picture, {of}", 1000 * statistics.median(taken), "ms", note=f"{picture.MOST_EDGES:,} links, placed")
