"""What a run found, as frames: each network in each world, each method over its seeds, differences from ERM, reliance on the confounder.

Everything is paired: all networks of one strength answered the same units, which have the same noise in every world.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool

from engine import errors, store
from engine.assay.kept import kept
from engine.remedies import worlds
from engine.remedies.spec import RemediesSpec
from engine.remedies.worlds import World
from engine.stats import crossed, intervals
from engine.training import methods
from engine.training.methods import METHODS

Hits = Mapping[tuple[str, str], Bool[np.ndarray, "seeds units"]]  # (method, world) -> whether each seed's network is right on each unit


def runs(*, sample: bool = True) -> pd.DataFrame:
    """Return the finished runs of this study, the newest first: run, title, spec, finished, root."""
    return store.query("SELECT run, title, spec, finished, root FROM runs WHERE study = 'remedies' ORDER BY finished DESC, run DESC", sample=sample)


def newest(system: str | None = None, *, sample: bool = True) -> str | None:
    """Return the newest finished run, on a system where one is named; None where there is none."""
    found = runs(sample=sample)
    mine = [run for run, spec in zip(found["run"], found["spec"], strict=True) if system in {None, RemediesSpec.read(spec).system}]
    return mine[0] if mine else None


def question(run: str, *, sample: bool = True) -> RemediesSpec:
    """Return what a finished run was asked.

    Raises:
        UserError: for a run that is not there or is of another study.
    """
    found = runs(sample=sample).set_index("run")["spec"]
    if run not in found.index:
        raise errors.unknown("run of the study remedies", run, found.index)
    return RemediesSpec.read(str(found[run]))


@kept
def answers(run: str, *, sample: bool = True) -> pd.DataFrame:
    """Return one row a network and world of a run: network, system, strength, method, seed, world, labels and predicted (arrays)."""
    spec = question(run, sample=sample)
    found = store.query("SELECT network, world AS text, labels, predicted FROM outcomes_all WHERE run = $run", {"run": run}, sample=sample)
    jobs = {job.name: job for job in spec.jobs()}
    named = {world.text: world.name for world in worlds.worlds(spec.system)}
    found = found[found["network"].isin(list(jobs)) & found["text"].isin(list(named))].reset_index(drop=True)
    mine = [jobs[name] for name in found["network"]]
    return found.assign(
        world=[named[text] for text in found["text"]], system=spec.system, strength=[job.strength for job in mine],
        method=[job.method for job in mine], seed=[job.seed for job in mine],
    )  # fmt: skip


@kept
def networks_found(run: str, *, sample: bool = True) -> pd.DataFrame:
    """Return the accuracy of each network in each world, with Wilson's interval over units: one row a network and world."""
    spec, found = question(run, sample=sample), answers(run, sample=sample)
    rows = []
    for one in _ordered(found, spec).to_dict("records"):
        hits = np.asarray(one["labels"]) == np.asarray(one["predicted"])
        low, high = intervals.wilson(int(hits.sum()), len(hits))
        kept_columns = {name: one[name] for name in ("network", "system", "strength", "method", "seed", "world")}
        rows.append(kept_columns | {"accuracy": hits.mean(), "low": low, "high": high, "n": len(hits)})
    return _titled(pd.DataFrame(rows), spec)


@kept
def methods_found(run: str, *, sample: bool = True) -> pd.DataFrame:
    """Return the mean accuracy of each method in each world, and its difference from ERM: one row a strength, method and world.

    Intervals (95 %) count seeds and units as drawn (`stats.crossed`); differences are paired over both: the same seed, the same units.
    """
    return _over(run, sample, _accuracies)


@kept
def reliance(run: str, *, sample: bool = True) -> pd.DataFrame:
    """Return how often an answer changes when only the confounder does: one row a strength and method, with the difference from ERM.

    The confounder goes from the value that a unit has to that of another class; all else about the unit stays, its noise included.
    """
    return _over(run, sample, _changes)


@kept
def flips(run: str, *, sample: bool = True) -> pd.DataFrame:
    """Return the same for each network by itself: share of answers that change, with Wilson's interval over units."""
    spec, found = question(run, sample=sample), answers(run, sample=sample)
    rows = []
    for strength, part in found.groupby("strength"):
        for method, one in _changes(part, spec).items():
            seeds = _seeds(part, method[0])
            for seed, changed in zip(seeds, one, strict=True):
                low, high = intervals.wilson(int(changed.sum()), len(changed))
                rows.append({"strength": strength, "method": method[0], "seed": seed, "value": changed.mean(), "low": low, "high": high})
    return _titled(pd.DataFrame(rows), spec)


def _over(run: str, sample: bool, measured: Callable[[pd.DataFrame, RemediesSpec], Hits]) -> pd.DataFrame:
    """Return what is measured of each method, over its seeds and the units, strength by strength."""
    spec, found = question(run, sample=sample), answers(run, sample=sample)
    rows = []
    for strength in spec.strengths:
        part = found[found["strength"] == strength]
        hits = measured(part, spec)
        for (method, world), table in hits.items():
            base = hits.get(("erm", world))
            rows.append({"strength": strength, "method": method, "world": world, **_summed(table, "value"), **_against(part, method, table, base)})
    return _titled(pd.DataFrame(rows), spec)


def _accuracies(part: pd.DataFrame, spec: RemediesSpec) -> Hits:
    return {
        (method, world.name): np.stack([labels == predicted for labels, predicted in told])
        for method in spec.methods
        for world in worlds.worlds(spec.system)
        if (told := _told(part, method, world))
    }


def _changes(part: pd.DataFrame, spec: RemediesSpec) -> Hits:
    here, there = (world for world in worlds.worlds(spec.system) if world.name in {worlds.AS_TRAINED, worlds.OTHER})
    found = {}
    for method in spec.methods:
        pairs = list(zip(_told(part, method, here), _told(part, method, there), strict=True))
        if pairs:
            found[method, worlds.OTHER] = np.stack([before != after for (_, before), (_, after) in pairs])
    return found


def _told(part: pd.DataFrame, method: str, world: World) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return labels and answers of a method's networks in a world, seed by seed."""
    mine = part[(part["method"] == method) & (part["world"] == world.name)].sort_values("seed")
    return [(np.asarray(labels), np.asarray(predicted)) for labels, predicted in zip(mine["labels"], mine["predicted"], strict=True)]


def _seeds(part: pd.DataFrame, method: str) -> list[int]:
    return sorted(part.loc[part["method"] == method, "seed"].unique().tolist())


def _summed(table: Bool[np.ndarray, "seeds units"], name: str) -> dict[str, float]:
    """Return a share with its interval, which is at least what units alone give (Wilson): a share of 0 is not known exactly."""
    found = crossed.crossed(table.astype(np.float64))
    least, most = map(float, intervals.wilson(np.array(found.mean * found.columns), found.columns))
    low, high = max(min(found.low, least), 0.0), min(max(found.high, most), 1.0)
    return {name: found.mean, "low": low, "high": high, "seeds": found.rows, "n": found.columns}


def _against(
    part: pd.DataFrame, method: str, table: Bool[np.ndarray, "seeds units"], base: Bool[np.ndarray, "seeds units"] | None
) -> dict[str, float | None]:
    """Return the difference from ERM, from the seeds that both have; None where there is no ERM, or for ERM itself."""
    names = ("difference", "difference_low", "difference_high")
    both = [seed for seed in _seeds(part, method) if seed in _seeds(part, "erm")]
    if base is None or method == "erm" or not both:
        return dict.fromkeys(names)
    mine, erm = ([_seeds(part, name).index(seed) for seed in both] for name in (method, "erm"))
    found = crossed.crossed(table[mine].astype(np.float64) - base[erm])
    spare = 0.0 if found.low < found.high else float(intervals.wilson(0, found.columns)[1])  # equal on all units is not equal on all others
    return dict(zip(names, (found.mean, max(found.low - spare, -1.0), min(found.high + spare, 1.0)), strict=True))


def _ordered(found: pd.DataFrame, spec: RemediesSpec) -> pd.DataFrame:
    """Return rows by strength, method, seed and world, in the order of the question."""
    ranks = {name: {value: i for i, value in enumerate(values)} for name, values in _orders(spec).items()}
    keys = [name for name in ranks if name in found.columns]
    return found.sort_values(keys, key=lambda column: column.map(ranks[str(column.name)]), kind="stable").reset_index(drop=True)


def _orders(spec: RemediesSpec) -> dict[str, Sequence]:
    return {
        "strength": spec.strengths, "method": spec.methods, "seed": sorted(spec.seeds),
        "world": [world.name for world in worlds.worlds(spec.system)],
    }  # fmt: skip


def _titled(found: pd.DataFrame, spec: RemediesSpec) -> pd.DataFrame:
    """Return rows with what people call their method and world, and what the method was told in training."""
    if found.empty:
        return found
    titles = {world.name: world.title for world in worlds.worlds(spec.system)}
    found = found.assign(method_title=[METHODS[name].title for name in found["method"]], needs=[METHODS[name].needs for name in found["method"]])
    return found.assign(world_title=[titles[name] for name in found["world"]]) if "world" in found else found


def chance(run: str, *, sample: bool = True) -> float:
    """Return the share that guessing gets right where classes are as likely: one in so many classes."""
    spec = question(run, sample=sample)
    return 1 / len(methods.systems.load(spec.system).classes)
