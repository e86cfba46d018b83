"""Measures of completed clips as figures and sentences: answers beside each other, by how much is hidden, frame by frame. No torch."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine import store
from engine.amodal import baselines, findings, measuring, reel, replies, scoring
from engine.amodal.measuring import Where
from engine.metrics import masks
from engine.plots import estimates, formats, lines, markdown, pressed

METRICS = {
    "iou_hidden": "IoU of the hidden part", "iou_whole": "IoU of the whole mask", "recall_seen": "found of what another frame shows",
    "recall_never": "found of what no frame shows", "false_extension": "wrongly claimed behind others",
}  # fmt: skip
WAYS = {"mean": "mean over frames", "micro": "micro (sums of pixels)"}
FIRST = ("composited", "own_motion")  # the set that is looked at first


def told(asked: Where, metric: str, way: str) -> pd.DataFrame:
    """Return the measures of every answer by band of occlusion, with what people call it; nobody may change it."""
    return replies.KEPT.get(("measures", asked, metric, way, store.version()), lambda: _told(asked, metric, way))


def _told(asked: Where, metric: str, way: str) -> pd.DataFrame:
    found = measuring.measures(asked, (metric,), way=way)
    return found.assign(answer=found["arm"].map(measuring.called))


def finding(asked: Where, clips: int, silhouettes: int) -> str:
    """Return which answer finds most, against the best one that learned nothing, in a sentence with its interval, in Markdown."""
    found = measuring.measures(asked, (findings.METRIC,), (scoring.ALL,)).dropna(subset=["value"]).sort_values("value", ascending=False)
    learned = found[~found["arm"].isin(baselines.names())]
    plain = found[found["arm"].isin(baselines.names())]
    of = f"{formats.count(clips)} clips of {formats.count(silhouettes)} distinct silhouettes"
    if learned.empty or plain.empty:
        best = found.iloc[0]
        return f"On {of}, **{_called(best['arm'])}** finds most: IoU of the hidden part **{formats.percent(best['value'])}**."
    first, second = learned.iloc[0], plain.iloc[0]
    gap = measuring.difference(asked, str(first["arm"]), str(second["arm"]))
    said = {findings.HOLDS: "above", findings.AGAINST: "below", findings.OPEN: "not told apart from"}[findings.verdict(gap)]
    ends = "" if gap.low is None or gap.high is None else f" (difference {points(gap.value)} [{points(gap.low)}, {points(gap.high)}] points)"
    return (
        f"On {of}, **{_called(first['arm'])}** completes the hidden part with an IoU of **{formats.percent(first['value'])}**, "
        f"**{said}** the best baseline, {_called(second['arm'])}, with {formats.percent(second['value'])}{ends}."
    )


def _called(arm: object) -> str:
    return markdown.escape(measuring.called(str(arm)))


def points(value: float | None) -> str:
    """Return a share in percentage points."""
    return formats.fixed(100 * (value or 0.0), 1)


def beside(asked: Where, metric: str, way: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return every answer on all frames and on those with 10 to 70 % hidden, with intervals over clips; and the rows."""
    found = told(asked, metric, way)
    bands = {"all frames": scoring.ALL, "10 to 70 % hidden": masks.PUBLISHED}
    wide = None
    for said, band in bands.items():
        mine = found[found["band"] == band].set_index("answer")[["value", "low", "high", "n", "clips", "silhouettes", "seeds"]]
        mine = mine.rename(columns={"value": said, "low": f"{said}_low", "high": f"{said}_high", "n": f"{said}: n"})
        wide = mine if wide is None else wide.join(mine.drop(columns=["clips", "silhouettes", "seeds"]))
    assert wide is not None
    rows = wide.sort_values("all frames", ascending=metric == "false_extension").reset_index().rename(columns={"answer": "label"})
    return estimates.estimates(rows, {said: said for said in bands}, title=METRICS[metric], within=(0.0, 1.0)), rows


def by_band(asked: Where, metric: str, way: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return every answer by the share of the object that is hidden; and the rows."""
    found = told(asked, metric, way)
    steps = [name for name, *_ in masks.BANDS]
    rows = found[found["band"].isin(steps) & found["value"].notna()].rename(columns={"answer": "series", "band": "step"})
    shown = [step for step in steps if step in set(rows["step"])]
    return pressed.pressed(rows, steps=shown, x_title="share of the object that is hidden", y_title=METRICS[metric], unit="fraction"), rows


def claims(first: str = "") -> pd.DataFrame:
    """Return which claim holds on which clips, those of one title first, as words with intervals; then the numbers."""
    found = findings.claims().sort_values("clips", key=lambda names: names != first, kind="stable", ignore_index=True)
    said = [f"{points(row['difference'])} [{points(row['low'])}, {points(row['high'])}]" for row in found.to_dict("records")]
    numbers = ["first", "second", "difference", "low", "high"]
    return found.assign(points=said)[["clips", "claim", "verdict", "points", "n", "of_clips", "silhouettes", *numbers]]


def over_frames(address: str, track: str, names: list[str]) -> tuple[go.Figure, pd.DataFrame]:
    """Return the IoU of the hidden part frame by frame, a line an answer, beside the share that is hidden; and the rows.

    Raises:
        UserError: for an unknown clip, object or answer.
    """
    series = reel.series(address, track, names)
    parts = {"share hidden": series["occlusion"]} if series["occlusion"] else {}
    parts |= {replies.title(name): one["hidden"] or one["share"] for name, one in series["answers"].items()}
    rows = pd.concat(
        [
            pd.DataFrame({"network": title, "frame": np.arange(len(values)), "value": [None if v is None else v / 1000 for v in values]})
            for title, values in parts.items()
            if values
        ],
        ignore_index=True,
    ).astype({"value": np.float64})
    return lines.curves(rows, x_title="frame", y_title="IoU of the hidden part", x="frame", within=(0.0, 1.0)), rows
