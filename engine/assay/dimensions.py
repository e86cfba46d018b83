"""Which few hidden numbers stand behind all those measured: factor analysis and rank correlations of metrics or of sets.

As in `engine.assay.trust`, accuracies enter as errors. A factor analysis takes the rows that have all its columns and says how
many these are; a rank correlation those that have its two.
"""

import functools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine import errors, store
from engine.assay import population, trust
from engine.assay.kept import kept, kept_as_file, kept_in_memory
from engine.stats import factors as factoring
from engine.stats import lines, regression
from engine.stats.factors import Method, Rotation, Scaling

Over = Literal["metrics", "sets"]
SHARE = 0.5  # of the networks, that must have a column for it to be among the first ones


@kept_in_memory
def grid(collection: str = "", over: Over = "metrics", id_set: str | None = None, *, metric: str = "accuracy", sample: bool = True) -> pd.DataFrame:
    """Return the numbers that factors and rank correlations go over: network, pair, task, then a column for each number.

    Args:
        collection: whose networks.
        over: "metrics": one row a network and OOD set, each metric on ID and on OOD. "sets": one row a network, its `metric` on each
            set; the pair is then its ID set.
        id_set: the ID set, where the networks do not say what they were trained on.
        metric: with `over="sets"`, which number.
        sample: whether the shipped sample counts.
    """
    if over == "sets":
        trust.check_collection(collection, sample=sample)
        sets = population.sets_of(collection, metric, sample=sample)
        plain = sets[(sets["shift"] == "") & (sets["split"] == "test")]["set"].tolist()
        wide = population.wide(collection, metric, tuple(plain), sample=sample)
        trained = population.networks_of(collection, sample=sample).set_index("network")["trained_on"]
        numbers = (1 - wide if trust.is_error(metric) else wide).rename(columns=lambda name: f"{trust.said(metric)} on {name}").reset_index()
        own = numbers["network"].map(trained).fillna("").astype(str)
        return pd.concat([pd.DataFrame({"network": numbers.pop("network"), "pair": own, "task": ""}), numbers], axis=1)
    found = trust.measured(collection, id_set, sample=sample)
    columns: dict[str, pd.Series] = {}
    for name in trust.entering(found, collection, sample=sample):
        for side, told in ((trust.side_of(found, name), "ID"), ("ood", "OOD")):
            if f"{name}_{side}" in found and found[f"{name}_{side}"].notna().any():
                columns[f"{trust.said(name)} ({told})"] = trust.number(found, name, side)
    return pd.concat([found[["network", "pair", "task"]], pd.DataFrame(columns)], axis=1)


@kept
def columns_of(collection: str = "", over: Over = "metrics", id_set: str | None = None, **options: Any) -> pd.DataFrame:
    """Return the columns of `grid`: column, networks that have it, and `first`: whether a factor analysis starts with it."""
    found = grid(collection, over, id_set, **options)
    names = [str(c) for c in found.columns[3:]]
    networks = [found.loc[found[name].notna(), "network"].nunique() for name in names]
    most = max(networks, default=0)
    main = {f"{trust.said(m)} ({side})" for m in (*trust.FIRST_METRICS, "corruptions") for side in ("ID", "OOD")}
    first = [
        n >= SHARE * most and (over == "sets" or name in main or len(names) <= 2 * len(trust.FIRST_METRICS))
        for name, n in zip(names, networks, strict=True)
    ]
    return pd.DataFrame({"column": names, "networks": networks, "first": first})


def over_of(collection: str = "", *, sample: bool = True) -> Over:
    """Return what a factor analysis of a collection goes over unless asked: metrics where there are three, else sets."""
    return "metrics" if len(trust.metrics_of(collection, sample=sample)) >= 3 else "sets"


def _rows(
    collection: str, over: Over, columns: Sequence[str], id_set: str | None, scaling: Scaling, metric: str, *, sample: bool
) -> tuple[pd.DataFrame, list[str], np.ndarray, np.ndarray]:
    """Return the grid, the chosen columns, their z-scores (complete rows), and the codes of these rows' networks."""
    found = grid(collection, over, id_set, metric=metric, sample=sample)
    offered = columns_of(collection, over, id_set, metric=metric, sample=sample)
    _check_columns(columns, offered)
    names = list(columns) or offered[offered["first"]]["column"].tolist()
    values = found[names].to_numpy(np.float64, na_value=np.nan)
    complete = factoring.usable(values, names)
    mine = found[complete]
    z = factoring.scaled(values[complete], pd.factorize(mine["pair"])[0], scaling)
    mine, z = mine[np.isfinite(z).all(axis=1)], z[np.isfinite(z).all(axis=1)]
    factoring.usable(z, names)
    return found, names, z, pd.factorize(mine["network"])[0]


def _check_columns(columns: Sequence[str], offered: pd.DataFrame) -> None:
    for name in columns:
        if name not in set(offered["column"]):
            raise errors.unknown("column", name, offered["column"].tolist())


@kept
def scree(
    collection: str = "", over: Over = "metrics", columns: Sequence[str] = (), id_set: str | None = None, *, scaling: Scaling = "standardised",
    metric: str = "accuracy", sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return the eigenvalues of the columns' correlations, one row a component, beside those of random numbers.

    Columns: component, eigenvalue with low and high, random (95th percentile of random data), cumulative (share of all variance), suggested (factors
    by parallel analysis, at least 1), rows and networks that have all numbers, left_out (rows that do not, or are alone in their pair).
    """
    found, _, z, unit = _rows(collection, over, columns, id_set, scaling, metric, sample=sample)
    one = factoring.scree(z, unit)
    frame = pd.DataFrame(
        {"component": np.arange(1, len(one.eigenvalues) + 1), "eigenvalue": one.eigenvalues, "low": one.low, "high": one.high, "random": one.random,
         "cumulative": one.cumulative}
    )  # fmt: skip
    return frame.assign(suggested=max(one.suggested, 1), rows=len(z), networks=one.n, left_out=len(found) - len(z))


@functools.lru_cache(maxsize=16)
def _solution(
    _version: str, collection: str, over: Over, columns: tuple[str, ...], id_set: str | None, scaling: Scaling, metric: str, k: int | None,
    rotation: Rotation, method: Method, sample: bool,
) -> tuple[list[str], factoring.Solution, int]:  # fmt: skip
    _, names, z, unit = _rows(collection, over, columns, id_set, scaling, metric, sample=sample)
    found = scree(collection, over, columns, id_set, scaling=scaling, metric=metric, sample=sample)
    wanted = k if k is not None else min(int(found["suggested"].iloc[0]), len(names) - 1)
    return names, factoring.solve(z, wanted, unit, method=method, rotation=rotation), int(unit.max()) + 1


def _asked(
    collection: str, over: Over, columns: Sequence[str], id_set: str | None, scaling: Scaling, metric: str, k: int | None, rotation: Rotation,
    method: Method, sample: bool,
) -> tuple[list[str], factoring.Solution, int]:  # fmt: skip
    return _solution(store.version(), collection, over, tuple(columns), id_set, scaling, metric, k, rotation, method, sample)


@kept_as_file
def factors(
    collection: str = "", over: Over = "metrics", columns: Sequence[str] = (), id_set: str | None = None, *, scaling: Scaling = "standardised",
    metric: str = "accuracy", k: int | None = None, rotation: Rotation = "varimax", method: Method = "principal axis", sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return the loadings, one row a column and factor: column, factor, loading with low and high, communality, improper, n (networks).

    Args:
        collection: whose networks.
        over: what the columns are, as in `grid`.
        columns: which of them; none means those that `columns_of` calls first.
        id_set: the ID set, where the networks do not say what they were trained on.
        scaling: z-scores over all rows, or within each pair.
        metric: with `over="sets"`, which number.
        k: how many factors; None for what parallel analysis suggests.
        rotation: none, varimax or promax.
        method: principal axis or principal component.
        sample: whether the shipped sample counts.

    Raises:
        UserError: where there are fewer complete rows than columns, a column is constant, or there cannot be that many factors.
    """
    names, one, n = _asked(collection, over, columns, id_set, scaling, metric, k, rotation, method, sample)
    rows = [
        (name, f"F{j + 1}", one.loadings[i, j], one.low[i, j], one.high[i, j], one.communalities[i], i in one.improper, n)
        for i, name in enumerate(names)
        for j in range(one.loadings.shape[1])
    ]
    return pd.DataFrame(rows, columns=["column", "factor", "loading", "low", "high", "communality", "improper", "n"])


@kept_as_file
def factor_correlations(
    collection: str = "", over: Over = "metrics", columns: Sequence[str] = (), id_set: str | None = None, *, scaling: Scaling = "standardised",
    metric: str = "accuracy", k: int | None = None, rotation: Rotation = "varimax", method: Method = "principal axis", sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return what each factor explains of all variance, and its correlation with every other factor (0 unless the rotation is promax)."""
    _, one, n = _asked(collection, over, columns, id_set, scaling, metric, k, rotation, method, sample)
    names = [f"F{j + 1}" for j in range(len(one.between))]
    told = pd.DataFrame({"factor": names, "explained": one.explained, "n": n})
    return pd.concat([told, pd.DataFrame(one.between, columns=names)], axis=1)


@kept
def ranks(
    collection: str = "", over: Over = "metrics", columns: Sequence[str] = (), id_set: str | None = None, *, scaling: Scaling = "standardised",
    metric: str = "accuracy", equal: trust.Equal = "task", sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return Spearman's rank correlation of each two columns on the rows that have both: row, column, spearman, low, high, n, rows.

    n counts networks; the interval takes them, not the rows, as what varies independently.
    """
    found = grid(collection, over, id_set, metric=metric, sample=sample)
    offered = columns_of(collection, over, id_set, metric=metric, sample=sample)
    _check_columns(columns, offered)
    names = list(columns) or offered[offered["networks"] >= regression.FEWEST]["column"].tolist()
    values = found[names].to_numpy(np.float64, na_value=np.nan)
    group, pairs = pd.factorize(found["pair"], sort=True)
    tasks = found.drop_duplicates("pair").set_index("pair")["task"].reindex(pairs).tolist()
    rho, rows = factoring.rank_correlations(values, group, regression.weights_of_pairs(tasks, equal), scaling)
    networks = _networks_of_both(np.isfinite(values), pd.factorize(found["network"])[0])
    return pd.DataFrame(
        [
            (names[i], names[j], rho[i, j], *lines.spearman_interval(rho[i, j], int(networks[i, j])), int(networks[i, j]), int(rows[i, j]))
            for i in range(len(names))
            for j in range(len(names))
        ],
        columns=["row", "column", "spearman", "low", "high", "n", "rows"],
    )


def _networks_of_both(known: np.ndarray, network: np.ndarray) -> np.ndarray:
    """Return how many networks have some row with both columns."""
    kinds, which = np.unique(known, axis=0, return_inverse=True)  # few: networks lack the same columns
    counted: dict[bytes, int] = {}
    found = np.zeros((known.shape[1],) * 2, dtype=int)
    for i in range(known.shape[1]):
        for j in range(i, known.shape[1]):
            both = kinds[:, i] & kinds[:, j]
            if both.tobytes() not in counted:
                counted[both.tobytes()] = len(np.unique(network[both[which.ravel()]]))
            found[i, j] = found[j, i] = counted[both.tobytes()]
    return found
