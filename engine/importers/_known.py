"""What is known here of the set that predictions are about, and which of its examples the rows of a file are."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from engine import errors, hashing, safety
from engine.datasets import images
from engine.importers._audit import Finding, rows_said


@dataclass(frozen=True)
class Known:
    """A split of a data set that is here."""

    classes: tuple[str, ...]
    labels: Int[np.ndarray, " n"]
    ids: tuple[str, ...]
    groups: Mapping[str, Sequence[str]]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Match:
    """Which examples the rows are."""

    ids: tuple[str, ...]
    positions: Int[np.ndarray, " n"]  # places in the split; -1 for rows that are none of its examples
    findings: tuple[Finding, ...] = ()


def named(dataset: str) -> tuple[str, list[Finding]]:
    """Return how links and commands call a set, and a note where that differs from what was given.

    Raises:
        UserError: for an empty name.
    """
    given = dataset.strip()
    if not given:
        raise errors.UserError("The set has no name.", "Say which set the rows are about.")
    name = given if given in images.names() else safety.slug(given)
    note = Finding("note", f"The set “{safety.shown(given)}” is called {name} in links and commands.")
    return name, [] if name == given else [note]


def find(dataset: str, split: str) -> tuple[Known | None, list[Finding]]:
    """Return the split if the set is here, else None and a note that says what that means.

    Raises:
        UserError: for a split that the set does not have.
    """
    if dataset not in images.names():
        near = difflib.get_close_matches(dataset, images.names(), n=1, cutoff=0.6)
        fix = f"Did you mean {near[0]}? " if near else ""
        fix += f"Known here: {safety.few(images.names(), 8)}." if images.names() else ""
        level = "warning" if near else "note"
        return None, [Finding(level, f"The set “{dataset}” is not here: its examples have no pictures and its labels cannot be checked.", fix)]
    if sentence := images.card(dataset).missing:
        return None, [Finding("warning", f"The set {dataset} cannot be read here, so that nothing could be checked against it.", sentence)]
    found = images.load(dataset, split)
    return Known(found.classes, found.labels, found.ids, found.groups, found.sources), []


def numbered(dataset: str, split: str, n: int) -> Match:
    """Return ids made from the set's name and the row, for rows that nothing else names."""
    ids = tuple(hashing.of_parts(dataset, split, i) for i in range(n))
    return Match(ids, np.arange(n), (Finding("note", "Example ids were made from the set's name and the row's place."),))


def by_own_ids(ids: Sequence[str]) -> Match:
    """Return the file's own ids, with errors for ids that are missing or stand twice."""
    return Match(tuple(ids), np.arange(len(ids)), tuple(_doubled(ids)))


def _doubled(ids: Sequence[str]) -> list[Finding]:
    empty = np.array([not name for name in ids])
    seen: set[str] = set()
    again = np.array([bool(name) and (name in seen or bool(seen.add(name))) for name in ids])
    findings = []
    if empty.any():
        findings.append(Finding("error", f"{int(empty.sum()):,} rows have no example id ({rows_said(empty)}).", "Name every example."))
    if again.any():
        first = safety.shown(ids[int(np.flatnonzero(again)[0])], 40)
        sentence = f"{int(again.sum()):,} rows repeat an example id ({rows_said(again)}; the first is “{first}”)."
        findings.append(Finding("error", sentence, "Keep one row an example, or bring the file without that column: rows are numbered then."))
    return findings


def in_set(known: Known, dataset: str, split: str, ids: Sequence[str] | None, n: int) -> Match:
    """Return which examples of a set that is here the rows are: by their ids, else by their place.

    A set that is here has one meaning: rows that are none of its examples are an error, since networks are compared on
    the same examples.
    """
    if ids is not None:
        place = {name: i for i, name in enumerate(known.ids)}
        positions = np.array([place.get(name, -1) for name in ids], np.int64)
        if (positions >= 0).any():
            return Match(tuple(ids), positions, (*_doubled(ids), *_strangers(positions < 0, dataset, split)))
    if n == len(known):
        own = "the file's own ids are none of the set's" if ids else "the file names none"
        note = f"Rows are taken for the examples of {dataset} ({split}) in their order: {own}, number and labels agree."
        return Match(known.ids, np.arange(n), (Finding("note", note),))
    sentence = f"{dataset} ({split}) has {len(known):,} examples here, the file {n:,} rows" + (
        ", none with an id of the set." if ids else " without ids."
    )
    fix = f"Add a column example_id with the ids of the set, or, if these are other examples, call their set something else, such as {dataset}-2."
    return Match(numbered(dataset, split, n).ids, np.full(n, -1), (Finding("error", sentence, fix),))


def _strangers(where: Bool[np.ndarray, " n"], dataset: str, split: str) -> list[Finding]:
    if not where.any():
        return []
    sentence = f"{int(where.sum()):,} of {len(where):,} example ids are not in {dataset} ({split}) ({rows_said(where)})."
    return [Finding("error", sentence, "Leave these rows out, or call the set something else.")]


def check_labels(known: Known, match: Match, set_labels: Int[np.ndarray, " n"], dataset: str, split: str) -> list[Finding]:
    """Return an error where rows have another label than the set's own example.

    Args:
        known: the set.
        match: which examples the rows are.
        set_labels: the rows' labels in the set's classes, negative where there is none.
        dataset: how sentences call the set.
        split: and its split.
    """
    ours = known.labels[np.clip(match.positions, 0, None)]
    other = (match.positions >= 0) & (set_labels >= 0) & (ours != set_labels)
    if not other.any():
        return []
    i = int(np.flatnonzero(other)[0])
    sentence = (
        f"{int(other.sum()):,} of {len(other):,} labels are not those of {dataset} ({split}) ({rows_said(other)}: the file says "
        f"{known.classes[set_labels[i]]}, the set {known.classes[ours[i]]})."
    )
    fix = "Check the order of rows and classes; if these are other examples, call their set something else."
    return [Finding("error", sentence, fix)]
