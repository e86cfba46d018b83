"""The numbers that analyses over many networks start from, as wide frames: one row a network, or one a network and OOD set.

A collection is the networks that came together: '' those shipped, trained and brought here, else an imported table or a sweep.
In distribution (ID) is the set a network was trained on, or the set that the asker names; out of distribution (OOD) every
other set of the same task. Sets are named by the text of `engine.assay.views.Set`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from engine import errors, store
from engine.assay import views
from engine.assay.kept import kept, kept_in_memory
from engine.assay.views import Set


def _escaped(column: str) -> str:
    """Return the SQL for a name as `Set.text` writes it."""
    written = f"{column}::VARCHAR"
    for sign, escape in views.ESCAPES.items():
        written = f"replace({written}, '{sign}', '{escape}')"
    return written


_TEXT = f"""({_escaped("s.dataset")} || CASE WHEN s.split = 'test' THEN '' ELSE '/' || {_escaped("s.split")} END
            || CASE WHEN s.shift = '' THEN '' ELSE '@' || replace({_escaped("s.shift")}, ':', '%3A') || ':' || printf('%g', s.strength) END)"""


def collections(*, sample: bool = True) -> pd.DataFrame:
    """Return every collection with its numbers of networks, sets, metrics and scores, the largest first."""
    return store.query(
        """SELECT s.collection::VARCHAR AS collection, any_value(n.networks) AS networks, count(DISTINCT (dataset, split, shift, strength)) AS sets,
                  count(DISTINCT metric) AS metrics, sum(scores)::BIGINT AS scores
           FROM sets s JOIN (SELECT collection, count(*) AS networks FROM networks GROUP BY 1) n ON n.collection = s.collection::VARCHAR
           GROUP BY 1 ORDER BY networks DESC, 1""",
        sample=sample,
    )


def one_with(sets: Sequence[str], metric: str = "accuracy", *, sample: bool = True) -> str:
    """Return the only collection that has all these sets under a metric.

    Raises:
        UserError: where none has them, or several do, so that the asker must say which.
    """
    found = [name for name in collections(sample=sample)["collection"] if set(sets) <= set(sets_of(name, metric, sample=sample)["set"])]
    if len(found) == 1:
        return found[0]
    if not found:
        everywhere = sorted({text for name in collections(sample=sample)["collection"] for text in sets_of(name, metric, sample=sample)["set"]})
        missing = next((text for text in sets if text not in everywhere), None)
        if missing is not None:
            raise errors.unknown(f"set with {metric}", missing, everywhere)
        raise errors.UserError(f"No table has {metric} on all of {', '.join(sets)}.", "Sets can be compared within one table only.")
    said = ", ".join(name or "the networks evaluated here (“”)" for name in found)
    raise errors.UserError(f"Several tables have {', '.join(sets)}: {said}.", "Say which with --table NAME.")


@kept
def sets_of(collection: str = "", metric: str = "accuracy", *, sample: bool = True) -> pd.DataFrame:
    """Return the sets on which a collection's networks have a metric: `set` (its text), dataset, split, shift, strength, task, networks."""
    return store.query(
        f"""SELECT {_TEXT} AS set, s.dataset::VARCHAR AS dataset, s.split::VARCHAR AS split, s.shift::VARCHAR AS shift, s.strength,
                   s.task::VARCHAR AS task, s.measured AS networks
            FROM sets s WHERE s.collection = $collection AND s.metric = $metric AND s.measured > 0
            ORDER BY s.shift::VARCHAR, s.dataset::VARCHAR, s.split::VARCHAR, s.strength""",
        {"collection": collection, "metric": metric},
        sample=sample,
    )


@kept
def metrics_of(collection: str = "", *, sample: bool = True) -> pd.DataFrame:
    """Return the metrics of a collection: metric, unit, and on how many networks the set has it that has most."""
    return store.query(
        """SELECT metric::VARCHAR AS metric, any_value(unit)::VARCHAR AS unit, max(measured) AS networks FROM sets
           WHERE collection = $collection AND measured > 0 GROUP BY 1 ORDER BY 1""",
        {"collection": collection},
        sample=sample,
    )


def networks_of(collection: str = "", *, sample: bool = True) -> pd.DataFrame:
    """Return a collection's networks, one row each, with their attributes as columns."""
    return views.networks_known(collection=collection, sample=sample)


@kept
def wide(collection: str = "", metric: str = "accuracy", sets: Sequence[str] = (), *, norm: str | None = None, sample: bool = True) -> pd.DataFrame:
    """Return one metric as networks (index) x sets (columns, by their text); NaN where a network has no number there.

    Args:
        collection: whose numbers.
        metric: which number.
        sets: the sets wanted, in this order; none means all that are not shifted.
        norm: for attacks, only this norm.
        sample: whether the shipped sample counts.
    """
    conditions, values = "", {"collection": collection, "metric": metric}  # type: ignore[var-annotated]
    if sets:
        each: list[str] = []
        for i, text in enumerate(sets):
            each.append(f"({views.where('s', f'p{i}_')})")
            values |= Set.read(text).parameters(f"p{i}_")
        conditions = f"AND ({' OR '.join(each)})"
    else:
        conditions = "AND s.shift = ''"
    if norm is not None:
        conditions, values = f"{conditions} AND s.norm = $norm", {**values, "norm": norm}
    long = store.query(
        f"""SELECT s.network, s.dataset, s.split, s.shift, s.strength, s.value FROM scores s
            WHERE s.collection = $collection AND s.metric = $metric AND s.slice IS NULL AND s.value IS NOT NULL {conditions}""",
        values,
        sample=sample,
    )
    table = _as_table(long)
    return table.reindex(columns=list(sets)) if sets else table


def _as_table(long: pd.DataFrame) -> pd.DataFrame:
    """Return scores as networks x sets; the words come as categories, so that places are found by their codes."""
    where = list(views.PLACE)
    column = long.groupby(where, observed=True).ngroup().to_numpy()
    distinct = long[where].assign(column=column).drop_duplicates("column").sort_values("column")
    texts = [Set(**one).text() for one in distinct[where].to_dict("records")]  # type: ignore[arg-type]
    used, row = np.unique(long["network"].cat.codes.to_numpy(), return_inverse=True)
    numbers = np.full((len(used), len(texts)), np.nan)
    numbers[row[::-1], column[::-1]] = long["value"].to_numpy(float)[::-1]  # where a number is there twice, the first one stays
    names = long["network"].cat.categories[used].astype(str)
    table = pd.DataFrame(numbers, index=pd.Index(names, name="network"), columns=pd.Index(texts, name="set"))
    return table.sort_index(axis=0).sort_index(axis=1)


@kept
def pairs(collection: str = "", metric: str = "accuracy", id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return every pair: `id`, `ood` (texts of unshifted test sets), task, number of networks that have both numbers.

    A network counts for the pairs of the set it was trained on; where `id_set` is given, all networks count with that ID set,
    as for tables whose networks were all trained on the same data.
    """
    if id_set is not None:
        table = wide(collection, metric, sample=sample)
        if id_set not in table:
            raise errors.unknown(f"set with {metric}", id_set, list(map(str, table)))
        sides = sets_of(collection, metric, sample=sample)
        tests = sides[(sides["split"] == "test") & (sides["shift"] == "") & (sides["dataset"] != Set.read(id_set).dataset)]["set"]
        rows = [(id_set, ood, int((table[id_set].notna() & table[ood].notna()).sum())) for ood in tests]
        tasks = sides[["set", "task"]].rename(columns={"set": "ood"})
        return pd.DataFrame(rows, columns=pd.Index(["id", "ood", "networks"])).merge(tasks, on="ood", how="left")
    return store.query(
        f"""SELECT {_escaped("id")} AS id, {_escaped("ood")} AS ood, task::VARCHAR AS task, networks FROM (
           SELECT n.trained_on AS id, o.dataset AS ood, any_value(o.task) AS task, count(DISTINCT o.network) AS networks
           FROM scores o JOIN networks n ON n.network = o.network::VARCHAR AND n.collection = $collection
           JOIN (SELECT network, dataset::VARCHAR AS dataset FROM scores WHERE collection = $collection AND metric = $metric AND slice IS NULL
                 AND shift = '' AND split = 'test' AND value IS NOT NULL) i ON i.network = o.network AND i.dataset = n.trained_on
           WHERE o.collection = $collection AND o.metric = $metric AND o.slice IS NULL AND o.shift = '' AND o.split = 'test'
             AND o.value IS NOT NULL AND o.dataset::VARCHAR <> n.trained_on
           GROUP BY n.trained_on, o.dataset) ORDER BY id, ood""",
        {"collection": collection, "metric": metric},
        sample=sample,
    )


@kept_in_memory
def cross(collection: str = "", metrics: Sequence[str] = ("accuracy",), id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return one row a network and OOD set, with each metric there and in distribution: what predictors, transfer and regret ask.

    Columns: network, id, ood, task (categories in the order of their words), and for each metric `<metric>_val` (ID validation side),
    `<metric>_id` (ID test side), `<metric>_ood`, `<metric>_n` (examples on the OOD side); NaN where not measured. Only unshifted sets;
    `id_set` as in `pairs`.
    """
    long = store.query(
        """SELECT enum_code(network)::INTEGER AS network, dataset, split = 'val' AS val, metric, value, n, task FROM scores
           WHERE collection = $collection AND list_contains($metrics, metric::VARCHAR) AND slice IS NULL AND shift = '' AND value IS NOT NULL
             AND (split = 'test' OR split = 'val')""",
        {"collection": collection, "metrics": list(metrics)},
        sample=sample,
    )
    names = store.query("SELECT unnest(enum_range(NULL::scores_network))::VARCHAR AS network", sample=sample)["network"]
    datasets = list(map(str, long["dataset"].cat.categories))
    homes = _homes(collection, datasets, len(names), None if id_set is None else Set.read(id_set).dataset, sample=sample)
    network, dataset = long["network"].to_numpy(), long["dataset"].cat.codes.to_numpy(np.int64)
    known, val = homes.name[network] >= 0, long["val"].to_numpy(bool)
    here = dataset == homes.code[network]
    there = known & ~here & ~val
    place, rows = _rows_of(network[there], dataset[there], homes.name, len(names), len(datasets))
    columns: dict[str, Any] = {
        "network": _words(rows[0], names), "id": _words(homes.name[rows[0]], homes.names),
        "ood": _words(rows[1], datasets), "task": _task_of(long["task"], there, place, len(rows[0])),
    }  # fmt: skip
    values, examples, metric = long["value"].to_numpy(float), long["n"].to_numpy(float, na_value=np.nan), long["metric"].astype("category")
    kinds = {str(kind): code for code, kind in enumerate(metric.cat.categories)}
    sides: dict[str, dict[str, np.ndarray]] = {side: {} for side in ("ood", "val", "id")}
    for name in metrics:
        mine = metric.cat.codes.to_numpy() == kinds.get(name, -1)
        ours, at = mine & there, mine[there]
        sides["ood"] |= {f"{name}_ood": _most(place[at], values[ours], len(rows[0])), f"{name}_n": _most(place[at], examples[ours], len(rows[0]))}
        for side, chosen in (("val", mine & known & here & val), ("id", mine & known & here & ~val)):
            sides[side][f"{name}_{side}"] = _most(network[chosen], values[chosen], len(names))[rows[0]]
    return pd.DataFrame(columns | sides["ood"] | sides["val"] | sides["id"])


def _words(codes: Int[np.ndarray, " n"], words: Iterable[Any]) -> pd.Categorical:
    """Return words by their codes; -1 is none."""
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(pd.Index(words, dtype=str)))  # type: ignore[call-overload]


@dataclass(frozen=True, eq=False)
class _Homes:
    """The ID set of each network, by the network's code: as a place among `names`, and as a data set's code; -1 = none."""

    names: list[str]
    name: Int[np.ndarray, " networks"]
    code: Int[np.ndarray, " networks"]


def _homes(collection: str, datasets: Sequence[str], networks: int, only: str | None, *, sample: bool) -> _Homes:
    about = store.query(
        """SELECT enum_code(TRY_CAST(network AS scores_network))::INTEGER AS network, trained_on FROM networks
           WHERE collection = $collection AND TRY_CAST(network AS scores_network) IS NOT NULL""",
        {"collection": collection},
        sample=sample,
    )
    told = about["trained_on"] if only is None else pd.Series([only] * len(about))
    codes, names = pd.factorize(told, sort=True)
    places = {name: place for place, name in enumerate(datasets)}
    own = np.array([*(places.get(str(name), -1) for name in names), -1], dtype=np.int64)
    found = np.full((2, networks), -1, dtype=np.int64)
    found[:, about["network"].to_numpy(int)] = codes, own[codes]
    return _Homes(list(map(str, names)), found[0], found[1])


def _rows_of(
    network: Int[np.ndarray, " n"], dataset: Int[np.ndarray, " n"], home: Int[np.ndarray, " networks"], networks: int, datasets: int
) -> tuple[Int[np.ndarray, " n"], tuple[Int[np.ndarray, " rows"], Int[np.ndarray, " rows"]]]:
    """Return in which row each number belongs, and network and data set of each row, in the order of ID set, OOD set and network."""
    at = np.full((datasets, networks), -1, dtype=np.int64)
    at[dataset, network] = 0
    ood, who = np.nonzero(at == 0)
    order = np.argsort(home[who], kind="stable")
    ood, who = ood[order], who[order]
    at[ood, who] = np.arange(len(who))
    return at[dataset, network], (who, ood)


def _most(row: Int[np.ndarray, " n"], values: Float[np.ndarray, " n"], rows: int) -> Float[np.ndarray, " rows"]:
    """Return the largest value of each row, NaN where it has none or one that is NaN."""
    found = np.full(rows, -np.inf)
    with np.errstate(invalid="ignore"):  # NaN is a value, too
        np.maximum.at(found, row, values)
    return np.where(np.isneginf(found), np.nan, found)


def _task_of(task: pd.Series, chosen: Bool[np.ndarray, " n"], row: Int[np.ndarray, " m"], rows: int) -> pd.Categorical:
    """Return each row's task, where somebody said it."""
    said = task.astype("category")
    codes = said.cat.codes.to_numpy()[chosen]
    found = np.full(rows, -1)
    found[row[codes >= 0]] = codes[codes >= 0]
    return _words(found, said.cat.categories)


@kept
def answers(networks: Sequence[str], one: Set, *, sample: bool = True) -> pd.DataFrame:
    """Return the stored answers of networks to the same examples: network, example_id, position, label, predicted, confidence, correct.

    Networks without stored answers are not in it: for them no paired comparison is possible.
    """
    return store.query(
        f"""SELECT network, example_id, position, label, predicted, confidence, label = predicted AS correct FROM predictions p
            WHERE list_contains($networks, network) AND {views.where("p")} ORDER BY network, position""",
        {"networks": list(networks), **one.parameters()},
        sample=sample,
    )
