"""Decisions at thresholds: counts for sliders, rates and gaps with intervals, what a repair opens elsewhere. No torch.

Networks, people and rules are as in `inside`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from engine import errors
from engine.heads import measuring, merge
from engine.heads.inside import rule, said
from engine.metrics import groups as group_metrics

BINS = 1000  # of probabilities, for the sliders


def score_counts(network: str, split: str = "test", bins: int = BINS) -> pd.DataFrame:
    """Return what sliders need: of each group and bin of the probability, how many people with either outcome, and the sum of their probabilities.

    Columns: group, low (of the bin), positives, negatives, score. A threshold at a bin's edge accepts every bin from there on, exactly.
    """
    mine = said(network, split)
    probability = special.expit(mine.task.astype(np.float64))
    place = np.minimum((probability * bins).astype(int), bins - 1)
    shape = (len(mine.side.groups), bins)
    flat = mine.side.members * bins + place
    columns = {
        "positives": np.bincount(flat, mine.side.labels, minlength=shape[0] * bins).astype(int),
        "negatives": np.bincount(flat, 1 - mine.side.labels, minlength=shape[0] * bins).astype(int),
        "score": np.bincount(flat, probability, minlength=shape[0] * bins),
    }
    made = pd.DataFrame({"group": np.repeat(mine.side.groups, bins), "low": np.tile(np.arange(bins) / bins, shape[0]), **columns})
    return made[(made["positives"] > 0) | (made["negatives"] > 0)].reset_index(drop=True)


def at_thresholds(network: str, thresholds: Mapping[str, float], split: str = "test") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every rate of every group, and every gap, with intervals, when each group has a threshold of its own on the probability (else 0.5).

    Raises:
        UserError: for an unknown group or a threshold outside 0 to 1.
    """
    mine = said(network, split)
    for group, value in thresholds.items():
        if group not in mine.side.groups:
            raise errors.unknown("group", group, mine.side.groups)
        if not 0 <= value <= 1:
            raise errors.UserError(f"A threshold of {value:g} is no probability.", "Choose one from 0 to 1.")
    cut = np.array([thresholds.get(group, 0.5) for group in mine.side.groups])
    probability = special.expit(mine.task.astype(np.float64))
    told = measuring.decided(mine.side, probability >= cut[mine.side.members], probability)
    return group_metrics.by_group(told), group_metrics.gaps(told)


def best_thresholds(network: str, slack: float, constraint: str = merge.PARITY) -> dict[str, float]:
    """Return the thresholds on the probability of each true group that are most accurate within a slack, fitted on validation people."""
    val = said(network, "val")
    found = merge.by_true_group(val.task, val.side.to_fit(constraint), slack)
    return {group: float(special.expit(t)) for group, t in zip(val.side.groups, found.thresholds, strict=True)}


def before_after(network: str, slack: float | None = None, split: str = "test") -> pd.DataFrame:
    """Return each group's rates before (unconstrained) and after (this network, or its merged rule with a slack).

    Columns: when, group, metric, value, low, high, n, reason, unit.
    """
    mine = said(network, split)
    plain = said(mine.job.sibling("plain").name, split)
    after = mine.task > 0 if slack is None else merge.decide(mine.task, mine.group, rule(network, slack))
    scores = {"before": special.expit(plain.task.astype(np.float64)), "after": special.expit(mine.task.astype(np.float64)) if slack is None else None}
    decisions = {"before": plain.task > 0, "after": after}
    frames = [group_metrics.by_group(measuring.decided(mine.side, decisions[when], scores[when])).assign(when=when) for when in decisions]
    return pd.concat(frames, ignore_index=True)


def side_effects(network: str, slack: float | None = None, split: str = "test") -> pd.DataFrame:
    """Return every gap before and after: when, metric, value, low, high, highest, lowest, reason; `opened` where it grew and the intervals part."""
    mine = said(network, split)
    plain = said(mine.job.sibling("plain").name, split)
    after = mine.task > 0 if slack is None else merge.decide(mine.task, mine.group, rule(network, slack))
    frames = [group_metrics.gaps(measuring.decided(mine.side, d)).assign(when=when) for when, d in (("before", plain.task > 0), ("after", after))]
    made = pd.concat(frames, ignore_index=True)
    wide = made.pivot_table(index="metric", columns="when", values=["low", "high"])
    grew = wide["low"]["after"] > wide["high"]["before"]
    shrank = wide["high"]["after"] < wide["low"]["before"]
    ratio = wide.index.str.endswith("_ratio")
    return made.assign(opened=made["metric"].map(dict(zip(wide.index, np.where(ratio, shrank, grew), strict=True))))


def reliability(network: str, split: str = "test", bins: int = 10) -> pd.DataFrame:
    """Return calibration within each group and bin: group, low, high, score (mean), share (of favourable outcomes), share_low, share_high, n."""
    mine = said(network, split)
    probability = special.expit(mine.task.astype(np.float64))
    place = np.minimum((probability * bins).astype(int), bins - 1)
    found = []
    for k, group in enumerate(mine.side.groups):
        for b in range(bins):
            chosen = (mine.side.members == k) & (place == b)
            told = measuring.share(mine.job, "share", mine.side.labels[chosen] == 1)
            if chosen.any():
                found.append((group, b / bins, (b + 1) / bins, float(probability[chosen].mean()), told.value, told.low, told.high, told.n))
    return pd.DataFrame(found, columns=["group", "low", "high", "score", "share", "share_low", "share_high", "n"])


def boosts(network: str, slack: float = 0.02, split: str = "test") -> pd.DataFrame:
    """Return how the boost b·g spreads inside each true group (S5): group, quantile, boost; twenty-one quantiles, for two groups."""
    mine, one = said(network, split), rule(network, slack)
    boost = mine.group @ np.asarray(one.b)
    quantiles = np.linspace(0, 1, 21)
    frames = [
        pd.DataFrame({"group": group, "quantile": quantiles, "boost": np.quantile(boost[mine.side.members == k], quantiles)})
        for k, group in enumerate(mine.side.groups)
    ]
    return pd.concat(frames, ignore_index=True)
