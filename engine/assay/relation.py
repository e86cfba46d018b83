"""How the number out of distribution goes with that in distribution: every pair of sets, one pair, and who stands above its line.

Numbers come from the store as `engine.assay.population` says; the arithmetic is that of `engine.stats.lines` and `patterns`.
"""

import functools
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from jaxtyping import Int

from engine import errors, store
from engine.assay import attributes, population, views
from engine.assay.kept import kept, kept_in_memory
from engine.assay.views import Set
from engine.stats import lines, patterns
from engine.stats.lines import Axes
from engine.stats.patterns import Thresholds

AXES: tuple[Axes, ...] = get_args(Axes)
GROUPS = 12  # values of an attribute that can be told apart; rarer ones are put together
BENT = 0.05  # by how much a rank correlation may exceed the correlation on the axes
FEWEST_IN_GROUP = 4  # networks, for a correlation inside a group to be spoken of
NOT_SAID = "not said"
USUAL = ("architecture", "augmentation", "regime")  # attributes that people tell networks apart by first
TRAINED = "the set each was trained on"


def unit(collection: str, metric: str, *, sample: bool = True) -> str | None:
    """Return a metric's unit in a collection: what its scores say, else what is known of the metric here."""
    known = population.metrics_of(collection, sample=sample).set_index("metric")["unit"]
    said = known.get(metric)
    return said if isinstance(said, str) else views.unit(metric)


def axes_for(collection: str, metric: str, axes: str | None = None, *, sample: bool = True) -> Axes:
    """Return the axes to draw a metric on: those asked for, else probit for rates and linear for all else.

    Raises:
        UserError: for unknown axes, and for logit or probit axes of a metric that is no rate.
    """
    rate = unit(collection, metric, sample=sample) == "fraction"
    if axes is None:
        return "probit" if rate else "linear"
    if axes not in AXES:
        raise errors.unknown("kind of axes", axes, AXES)
    if axes != "linear" and not rate:
        raise errors.UserError(f"{metric} is no rate, so it has no place on {axes} axes.", "Ask for --axes linear.")
    return axes  # type: ignore[return-value]


def thresholds_for(collection: str, metric: str, words: Sequence[str] = (), *, sample: bool = True) -> Thresholds:
    """Return the thresholds of a metric: the usual ones, with what was asked for; ranges of what is no rate have no least width."""
    rate = unit(collection, metric, sample=sample) == "fraction"
    return Thresholds.read(words, **({} if rate else {"narrowest": 0.0}))


@kept_in_memory
def points(collection: str = "", metric: str = "accuracy", id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return one row a network and pair: `id` and `ood` (texts of sets), `network` (its code), `x`, `y`; only finite numbers of unshifted test sets.

    A network counts for the set it was trained on; where `id_set` is given, all networks count with that set.
    """
    here = (
        """SELECT s.network, s.dataset AS id, s.value FROM mine s
           JOIN networks n ON n.collection = $collection AND n.network = s.network::VARCHAR AND n.trained_on = s.dataset::VARCHAR"""
        if id_set is None
        else f"""SELECT s.network, s.dataset AS id, s.value FROM scores s WHERE s.collection = $collection AND s.metric = $metric AND s.slice IS NULL
                   AND isfinite(s.value) AND {views.where("s")}"""
    )
    asked: dict[str, Any] = {"collection": collection, "metric": metric} | ({} if id_set is None else Set.read(id_set).parameters())
    found = store.query(
        f"""WITH mine AS (SELECT network, dataset, value FROM scores WHERE collection = $collection AND metric = $metric AND slice IS NULL
                          AND shift = '' AND split = 'test' AND isfinite(value)),
                 here AS ({here})
            SELECT h.id, o.dataset AS ood, enum_code(o.network)::INTEGER AS network, h.value AS x, o.value AS y
            FROM mine o JOIN here h ON h.network = o.network
            WHERE o.dataset <> h.id ORDER BY h.id, o.dataset, o.network""",
        asked,
        sample=sample,
    )
    for name in ("id", "ood"):
        column = found[name].astype("category").cat.remove_unused_categories()
        found[name] = column.cat.rename_categories({value: Set(str(value)).text() for value in column.cat.categories})
    return found if id_set is None else found.assign(id=pd.Series([id_set] * len(found), index=found.index, dtype="category"))


def codes(networks: Iterable[str], *, sample: bool = True) -> Int[np.ndarray, " networks"]:
    """Return the codes by which `points` calls networks; a name that has no score is left out."""
    known = _codes(store.version(), sample)
    return np.array([known[name] for name in networks if name in known], dtype=np.int64)


@functools.lru_cache(maxsize=2)
def _codes(_version: str, sample: bool) -> dict[str, int]:
    names = store.query("SELECT unnest(enum_range(NULL::scores_network))::VARCHAR AS network", sample=sample)["network"]
    return {name: code for code, name in enumerate(names)}


@kept
def pairs(
    collection: str = "", metric: str = "accuracy", axes: Axes | None = None, thresholds: Thresholds | None = None, id_set: str | None = None,
    *, sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a pair of sets with its pattern and its line, increasing pairs first.

    Columns: id, ood (texts of sets), task, pattern, why, n, slope, intercept, r, r2, spearman with spearman_low and spearman_high
    (on the axes; no bootstrap), and 5 %, 50 % and 95 % quantiles of both numbers: id_low, id_middle, id_high, ood_low, ood_middle,
    ood_high; chance where the number of classes is known.

    Args:
        collection: Whose numbers.
        metric: Which number.
        axes: Of the lines; probit for rates and linear for all else by default.
        thresholds: What counts as which pattern.
        id_set: The set in distribution, for tables that do not say what their networks were trained on.
        sample: Whether the shipped sample counts.
    """
    scale = axes_for(collection, metric, axes, sample=sample)
    limits = thresholds or thresholds_for(collection, metric, sample=sample)
    found = _lines(collection, metric, scale, id_set, sample=sample)
    rate = unit(collection, metric, sample=sample) == "fraction"
    told = [
        patterns.pattern(
            row["n"], row["r"], (row["id_low"], row["id_middle"], row["id_high"]), (row["ood_low"], row["ood_middle"], row["ood_high"]),
            axes=scale, chance=row["chance"] if row["chance"] == row["chance"] else None, thresholds=limits, percent=rate,
        )
        for row in found.to_dict("records")
    ]  # fmt: skip
    order = {name: place for place, name in enumerate(patterns.PATTERNS)}
    found = found.assign(pattern=[one.pattern for one in told], why=[one.why for one in told], place=[order[one.pattern] for one in told])
    found = found.sort_values(["place", "r2", "id", "ood"], ascending=[True, False, True, True], ignore_index=True)
    first = ["id", "ood", "task", "pattern", "why"]
    return found[[*first, *(name for name in found if name not in {*first, "place"})]]


def id_sets(collection: str, metric: str) -> list[str]:
    """Return what may count as in distribution, the likeliest first; `TRAINED` = the set that each network was trained on."""
    trained = [] if pairs(collection, metric).empty else [TRAINED]
    known = population.sets_of(collection, metric).sort_values("networks", ascending=False, kind="stable")
    return [*trained, *(known[known["shift"] == ""]["set"].tolist() or known["set"].tolist())]


def openable(found: pd.DataFrame, collection: str, metric: str) -> dict[str, tuple[str, str]]:
    """Return every pair that can be opened, by its name in addresses: those of `pairs`, and each of their sets with its shifted versions."""
    known = {f"{here}|{there}": (str(here), str(there)) for here, there in zip(found["id"], found["ood"], strict=True)}
    sets = population.sets_of(collection, metric)
    shifted = sets[sets["shift"] != ""].groupby("dataset")["set"].agg(list).to_dict()
    for here in found["id"].unique():
        known |= {f"{here}|{text}": (str(here), text) for text in shifted.get(Set.read(here).dataset, [])}
    return known


@kept
def _lines(collection: str, metric: str, axes: Axes, id_set: str | None, *, sample: bool) -> pd.DataFrame:
    """Return the pairs with their lines, before anything is called a pattern."""
    long = points(collection, metric, id_set, sample=sample)
    codes, names = pd.factorize(_coded(long))
    found = lines.of_groups(codes, long["x"].to_numpy(float), long["y"].to_numpy(float), axes, groups=len(names))
    first = long.iloc[np.unique(codes, return_index=True)[1]] if len(long) else long
    about = _sets(collection, metric, sample=sample)
    ood = first["ood"].astype(str).tolist()
    columns: dict[str, Any] = {"id": first["id"].astype(str).tolist(), "ood": ood, "task": [about["task"].get(name) for name in ood]}
    columns |= {name: getattr(found, name) for name in ("n", "slope", "intercept", "r")} | {"r2": found.r**2}
    columns |= {name: getattr(found, name) for name in ("spearman", "spearman_low", "spearman_high")}
    for side, quantiles in (("id", found.x_quantiles), ("ood", found.y_quantiles)):
        columns |= {f"{side}_{end}": quantiles[:, i] for i, end in enumerate(("low", "middle", "high"))}
    chance = [1 / float(about["classes"].get(name, np.nan)) if metric == "accuracy" else np.nan for name in ood]
    return pd.DataFrame(columns | {"chance": chance})


def _coded(long: pd.DataFrame) -> np.ndarray:
    """Return a whole number for each row's pair."""
    return long["id"].cat.codes.to_numpy(np.int64) * (len(long["ood"].cat.categories) + 1) + long["ood"].cat.codes.to_numpy(np.int64)


@kept
def _sets(collection: str, metric: str, *, sample: bool) -> pd.DataFrame:
    """Return task and number of classes of each unshifted test set, by its text; missing where nobody said."""
    found = store.query(
        """SELECT dataset::VARCHAR AS dataset, any_value(task::VARCHAR) AS task, max(classes) AS classes FROM scores
           WHERE collection = $collection AND metric = $metric AND slice IS NULL AND shift = '' AND split = 'test' GROUP BY dataset""",
        {"collection": collection, "metric": metric},
        sample=sample,
    )
    found.index = pd.Index([Set(str(name)).text() for name in found["dataset"]])
    return found.astype({"classes": "float64"})


def by_task(found: pd.DataFrame) -> pd.Series:
    """Return what share of the pairs shows each pattern, each task counting the same: one task can own most of the pairs."""
    tasks = found["task"].fillna(NOT_SAID)
    weights = 1 / (tasks.map(tasks.value_counts()) * tasks.nunique())
    return weights.groupby(found["pattern"]).sum().round(12).reindex([name for name in patterns.PATTERNS if name in set(found["pattern"])])


def named(text: str, collection: str, metric: str = "accuracy", *, sample: bool = True) -> str:
    """Return the text of the set that a person names: a data set of exactly this name before one with a split or shift."""
    datasets = population.sets_of(collection, metric, sample=sample)["dataset"]
    return Set(text).text() if text in set(datasets) else text


def pairs_asked(
    table: str | None, metric: str = "accuracy", axes: str | None = None, words: Sequence[str] = (), id_set: str | None = None, *, sample: bool = True
) -> pd.DataFrame:
    """Return `pairs` as a person asks for them: the table may be left out where only one has the ID set, thresholds are words.

    Raises:
        UserError: for names that are not there, and where it is not known what the networks were trained on.
    """
    collection = collection_with([id_set] if id_set else [], metric, table if table is not None or id_set else "", sample=sample)
    here = None if id_set is None else named(id_set, collection, metric, sample=sample)
    known = population.sets_of(collection, metric, sample=sample)["set"].tolist()
    if here is not None and here not in known:
        raise errors.unknown(f"set with {metric}", here, known)
    limits = thresholds_for(collection, metric, words, sample=sample)
    found = pairs(collection, metric, axes_for(collection, metric, axes, sample=sample), limits, here, sample=sample)
    if found.empty and here is None and known:
        which = collection or "the networks evaluated here"
        raise errors.UserError(
            f"{which}: no network has {metric} on the set it was trained on and on another.", f"Say --id SET, one of {', '.join(known)}."
        )
    return found


def collection_with(texts: Sequence[str], metric: str, table: str | None = None, *, sample: bool = True) -> str:
    """Return the collection that is asked for, or the only one that has all these sets.

    Raises:
        UserError: for a table or a set that is not there, or where several tables have the sets.
    """
    known = population.collections(sample=sample)["collection"].tolist()
    if table is not None:
        if table not in known:
            raise errors.unknown("table", table, known)
        return table
    found = [
        one for one in known if {named(t, one, metric, sample=sample) for t in texts} <= set(population.sets_of(one, metric, sample=sample)["set"])
    ]
    if len(found) == 1:
        return found[0]
    return population.one_with([named(text, found[0], metric, sample=sample) if found else text for text in texts], metric, sample=sample)


def trained_on(collection: str, x: str, *, sample: bool = True) -> str | None:
    """Return the set that x shows or is a shifted or validation version of, where networks of the collection were trained on it."""
    dataset = Set.read(x).dataset
    known = population.networks_of(collection, sample=sample)
    return dataset if dataset in set(known["trained_on"].dropna()) else None


@dataclass(frozen=True, eq=False)
class Pair:
    """One pair of sets: its networks, the line through them, the pattern, and what carries the line."""

    x: Set
    y: Set
    metric: str
    axes: Axes
    networks: pd.DataFrame  # as `views.points`, finite on both sides
    without: int  # further networks that lack one of the numbers, or have one that is undefined
    line: lines.Line | None
    told: patterns.Told
    carried: patterns.Carried | None
    unit: str | None

    @functools.cached_property
    def attributes(self) -> list[str]:
        """The attributes by which its networks can be told apart."""
        return attributes_of(self.networks)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before the line is believed."""
        of_line = (*_clipped(self.line), *_bent(self.line)) if self.line is not None and self.line.reason is None else ()
        return (*of_line, *(self.carried.warnings if self.carried is not None else ()))


def _clipped(line: lines.Line) -> tuple[str, ...]:
    """Return a sentence where networks stand at the bounds of the axes instead of where they are."""
    if not line.clipped:
        return ()
    bounds = f"{100 * line.epsilon:g} % or beyond {100 - 100 * line.epsilon:g} %"
    return (f"{line.clipped} of {line.n} networks have a share below {bounds}: on {line.axes} axes they stand at that bound.",)


def _bent(line: lines.Line) -> tuple[str, ...]:
    """Return a sentence where ranks agree clearly better than the line does."""
    r, rho = float(np.sqrt(line.r2)), abs(line.spearman.value)
    if not rho - r > BENT:
        return ()
    numbers = f"(Spearman {rho:.2f} in size) than the line (r {r:.2f})"
    return (f"The order agrees better {numbers}: the relation bends on these axes, or some networks leave it.",)


def pair(
    collection: str, x: str, y: str, metric: str = "accuracy", axes: Axes | None = None, thresholds: Thresholds | None = None,
    *, everyone: bool = False, sample: bool = True,
) -> Pair:  # fmt: skip
    """Return one pair with the bootstrap band of its line.

    Args:
        collection: Whose networks.
        x: The text of the set in distribution.
        y: The text of the other.
        metric: Which number.
        axes: Of the line; as in `pairs` by default.
        thresholds: What counts as which pattern.
        everyone: Whether networks that were trained on another set count too.
        sample: Whether the shipped sample counts.

    Raises:
        UserError: for a set that the collection does not have.
    """
    limits = thresholds or thresholds_for(collection, metric, sample=sample)
    return _pair(store.version(), collection, x, y, metric, axes_for(collection, metric, axes, sample=sample), limits, everyone, sample)


@functools.lru_cache(maxsize=8)
def _pair(
    _version: str, collection: str, x: str, y: str, metric: str, axes: Axes, limits: Thresholds, everyone: bool, sample: bool
) -> Pair:  # fmt: skip
    """Return one pair; nobody may change its frame."""
    known = population.sets_of(collection, metric, sample=sample)["set"].tolist()
    for text in (x, y):
        if text not in known:
            raise errors.unknown(f"set with {metric}", text, known)
    here, there = Set.read(x), Set.read(y)
    only = None if everyone else trained_on(collection, x, sample=sample)
    found = views.points(here, there, metric, trained_on=only, collection=collection, sample=sample)
    found = found[np.isfinite(found["x"]) & np.isfinite(found["y"])].reset_index(drop=True)
    known_networks = population.networks_of(collection, sample=sample)
    everyone_there = len(known_networks) if only is None else int((known_networks["trained_on"] == only).sum())
    across, up = found["x"].to_numpy(float), found["y"].to_numpy(float)
    line = lines.fit(across, up, axes)
    said = unit(collection, metric, sample=sample)
    told = _told(across, up, axes, _chance(collection, metric, there, sample=sample), limits, said)
    without = everyone_there - len(found)
    return Pair(here, there, metric, axes, found, without, line, told, patterns.carried(across, up, axes), said)


def _told(x: np.ndarray, y: np.ndarray, axes: Axes, chance: float | None, limits: Thresholds, said: str | None) -> patterns.Told:
    group = lines.of_groups(np.zeros(len(x), np.int64), x, y, axes, groups=1)
    across, up = (tuple(map(float, quantiles[0])) for quantiles in (group.x_quantiles, group.y_quantiles))
    return patterns.pattern(len(x), float(group.r[0]), across, up, axes=axes, chance=chance, thresholds=limits, percent=said == "fraction")  # type: ignore[arg-type]


def _chance(collection: str, metric: str, one: Set, *, sample: bool) -> float | None:
    """Return the accuracy of guessing on a set, None where the number of its classes is not known."""
    classes = _sets(collection, metric, sample=sample)["classes"].get(Set(one.dataset).text())
    return 1 / float(classes) if metric == "accuracy" and classes is not None and classes == classes else None


def facts(one: Pair) -> dict[str, Any]:
    """Return what the command line tells of a pair; None for numbers that there are not, for a reason that is told; NaN for undefined ones."""
    line, carried = one.line, one.carried
    assert line is not None
    found: dict[str, Any] = {"x": one.x.text(), "y": one.y.text(), "metric": one.metric, "axes": one.axes, "n": line.n, "without": one.without}
    found |= {"slope": line.slope.value, "slope_interval": line.slope[1:], "intercept": line.intercept, "intercept_interval": line.intercept_interval}
    found |= {"r2": line.r2, "r2_interval": line.r2_interval, "r2_without_one": line.r2_without_one}
    found |= {"spearman": line.spearman.value, "spearman_interval": line.spearman[1:], "pattern": one.told.pattern, "why": one.told.why}
    if carried is not None:
        found |= {"x_range": (carried.least, carried.most), "x_5_to_95": (carried.low, carried.high)}
        found |= {"r2_without_lowest_5_percent": carried.r2_without_lowest, "r2_without_highest_5_percent": carried.r2_without_highest}
    found |= {"epsilon": line.epsilon if one.axes != "linear" else None, "clipped": line.clipped, "warnings": list(one.warnings)}
    if line.reason is not None:
        found = {name: _finite(value) for name, value in found.items()} | {"reason": line.reason}
    return found


def _finite(value: Any) -> Any:
    """Return a number or its bounds with None for NaN."""
    if isinstance(value, tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def attributes_of(found: pd.DataFrame) -> list[str]:
    """Return the attributes by which the networks of a frame can be told apart: not names, nor words that are the same or different for all."""
    numbers = {f"{axis}{end}" for axis in "xy" for end in ("", "_low", "_high", "_n")}
    kinds = {str(name): len(found[name].astype("str").unique()) for name in found if name not in {*attributes.IDENTITY, *numbers}}
    return [name for name, kind in kinds.items() if kind > 1 and (kind < max(len(found), GROUPS) or pd.api.types.is_numeric_dtype(found[name]))]


def grouped(values: pd.Series, most: int = GROUPS) -> pd.Series:
    """Return an attribute's values as words, at most so many different ones: numbers in ranges, rare words together."""
    known, words = values.notna(), values.astype("str")
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        words = _ranges(values, most // 2) if values.nunique() > most else values.map(lambda value: f"{value:g}", na_action="ignore").astype("str")
    told = words.where(known, NOT_SAID)
    counts = told.value_counts()
    if len(counts) <= most:
        return told
    return told.where(told.isin(counts.index[: most - 1]), f"{len(counts) - most + 1} others")


@functools.lru_cache(maxsize=16)
def groups_of(one: Pair, attribute: str) -> pd.Series:
    """Return the group of each network of a pair; nobody may change it."""
    return grouped(one.networks[attribute])


def _ranges(values: pd.Series, most: int) -> pd.Series:
    """Return numbers as the range, of at most so many with about as many values each, that they lie in."""
    bounds = np.unique(values.dropna().quantile(np.linspace(0, 1, most + 1)))
    place = np.clip(np.searchsorted(bounds, values.to_numpy(float, na_value=np.nan), side="right") - 1, 0, len(bounds) - 2)
    held = values.groupby(place)
    names = [f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}" for low, high in zip(held.min(), held.max(), strict=True)]
    return pd.Series(place, index=values.index).map(dict(zip(held.groups, names, strict=True))).astype("str")


def in_order(names: Sequence[Hashable]) -> list[str]:
    """Return groups in their order: numbers and ranges by their size, words by letters, what is not said last."""

    def key(name: str) -> tuple:
        try:
            return (0, float(name.split(" to ")[0]), name)
        except ValueError:
            return (2 if name == NOT_SAID else 1, 0.0, name)

    return sorted(map(str, names), key=key)


def effective(one: Pair, attribute: str, baseline: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return effective robustness against the line of a baseline group: each network's, and each group's mean.

    Args:
        one: The pair.
        attribute: The attribute whose values make the groups, as words of `grouped`.
        baseline: The group that the line is fitted on.

    Returns:
        Networks (network, group, x, y, residual, low, high) and groups (group, n, mean, low, high), both in the unit of the metric,
        best first; the baseline's own group is there too.

    Raises:
        UserError: for an unknown attribute or group, or a baseline too small for a line.
    """
    if attribute not in one.attributes:
        raise errors.unknown("attribute", attribute, one.attributes)
    groups = groups_of(one, attribute)
    if baseline not in set(groups):
        raise errors.unknown(f"group of {attribute}", baseline, in_order(groups.unique()))
    x, y, base = (one.networks["x"].to_numpy(float), one.networks["y"].to_numpy(float), (groups == baseline).to_numpy())
    bounds = {name: one.networks[name].to_numpy(float, na_value=np.nan) for name in ("y_low", "y_high")}
    each = patterns.effective(x, y, base, one.axes, **bounds)
    networks = one.networks[["network", "x", "y"]].assign(group=groups, residual=each.residual, low=each.low, high=each.high)
    rows = []
    for name in in_order(groups.unique()):
        mine = (groups == name).to_numpy()
        rows.append((name, int(mine.sum()), *patterns.mean_effective(x, y, base, mine, one.axes), name == baseline))
    means = pd.DataFrame(rows, columns=["group", "n", "mean", "low", "high", "baseline"])
    return networks.sort_values("residual", ascending=False, ignore_index=True), means.sort_values("mean", ascending=False, ignore_index=True)


def baseline_of(one: Pair, attribute: str | None = None, group: str | None = None) -> tuple[str, str]:
    """Return the attribute and the group that effective robustness is told against: those given, else a usual one and its largest group.

    Raises:
        UserError: for an unknown attribute, or where nothing is known by which the networks could be told apart.
    """
    offered = one.attributes
    if attribute is not None and attribute not in offered:
        raise errors.unknown("attribute", attribute, offered)
    if not offered:
        raise errors.UserError("Nothing is known of these networks by which a baseline could be chosen.", "Import their attributes with the table.")
    by = attribute or next((name for name in USUAL if name in offered), offered[0])
    counts = groups_of(one, by).value_counts()
    return by, group or str(next((name for name in counts.index if not str(name).endswith(" others")), counts.index[0]))


def clouds(long: pd.DataFrame, wanted: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of `points` of each wanted pair, a frame with `id` and `ood`, in its order."""
    places = long.groupby(["id", "ood"], observed=True, sort=False).indices
    return [
        long.iloc[places[pair]] if (pair := (str(one), str(other))) in places else long.iloc[:0] for one, other in wanted[["id", "ood"]].to_numpy()
    ]


def correlation(one: Pair) -> float:
    """Return the correlation of a pair on its axes; NaN where there is none."""
    return float(_through(one.networks, np.zeros(len(one.networks), np.int64), one.axes, 1).r[0])


def by_group(one: Pair, attribute: str) -> pd.DataFrame:
    """Return the line of a pair for each value of an attribute: group, n, slope, intercept, r, r2, spearman with interval, mean x and y."""
    groups = groups_of(one, attribute)
    names = in_order(groups.unique())
    found = _through(one.networks, groups.map({name: place for place, name in enumerate(names)}).to_numpy(np.int64), one.axes, len(names))
    columns = {"group": names, "n": found.n, "slope": found.slope, "intercept": found.intercept, "r": found.r, "r2": found.r**2}
    columns |= {name: getattr(found, name) for name in ("spearman", "spearman_low", "spearman_high")}
    means = one.networks[["x", "y"]].groupby(groups).mean().reindex(names)
    return pd.DataFrame(columns | {"mean_x": means["x"].to_numpy(), "mean_y": means["y"].to_numpy()})


def _through(networks: pd.DataFrame, codes: np.ndarray, axes: Axes, groups: int) -> lines.Groups:
    return lines.of_groups(codes, networks["x"].to_numpy(float), networks["y"].to_numpy(float), axes, groups=groups)
