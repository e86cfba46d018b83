"""Right here, wrong there: which images, and how sure was the network?"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.assay import answered, classes, views
from engine.dossier import hops
from engine.plainly import assay as plainly
from engine.plots import formats
from pages.assay import shown
from pages.components import gallery
from pages.parts import kit, routes

SHOWN = 60
BESIDE = 6  # networks whose answers stand under each version of one image; the table below has all


def main() -> None:
    """Draw the page."""
    kit.title(
        "Examples",
        "Which images does a network get wrong, and how sure is it?",
        "Choose a network and a set, as it is or shifted. The matrix counts true against answered classes; click a cell to see its images, "
        "and an image to see it beside its shifted versions with every network's answer.",
        paper="assay",
    )
    networks, most = kit.made(answered.networks)
    if not networks:
        kit.empty("No single answers are stored yet.", "Run an evaluation", "assay-run")
        return
    network, one = _choose(networks, most)
    kit.finding(kit.made(answered.finding, network, one), plainly=lambda: kit.made(plainly.of_examples, network, one))
    kit.onward(network, hops.EXAMPLE, one=views.Set(one.dataset, one.split).text())
    left, right = st.columns([2, 3])
    with left:
        cell = _confusion(network, one)
    with right:
        _gallery(network, one, cell)
    if example := st.query_params.get("example"):
        st.dialog("One image, every answer", width="large", on_dismiss=_close)(_example)(one, example, network)


def _choose(networks: list[str], most: str) -> tuple[str, views.Set]:
    """Ask which network and which set; open on the set it was trained on, under what costs it most."""
    columns = st.columns([3, 2, 2, 1])
    with columns[0]:
        network = kit.choose("Network", networks, key="network", default=most)
    texts, home = kit.made(answered.sets_of, network)
    with columns[1]:
        text = kit.choose("Set", texts, key="set", default=home, format_func=_label)
    chosen = views.Set.read(text)
    offered, worst = kit.made(answered.versions, network, chosen)
    with columns[2]:
        shift = kit.choose("Shift", list(offered), key="shift", default=worst.shift if worst else None, format_func=shown.spaced)
    if shift == answered.AS_IT_IS:
        return network, chosen
    strengths = offered[shift]
    told = [f"{s:g}" for s in strengths]
    hard = worst.strength if worst and worst.shift == shift else strengths[-1]
    with columns[3]:
        strength = kit.choose("Strength", told, key="strength", default=f"{hard:g}")
    return network, views.Set(chosen.dataset, chosen.split, shift, strengths[told.index(strength)])


def _label(text: str) -> str:
    return views.Set.read(text).label


def _confusion(network: str, one: views.Set) -> tuple[int, int] | None:
    """Show the confusion matrix and return the cell that is in the address or was clicked."""
    figure, counts, classes_of = kit.made(answered.counted, network, one)
    if figure is None:
        st.caption(f"{classes_of} classes: the confusions that occurred, most frequent first.")
        kit.table(counts, key="confusions", name="confusions")
        return None
    key = f"confusion-{network}-{one.text()}-{st.session_state.get('confusion-turn', 0)}"
    picked = kit.figure(
        figure, key=key, data=counts, name=f"Confusions of {network} on {one.label}", select=True,
        alt=f"Confusion matrix of {network} on {one.label}: true class by answered class; a click on a cell shows its images",
    )  # fmt: skip
    before = st.session_state.get("confusion-picked")
    st.session_state["confusion-picked"] = (key, picked)
    if picked or before == (key, picked):
        return answered.cell(picked[0], classes_of) if picked and _remember(picked[0]) else answered.cell(st.query_params.get("cell"), classes_of)
    if before and before[0] == key:  # it was clicked away in the figure
        _remember(None)
    return answered.cell(st.query_params.get("cell"), classes_of)


def _remember(cell: str | None) -> bool:
    kit.remember("cell", cell)
    return True


def _every_cell() -> None:
    """Forget the clicked cell: out of the address and out of the figure."""
    kit.remember("cell", None)
    st.session_state["confusion-turn"] = st.session_state.get("confusion-turn", 0) + 1


def _gallery(network: str, one: views.Set, cell: tuple[int, int] | None) -> None:
    """Show the images of a choice, each with what it is, what the network said and how sure it was."""
    left, right = st.columns(2)
    kinds = [kind for kind in answered.KINDS if one.shift or kind not in {"lost", "won"}]
    with left:
        first = "lost" if "lost" in kinds else None
        kind = kit.choose("Show", kinds, key="kind", default=first, format_func=answered.KINDS.__getitem__, disabled=cell is not None)
    with right:
        order = kit.choose("Order", list(answered.ORDERS), key="order", format_func=answered.ORDERS.__getitem__)
    mine, of_all = kit.made(answered.listed, network, one, kind, order, cell)
    if cell is not None:
        names = classes.names_of(network, one.dataset)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Only what is **{kit.escape(names[cell[0]])}** and was answered **{kit.escape(names[cell[1]])}**.", width="content")
            st.button("Show all cells", key="every-cell", type="tertiary", on_click=_every_cell)
    st.caption(f"{formats.share(min(SHOWN, len(mine)), len(mine), 'images shown')}, of {formats.count(of_all)} in the set.")
    drawable = shown.pictured(one.dataset, one.shift)
    if not drawable:
        why = (
            "the images that an attack makes are not kept" if shown.pictured(one.dataset) else "this set's images are not here, only answers to them"
        )
        st.caption(f"There are no pictures: {why}.")
    tiles = [_tile(row, one, drawable) for row in mine.head(SHOWN).to_dict("records")]
    gallery.show(
        tiles, key="gallery", selected=st.query_params.get("example"), label=f"Images of {one.label} with the answers of {network}", on_select=_open
    )
    kit.take_away(mine, name=f"answers of {network} on {one.label}", key="gallery")


def _open(example: str) -> None:
    kit.remember("example", example)


def _close() -> None:
    kit.remember("example", None)


def _tile(row: dict, one: views.Set, drawable: bool) -> gallery.Tile:
    """Return one image with the network's answer, and its answer to the image as it is where that is another set."""
    address = routes.image_url(one.dataset, one.split, row["example_id"], one.shift, one.strength) if drawable else ""
    notes = []
    if isinstance(row.get("predicted_name_here"), str):
        notes.append(f"as it is: {row['predicted_name_here']} · {shown.sure(row['confidence_here'])}")
    if "networks_right" in row:
        notes.append(f"{row['networks_right']:.0f} of {row['networks']:.0f} networks right")
    return gallery.Tile(
        id=row["example_id"], url=address, title=str(row["label_name"]), answer=f"{row['predicted_name']} · {shown.sure(row['confidence'])}",
        good=bool(row["correct"]), note="; ".join(notes),
    )  # fmt: skip


def _example(one: views.Set, example_id: str, network: str) -> None:
    """Show one image beside its shifted versions with every network's answer to each."""
    about = views.example(one.dataset, one.split, example_id)
    found = views.answers(example_id, one.dataset, one.split)
    if about is None or found.empty:
        st.info("The example in this link is not in this set.")
        return
    plain = found[found["shift"] == ""]
    told = f"True class: **{kit.escape(about['label_name'])}**. "
    if len(plain):
        told += f"As it is, **{int(plain['correct'].sum())} of {shown.plural(len(plain), 'network')}** right. "
    parts = [f"{name}: {value}" for name, value in about["groups"].items()] + ([about["source"]] if isinstance(about["source"], str) else [])
    st.markdown(told + kit.escape("; ".join(parts)))
    beside = [network, *(name for name in _first_of_each(found) if name != network)][:BESIDE]
    versions = found[["shift", "strength"]].drop_duplicates().to_dict("records")
    tiles = [_version_tile(found, one, example_id, str(v["shift"]), float(v["strength"]), beside) for v in versions]
    gallery.show(tiles, key=f"versions-{example_id}", size=132, label="The image as it is and under each shift, with answers")
    if any(not shown.pictured(one.dataset, str(v["shift"])) for v in versions):
        st.caption("Where there is no picture: the images that an attack makes are not kept, and of brought predictions there are none.")
    said = found.assign(version=[_version(s, x) for s, x in zip(found["shift"], found["strength"], strict=True)], answer=_said(found))
    wide = said.pivot_table(index="version", columns="network", values="answer", aggfunc="first", sort=False).reset_index()
    st.markdown(f"**Every answer** (right ✓ or wrong ✗, class, confidence; {shown.plural(said['network'].nunique(), 'network')})")
    kit.table(
        wide[["version", *(n for n in beside if n in wide), *(n for n in wide if n not in {"version", *beside})]],
        key="answers",
        name=f"answers to {example_id}",
    )


def _first_of_each(found: pd.DataFrame) -> list[str]:
    """Return one network of each architecture, the one with most answers, and then the others."""
    architectures = views.networks_known().set_index("network")["architecture"].to_dict()
    answered = found.groupby("network").size().to_dict()
    names = sorted((str(name) for name in answered), key=lambda name: (-answered[name], name))
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(str(architectures.get(name, name)), name)
    return [*seen.values(), *(name for name in names if name not in seen.values())]


def _version_tile(found: pd.DataFrame, one: views.Set, example_id: str, shift: str, strength: float, beside: Sequence[str]) -> gallery.Tile:
    """Return one version of the image with the answers of a few networks."""
    mine = found[(found["shift"] == shift) & (found["strength"] == strength)]
    rows = {row["network"]: row for row in mine.to_dict("records")}
    replies = [
        gallery.Reply(name, str(rows[name]["predicted_name"]), float(rows[name]["confidence"]), bool(rows[name]["correct"]))
        for name in beside
        if name in rows
    ]
    address = routes.image_url(one.dataset, one.split, example_id, shift, strength) if shown.pictured(one.dataset, shift) else ""
    right = f"{int(mine['correct'].sum())} of {shown.plural(len(mine), 'network')} right"
    return gallery.Tile(id=_version(shift, strength), url=address, title=_version(shift, strength), note=right, replies=replies)


def _version(shift: str, strength: float) -> str:
    return f"{shift.replace('_', ' ')} {strength:g}" if shift else answered.AS_IT_IS


def _said(found: pd.DataFrame) -> list[str]:
    columns = (found[name].tolist() for name in ("correct", "predicted_name", "confidence"))
    return [f"{'✓' if right else '✗'} {name} {shown.sure(sure)}" for right, name, sure in zip(*columns, strict=True)]


main()
