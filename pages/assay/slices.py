"""Where a network fails: slices of examples with more errors than elsewhere, found on one half and confirmed on the other."""

import json
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.assay import advice, population, sets, views, weak
from engine.plots import estimates, formats, points
from pages.assay import shown
from pages.components import gallery
from pages.parts import kit, routes

SHOWN = 40
MOST_DRAWN = 20
SMALLEST_P = 1e-4
SIZES = (10, 20, 30, 50, 100)
SAID = ("slice", "wrong inside", "elsewhere", "adjusted p", "confirmed")  # columns on screen; the files have more
RIGHT = "right or wrong"


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
    networks, most = kit.made(_networks)
    if not networks:
        kit.empty("No single answers are stored yet.", "Run an evaluation", "assay-run")
        return
    network, one, shifted = _choose(networks, most)
    known, where = kit.made(_attributes, network, one, shifted=shifted)
    by, smallest = _how(known)
    try:
        found, rows, figure, finding = kit.made(_searched, network, one, by, smallest, where, shifted=shifted)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    kit.finding(finding)
    left, right = st.columns([3, 2])
    with left:
        chosen = _table(found, rows, figure, network, one)
        _map(chosen, network, one, shifted, known)
    with right:
        _inside(chosen, network, one, shifted)


def _networks() -> tuple[list[str], str]:
    """Return the networks whose single answers are stored, and the one with most of them."""
    kept = views.answered()
    most = kept.groupby("network")["n"].sum()
    return sorted(most.index), str(most.idxmax()) if len(most) else ""


def _choose(networks: list[str], most: str) -> tuple[str, views.Set, bool]:
    """Ask whose answers to which set; open on the network with most answers and the set on which it is wrong most often."""
    columns = st.columns([3, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        network = kit.choose("Network", networks, key="network", default=most)
    versions, hardest = kit.made(_sets, network)
    with columns[1]:
        text = kit.choose("Set", list(versions), key="set", default=hardest, format_func=lambda text: views.Set.read(text).label)
    shifts = versions[text]
    several = len(shifts) > 1
    shifted = columns[2].toggle("With its shifted versions", key="shifted", bind="query-params", disabled=not several)
    if "" not in shifts:  # only shifted versions are there
        shifted = True
    return network, views.Set.read(text), bool(shifted and several)


def _sets(network: str) -> tuple[dict[str, list[str]], str | None]:
    """Return the sets that a network has answered, with the shift of each version, and the hardest of them."""
    kept = views.answered()
    mine = kept[kept["network"] == network]
    versions: dict[str, list[str]] = {}
    for dataset, split, shift in zip(mine["dataset"].tolist(), mine["split"].tolist(), mine["shift"].tolist(), strict=True):
        versions.setdefault(views.Set(dataset, split).text(), []).append(shift)
    return versions, _hardest(network, list(versions))


def _attributes(network: str, one: views.Set, *, shifted: bool) -> tuple[list[str], str]:
    """Return what can be searched, and how the searched set is called."""
    answers = weak.answers(network, one, shifted=shifted)
    where = f"{one.label} as it is and under {shown.plural(answers['shift'].nunique() - 1, 'shift')}" if shifted else one.label
    return weak.attributes(answers), where


def _searched(
    network: str, one: views.Set, by: list[str], smallest: int, where: str, *, shifted: bool
) -> tuple[pd.DataFrame, pd.DataFrame, go.Figure | None, str]:
    """Return the slices found, the same as a table says them, their figure, and the finding."""
    found = weak.search(network, one, by, shifted=shifted, smallest=smallest)
    finding = advice.of_slices(found, weak.answers(network, one, shifted=shifted), network, where)
    return (found, _rows(found), _drawn(found), finding) if len(found) else (found, found, None, finding)


def _hardest(network: str, texts: list[str]) -> str | None:
    """Return the set, of those offered, on which a network's accuracy is lowest."""
    for collection in population.collections()["collection"]:
        table = population.wide(collection, "accuracy", texts)
        mine = table[table.index == network].to_numpy(float)
        if mine.size and np.isfinite(mine).any():
            return str(table.columns[int(np.nanargmin(mine[0]))])
    return None


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
        smallest = kit.choose("At least", SIZES, key="least", default=20, format_func=lambda n: f"{n} answers in each half")
    return by or first, int(smallest)


def _rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return slices as a table says them; its further columns are for the files."""
    inside = [formats.interval(r.error, r.low, r.high, r.n, "fraction") for r in found.itertuples()]  # type: ignore[arg-type]
    small = ["too few" if p != p else formats.number(p) if p >= SMALLEST_P else f"below {SMALLEST_P:g}" for p in found["p"]]
    said = {
        "slice": found["slice"], "wrong inside": inside, "elsewhere": [formats.percent(v) for v in found["elsewhere"]],
        "adjusted p": small, "confirmed": found["confirmed"],
    }  # fmt: skip
    hidden = found.drop(columns=["slice", "confirmed", "elsewhere"]).assign(elsewhere_error=found["elsewhere"])
    return pd.concat([pd.DataFrame(said), hidden], axis=1)


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


def _drawn(found: pd.DataFrame) -> go.Figure:
    """Return errors inside each slice, with intervals, beside those elsewhere."""
    rows = found.head(MOST_DRAWN).assign(**{name: 100 * found[name] for name in ("error", "low", "high", "elsewhere")})
    rows = rows.rename(columns={"slice": "label", "low": "error_low", "high": "error_high"})
    rows["label"] += ["" if confirmed else " (not confirmed)" for confirmed in rows["confirmed"]]
    return estimates.estimates(
        rows[["label", "error", "error_low", "error_high", "elsewhere"]], {"inside": "error"},
        title="wrong answers (%), in the half that was not searched", ticks={"elsewhere": "elsewhere"},
    )  # fmt: skip


def _inside(conditions: dict[str, str] | None, network: str, one: views.Set, shifted: bool) -> None:
    """Show the images of a slice, the most certain errors first, and offer to keep it."""
    if conditions is None:
        st.caption("Fewer answers in a half, or other attributes, may show more; so may a set with more stored answers.")
        return
    inside, said = kit.made(_members, network, one, conditions, shifted=shifted)
    st.markdown(said)
    drawable = {shift for shift in inside["version"].unique() if shown.pictured(one.dataset, str(shift))}
    tiles = [_tile(row, one, drawable=row["version"] in drawable) for row in inside.head(SHOWN).to_dict("records")]
    st.caption(f"{formats.share(len(tiles), len(inside), 'shown')}, wrong ones first.")
    gallery.show(tiles, key="slice-gallery", size=72, label=f"Images of the slice {weak.told(conditions)} with the answers of {network}")
    kit.take_away(inside, key="slice-answers", name=f"{weak.told(conditions)} of {one.label}")
    _keep(conditions, network, one, shifted)


def _members(network: str, one: views.Set, conditions: dict[str, str], *, shifted: bool) -> tuple[pd.DataFrame, str]:
    """Return the answers of a slice, and how many of them are wrong in words."""
    inside = weak.members(weak.answers(network, one, shifted=shifted), conditions)
    wrong = int((~inside["correct"].astype(bool)).sum())
    return inside, f"**{kit.escape(weak.told(conditions))}**: {formats.share(wrong, len(inside), 'answers wrong')}, both halves together."


def _map(conditions: dict[str, str] | None, network: str, one: views.Set, shifted: bool, known: list[str]) -> None:
    """Show every answer as a place: close together is what the network sees alike."""
    st.header("Map of answers", anchor="map")
    featured = weak.featured(network, one)
    of = kit.choose("Map of", tuple(weak.MAPPED), key="map") if featured else "answers"
    slice_name = f"the slice: {weak.told(conditions)}" if conditions else ""
    offered = [RIGHT, *([slice_name] if conditions else []), *known]
    colour = kit.choose("Colour by", offered, key="colour", format_func=shown.spaced)
    cloud, found = kit.made(_places, network, one, of, colour, conditions if colour == slice_name else None, shifted=shifted)
    opened = kit.scatter(
        cloud, key="map", data=found, name=f"Answers of {network} to {one.label}",
        alt=f"Every answer of {network} as a point; close together is what it sees alike", height=420,
    )  # fmt: skip
    what = "logits (less their mean)" if of == "answers" else "features, which the network's last layer reads,"
    more = "" if featured else " With “Keep features” on the Run page there is a map of what its last layer reads, too."
    st.caption(f"The two directions along which the {what} differ most. A click opens the image with every network's answer.{more}")
    if opened:
        st.switch_page(kit.page("assay-examples"), query_params={"network": network, "set": one.text(), "example": opened.rsplit("-", 1)[0]})


def _places(
    network: str, one: views.Set, of: str, colour: str, conditions: dict[str, str] | None, *, shifted: bool
) -> tuple[points.Points, pd.DataFrame]:
    """Return every answer as a point, coloured by an attribute, by right and wrong, or by a slice's conditions; and the rows behind."""
    found = weak.answer_map(network, one, of=of, shifted=shifted)
    if colour == RIGHT:
        said = found["correct"].map({True: "right", False: "wrong"})
    elif conditions is not None:
        inside = found.index.isin(weak.members(found, conditions).index)
        said = pd.Series(np.where(inside, "in the slice", "elsewhere"), index=found.index)
    else:
        said = found[colour].astype(str)
    told = found.assign(
        colour=said, id=[f"{e}-{i}" for i, e in enumerate(found["example_id"])],
        words=[f"{c}, answered {p} ({shown.sure(s)})" for c, p, s in zip(found["class"], found["predicted"], found["sure"], strict=True)],
    )  # fmt: skip
    shares = [formats.percent(float(found[f"{axis}_share"].iloc[0])) for axis in "xy"]
    axes = [points.Axis(f"{name} direction ({share} of the variance)", None) for name, share in zip(("first", "second"), shares, strict=True)]
    return points.of_frame(told, x_axis=axes[0], y_axis=axes[1], ids="id", label="words", colour="colour", reference=False), found


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
