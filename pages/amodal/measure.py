"""Measure: how well each answer completes hidden parts, by set of clips and band of occlusion, beside baselines that learned nothing."""

from urllib.parse import quote

import pandas as pd
import streamlit as st

from engine import completers, errors
from engine.amodal import measuring, plots
from engine.amodal import spec as asking
from engine.amodal.measuring import Where
from engine.amodal.spec import AmodalSpec
from engine.metrics import masks
from engine.plainly import amodal as plainly
from engine.plots import formats
from pages.amodal import place, running
from pages.parts import kit

HOW = (
    "Each **answer** completes the same objects in the same frames: networks that never saw a whole mask (**label-free**), the same network with "
    "labels (**supervised**, the upper line), and **baselines** that learned nothing: the visible mask, its convex hull, every pixel that could hide "
    "the object, and what memory alone carries over time (warp-union, one way and both ways). Beside each number stands its 95 % interval; it "
    "comes from drawing clips anew, not frames, for frames of one clip are alike. Clips that show the same **silhouette** are alike too: how many "
    "distinct ones there are stands beside n. **Micro** adds up pixels of all frames before it divides."
)
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
    usual = next((name for name, row in rows.items() if (row["dataset"], row["split"]) == plots.FIRST), next(iter(rows)))
    left, middle, right = st.columns([3, 2, 2])
    with left:
        chosen = kit.choose("Clips", list(rows), key="measure-clips", default=usual)
    with middle:
        metric = {title: name for name, title in plots.METRICS.items()}[kit.choose("Number", list(plots.METRICS.values()), key="measure-number")]
    with right:
        way = {title: name for name, title in plots.WAYS.items()}[kit.choose("Averaged", list(plots.WAYS.values()), key="measure-way")]
    row, asked = rows[chosen], measuring.where(rows[chosen])
    text = masks.card(metric).text.split("\n\n")[-1]
    st.caption(f"**{plots.METRICS[metric]}:** {kit.escape(' '.join(text.split()))}")
    with finding_at:
        how_many = int(row["clips"]), int(row["silhouettes"])
        kit.finding(kit.made(plots.finding, asked, *how_many), plainly=lambda: kit.made(plainly.of_clips, asked, *how_many))
    told = kit.made(plots.told, asked, metric, way)
    _figures(asked, metric, way, row)
    kit.links(TRY)
    _worst(told, asked)
    _claims()


def _name(row: dict) -> str:
    return measuring.where(row).title


def _figures(asked: Where, metric: str, way: str, row: dict) -> None:
    """Show all frames beside each other, then by band of occlusion, then the rows."""
    of = f"{formats.count(row['frames'])} frames, {formats.count(row['clips'])} clips, {formats.count(row['silhouettes'])} distinct silhouettes"
    drawn, wide = kit.made(plots.beside, asked, metric, way)
    kit.figure(
        drawn, key="measure-all", data=wide, name=f"{plots.METRICS[metric]} on {asked.title}",
        alt=f"{plots.METRICS[metric]} of each answer with 95 % intervals over clips, {of}",
    )  # fmt: skip
    st.caption(f"Of {of}. Intervals: 95 %, clips drawn anew 1{formats.THIN}000 times.")
    st.header("By how much is hidden", anchor="bands")
    drawn, rows = kit.made(plots.by_band, asked, metric, way)
    kit.figure(
        drawn, key="measure-bands", data=rows, name=f"{plots.METRICS[metric]} by occlusion on {asked.title}",
        alt=f"{plots.METRICS[metric]} of each answer by the share of the object that is hidden",
    )  # fmt: skip


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
    told = kit.made(plots.claims)
    if told.empty:
        return
    st.header("Which claim holds where", anchor="claims")
    st.caption("Differences of the IoU of the hidden part on the same frames, mean over seeds, with 95 % intervals over clips.")
    kit.table(told, key="measure-claims", name="claims about hidden parts", columns={"points": "difference, points", "n": "frames"}, hide=HIDDEN)


def _form() -> None:
    """Ask for more: which clips, which answers, how; say what it costs. Nothing in plain view."""
    if kit.plain.on():
        return
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
            adapt = kit.choose("Adapt to each clip", [0, *asking.STEPS], key="measure-adapt", format_func=_steps)
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
