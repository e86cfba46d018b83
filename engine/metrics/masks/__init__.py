"""Metrics of whole masks, visible and hidden, one file each. NumPy only.

A file here offers `VERSION`, `UNIT`, `BETTER`, `CITATION`, `parts(tally)`, what is counted in each frame and out of what, and
`compute(tally)`, the metric of each frame. P is what is predicted, A the whole truth, V the visible mask, O where something else may hide it;
the occlusion of a frame is 1 - |V| / |A|.

`measure` gives a metric over many frames of many clips in two ways: "mean", the mean over frames where it is defined, and "micro", sums over sums.
Their intervals come from 1,000 resamples of clips, not of frames: frames of one clip are alike.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Shaped

from engine import errors, registry
from engine.metrics import measures
from engine.metrics.masks._tally import FEWEST, Tally, counted, joined, stacked
from engine.metrics.measures import Measure
from engine.stats import bootstrap

__all__ = ["BANDS", "FEWEST", "ROOM", "WAYS", "Tally", "bands", "card", "compute", "counted", "joined", "measure", "names", "stacked"]

ROOM = "metrics/masks"
WAYS = ("mean", "micro")
BANDS: tuple[tuple[str, float, float], ...] = (  # name, above, up to: of the occlusion
    ("nothing hidden", -np.inf, 0.0),
    ("up to 10 %", 0.0, 0.1),
    ("10 to 30 %", 0.1, 0.3),
    ("30 to 50 %", 0.3, 0.5),
    ("50 to 70 %", 0.5, 0.7),
    ("above 70 %", 0.7, 1.0 - 1e-9),
    ("wholly hidden", 1.0 - 1e-9, np.inf),
)
PUBLISHED = "10 to 70 %"  # the frames that published tables are about


def names() -> tuple[str, ...]:
    """Return all metrics, sorted."""
    return registry.names(ROOM)


def card(name: str) -> registry.Card:
    """Return a metric's card; raises UserError for an unknown name, with the nearest."""
    if name not in names():
        raise errors.unknown("metric of masks", name, names())
    return registry.card(ROOM, name)


def compute(name: str, tally: Tally) -> Float[np.ndarray, " n"]:
    """Return a metric of each frame; NaN where it is undefined."""
    card(name)
    return registry.load(ROOM, name).compute(tally)


def bands(tally: Tally) -> dict[str, Bool[np.ndarray, " n"]]:
    """Return which frames belong to each band of occlusion, and to the band of published tables."""
    occlusion = tally.occlusion
    found = {name: (occlusion > low) & (occlusion <= high) for name, low, high in BANDS}
    return {**found, PUBLISHED: (occlusion > 0.1) & (occlusion < 0.7)}


def measure(name: str, tally: Tally, clips: Sequence[str] | Shaped[np.ndarray, " n"], way: str = "mean") -> Measure:
    """Return a metric over frames with its 95 % interval over clips; `n` counts the frames behind it.

    Args:
        name: of the metric.
        tally: counts of n frames.
        clips: the clip of each frame.
        way: "mean" or "micro".

    Raises:
        UserError: for an unknown metric or way.
    """
    if way not in WAYS:
        raise errors.unknown("way to average", way, WAYS)
    module = registry.load(ROOM, card(name).name)
    counts, out_of = module.parts(tally)
    there = np.isfinite(counts) & np.isfinite(out_of) & (out_of > 0)
    n = int(there.sum())
    if not n:
        return measures.absent(0, "No frame here can be judged by this metric.")
    top, bottom = (counts / np.where(there, out_of, 1), there.astype(np.float64)) if way == "mean" else (counts, out_of)
    _, of_clip = np.unique(np.asarray(clips)[there], return_inverse=True)
    sums = np.stack([np.bincount(of_clip, weights=column[there]) for column in (top, bottom)], axis=1)
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    low, high = bootstrap.interval(sums, lambda totals, _: totals[..., 0] / totals[..., 1])
    return measures.of(value, min(low, value) if low == low else low, max(high, value) if high == high else high, n)
