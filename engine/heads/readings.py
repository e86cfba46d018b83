"""What a question's networks keep inside, as it is shown: figures with their rows and a sentence each, in plain words and with controls."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from engine.heads import inside, plots, views
from engine.heads.frontier import Question
from engine.plots import markdown, planes

HEADS, APART = "Two heads on one trunk", "This network taken apart"


def words(network: str, view: str) -> str:
    """Return what the plane shows, in words."""
    job = views.job_of(network)
    if view == APART and job.method in inside.PRESSED:
        asked = " ".join(markdown.escape(str(sentence)) for sentence in inside.implied(network)["said"])
        return (
            "This network has one head, but it is the sum of two: an accurate score and a group value that was read from its last layer. Along x "
            f"is the score with the group added back; the solid line is what the network itself decides. {asked} Any network can be written so: "
            "what counts is how far the controls below stay behind."
        )
    if job.method == "two_heads":
        return "This network has two heads: one for the outcome, one for the group. Merged, they are one head of the ordinary size. Drag the slack."
    if job.method == "plain":
        return "Nobody pressed this network. The plane is that of two heads trained with its seed: drag the slack and see whom equality moves."
    agree = _agreeing(network)
    return (
        f"The same data and seed, but the group in the open: one head for the outcome, one for the group, added up. {agree}Drag the slack and see "
        "whom equality moves."
    )


def _agreeing(network: str) -> str:
    job = views.job_of(network)
    rows = views.numbers(job.table, views.asked(job), job.constraint, ["merged_agreement"])
    mine = rows[rows["network"] == network].set_index("part")["value"].astype(float)
    if "read-out=trained" not in mine:
        return ""
    drawn = mine[mine.index.str.startswith("read-out=random")]
    return (
        f"With the same gap it decides as the pressed network does about **{100 * mine['read-out=trained']:.1f} %** of people; with directions "
        f"drawn at random instead of the group head {100 * drawn.min():.1f} to {100 * drawn.max():.1f} %, with noise "
        f"{100 * mine['read-out=noise']:.1f} %. "
    )


def path(dots: planes.Dots) -> pd.DataFrame:
    """Return the rows behind the line: one a slack."""
    return pd.DataFrame(
        [
            {
                "slack": line.slack, "b": line.b, "c": line.c, "accuracy": line.accuracy, "gap": line.gap,
                **{f"threshold: {group}": value for group, value in zip(dots.groups, line.thresholds, strict=True)},
            }
            for line in dots.lines
        ]
    )  # fmt: skip


def awareness(question: Question) -> tuple[go.Figure, pd.DataFrame, str]:
    """Return how well layers tell the group by lambda, the rows, and the same in words."""
    figure, rows = plots.awareness(*question)
    last = str(rows.loc[rows["series"].str.startswith("layer"), "series"].max())
    mine = rows[(rows["series"] == last) & ~rows["step"].isin([plots.TWO])].sort_values("strength")
    first, hardest = mine.iloc[0], mine.iloc[-1]
    trend = f"Here awareness {_way(first, hardest)} with pressure." if hardest["seeds"] > 1 else "With one seed nothing can be said of a trend."
    floor, ceiling = _between(question)
    said = (
        f"From the last hidden layer of unconstrained networks the group is told rightly of **{100 * first['value']:.1f} %** of people, from those "
        f"pressed hardest of **{100 * hardest['value']:.1f} %**; always guessing the larger group gives {100 * floor:.1f} %, a network that is "
        f"fitted to tell the group from all inputs {100 * ceiling:.1f} %. {trend} It is no law: what happens depends on the table, and the paper saw "
        "it rise on pictures. Bars go from the lowest to the highest seed."
    )
    return figure, rows, said


def _between(question: Question) -> tuple[float, float]:
    """Return floor and ceiling of awareness: guessing, and the network that is fitted to the group."""
    found = views.aware(*question).groupby("layer")["accuracy"].mean()
    return float(found["floor"]), float(found["inputs, network"])


def _way(first: pd.Series, last: pd.Series) -> str:
    if last["low"] > first["high"]:
        return "rises"
    return "falls" if last["high"] < first["low"] else "hardly changes (the seeds overlap)"


def shift(question: Question) -> tuple[go.Figure, pd.DataFrame, str]:
    """Return how well the change of the score tells the group by lambda, the rows (none where that was not measured), and the same in words."""
    figure, rows = plots.shift(*question)
    change = rows[rows["series"] == "change of the score"]
    floor = next((trace for trace in figure.to_dict()["data"] if "shuffled groups (" in str(trace.get("name"))), None)
    if change.empty:
        return figure, rows, "This was not measured: no network of this question was pressed, or it has more than two groups."
    best = change.sort_values("value").iloc[-1]
    beside = f"; the control, pressed about groups dealt out at random, gives {floor['y'][0]:.2f}: that is the floor here, not 0.5" if floor else ""
    return figure, rows, (
        "Take each person's score from a pressed network, less the score of the unconstrained one. That difference alone tells the group with an "
        f"area under the curve of up to **{best['value']:.2f}** (lambda {best['step']}; seeds {best['low']:.2f} to {best['high']:.2f}){beside}."
    )  # fmt: skip


def controls(question: Question, claim: str) -> tuple[go.Figure, pd.DataFrame, str]:
    """Return a claim of `plots.CLAIMS` by lambda beside its controls, the rows, and how clear of them it is in words."""
    figure, rows = plots.controls(*question, claim)
    wide = rows.pivot_table(index=["strength", "step"], columns="series", values=["value", "high"], aggfunc="first").reset_index()
    if wide.empty:
        return figure, rows, "No network of this question was pressed."
    clear = wide[("value", plots.READ_OUTS["trained"])] > wide[("high", plots.READ_OUTS["random"])]
    return figure, rows, (
        f"The trained read-out is clear of the best of ten random directions at **{int(clear.sum())} of {len(clear)}** lambdas. A direction drawn "
        "at random also correlates with the group, so only the distance to the band counts; noise should stay behind."
    )  # fmt: skip


def agreement(network: str) -> tuple[go.Figure, pd.DataFrame, str]:
    """Return which classifiers decide alike, the rows, and the same in words; raises UserError where weights are not kept."""
    figure, rows = plots.agreement(network)
    said = rows.set_index(["a", "b"])["agreement"].to_dict()
    n = int(rows["n"].iloc[0])
    named: Sequence[tuple[str, str, str]] = (
        ("fair", "merged", "This network and two heads merged to the same gap decide {} of people alike"),
        ("recovered", "unconstrained", "with its group value added back (recovered) it decides {} as the unconstrained network does"),
        (
            "second seed",
            "unconstrained",
            "two unconstrained networks that differ in their seed alone agree on {}: nothing can be expected above that",
        ),
    )
    called = plots.CALLED
    parts = [text.format(f"**{100 * said[called[a], called[b]]:.1f} %**") for a, b, text in named if (called.get(a), called.get(b)) in said]
    text = "; ".join(parts)
    return figure, rows, (f"{text[:1].upper()}{text[1:]} (n {n:,})." if text else "")


def facts(network: str) -> dict[str, str]:
    """Return where a network comes from, as names and values; raises UserError where its weights are not kept."""
    found = inside.provenance(network)
    sides = ", ".join(f"{side} {count:,}" for side, count in found.pop("sides").items())
    return {name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in found.items()} | {
        "sides": sides
    }
