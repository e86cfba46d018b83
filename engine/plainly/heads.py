"""What the heads' pages found, in plain words: what equality of groups costs, and for whom."""

import numpy as np

from engine.heads import inside, plainly, views
from engine.heads.frontier import Question
from engine.plainly import INTERVALS, Told
from engine.plots.markdown import spoken

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
