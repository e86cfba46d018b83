"""What the sweep says about the findings of Wenzel et al. 2022: each as a number with its interval, and a verdict by a written rule.

The paper fine-tuned 31,104 ImageNet networks on 36 data sets and looked at 172 pairs of sets. Here are small networks on four digit domains, 12
pairs, with two seeds: a verdict is one about these, not about the paper's networks. Numbers are those of the pages' views; each verdict
follows from its number and interval by the rule beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from engine import errors
from engine.assay import attributes, dimensions, population, relation, trust, verdicts
from engine.plots import formats
from engine.stats import bootstrap, intervals, selection
from engine.sweep.spec import PREFIX

LITTLE = 0.05  # of R²: what a further number adds at most to be called little
DESIGN = ("architecture", "trained_on", "regime", "images_per_class", "augmentation", "learning_rate", "seed")
HOLDS, PARTLY, NOT, UNTESTED = "holds", "holds in part", "does not hold", "not tested here"
NETWORKS, CELLS = "networks", "cells of the grid"  # what intervals take to vary
NAN = float("nan")


@dataclass(frozen=True)
class Finding:
    """One finding of the paper and what the sweep says about it."""

    claim: str  # of the paper, in a sentence
    what: str  # what the number is
    value: float  # NaN where nothing was measured
    low: float  # 95 % interval
    high: float
    n: int
    over: str  # what n counts and the interval takes to vary
    verdict: str
    rule: str  # what makes the verdict
    more: str = ""  # further numbers

    @property
    def measured(self) -> str:
        """The number in words."""
        what = f"{self.what[0].upper()}{self.what[1:]}"
        if not self.n:
            return what
        number = f"{_two(self.value)} [{_two(self.low)}, {_two(self.high)}]" if self.low == self.low else _two(self.value)
        return f"{what}: {number}; {formats.count(self.n)} {self.over}{f'. {self.more}' if self.more else ''}"


def _two(value: float) -> str:
    return formats.fixed(value, 2)


@dataclass(frozen=True, eq=False)
class Facts:
    """What the findings are read from."""

    predictors: pd.DataFrame  # within pairs
    transfer: pd.DataFrame  # within pairs
    pairs: pd.DataFrame  # the least Spearman first
    networks: pd.DataFrame  # the grid's attributes, and each network's accuracies in points: here, elsewhere, corruptions
    scree: pd.DataFrame

    def predictor(self, name: str) -> Any:
        """Return the row of a predictor."""
        return self.predictors.set_index("predictor").loc[name]

    def metric(self, name: str) -> Any:
        """Return the row of a metric's transfer."""
        return self.transfer.set_index("metric").loc[name]


def facts(*, sample: bool = True) -> Facts:
    """Return the numbers of the sweep's networks in the store.

    Raises:
        UserError: where there are none.
    """
    if PREFIX not in set(population.collections(sample=sample)["collection"]):
        raise errors.UserError("No network of the sweep is in the store.", "Train some: python -m engine sweep")
    found = trust.predictors(PREFIX, sample=sample)
    carried = trust.transfer(PREFIX, sample=sample)
    pairs = relation.pairs(PREFIX, sample=sample).sort_values("spearman", ignore_index=True)
    if pairs["spearman"].notna().sum() < 2:
        raise errors.UserError("The store has too few networks of the sweep for its findings.", "Train more: python -m engine sweep")
    found = found[found["view"] == "standardised"]
    return Facts(found, carried[carried["view"] == "standardised"], pairs, _networks(sample), dimensions.scree(PREFIX, sample=sample))


def _networks(sample: bool) -> pd.DataFrame:
    """Return the design of each network and its outcomes, in percentage points."""
    measured = trust.measured(PREFIX, sample=sample)
    each = measured.groupby("network", observed=True)
    outcomes = pd.DataFrame(
        {"elsewhere": each["accuracy_ood"].mean(), "here": each["accuracy_id"].first(), "corruptions": each["corruptions_id"].first()}
    )
    about = population.networks_of(PREFIX, sample=sample).set_index("network")[list(DESIGN)]
    return about.join(100 * outcomes.where(each["accuracy_ood"].count() == each["accuracy_ood"].count().max()), how="inner").reset_index()


def all_of(*, sample: bool = True) -> list[Finding]:
    """Return every finding with its verdict."""
    known = facts(sample=sample)
    return [replace(one, verdict=UNTESTED) if one.n and one.low != one.low else one for one in (find(known) for find in FINDINGS)]


def _by(low: float, high: float, *, above: float) -> str:
    """Return the verdict on "more than `above`" from an interval."""
    return HOLDS if low > above else PARTLY if high > above else NOT


def _under(low: float, high: float, *, below: float) -> str:
    return HOLDS if high < below else PARTLY if low < below else NOT


def rise_together(known: Facts) -> Finding:
    """Accuracy here and elsewhere."""
    row, pairs = known.predictor("accuracy"), known.pairs
    weakest, strongest = pairs.iloc[0], pairs.dropna(subset=["spearman"]).iloc[-1]
    every = bool((pairs["spearman_low"] > 0).all())
    ends = " to ".join(f"{_two(one['spearman'])} ({one['id']} → {one['ood']})" for one in (weakest, strongest))
    return Finding(
        "Accuracy in and out of distribution rise together; how much depends on the pair of sets.",
        "Spearman of ID and OOD error within pairs, averaged", row["spearman"], row["spearman_low"], row["spearman_high"], int(row["networks"]),
        NETWORKS, HOLDS if every and row["spearman_low"] > 0 else PARTLY if row["spearman_low"] > 0 else NOT,
        "holds where the interval lies above 0 for the average and for each pair by itself; in part where only for the average",
        f"Single pairs: {ends}",
    )  # fmt: skip


def no_trade_off(known: Facts) -> Finding:
    """No pair decreases."""
    weakest = known.pairs.iloc[0]
    falling = int((known.pairs["spearman_high"] < 0).sum())
    verdict = NOT if falling else HOLDS if (known.pairs["spearman"] > 0).all() else PARTLY
    return Finding(
        "No pair of sets shows a trade-off, where a better network here is a worse one there.",
        f"least Spearman of {len(known.pairs)} pairs ({weakest['id']} → {weakest['ood']})", weakest["spearman"], weakest["spearman_low"],
        weakest["spearman_high"], int(weakest["n"]), NETWORKS, verdict,
        "holds where every pair's Spearman is above 0; does not where some pair's interval lies below 0",
    )  # fmt: skip


def underspecified(known: Facts) -> Finding:
    """Vertical pairs."""
    row, counts = known.predictor("accuracy"), known.pairs["pattern"].value_counts()
    vertical, total = int(counts.get("vertical", 0)), len(known.pairs)
    told = ", ".join(
        f"{n} {name if name != 'none' else 'with no clear trend'}" for name, n in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )
    return Finding(
        "Some pairs are underspecified: networks equally good here spread out there (a vertical line), or no trend is clear.",
        "share of the OOD variance within pairs that ID accuracy leaves open", 1 - row["r2"], 1 - row["r2_high"], 1 - row["r2_low"],
        int(row["networks"]), NETWORKS, HOLDS if vertical else PARTLY if counts.get("none", 0) else NOT,
        "holds where some pair is vertical by the thresholds of `assay pairs`; in part where some have no clear trend only",
        f"Of {total} pairs {told}",
    )  # fmt: skip


def best_single(known: Facts) -> Finding:
    """ID accuracy against the other ID numbers."""
    inside = _most(known.predictors[known.predictors["kind"] == verdicts.IN_DISTRIBUTION])
    row = inside.sort_values("advantage").iloc[-1]
    low, high = row["advantage_low"], row["advantage_high"]
    return Finding(
        "Accuracy is the best single predictor among the numbers measured in distribution.",
        f"R² of the next best ({row['label']}) minus that of ID accuracy", row["advantage"], low, high, int(row["networks"]), NETWORKS,
        _under(low, high, below=0), "holds where the interval lies below 0; in part where it contains 0",
        f"ID accuracy alone: R² {_two(known.predictor('accuracy')['r2'])} within pairs",
    )  # fmt: skip


def _most(rows: pd.DataFrame) -> pd.DataFrame:
    """Return predictors besides accuracy that most of the networks have."""
    rest = rows[(rows["predictor"] != "accuracy") & rows["advantage"].notna()]
    return rest[rest["networks"] >= verdicts.FEW * rows["networks"].max()]


def another_set(known: Facts) -> Finding:
    """Accuracy on other OOD sets."""
    row = known.predictor("others")
    single = known.predictors[known.predictors["predictor"].str.startswith("on:")]
    better = int((single["advantage_low"] > 0).sum())
    verdict = HOLDS if row["advantage_low"] > 0 and better == len(single) else PARTLY if row["advantage_low"] > 0 or better else NOT
    return Finding(
        "Accuracy on another held-out OOD set predicts better than ID accuracy.",
        "R² of the mean error on the other two OOD sets minus that of ID accuracy", row["advantage"], row["advantage_low"], row["advantage_high"],
        int(row["networks"]), NETWORKS, verdict, "holds where the interval lies above 0 for the mean and for each single set; in part where for some",
        f"Of {len(single)} single sets {better} do ({_two(single['advantage'].min())} to {_two(single['advantage'].max())})",
    )  # fmt: skip


def little_on_top(known: Facts) -> Finding:
    """What further ID metrics add."""
    single = set(trust.FIRST_METRICS) | {"worst_class_accuracy", "auroc_msp"}
    inside = _most(known.predictors[known.predictors["predictor"].isin([*single])])
    row = inside.sort_values("gain").iloc[-1]
    return Finding(
        "Other metrics in distribution add only a little to ID accuracy.",
        f"most that one adds to R² ({row['label']})", row["gain"], row["gain_low"], row["gain_high"], int(row["networks"]), NETWORKS,
        _under(row["gain_low"], row["gain_high"], below=LITTLE), f"holds where the interval lies below {LITTLE:g}; in part where it contains that",
    )  # fmt: skip


def calibration(known: Facts) -> Finding:
    """Whether ECE carries over."""
    row, accuracy, worst = known.metric("ece"), known.metric("accuracy"), known.transfer.iloc[-1]["metric"]
    apart = row["spearman_high"] < accuracy["spearman_low"]
    return Finding(
        "Calibration does not carry over: of all metrics, ECE here says least about itself there.",
        "Spearman of ECE here and there within pairs", row["spearman"], row["spearman_low"], row["spearman_high"], int(row["networks"]), NETWORKS,
        HOLDS if apart and worst == "ece" else PARTLY if apart else NOT,
        "holds where ECE comes last of all metrics and its interval lies below that of accuracy; in part where only the second is so",
        f"Accuracy: {_two(accuracy['spearman'])}",
    )  # fmt: skip


def adversarial_transfer(_: Facts) -> Finding:
    """What was not measured."""
    claim = "Of all metrics, adversarial error carries over best from here to there."
    return _untested(claim, "networks were attacked on their own test set only")


def _untested(claim: str, why: str) -> Finding:
    return Finding(claim, why, NAN, NAN, NAN, 0, "", UNTESTED, "")


def adversarial(known: Facts) -> Finding:
    """Whether attacks tell of natural shifts."""
    claim = "Adversarial robustness does not reflect robustness to natural shift."
    if "adversarial_linf" not in set(known.predictors["predictor"]):
        return _untested(claim, "none of the networks so far was attacked")
    row = known.predictor("adversarial_linf")
    less, little = row["advantage_high"] < 0, row["gain_high"] < LITTLE
    return Finding(
        claim,
        "R² of the error under L∞ attack minus that of ID accuracy on the same networks", row["advantage"], row["advantage_low"],
        row["advantage_high"], int(row["networks"]), NETWORKS, HOLDS if less and little else PARTLY if less or little else NOT,
        f"holds where it tells less than ID accuracy (interval below 0) and adds less than {LITTLE:g} to it; in part where one of them is so",
        f"It adds {_two(row['gain'])} [{_two(row['gain_low'])}, {_two(row['gain_high'])}] to R²",
    )  # fmt: skip


def corruptions(known: Facts) -> Finding:
    """What synthetic corruptions add."""
    row = known.predictor("corruptions")
    return Finding(
        "Synthetic corruptions help only marginally; they are no substitute for real OOD data.",
        "what the mean error over 19 corruptions adds to the R² of ID accuracy", row["gain"], row["gain_low"], row["gain_high"], int(row["networks"]),
        NETWORKS, _under(row["gain_low"], row["gain_high"], below=LITTLE),
        f"holds where the interval lies below {LITTLE:g}; in part where it contains that", f"Alone: R² {_two(row['r2'])}",
    )  # fmt: skip


def upstream(_: Facts) -> Finding:
    """What cannot be asked of these networks."""
    return _untested(
        "Accuracy on the data of pre-training informs about robustness after tuning.", "each architecture has one pre-trained trunk only"
    )


def augmentation(known: Facts) -> Finding:
    """Whether augmentation helps elsewhere."""
    effects = {outcome: effect(known.networks, "augmentation", "none", outcome) for outcome in ("elsewhere", "corruptions")}
    one, other = effects["elsewhere"], effects["corruptions"]
    helped = [one.low > 0, other.low > 0]
    return Finding(
        "Augmentation helps against every kind of shift.",
        "points of mean OOD accuracy that an augmentation adds", one.difference, one.low, one.high, one.pairs, CELLS,
        HOLDS if all(helped) else PARTLY if any(helped) else NOT,
        "holds where the mean over the three augmentations adds to accuracy on OOD sets and under corruptions (intervals above 0); in part "
        "where to one of them",
        f"Under corruptions: {_two(other.difference)} [{_two(other.low)}, {_two(other.high)}]. Attacked networks are too few to pair",
    )  # fmt: skip


def where_scarce(known: Facts) -> Finding:
    """Whether it helps most where data are scarce."""
    networks = known.networks
    gains = {size: _gains(networks[networks["images_per_class"] == size]) for size in ("10", "full")}
    both = gains["10"].index.intersection(gains["full"].index)
    apart = (gains["10"][both] - gains["full"][both]).to_numpy(float)
    value, low, high = _mean(apart)
    return Finding(
        "Augmentation helps most where data are scarce.",
        "points of mean OOD accuracy that it adds with 10 images a class more than with all", value, low, high, len(apart), CELLS,
        _by(low, high, above=0), "holds where the interval lies above 0; in part where it contains 0",
        f"With 10: {_two(float(gains['10'][both].mean()))}, with all: {_two(float(gains['full'][both].mean()))}" if len(both) else "",
    )  # fmt: skip


def _gains(networks: pd.DataFrame) -> pd.Series:
    """Return what augmentation adds elsewhere in each cell of the other settings but the number of images."""
    cell = [name for name in DESIGN if name not in ("augmentation", "images_per_class")]
    plain = networks["augmentation"] == "none"
    means = [part.groupby(cell)["elsewhere"].mean() for part in (networks[plain], networks[~plain])]
    return (means[1] - means[0]).dropna()


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    """Return a mean of paired differences with its t interval."""
    n = len(values)
    found = selection.effect(np.concatenate([np.zeros(n), values]), np.arange(2 * n) >= n, np.tile(np.arange(n), 2))
    return found.difference, found.low, found.high


def effect(networks: pd.DataFrame, factor: str, baseline: str, outcome: str) -> selection.Effect:
    """Return what the other levels of a factor, averaged, change against a baseline in cells that are equal in all else."""
    codes = attributes.codes(networks, [name for name in DESIGN if name != factor])
    second = (networks[factor] != baseline).to_numpy()
    return selection.effect(networks[outcome].to_numpy(float), second, attributes.cells(codes, list(map(str, codes))))


def whole_or_head(known: Facts) -> Finding:
    """Fine-tuning all or the head only."""
    tuned = known.networks[known.networks["regime"].isin(["whole", "head"])]
    full, few = (effect(tuned[tuned["images_per_class"] == size], "regime", "whole", "elsewhere") for size in ("full", "10"))
    told = [full.high < 0, few.low > 0]
    return Finding(
        "Tuning the whole network is better with all the data; with little data, tuning the head only can be more robust.",
        "points of mean OOD accuracy of head only minus whole, with all images", full.difference, full.low, full.high, full.pairs, CELLS,
        HOLDS if all(told) else PARTLY if any(told) else NOT,
        "holds where the interval lies below 0 with all images and above 0 with 10 a class; in part where one of them does",
        f"With 10 a class: {_two(few.difference)} [{_two(few.low)}, {_two(few.high)}]",
    )  # fmt: skip


def several_factors(known: Facts) -> Finding:
    """How many factors the metrics have."""
    first, columns = known.scree.iloc[0], len(known.scree)
    kept = int(first["suggested"])
    return Finding(
        "The metrics, here and there, measure more than one thing: no single number stands for all.",
        "share of all variance of the first factor", first["cumulative"], first["low"] / columns, first["high"] / columns, int(first["networks"]),
        NETWORKS, HOLDS if kept > 1 else NOT, "holds where parallel analysis keeps more than one factor",
        f"Parallel analysis keeps {kept} of {columns}, with {formats.percent(known.scree['cumulative'].iloc[kept - 1])} of the variance",
    )  # fmt: skip


FINDINGS: tuple[Callable[[Facts], Finding], ...] = (
    rise_together, no_trade_off, underspecified, best_single, another_set, little_on_top, calibration, adversarial_transfer, adversarial,
    corruptions, upstream, augmentation, where_scarce, whole_or_head, several_factors,
)  # fmt: skip


def shares(*, sample: bool = True) -> pd.DataFrame:
    """Return what matters most: of the variance among networks of one training set, the share that the levels of each setting explain alone.

    One row a setting: factor, levels, `elsewhere` (of mean OOD accuracy) and `here` (of ID accuracy), each with a 95 % interval over resamples of
    the networks, n. No claim of the paper, which had no seeds to compare with.
    """
    networks = _networks(sample).dropna(subset=["elsewhere", "here"])
    weights = np.concatenate([np.ones((1, len(networks))), bootstrap.weights(len(networks))])
    rows = []
    for name in DESIGN:
        if name == "trained_on" or networks[name].nunique() < 2:
            continue
        row: dict[str, Any] = {"factor": name, "levels": networks[name].nunique()}
        for outcome in ("elsewhere", "here"):
            drawn = _explained(networks[outcome].to_numpy(float), networks["trained_on"], networks[name].astype(str), weights)
            row |= dict(zip((outcome, f"{outcome}_low", f"{outcome}_high"), (drawn[0], *intervals.percentile(drawn[1:])), strict=True))
        rows.append({**row, "n": len(networks)})
    return pd.DataFrame(rows).sort_values("elsewhere", ascending=False, ignore_index=True)


def _explained(values: np.ndarray, domain: pd.Series, level: pd.Series, weights: np.ndarray) -> np.ndarray:
    """Return, for each row of weights, the share of the squares within domains that the means of a setting's levels in each domain explain."""
    domains, cells = (pd.factorize(codes)[0] for codes in (domain, domain + " " + level))
    total = weights @ values**2
    alone, together = (_squares(values, codes, weights) for codes in (domains, cells))
    return (together - alone) / (total - alone)


def _squares(values: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the squares that the means of groups explain, for each row of weights."""
    inside = np.eye(codes.max() + 1)[codes]
    return ((weights @ (inside * values[:, None])) ** 2 / np.maximum(weights @ inside, 1)).sum(axis=1)
