"""Single answers of a network to a set, as they are shown: which kind, in which order, the matrix of confusions, what stands out."""

import pandas as pd
import plotly.graph_objects as go

from engine import registry
from engine.assay import classes, findings, views
from engine.datasets import images
from engine.plots import confusion, drawn, formats

MOST_CLASSES = 40
AS_IT_IS = "as it is"
KINDS = {
    "wrong": "Wrong here",
    "lost": "Right as it is, wrong here",
    "won": "Wrong as it is, right here",
    "right": "Right here",
    "all": "All",
}
ORDERS = {"sure": "Most sure first", "unsure": "Least sure first", "hard": "Wrong for most networks first", "set": "In the set's order"}


def networks() -> tuple[list[str], str]:
    """Return the networks whose single answers are stored, and the one with answers to most sets."""
    most = views.answered().groupby("network").size()
    return sorted(most.index), str(most.idxmax()) if len(most) else ""


def answers(network: str, one: views.Set) -> pd.DataFrame:
    """Return a network's answers to a set, with its answers to the set as it is where that is another one."""
    found = views.predictions(network, one)
    if not one.shift:
        return found
    flips = views.flips(network, views.Set(one.dataset, one.split), one)
    here = flips[["example_id", "position", "correct_here", "predicted_name_here", "confidence_here"]]
    return found.merge(here, on=["example_id", "position"], how="left")


def finding(network: str, one: views.Set) -> str:
    """Return what a change of the set costs a network, or how often and how surely it is wrong, in Markdown."""
    flipped = findings.of_flips(views.flips(network, views.Set(one.dataset, one.split), one), one) if one.shift else None
    return flipped or findings.of_answers(answers(network, one), one, network) or ""


def sets_of(network: str) -> tuple[list[str], str | None]:
    """Return the sets whose answers of a network are stored, and the one it was trained on."""
    kept = views.answered()
    mine = kept[kept["network"] == network]
    sets = views.sets_in(mine[mine["shift"] == ""] if (mine["shift"] == "").any() else mine)
    texts = sorted({views.Set(one.dataset, one.split).text() for one in sets}, key=lambda t: (views.Set.read(t).split != "test", t))
    return texts, views.networks_known().set_index("network")["trained_on"].to_dict().get(network)


def versions(network: str, chosen: views.Set) -> tuple[dict[str, list[float]], views.Set | None]:
    """Return how a set was answered: as it is, and under which shifts at which strengths; and the version that costs the network most."""
    kept = views.answered()
    here = kept[(kept["network"] == network) & (kept["dataset"] == chosen.dataset) & (kept["split"] == chosen.split)]
    shifted = {str(shift): sorted(part["strength"].astype(float).unique().tolist()) for shift, part in here[here["shift"] != ""].groupby("shift")}
    return ({AS_IT_IS: [0.0]} if (here["shift"] == "").any() else {}) | shifted, _costliest(network, here)


def _costliest(network: str, here: pd.DataFrame) -> views.Set | None:
    """Return the shifted set, among those with stored answers, on which a network's accuracy is lowest."""
    scores = views.scores([network], metrics_chosen=["accuracy"])
    keys = ["dataset", "split", "shift", "strength"]
    found = scores[scores["value"].notna() & (scores["shift"] != "")].astype(dict.fromkeys(keys[:3], str)).merge(here[keys], on=keys)
    return views.sets_in(found.sort_values("value").head(1))[0] if len(found) else None


def counted(network: str, one: views.Set) -> tuple[go.Figure | None, pd.DataFrame, int]:
    """Return the confusion matrix, its rows, and how many classes there are; no figure, and only the confusions, where these are many."""
    counts, names = views.confusion(network, one), classes.names_of(network, one.dataset)
    if len(names) <= MOST_CLASSES:
        return drawn.drawn(confusion.confusion, counts, names), counts, len(names)
    wrong = counts[counts["true"] != counts["predicted"]].sort_values("n", ascending=False)
    return None, wrong[["true_name", "predicted_name", "n", "share"]], len(names)


def cell(text: str | None, n: int) -> tuple[int, int] | None:
    """Return the pair of classes that an address names; None for what names none."""
    numbers = [int(part) for part in (text or "").split("|") if part.isdigit() and int(part) < n]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def listed(network: str, one: views.Set, kind: str, order: str, cell: tuple[int, int] | None) -> tuple[pd.DataFrame, int]:
    """Return the answers of a kind (or of a cell of the matrix) in an order, and how many answers there are."""
    found = answers(network, one)
    mine = found[_is_kind(found, kind)] if cell is None else found[(found["label"] == cell[0]) & (found["predicted"] == cell[1])]
    return _ordered(mine, order, one), len(found)


def _is_kind(found: pd.DataFrame, kind: str) -> pd.Series:
    """Return which rows are of a kind; what has no answer on the set as it is counts as neither lost nor won."""
    right, here = found["correct"], found.get("correct_here", pd.Series(data=None, index=found.index, dtype=object))
    was_right, was_wrong = here.map(lambda v: v is True or v == 1), here.map(lambda v: v is False or v == 0)
    return {"wrong": ~right, "right": right, "all": right.notna(), "lost": was_right & ~right, "won": was_wrong & right}[kind]


def _ordered(mine: pd.DataFrame, order: str, one: views.Set) -> pd.DataFrame:
    """Return the rows in the order asked for."""
    if order == "hard":
        kept = views.answered()
        same = kept[
            (kept["dataset"] == one.dataset) & (kept["split"] == one.split) & (kept["shift"] == one.shift) & (kept["strength"] == one.strength)
        ]
        hard = views.disagreements(one, sorted(same["network"]))[["example_id", "networks", "right"]].rename(columns={"right": "networks_right"})
        return mine.merge(hard, on="example_id", how="left").sort_values(["networks_right", "confidence"], ascending=[True, False])
    return {"sure": mine.sort_values("confidence", ascending=False), "unsure": mine.sort_values("confidence"), "set": mine}[order]


def pictured(dataset: str, shift: str = "") -> bool:
    """Return whether this program can draw a set's images: it has the set, and the change is no attack, whose images are not kept."""
    return dataset in images.names() and not images.card(dataset).missing and (not shift or shift in registry.names("shifts"))


def sure(confidence: float) -> str:
    """Return a confidence as short as a picture's label can be; what is not quite certain never reads as 100 %.

    >>> sure(0.9312).replace(formats.THIN, " "), sure(0.99999997).replace(formats.THIN, " "), sure(1.0).replace(formats.THIN, " ")
    ('93.1 %', '> 99.9 %', '100 %')
    """
    return f"> 99.9{formats.THIN}%" if 0.9995 <= confidence < 1 else formats.percent(confidence)
