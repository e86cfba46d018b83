"""What has been measured of the heads, out of the store, as data frames. No torch, no network runs here.

A question is (table, attribute, constraint). What one network says of people is in `inside`, `persons` and `cutting`, from its weights.
"""

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine import errors, store
from engine.heads import merge, weights
from engine.heads.spec import MARK, HeadsSpec, Job, jobs

NEAR_CONSTANT = 0.98  # share of the more frequent decision from which a network decides nearly the same of everybody
RULES = ("constant", "threshold_optimizer", "exponentiated_gradient", "thresholds", "merged")  # methods that are no networks of their own


def questions(*, sample: bool = True) -> pd.DataFrame:
    """Return every question that has been answered: dataset, attribute, constraint, networks, seeds, run (the newest), newest first.

    An attribute is as `asked` has it: with a mark where other groups, inputs or layers were taken than usual.
    """
    found = store.query(
        """SELECT t.dataset, t.attribute, t."constraint", t.network, t.seed, arg_max(t.run, r.finished) AS run, max(r.finished) AS finished
           FROM treatments_all t JOIN runs r USING (run) WHERE r.state = 'done' GROUP BY ALL ORDER BY finished""",
        sample=sample,
    )
    found["attribute"] = _asked(found)
    grouped = found.groupby(["dataset", "attribute", "constraint"], sort=False)
    made = grouped.agg(networks=("network", "nunique"), seeds=("seed", "nunique"), run=("run", "last"), finished=("finished", "max")).reset_index()
    return made.sort_values("finished", ascending=False, kind="stable", ignore_index=True).drop(columns="finished")


def asked(job: Job) -> str:
    """Return what a network's question is about: the protected attribute, or one with a mark (`Job.asked`).

    The bare attribute stands for the usual question, and where that was not answered for the one that was answered first.
    """
    return job.group if job.asked == _bare(store.version()).get((job.table, job.group, job.constraint), job.group) else job.asked


@functools.lru_cache(maxsize=2)
def _bare(_version: str) -> dict[tuple[str, str, str], str]:
    specs = store.query("SELECT spec FROM runs WHERE study = 'heads' AND state = 'done' ORDER BY finished")["spec"]
    found: dict[tuple[str, str, str], str] = {}
    for job in (jobs(HeadsSpec.read(text))[0] for text in specs):
        key = (job.table, job.group, job.constraint)
        found[key] = job.asked if job.asked == job.group else found.get(key, job.asked)
    return found


def _asked(found: pd.DataFrame) -> list[str]:
    """Return what each row's network is asked about; the bare attribute for networks that no question names any more."""
    jobs_ = _jobs(store.version())
    known = {str(name): asked(jobs_[name]) for name in found["network"].unique() if name in jobs_}
    pairs = zip(found["network"].astype(str), found["attribute"].astype(str), strict=True)
    return [known.get(network, attribute) for network, attribute in pairs]


def unusual(dataset: str, attribute: str) -> str:
    """Return in words what is unusual about a question whose attribute has a mark; empty where it has none."""
    if MARK not in attribute:
        return ""
    return next((job.unusual for job in _jobs(store.version()).values() if (job.table, asked(job)) == (dataset, attribute)), "")


def numbers(
    dataset: str, attribute: str, constraint: str = merge.PARITY, metrics: Sequence[str] = (), *, split: str | None = "test", sample: bool = True
) -> pd.DataFrame:
    """Return the newest row of each key: network, method, strength, seed, split, metric, part, value, low, high, n, reason.

    Raises:
        UserError: where this question has not been answered.
    """
    found = _rows(store.version(), dataset, attribute, constraint, sample)
    if found.empty:
        raise errors.UserError(
            f"Nothing is known of {dataset} by {attribute} ({constraint}).", "Train networks for it first: python -m engine heads train."
        )
    if metrics:
        found = found[found["metric"].isin(list(metrics))]
    return (found if split is None else found[found["split"] == split]).reset_index(drop=True)


@functools.lru_cache(maxsize=8)
def _rows(_version: str, dataset: str, attribute: str, constraint: str, sample: bool) -> pd.DataFrame:
    """Return every row of a question, the newest of each key; those of networks of other groups, inputs or layers are other questions."""
    found = store.query(
        """SELECT t.network, t.method, t.strength, t.seed, t.split, t.metric, t.part, t.value, t.low, t.high, t.n, t.reason
           FROM treatments_all t JOIN runs r USING (run)
           WHERE r.state = 'done' AND t.dataset = $dataset AND t.attribute = $attribute AND t."constraint" = $constraint
           QUALIFY row_number() OVER (PARTITION BY t.network, t.method, t.split, t.metric, t.part ORDER BY r.finished DESC, t.run DESC) = 1
           ORDER BY t.method, t.strength, t.seed, t.network, t.split DESC, t.metric, t.part""",
        {"dataset": dataset, "attribute": attribute.partition(MARK)[0], "constraint": constraint},
        sample=sample,
    )
    mine = np.array(_asked(found.assign(attribute=attribute.partition(MARK)[0])) if len(found) else [], object) == attribute
    return found[mine].reset_index(drop=True)


def networks(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> pd.DataFrame:
    """Return the networks of a question: network, method, strength, seed, title, kept (whether its weights are)."""
    found = numbers(dataset, attribute, constraint, ["accuracy"], sample=sample)
    found = found[(found["part"] == "") & ~found["method"].isin(RULES)][["network", "method", "strength", "seed"]]
    titles = {job.name: job.title for job in _jobs(store.version()).values()}
    return found.assign(
        title=[str(titles.get(name, name)) for name in found["network"].astype(str)],
        kept=[weights.find(name) is not None for name in found["network"]],
    ).reset_index(drop=True)


def job_of(network: str) -> Job:
    """Return what a network was fitted for; raises UserError for an unknown name."""
    known = _jobs(store.version())
    if network not in known:
        raise errors.unknown("network with heads", network, known)
    return known[network]


@functools.lru_cache(maxsize=2)
def _jobs(_version: str) -> dict[str, Job]:
    """Return every network that a run of the heads names, by name."""
    asked = store.query("SELECT spec FROM runs WHERE study = 'heads' ORDER BY finished")["spec"]
    return {job.name: job for text in asked for job in jobs(HeadsSpec.read(text))}


def frontier(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> pd.DataFrame:
    """Return accuracy against gap on test people, one row a network or rule.

    Columns: network, method (plain, squared, absolute, shuffled, two_heads, merged, thresholds, threshold_optimizer, exponentiated_gradient,
    constant), strength (lambda), slack (of merged heads and thresholds), seed,
    accuracy, accuracy_low, accuracy_high, gap (signed; for two groups the second,
    with the larger share of favourable outcomes, minus the first), gap_low, gap_high, soft_gap, balanced_accuracy, most_frequent_decision,
    near_constant.
    """
    wanted = ["accuracy", "gap", "soft_gap", "balanced_accuracy", "most_frequent_decision"]
    found = numbers(dataset, attribute, constraint, wanted, sample=sample)
    found = found[(found["part"] == "") | found["part"].str.fullmatch(r"slack=[\d.]+")]
    keys = ["network", "method", "strength", "seed", "part"]
    table = found.pivot_table(index=keys, columns="metric", values=["value", "low", "high"], aggfunc="first", dropna=True)
    made = pd.DataFrame({name: table.get(("value", name)) for name in wanted}, index=table.index, dtype=np.float64)
    for name in ("accuracy", "gap"):
        made[f"{name}_low"], made[f"{name}_high"] = table.get(("low", name)), table.get(("high", name))
    made = made.reset_index()
    made["slack"] = pd.to_numeric(made.pop("part").str.removeprefix("slack="), errors="coerce")
    made["near_constant"] = made["most_frequent_decision"].fillna(0) >= NEAR_CONSTANT
    order = ["network", "method", "strength", "slack", "seed", "accuracy", "accuracy_low", "accuracy_high", "gap", "gap_low", "gap_high"]
    return made[[*order, *(name for name in made.columns if name not in order)]].dropna(subset=["accuracy", "gap"]).reset_index(drop=True)


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Return `frontier` with the seeds of a method, lambda and place on the path of slacks together: means, deviations (`_sd`), and `seeds`."""
    table = table.copy()
    table["step"] = table.groupby(["network", "method"])["slack"].rank(method="first").fillna(0).astype(int)
    grouped = table.groupby(["method", "strength", "step"], sort=True)
    means = grouped[["slack", "accuracy", "gap", "balanced_accuracy"]].mean()
    spread = grouped[["accuracy", "gap"]].std().add_suffix("_sd")
    return means.join(spread).join(grouped["seed"].nunique().rename("seeds")).reset_index()


def outcome_gap(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> float | None:
    """Return the gap of the outcomes themselves on test people: where a network that is always right would stand; None where not measured."""
    found = numbers(dataset, attribute, constraint, ["gap"], sample=sample)
    mine = found[found["part"] == "outcomes"]["value"]
    return float(mine.iloc[0]) if len(mine) else None


def aware(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> pd.DataFrame:
    """Return how well each layer tells the group: method, strength, seed, layer, accuracy, accuracy_low, accuracy_high, auc, auc_low, auc_high.

    `layer` is “layer=1”, “layer=2”, … of networks, and of the table “floor” (the largest group's share), “inputs, linear” and “inputs,
    network” (ceilings).
    """
    found = numbers(dataset, attribute, constraint, ["awareness_accuracy", "awareness_auc"], sample=sample)
    found = found.assign(metric=found["metric"].str.removeprefix("awareness_"))
    keys = ["network", "method", "strength", "seed", "part"]
    table = found.pivot_table(index=keys, columns="metric", values=["value", "low", "high"], aggfunc="first")
    made = pd.DataFrame(index=table.index)
    for name in ("accuracy", "auc"):
        for column, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            made[f"{name}{suffix}"] = table.get((column, name))
    return made.reset_index().rename(columns={"part": "layer"})


def shifts(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> pd.DataFrame:
    """Return how well the shift of scores tells the group (M5).

    Columns: network, method, strength, seed, groups (true | shuffled), auc, low, high, correlation, score_auc.

    The method “shuffled” is the control; its AUC for the true groups is the floor of this measure, not 0.5.
    """
    found = numbers(dataset, attribute, constraint, ["shift_auc", "shift_correlation", "score_auc"], sample=sample)
    keys = ["network", "method", "strength", "seed"]
    auc = found[found["metric"] == "shift_auc"].rename(columns={"value": "auc"})[[*keys, "part", "auc", "low", "high"]]
    auc["groups"] = np.where(auc.pop("part") == "", "true", "shuffled")
    for name, column in (("shift_correlation", "correlation"), ("score_auc", "score_auc")):
        mine = found[found["metric"] == name][["network", "value"]].rename(columns={"value": column})
        auc = auc.merge(mine, on="network", how="left")
    return auc.reset_index(drop=True)


def controls(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> pd.DataFrame:
    """Return claims B and C beside their controls: method, strength, seed, metric, trained, random_low, random_high, random_mean, noise.

    Metrics: merged_agreement (merged heads decide as the pressed network does), recovered_accuracy, recovered_agreement (with the unconstrained one).
    `random_…` is over ten read-outs in random directions of the layer.
    """
    wanted = ["merged_agreement", "recovered_accuracy", "recovered_agreement"]
    found = numbers(dataset, attribute, constraint, wanted, sample=sample)
    found["read_out"] = found["part"].str.removeprefix("read-out=").str.partition(" ")[0]
    table = found.pivot_table(index=["method", "strength", "seed", "metric"], columns="read_out", values="value", aggfunc=["min", "max", "mean"])
    made = pd.DataFrame(index=table.index)
    for name in ("trained", "noise"):
        made[name] = table.get(("mean", name))
    for name, how in (("random_low", "min"), ("random_high", "max"), ("random_mean", "mean")):
        made[name] = table.get((how, "random"))
    return made.reset_index()


def changes(dataset: str, attribute: str, constraint: str = merge.PARITY, *, sample: bool = True) -> pd.DataFrame:
    """Return which share of each group the pressed networks decide otherwise than the unconstrained one (M3).

    Columns: network, method, strength, seed, group, direction, share, low, high, n.
    """
    found = numbers(dataset, attribute, constraint, ["changed_up", "changed_down"], sample=sample)
    made = found.assign(group=found["part"].str.removeprefix("group="), direction=found["metric"].str.removeprefix("changed_"))
    return made.rename(columns={"value": "share"})[["network", "method", "strength", "seed", "group", "direction", "share", "low", "high", "n"]]
