"""How the rows of a file go together with the set they are about: classes, labels, identities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from engine import errors, networks, safety
from engine.importers import _known, _labels, _reading
from engine.importers._audit import Finding, rows_said


@dataclass(frozen=True)
class About:
    """What the predictions are about: names, and how outputs and the set's classes go together."""

    network: str
    dataset: str
    split: str
    classes: tuple[str, ...]
    known: _known.Known | None
    to_set: Int[np.ndarray, " classes"]  # set class per output, -1 where the set lacks it
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, network: str, dataset: str, split: str, width: int, names: tuple[str, ...]) -> "About":
        """Return it for a file with `width` values a row, whose outputs are called `names` (empty = not said)."""
        slug, findings = _named(network)
        dataset, said = _known.named(dataset)
        known, more = _known.find(dataset, split)
        findings += [*said, *more]
        if names and len(names) != width:
            findings.append(
                Finding("error", f"{len(names)} class names were given, but the file has {width} values a row.", "Name every output once.")
            )
            names = ()
        if len(set(names)) < len(names):
            findings.append(Finding("warning", "Some outputs have the same class name.", "Labels by name go to the first of them."))
        if known and not names and len(known.classes) != width:
            findings.append(_other_width(dataset, known, width))
            known = None
        names = names or (known.classes if known else tuple(map(str, range(width))))
        to_set = _to_set(names, known)
        if known and not (to_set >= 0).any():
            findings.append(_nothing_shared(dataset, known, names))
            known, to_set = None, np.arange(width)
        elif known and (to_set < 0).any():
            findings.append(Finding("note", f"The set covers {int((to_set >= 0).sum())} of the {width} outputs; scores are over those."))
        return cls(slug, dataset, split, names, known, to_set, tuple(findings))

    @property
    def covered(self) -> Int[np.ndarray, " covered"]:
        """The outputs whose class the set has."""
        return np.flatnonzero(self.to_set >= 0)


def _named(network: str) -> tuple[str, list[Finding]]:
    """Return how links call the network, with an error where the name is empty or taken by a network that is here."""
    if not network.strip():
        raise errors.UserError("The network has no name.", "Say how it is to be called.")
    slug = safety.slug(network)
    if slug in networks.names():
        sentence = f"A network called {slug} is here and answers for itself."
        return slug, [Finding("error", sentence, f"Call these predictions something else, such as {slug}-brought.")]
    return slug, []


def _other_width(dataset: str, known: _known.Known, width: int) -> Finding:
    sentence = f"The file has {width} values a row, the set {dataset} has {len(known.classes)} classes ({safety.few(known.classes)})."
    fix = "Check that no column is missing; for a network with other classes, give the names of its outputs: they are matched by name."
    return Finding("error", sentence, fix)


def _nothing_shared(dataset: str, known: _known.Known, names: Sequence[str]) -> Finding:
    sentence = f"The outputs ({safety.few(names)}) and the classes of {dataset} ({safety.few(known.classes)}) share no name."
    return Finding("error", sentence, "Give the outputs the names that the set uses.")


def _to_set(names: Sequence[str], known: _known.Known | None) -> Int[np.ndarray, " classes"]:
    if known is None:
        return np.arange(len(names))
    place = {name: i for i, name in enumerate(known.classes)}
    return np.array([place.get(name, -1) for name in names], np.int64)


@dataclass(frozen=True)
class Rows:
    """Labels and identities of the rows."""

    labels: Int[np.ndarray, " n"]
    set_labels: Int[np.ndarray, " n"]
    ids: tuple[str, ...]
    positions: Int[np.ndarray, " n"]
    label_findings: tuple[Finding, ...]
    findings: tuple[Finding, ...]


def match(raw: _reading.Raw, about: About) -> Rows:
    """Return labels and identities of the rows, checked against the set where it is here."""
    n, known = len(raw.labels), about.known
    found = _labels.read(raw.labels, about.classes, known.classes if known else ())
    if known is None:
        found_as = _known.by_own_ids(raw.ids) if raw.ids else _known.numbered(about.dataset, about.split, n)
        return Rows(found.codes, found.codes, found_as.ids, found_as.positions, found.findings, found_as.findings)
    found_as = _known.in_set(known, about.dataset, about.split, raw.ids, n)
    found, note = _counted_as_the_set_does(raw, about, known, found_as, found)
    set_labels = np.where(found.codes >= 0, about.to_set[np.clip(found.codes, 0, None)], found.codes)
    wrong = _known.check_labels(known, found_as, set_labels, about.dataset, about.split)
    findings = (*(() if wrong else found_as.findings), *wrong, *note, *_uncovered(found.codes >= 0, set_labels, about))
    return Rows(found.codes, set_labels, found_as.ids, found_as.positions, found.findings, findings)


def _counted_as_the_set_does(
    raw: _reading.Raw, about: About, known: _known.Known, found_as: _known.Match, found: _labels.Labels
) -> tuple[_labels.Labels, list[Finding]]:
    """Return numbers as labels in the set's classes where they are exactly the set's own labels and outputs count otherwise."""
    if found.named or about.classes == known.classes or (found_as.positions < 0).any():
        return found, []
    by_set = _labels.read(raw.labels, known.classes)
    if by_set.named or (by_set.codes != known.labels[found_as.positions]).any():
        return found, []
    place = {name: i for i, name in enumerate(about.classes)}
    to_network = np.array([place.get(name, _labels.LACKING) for name in known.classes], np.int64)
    note = Finding("note", f"Labels count in the classes of {about.dataset}, not in the outputs; they were matched by name.")
    return _labels.Labels(to_network[by_set.codes], False), [note]


def _uncovered(readable: Bool[np.ndarray, " n"], set_labels: Int[np.ndarray, " n"], about: About) -> list[Finding]:
    where = readable & (set_labels < 0)
    if not where.any():
        return []
    sentence = f"{int(where.sum()):,} of {len(where):,} labels are classes that {about.dataset} does not have ({rows_said(where)})."
    return [Finding("error", sentence, "Check what the labels count in, or call the set something else.")]


def groups(raw: _reading.Raw, about: About, positions: Int[np.ndarray, " n"]) -> tuple[Mapping[str, str], ...]:
    """Return each example's groups: the set's own, and the file's."""
    own = about.known.groups if about.known and (positions >= 0).all() else {}
    return tuple(
        {name: str(column[p]) for name, column in own.items()}
        | {name: value for name, column in raw.groups.items() if (value := column[i]) is not None}
        for i, p in enumerate(positions)
    )


def sources(about: About, positions: Int[np.ndarray, " n"]) -> tuple[str, ...]:
    """Return where each example comes from, nothing where that is not known."""
    if not about.known or not about.known.sources or (positions < 0).any():
        return ()
    return tuple(about.known.sources[p] for p in positions)
