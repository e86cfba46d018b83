"""Networks on the same examples, as data frames: which differ, who cannot be told apart from the best, how stable an order is.

Where a network has no stored answers to single examples nothing paired can be said of it; the column `reason` says so.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from engine import errors, registry, store
from engine.assay import attributes, population, views
from engine.assay.classes import align, names_of
from engine.assay.kept import kept
from engine.assay.views import Set
from engine.datasets import images
from engine.stats import intervals, multiplicity, paired, ranking
from engine.stats.ranking import Allowance

IMPORTED = "paired test not possible: this table came without per-example answers; import them with `import predictions`"
NOT_RUN = (
    "paired test not possible: its answers to single examples of this set are not stored; evaluate it on the set, or import them with "
    "`import predictions`"
)
MOST_COMPARED = 30  # networks of which every two are compared
COMPARED_CELLS = 400_000  # answers of which 1,000 resamples are ranked; of more, fewer resamples


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of networks on the same examples: whether each was right, or a number such as its cross-entropy."""

    networks: tuple[str, ...]
    examples: tuple[str, ...]
    scores: Shaped[np.ndarray, "networks n"]

    def __len__(self) -> int:
        return len(self.networks)

    def within(self, examples: Sequence[str]) -> "Scored":
        """Return the same on only these examples."""
        wanted = set(examples)
        places = [i for i, name in enumerate(self.examples) if name in wanted]
        return Scored(self.networks, tuple(self.examples[i] for i in places), self.scores[:, places])


def examplewise() -> tuple[str, ...]:
    """Return the metrics that are a mean over examples, so that networks can be compared example by example."""
    return tuple(name for name in registry.names("metrics/classification") if _is_mean(name))


def _is_mean(metric: str) -> bool:
    module = registry.load("metrics/classification", metric)
    constants = registry.card("metrics/classification", metric).constants
    if not hasattr(module, "statistics") or constants.get("NEEDS") or constants.get("PER"):
        return False
    return str(module.combine.__module__).endswith("._mean")


def scored(networks: Sequence[str], one: Set, metric: str = "accuracy", collection: str = "", *, sample: bool = True) -> Scored:
    """Return the scores of those networks that have stored answers, on the examples that all of them have answered.

    A network that has answered fewer than half as many examples as another is left out.

    Raises:
        UserError: for a metric that is no mean over examples.
    """
    if metric != "accuracy" and metric not in examplewise():
        raise errors.UserError(
            f"{metric} is no mean over examples, so networks cannot be compared example by example.", f"Choose one of {', '.join(examplewise())}."
        )
    found = _answers(networks, one, metric, collection, sample)
    if found.empty:
        return Scored((), (), np.zeros((0, 0), dtype=bool))
    most = found["network"].value_counts()
    found = found[found["network"].isin(most[most >= most.iloc[0] / 2].index)]
    places, examples = pd.factorize(found["example"])
    rows, names = pd.factorize(found["network"], sort=True)
    there = np.zeros((len(names), len(examples)), dtype=bool)
    there[rows, places] = True
    scores = found["score"].to_numpy()
    table = np.zeros(there.shape, dtype=scores.dtype)
    table[rows, places] = scores
    common = np.flatnonzero(there.all(axis=0))
    return Scored(tuple(map(str, names)), tuple(map(str, examples[common])), table[:, common])


def _answers(networks: Sequence[str], one: Set, metric: str, collection: str, sample: bool) -> pd.DataFrame:
    """Return network, example, score: answers of runs that told of the network under another collection do not count."""
    wanted = "label = predicted AS score" if metric == "accuracy" else "label, logits"
    found = store.query(
        f"""SELECT network, example_id || '/' || position AS example, {wanted} FROM predictions p
            SEMI JOIN (SELECT unnest($networks) AS network) w USING (network)
            WHERE {views.where("p")}
              AND NOT EXISTS (SELECT 1 FROM networks_all o
                              WHERE o.run = p.run AND o.network = p.network AND coalesce(o.collection, '') <> $collection)
            QUALIFY row_number() OVER (PARTITION BY network, example_id, position ORDER BY run DESC) = 1""",
        {"networks": list(networks), "collection": collection, **one.parameters()},
        sample=sample,
    )
    if metric == "accuracy" or found.empty:
        return found
    parts = [part.assign(score=_scores_of(str(name), part, one, metric)) for name, part in found.groupby("network", sort=False)]
    return pd.concat(parts)


def _scores_of(network: str, part: pd.DataFrame, one: Set, metric: str) -> Float[np.ndarray, " n"]:
    """Return a metric's summand for each answer, among the classes that the set covers."""
    logits, labels = np.stack(part["logits"].to_list()).astype(np.float64), part["label"].to_numpy(np.int64)
    if one.dataset in images.names():
        alignment = align(names_of(network, one.dataset), images.card(one.dataset).classes)
        logits, labels = alignment.masked(logits, labels) if alignment.classes == logits.shape[1] else (logits, labels)
    return registry.load("metrics/classification", metric).statistics(logits, labels)[:, 0]


def _reason(collection: str) -> str:
    return IMPORTED if collection else NOT_RUN


@kept
def differences(networks: Sequence[str], one: Set, metric: str = "accuracy", collection: str = "", *, sample: bool = True) -> pd.DataFrame:
    """Return the difference of every two networks on the same examples, first minus second, with interval, p and adjusted p.

    Accuracy is compared by McNemar's exact test (`mid_p` its less timid form), other scores by the paired bootstrap;
    `bh` and `holm` are p adjusted for how many pairs are compared. Where no test is possible `reason` says why.

    Raises:
        UserError: for fewer than two networks or too many, or a metric that is no mean over examples.
    """
    names = list(dict.fromkeys(networks))
    if not 2 <= len(names) <= MOST_COMPARED:
        raise errors.UserError(f"{len(names)} networks cannot be compared two by two.", f"Name 2 to {MOST_COMPARED} networks.")
    _check_networks(names, collection, sample)
    found = scored(names, one, metric, collection, sample=sample)
    rows = [_difference(first, second, found, metric, collection) for first, second in itertools.combinations(names, 2)]
    frame = pd.DataFrame(rows)
    return frame.assign(
        **{control: multiplicity.adjusted(frame["p"].to_numpy(float), control) for control in ("bh", "holm")}, set=one.text(), metric=metric
    )


def _check_networks(names: Sequence[str], collection: str, sample: bool) -> None:
    known = set(population.networks_of(collection, sample=sample)["network"])
    if missing := [name for name in names if name not in known]:
        raise errors.unknown("network" + (f" in {collection}" if collection else ""), missing[0], known)


def _difference(first: str, second: str, found: Scored, metric: str, collection: str) -> dict[str, Any]:
    names = {"first": first, "second": second}
    if first not in found.networks or second not in found.networks or not found.examples:
        nothing = dict.fromkeys(("difference", "low", "high", "p", "mid_p"), np.nan)
        return {**names, **nothing, "n": 0, "first_only": None, "second_only": None, "reason": _reason(collection)}
    one, other = (found.scores[found.networks.index(name)] for name in (first, second))
    if metric == "accuracy":
        said = paired.compare(one, other)
        only = {"first_only": said.first_only, "second_only": said.second_only}
        mid = paired.mcnemar_mid_p(said.first_only, said.second_only)
    else:
        said, only, mid = paired.compare_scores(one, other), {"first_only": None, "second_only": None}, np.nan
    return {
        **names,
        "difference": said.difference,
        "low": said.low,
        "high": said.high,
        "p": said.p,
        "mid_p": mid,
        "n": said.n,
        **only,
        "reason": None,
    }


@kept
def best(
    one: Set, metric: str = "accuracy", collection: str = "", *, among: Sequence[str] = (), examples: Sequence[str] = (),
    allow: Allowance = "picked", alpha: float = 0.05, sample: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Return the networks from best to worst on a set, with rank intervals and who cannot be told apart from the best.

    `rank` is among all; `rank_low` and `rank_high` (95 %, resampling examples), `p` and `adjusted` (paired test against the
    network `against`, the best of those compared) and `tied` are among the `compared` networks with stored answers to the same examples.

    Args:
        one: The set.
        metric: What is ranked.
        collection: Whose numbers.
        among: Only these networks; none means all.
        examples: Only these examples of the set, by `example_id/position`, as a kept slice holds them; then only networks with stored answers
            are ranked, by these answers.
        allow: What is allowed for: `picked`, that the best was picked because it looked best (the tied hold the truly best one with 95 %
            probability); `bh` or `holm`, how many comparisons there are; `none`.
        alpha: Adjusted p values above it mean "cannot be told apart".
        sample: Whether the shipped sample counts.
    """
    values = views.scores((), [one], [metric], collection=collection, sample=sample)  # thousands of names are told apart faster here
    values = values[values["value"].notna() & (values["network"].isin(among) if among else True)].drop_duplicates("network")
    possible = (metric == "accuracy" or metric in examplewise()) and len(values) > 0
    found = scored(values["network"].tolist(), one, metric, collection, sample=sample) if possible else Scored((), (), np.zeros((0, 0)))
    if examples:
        found = found.within(examples)
        values = _measured(found, metric)
    frame = values[["network", "value", "low", "high", "n", "unit"]]
    frame = frame.sort_values(["value", "network"], ascending=[views.better(metric) == "lower", True], ignore_index=True)
    frame = frame.assign(rank=ranking.ranked(frame["value"].to_numpy(float), views.better(metric)))
    tests = _against_best(found, metric, allow, alpha)
    frame = frame.merge(tests, on="network", how="left")
    why = _reason(collection) if possible else f"{metric} is no mean over examples, so no paired test is made"
    return frame.assign(compared=len(tests), reason=frame["tied"].map(lambda tied: why if pd.isna(tied) else None))


def _measured(found: Scored, metric: str) -> pd.DataFrame:
    """Return what the networks score on just these examples, with Wilson's interval where that is a share."""
    n = len(found.examples)
    values = found.scores.mean(axis=1) if n else np.full(len(found), np.nan)
    low, high = intervals.wilson(found.scores.sum(axis=1), n) if metric == "accuracy" else (np.nan, np.nan)
    frame = pd.DataFrame({"network": list(found.networks), "value": values, "low": low, "high": high, "n": n, "unit": views.unit(metric)})
    return frame[frame["value"].notna()]


def _against_best(found: Scored, metric: str, allow: Allowance, alpha: float) -> pd.DataFrame:
    columns = ["network", "rank_low", "rank_high", "p", "adjusted", "tied", "against"]
    if len(found) < 2 or not found.examples:
        return pd.DataFrame(columns=columns)
    resamples = int(np.clip(1000 * COMPARED_CELLS / found.scores.size, 200, 1000))
    ranks = ranking.rank_intervals(found.scores, views.better(metric), resamples=resamples)
    ties = ranking.ties_with_best(found.scores, views.better(metric), allow=allow, alpha=alpha)
    said = (found.networks, ranks.low, ranks.high, ties.p, ties.adjusted, ties.tied, [found.networks[ties.best]] * len(found))
    return pd.DataFrame(dict(zip(columns, said, strict=True))).astype({"tied": object})


@kept
def stability(one: Set, metric: str = "accuracy", collection: str = "", *, among: Sequence[str] = (), sample: bool = True) -> pd.DataFrame:
    """Return how far orders of the networks agree (Kendall's tau): on two halves of the examples, and between seeds.

    Between seeds the networks are those that are equal in all other attributes: the order of the kinds of networks under one seed
    against that under another. Columns: what, tau, low, high, networks.
    """
    names = list(among) or population.networks_of(collection, sample=sample)["network"].tolist()
    rows = []
    found = scored(names, one, metric, collection, sample=sample) if metric in examplewise() else None
    if found is not None and len(found) > 1:
        half = ranking.split_half(found.scores)
        rows.append(("two halves of the examples", *half, len(found)))
    values = population.wide(collection, metric, [one.text()], sample=sample)[one.text()]
    rows += _between_seeds(values[values.index.isin(names)], population.networks_of(collection, sample=sample))
    return pd.DataFrame(rows, columns=["what", "tau", "low", "high", "networks"])


def _between_seeds(values: pd.Series, about: pd.DataFrame) -> list[tuple]:
    if "seed" not in about or about["seed"].nunique() < 2:
        return []
    about = about[about["network"].isin(values.dropna().index)]
    others = [name for name in attributes.of(about) if name not in {"seed", "parameters"}]
    keyed = about.assign(cell=attributes.cells(attributes.codes(about, others), others), value=about["network"].map(values))
    table = keyed.pivot_table(index="cell", columns="seed", values="value")
    both = int((table.notna().sum(axis=1) > 1).sum())
    taus = ranking.agreement(table.to_numpy(float))
    apart = taus[np.triu_indices(len(taus), 1)]
    if not np.isfinite(apart).any():
        return []
    return [("seeds, all else equal", float(np.nanmean(apart)), float(np.nanmin(apart)), float(np.nanmax(apart)), both)]
