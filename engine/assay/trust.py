"""Which number measured here tells how a network does elsewhere: predictors, and metrics that carry over.

Accuracies enter as errors, 1 - accuracy. In distribution, the validation split counts where it was scored for at least as many
networks as the test split; which one it was stands beside each number. A network that lacks a number is left out of what
needs it, and every comparison of two predictors is made on the networks that have both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

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

    Columns: network, id, ood, task, pair, parameters, and for each metric `<metric>_val`, `<metric>_id`, `<metric>_ood`, also for
    `corruptions` (mean accuracy over corruptions) and `adversarial_<norm>` (over attacks) where there are such sets.

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
            there = table[["network", "dataset", "value"]].rename(columns={"dataset": side, "value": f"{name}_{side}"})
            found = found.merge(there, on=["network", side], how="left")
    about = population.networks_of(collection, sample=sample).set_index("network")
    size = pd.to_numeric(about["parameters"], errors="coerce") if "parameters" in about else pd.Series(dtype=float)
    parameters = found["network"].map(size).astype(float)
    return found.assign(task=found["task"].fillna(""), pair=found["id"].astype(str) + " → " + found["ood"].astype(str), parameters=parameters)


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
    return store.query(
        """WITH every AS (
             SELECT network, dataset, shift, strength, value, CASE WHEN norm IS NULL THEN 'corruptions' ELSE 'adversarial_' || norm END AS kind
             FROM scores WHERE collection = $collection AND metric = 'accuracy' AND slice IS NULL AND shift <> '' AND split = 'test'
               AND value IS NOT NULL AND NOT list_contains($geometric, shift::VARCHAR)),
           cells AS (SELECT dataset, shift, strength, kind, count(DISTINCT network) AS networks FROM every GROUP BY ALL),
           usual AS (SELECT *, count(*) OVER (PARTITION BY dataset, kind) AS wanted FROM (
             SELECT * FROM cells QUALIFY networks >= 0.5 * max(networks) OVER (PARTITION BY dataset, kind)))
           SELECT network::VARCHAR AS network, dataset::VARCHAR AS dataset, kind, avg(value) AS value
           FROM every JOIN usual USING (dataset, shift, strength, kind) GROUP BY ALL HAVING count(*) = any_value(wanted) ORDER BY ALL""",
        {"collection": collection, "geometric": geometric},
        sample=sample,
    )


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
    several = there[there["network"].duplicated(keep=False)].groupby("ood")["network"].nunique()  # who was scored on another set, too
    frame["networks"] = [
        int(several.get(name.removeprefix("on:"), 0)) if name.startswith("on:") else _networks(there, _predictor(there, name, target))
        for name in frame["predictor"]
    ]
    return frame[frame["networks"] > 0].reset_index(drop=True)


def _networks(found: pd.DataFrame, values: pd.Series) -> int:
    return found.loc[values.notna(), "network"].nunique()


def _predictor(found: pd.DataFrame, name: str, target: str) -> pd.Series:
    """Return a predictor's number for each row; NaN where it was not measured or is the target itself."""
    if name == "parameters":
        return pd.Series(np.log10(found["parameters"].where(found["parameters"] > 0)), index=found.index)
    if name.startswith("on:"):
        ood = name.removeprefix("on:")
        there = found[found["ood"] == ood].set_index("network")
        return found["network"].map(number(there, target, "ood")).where(found["ood"] != ood)
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
    both = pd.DataFrame({"pair": found["pair"], "x": x, "y": y})
    r = both.dropna().groupby("pair")[["x", "y"]].apply(lambda part: _pearson(part["x"].to_numpy(float), part["y"].to_numpy(float)))
    return found["pair"].isin(r.index[r > SAME]) if len(r) else pd.Series(data=False, index=found.index)


def _others(found: pd.DataFrame, there: pd.Series) -> pd.Series:
    """Return the mean over the other OOD sets of the same task, for networks that have all the sets that their ID set is paired with."""
    each = there.groupby([found["network"], found["task"]])
    count, total = each.transform("count"), each.transform("sum")
    wanted = count.groupby([found["id"], found["task"]]).transform("max")
    return ((total - there) / (count - 1)).where((count == wanted) & (count > 1))


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
    rows: list[dict[str, Any]] = []
    for told in chosen.to_dict("records"):
        base = None if told["predictor"] == target else here
        rows += _compared(found, there, values[told["predictor"]], base, told, equal, apart)
    return pd.DataFrame(rows)


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
    inside = set(found["network"])
    for value in values.values():
        inside &= set(found.loc[value.notna() & numbers[0].notna(), "network"])
    rows = found["network"].isin(inside)
    return found[rows], [column[rows] for column in numbers], {name: value[rows] for name, value in values.items()}


def folds(found: pd.DataFrame) -> str:
    """Return what is left out together: the tasks where there are several, else the ID sets, else the pairs, else one network at a time."""
    return next((name for name, column in _FOLDS.items() if len(found[column].unique()) > 1), "network")


def _points(found: pd.DataFrame, y: pd.Series, x: pd.Series, base: pd.Series | None, equal: Equal) -> tuple[regression.Points, str]:
    """Return the rows that have all numbers, as a regression takes them, and what is left out together."""
    columns = {"y": y, "x": x} | ({} if base is None else {"base": base})
    numbers = pd.DataFrame(columns)
    finite = np.flatnonzero(np.isfinite(numbers.to_numpy(np.float64, na_value=np.nan)).all(axis=1))
    found, numbers = found.iloc[finite], numbers.iloc[finite]
    pair = pd.factorize(found["pair"], sort=True)[0]
    about = found.drop_duplicates("pair").sort_values("pair")
    left_out = folds(about)
    fold = None if left_out == "network" else pd.factorize(about[_FOLDS[left_out]])[0]
    return regression.Points(
        **{name: numbers[name].to_numpy(np.float64) for name in columns},
        pair=pair, network=pd.factorize(found["network"], sort=True)[0], pair_weight=regression.weights_of_pairs(about["task"].tolist(), equal),
        pair_fold=fold,
    ), left_out  # fmt: skip


def _compared(
    found: pd.DataFrame, y: pd.Series, x: pd.Series, base: pd.Series | None, told: Mapping[Any, Any], equal: Equal, apart: float
) -> list[dict[str, Any]]:
    """Return the two rows of one predictor."""
    points, left_out = _points(found, y, x, base, equal)
    both = regression.compare(points)
    disagrees = regression.disagreement(both["pooled"], both["standardised"], apart)
    rows: list[dict[str, Any]] = []
    for view, one in both.items():
        row: dict[str, Any] = {**told, "view": view}
        for name, field in ESTIMATES.items():
            estimate = getattr(one, field)
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        row |= {"r2_id": one.r2.value if base is None else one.base.value, "slope": one.slope.value, "intercept": one.intercept.value}
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
        rows += _compared(found, number(found, metric, "ood"), number(found, metric, side), None, told, equal, apart)
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
        r = _pearson(x, y)
        rows.append((metric, one, other, task, r, *patterns.correlation_interval(r, len(mine)), *lines.spearman(x, y), len(mine)))
    names = [f"{name}{end}" for name in ("r", "spearman") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["metric", "id", "ood", "task", *names, "networks"])


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if len(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0 else float("nan")


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
