"""Decisions of any system, group by group: the example, or a file that was uploaded and is still in hand. Small counts are not told."""

import re
from pathlib import Path

import pandas as pd

from engine import errors, places, safety
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.heads import audit, auditing, told
from engine.heads.auditing import EXAMPLE, NONE, UNKNOWN
from engine.heads.columns import Looked
from engine.metrics import groups as group_metrics
from engine.plots.markdown import spoken

PATH = "audit"
TITLE = "Audit"
ORDER = 88
DECISIONS = "Decisions"
METHOD = (
    "Each person has a score or a decision, a group, and an outcome where that is known. Of each group it is told how often it is accepted, and how "
    "often rightly, with 95 % intervals over people. A rate of fewer than 10 people is not estimable and stays empty. Gaps are differences between "
    "groups."
)
LIMITS = (
    "Outcomes are those that were recorded; they may be unjust themselves.",
    "Equal shares, equal chances and equal precision cannot all hold at once when outcomes differ between groups.",
    told.SCOPE,
    f"Counts of 1 to {group_metrics.FEWEST_SHOWN - 1} people are not told.",
)
_OF_A_FILE = re.compile(r"-[0-9a-f]{4}$")


def offered() -> list[Offer]:
    """Return the example."""
    return [Offer(PATH, "An audit of decisions: the example, risk scores of COMPAS")]


def part(asked: Asked) -> Part:
    """Return rates of groups and gaps between them."""
    if asked.one("bring", (DECISIONS, "A network")) != DECISIONS:
        raise errors.UserError("An audit of a network's file is not reported.", "Report what it decides: save its decisions, and audit these.")
    path = _file(asked)
    found = auditing.looked(path)
    _check_columns(asked, found)
    read = auditing.read(path, _question(asked, path, found))
    attribute = asked.one("look", read.groups)
    rates, groups = without_few(told.rates(read, attribute)), read.decided(attribute).groups
    many = len(groups) > told.MOST_TOGETHER
    metric = asked.one("rate", told.RATES, None, told.SHORT.__getitem__) if many else None
    title = f"Rates by {attribute}, {read.source}"
    alt = f"For each group of {attribute} the share accepted, true and false positive rates, precision and accuracy, with 95 % intervals"
    return Part(
        title=f"Audit of {read.source} by {attribute}", findings=[spoken(told.finding(read, attribute))],
        more=[spoken(auditing.worded(note)) for note in audit.answer(read)["notes"]], method=METHOD, limits=LIMITS,
        figures=[Figure(title, alt, {"": told.figure(rates, groups, metric)}, rates)],
        tables=[Table(f"Groups of {attribute}", _hidden(told.table(read, attribute))), Table("Gaps between groups", told.gap_table(read, attribute))],
        datasets=["compas"] if path == EXAMPLE else [],
    )  # fmt: skip


def _file(asked: Asked) -> Path:
    """Return the file of an address; raises UserError for one that is not in hand any more."""
    hand = asked.text(auditing.HAND)
    if not hand:
        return EXAMPLE
    path = safety.inside(places.cache() / "uploads", hand)
    if not path.is_file():
        raise errors.UserError("The file of this audit is not here any more, or was only read where it lies.", "Upload it on the page Audit.")
    asked.told[auditing.HAND] = path.name
    return path


def _check_columns(asked: Asked, found: Looked) -> None:
    """Raise UserError where an address tells the columns of another file: what it would show is not what was looked at."""
    mine = auditing.key("", found)
    if any(_OF_A_FILE.search(name) and not name.endswith(mine) for name in asked.unread):
        raise errors.UserError("This address is about columns of another file.", "Upload that file on the page Audit, and copy the link again.")


def _question(asked: Asked, path: Path, found: Looked) -> auditing.Question:
    """Return what the columns mean, as the page's form reads it."""
    guess = auditing.guessed(path, found)
    names = [NONE, *found.names]
    label = asked.one(auditing.key("outcome", found), [NONE, UNKNOWN, *found.names], guess.label or UNKNOWN)
    known = None if label in {UNKNOWN, NONE} else label
    listed = sorted(found.column(known).listed) if known else []
    positive = None
    if len(listed) == 2:
        said = asked.one(auditing.key("favourable", found), [NONE, *listed], auditing.favourable(listed, known, guess) or NONE)
        positive = None if said == NONE else said
    groups = asked.several(auditing.key("by", found), found.names, guess.groups)
    weights = asked.one(auditing.key("weights", found), names)
    score = asked.one(auditing.key("score", found), names, guess.score)
    if not groups or score == NONE:
        raise errors.UserError("This audit is not asked whole.", "Say on the page Audit which columns hold the score or decision, and the groups.")
    words = auditing.in_words(found, score, known, positive)
    accepted: list[str] = []
    if words is not None:
        accepted = asked.several(auditing.key(words.name, found), words.values, words.usual)
    example = path == EXAMPLE and score == "decile_score"
    cut = "" if words is not None else asked.text(auditing.key("cut", found), "5" if example else "")
    below = words is None and asked.flag(auditing.key("below", found), usual=example)
    return auditing.Question(
        known, tuple(groups), score, positive, auditing.number(cut), below, None if weights == NONE else weights,
        asked.flag("leave", usual=False), tuple(accepted),
    )  # fmt: skip


def without_few(rates: pd.DataFrame) -> pd.DataFrame:
    """Return rates without the counts that are too small to be told."""
    return rates.assign(n=rates["n"].mask((rates["n"] > 0) & (rates["n"] < group_metrics.FEWEST_SHOWN)))


def _hidden(groups: pd.DataFrame) -> pd.DataFrame:
    counts = [name for name in ("n", "favourable outcomes", "accepted") if name in groups]
    return groups.assign(**{name: [group_metrics.hidden({"n": int(n)})["n"] for n in groups[name]] for name in counts})
