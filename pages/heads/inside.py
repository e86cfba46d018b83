"""What a network does inside: the two-head plane, what its layers tell of the group, what it changed, and how far controls come."""

from dataclasses import replace

import streamlit as st

from engine import errors
from engine.heads import inside, plainly, plots, readings, views
from engine.plainly import heads as spoken
from engine.plots import planes
from pages.components import plane as canvas
from pages.heads import place as places
from pages.heads.place import Place, Question
from pages.parts import kit

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
        kit.finding(kit.made(_sentences, place.network), plainly=lambda: kit.made(spoken.of_place, place.question.asked, place.network))
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
    return "\n\n".join(kit.spoken(sentence) for sentence in plainly.of_network(network))


# ---- the plane --------------------------------------------------------------------------------------------------------------------


def _plane(place: Place) -> None:
    """Show the plane of a network whose weights are kept."""
    st.header("The two-head plane", anchor="plane")
    if not places.kept(place):
        return
    pressed = views.job_of(place.network).method in inside.PRESSED
    heads = plots.heads_of(place.network)
    offered = ([readings.HEADS] if heads else []) + ([readings.APART] if pressed or not heads else [])
    view = offered[0]
    if len(offered) > 1:
        view = st.segmented_control("Plane of", offered, default=offered[0], key=VIEW, bind="query-params", required=True)
    try:
        _shown(place, view, heads)
    except errors.UserError as problem:
        kit.problem(problem)


def _shown(place: Place, view: str, heads: str | None) -> None:
    """Show a view of the plane, and what it says."""
    source = heads if view == readings.HEADS and heads else place.network
    taken_apart = source == place.network and views.job_of(source).method in inside.PRESSED
    group = "" if taken_apart else _against(source)
    slack = _nearest(place, source) if group == ALL else place.slack
    with st.spinner("Asking the network about the people of the test side", width="content"):
        if taken_apart or group == ALL:
            dots, start = kit.made(plots.apart, source) if taken_apart else kit.made(plots.together, source, slack), 0
        else:
            dots = kit.made(plots.plane, source, group)
            start = st.session_state.setdefault(f"heads-inside-slack-{place.network}-{group}", _first(place, dots))
    st.markdown(kit.made(readings.words, place.network, view))
    if group:
        st.caption(TOGETHER if group == ALL else AGAINST.format(group=kit.escape(group)))
    name = f"{view}{f', {group}' if group else ''}: {places.said(place.question)}, seed {views.job_of(place.network).seed}"
    stem = f"{offered_key(view)}{f'-{group}' if group else ''}"
    canvas.show(
        replace(dots, at=start), key=f"heads-plane-{place.network}-{stem}", name=name, alt=_alt(dots),
        on_slack=lambda slack: places.remember(replace(place, slack=slack)),
    )  # fmt: skip
    kit.take_away(kit.made(readings.path, dots), key=f"heads-plane-rows-{stem}", name=f"{name}, by slack")


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
    return "heads" if view == readings.HEADS else "apart"


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


def _alt(dots: planes.Dots) -> str:
    return f"Each dot is a person: score along x, group value along y, coloured by true group ({', '.join(dots.groups)}); the solid line decides."


# ---- what was measured ------------------------------------------------------------------------------------------------------------


def _awareness(question: Question) -> None:
    """Show how well layers tell the group."""
    st.header("Does a layer tell the group?", anchor="awareness")
    figure, rows, said = kit.made(readings.awareness, question.asked)
    st.markdown(said)
    kit.figure(
        figure, key="heads-awareness", data=rows, name=f"Awareness by layer, {places.said(question)}",
        alt="Accuracy with which the group is told from each layer, by lambda, with floor and ceilings",
    )  # fmt: skip


def _shift(question: Question) -> None:
    """Show what the change of the score tells."""
    st.header("Does what was changed tell the group?", anchor="shift")
    figure, rows, said = kit.made(readings.shift, question.asked)
    st.markdown(said)
    if rows.empty:
        return
    kit.figure(
        figure, key="heads-shift", data=rows, name=f"Score shift as a detector, {places.said(question)}",
        alt="Area under the curve of the change of the score for the group, by lambda, with the shuffled control as floor",
    )  # fmt: skip


def _controls(question: Question) -> None:
    """Show the claims of the paper beside their controls."""
    st.header("How far do controls come?", anchor="controls")
    claim = kit.choose("Claim", list(plots.CLAIMS), key=CLAIM, format_func=plots.CLAIMS.__getitem__)
    figure, rows, said = kit.made(readings.controls, question.asked, claim)
    st.markdown(said)
    kit.figure(
        figure, key=f"heads-controls-{claim}", data=rows, name=f"{plots.CLAIMS[claim]}, {places.said(question)}",
        alt=f"{plots.CLAIMS[claim]}, by lambda: the trained read-out, the range of ten random directions, noise",
    )  # fmt: skip


def _agreement(place: Place) -> None:
    """Show which classifiers decide alike."""
    st.header("Who decides alike?", anchor="agreement")
    if not bool(places.networks(place.question).set_index("network")["kept"][place.network]):
        st.caption("Needs the weights of this network, which are not kept.")
        return
    figure, rows, said = kit.made(readings.agreement, place.network)
    st.markdown(said)
    kit.figure(
        figure, key="heads-agreement", data=rows, name=f"Agreement, {place.network}", alt="Share of people that any two classifiers decide alike"
    )


def _card(place: Place) -> None:
    """Show where the network comes from."""
    card = st.expander("Where this network comes from", key="heads-card", type="compact", on_change="rerun")
    if not card.open:
        return
    with card:
        if places.kept(place):
            kit.facts(kit.made(readings.facts, place.network))


main()
