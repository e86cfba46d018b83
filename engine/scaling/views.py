"""What a finished run measured: time and memory by size, and how fast they grow. No torch."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from engine import errors, store
from engine.scaling.spec import MODES, PARTS, newest
from engine.stats import intervals

RESAMPLES = 2000
FEWEST = 3  # sizes that a slope is fitted through
MEASURES: Mapping[str, str] = {"seconds": "processor time", "peak_bytes": "peak memory", "operations": "operations"}
AXES = ("parts", "tokens")


def costs(run: str | None = None) -> pd.DataFrame:
    """Return one row a network, size and mode: median processor seconds of a batch with an interval over repeats, peak bytes, operations.

    Args:
        run: A finished run; the newest unless given.

    Raises:
        UserError: where nothing was measured yet.
    """
    run = run or newest()
    if run is None:
        raise errors.UserError("Time and memory have not been measured yet.", "Measure them (a few minutes): python -m engine scaling --measure")
    found = store.query("SELECT * EXCLUDE (root, run, cell) FROM stitch_costs_all WHERE run = ? ORDER BY architecture, mode, parts, tokens", [run])
    if found.empty:
        raise errors.UserError(f"The run {run} has measured nothing.", "See which have: python -m engine runs --study scaling")
    times = [np.asarray(one, np.float64) for one in found.pop("seconds")]
    drawn = [np.median(_resampled(one, i), axis=1) for i, one in enumerate(times)]
    found["seconds"] = [float(np.median(one)) for one in times]
    found["low"], found["high"] = zip(*(intervals.percentile(one) for one in drawn), strict=True)
    found["repeats"] = [len(one) for one in times]
    return found


def slopes(run: str | None = None) -> pd.DataFrame:
    """Return how each cost grows: the exponent b of cost = a size^b through the larger half of the sizes, at least three of them.

    Small sizes are left out, since what does not grow at all hides the growth there. The interval of times is one over repeats (percentile
    bootstrap); memory and operations are counted, not sampled, and have none.
    """
    run = run or newest()
    found = costs(run)
    raw = store.query("SELECT architecture, mode, parts, tokens, seconds FROM stitch_costs_all WHERE run = ?", [run])
    told = []
    for axis in AXES:
        for (kind, mode), mine in _along(found, axis).groupby(["architecture", "mode"], sort=False):
            part = mine.sort_values(axis).tail(max(FEWEST, -(-len(mine) // 2)))
            keys = pd.DataFrame(part[["architecture", "mode", "parts", "tokens"]])
            times = [np.asarray(one, np.float64) for one in keys.merge(raw, how="left")["seconds"]]
            told += [_slope(str(kind), str(mode), axis, measure, part, times) for measure in MEASURES]
    return pd.DataFrame([one for one in told if not np.isnan(one["slope"])])


def _slope(kind: str, mode: str, axis: str, measure: str, part: pd.DataFrame, times: list[Float[np.ndarray, " n"]]) -> dict[str, object]:
    sizes = np.log(part[axis].to_numpy(np.float64))
    values = np.log(part[measure].to_numpy(np.float64))
    low = high = None
    if measure == "seconds" and len(part) >= FEWEST:
        drawn = np.log([np.median(_resampled(one, i), axis=1) for i, one in enumerate(times)])  # sizes x resamples
        low, high = intervals.percentile(fitted(sizes, drawn.T))
    slope = float(fitted(sizes, values[None])[0])
    return {
        "architecture": kind, "mode": mode, "axis": axis, "measure": measure, "slope": slope, "low": low, "high": high,
        "sizes": len(part), "from": int(part[axis].iloc[0]), "to": int(part[axis].iloc[-1]),
    }  # fmt: skip


def fitted(x: Float[np.ndarray, " n"], y: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    """Return the least-squares slope of each row of y over x; NaN through fewer than three points."""
    if len(x) < FEWEST:
        return np.full(len(y), np.nan)
    centred = x - x.mean()
    return (y @ centred) / (centred @ centred)


def _resampled(times: Float[np.ndarray, " n"], seed: int) -> Float[np.ndarray, "resamples n"]:
    rng = np.random.default_rng([seed, len(times)])
    return times[rng.integers(0, len(times), (RESAMPLES, len(times)))]


def along(found: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the sizes that differ along one axis only: those with the other at its commonest value."""
    return _along(found, axis).reset_index(drop=True)


def _along(found: pd.DataFrame, axis: str) -> pd.DataFrame:
    other = AXES[1 - AXES.index(axis)]
    counts = found.drop_duplicates(["parts", "tokens"])[other].value_counts()
    held = int(counts.index[0]) if axis in AXES else 0
    return found[found[other] == held]


def told(run: str | None = None) -> dict[str, object]:
    """Return what a reader must know: machine, threads, when, batch, repeats."""
    run = run or newest()
    found = store.query("SELECT run, machine, finished, packages, root FROM runs WHERE run = ?", [run]) if run else pd.DataFrame()
    if found.empty:
        return {}
    row, first = found.iloc[0], costs(run).iloc[0]
    return {
        "run": str(row["run"]), "machine": str(row["machine"]), "finished": row["finished"], "shipped": str(row["root"]) == "sample",
        "batch": int(first["batch"]), "repeats": int(first["repeats"]), "width": int(first["width"]), "layers": int(first["layers"]),
    }  # fmt: skip


def ratio(run: str | None = None, mode: str = "answer") -> pd.DataFrame:
    """Return how many times as much an interpreter takes as a circuit with as many modules as it has functions, size by size."""
    found = costs(run)
    mine = found[found["mode"] == mode].set_index(["parts", "tokens"])
    left, right = (mine[mine["architecture"] == name] for name in reversed(list(PARTS)))
    told = {name: left[name] / right[name] for name in MEASURES}  # by size; NaN where only one was measured
    return pd.DataFrame(told).dropna().reset_index()


def modes() -> tuple[str, ...]:
    """Return what was measured: answering and training."""
    return tuple(MODES)
