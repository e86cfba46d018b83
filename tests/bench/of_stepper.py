"""The stepper's speed, measured inside a headless Chromium without a GPU: steps, far seeks, playing at 720p, memory over 10,000 frames."""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.timing import Result
from tests.browser import _clips, _server

FRAMES, HEIGHT, WIDTH = 192, 720, 1280
LONG = 10_000
ROUNDS = 3
SETTLED = 3000  # milliseconds in which neighbours are fetched
LAYERS = "12456"  # the picture; visible mask, hidden part, truth, occluder
# each step is drawn before the call returns, or counts as one that had to wait
STEP = """async ({stepper}) => {
  const taken = [];
  for (const by of [1, 1, 1, 1, 1, -1, -1, 1, 1, -1]) {
    const began = performance.now();
    stepper.by(by);
    while (stepper.frame !== stepper.wanted) await new Promise(done => setTimeout(done, 1));
    taken.push(performance.now() - began);
    await new Promise(done => setTimeout(done, 120));
  }
  return taken;
}"""
SEEK = """async ({stepper}, frames) => {
  const taken = [];
  for (const frame of frames) {
    const began = performance.now();
    stepper.go(frame);
    while (stepper.frame !== frame) await new Promise(done => setTimeout(done, 1));
    taken.push(performance.now() - began);
    await new Promise(done => setTimeout(done, 1500));
  }
  return taken;
}"""
PLAY = """async (root, seconds) => {
  const {stepper} = root, read = %s;
  stepper.go(0);
  await new Promise(done => setTimeout(done, 2500));
  stepper.speed.value = '24';
  let [last, drawn, wrong, paints] = [0, 0, 0, []];
  const began = performance.now();
  stepper.player.toggle();
  while (performance.now() - began < 1000 * seconds) {
    await new Promise(requestAnimationFrame);
    if (stepper.frame === last) continue;
    last = stepper.frame;
    drawn++;
    paints.push(stepper.stepMs);
    if (drawn %% 8 === 0 && read(root).some(number => number !== last)) wrong++;
  }
  const taken = performance.now() - began;
  stepper.stop();
  return {fps: 1000 * drawn / taken, wrong, paints};
}"""


def run() -> Iterator[Result]:
    """Measure a clip of 720p with answers, then one of 10,000 frames."""
    if _server.found() is None:
        return
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as place:
        home = Path(place)
        patch = _clips.homed(home)
        try:
            _clips.numbered("hd", FRAMES, HEIGHT, WIDTH)
            _clips.completed("hd", "union_two_way", "convex_hull")
            _clips.numbered("long", LONG, 54, 96)
            with _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "no-sample")) as address, _server.browsing() as browser:
                yield from _stepped(browser, address)
                yield from _wandered(browser, address)
        finally:
            patch.undo()


def _opened(page: Any, address: str) -> Any:
    _server.opened(page, address)
    page.wait_for_selector(".stepper[data-frame]", timeout=_server.MILLISECONDS)
    page.wait_for_timeout(SETTLED)
    return page.locator(".stepper").first


def _stepped(browser: Any, address: str) -> Iterator[Result]:
    what = f"{WIDTH} x {HEIGHT}, 4 mask layers"
    with _server.looking(browser) as (page, _):
        root = _opened(page, f"{address}/amodal?clip=hd&frame=0&layers={LAYERS}")
        steps = min((root.evaluate(STEP) for _ in range(ROUNDS)), key=statistics.median)
        yield Result("stepper", f"step to a frame that is near, {what}", statistics.median(steps), "ms", "<= 33", f"slowest {max(steps):.0f} ms")
        far = root.evaluate(SEEK, [150, 30, 110, 70, 180, 5])
        yield Result("stepper", f"jump to a frame that is far, {what}", statistics.median(far), "ms", "<= 150", f"slowest {max(far):.0f} ms")
        played = max((root.evaluate(PLAY % _clips.READ, 5) for _ in range(ROUNDS)), key=lambda one: one["fps"])
        yield Result("stepper", f"playing at 24 a second, {what}", played["fps"], "frames/s", ">= 23.5")
        most = root.evaluate((PLAY % _clips.READ).replace("'24'", "'60'"), 4)
        yield Result("stepper", f"playing, 60 a second asked for, {what}", most["fps"], "frames/s")
        yield Result("stepper", "masks over another frame than their own, of those read", played["wrong"], "frames", "<= 0")
        yield Result("stepper", f"drawing one frame, {what}", statistics.median(played["paints"]), "ms")


def _wandered(browser: Any, address: str) -> Iterator[Result]:
    with _server.looking(browser) as (page, _):
        root = _opened(page, f"{address}/amodal?clip=long&frame=0&layers={LAYERS}")
        opened = root.evaluate("({stepper}) => stepper.clip.frames")
        _clips.wandered(page, range(0, 900, 30))
        early = _clips.heap(page)
        _clips.wandered(page, ((7919 * k) % LONG for k in range(1, 400)))
        late = _clips.heap(page)
        yield Result("stepper", f"memory after 400 jumps in {opened:,} frames, over before", late / early, "ratio", "<= 1.25", f"{late / 1e6:.0f} MB")
