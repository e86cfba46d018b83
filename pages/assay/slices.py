"""Where a network fails: slices of examples with more errors than elsewhere, found on one half and confirmed on the other."""

import json
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from engine import errors
from engine.assay import advice, population, sets, views, weak
from engine.plots import drawn, estimates, formats, points
from pages.assay import shown
from pages.components import gallery
from pages.parts import kit, routes

SHOWN = 40
MOST_DRAWN = 20
SMALLEST_P = 1e-4
SIZES = (10, 20, 30, 50, 100)


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
    kept = views.answered()
    if kept.empty:
        kit.empty("No single answers are stored yet.", "Run an evaluation", "assay-run")
        return
    network, one, shifted = _choose(kept)
    answers = weak.answers(network, one, shifted=shifted)
    known = weak.attributes(answers)
    by, smallest = _how(known)
    where = f"{one.label} as it is and under {shown.plural(answers['shift'].nunique() - 1, 'shift')}" if shifted else one.label
    try:
        found = weak.search(network, one, by, shifted=shifted, smallest=smallest)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    kit.finding(advice.of_slices(found, answers, network, where))
    left, right = st.columns([3, 2])
    with left:
        chosen = _table(found, network, one)
        _map(chosen, network, one, shifted, known)
    with right:
        _inside(chosen, answers, found, network, one, shifted)


def _choose(kept: pd.DataFrame) -> tuple[str, views.Set, bool]:
    """Ask whose answers to which set; open on the network with most answers and the set on which it is wrong most often."""
    columns = st.columns([3, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        most = kept.groupby("network")["n"].sum()
        network = kit.choose("Network", sorted(most.index), key="network", default=str(most.idxmax()))
    mine = kept[kept["network"] == network]
    texts = list(dict.fromkeys(views.Set(str(d), str(s)).text() for d, s in zip(mine["dataset"], mine["split"], strict=True)))
    with columns[1]:
        text = kit.choose("Set", texts, key="set", default=_hardest(network, texts), format_func=lambda text: views.Set.read(text).label)
    one = views.Set.read(text)
    versions = mine[(mine["dataset"] == one.dataset) & (mine["split"] == one.split)]
    several = len(versions) > 1
    shifted = columns[2].toggle("With its shifted versions", key="shifted", bind="query-params", disabled=not several)
    if "" not in set(versions["shift"]):  # only shifted versions are there
        shifted = True
    return network, one, bool(shifted and several)


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


def _table(found: pd.DataFrame, network: str, one: views.Set) -> dict[str, str] | None:
    """Show what was found and return the conditions of the chosen slice; the first where none was clicked."""
    if found.empty:
        return None
    inside = [formats.interval(r.error, r.low, r.high, r.n, "fraction") for r in found.itertuples()]  # type: ignore[arg-type]
    small = ["too few" if p != p else formats.number(p) if p >= SMALLEST_P else f"below {SMALLEST_P:g}" for p in found["p"]]
    rows = pd.DataFrame(
        {
            "slice": found["slice"], "wrong inside": inside, "elsewhere": [formats.percent(v) for v in found["elsewhere"]],
            "adjusted p": small, "confirmed": found["confirmed"],
        }
    )  # fmt: skip
    hidden = found.drop(columns=["slice", "confirmed", "elsewhere"]).assign(elsewhere_error=found["elsewhere"])
    state = kit.table(
        pd.concat([rows, hidden], axis=1), key=f"slices-{network}-{one.text()}", name=f"slices of {one.label} where {network} fails",
        hide=[str(name) for name in hidden], on_select="rerun",
    )  # fmt: skip
    _drawn(found, network, one)
    picked = list(state["selection"]["rows"]) if state else []
    said = st.query_params.get("slice")
    if picked:
        place = int(picked[0])
        kit.remember("slice", str(found["slice"].iloc[place]))
    else:
        place = found["slice"].tolist().index(said) if said in found["slice"].tolist() else 0
    return json.loads(found["conditions"].iloc[place])


def _drawn(found: pd.DataFrame, network: str, one: views.Set) -> None:
    """Show errors inside each slice, with intervals, beside those elsewhere."""
    rows = found.head(MOST_DRAWN).assign(**{name: 100 * found[name] for name in ("error", "low", "high", "elsewhere")})
    rows = rows.rename(columns={"slice": "label", "low": "error_low", "high": "error_high"})
    rows["label"] += ["" if confirmed else " (not confirmed)" for confirmed in rows["confirmed"]]
    figure = drawn.drawn(
        estimates.estimates, rows[["label", "error", "error_low", "error_high", "elsewhere"]], {"inside": "error"},
        title="wrong answers (%), in the half that was not searched", ticks={"elsewhere": "elsewhere"},
    )  # fmt: skip
    kit.figure(
        figure, key="slices", data=found, name=f"Errors of {network} inside and outside slices of {one.label}",
        alt="For each slice the share of wrong answers inside with 95 % interval, and a line at the share elsewhere",
    )  # fmt: skip


def _inside(conditions: dict[str, str] | None, answers: pd.DataFrame, found: pd.DataFrame, network: str, one: views.Set, shifted: bool) -> None:
    """Show the images of a slice, the most certain errors first, and offer to keep it."""
    if conditions is None:
        st.caption("Fewer answers in a half, or other attributes, may show more; so may a set with more stored answers.")
        return
    inside = weak.members(answers, conditions)
    wrong = int((~inside["correct"].astype(bool)).sum())
    st.markdown(f"**{kit.escape(weak.told(conditions))}**: {formats.share(wrong, len(inside), 'answers wrong')}, both halves together.")
    tiles = [_tile(row, one) for row in inside.head(SHOWN).to_dict("records")]
    st.caption(f"{formats.share(len(tiles), len(inside), 'shown')}, wrong ones first.")
    gallery.show(tiles, key="slice-gallery", size=72, label=f"Images of the slice {weak.told(conditions)} with the answers of {network}")
    kit.take_away(inside, key="slice-answers", name=f"{weak.told(conditions)} of {one.label}")
    _keep(conditions, network, one, shifted)


def _map(conditions: dict[str, str] | None, network: str, one: views.Set, shifted: bool, known: list[str]) -> None:
    """Show every answer as a place: close together is what the network sees alike."""
    st.header("Map of answers", anchor="map")
    found = weak.answer_map(network, one, shifted=shifted)
    right, slice_name = "right or wrong", f"the slice: {weak.told(conditions)}" if conditions else ""
    offered = [right, *([slice_name] if conditions else []), *known]
    colour = kit.choose("Colour by", offered, key="colour", format_func=shown.spaced)
    if colour == right:
        said = found["correct"].map({True: "right", False: "wrong"})
    elif conditions and colour == slice_name:
        said = found.index.isin(weak.members(found, conditions).index)
        said = pd.Series(np.where(said, "in the slice", "elsewhere"), index=found.index)
    else:
        said = found[colour].astype(str)
    told = found.assign(
        colour=said, id=[f"{e}-{i}" for i, e in enumerate(found["example_id"])],
        words=[f"{c}, answered {p} ({shown.sure(s)})" for c, p, s in zip(found["class"], found["predicted"], found["sure"], strict=True)],
    )  # fmt: skip
    shares = [formats.percent(float(found[f"{axis}_share"].iloc[0])) for axis in "xy"]
    axes = [points.Axis(f"{name} direction ({share} of the variance)", None) for name, share in zip(("first", "second"), shares, strict=True)]
    cloud = points.of_frame(told, x_axis=axes[0], y_axis=axes[1], ids="id", label="words", colour="colour", reference=False)
    opened = kit.scatter(
        cloud, key="map", data=found, name=f"Answers of {network} to {one.label}",
        alt=f"Every answer of {network} as a point; close together is what it sees alike", height=420,
    )  # fmt: skip
    st.caption("The two directions along which the logits (less their mean) differ most. A click opens the image with every network's answer.")
    if opened:
        st.switch_page(kit.page("assay-examples"), query_params={"network": network, "set": one.text(), "example": opened.rsplit("-", 1)[0]})


def _tile(row: dict[Any, Any], one: views.Set) -> gallery.Tile:
    shift = str(row["version"])
    address = routes.image_url(one.dataset, one.split, row["example_id"], shift, float(row["strength"])) if shown.pictured(one.dataset, shift) else ""
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
