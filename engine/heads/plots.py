"""What has been measured of the heads, as figures and the rows behind them: awareness, shift, controls, agreement, and the plane for the browser."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Bool, Float32, Int64

from engine.datasets import tables
from engine.heads import inside, merge, views, weights
from engine.plots import matrix, planes, pressed

LAMBDA = "how hard networks are pressed (lambda)"
FREE = "none"
TWO = "two heads"
CLAIMS = {
    "merged_agreement": "Merged heads decide as the pressed network does",
    "recovered_accuracy": "Accuracy once the group is added back",
    "recovered_agreement": "Then decides as the unconstrained network does",
}
READ_OUTS = {"trained": "trained group read-out", "random": "ten random directions", "noise": "noise"}
CALLED = {
    "unconstrained": "unconstrained", "fair": "this network", "merged": "merged", "recovered": "recovered",
    "second seed": "second seed",
}  # fmt: skip


def awareness(dataset: str, attribute: str, constraint: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return how well each layer tells the group, by lambda: means over seeds with the range, floor and ceilings as lines across."""
    found = views.aware(dataset, attribute, constraint)
    levels = {
        "guessing the larger group": found.loc[found["layer"] == "floor", "accuracy"],
        "from all inputs, linear": found.loc[found["layer"] == "inputs, linear", "accuracy"],
        "from all inputs, network": found.loc[found["layer"] == "inputs, network", "accuracy"],
    }
    layers = found[found["layer"].str.startswith("layer=") & (found["method"] != "shuffled")]
    layers = layers.assign(series="layer " + layers["layer"].str.removeprefix("layer="), step=_steps(layers))
    rows = _over_seeds(layers, ["series", "step", "strength"], "accuracy")
    figure = pressed.pressed(
        rows, steps=_order(rows), separate=(TWO,), x_title=LAMBDA, y_title="group told rightly from a layer", unit="fraction",
        levels={name: float(values.mean()) for name, values in levels.items() if len(values)},
    )  # fmt: skip
    return figure, rows


def shift(dataset: str, attribute: str, constraint: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return how well the change of scores tells the group, by lambda, beside the final score itself; the floor is that of the shuffled control."""
    found = views.shifts(dataset, attribute, constraint)
    true = found[found["groups"] == "true"]
    control = found[found["method"] == "shuffled"]
    mine = true[true["method"].isin(inside.REGULARISERS)]
    change = mine.assign(series="change of the score", step=_steps(mine))
    score = mine.assign(series="the score itself", step=_steps(mine), auc=mine["score_auc"])
    rows = _over_seeds(pd.concat([change, score]), ["series", "step", "strength"], "auc")
    levels = {"guessing": 0.5}
    for groups, name in (("true", "control: pressed about shuffled groups"), ("shuffled", "control, for the shuffled groups themselves")):
        values = control.loc[control["groups"] == groups, "auc"]
        levels |= {name: float(values.mean())} if len(values) else {}
    return pressed.pressed(rows, steps=_order(rows), x_title=LAMBDA, y_title="area under the curve for the group", levels=levels), rows


def controls(dataset: str, attribute: str, constraint: str, metric: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return a claim by lambda beside its controls: the trained read-out, the range of random directions as a band, noise.

    Args:
        dataset: A table.
        attribute: The protected attribute.
        constraint: What was to be equal.
        metric: A key of `CLAIMS`.
    """
    found = views.controls(dataset, attribute, constraint)
    found = found[(found["metric"] == metric) & found["method"].isin(inside.REGULARISERS)]
    found = found.assign(step=_steps(found))
    parts = []
    for column, name in READ_OUTS.items():
        low, high = ("random_low", "random_high") if column == "random" else (column, column)
        value = "random_mean" if column == "random" else column
        grouped = found.groupby(["step", "strength"], sort=False)
        part = pd.DataFrame(
            {"value": grouped[value].mean(), "low": grouped[low].min(), "high": grouped[high].max(), "seeds": grouped["seed"].nunique()}
        )
        parts.append(part.reset_index().assign(series=name))
    rows = pd.concat(parts).sort_values("strength", kind="stable").reset_index(drop=True)
    rows["n"] = [f"mean of {seeds} seeds, lowest and highest" for seeds in rows["seeds"]]
    levels = {}
    if metric == "recovered_accuracy":
        plain = views.numbers(dataset, attribute, constraint, ["accuracy"])
        levels = {"unconstrained": float(plain.loc[(plain["method"] == "plain") & (plain["part"] == ""), "value"].mean())}
    figure = pressed.pressed(
        rows, steps=_order(rows), x_title=LAMBDA, y_title=CLAIMS[metric].lower(), unit="fraction", levels=levels, bands=[READ_OUTS["random"]],
    )  # fmt: skip
    return figure, rows


def agreement(network: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return which share of people any two classifiers decide alike, as a matrix; raises UserError where weights are not kept."""
    rows = inside.agreement(network)
    rows = rows.assign(a=rows["a"].map(CALLED), b=rows["b"].map(CALLED))
    order = [name for name in CALLED.values() if name in set(rows["a"])]
    shown = rows.rename(columns={"agreement": "value"})
    drawn = matrix.matrix(
        shown, title="decided alike", rows="a", columns="b", order_rows=order, order_columns=order, within=(float(rows["agreement"].min()), 1.0)
    )
    return drawn, rows


def heads_of(network: str) -> str | None:
    """Return the network whose plane has a trained group head: this one, or the one of the same seed; None where its weights are not kept."""
    job = views.job_of(network)
    other = job if job.method == "two_heads" else job.sibling("two_heads")
    return other.name if weights.find(other.name) else None


def plane(network: str, group: str = "") -> planes.Dots:
    """Return a network's people on its own two heads, with the line at every slack; of more than two groups, of one against all others.

    Raises:
        UserError: for more than two groups of which none is named.
    """
    found = inside.plane(network, group=group)
    lines = [
        planes.Line(
            float(row["slack"]), float(row["b"]), float(row["c"]), float(row["accuracy"]), float(row["gap"]),
            tuple(float(row[f"threshold:{group}"]) for group in found.groups),
        )
        for row in found.slacks.to_dict("records")
    ]  # fmt: skip
    said = inside.said(network)
    low, high = found.groups
    between = f"near 0 like others, near 1 like {group}" if group else f"near 0 like {low}, near 1 like {high}"
    return _dots(said, found.task, found.group, lines, f"group value: {between}", found.members, found.groups)


def together(network: str, slack: float) -> planes.Dots:
    """Return a network's people with all group values added up along y, as the merged rule of a slack weighs them, and its one line.

    With y = Σ b·g a person is accepted where f + y + c > 0, however many groups there are.
    """
    said, rule = inside.said(network), inside.rule(network, slack)
    thresholds = inside.implied(network, slack)["threshold"]
    return _weighed(said, said.task, rule, slack, merge.decide(said.task, said.group, rule), thresholds)


def apart(network: str) -> planes.Dots:
    """Return a pressed network taken apart: its score with the group added back along x, and its own decision as the one line (S6).

    The wedge holds those whom the network decides otherwise than its own recovered score does. Of more than two groups the values are added up.
    """
    said, rule, back = inside.said(network), inside.apart(network), inside.recovered(network)
    val = inside.said(network, "val")
    recovered = merge.combined(said.task, said.group, back.b) + np.float32(back.c)
    decisions, thresholds = said.task > 0, inside.implied(network)["threshold"]
    reached = abs(merge.gap(val.task > 0, val.side.to_fit(val.job.constraint)))
    if said.group.shape[1] > 1:
        return _weighed(said, recovered, rule, reached, decisions, thresholds)
    low, high = said.side.groups
    line = _line(said, rule.b[0], rule.c, reached, decisions, thresholds)
    return _dots(said, recovered, said.group[:, 0], [line], f"group value: near 0 like {low}, near 1 like {high}")


def _weighed(
    said: inside.Said, task: Float32[np.ndarray, " n"], rule: merge.Rule, slack: float, decisions: Bool[np.ndarray, " n"], thresholds: pd.Series
) -> planes.Dots:
    """Return people with their group values added up as a rule weighs them."""
    boost = (said.group @ np.asarray(rule.b)).astype(np.float32)
    return _dots(said, task, boost, [_line(said, 1.0, rule.c, slack, decisions, thresholds)], "group values as they are weighed, in log-odds")


def _line(said: inside.Said, b: float, c: float, slack: float, decisions: Bool[np.ndarray, " n"], thresholds: pd.Series) -> planes.Line:
    gap = merge.gap(decisions, said.side.to_fit(said.job.constraint))
    return planes.Line(slack, b, c, float((decisions == said.side.labels).mean()), gap, tuple(thresholds.tolist()))


def _dots(
    said: inside.Said, task: Float32[np.ndarray, " n"], group: Float32[np.ndarray, " n"], lines: list[planes.Line], y_title: str,
    members: Int64[np.ndarray, " n"] | None = None, groups: tuple[str, ...] = (),
) -> planes.Dots:  # fmt: skip
    positive = tables.card(said.job.table).positive
    return planes.Dots(
        task, group, said.side.members if members is None else members, said.side.labels, groups or said.side.groups, lines,
        x_title=f"score: how likely ({positive})", y_title=y_title,
    )  # fmt: skip


def _steps(rows: pd.DataFrame) -> list[str]:
    return [
        TWO if method == "two_heads" else FREE if method == "plain" else f"{strength:g}"
        for method, strength in zip(rows["method"], rows["strength"], strict=True)
    ]


def _order(rows: pd.DataFrame) -> list[str]:
    """Return the steps: unconstrained, lambdas upwards, two heads last."""
    known = rows.drop_duplicates("step")
    pressed_ = known[~known["step"].isin([FREE, TWO])].sort_values("strength")["step"].tolist()
    return [*(step for step in (FREE,) if step in set(known["step"])), *pressed_, *(step for step in (TWO,) if step in set(known["step"]))]


def _over_seeds(rows: pd.DataFrame, keys: list[str], value: str) -> pd.DataFrame:
    """Return mean, lowest and highest of the seeds."""
    grouped = rows.groupby(keys, sort=True)
    made = pd.DataFrame(
        {"value": grouped[value].mean(), "low": grouped[value].min(), "high": grouped[value].max(), "seeds": grouped["seed"].nunique()}
    )
    made = made.reset_index()
    return made.assign(n=[f"mean of {seeds} seeds, lowest and highest" for seeds in made["seeds"]])
