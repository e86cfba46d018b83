"""What the heads' pages found, in plain words: what equality of groups costs, and for whom."""

import numpy as np
import pandas as pd

from engine.heads import cuts, cutting, inside, otherwise, persons, plainly, views
from engine.heads.frontier import Question
from engine.metrics import groups
from engine.plainly import INTERVALS, Told
from engine.plots import formats
from engine.plots.markdown import escape, spoken

SHARES, CHANCES = "demographic_parity_difference", "equal_opportunity_difference"
SAME = "Each person is compared with the same person, everything else being equal: nothing is claimed about how a person would have been."
SEEDS = "How much chance alone changes is told beside it, by *networks* that differ in nothing but their *seed*."


def of_place(question: Question, network: str) -> Told:
    """Return what networks that nobody pressed do, what a pressed one does otherwise, and whether its gap can be told from none.

    Args:
        question: Table, protected attribute, what is to be equal.
        network: One of its networks.

    Raises:
        UserError: where nothing is known of the question.
    """
    rows = views.numbers(*question, ["accuracy", "gap"])
    people = int(rows["n"].max())
    tested = (
        f"{spoken(plainly.decided(question[0], question[2]))} Tested on **{people:,}** people whom no *network* saw in training; a *gap* says by how "
        "much more often one *group* is accepted."
    )
    said = [spoken(sentence) for sentence in (plainly.of_question(*question), *plainly.of_network(network))]
    gap = rows[(rows["network"] == network) & (rows["metric"] == "gap") & (rows["part"] == "") & (rows["method"] == views.job_of(network).method)]
    low, high = (float(gap[end].iloc[0]) if len(gap) and gap[end].notna().any() else np.nan for end in ("low", "high"))
    alike = ["What is left of its *gap* cannot be told from none."] if low <= 0 <= high else []
    if views.job_of(network).method not in inside.PRESSED:
        alike.append("This *network* was not *pressed*: choose another to see what pressing does.")
    return Told((tested,), tuple(said), tuple(alike), (SEEDS, INTERVALS))


def of_people(network: str, how: str, slack: float) -> Told:
    """Return how many people would be decided otherwise if the network took them for members of another group, and of which group.

    Args:
        network: One that has two heads, or is taken apart into two.
        how: What is compared, as in `otherwise.WAYS`.
        slack: The gap that is allowed.

    Raises:
        UserError: for a network that cannot be taken apart.
    """
    found, counts = otherwise.flipped(network, how, slack), persons.flips(network, how, slack)
    people = int(counts.drop_duplicates("group")["n"].sum())
    tested = (
        f"The *network* decides about **{people:,}** people whom it never saw in training. Who would be *decided otherwise* {otherwise.SAID[how]}?"
    )
    if len(found) < groups.FEWEST_SHOWN:
        return Told((tested,), (), (f"Nobody, or fewer than {groups.FEWEST_SHOWN} people.",), (SAME, INTERVALS))
    told = counts[~counts["people"].astype(str).str.startswith("fewer")]  # a share would tell a count that is not shown
    shown = told.dropna(subset=["share"]).sort_values("share", ascending=False)
    sure = shown[shown["low"] > 0].head(2)
    said = [
        f"**{formats.interval(row['share'], row['low'], row['high'], unit='fraction')}** of the *group* {escape(str(row['group']))} would then be "
        f"{otherwise.THEN[row['direction']]}."
        for row in sure.to_dict("records")
    ]
    return Told((tested,), (f"**{formats.percent(len(found) / people)}** of all of them.", *said), (), (SAME, INTERVALS))


def of_thresholds(network: str) -> Told:
    """Return what one bar for all does to groups, and what a bar for each group brings and costs.

    Raises:
        UserError: for a network whose people are not known.
    """
    names = inside.said(network).side.groups
    best = cutting.best_thresholds(network, cuts.SLACK, "parity")
    (_, before), (_, after) = (cutting.at_thresholds(network, at) for at in (dict.fromkeys(names, cuts.HALF), best))
    tested = "The *network* says of each person how likely a good outcome is; who reaches the bar is accepted."
    bars = " and ".join(f"{best[name]:.2f} for the *group* {escape(name)}" for name in names)
    one, own, good = "With one bar (0.5) for all", f"With a bar of {bars}", ", of those whose outcome is good"
    told = [
        (one, *_accepted(before, SHARES)), (own, *_accepted(after, SHARES)),
        (f"{one}{good}", *_accepted(before, CHANCES)), (f"{own}{good}", *_accepted(after, CHANCES)),
    ]  # fmt: skip
    said = {sure: tuple(f"{lead}, {text}." for lead, text, clear in told if clear == sure) for sure in (True, False)}
    return Told((tested,), said[True], said[False], ("Bars for groups were fitted on other people than those counted here.", INTERVALS))


def _accepted(gaps: pd.DataFrame, metric: str) -> tuple[str, bool]:
    """Return which group is accepted more often than which other, and by how much; and whether that is sure."""
    row = gaps[gaps["metric"] == metric].iloc[0]
    if not np.isfinite(row["value"]):
        return "it cannot be told who is accepted more often: a group has too few people", False
    by = f"**{100 * row['value']:.1f}** [{100 * row['low']:.1f}, {100 * row['high']:.1f}] *percentage points*"
    if row["low"] <= 0:
        return f"no *gap* is sure ({by})", False
    return f"{escape(str(row['highest']))} are accepted {by} more often than {escape(str(row['lowest']))}", True
