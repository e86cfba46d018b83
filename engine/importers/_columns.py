"""Which column of a table of predictions means what: the one place that maps columns."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine import errors, safety

LABELS = ("label", "labels", "target", "targets", "y_true", "true_label")
IDS = ("example_id", "example_ids", "id", "ids")
LOGITS = ("logits", "logit")
CLASSES = ("classes", "class_names")
PROBABILITIES = ("probs", "prob", "probabilities", "probability")
FEATURES = ("features", "feature", "embedding", "embeddings")
IGNORED = ("index", "unnamed: 0", "__index_level_0__", "prediction", "predicted", "pred", "correct")
_NUMBERED = re.compile(r"(logit|prob)s?_(.+)", re.IGNORECASE)
_FEATURE = re.compile(r"(?:feature|embedding)s?_(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Which column holds what."""

    label: str
    """The true class: a position from 0, or a class name."""
    outputs: tuple[str, ...]
    """One column a class in the order of the classes, or a single column that holds lists."""
    probabilities: bool = False
    """Whether the values are probabilities and not logits."""
    example_id: str | None = None
    """What names an example; None = rows are numbered."""
    groups: tuple[str, ...] | None = None
    """Columns to group examples by; None = every further column that takes few values."""
    classes: tuple[str, ...] = ()
    """Class names, where the columns are named after them (`logit_cat`, `logit_dog`)."""


def guess(names: Sequence[str]) -> Columns:
    """Return which column means what, judged by the names alone.

    Raises:
        UserError: where labels or logits are missing, with the nearest names that are there; for a doubled or absent
            `logit_3`.
    """
    label, example_id = _first(names, LABELS), _first(names, IDS)
    for probabilities, listed in ((False, LOGITS), (True, PROBABILITIES)):
        values, classes = _ordered(_numbered(names, "prob" if probabilities else "logit"))
        single = _first(names, listed)
        if values or single:
            return Columns(_present(label, names), values or (str(single),), probabilities, example_id, None, classes)
    raise _missing("logits or probabilities", "logit_0, logit_1, … or prob_0, prob_1, … or one list column logits", names)


def is_list(columns: Columns) -> bool:
    """Return whether the outputs stand in one column of lists."""
    return len(columns.outputs) == 1 and not _NUMBERED.fullmatch(columns.outputs[0].strip())


def check(columns: Columns, names: Sequence[str]) -> None:
    """Raise UserError where a chosen column does not exist, with the nearest names."""
    chosen = (columns.label, *columns.outputs, *(columns.groups or ()), *([columns.example_id] if columns.example_id else ()))
    for name in chosen:
        if name not in names:
            raise errors.unknown("column", name, names)


def features(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that hold what the network's last layer read: one of lists, or `feature_0`, `feature_1`, … in their order."""
    numbered = {name: _FEATURE.fullmatch(name.strip()) for name in names}
    found = sorted((int(match[1]), name) for name, match in numbered.items() if match)
    single = _first(names, FEATURES)
    return tuple(name for _, name in found) or ((single,) if single else ())


def further(columns: Columns, names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that mean nothing yet: what examples can be grouped by."""
    names = list(names)
    taken = {columns.label, columns.example_id, *columns.outputs, *features(names)}
    other = (name for name in names if name not in taken and not _NUMBERED.fullmatch(name))
    return tuple(name for name in other if name.strip().lower() not in {*IGNORED, *LOGITS, *PROBABILITIES})


def _first(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Return the first of the wanted names that is there, whatever its case."""
    there = {name.strip().lower(): name for name in reversed(names)}
    return next((there[name] for name in wanted if name in there), None)


def _numbered(names: Sequence[str], stem: str) -> dict[str, str]:
    """Return suffix -> column for columns such as `logit_0` or `logit_cat`."""
    matches = ((name, _NUMBERED.fullmatch(name.strip())) for name in names)
    return {match[2]: name for name, match in matches if match and match[1].lower() == stem}


def _ordered(numbered: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return columns in the order of the classes, and class names where the suffixes are no numbers."""
    if not numbered:
        return (), ()
    stem = _NUMBERED.fullmatch(next(iter(numbered.values())).strip())
    assert stem is not None
    doubled = [suffix for suffix in numbered if re.fullmatch(r"\d+\.\d+", suffix)]
    if doubled and all(re.fullmatch(r"\d+(\.\d+)?", suffix) for suffix in numbered):
        raise errors.UserError(f"The column {stem[1]}_{doubled[0].split('.')[0]} is there twice.", "Leave each class one column.")
    if not all(suffix.isdecimal() for suffix in numbered):
        return tuple(numbered.values()), tuple(numbered)
    by_number = {int(suffix): name for suffix, name in numbered.items()}
    first, last = min(by_number), max(by_number)
    if absent := [i for i in range(min(first, 1), last) if i not in by_number]:
        raise errors.UserError(
            f"The columns {stem[1]}_{first} … {stem[1]}_{last} lack {stem[1]}_{safety.few(absent)}.",
            "Give every class a column, in the order of the network's outputs.",
        )
    return tuple(by_number[i] for i in sorted(by_number)), ()


def _present(label: str | None, names: Sequence[str]) -> str:
    if label is None:
        raise _missing("labels", "label", names)
    return label


def _missing(what: str, expected: str, names: Sequence[str]) -> errors.UserError:
    """Return the error for a missing column, with the nearest that are there."""
    wanted = [*LABELS, "y"] if what == "labels" else [*LOGITS, *PROBABILITIES, "logit_0", "prob_0", "score_0", "output_0"]
    near = [n for n in names if difflib.get_close_matches(n.strip().lower(), wanted, n=1, cutoff=0.6)]
    hint = f"If {safety.few([f'“{n}”' for n in near], 3)} is meant, rename it or choose it as that column. " if near else ""
    return errors.UserError(f"There is no column for the {what}. The file has: {safety.few(names, 12)}.", f"{hint}Expected: {expected}.")
