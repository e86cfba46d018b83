"""A network's scores as its page tells them: calibration, what shifts cost at their strongest, the confusions of its hardest set."""

from urllib.parse import urlencode

import pandas as pd

from engine.assay import views
from engine.assay.answered import sure
from engine.plots import formats
from engine.plots.markdown import escape

MOST_CONFUSED = 8


def scores(network: str, collection: str = "") -> pd.DataFrame:
    """Return every number of whole sets, one row a set and metric."""
    return views.scores([network], collection=collection)


def calibration(network: str, collection: str = "") -> tuple[str, pd.DataFrame]:
    """Return on which set a network's confidence is furthest from how often it is right, and accuracy and ECE of every set."""
    found = views.labelled(scores(network, collection))
    found = found[found["metric"].isin(["accuracy", "ece"]) & found["value"].notna()]
    if "ece" not in set(found["metric"]):
        return "", pd.DataFrame()
    eces = found[found["metric"] == "ece"]
    worst, plain = eces.sort_values("value").iloc[-1], eces[eces["shift"] == ""]
    said = f"Its confidence is furthest from how often it is right on {escape(worst['set'])}: ECE {_interval(worst)}"
    if len(plain):
        best = plain.sort_values("value").iloc[0]
        said += f"; nearest on {escape(best['set'])}: {_interval(best)}"
    told = found.assign(told=[_said(row) for _, row in found.iterrows()])
    rows = told.pivot_table(index="set", columns="metric", values="told", aggfunc="first", sort=False).reset_index()
    return f"{said}.", rows.rename(columns={"ece": "calibration error (ECE)"})


def under_shifts(network: str, collection: str = "") -> tuple[str, pd.DataFrame]:
    """Return which shift costs a network most at its strongest, and accuracy there and on the set as it is, a row a set and shift."""
    found = scores(network, collection)
    found = found[(found["metric"] == "accuracy") & found["value"].notna() & (found["split"] == "test")]
    shifted = found[found["shift"] != ""]
    if shifted.empty:
        return "", pd.DataFrame()
    away = (shifted["strength"] - shifted["shift"].map({name: views.neutral(name) for name in shifted["shift"].unique()})).abs()
    ends = shifted.loc[away.groupby([shifted["dataset"], shifted["shift"]], observed=True).idxmax()]
    clean = found[found["shift"] == ""].set_index("dataset")["value"]
    rows = pd.DataFrame({
        "set": ends["dataset"], "shift": [str(name).replace("_", " ") for name in ends["shift"]], "strength": ends["strength"],
        "as it is": ends["dataset"].map(clean), "value": ends["value"], "low": ends["low"], "high": ends["high"], "n": ends["n"],
    }).sort_values("value", ignore_index=True)  # fmt: skip
    worst = rows.iloc[0]
    before = f" from {formats.percent(worst['as it is'])}" if pd.notna(worst["as it is"]) else ""
    return (
        f"**{escape(worst['shift'])} {worst['strength']:g}** costs most: accuracy on {escape(worst['set'])} goes{before} to {_interval(worst)}.",
        rows,
    )


def confusions(network: str, one: views.Set) -> list[tuple[str, str]]:
    """Return the most frequent confusions of a set in words, each with the address of its images."""
    counts = views.confusion(network, one)
    if counts.empty:
        return []
    wrong = counts[counts["true"] != counts["predicted"]].sort_values("n", ascending=False, kind="stable").head(MOST_CONFUSED)
    query = {"network": network, "set": views.Set(one.dataset, one.split).text(), "shift": one.shift or "as it is", "kind": "wrong"}
    return [
        (
            f"{row['true_name']} taken for {row['predicted_name']}: {formats.count(row['n'])} ({formats.percent(row['share'])} of them)",
            f"assay-examples?{urlencode({**query, 'cell': '|'.join((str(row['true']), str(row['predicted'])))})}",
        )
        for row in wrong.to_dict("records")
    ]  # fmt: skip


def surest_errors(network: str, one: views.Set) -> str:
    """Return how sure a network is where it is wrong on a set, "" where it is never."""
    found = views.predictions(network, one)
    wrong = found[~found["correct"].astype(bool)]
    return f"Where it is wrong it is {sure(float(wrong['confidence'].mean()))} sure on average." if len(wrong) else ""


def _interval(row: pd.Series) -> str:
    return f"**{_said(row)}**"


def _said(row: pd.Series) -> str:
    unit = "fraction" if row.get("metric", "accuracy") == "accuracy" else None
    return formats.interval(row["value"], row["low"], row["high"], row["n"], unit)
