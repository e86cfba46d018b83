"""Which number measured here tells how a network does elsewhere: predictors, and metrics that carry over.

Accuracies enter as errors, 1 - accuracy. In distribution, the validation split counts where it was scored for at least as many
networks as the test split; which one it was stands beside each number. A network that lacks a number is left out of what
needs it, and every comparison of two predictors is made on the networks that have both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from engine import errors, registry, store
from engine.assay import population, views
from engine.assay.kept import kept
from engine.stats import lines, patterns, regression
from engine.stats.lines import Axes

Equal = Literal["task", "pair"]
FIRST_METRICS = ("accuracy", "nll", "brier", "ece", "demographic_disparity")
MOST_SETS = 12  # other OOD sets that are predictors of their own unless asked for
MEANS = ("corruptions", "adversarial_")  # how means over shifted sets are named
SAME = 0.9995  # correlation within a pair from which a mean over shifts and a set are the same measurement
ESTIMATES = {
    "r2": "r2", "r2_with_id": "both", "gain": "gain", "advantage": "advantage", "r2_left_out": "out", "r2_with_id_left_out": "both_out",
    "gain_left_out": "gain_out", "r": "r", "spearman": "spearman",
}  # fmt: skip
_FOLDS = {"task": "task", "ID set": "id", "pair": "pair"}


def metrics_of(collection: str = "", *, sample: bool = True) -> list[str]:
    """Return the metrics of single sets that a collection has, those of the paper first; metrics of pairs of sets are left out."""
    known = [name for name in population.metrics_of(collection, sample=sample)["metric"] if name not in registry.names("metrics/pairs")]
    return sorted(known, key=lambda name: (FIRST_METRICS.index(name) if name in FIRST_METRICS else len(FIRST_METRICS), name))


def id_sets(collection: str = "", metric: str = "accuracy", *, sample: bool = True) -> list[str]:
    """Return the sets that may be asked for as the ID set, for collections whose networks do not say what they were trained on.

    Empty where the networks do: then each network's own training set is its ID set.
    """
    sets = population.sets_of(collection, metric, sample=sample)
    plain = sets[(sets["shift"] == "") & (sets["split"] == "test")].sort_values("networks", ascending=False, kind="stable")["set"].tolist()
    trained = population.networks_of(collection, sample=sample)["trained_on"].dropna()
    return [] if set(trained) & set(plain) else plain


def is_error(metric: str) -> bool:
    """Return whether a metric is an accuracy, which enters as 1 - accuracy."""
    return metric == "accuracy" or metric.endswith("_accuracy") or metric.startswith(MEANS)


def said(metric: str) -> str:
    """Return how charts call a metric as it enters."""
    if metric == "corruptions":
        return "error under corruptions"
    if metric.startswith("adversarial_") and not metric.endswith("_accuracy"):
        norm = metric.removeprefix("adversarial_")
        return f"error under {'L' + norm[1:].replace('inf', '∞') if norm in ('linf', 'l2', 'l1') else norm} attack"
    return metric.replace("accuracy", "error").replace("_", " ") if is_error(metric) else metric.replace("_", " ")


@kept
def measured(collection: str = "", id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return one row a network and OOD set with all that was measured of it.

    Columns: network, id, ood, task, pair (categories, in the order of their words), parameters, and for each metric `<metric>_val`,
    `<metric>_id`, `<metric>_ood`, also for `corruptions` (mean accuracy over corruptions) and `adversarial_<norm>` (over attacks) where
    there are such sets.

    Raises:
        UserError: where the networks do not say what they were trained on and no ID set is named.
    """
    check_collection(collection, sample=sample)
    metrics = metrics_of(collection, sample=sample)
    if id_set is None and (offered := id_sets(collection, metrics[0], sample=sample)):
        raise errors.UserError("These networks do not say what they were trained on.", f"Name the ID set, one of {', '.join(offered[:12])}.")
    found = population.cross(collection, tuple(metrics), id_set, sample=sample)
    for name, table in _means(collection, sample=sample).groupby("kind", observed=True):
        for side in ("id", "ood"):
            found[f"{name}_{side}"] = _looked_up(table, found["network"], found[side])
    about = store.query("SELECT network, parameters FROM networks WHERE collection = $collection", {"collection": collection}, sample=sample)
    by_name = pd.to_numeric(about["parameters"], errors="coerce").set_axis(about["network"]).reindex(found["network"].cat.categories).to_numpy(float)
    task = found["task"].cat.add_categories([""] if "" not in found["task"].cat.categories else []).fillna("")
    ordered = task.cat.reorder_categories(sorted(task.cat.categories))
    return found.assign(task=ordered, pair=_pair_of(found), parameters=by_name[found["network"].cat.codes])


@kept
def elsewhere(collection: str = "", id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return each metric with how many rows of `measured` have it on the OOD set: what a page asks before it shows anything."""
    found = measured(collection, id_set, sample=sample)
    names = [name for name in entering(found, collection, sample=sample) if f"{name}_ood" in found]
    return pd.DataFrame({"metric": names, "rows": [int(found[f"{name}_ood"].notna().sum()) for name in names]})


def _looked_up(table: pd.DataFrame, network: pd.Series, dataset: pd.Series) -> Float[np.ndarray, " rows"]:
    """Return the value of each network on a set out of a table of network, dataset and value; NaN where it has none."""
    networks, datasets = network.cat.categories, dataset.cat.categories
    row, column = (index.get_indexer(pd.Index(table[name])) for index, name in ((networks, "network"), (datasets, "dataset")))
    known = (row >= 0) & (column >= 0)
    values = np.full((len(networks), len(datasets)), np.nan)
    values[row[known], column[known]] = table["value"].to_numpy(float)[known]
    return values[network.cat.codes, dataset.cat.codes]


def _pair_of(found: pd.DataFrame) -> pd.Series:
    """Return the name of each row's pair."""
    one, other = found["id"].cat, found["ood"].cat
    codes, first = np.unique(one.codes.to_numpy(np.int64) * len(other.categories) + other.codes, return_inverse=True)
    names = [f"{one.categories[code // len(other.categories)]} → {other.categories[code % len(other.categories)]}" for code in codes]
    order = np.argsort(names)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    dtype = pd.CategoricalDtype([names[i] for i in order])
    return pd.Series(pd.Categorical.from_codes(place[first] if len(first) else first, dtype=dtype), index=found.index)  # type: ignore[call-overload]


def check_collection(collection: str, *, sample: bool) -> None:
    """Raise UserError where there is no such collection."""
    known = population.collections(sample=sample)["collection"].tolist()
    if collection not in known:
        if not known:
            raise errors.UserError("Nothing has been evaluated yet.", "Run an evaluation or import a table of results.")
        raise errors.unknown("table", collection, [name for name in known if name])


@kept
def _means(collection: str, *, sample: bool = True) -> pd.DataFrame:
    """Return each network's mean accuracy over the corruptions, and over the attacks of a norm, of each set: network, dataset, kind, value.

    The mean runs over the cells that at least half as many networks have as the commonest one; who lacks one of them has no mean.
    Geometric shifts are no corruptions.
    """
    geometric = [name for name in registry.names("shifts") if registry.card("shifts", name).constants.get("FAMILY") == "geometric"]
    asked = {"collection": collection, "geometric": geometric}
    shifted = """s.collection = $collection AND s.metric = 'accuracy' AND s.slice IS NULL AND s.shift <> '' AND s.split = 'test'
                 AND s.value IS NOT NULL AND NOT list_contains($geometric, s.shift::VARCHAR)"""
    most = int(store.query("SELECT len(enum_range(NULL::scores_network)) AS networks", sample=sample)["networks"].iloc[0])
    cells = store.query(
        f"""SELECT s.dataset::VARCHAR AS dataset, s.shift::VARCHAR AS shift, s.strength, s.norm::VARCHAR AS norm,
                   bit_count(bitstring_agg(enum_code(s.network)::INTEGER, 0, {max(most - 1, 0)})) AS networks
            FROM scores s WHERE {shifted} GROUP BY ALL""",
        asked,
        sample=sample,
    )
    of_kind = [cells["dataset"], cells["norm"].fillna("")]
    usual = cells["networks"] >= 0.5 * cells.groupby(of_kind)["networks"].transform("max")
    seldom = {f"no_{name}": cells.loc[~usual, name].tolist() for name in ("dataset", "shift", "strength", "norm")} if not usual.all() else {}
    other = """AND NOT EXISTS (SELECT 1 FROM (SELECT unnest($no_dataset) AS dataset, unnest($no_shift) AS shift, unnest($no_strength) AS strength,
                                                     unnest($no_norm)::VARCHAR AS norm) u
                               WHERE u.dataset = s.dataset::VARCHAR AND u.shift = s.shift::VARCHAR AND u.strength = s.strength
                                 AND u.norm IS NOT DISTINCT FROM s.norm::VARCHAR)"""
    found = store.query(
        f"""SELECT s.network::VARCHAR AS network, s.dataset::VARCHAR AS dataset, s.norm::VARCHAR AS norm, avg(s.value) AS value, count(*) AS cells
            FROM scores s WHERE {shifted} {other if seldom else ""} GROUP BY s.network, s.dataset, s.norm ORDER BY ALL""",
        asked | seldom,
        sample=sample,
    )
    wanted = cells[usual].groupby([one[usual] for one in of_kind]).size()
    by_kind = pd.MultiIndex.from_arrays([found["dataset"], found["norm"].fillna("")])
    kind = pd.Series(np.where(found["norm"].isna(), "corruptions", "adversarial_" + found["norm"].fillna("")), index=found.index)
    return found.assign(kind=kind)[(found["cells"] == wanted.reindex(by_kind).to_numpy()).to_numpy()]


def side_of(found: pd.DataFrame, metric: str) -> Literal["val", "id"]:
    """Return the ID side that counts for a metric: validation where at least as many rows have it, else test."""
    val, test = (int(found[f"{metric}_{side}"].notna().sum()) if f"{metric}_{side}" in found else 0 for side in ("val", "id"))
    return "val" if val and val >= test else "id"


def number(found: pd.DataFrame, metric: str, side: str) -> pd.Series:
    """Return a metric of one side of `measured` as it enters."""
    column = found[f"{metric}_{side}"].astype(float)
    return 1 - column if is_error(metric) else column


def entering(found: pd.DataFrame, collection: str, *, sample: bool) -> list[str]:
    """Return the metrics of single sets and the means over corruptions and attacks that `measured` has."""
    metrics = metrics_of(collection, sample=sample)
    means = {str(c).rsplit("_", 1)[0] for c in found if str(c).startswith(MEANS)} - set(metrics)
    return [*metrics, *sorted(means, reverse=True)]


@kept
def candidates(collection: str = "", target: str = "accuracy", id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return what may tell the number elsewhere: predictor (its name), label, kind, side, networks that have it.

    Names: a metric (measured in distribution), `corruptions`, `adversarial_<norm>`, `others` (the mean over the other OOD sets),
    `on:SET` (another OOD set), `parameters`. A mean over corruptions or attacks does not count in a pair whose OOD set is that mean.
    """
    found = measured(collection, id_set, sample=sample)
    metrics = [target, *(m for m in entering(found, collection, sample=sample) if m != target)]
    rows = [(m, f"ID {said(m)}", "in distribution", {"val": "validation", "id": "test"}[side_of(found, m)]) for m in metrics]
    if len(found["ood"].unique()) > 1:
        name = said(target)
        rows.append(("others", f"mean {name} on the other OOD sets", "elsewhere", "test"))
        rows += [(f"on:{ood}", f"{name} on {ood}", "elsewhere", "test") for ood in sorted(found["ood"].unique())]
    rows.append(("parameters", "number of parameters (log)", "network", ""))
    frame = pd.DataFrame(rows, columns=["predictor", "label", "kind", "side"])
    there = found[found[f"{target}_ood"].notna()]
    codes = there["network"].cat.codes.to_numpy()
    several = there["ood"][(np.bincount(codes, minlength=1) > 1)[codes]].value_counts()  # who was scored on another set, too
    frame["networks"] = [
        int(several.get(name.removeprefix("on:"), 0)) if name.startswith("on:") else _networks(there, _predictor(there, name, target))
        for name in frame["predictor"]
    ]
    return frame[frame["networks"] > 0].reset_index(drop=True)


def _networks(found: pd.DataFrame, values: pd.Series) -> int:
    return _different(found["network"][values.notna()])


def _different(words: pd.Series) -> int:
    """Return how many different words there are."""
    return int((np.bincount(words.cat.codes, minlength=1) > 0).sum())


def _predictor(found: pd.DataFrame, name: str, target: str) -> pd.Series:
    """Return a predictor's number for each row; NaN where it was not measured or is the target itself."""
    if name == "parameters":
        return pd.Series(np.log10(found["parameters"].where(found["parameters"] > 0)), index=found.index)
    if name.startswith("on:"):
        ood = name.removeprefix("on:")
        there = found[found["ood"] == ood]
        each = np.full(len(found["network"].cat.categories), np.nan)
        each[there["network"].cat.codes] = number(there, target, "ood")
        return pd.Series(each[found["network"].cat.codes], index=found.index).where(found["ood"] != ood)
    if name == "others":
        return _others(found, number(found, target, "ood"))
    here = number(found, name, side_of(found, name))
    return here.where(~_same(found, here, number(found, target, "ood"))) if name.startswith(MEANS) else here


def _placed(values: pd.Series, name: str, target: str, axes: Axes) -> pd.Series:
    """Return where a predictor's numbers lie on the axes: shares move, other numbers stay."""
    metric = target if name == "others" or name.startswith("on:") else name
    if axes == "linear" or not (is_error(metric) or views.unit(metric) == "fraction"):
        return values
    return pd.Series(lines.to_axis(values.to_numpy(np.float64), axes), index=values.index)


def _same(found: pd.DataFrame, x: pd.Series, y: pd.Series) -> pd.Series:
    """Return which rows are of a pair whose OOD set is what the predictor is a mean of: imported tables have both, and they agree."""
    pairs = found["pair"].cat
    both = np.isfinite(x.to_numpy(float)) & np.isfinite(y.to_numpy(float))
    groups = lines.of_groups(
        pairs.codes.to_numpy(np.int64)[both], x.to_numpy(float)[both], y.to_numpy(float)[both], "linear", groups=len(pairs.categories)
    )
    return pd.Series(groups.r[pairs.codes] > SAME, index=found.index)


def _others(found: pd.DataFrame, there: pd.Series) -> pd.Series:
    """Return the mean over the other OOD sets of the same task, for networks that have all the sets that their ID set is paired with."""
    task, values = found["task"].cat.codes.to_numpy(np.int64), there.to_numpy(float)
    tasks = task.max(initial=0) + 1
    each, homes = (found[name].cat.codes.to_numpy(np.int64) * tasks + task for name in ("network", "id"))
    known = np.isfinite(values)
    count = np.bincount(each, known, each.max(initial=0) + 1)[each]
    total = np.bincount(each, np.where(known, values, 0.0))[each]
    most = np.zeros(homes.max(initial=0) + 1)
    np.maximum.at(most, homes, count)  # counts: never NaN
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total - values) / (count - 1)
    return pd.Series(np.where((count == most[homes]) & (count > 1), mean, np.nan), index=found.index)


@kept
def predictors(
    collection: str = "", target: str = "accuracy", names: Sequence[str] = (), id_set: str | None = None, *, equal: Equal = "task",
    common: bool = False, apart: float = regression.APART, axes: Axes = "linear", sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return how well each predictor tells the number elsewhere: two rows a predictor, `view` pooled and standardised.

    Columns: predictor, label, kind, side, view; with `_low` and `_high` the estimates `r2`, `r2_with_id` (with the ID number as second
    predictor), `gain` of that over the ID number alone, `advantage` (r2 minus that of the ID number on the same networks),
    `r2_left_out`, `r2_with_id_left_out`, `gain_left_out`, `r`, `spearman`; `r2_id` (the ID number on the same networks), slope, intercept,
    points, networks, pairs, left_out (what is left out together), disagrees (None, "sign" or "size").

    Args:
        collection: whose networks.
        target: the metric that is to be told, on each OOD set.
        names: predictors as `candidates` names them; none means all, of other OOD sets at most `MOST_SETS`.
        id_set: the ID set, where the networks do not say what they were trained on.
        equal: whether all tasks count the same, or all pairs.
        common: only networks that have all these predictors.
        apart: correlations further apart than this disagree.
        axes: linear, or logit or probit for shares (kept `engine.stats.lines.EPSILON` from 0 and 1), on which relations are straighter.
        sample: whether the shipped sample counts.

    Raises:
        UserError: for an unknown table, metric or predictor, or where an ID set must be named.
    """
    found = measured(collection, id_set, sample=sample)
    _check_metric(collection, target, sample=sample)
    offered = candidates(collection, target, id_set, sample=sample)
    chosen = _chosen(offered, names)
    values = {name: _placed(_predictor(found, name, target), name, target, axes) for name in chosen["predictor"]}
    there, here = (_placed(column, target, target, axes) for column in (number(found, target, "ood"), _predictor(found, target, target)))
    if common:
        found, (there, here), values = _in_all(found, (there, here), values)
    asked = [(told, values[told["predictor"]], None if told["predictor"] == target else here) for told in chosen.to_dict("records")]
    return pd.DataFrame(_compared(found, there, asked, equal, apart))


def _check_metric(collection: str, metric: str, *, sample: bool) -> None:
    known = metrics_of(collection, sample=sample)
    if metric not in known:
        raise errors.unknown("metric", metric, known)


def _chosen(offered: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    if not names:
        elsewhere = offered[offered["predictor"].str.startswith("on:")]
        return offered if len(elsewhere) <= MOST_SETS else offered.drop(elsewhere.index)
    unknown = [name for name in names if name not in set(offered["predictor"])]
    if unknown:
        raise errors.unknown("predictor", unknown[0], offered["predictor"].tolist())
    return offered[offered["predictor"].isin(names)]


def _in_all(found: pd.DataFrame, numbers: tuple[pd.Series, ...], values: Mapping[str, pd.Series]) -> tuple[pd.DataFrame, list[pd.Series], dict]:
    """Keep the networks that have every predictor somewhere."""
    codes = found["network"].cat.codes.to_numpy()
    inside = np.ones(codes.max(initial=0) + 1, dtype=bool)
    for value in values.values():
        inside &= np.bincount(codes, (value.notna() & numbers[0].notna()).to_numpy(), len(inside)) > 0
    rows = pd.Series(inside[codes], index=found.index)
    return found[rows], [column[rows] for column in numbers], {name: value[rows] for name, value in values.items()}


def folds(found: pd.DataFrame) -> str:
    """Return what is left out together: the tasks where there are several, else the ID sets, else the pairs, else one network at a time."""
    return next((name for name, column in _FOLDS.items() if len(found[column].unique()) > 1), "network")


Asked = tuple[Mapping[Any, Any], pd.Series, pd.Series | None]  # what is told of a predictor, its numbers, those it is compared with


def _compared(found: pd.DataFrame, y: pd.Series, asked: Sequence[Asked], equal: Equal, apart: float) -> list[dict[str, Any]]:
    """Return the two rows of each predictor; predictors that the same rows have are compared at once."""
    together: dict[bytes, list[int]] = {}
    for i, (_, x, base) in enumerate(asked):
        both = np.isfinite(y.to_numpy(float)) & np.isfinite(x.to_numpy(float))
        finite = both if base is None else both & np.isfinite(base.to_numpy(float))
        together.setdefault(np.packbits(finite).tobytes(), []).append(i)
    rows: dict[int, list[dict[str, Any]]] = {}
    for packed, places in together.items():
        finite = np.unpackbits(np.frombuffer(packed, np.uint8), count=len(found)).astype(bool)
        points, left_out = _points(
            found[finite], y[finite], [(x[finite], None if base is None else base[finite]) for _, x, base in (asked[i] for i in places)], equal
        )
        for i, one, both in zip(places, points, regression.compare_all(points), strict=True):
            rows[i] = _rows(asked[i][0], one, both, left_out, apart)
    return [row for i in range(len(asked)) for row in rows[i]]


def _points(
    found: pd.DataFrame, y: pd.Series, several: Sequence[tuple[pd.Series, pd.Series | None]], equal: Equal
) -> tuple[list[regression.Points], str]:
    """Return the rows, all of which have all numbers, as regressions take them, and what is left out together."""
    pair, network = (_codes_in(found[name]) for name in ("pair", "network"))
    about = found.iloc[np.unique(pair, return_index=True)[1]]
    left_out = folds(about)
    fold = None if left_out == "network" else pd.factorize(about[_FOLDS[left_out]])[0]
    weight, told = regression.weights_of_pairs(about["task"].tolist(), equal), y.to_numpy(np.float64)
    bases = {id(base): base.to_numpy(np.float64) for _, base in several if base is not None}
    return [
        regression.Points(told, x.to_numpy(np.float64), pair, network, weight, fold, None if base is None else bases[id(base)]) for x, base in several
    ], left_out


def _codes_in(words: pd.Series) -> Int[np.ndarray, " n"]:
    """Return codes that count from 0 those words that are there, in their order."""
    codes = words.cat.codes.to_numpy(np.int64)
    there = np.bincount(codes, minlength=1) > 0
    return (np.cumsum(there) - 1)[codes]


def _rows(
    told: Mapping[Any, Any], points: regression.Points, both: Mapping[regression.View, regression.Regression], left_out: str, apart: float
) -> list[dict[str, Any]]:
    """Return the two rows of one predictor."""
    disagrees = regression.disagreement(both["pooled"], both["standardised"], apart)
    rows: list[dict[str, Any]] = []
    for view, one in both.items():
        row: dict[str, Any] = {**told, "view": view}
        for name, field in ESTIMATES.items():
            estimate = getattr(one, field)
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        row |= {"r2_id": one.r2.value if points.base is None else one.base.value, "slope": one.slope.value, "intercept": one.intercept.value}
        rows.append(row | {"points": one.points, "networks": one.networks, "pairs": one.pairs, "left_out": left_out, "disagrees": disagrees})
    return rows


def in_short(found: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `predictors` or `transfer` with each estimate and its interval as words, for reading."""
    estimates = [name for name in ESTIMATES if name in found]
    told = {
        name: [_words(*row) for row in found[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)]
        for name in estimates if name in ("r2", "advantage", "gain", "r2_left_out", "spearman", "r")
    }  # fmt: skip
    first = [name for name in ("predictor", "metric", "view", "side") if name in found]
    last = [name for name in ("networks", "pairs", "left_out", "disagrees") if name in found]
    return pd.concat([found[first], pd.DataFrame(told, index=found.index), found[last]], axis=1)


def _words(value: float, low: float, high: float) -> str:
    if value != value:
        return "–"  # noqa: RUF001  # undefined, or the ID number itself
    return f"{value:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low == low else "")


def pairs_of_predictors(collection: str = "", target: str = "accuracy", id_set: str | None = None, **options: Any) -> pd.DataFrame:
    """Return what each predictor adds to the ID number: label, view, R² of both, gain, gain left out, each with its interval, most first."""
    found = predictors(collection, target, (), id_set, **options)
    columns = [f"{name}{end}" for name in ("r2_with_id", "gain", "r2_with_id_left_out", "gain_left_out") for end in ("", "_low", "_high")]
    shown = found.loc[found["predictor"] != target, ["predictor", "label", "view", "r2_id", *columns, "networks", "pairs", "left_out"]]
    return shown.sort_values("gain", ascending=False, ignore_index=True)


@kept
def transfer(
    collection: str = "", metrics: Sequence[str] = (), id_set: str | None = None, *, equal: Equal = "task", apart: float = regression.APART,
    sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return how well each metric carries over from ID to OOD: two rows a metric, `view` pooled and standardised, best first.

    The standardised view is the mean of the correlations within pairs, the tasks (or the pairs) counting the same. Columns: metric,
    label, side, view, `r`, `spearman`, `r2` with `_low` and `_high`, points, networks, pairs, disagrees.
    """
    found = measured(collection, id_set, sample=sample)
    known = [name for name in entering(found, collection, sample=sample) if _both_sides(found, name)]
    rows: list[dict[str, Any]] = []
    for metric in _known_metrics(metrics, known):
        side = side_of(found, metric)
        told = {"metric": metric, "label": said(metric), "side": {"val": "validation", "id": "test"}[side]}
        rows += _compared(found, number(found, metric, "ood"), [(told, number(found, metric, side), None)], equal, apart)
    if not rows:
        return pd.DataFrame(columns=["metric", "view", "spearman"])
    columns = [f"{name}{end}" for name in ("r", "spearman", "r2") for end in ("", "_low", "_high")]
    frame = pd.DataFrame(rows)[["metric", "label", "side", "view", *columns, "points", "networks", "pairs", "disagrees"]]
    own = frame[frame["view"] == "standardised"].set_index("metric")["spearman"]
    order = frame["metric"].map(own.fillna(-2.0))
    return frame.assign(order=order).sort_values("order", ascending=False, kind="stable").drop(columns="order").reset_index(drop=True)


def _known_metrics(metrics: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    for name in metrics:
        if name not in known:
            raise errors.unknown("metric on both sides", name, known)
    return metrics or known


def _both_sides(found: pd.DataFrame, metric: str) -> bool:
    return f"{metric}_ood" in found and bool((found[f"{metric}_ood"].notna() & found[f"{metric}_{side_of(found, metric)}"].notna()).any())


@kept
def transfer_pairs(collection: str = "", metric: str = "accuracy", id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return the same for each pair: id, ood, task, Pearson's `r` and `spearman` of m(ID) and m(OOD) with intervals, networks."""
    found = measured(collection, id_set, sample=sample)
    _known_metrics([metric], [name for name in entering(found, collection, sample=sample) if _both_sides(found, name)])
    both = found.assign(x=number(found, metric, side_of(found, metric)), y=number(found, metric, "ood")).dropna(subset=["x", "y"])
    rows = []
    for (one, other, task), mine in both.groupby(["id", "ood", "task"], sort=True):
        x, y = mine["x"].to_numpy(float), mine["y"].to_numpy(float)
        r = patterns.correlation(x, y)
        rows.append((metric, one, other, task, r, *patterns.correlation_interval(r, len(mine)), *lines.spearman(x, y), len(mine)))
    names = [f"{name}{end}" for name in ("r", "spearman") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["metric", "id", "ood", "task", *names, "networks"])


@kept
def scattered(
    collection: str = "", predictor: str = "accuracy", target: str = "accuracy", id_set: str | None = None, *, axes: Axes = "linear",
    sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return the points behind a predictor: network, id, ood, pair, x, y, and both within their pair as `x_standardised`, `y_standardised`."""
    found = measured(collection, id_set, sample=sample)
    x, y = _predictor(found, predictor, target), number(found, target, "ood")
    both = found[["network", "id", "ood", "task", "pair"]].assign(x=_placed(x, predictor, target, axes), y=_placed(y, target, target, axes))
    both = both.dropna(subset=["x", "y"]).reset_index(drop=True)
    z = regression.standardised(both[["x", "y"]].to_numpy(np.float64), pd.factorize(both["pair"])[0])
    return both.assign(x_standardised=z[:, 0], y_standardised=z[:, 1])


@kept
def own_lines(
    collection: str = "", predictor: str = "accuracy", target: str = "accuracy", id_set: str | None = None, *, axes: Axes = "linear",
    sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return each pair's own least-squares line through the points of `scattered`: pair, x_low, y_low, x_high, y_high."""
    points = scattered(collection, predictor, target, id_set, axes=axes, sample=sample)
    codes, names = pd.factorize(points["pair"], sort=True)
    pairs, x, y = regression.own_lines(points["x"].to_numpy(float), points["y"].to_numpy(float), codes)
    return pd.DataFrame({"pair": names[pairs], "x_low": x[:, 0], "y_low": y[:, 0], "x_high": x[:, 1], "y_high": y[:, 1]})
