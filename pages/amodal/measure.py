"""Measure: how well each answer completes hidden parts, by set of clips and band of occlusion, beside baselines that learned nothing."""

from urllib.parse import quote

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import completers, errors
from engine.amodal import baselines, findings, measuring, scoring
from engine.amodal.measuring import Where
from engine.amodal.spec import AmodalSpec
from engine.metrics import masks
from engine.plots import estimates, formats, pressed
from pages.amodal import place, running
from pages.parts import kit

HOW = (
    "Each **answer** completes the same objects in the same frames: networks that never saw a whole mask (**label-free**), the same network with "
    "labels (**supervised**, the upper line), and **baselines** that learned nothing: the visible mask, its convex hull, every pixel that could hide "
    "the object, and what memory alone carries over time (warp-union, one way and both ways). Beside each number stands its 95 % interval; it "
    "comes from drawing clips anew, not frames, for frames of one clip are alike. Clips that show the same **silhouette** are alike too: how many "
    "distinct ones there are stands beside n. **Micro** adds up pixels of all frames before it divides."
)
METRICS = {
    "iou_hidden": "IoU of the hidden part", "iou_whole": "IoU of the whole mask", "recall_seen": "found of what another frame shows",
    "recall_never": "found of what no frame shows", "false_extension": "wrongly claimed behind others",
}  # fmt: skip
WAYS = {"mean": "mean over frames", "micro": "micro (sums of pixels)"}
FIRST = ("composited", "own_motion")
MOST_WORST = 8
TRY = (
    ("Where only the camera moves", "amodal-measure?measure-clips=composited%2Fcamera+motion%2C+flow+estimated"),
    ("What no frame shows", "amodal-measure?measure-number=found+of+what+no+frame+shows"),
    ("Where it is wrong behind others", "amodal-measure?measure-number=wrongly+claimed+behind+others"),
)
HIDDEN = ("first", "second", "difference", "low", "high")  # of a claim: only in the files


def main() -> None:
    """Draw the page."""
    kit.title("Measure", "Who finds the hidden parts, on which clips, and how sure is that?", HOW, paper="amodal")
    running.watch(_done, key="amodal-measure-run")
    found = kit.made(_sets)
    if found.empty:
        kit.empty("Nothing has been measured here yet. Choose clips and answers below; baselines come by themselves.")
    else:
        _shown(found)
    _form()


def _sets() -> pd.DataFrame:
    return measuring.sets()


def _done(asked: AmodalSpec) -> None:
    kit.finding(f"**Measured:** {kit.escape(', '.join(asked.clips))}.", key="finding-measured")


def _shown(found: pd.DataFrame) -> None:
    """Show what is known of the chosen clips."""
    finding_at = st.container()
    rows = {_name(row): row for row in found.to_dict("records")}
    usual = next((name for name, row in rows.items() if (row["dataset"], row["split"]) == FIRST), next(iter(rows)))
    left, middle, right = st.columns([3, 2, 2])
    with left:
        chosen = kit.choose("Clips", list(rows), key="measure-clips", default=usual)
    with middle:
        metric = {title: name for name, title in METRICS.items()}[kit.choose("Number", list(METRICS.values()), key="measure-number")]
    with right:
        way = {title: name for name, title in WAYS.items()}[kit.choose("Averaged", list(WAYS.values()), key="measure-way")]
    row, asked = rows[chosen], measuring.where(rows[chosen])
    text = masks.card(metric).text.split("\n\n")[-1]
    st.caption(f"**{METRICS[metric]}:** {kit.escape(' '.join(text.split()))}")
    with finding_at:
        kit.finding(kit.made(_finding, asked, int(row["clips"]), int(row["silhouettes"])))
    told = kit.made(_told, asked, metric, way)
    _figures(asked, metric, way, row)
    kit.links(TRY)
    _worst(told, asked)
    _claims()


def _name(row: dict) -> str:
    return measuring.where(row).title


def _told(asked: Where, metric: str, way: str) -> pd.DataFrame:
    found = measuring.measures(asked, (metric,), way=way)
    return found.assign(answer=found["arm"].map(measuring.called))


def _finding(asked: Where, clips: int, silhouettes: int) -> str:
    """Return which answer finds most, against the best one that learned nothing, in a sentence with its interval."""
    found = measuring.measures(asked, (findings.METRIC,), (scoring.ALL,)).dropna(subset=["value"]).sort_values("value", ascending=False)
    learned = found[~found["arm"].isin(baselines.names())]
    plain = found[found["arm"].isin(baselines.names())]
    of = f"{formats.count(clips)} clips of {formats.count(silhouettes)} distinct silhouettes"
    if learned.empty or plain.empty:
        best = found.iloc[0]
        return f"On {of}, **{kit.escape(measuring.called(best['arm']))}** finds most: IoU of the hidden part **{formats.percent(best['value'])}**."
    first, second = learned.iloc[0], plain.iloc[0]
    gap = measuring.difference(asked, str(first["arm"]), str(second["arm"]))
    said = {findings.HOLDS: "above", findings.AGAINST: "below", findings.OPEN: "not told apart from"}[findings.verdict(gap)]
    points = "" if gap.low is None or gap.high is None else f" (difference {_points(gap.value)} [{_points(gap.low)}, {_points(gap.high)}] points)"
    return (
        f"On {of}, **{kit.escape(measuring.called(first['arm']))}** completes the hidden part with an IoU of **{formats.percent(first['value'])}**, "
        f"**{said}** the best baseline, {kit.escape(measuring.called(second['arm']))}, with {formats.percent(second['value'])}{points}."
    )


def _points(value: float | None) -> str:
    return formats.fixed(100 * (value or 0.0), 1)


def _figures(asked: Where, metric: str, way: str, row: dict) -> None:
    """Show all frames beside each other, then by band of occlusion, then the rows."""
    of = f"{formats.count(row['frames'])} frames, {formats.count(row['clips'])} clips, {formats.count(row['silhouettes'])} distinct silhouettes"
    drawn, wide = kit.made(_beside, asked, metric, way)
    kit.figure(
        drawn, key="measure-all", data=wide, name=f"{METRICS[metric]} on {asked.title}",
        alt=f"{METRICS[metric]} of each answer with 95 % intervals over clips, {of}",
    )  # fmt: skip
    st.caption(f"Of {of}. Intervals: 95 %, clips drawn anew 1{formats.THIN}000 times.")
    st.header("By how much is hidden", anchor="bands")
    drawn, rows = kit.made(_by_band, asked, metric, way)
    kit.figure(
        drawn, key="measure-bands", data=rows, name=f"{METRICS[metric]} by occlusion on {asked.title}",
        alt=f"{METRICS[metric]} of each answer by the share of the object that is hidden",
    )  # fmt: skip


def _beside(asked: Where, metric: str, way: str) -> tuple[go.Figure, pd.DataFrame]:
    told = kit.made(_told, asked, metric, way)
    bands = {"all frames": scoring.ALL, "10 to 70 % hidden": masks.PUBLISHED}
    wide = None
    for said, band in bands.items():
        mine = told[told["band"] == band].set_index("answer")[["value", "low", "high", "n", "clips", "silhouettes", "seeds"]]
        mine = mine.rename(columns={"value": said, "low": f"{said}_low", "high": f"{said}_high", **{c: f"{said}: {c}" for c in ("n",)}})
        wide = mine if wide is None else wide.join(mine.drop(columns=["clips", "silhouettes", "seeds"]))
    assert wide is not None
    rows = wide.sort_values("all frames", ascending=metric == "false_extension").reset_index().rename(columns={"answer": "label"})
    return estimates.estimates(rows, {said: said for said in bands}, title=METRICS[metric], within=(0.0, 1.0)), rows


def _by_band(asked: Where, metric: str, way: str) -> tuple[go.Figure, pd.DataFrame]:
    told = kit.made(_told, asked, metric, way)
    steps = [name for name, *_ in masks.BANDS]
    rows = told[told["band"].isin(steps) & told["value"].notna()].rename(columns={"answer": "series", "band": "step"})
    shown = [step for step in steps if step in set(rows["step"])]
    return pressed.pressed(rows, steps=shown, x_title="share of the object that is hidden", y_title=METRICS[metric], unit="fraction"), rows


def _worst(told: pd.DataFrame, asked: Where) -> None:
    """Link to the frames that an answer completes worst."""
    st.header("The worst frames", anchor="worst")
    arms = dict(zip(told["answer"], told["arm"], strict=True))
    learned = next((name for name, arm in arms.items() if arm == "two_way"), next(iter(arms)))
    chosen = kit.choose("Of", list(arms), key="measure-worst", default=learned)
    found = kit.made(_found_worst, asked, arms[chosen])
    if found.empty:
        st.caption("No frame of its hides 16 pixels or more.")
        return
    st.caption("One of each clip, the worst first; a link opens the stepper there.")
    kit.links(
        [
            (
                f"{row['clip']}, {row['track']}, frame {row['frame']}: {formats.percent(row['iou_hidden'])}",
                f"amodal?clip={quote(row['clip'])}&object={quote(row['track'])}&frame={row['frame']}&a={quote(row['answer'])}",
            )
            for row in found.to_dict("records")
        ]
    )


def _found_worst(asked: Where, arm: str) -> pd.DataFrame:
    return measuring.worst(asked, arm, MOST_WORST)


def _claims() -> None:
    """Show which claim holds on which clips."""
    told = kit.made(_all_claims)
    if told.empty:
        return
    st.header("Which claim holds where", anchor="claims")
    st.caption("Differences of the IoU of the hidden part on the same frames, mean over seeds, with 95 % intervals over clips.")
    kit.table(told, key="measure-claims", name="claims about hidden parts", columns={"points": "difference, points", "n": "frames"}, hide=HIDDEN)


def _all_claims() -> pd.DataFrame:
    told = findings.claims()
    said = [f"{_points(row['difference'])} [{_points(row['low'])}, {_points(row['high'])}]" for row in told.to_dict("records")]
    return told.assign(points=said)[["clips", "claim", "verdict", "points", "n", "of_clips", "silhouettes", *HIDDEN]]


def _form() -> None:
    """Ask for more: which clips, which answers, how; say what it costs."""
    st.header("Measure more", anchor="form")
    with st.container(border=True, key="measure-form"):
        left, right = st.columns(2)
        with left:
            known = list(place.families())
            chosen = kit.choose_many("Clips of", known, key="measure-sets", default=["composited/own_motion"], format_func=place.called)
            first = kit.choose("So many of each", [2, 5, 10, 20, 24, 50, 100], key="measure-first", default=5)
        with right:
            usual = [name for name in completers.names() if name.startswith("two_way")][:1]
            asked = kit.choose_many("Completers", list(completers.names()), key="measure-answers", default=usual, format_func=_titled)
            adapt = kit.choose("Adapt to each clip", [0, 20, 40, 100], key="measure-adapt", format_func=_steps)
        estimate = st.toggle("Estimate flow even where it is known exactly", key="measure-dis", bind="query-params")
        if not chosen:
            st.caption("Choose clips.")
            return
        question = AmodalSpec(
            clips=tuple(chosen), answers=tuple(asked), first=first, adapt=adapt if asked else 0, flow="dis" if estimate else "given"
        )
        try:
            said = running.cost(question)
        except errors.UserError as problem:
            kit.problem(problem)
            return
        words, button = st.columns([3, 1], vertical_alignment="center")
        words.markdown(said)
        if button.button("Measure", type="primary", key="measure-go", width="stretch"):
            running.start(question)
            st.rerun()


def _titled(name: str) -> str:
    return completers.card(name).title


def _steps(count: int) -> str:
    return f"{count} label-free steps, before and after" if count else "no"


main()
