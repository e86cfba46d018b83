"""The numbers that analyses over many networks start from, as wide frames: one row a network, or one a network and OOD set.

A collection is the networks that came together: '' those shipped, trained and brought here, else an imported table or a sweep.
In distribution (ID) is the set a network was trained on, or the set that the asker names; out of distribution (OOD) every
other set of the same task. Sets are named by the text of `engine.assay.views.Set`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine import errors, store
from engine.assay import views
from engine.assay.kept import kept
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


@kept
def cross(collection: str = "", metrics: Sequence[str] = ("accuracy",), id_set: str | None = None, *, sample: bool = True) -> pd.DataFrame:
    """Return one row a network and OOD set, with each metric there and in distribution: what predictors, transfer and regret ask.

    Columns: network, id, ood, task, and for each metric `<metric>_val` (ID validation side), `<metric>_id` (ID test side),
    `<metric>_ood`, `<metric>_n` (examples on the OOD side); NaN where not measured. Only unshifted sets; `id_set` as in `pairs`.
    """
    values: dict[str, Any] = {"collection": collection, "metrics": list(metrics)}
    if id_set is not None:
        values["id"] = Set.read(id_set).dataset
    names: dict[str, list[str]] = {side: [] for side in ("val", "id", "ood")}
    for i, metric in enumerate(metrics):
        values[f"m{i}"] = metric
        here = f"max(value) FILTER (metric = $m{i}"
        names["val"].append(f"{here} AND split = 'val') AS {_quoted(f'{metric}_val')}")
        names["id"].append(f"{here} AND split = 'test') AS {_quoted(f'{metric}_id')}")
        names["ood"] += [f"{here}) AS {_quoted(f'{metric}_ood')}", f"max(n) FILTER (metric = $m{i}) AS {_quoted(f'{metric}_n')}"]
    return store.query(
        f"""WITH mine AS (SELECT s.network, s.dataset, s.split, s.metric, s.task, s.value, s.n, n.id, s.dataset = n.id AS here
               FROM scores s JOIN (SELECT network, {"$id" if id_set is not None else "trained_on"} AS id FROM networks
                                   WHERE collection = $collection) n ON n.network = s.network::VARCHAR
               WHERE s.collection = $collection AND list_contains($metrics, s.metric::VARCHAR) AND s.slice IS NULL AND s.shift = ''
                 AND s.value IS NOT NULL AND n.id IS NOT NULL),
             there AS (SELECT network, id, dataset, any_value(task) AS task, {", ".join(names["ood"])} FROM mine
                       WHERE NOT here AND split = 'test' GROUP BY network, id, dataset),
             home AS (SELECT network, {", ".join((*names["val"], *names["id"]))} FROM mine WHERE here GROUP BY network)
            SELECT t.network::VARCHAR AS network, t.id, t.dataset::VARCHAR AS ood, t.task::VARCHAR AS task, t.* EXCLUDE (network, id, dataset, task),
                   h.* EXCLUDE (network)
            FROM there t LEFT JOIN home h USING (network) ORDER BY t.id, t.dataset, t.network""",
        values,
        sample=sample,
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


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
