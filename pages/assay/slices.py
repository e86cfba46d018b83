"""Where a network fails: slices of examples with more errors than elsewhere, found on one half and confirmed on the other."""

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.assay import failing, sets, views, weak
from engine.dossier import hops
from engine.plainly import assay as plainly
from engine.plots import formats
from pages.assay import shown
from pages.components import gallery
from pages.parts import kit, routes

SHOWN = 40
SAID = ("slice", "wrong inside", "elsewhere", "adjusted p", "confirmed")  # columns on screen; the files have more


def main() -> None:
    """Draw the page."""
    kit.title(
        "Slices",
        "Where does it fail?",
        "Half of the examples is searched for values of one or two attributes under which the network is wrong more often than on the rest. Only the "
        "other half, which took no part in the search, gives the numbers below and confirms them or does not. p values are adjusted for everything "
        "that was searched, and again for everything that was looked at a second time. Click a row to see its images.",
        paper="assay",
    )
    networks, most = kit.made(failing.networks)
    if not networks:
        kit.empty("No single answers are stored yet.", "Run an evaluation", "assay-run")
        return
    network, one, shifted = _choose(networks, most)
    known, where = kit.made(failing.attributes, network, one, shifted=shifted)
    by, smallest = _how(known)
    try:
        found, rows, figure, finding = kit.made(failing.searched, network, one, by, smallest, where, shifted=shifted)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    kit.finding(finding, plainly=lambda: kit.made(plainly.of_slices, network, one, by, smallest, shifted=shifted))
    path_at = st.container()
    left, right = st.columns([3, 2])
    with left:
        chosen = _table(found, rows, figure, network, one)
        with path_at:
            kit.onward(network, hops.SLICE, one=one.text(), conditions=chosen)
        if not kit.plain.on():
            _map(chosen, network, one, shifted, known)
    with right:
        _inside(chosen, network, one, shifted)


def _choose(networks: list[str], most: str) -> tuple[str, views.Set, bool]:
    """Ask whose answers to which set; open on the network with most answers and the set on which it is wrong most often."""
    columns = st.columns([3, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        network = kit.choose("Network", networks, key="network", default=most)
    versions, hardest = kit.made(failing.sets_of, network)
    with columns[1]:
        text = kit.choose("Set", list(versions), key="set", default=hardest, format_func=lambda text: views.Set.read(text).label)
    shifts = versions[text]
    several = len(shifts) > 1
    shifted = columns[2].toggle("With its shifted versions", key="shifted", bind="query-params", disabled=not several)
    if "" not in shifts:  # only shifted versions are there
        shifted = True
    return network, views.Set.read(text), bool(shifted and several)


def _how(known: list[str]) -> tuple[list[str], int]:
    """Ask what is searched and how small a slice may be."""
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    first = [name for name in known if name not in {weak.PREDICTED, weak.CONFIDENCE}]
    with left:
        by = kit.choose_many(
            "Search", known, key="by", default=first, format_func=shown.spaced,
            help="What was predicted, and how surely, is known only with the answer: good for finding out why, not for telling beforehand.",
        )  # fmt: skip
    with right:
        smallest = kit.choose("At least", failing.SIZES, key="least", default=20, format_func=lambda n: f"{n} answers in each half")
    return by or first, int(smallest)


def _table(found: pd.DataFrame, rows: pd.DataFrame, figure: go.Figure | None, network: str, one: views.Set) -> dict[str, str] | None:
    """Show what was found and return the conditions of the chosen slice; the first where none was clicked."""
    if figure is None:
        return None
    state = kit.table(
        rows, key=f"slices-{network}-{one.text()}", name=f"slices of {one.label} where {network} fails",
        hide=[str(name) for name in rows if name not in SAID], on_select="rerun",
    )  # fmt: skip
    kit.figure(
        figure, key="slices", data=found, name=f"Errors of {network} inside and outside slices of {one.label}",
        alt="For each slice the share of wrong answers inside with 95 % interval, and a line at the share elsewhere",
    )  # fmt: skip
    picked = list(state["selection"]["rows"]) if state else []
    said = st.query_params.get("slice")
    if picked:
        place = int(picked[0])
        kit.remember("slice", str(found["slice"].iloc[place]))
    else:
        place = found["slice"].tolist().index(said) if said in found["slice"].tolist() else 0
    return json.loads(found["conditions"].iloc[place])


def _inside(conditions: dict[str, str] | None, network: str, one: views.Set, shifted: bool) -> None:
    """Show the images of a slice, the most certain errors first, and offer to keep it."""
    if conditions is None:
        st.caption("Fewer answers in a half, or other attributes, may show more; so may a set with more stored answers.")
        return
    inside, said = kit.made(failing.members, network, one, conditions, shifted=shifted)
    st.markdown(said)
    drawable = {shift for shift in inside["version"].unique() if shown.pictured(one.dataset, str(shift))}
    tiles = [_tile(row, one, drawable=row["version"] in drawable) for row in inside.head(SHOWN).to_dict("records")]
    st.caption(f"{formats.share(len(tiles), len(inside), 'shown')}, wrong ones first.")
    gallery.show(tiles, key="slice-gallery", size=72, label=f"Images of the slice {weak.told(conditions)} with the answers of {network}")
    kit.take_away(inside, key="slice-answers", name=f"{weak.told(conditions)} of {one.label}")
    if not kit.plain.on():
        _keep(conditions, network, one, shifted)


def _map(conditions: dict[str, str] | None, network: str, one: views.Set, shifted: bool, known: list[str]) -> None:
    """Show every answer as a place: close together is what the network sees alike."""
    st.header("Map of answers", anchor="map")
    featured = weak.featured(network, one)
    of = kit.choose("Map of", tuple(weak.MAPPED), key="map") if featured else "answers"
    slice_name = f"the slice: {weak.told(conditions)}" if conditions else ""
    offered = [failing.RIGHT, *([slice_name] if conditions else []), *known]
    colour = kit.choose("Colour by", offered, key="colour", format_func=shown.spaced)
    cloud, found = kit.made(failing.places, network, one, of, colour, conditions if colour == slice_name else None, shifted=shifted)
    opened = kit.scatter(
        cloud, key="map", data=found, name=f"Answers of {network} to {one.label}",
        alt=f"Every answer of {network} as a point; close together is what it sees alike", height=420,
    )  # fmt: skip
    what = "logits (less their mean)" if of == "answers" else "features, which the network's last layer reads,"
    more = "" if featured else " With “Keep features” on the Run page there is a map of what its last layer reads, too."
    st.caption(f"The two directions along which the {what} differ most. A click opens the image with every network's answer.{more}")
    if opened:
        kit.go("assay-examples", network=network, set=one.text(), example=opened.rsplit("-", 1)[0])


def _tile(row: dict[Any, Any], one: views.Set, *, drawable: bool) -> gallery.Tile:
    shift = str(row["version"])
    address = routes.image_url(one.dataset, one.split, row["example_id"], shift, float(row["strength"])) if drawable else ""
    return gallery.Tile(
        id=f"{row['example_id']}-{row['position']}-{shift}-{row['strength']:g}", url=address, title=str(row["class"]),
        answer=f"{row['predicted']} · {shown.sure(row['sure'])}", good=bool(row["correct"]), note="" if not shift else str(row["shift"]),
    )  # fmt: skip


def _keep(conditions: dict[str, str], network: str, one: views.Set, shifted: bool) -> None:
    with st.form("keep", border=False, clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Keep this slice as", key="keep-name", placeholder="a name")
        sent = st.form_submit_button("Keep")
    if not sent:
        return
    try:
        made = sets.keep_slice(name, network, one, conditions, shifted=shifted)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    st.success(f"Kept as **{kit.escape(made.name)}**; the page Choose shows kept sets side by side.")


main()
