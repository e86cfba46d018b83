"""What a network does inside: the two-head plane, what its layers tell of the group, what it changed, and how far controls come."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.heads import inside, plainly, plots, views
from engine.plots import planes
from pages.components import plane as canvas
from pages.heads import place as places
from pages.heads.place import Place, Question
from pages.parts import kit

HEADS, APART = "Two heads on one trunk", "This network taken apart"
ALL = "all groups together"
AGAINST = (
    "With more than two groups there is a group value for each. Up is the one for {group}; the line equalises {group} with all others, and leaves "
    "the others among themselves as they are."
)
TOGETHER = (
    "Up is the sum of all group values, each as the merged rule weighs it: who lies right of the line is accepted, whatever the group. The weights "
    "of more than two groups are found one after the other, which is no exact search."
)
CLAIM = "claim"
VIEW = "plane"


def main() -> None:
    """Draw the page."""
    kit.title(
        "Inside",
        "Where does the network keep the group, and whom does that move?",
        "**The plane.** Each dot is a person of the test side. To the right: the network's score, how likely the favourable outcome is. Up: how "
        "much the network takes the person for a member of one group, the *group value*. The dashed line is the score alone; the solid line is the "
        "decision once both are added. Between the two, in the **wedge**, stand exactly those who are decided otherwise because of their group "
        "value. Let less of a gap be allowed, and the line tilts.\n\n**Controls.** Each claim below stands beside what chance reaches: directions "
        "drawn at random in the same layer, noise, networks pressed about groups that were dealt out at random. A claim that is not clear of them "
        "is weak.",
        paper="heads",
    )
    place = places.chosen()
    if place is None:
        places.nothing()
        return
    places.choose(place, "inside")
    try:
        kit.finding(kit.made(_sentences, place.network))
        _plane(place)
        _awareness(place.question)
        _shift(place.question)
        _controls(place.question)
        _agreement(place)
        _card(place)
    except errors.UserError as problem:
        kit.problem(problem)
    places.pages(place, "inside")


def _sentences(network: str) -> str:
    return "\n\n".join(kit.escape(sentence).replace("\\*\\*", "**") for sentence in plainly.of_network(network))


# ---- the plane --------------------------------------------------------------------------------------------------------------------


def _plane(place: Place) -> None:
    """Show the plane of a network whose weights are kept."""
    st.header("The two-head plane", anchor="plane")
    if not places.kept(place):
        return
    pressed = views.job_of(place.network).method in inside.PRESSED
    heads = plots.heads_of(place.network)
    offered = ([HEADS] if heads else []) + ([APART] if pressed or not heads else [])
    view = offered[0]
    if len(offered) > 1:
        view = st.segmented_control("Plane of", offered, default=offered[0], key=VIEW, bind="query-params", required=True)
    try:
        _shown(place, view, heads)
    except errors.UserError as problem:
        kit.problem(problem)


def _shown(place: Place, view: str, heads: str | None) -> None:
    """Show a view of the plane, and what it says."""
    source = heads if view == HEADS and heads else place.network
    taken_apart = source == place.network and views.job_of(source).method in inside.PRESSED
    group = "" if taken_apart else _against(source)
    slack = _nearest(place, source) if group == ALL else place.slack
    with st.spinner("Asking the network about the people of the test side", width="content"):
        if taken_apart or group == ALL:
            dots, start = kit.made(plots.apart, source) if taken_apart else kit.made(plots.together, source, slack), 0
        else:
            dots = kit.made(plots.plane, source, group)
            start = st.session_state.setdefault(f"heads-inside-slack-{place.network}-{group}", _first(place, dots))
    st.markdown(kit.made(_words, place.network, view))
    if group:
        st.caption(TOGETHER if group == ALL else AGAINST.format(group=kit.escape(group)))
    name = f"{view}{f', {group}' if group else ''}: {places.said(place.question)}, seed {views.job_of(place.network).seed}"
    stem = f"{offered_key(view)}{f'-{group}' if group else ''}"
    canvas.show(
        replace(dots, at=start), key=f"heads-plane-{place.network}-{stem}", name=name, alt=_alt(dots),
        on_slack=lambda slack: places.remember(replace(place, slack=slack)),
    )  # fmt: skip
    kit.take_away(kit.made(_path, dots), key=f"heads-plane-rows-{stem}", name=f"{name}, by slack")


def _against(source: str) -> str:
    """Ask which group is set against all others, where there are more than two; empty for two groups, which face each other anyway."""
    groups = inside.said(source).side.groups
    if len(groups) == 2:
        return ""
    return kit.choose("Group on the plane", [*groups, ALL], key="against", default=groups[0], format_func=_titled)


def _titled(group: str) -> str:
    return group if group == ALL else f"{group} against all others"


def _nearest(place: Place, source: str) -> float:
    """Ask for a slack among those of the merged heads, each of which weighs the groups otherwise; the one in the address first."""
    offered = [slack for slack, _ in inside.path(source)]
    at = min(offered, key=lambda slack: abs(slack - place.slack))
    key = f"heads-inside-path-{place.network}-{at:g}"
    st.select_slider(
        "Largest gap allowed (slack)", offered, value=at, key=key, format_func=lambda slack: f"{100 * slack:.1f} points",
        on_change=lambda: places.remember(replace(place, slack=st.session_state[key])),
    )  # fmt: skip
    return at


def offered_key(view: str) -> str:
    """Return a view as part of a key."""
    return "heads" if view == HEADS else "apart"


def _first(place: Place, dots: planes.Dots) -> int:
    """Return the line that is drawn first: the slack in the address, else the one whose gap is nearest to what the network reached."""
    if "slack" in st.query_params or views.job_of(place.network).method not in inside.PRESSED:
        return planes.nearest(dots.lines, place.slack)
    return planes.nearest(dots.lines, kit.made(_reached, place.network))


def _reached(network: str) -> float:
    job = views.job_of(network)
    rows = views.numbers(job.table, views.asked(job), job.constraint, ["merged_slack"])
    found = rows.loc[rows["network"] == network, "value"]
    return float(found.iloc[0]) if len(found) else places.SLACK


def _words(network: str, view: str) -> str:
    """Return what the plane shows, in words."""
    job = views.job_of(network)
    if view == APART and job.method in inside.PRESSED:
        asked = " ".join(kit.escape(str(sentence)) for sentence in inside.implied(network)["said"])
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


def _alt(dots: planes.Dots) -> str:
    return f"Each dot is a person: score along x, group value along y, coloured by true group ({', '.join(dots.groups)}); the solid line decides."


def _path(dots: planes.Dots) -> pd.DataFrame:
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


# ---- what was measured ------------------------------------------------------------------------------------------------------------


def _awareness(question: Question) -> None:
    """Show how well layers tell the group."""
    st.header("Does a layer tell the group?", anchor="awareness")
    figure, rows, said = kit.made(_drawn_awareness, question)
    st.markdown(said)
    kit.figure(
        figure, key="heads-awareness", data=rows, name=f"Awareness by layer, {places.said(question)}",
        alt="Accuracy with which the group is told from each layer, by lambda, with floor and ceilings",
    )  # fmt: skip


def _drawn_awareness(question: Question) -> tuple[go.Figure, pd.DataFrame, str]:
    figure, rows = plots.awareness(*question.asked)
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
    found = views.aware(*question.asked).groupby("layer")["accuracy"].mean()
    return float(found["floor"]), float(found["inputs, network"])


def _way(first: pd.Series, last: pd.Series) -> str:
    if last["low"] > first["high"]:
        return "rises"
    return "falls" if last["high"] < first["low"] else "hardly changes (the seeds overlap)"


def _shift(question: Question) -> None:
    """Show what the change of the score tells."""
    st.header("Does what was changed tell the group?", anchor="shift")
    figure, rows, said = kit.made(_drawn_shift, question)
    st.markdown(said)
    if rows.empty:
        return
    kit.figure(
        figure, key="heads-shift", data=rows, name=f"Score shift as a detector, {places.said(question)}",
        alt="Area under the curve of the change of the score for the group, by lambda, with the shuffled control as floor",
    )  # fmt: skip


def _drawn_shift(question: Question) -> tuple[go.Figure, pd.DataFrame, str]:
    figure, rows = plots.shift(*question.asked)
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


def _controls(question: Question) -> None:
    """Show the claims of the paper beside their controls."""
    st.header("How far do controls come?", anchor="controls")
    claim = kit.choose("Claim", list(plots.CLAIMS), key=CLAIM, format_func=plots.CLAIMS.__getitem__)
    figure, rows, said = kit.made(_drawn_controls, question, claim)
    st.markdown(said)
    kit.figure(
        figure, key=f"heads-controls-{claim}", data=rows, name=f"{plots.CLAIMS[claim]}, {places.said(question)}",
        alt=f"{plots.CLAIMS[claim]}, by lambda: the trained read-out, the range of ten random directions, noise",
    )  # fmt: skip


def _drawn_controls(question: Question, claim: str) -> tuple[go.Figure, pd.DataFrame, str]:
    figure, rows = plots.controls(*question.asked, claim)
    wide = rows.pivot_table(index=["strength", "step"], columns="series", values=["value", "high"], aggfunc="first").reset_index()
    if wide.empty:
        return figure, rows, "No network of this question was pressed."
    clear = wide[("value", plots.READ_OUTS["trained"])] > wide[("high", plots.READ_OUTS["random"])]
    return figure, rows, (
        f"The trained read-out is clear of the best of ten random directions at **{int(clear.sum())} of {len(clear)}** lambdas. A direction drawn "
        "at random also correlates with the group, so only the distance to the band counts; noise should stay behind."
    )  # fmt: skip


def _agreement(place: Place) -> None:
    """Show which classifiers decide alike."""
    st.header("Who decides alike?", anchor="agreement")
    if not bool(places.networks(place.question).set_index("network")["kept"][place.network]):
        st.caption("Needs the weights of this network, which are not kept.")
        return
    figure, rows, said = kit.made(_drawn_agreement, place.network)
    st.markdown(said)
    kit.figure(
        figure, key="heads-agreement", data=rows, name=f"Agreement, {place.network}", alt="Share of people that any two classifiers decide alike"
    )


def _drawn_agreement(network: str) -> tuple[go.Figure, pd.DataFrame, str]:
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


def _card(place: Place) -> None:
    """Show where the network comes from."""
    card = st.expander("Where this network comes from", key="heads-card", type="compact", on_change="rerun")
    if not card.open:
        return
    with card:
        if places.kept(place):
            kit.facts(kit.made(_facts, place.network))


def _facts(network: str) -> dict[str, str]:
    found = inside.provenance(network)
    sides = ", ".join(f"{side} {count:,}" for side, count in found.pop("sides").items())
    return {name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in found.items()} | {
        "sides": sides
    }


main()
