"""Predictions of a network from any framework, without the network.

A table with one row an example: `label`, then `logit_0 …` or `prob_0 …` or a list column `logits` (or `probs`),
and maybe `example_id`, columns to group by, and `feature_0 …` or a list column `features` (what the network's last
layer read). Parquet, CSV, JSON lines, or an .npz with arrays of these names.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from engine import hashing, safety
from engine.importers import _files, _labels, _matching, _outputs, _preview, _reading
from engine.importers._audit import Finding, rows_said
from engine.importers._columns import Columns, guess
from engine.importers._preview import Preview

VERSION = 1
SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".npz")
NEEDS = "a table with label and logit_0 … or prob_0 …"
MOST_BYTES = 4_000_000_000

__all__ = ["MOST_BYTES", "NEEDS", "SUFFIXES", "VERSION", "Columns", "Finding", "Preview", "columns", "names", "read"]


def names(path: Path) -> tuple[str, ...]:
    """Return all columns of a file, for a form to choose from where their names do not say what they mean.

    Raises:
        UserError: for a file that is refused or damaged.
    """
    return _reading.names(path, _files.format_of(path, _files.PREDICTIONS, "predictions", MOST_BYTES))


def columns(path: Path) -> tuple[Columns, tuple[str, ...]]:
    """Return which column of a file would be read as what, and all columns, for a form to choose from.

    Raises:
        UserError: for a file that is refused or damaged; where labels or logits are missing.
    """
    there = _reading.names(path, _files.format_of(path, _files.PREDICTIONS, "predictions", MOST_BYTES))
    return guess(there), there


def read(
    path: Path, *, network: str, dataset: str, split: str = "test", columns: Columns | None = None,
    classes: Sequence[str] = (), renormalise: bool = False, skip_bad: bool = False,
) -> Preview:  # fmt: skip
    """Return what a file of predictions would become, and its audit; nothing is stored.

    Args:
        path: Parquet, CSV, TSV, JSON lines or .npz.
        network: how the network is to be called.
        dataset: the set that the rows are about; where it is here, the rows must be its examples.
        split: its split.
        columns: which column means what; None = judged by their names (`columns(path)` shows the guess).
        classes: names of the outputs in order; empty = the columns' own names, else the set's, else numbers.
        renormalise: divide probabilities by their sum instead of refusing rows that do not sum to 1.
        skip_bad: leave out rows that cannot be read or scored instead of refusing the file.

    Raises:
        UserError: for a file that is refused, damaged, empty, or lacks labels or logits. Everything else is in the audit.
    """
    kind = _files.format_of(path, _files.PREDICTIONS, "predictions", MOST_BYTES)
    raw = _reading.read(path, kind, columns)
    outputs = _outputs.read(raw.numbers, raw.unread, probabilities=raw.columns.probabilities, renormalise=renormalise)
    about = _matching.About.of(network, dataset, split, raw.numbers.shape[1], tuple(classes) or raw.columns.classes)
    found = _matching.match(raw, about)
    bad = outputs.bad | (found.labels == _labels.BAD)
    keep = ~bad & (found.labels >= 0)
    repairable = _skipped([*raw.findings, *outputs.findings, *found.label_findings], skip_bad=skip_bad)
    audit = [*about.findings, *repairable, *found.findings, *_left_out(bad, found.labels == _labels.LACKING, skip_bad=skip_bad)]
    preview = Preview(
        file=safety.shown(path.name), digest=hashing.of_file(path), network=about.network, title=network.strip(),
        dataset=about.dataset, split=about.split, columns=raw.columns, classes=about.classes, covered=about.covered,
        labels=found.labels[keep], logits=outputs.logits[keep], set_labels=found.set_labels[keep],
        ids=_at(found.ids, keep), positions=found.positions[keep], groups=_at(_matching.groups(raw, about, found.positions), keep),
        sources=_at(_matching.sources(about, found.positions), keep), audit=tuple(audit),
        features=None if raw.features is None else raw.features[keep],
    )  # fmt: skip
    if not preview.n:
        return preview
    return replace(preview, audit=(_preview.summary(preview), *preview.audit, *_preview.near_chance(preview)))


def _skipped(findings: Sequence[Finding], *, skip_bad: bool) -> list[Finding]:
    """Return findings about single rows, as warnings where these rows are left out."""
    if not skip_bad:
        return list(findings)
    return [Finding("warning", f.sentence, "These rows are left out, as asked.") if f.level == "error" else f for f in findings]


def _left_out(bad: Bool[np.ndarray, " n"], lacking: Bool[np.ndarray, " n"], *, skip_bad: bool) -> list[Finding]:
    findings = []
    if lacking.any():
        sentence = f"{int(lacking.sum()):,} of {len(lacking):,} rows are left out: the network has no output for their class ({rows_said(lacking)})."
        findings.append(Finding("note", sentence))
    if (bad | lacking).all() and (skip_bad or not bad.any()):
        findings.append(Finding("error", "No row is left.", "Check the columns that hold labels and logits."))
    return findings


def _at(values: tuple, keep: Bool[np.ndarray, " n"]) -> tuple:
    return tuple(values[i] for i in np.flatnonzero(keep)) if len(values) else ()
