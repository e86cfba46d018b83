"""An audit of decisions that any system made: a file with a score or a decision, an outcome and one or more groups.

Nothing is known of the system, so that only what it decides can be looked at: rates of each group with intervals, gaps, crossings of groups. Where no
outcome is known either, only how often each group is accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64

from engine import errors, safety
from engine.datasets import tables
from engine.metrics import groups as group_metrics
from engine.metrics.groups import Decided

CROSSED = " x "
WITHOUT_OUTCOME = ("selection_rate", "demographic_parity_difference", "demographic_parity_ratio")  # all that can be told then


@dataclass(frozen=True, eq=False)
class Audited:
    """What was read of a file: everybody with a decision, an outcome, and a value of each group column."""

    source: str
    label: str | None  # None = no outcome is known: labels are all 0 and nothing is told that needs them
    positive: str
    score: str
    threshold: float | None  # None = the column holds decisions
    decisions: Bool[np.ndarray, " n"]
    labels: Int64[np.ndarray, " n"]
    groups: dict[str, np.ndarray]  # column, or columns joined by “ x ”, -> each person's value
    scores: Float64[np.ndarray, " n"] | None = None  # probabilities, where the column holds some
    weights: Float64[np.ndarray, " n"] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.labels)

    def decided(self, attribute: str) -> Decided:
        """Return them grouped by a column or a crossing; raises UserError for an unknown one."""
        if attribute not in self.groups:
            raise errors.unknown("group", attribute, self.groups)
        found, members = np.unique(self.groups[attribute], return_inverse=True)
        return Decided(self.decisions, self.labels, members.astype(np.int64), tuple(found.tolist()), self.scores, self.weights)


def read(
    path: Path, *, label: str | None, groups: Sequence[str], score: str, positive: str | None = None, threshold: float | None = None,
    below: bool = False, weights: str | None = None, leave_out_missing: bool = False, accepted: Sequence[str] = (),
) -> Audited:  # fmt: skip
    """Return a file's decisions.

    A score column with the same two values as the label, with 0 and 1, or whose accepted values are named holds decisions. Otherwise it holds
    probabilities of the favourable outcome, cut at 0.5; with a threshold of its own it may have any scale.

    Args:
        path: Parquet, CSV, TSV or JSON lines with a header.
        label: the column with the outcome; two values. None where no outcome is known: then only who is accepted is told.
        groups: columns with groups; several are looked at alone and crossed.
        score: the column with scores or decisions.
        positive: the favourable value of the label; 1, true or yes where it is not named.
        threshold: who has a score of at least this is accepted.
        below: who has a score below the threshold is accepted instead.
        weights: a column of positive numbers.
        leave_out_missing: leave people out of whom something is missing, and say so.
        accepted: values of the score column that mean accepted, for decisions in words of their own.

    Raises:
        UserError: for an absent column, gaps, a label with more or fewer than two values, one group only, more than 100 groups, scores that are text
            or outside 0 to 1 where no threshold is given, weights that are not positive.
    """
    return of_frame(
        tables.read_people(path), path.name, label=label, groups=groups, score=score, positive=positive, threshold=threshold, below=below,
        weights=weights, leave_out_missing=leave_out_missing, accepted=accepted,
    )  # fmt: skip


def of_frame(
    frame: pd.DataFrame, source: str, *, label: str | None, groups: Sequence[str], score: str, positive: str | None = None,
    threshold: float | None = None, below: bool = False, weights: str | None = None, leave_out_missing: bool = False, accepted: Sequence[str] = (),
) -> Audited:  # fmt: skip
    """Return a frame's decisions, as `read` does."""
    if not groups:
        raise errors.UserError("No group is named.", "Name at least one column with groups.")
    needed = [*([label] if label else []), score, *groups, *([weights] if weights else [])]
    for column in needed:
        if column not in frame.columns:
            raise errors.unknown(f"column of {source}", column, frame.columns)
    _check_apart(label, score, groups)
    frame, notes = _complete(frame, needed, leave_out_missing)
    favourable = tables.favourable_value(frame[label], label, positive) if label else ""
    labels = (tables.as_text(frame[label]) == favourable).to_numpy().astype(np.int64) if label else np.zeros(len(frame), np.int64)
    columns = {column: tables.group_values(frame[column], column) for column in groups}
    if len(groups) > 1:
        columns[CROSSED.join(groups)] = tables.crossed(list(columns.values()))
    weighed = tables.weight_values(frame[weights], weights) if weights else None
    if accepted:
        decisions, scores, cut = _named(frame[score], accepted), None, None
    else:
        decisions, scores, cut = _decisions(frame, score, label, favourable, threshold, below)
    return Audited(source, label, favourable, score, cut, decisions, labels, columns, scores, weighed, tuple(notes))


def _check_apart(label: str | None, score: str, groups: Sequence[str]) -> None:
    """Raise UserError where one column is to be two things."""
    if label == score:
        raise errors.UserError(f"“{score}” cannot be both the outcome and the decision.", "Choose another column, or say that no outcome is known.")
    for column in groups:
        if column in {label, score}:
            said = "the outcome" if column == label else "the score or decision"
            raise errors.UserError(f"“{column}” cannot be a group and {said} at once.", "Choose another column.")


def _named(column: pd.Series, accepted: Sequence[str]) -> Bool[np.ndarray, " n"]:
    """Return who has one of the values that mean accepted; raises UserError for a value that nobody has."""
    told = tables.as_text(column)
    known = sorted(set(told))
    for value in accepted:
        if value not in known:
            raise errors.unknown(f"value of {column.name}", value, known[:50])
    return told.isin(list(accepted)).to_numpy().astype(bool)


def _complete(frame: pd.DataFrame, needed: Sequence[str], leave_out: bool) -> tuple[pd.DataFrame, list[str]]:
    """Return the people of whom nothing needed is missing; raises UserError where somebody would be left out without having been asked."""
    gaps = {column: int(frame[column].isna().sum()) for column in needed}
    if not any(gaps.values()):
        return frame, []
    said = ", ".join(f"{n:,} in “{column}”" for column, n in gaps.items() if n)
    if not leave_out:
        raise errors.UserError(f"Values are missing: {said}.", "Fill them in, or leave these people out (--leave-out-missing).")
    kept = frame.dropna(subset=list(dict.fromkeys(needed)))
    if kept.empty:
        raise errors.UserError(f"Nobody is left: values are missing, {said}.", "Check the columns that are named.")
    return kept, [f"{len(frame) - len(kept):,} of {len(frame):,} people were left out: values are missing, {said}."]


def _decisions(
    frame: pd.DataFrame, score: str, label: str | None, favourable: str, threshold: float | None, below: bool
) -> tuple[Bool[np.ndarray, " n"], Float64[np.ndarray, " n"] | None, float | None]:
    """Return decisions, probabilities where there are some, and where they are cut."""
    told = tables.as_text(frame[score])
    if threshold is None and label and set(told) <= set(tables.as_text(frame[label])):
        return (told == favourable).to_numpy().astype(bool), None, None
    if threshold is None and len(yes := [value for value in set(told) if value.casefold() in tables.YES]) == 1 and told.nunique() <= 2:
        return (told == yes[0]).to_numpy().astype(bool) ^ below, None, None
    numbers = pd.to_numeric(frame[score], errors="coerce").to_numpy(np.float64)
    if (bad := ~np.isfinite(numbers)).any():
        listed = f" The values are {safety.few(sorted(set(told)))}." if told.nunique() <= 20 else ""
        raise errors.UserError(
            f"“{score}” holds {int(bad.sum()):,} values that are no numbers, such as “{told[bad].iloc[0]}”.{listed}",
            "Say which of its values mean accepted (--accepted), or give scores from 0 to 1.",
        )
    low, high = float(numbers.min()), float(numbers.max())
    if threshold is None and not 0 <= low <= high <= 1:
        outside = int(((numbers < 0) | (numbers > 1)).sum())
        raise errors.UserError(
            f"{outside:,} scores in “{score}” lie outside 0 to 1 (they go from {low:g} to {high:g}), so they are no probabilities.",
            "If they have another scale, say where it is cut (--threshold).",
        )
    cut = 0.5 if threshold is None else threshold
    accepted = numbers < cut if below else numbers >= cut
    is_probability = 0 <= low <= high <= 1 and not below
    return accepted, numbers if is_probability else None, cut


def by_group(audited: Audited) -> pd.DataFrame:
    """Return every rate of every group of every attribute: attribute, group, metric, value, low, high, n, reason, unit."""
    frames = [known(audited, group_metrics.by_group(audited.decided(name))).assign(attribute=name) for name in audited.groups]
    return pd.concat(frames, ignore_index=True)


def known(audited: Audited, found: pd.DataFrame) -> pd.DataFrame:
    """Return rows of metrics without those that need an outcome, where none is known."""
    return found if audited.label else found[found["metric"].isin(WITHOUT_OUTCOME)].reset_index(drop=True)


def gaps(audited: Audited) -> pd.DataFrame:
    """Return every gap of every attribute: attribute, metric, value, low, high, n, reason, highest, lowest, left_out, unit."""
    frames = [known(audited, group_metrics.gaps(audited.decided(name))).assign(attribute=name) for name in audited.groups]
    return pd.concat(frames, ignore_index=True)


def wide(audited: Audited) -> pd.DataFrame:
    """Return one row a group: attribute, group, n, positives, selected, each rate with `_low`, `_high` and `_reason` (None where it is estimable)."""
    return pd.DataFrame([record for name in audited.groups for record in _records(audited, name, audited.decided(name))])


def _records(audited: Audited, attribute: str, decided: Decided) -> list[dict[str, Any]]:
    told = known(audited, group_metrics.by_group(decided))
    found = []
    for k, group in enumerate(decided.groups):
        mine = decided.members == k
        record: dict[str, Any] = {
            "attribute": attribute, "group": group, "n": int(mine.sum()),
            "positives": int(decided.labels[mine].sum()) if audited.label else None, "selected": int(decided.decisions[mine].sum()),
        }  # fmt: skip
        for one in told[told["group"] == group].to_dict("records"):
            record |= {str(one["metric"]): one["value"], f"{one['metric']}_low": one["low"], f"{one['metric']}_high": one["high"]}
            record[f"{one['metric']}_reason"] = one["reason"]
        found.append(record)
    return found


def answer(audited: Audited) -> dict[str, Any]:
    """Return the whole audit as plain values: what was read, all people, groups, gaps, notes; None where nothing can be estimated."""
    together = _records(
        audited, "all", Decided(audited.decisions, audited.labels, np.zeros(len(audited), np.int64), ("all",), audited.scores, audited.weights)
    )
    return {
        "file": audited.source, "people": len(audited), "label": audited.label, "positive": audited.positive, "score": audited.score,
        "threshold": audited.threshold, "overall": _plain(together[0]), "groups": [_plain(one) for one in wide(audited).to_dict("records")],
        "gaps": [_plain(one) for one in gaps(audited).to_dict("records")], "notes": [*audited.notes, *_said(audited)],
    }  # fmt: skip


def _plain(record: dict[Any, Any]) -> dict[str, Any]:
    """Return a record with None for what is missing, and without the reasons of what is not."""
    clean = {str(key): None if value is None or value != value else value for key, value in record.items()}
    return {key: value for key, value in clean.items() if not (key.endswith("_reason") and value is None)}


def _said(audited: Audited) -> list[str]:
    """Return what a reader should know before reading numbers."""
    notes = []
    share = max(audited.decisions.mean(), 1 - audited.decisions.mean())
    if share >= NEAR_CONSTANT:
        word = "accepted" if audited.decisions.mean() > 0.5 else "turned down"
        notes.append(f"{share:.1%} of all people are {word}: gaps are small by themselves then; look at balanced accuracy.")
    if not audited.label:
        notes.append("No outcome is known: how often each group is accepted is told, but not how often rightly.")
    notes += [f"{attribute} = {group}: {reason}" for attribute in audited.groups for group, reason in _small(audited, attribute)]
    return notes


NEAR_CONSTANT = 0.98


def _small(audited: Audited, attribute: str) -> list[tuple[str, str]]:
    told = known(audited, group_metrics.by_group(audited.decided(attribute)))
    missing = told[told["reason"].notna() & (told["metric"] != "balanced_accuracy")]  # which is missing where a rate of either outcome is
    found = missing.groupby(["group", "reason"], sort=False)["metric"].agg(", ".join)
    return [(str(group), f"{metrics}. {reason}") for (group, reason), metrics in found.items()]  # type: ignore[misc]
