"""How many frames a second are completed, from frames and masks to whole masks in full frames, beside a bare loop over ready patches."""

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from engine import rle
from engine.amodal import answering, baselines
from engine.datasets import clips
from engine.datasets.clips import Clip, Held, Track
from engine.models import completers
from tests.bench.timing import Result

FRAMES, ROUNDS = 48, 3


def run() -> Iterator[Result]:
    """Complete small, filmed and 720p clips with the two-way network and with a baseline; then the network alone."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = completers.build("recurrent").eval()
    given = {
        "64 x 64, exact flow": _many(),
        "320 x 180, estimated flow": clips.load("composited", "own_motion", 1),
        "1280 x 720, estimated flow": _large(),
    }
    for name, clip in given.items():
        track = clip.tracks[0].name
        whole = _rate(clip.length, lambda clip=clip, track=track: _completed(clip, track, lambda one: completers.complete(network, one)))
        yield Result("amodal", f"two-way network, {name}", whole, "frames/s")
        patch = clips.patch(clip, track)
        bare = _rate(clip.length, lambda patch=patch: completers.complete(network, patch))
        yield Result("amodal", f"bare loop over ready patches, {name}", bare, "frames/s", note=f"{bare / whole:.1f} times")
        union = _rate(clip.length, lambda clip=clip, track=track: _completed(clip, track, baselines.union_two_way))
        yield Result("amodal", f"warp-union two-way, {name}", union, "frames/s")


def _completed(clip: Clip, track: str, ask: Callable) -> None:
    for _ in answering.completed(clip, track, {"it": ask}):
        pass


def _rate(frames: int, work: Callable[[], object]) -> float:
    """Return frames a second of processor time, the median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return frames / statistics.median(taken)


def _many() -> Clip:
    """Return a drawn clip of 40 frames."""
    return clips.load("no_gum", "test", 0)


def _large() -> Clip:
    """Return a block of 300 x 200 pixels that passes behind a post, over noise, at 720p."""
    rng = np.random.default_rng(0)
    coat, frames = rng.integers(0, 200, (720, 1280, 3), np.uint8), np.empty((FRAMES, 720, 1280, 3), np.uint8)
    whole = np.zeros((FRAMES, 720, 1280), np.bool_)
    post = np.zeros((720, 1280), np.bool_)
    post[:, 600:700] = True
    for t in range(FRAMES):
        whole[t, 250:450, 300 + 12 * t : 600 + 12 * t] = True
        frames[t] = coat
        frames[t, 250:450, 300 + 12 * t : 600 + 12 * t] = coat[:200, :300]
        frames[t][post] = 230
    track = Track("block", tuple(rle.encode(mask & ~post) for mask in whole), tuple(rle.encode(mask) for mask in whole))
    return Clip("block", 720, 1280, Held(frames), (track,), (rle.encode(post),) * FRAMES)
