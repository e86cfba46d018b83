"""Choosing one network of many, as data frames: what each rule of choice costs elsewhere, and who is beaten by nobody."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from engine import errors
from engine.assay import attributes, population, views
from engine.assay.kept import kept
from engine.assay.views import Set
from engine.stats import selection

MEAN = "mean of the other sets"
WORDS = ("validation", "id", "oracle")  # rules besides metrics and sets
CALIBRATION = {"ece": "ECE", "nll": "NLL", "brier": "Brier score"}  # metrics in distribution that people choose by, and how charts call them


def rules(collection: str = "", id_set: str | None = None, metric: str = "accuracy", *, sample: bool = True) -> dict[str, str]:
    """Return the rules by which a network may be chosen, for networks of one ID set: what `regret` takes, and words."""
    table = population.wide(collection, metric, sample=sample)
    found: dict[str, str] = {}
    if id_set is not None:
        if f"{id_set}/val" in table:
            found["validation"] = f"{metric} on {Set(id_set, 'val').label}"
        if id_set in table:
            found["id"] = f"{metric} on {id_set}"
        for name in CALIBRATION:
            if name != metric and id_set in population.wide(collection, name, sample=sample):
                found[name] = f"{'lowest' if views.better(name) == 'lower' else 'highest'} {CALIBRATION[name]} on {id_set}"
    found |= {text: f"{metric} on {Set.read(text).label}" for text in _targets(table, id_set)}
    return found | {"oracle": f"{metric} on all other sets (oracle)"}


@kept
def regret(
    select_by: str, collection: str = "", id_set: str | None = None, metric: str = "accuracy", *, among: Sequence[str] = (), sample: bool = True
) -> pd.DataFrame:
    """Return what it costs, on every other set, to choose the network by a rule instead of taking the best one there.

    One row an ID set and target: the ID set itself (`kind` here), every other unshifted set (elsewhere) but the one that chose, and
    the mean over these (mean). Networks are chosen among those trained on the same set; where that is not told (imported
    tables), among all, with `id_set` as the ID set, which is then no target. `low` and `high` come from resampling networks.

    Args:
        select_by: A set's text (best there); `validation` or `id` (best on the validation or test side of the ID set); a metric
            such as `ece` (best in distribution); `oracle` (best mean over the other sets).
        collection: Whose numbers.
        id_set: Only for this ID set.
        metric: What counts.
        among: Only these networks; none means all.
        sample: Whether the shipped sample counts.

    Raises:
        UserError: for a rule or ID set that nothing is known of.
    """
    table = population.wide(collection, metric, sample=sample)
    if among:
        table = table[table.index.isin(among)]
    rows = [row for home, mine in _homes(table, collection, id_set, sample) for row in _regrets(select_by, home, mine, collection, metric, sample)]
    if not rows:
        offered = rules(collection, id_set, metric, sample=sample)
        if select_by not in offered and select_by not in population.sets_of(collection, metric, sample=sample)["set"].tolist():
            raise errors.unknown("rule or set", select_by, {*offered, *WORDS})
        raise errors.UserError(f"No network has {metric} by which to choose, and on another set.", "Choose another rule, metric or ID set.")
    return pd.DataFrame(rows)


def _homes(table: pd.DataFrame, collection: str, id_set: str | None, sample: bool) -> list[tuple[str | None, pd.DataFrame]]:
    """Return the ID sets with the numbers of the networks that call them home."""
    about = population.networks_of(collection, sample=sample).set_index("network")["trained_on"]
    trained = about.reindex(table.index)
    if trained.notna().any():
        return [(str(home), table[trained == home]) for home in sorted(trained.dropna().unique()) if id_set in (None, home)] or [(id_set, table)]
    if id_set is not None and id_set not in table:
        raise errors.unknown("set", id_set, map(str, table))
    return [(id_set, table)]


def _targets(table: pd.DataFrame, home: str | None) -> list[str]:
    """Return the unshifted test sets besides the ID set that enough of the networks have a number on."""
    return [text for text in sets_with(table) if text != home and Set.read(text).split == "test"]


def sets_with(table: pd.DataFrame) -> list[str]:
    """Return the sets (columns) that at least a tenth of the networks, and two of them, have a number on."""
    enough = table.notna().sum() >= max(2, len(table) / 10)
    return [str(text) for text in table.columns[enough]]


def _regrets(rule: str, home: str | None, table: pd.DataFrame, collection: str, metric: str, sample: bool) -> list[dict[str, Any]]:
    sign = 1.0 if views.better(metric) == "higher" else -1.0
    elsewhere = [text for text in _targets(table, home) if text != rule]
    looked = _looked_at(rule, home, table, elsewhere, collection, metric, sample)
    if looked is None or not elsewhere:
        return []
    here = [home] if home is not None and home in table and rule not in {"id", home} else []
    outcomes = sign * table[[*here, *elsewhere]].assign(**{MEAN: table[elsewhere].mean(axis=1, skipna=False)}).to_numpy(float)
    kinds = ["here"] * len(here) + ["elsewhere"] * len(elsewhere) + ["mean"]
    targets = list(zip([*here, *elsewhere, MEAN], kinds, strict=True))
    rows = []
    for part in _same_missing(outcomes):
        found = selection.regret(looked, outcomes[:, part])
        able = int((np.isfinite(looked) & np.isfinite(outcomes[:, part[0]])).sum())
        rows += [(j, _regret_row(found, i, targets[j], table, rule, home, sign, able)) for i, j in enumerate(part) if found.chosen.any()]
    return [row for _, row in sorted(rows, key=lambda one: one[0])]


def _same_missing(outcomes: Float[np.ndarray, "networks targets"]) -> list[list[int]]:
    """Return the targets in groups that the same networks have, so that each group is resampled once."""
    groups: dict[bytes, list[int]] = {}
    for j, column in enumerate(np.isfinite(outcomes).T):
        groups.setdefault(column.tobytes(), []).append(j)
    return list(groups.values())


def _regret_row(
    found: selection.Regret, i: int, target: tuple[str, str], table: pd.DataFrame, rule: str, home: str | None, sign: float, able: int
) -> dict[str, Any]:
    chosen = table.index[found.chosen].astype(str).tolist()
    return {
        "id": home, "rule": rule, "ood": target[0], "kind": target[1], "chosen": chosen[0], "tied_choices": len(chosen), "networks": able,
        "value": sign * found.value[i], "best": sign * found.best[i], "best_network": str(table.index[found.best_at[i]]),
        "regret": found.regret[i], "low": found.low[i], "high": found.high[i],
    }  # fmt: skip


def _looked_at(
    rule: str, home: str | None, table: pd.DataFrame, elsewhere: Sequence[str], collection: str, metric: str, sample: bool
) -> Float[np.ndarray, " networks"] | None:
    """Return the number by which a rule chooses, higher is chosen; None where these networks have none."""
    sign = 1.0 if views.better(metric) == "higher" else -1.0
    if rule == "oracle":
        values = table[list(elsewhere)].mean(axis=1, skipna=False)
    elif rule in {"validation", "id"}:
        values = table.get(f"{home}/val" if rule == "validation" else home)
    elif rule in table:
        values = table[rule]
    elif rule in population.metrics_of(collection, sample=sample)["metric"].tolist() and home is not None:
        values, sign = (
            population.wide(collection, rule, [home], sample=sample)[home].reindex(table.index),
            1.0 if views.better(rule) == "higher" else -1.0,
        )
    else:
        values = population.wide(collection, metric, [rule], sample=sample)[rule].reindex(table.index)
    if values is None or not values.notna().any():
        return None
    return sign * values.to_numpy(float)


@kept
def pareto(
    criteria: Sequence[str], collection: str = "", *, among: Sequence[str] = (), trained_on: str | None = None, sample: bool = True
) -> pd.DataFrame:
    """Return the networks with a number for each criterion and `front`: whether no other is at least as good on all and better on one.

    Args:
        criteria: Each `METRIC on SET`, or an attribute that is a number, such as `parameters` (fewer is better).
        collection: Whose numbers.
        among: Only these networks; none means all.
        trained_on: Only networks trained on this set.
        sample: Whether the shipped sample counts.

    Raises:
        UserError: for a criterion that is neither, or fewer than two.
    """
    if len(set(criteria)) < 2:
        raise errors.UserError("A front needs at least two criteria.", "Name them as METRIC on SET, or a number such as parameters.")
    about = population.networks_of(collection, sample=sample)
    if among:
        about = about[about["network"].isin(among)]
    if trained_on is not None:
        about = about[about["trained_on"] == trained_on]
    columns = {text: _criterion(text, about, collection, sample) for text in dict.fromkeys(criteria)}
    frame = about[["network"]].assign(**columns).dropna(subset=list(columns), ignore_index=True)
    front = selection.pareto(frame[list(columns)].to_numpy(float), [higher_is_better(text) for text in columns])
    return frame.assign(front=front).sort_values(
        ["front", *list(columns)[:1]], ascending=[False, not higher_is_better(next(iter(columns)))], ignore_index=True
    )


def higher_is_better(criterion: str) -> bool:
    """Return whether more of a criterion is better; of attributes, such as parameters or seconds, less is."""
    metric, among, _ = criterion.partition(" on ")
    return bool(among) and views.better(metric) == "higher"


def _criterion(text: str, about: pd.DataFrame, collection: str, sample: bool) -> list[float]:
    metric, among, one = text.partition(" on ")
    if among:
        known = population.metrics_of(collection, sample=sample)["metric"].tolist()
        if metric not in known:
            raise errors.unknown("metric", metric, known)
        values = population.wide(collection, metric, [Set.read(one).text()], sample=sample)[Set.read(one).text()]
        return about["network"].map(values).tolist()
    if text not in about or not pd.api.types.is_numeric_dtype(about[text]):
        raise errors.unknown("criterion", text, [*attributes.numbers(about), "accuracy on SET"])
    return about[text].astype(float).tolist()
