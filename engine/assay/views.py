"""What the assay's pages and commands show, as data frames out of the store. No figure, no torch, no arithmetic of its own.

A set is named by `Set`: data set, split, shift, strength. Every score comes with low, high and n; `missing` tells a number
that was not measured (with its reason) from one that is undefined (NaN).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine import errors, registry, store
from engine.assay.classes import names_of
from engine.assay.kept import kept
from engine.stats import intervals, lines

PLACE = ("dataset", "split", "shift", "strength")  # the columns that name a set


@dataclass(frozen=True)
class Set:
    """A data set's split, as it is or under a shift of some strength."""

    dataset: str
    split: str = "test"
    shift: str = ""
    strength: float = 0.0

    @property
    def label(self) -> str:
        """How charts and tables call it."""
        side = "" if self.split == "test" else f" ({self.split})"
        return f"{self.dataset}{side}" + (f" · {self.shift} {self.strength:g}" if self.shift else "")

    @classmethod
    def read(cls, text: str) -> "Set":
        """Return the set that a link or command names: `dataset[/split][@shift:strength]`; raises UserError.

        In a name, %2F stands for "/", %40 for "@", %25 for "%", and in a shift's name %3A for ":", as `text` writes them.
        """
        place, _, shifted = text.partition("@")
        dataset, _, split = place.partition("/")
        shift, _, strength = shifted.partition(":")
        try:
            return cls(_unescaped(dataset), _unescaped(split) or "test", _unescaped(shift.replace("%3A", ":")), float(strength) if strength else 0.0)
        except ValueError as problem:
            raise errors.UserError(f"“{text}” names no set.", "Write DATASET, DATASET/SPLIT or DATASET@SHIFT:STRENGTH.") from problem

    def text(self) -> str:
        """Return what `read` reads; names of imported sets may hold anything."""
        side = "" if self.split == "test" else f"/{_escaped(self.split)}"
        return f"{_escaped(self.dataset)}{side}" + (f"@{_escaped(self.shift).replace(':', '%3A')}:{self.strength:g}" if self.shift else "")

    def parameters(self, prefix: str = "") -> dict[str, Any]:
        """Return the values for `where(prefix)`."""
        return {f"{prefix}{name}": getattr(self, name) for name in PLACE}


ESCAPES = {"%": "%25", "/": "%2F", "@": "%40"}  # what has a meaning in a set's text, % first


def _escaped(name: str) -> str:
    for sign, written in ESCAPES.items():
        name = name.replace(sign, written)
    return name


def _unescaped(name: str) -> str:
    for sign, written in reversed(ESCAPES.items()):
        name = name.replace(written, sign)
    return name


def where(alias: str, prefix: str = "") -> str:
    """Return the SQL condition that selects a set, with the parameters of `Set.parameters(prefix)`."""
    return " AND ".join(f"{alias}.{name} = ${prefix}{name}" for name in PLACE)


_SCORE = """s.value, s.low, s.high, s.n, s.value IS NULL AS missing, s.reason::VARCHAR AS reason, s.unit::VARCHAR AS unit, s.run::VARCHAR AS run,
            s.root::VARCHAR AS root"""


def sets_in(found: pd.DataFrame) -> list[Set]:
    """Return the set of each row of a frame with the columns of `PLACE`."""
    columns = (found[name].tolist() for name in PLACE)
    return [Set(str(d), str(p), str(s), float(x)) for d, p, s, x in zip(*columns, strict=True)]


def known(*, sample: bool = True) -> pd.DataFrame:
    """Return every scored set: dataset, split, shift, strength, number of networks and of scores."""
    return store.query(
        """SELECT dataset::VARCHAR AS dataset, split::VARCHAR AS split, shift::VARCHAR AS shift, strength,
                  max(networks) AS networks, sum(scores)::BIGINT AS scores
           FROM sets WHERE collection = '' GROUP BY ALL ORDER BY dataset, split DESC, shift, strength""",
        sample=sample,
    )


def metrics(*, sample: bool = True) -> list[str]:
    """Return every metric that some score has."""
    return store.query("SELECT DISTINCT metric::VARCHAR AS metric FROM sets WHERE collection = '' ORDER BY 1", sample=sample)["metric"].tolist()


@kept
def networks_known(*, collection: str = "", sample: bool = True) -> pd.DataFrame:
    """Return the evaluated networks with their attributes as columns of their own (prefix-free)."""
    found = store.query(
        "SELECT network, title, architecture, source, trained_on, parameters, attributes FROM networks"
        " WHERE collection = $collection ORDER BY network",
        {"collection": collection},
        sample=sample,
    )
    codes, texts = pd.factorize(found.pop("attributes").fillna("{}"))  # many networks of a sweep have the same
    attributes = pd.DataFrame([json.loads(text or "{}") for text in texts]).take(codes).set_axis(found.index)
    extra = [name for name in attributes.columns if name not in found.columns]
    return pd.concat([found, attributes[extra]], axis=1) if extra else found


def pairs_known(*, sample: bool = True) -> pd.DataFrame:
    """Return every (ID set, OOD set) with the number of networks that were trained on the first and scored on both."""
    return store.query(
        """SELECT n.trained_on AS id, s.dataset::VARCHAR AS ood, count(DISTINCT s.network) AS networks
           FROM scores s JOIN networks n ON n.network = s.network::VARCHAR AND n.collection = ''
           WHERE s.collection = '' AND s.metric = 'accuracy' AND s.slice IS NULL AND s.shift = '' AND s.split = 'test' AND s.value IS NOT NULL
             AND n.trained_on IS NOT NULL AND n.trained_on <> s.dataset::VARCHAR
             AND EXISTS (SELECT 1 FROM scores i WHERE i.collection = '' AND i.network = s.network AND i.dataset::VARCHAR = n.trained_on
                         AND i.metric = 'accuracy')
           GROUP BY ALL ORDER BY id, ood""",
        sample=sample,
    )


def scores(
    networks_chosen: Sequence[str] = (),
    sets: Sequence[Set] = (),
    metrics_chosen: Sequence[str] = (),
    *,
    slices: bool = False,
    dataset: str | None = None,
    collection: str = "",
    sample: bool = True,
) -> pd.DataFrame:
    """Return score rows, one a network, set and metric (and slice); empty choices mean all."""
    conditions = ["s.collection = $collection"] + ([] if slices else ["s.slice IS NULL"])
    values: dict[str, Any] = {"collection": collection}
    for name, chosen in (("network", networks_chosen), ("metric", metrics_chosen)):
        if chosen:
            conditions.append(f"list_contains(${name}s, s.{name}::VARCHAR)")
            values[f"{name}s"] = list(chosen)
    if dataset is not None:
        conditions.append("s.dataset = $dataset")
        values["dataset"] = dataset
    if sets:
        each = []
        for i, one in enumerate(sets):
            each.append(f"({where('s', f'p{i}_')})")
            values |= one.parameters(f"p{i}_")
        conditions.append(f"({' OR '.join(each)})")
    return store.query(
        f"""SELECT s.network::VARCHAR AS network, s.dataset::VARCHAR AS dataset, s.split::VARCHAR AS split, s.shift::VARCHAR AS shift, s.strength,
                   s.metric::VARCHAR AS metric, s.slice::VARCHAR AS slice, s.classes, s.norm::VARCHAR AS norm, s.eps, s.steps, {_SCORE}
            FROM scores s WHERE {" AND ".join(conditions)} ORDER BY ALL""",
        values,
        sample=sample,
    )


@kept
def points(
    x: Set, y: Set, metric: str = "accuracy", y_metric: str | None = None, *, trained_on: str | None = None,
    collection: str = "", sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return one row a network that has both numbers: x and y with low, high and n, and the network's attributes.

    Args:
        x: the set on the x axis, in-distribution as a rule.
        y: the set on the y axis.
        metric: the metric on x, and on y unless `y_metric` is given.
        y_metric: another metric on y.
        trained_on: only networks that were trained on this set.
        collection: the imported table, or '' for the networks evaluated here.
        sample: whether the shipped sample counts.
    """
    found = store.query(
        f"""SELECT a.network::VARCHAR AS network, a.value AS x, a.low AS x_low, a.high AS x_high, a.n AS x_n,
                   b.value AS y, b.low AS y_low, b.high AS y_high, b.n AS y_n
            FROM scores a JOIN scores b ON a.network = b.network
            WHERE a.collection = $collection AND b.collection = $collection AND a.metric = $metric AND b.metric = $y_metric
              AND a.slice IS NULL AND b.slice IS NULL
              AND {where("a", "x_")} AND {where("b", "y_")} AND a.value IS NOT NULL AND b.value IS NOT NULL ORDER BY 1""",
        {"metric": metric, "y_metric": y_metric or metric, "collection": collection, **x.parameters("x_"), **y.parameters("y_")},
        sample=sample,
    )
    found = found.merge(networks_known(collection=collection, sample=sample), on="network", how="left")
    return found if trained_on is None else found[found["trained_on"] == trained_on].reset_index(drop=True)


def line(found: pd.DataFrame, axes: lines.Axes = "linear") -> lines.Line | None:
    """Return the line through `points`, or None where fewer than three networks carry it."""
    finite = found[np.isfinite(found["x"]) & np.isfinite(found["y"])]
    if len(finite) < 3 or finite["x"].nunique() < 2:
        return None
    return lines.fit(finite["x"].to_numpy(float), finite["y"].to_numpy(float), axes=axes)


def matrix(metric: str, sets: Sequence[Set], networks_chosen: Sequence[str] = (), *, sample: bool = True) -> pd.DataFrame:
    """Return the long matrix networks x sets of one metric, with a column `set` (the label) in the order given."""
    found = scores(networks_chosen, sets, [metric], sample=sample)
    labels = [one.label for one in sets]
    found["set"] = [Set(r.dataset, r.split, r.shift, r.strength).label for r in found.itertuples()]  # type: ignore[arg-type]
    found["set"] = pd.Categorical(found["set"], labels, ordered=True)
    return found


@kept
def strengths(
    dataset: str,
    metrics_chosen: Sequence[str],
    shifts_chosen: Sequence[str] = (),
    networks_chosen: Sequence[str] = (),
    *,
    sample: bool = True,
) -> pd.DataFrame:
    """Return scores against shift strength; where a shift does nothing (strength 0; factor 1 for scale) stands the set as it is.

    `severity` is the distance from there.
    """
    found = scores(networks_chosen, (), metrics_chosen, dataset=dataset, sample=sample)
    found = found[found["split"] == "test"]
    shifted = found[found["shift"] != ""]
    if shifts_chosen:
        shifted = shifted[shifted["shift"].isin(shifts_chosen)]
    plain = found[(found["shift"] == "") & found["network"].isin(shifted["network"])]
    starts = [plain.assign(shift=name, strength=neutral(name)) for name in shifted["shift"].unique()]
    whole = pd.concat([*starts, shifted]) if starts else shifted
    rest = {name: neutral(name) for name in whole["shift"].unique()}
    whole = whole.assign(severity=(whole["strength"] - whole["shift"].map(rest)).abs())
    return whole.sort_values(["shift", "network", "metric", "strength"], ignore_index=True)


def networks_shifted(dataset: str, metrics_chosen: Sequence[str], shifts_chosen: Sequence[str], *, sample: bool = True) -> list[str]:
    """Return the networks that have a score of one of the metrics under one of the shifts, sorted; `strengths` would fetch all their numbers."""
    found = store.query(
        """SELECT DISTINCT s.network::VARCHAR AS network FROM scores s
           WHERE s.collection = '' AND s.slice IS NULL AND s.split = 'test' AND s.dataset = $dataset
             AND list_contains($metrics, s.metric::VARCHAR) AND list_contains($shifts, s.shift::VARCHAR) ORDER BY 1""",
        {"dataset": dataset, "metrics": list(metrics_chosen), "shifts": list(shifts_chosen)},
        sample=sample,
    )
    return found["network"].tolist()


def neutral(shift: str) -> float:
    """Return the strength at which a shift does nothing."""
    known = shift in registry.names("shifts")
    return float(registry.card("shifts", shift).constants.get("NEUTRAL", 0.0)) if known else 0.0


@kept
def falls(*, sample: bool = True) -> pd.DataFrame:
    """Return, for each ID/OOD pair, mean accuracy here and there over its networks, Spearman's rank correlation, and how many networks."""
    rows = []
    for pair in pairs_known(sample=sample).itertuples():
        found = points(Set(str(pair.id)), Set(str(pair.ood)), trained_on=str(pair.id), sample=sample)
        if len(found):
            rank = lines.spearman(found["x"].to_numpy(float), found["y"].to_numpy(float)) if len(found) >= 4 else None
            rows.append(
                {
                    "id": pair.id,
                    "ood": pair.ood,
                    "networks": len(found),
                    "id_accuracy": found["x"].mean(),
                    "ood_accuracy": found["y"].mean(),
                    "gap": found["x"].mean() - found["y"].mean(),
                    "spearman": getattr(rank, "value", rank),
                    "images_id": int(found["x_n"].max()),
                    "images_ood": int(found["y_n"].max()),
                }
            )
    return pd.DataFrame(rows)


def _named(codes: pd.Series, names: Sequence[str]) -> list[str]:
    return [names[int(code)] if 0 <= int(code) < len(names) else str(int(code)) for code in codes]


def predictions(network: str, one: Set, *, sample: bool = True) -> pd.DataFrame:
    """Return a network's answer to every example of a set: label, predicted, confidence, correct, with class names."""
    found = store.query(
        f"""SELECT example_id, position, label, predicted, confidence, label = predicted AS correct, run FROM predictions p
            WHERE network = $network AND {where("p")}
            QUALIFY row_number() OVER (PARTITION BY position, example_id ORDER BY run DESC) = 1 ORDER BY position""",
        {"network": network, **one.parameters()},
        sample=sample,
    )
    names = names_of(network, one.dataset)
    return found.assign(label_name=_named(found["label"], names), predicted_name=_named(found["predicted"], names))


def reliability(network: str, one: Set, bins: int = 10, *, sample: bool = True) -> pd.DataFrame:
    """Return the reliability diagram: per confidence bin (left-closed, as for ECE) confidence, accuracy with 95 % interval, n.

    `low` and `high` are the bin's edges. Empty bins are rows with n 0 and neither confidence nor accuracy.
    """
    found = predictions(network, one, sample=sample)
    which = np.minimum((found["confidence"].to_numpy(float) * bins).astype(int), bins - 1)
    rows = []
    for i in range(bins):
        mine = found[which == i]
        n, right = len(mine), int(mine["correct"].sum())
        low, high = intervals.wilson(right, n) if n else (np.nan, np.nan)
        means = (mine["confidence"].mean(), right / n) if n else (np.nan, np.nan)
        rows.append((network, i / bins, (i + 1) / bins, n, *means, low, high))
    return pd.DataFrame(rows, columns=["network", "low", "high", "n", "confidence", "accuracy", "accuracy_low", "accuracy_high"])


def confusion(network: str, one: Set, *, sample: bool = True) -> pd.DataFrame:
    """Return counts of (true class, predicted class), by number and by name, with the share of the true class."""
    found = predictions(network, one, sample=sample).rename(columns={"label": "true", "label_name": "true_name"})
    if found.empty:
        return pd.DataFrame(columns=["true", "predicted", "true_name", "predicted_name", "n", "share"])
    counts = found.groupby(["true", "predicted", "true_name", "predicted_name"], observed=True).size().rename("n").reset_index()
    return counts.assign(share=counts["n"] / counts.groupby("true")["n"].transform("sum"))


def flips(network: str, here: Set, there: Set, *, sample: bool = True) -> pd.DataFrame:
    """Return each example that both sets have (a set and its shifted version), with both answers: who was right where, how sure."""
    left, right = predictions(network, here, sample=sample), predictions(network, there, sample=sample)
    kept = ["example_id", "position", "predicted_name", "confidence", "correct"]
    return left.merge(right[kept], on=["example_id", "position"], suffixes=("_here", "_there"))


def disagreements(one: Set, networks_chosen: Sequence[str], *, sample: bool = True) -> pd.DataFrame:
    """Return each example with how many of the networks are right, and how sure the wrong ones are, hardest first."""
    return store.query(
        f"""SELECT example_id, any_value(position) AS position, any_value(label) AS label, count(*) AS networks,
                   count(*) FILTER (label = predicted) AS right, avg(confidence) FILTER (label <> predicted) AS wrong_confidence
            FROM predictions p WHERE list_contains($networks, network) AND {where("p")} GROUP BY example_id ORDER BY right, wrong_confidence DESC""",
        {"networks": list(networks_chosen), **one.parameters()},
        sample=sample,
    )


def answers(example_id: str, dataset: str, split: str = "test", networks_chosen: Sequence[str] = (), *, sample: bool = True) -> pd.DataFrame:
    """Return every network's stored answer to one example, as it is and under every shift."""
    condition = "AND list_contains($networks, network)" if networks_chosen else ""
    found = store.query(
        f"""SELECT network, dataset, split, shift, strength, label, predicted, confidence, label = predicted AS correct, run FROM predictions
            WHERE example_id = $example AND dataset = $dataset AND split = $split {condition}
            QUALIFY row_number() OVER (PARTITION BY network, shift, strength ORDER BY run DESC) = 1 ORDER BY shift, strength, network""",
        {"example": example_id, "dataset": dataset, "split": split, **({"networks": list(networks_chosen)} if networks_chosen else {})},
        sample=sample,
    )
    names = [names_of(network, dataset) for network in found["network"]]
    for code, name in (("label", "label_name"), ("predicted", "predicted_name")):
        found[name] = [n[int(c)] if 0 <= int(c) < len(n) else str(int(c)) for c, n in zip(found[code], names, strict=True)]
    return found


def example(dataset: str, split: str, example_id: str, *, sample: bool = True) -> dict[str, Any] | None:
    """Return what is known of one example: position, label's name, groups, source; None for an unknown one."""
    found = store.query(
        "SELECT position, label, label_name, groups, source FROM examples WHERE dataset = ? AND split = ? AND example_id = ?",
        [dataset, split, example_id],
        sample=sample,
    )
    if found.empty:
        return None
    row = {str(name): value for name, value in found.iloc[0].items()}
    return {**row, "groups": json.loads(row["groups"] or "{}")}


def runs(*, sample: bool = True) -> pd.DataFrame:
    """Return the finished runs, newest first, with everything that tells where their numbers came from."""
    return store.query("SELECT * FROM runs ORDER BY finished DESC", sample=sample)


def run_scores(run: str) -> pd.DataFrame:
    """Return the scores that one run has stored so far, also while it is going on."""
    return store.part_of(run, "scores")


def labelled(found: pd.DataFrame) -> pd.DataFrame:
    """Return whole-set score rows with a column `set` (how charts call it), the sets as they are first, and `measured`."""
    mine = found[found["slice"].isna()] if "slice" in found else found
    mine = mine.sort_values(["shift", "strength", "dataset", "split"], key=lambda c: c.astype(str) if c.name != "strength" else c)
    places = mine[list(PLACE)].drop_duplicates()  # few, however many rows there are
    told = mine[list(PLACE)].merge(places.assign(set=[one.label for one in sets_in(places)]), how="left", on=list(PLACE))["set"]
    measured = ~mine["missing"] if "missing" in mine else mine["reason"].isna()
    return mine.assign(set=told.to_numpy(), measured=measured)


def better(metric: str) -> Literal["higher", "lower"]:
    """Return which direction of a metric is good; higher for one that says neither or is not known here."""
    for room in ("metrics/classification", "metrics/pairs"):
        if metric in registry.names(room):
            return "lower" if registry.card(room, metric).constants["BETTER"] == "lower" else "higher"
    return "higher"


def unit(metric: str) -> str | None:
    """Return a metric's unit; None for one that is not known here."""
    for room in ("metrics/classification", "metrics/pairs"):
        if metric in registry.names(room):
            return str(registry.card(room, metric).constants["UNIT"])
    return None


def answered(*, sample: bool = True) -> pd.DataFrame:
    """Return what single answers are stored: network, dataset, split, shift, strength and how many."""
    return store.query("SELECT network, dataset, split, shift, strength, count(*) AS n FROM predictions GROUP BY ALL ORDER BY ALL", sample=sample)


@kept
def all_pairs(*, sample: bool = True) -> pd.DataFrame:
    """Return `points` of accuracy for every ID/OOD pair in one frame, with columns `id`, `ood` and `name` (network on set)."""
    frames = []
    for pair in pairs_known(sample=sample).to_dict("records"):
        found = points(Set(pair["id"]), Set(pair["ood"]), trained_on=pair["id"], sample=sample)
        frames.append(found.assign(id=pair["id"], ood=pair["ood"], name=[f"{n} on {pair['ood']}" for n in found["network"]]))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
