"""Clips that can be read back from a screen: each frame, and each visible mask, says its own number in squares, so that one out of step is seen."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jaxtyping import Bool, UInt8

from engine import control, places, rle, worker
from engine.amodal import spec as asking
from engine.datasets import clips
from engine.datasets.clips import Clip, Files, Track

BITS = 16
# where squares lie: the picture's in the first row of squares, the mask's in the last but one
READ = """({stepper}) => {
  const {canvas, pen, panes: [pane]} = stepper.stage, {height, width} = stepper.clip;
  const side = width / 16, at = (row, bit) => {
    const [x, y] = [(bit + 0.5) * side, row * side];
    return [...pen.getImageData(Math.floor(x * pane.width / width), Math.floor(y * pane.height / height), 1, 1).data];
  };
  const number = (row, lit) => Array.from({length: 16}, (_, bit) => (lit(at(row, bit)) ? 2 ** bit : 0)).reduce((a, b) => a + b);
  return [number(0.5, ([r]) => r > 128), number(height / side - 1.5, ([r, , b]) => b - r > 40)];
}"""


def numbered(name: str, frames: int, height: int, width: int, *, suffix: str = ".jpg") -> str:
    """Bring a clip of one object behind a bar, written as people's clips are; return its name. Call it with TOUCHSTONE_HOME set."""
    folder = places.inputs("clips") / name
    (folder / "frames").mkdir(parents=True)
    names = tuple(f"frames/{t:06d}{suffix}" for t in range(frames))
    coat = np.random.default_rng(0).integers(0, 40, (height, width, 3), np.uint8)
    whole, visible, bar = [], [], []
    for t, file in enumerate(names):
        disc, rod = _disc(t, height, width), _bar(height, width)
        cv2.imwrite(str(folder / file), _picture(t, coat, disc, rod)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        whole.append(rle.encode(disc | _squares(t, height, width)))
        visible.append(rle.encode(disc & ~rod | _squares(t, height, width)))
        bar.append(rle.encode(rod))
    track = Track("disc", tuple(visible), tuple(whole))
    clips.finish(Clip(name, height, width, Files(folder, names), (track,), tuple(bar), rate=24.0), folder, names)
    return name


def _disc(t: int, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    y, x = np.mgrid[:height, :width]
    middle = width * (0.5 + 0.3 * np.sin(2 * np.pi * t / 96))
    return (x - middle) ** 2 + (y - height / 2) ** 2 < (0.18 * height) ** 2


def _bar(height: int, width: int) -> Bool[np.ndarray, "h w"]:
    found = np.zeros((height, width), np.bool_)
    found[height // 4 : 3 * height // 4, int(0.45 * width) : int(0.55 * width)] = True
    return found


def _squares(t: int, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return the squares that say a number, in the last row but one."""
    side = width // BITS
    found = np.zeros((height, width), np.bool_)
    for bit in range(BITS):
        found[height - 2 * side : height - side, bit * side : (bit + 1) * side] = t >> bit & 1
    return found


def _picture(t: int, coat: UInt8[np.ndarray, "h w 3"], disc: Bool[np.ndarray, "h w"], rod: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    side = disc.shape[1] // BITS
    found = coat.copy()
    found[disc] += np.uint8(120)
    found[rod] = coat[rod] + np.uint8(60)
    for bit in range(BITS):
        found[:side, bit * side : (bit + 1) * side] = 255 * (t >> bit & 1)
    return found


def completed(name: str, *baselines: str) -> None:
    """Complete a clip by baselines and store that, as a worker does."""
    spec = asking.AmodalSpec(clips=(name,), baselines=baselines)
    run = control.submit(spec, asking.title(spec), total=asking.plan(spec).cells, images_total=0)
    job = control.claim("test", only=run)
    assert job is not None
    assert worker.answer(job) == "done", control.job(run).error


def homed(home: Path) -> pytest.MonkeyPatch:
    """Point TOUCHSTONE_HOME at a home, without a sample; undo it by `.undo()`."""
    patch = pytest.MonkeyPatch()
    patch.setenv("TOUCHSTONE_HOME", str(home))
    patch.setenv("TOUCHSTONE_SAMPLE", str(home / "no-sample"))
    return patch


def wandered(page: Any, frames: Iterable[int]) -> list[int]:
    """Go to frames one after the other and return the numbers that were read off the pictures; a mask that differs is an error."""
    return page.locator(".stepper").first.evaluate(
        f"""async (root, frames) => {{
          const {{stepper}} = root, read = {READ}, found = [];
          for (const frame of frames) {{
            stepper.go(frame);
            while (stepper.frame !== frame) await new Promise(done => setTimeout(done, 4));
            const [picture, mask] = read(root);
            if (picture !== mask) throw new Error(`frame ${{picture}} under the mask of ${{mask}}`);
            found.push(picture);
          }}
          return found;
        }}""",
        list(frames),
    )


def heap(page: Any) -> float:
    """Return how many bytes a page's JavaScript holds after the garbage is gone."""
    asked = page.context.new_cdp_session(page)
    asked.send("HeapProfiler.collectGarbage")
    held = asked.send("Runtime.getHeapUsage")["usedSize"]
    asked.detach()
    return held
