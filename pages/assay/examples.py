"""Right here, wrong there: which images, and how sure was the network?"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.assay import classes, findings, views
from engine.plots import confusion, drawn, formats
from pages.assay import shown
from pages.components import gallery
from pages.parts import kit, routes

SHOWN = 60
BESIDE = 6  # networks whose answers stand under each version of one image; the table below has all
MOST_CLASSES = 40
AS_IT_IS = "as it is"
KINDS = {
    "wrong": "Wrong here",
    "lost": "Right as it is, wrong here",
    "won": "Wrong as it is, right here",
    "right": "Right here",
    "all": "All",
}
ORDERS = {"sure": "Most sure first", "unsure": "Least sure first", "hard": "Wrong for most networks first", "set": "In the set's order"}


def main() -> None:
    """Draw the page."""
    kit.title(
        "Examples",
        "Which images does a network get wrong, and how sure is it?",
        "Choose a network and a set, as it is or shifted. The matrix counts true against answered classes; click a cell to see its images, "
        "and an image to see it beside its shifted versions with every network's answer.",
        paper="assay",
    )
    networks, most = kit.made(_networks)
    if not networks:
        kit.empty("No single answers are stored yet.", "Run an evaluation", "assay-run")
        return
    network, one = _choose(networks, most)
    kit.finding(kit.made(_finding, network, one))
    left, right = st.columns([2, 3])
    with left:
        cell = _confusion(network, one)
    with right:
        _gallery(network, one, cell)
    if example := st.query_params.get("example"):
        st.dialog("One image, every answer", width="large", on_dismiss=_close)(_example)(one, example, network)


def _networks() -> tuple[list[str], str]:
    """Return the networks whose single answers are stored, and the one with answers to most sets."""
    most = views.answered().groupby("network").size()
    return sorted(most.index), str(most.idxmax()) if len(most) else ""


def _answers(network: str, one: views.Set) -> pd.DataFrame:
    """Return a network's answers to a set, with its answers to the set as it is where that is another one."""
    found = views.predictions(network, one)
    if not one.shift:
        return found
    flips = views.flips(network, views.Set(one.dataset, one.split), one)
    here = flips[["example_id", "position", "correct_here", "predicted_name_here", "confidence_here"]]
    return found.merge(here, on=["example_id", "position"], how="left")


def _finding(network: str, one: views.Set) -> str:
    flipped = findings.of_flips(views.flips(network, views.Set(one.dataset, one.split), one), one) if one.shift else None
    return flipped or findings.of_answers(_answers(network, one), one, network) or ""


def _choose(networks: list[str], most: str) -> tuple[str, views.Set]:
    """Ask which network and which set; open on the set it was trained on, under what costs it most."""
    columns = st.columns([3, 2, 2, 1])
    with columns[0]:
        network = kit.choose("Network", networks, key="network", default=most)
    texts, home = kit.made(_sets, network)
    with columns[1]:
        text = kit.choose("Set", texts, key="set", default=home, format_func=_label)
    chosen = views.Set.read(text)
    offered, worst = kit.made(_versions, network, chosen)
    with columns[2]:
        shift = kit.choose("Shift", list(offered), key="shift", default=worst.shift if worst else None, format_func=shown.spaced)
    if shift == AS_IT_IS:
        return network, chosen
    strengths = offered[shift]
    told = [f"{s:g}" for s in strengths]
    hard = worst.strength if worst and worst.shift == shift else strengths[-1]
    with columns[3]:
        strength = kit.choose("Strength", told, key="strength", default=f"{hard:g}")
    return network, views.Set(chosen.dataset, chosen.split, shift, strengths[told.index(strength)])


def _sets(network: str) -> tuple[list[str], str | None]:
    """Return the sets whose answers of a network are stored, and the one it was trained on."""
    kept = views.answered()
    mine = kept[kept["network"] == network]
    sets = shown.sets_of(mine[mine["shift"] == ""] if (mine["shift"] == "").any() else mine)
    texts = sorted({views.Set(one.dataset, one.split).text() for one in sets}, key=lambda t: (views.Set.read(t).split != "test", t))
    return texts, views.networks_known().set_index("network")["trained_on"].to_dict().get(network)


def _versions(network: str, chosen: views.Set) -> tuple[dict[str, list[float]], views.Set | None]:
    """Return how a set was answered: as it is, and under which shifts at which strengths; and the version that costs the network most."""
    kept = views.answered()
    here = kept[(kept["network"] == network) & (kept["dataset"] == chosen.dataset) & (kept["split"] == chosen.split)]
    shifted = {str(shift): sorted(part["strength"].astype(float).unique().tolist()) for shift, part in here[here["shift"] != ""].groupby("shift")}
    return ({AS_IT_IS: [0.0]} if (here["shift"] == "").any() else {}) | shifted, _costliest(network, here)


def _label(text: str) -> str:
    return views.Set.read(text).label


def _costliest(network: str, here: pd.DataFrame) -> views.Set | None:
    """Return the shifted set, among those with stored answers, on which a network's accuracy is lowest."""
    scores = views.scores([network], metrics_chosen=["accuracy"])
    keys = ["dataset", "split", "shift", "strength"]
    found = scores[scores["value"].notna() & (scores["shift"] != "")].astype(dict.fromkeys(keys[:3], str)).merge(here[keys], on=keys)
    return shown.sets_of(found.sort_values("value").head(1))[0] if len(found) else None


def _confusion(network: str, one: views.Set) -> tuple[int, int] | None:
    """Show the confusion matrix and return the cell that is in the address or was clicked."""
    figure, counts, classes_of = kit.made(_counted, network, one)
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
        return _cell(picked[0], classes_of) if picked and _remember(picked[0]) else _cell(st.query_params.get("cell"), classes_of)
    if before and before[0] == key:  # it was clicked away in the figure
        _remember(None)
    return _cell(st.query_params.get("cell"), classes_of)


def _counted(network: str, one: views.Set) -> tuple[go.Figure | None, pd.DataFrame, int]:
    """Return the confusion matrix, its rows, and how many classes there are; no figure, and only the confusions, where these are many."""
    counts, names = views.confusion(network, one), classes.names_of(network, one.dataset)
    if len(names) <= MOST_CLASSES:
        return drawn.drawn(confusion.confusion, counts, names), counts, len(names)
    wrong = counts[counts["true"] != counts["predicted"]].sort_values("n", ascending=False)
    return None, wrong[["true_name", "predicted_name", "n", "share"]], len(names)


def _remember(cell: str | None) -> bool:
    kit.remember("cell", cell)
    return True


def _cell(text: str | None, n: int) -> tuple[int, int] | None:
    """Return the pair of classes that an address names; None for what names none."""
    numbers = [int(part) for part in (text or "").split("|") if part.isdigit() and int(part) < n]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _every_cell() -> None:
    """Forget the clicked cell: out of the address and out of the figure."""
    kit.remember("cell", None)
    st.session_state["confusion-turn"] = st.session_state.get("confusion-turn", 0) + 1


def _gallery(network: str, one: views.Set, cell: tuple[int, int] | None) -> None:
    """Show the images of a choice, each with what it is, what the network said and how sure it was."""
    left, right = st.columns(2)
    kinds = [kind for kind in KINDS if one.shift or kind not in {"lost", "won"}]
    with left:
        first = "lost" if "lost" in kinds else None
        kind = kit.choose("Show", kinds, key="kind", default=first, format_func=KINDS.__getitem__, disabled=cell is not None)
    with right:
        order = kit.choose("Order", list(ORDERS), key="order", format_func=ORDERS.__getitem__)
    mine, of_all = kit.made(_listed, network, one, kind, order, cell)
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


def _listed(network: str, one: views.Set, kind: str, order: str, cell: tuple[int, int] | None) -> tuple[pd.DataFrame, int]:
    """Return the answers of a kind (or of a cell of the matrix) in an order, and how many answers there are."""
    found = _answers(network, one)
    mine = found[_is_kind(found, kind)] if cell is None else found[(found["label"] == cell[0]) & (found["predicted"] == cell[1])]
    return _ordered(mine, order, one), len(found)


def _open(example: str) -> None:
    kit.remember("example", example)


def _close() -> None:
    kit.remember("example", None)


def _is_kind(found: pd.DataFrame, kind: str) -> pd.Series:
    """Return which rows are of a kind; what has no answer on the set as it is counts as neither lost nor won."""
    right, here = found["correct"], found.get("correct_here", pd.Series(data=None, index=found.index, dtype=object))
    was_right, was_wrong = here.map(lambda v: v is True or v == 1), here.map(lambda v: v is False or v == 0)
    return {"wrong": ~right, "right": right, "all": right.notna(), "lost": was_right & ~right, "won": was_wrong & right}[kind]


def _ordered(mine: pd.DataFrame, order: str, one: views.Set) -> pd.DataFrame:
    """Return the rows in the order asked for."""
    if order == "hard":
        kept = views.answered()
        same = kept[
            (kept["dataset"] == one.dataset) & (kept["split"] == one.split) & (kept["shift"] == one.shift) & (kept["strength"] == one.strength)
        ]
        hard = views.disagreements(one, sorted(same["network"]))[["example_id", "networks", "right"]].rename(columns={"right": "networks_right"})
        return mine.merge(hard, on="example_id", how="left").sort_values(["networks_right", "confidence"], ascending=[True, False])
    return {"sure": mine.sort_values("confidence", ascending=False), "unsure": mine.sort_values("confidence"), "set": mine}[order]


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
    return f"{shift.replace('_', ' ')} {strength:g}" if shift else AS_IT_IS


def _said(found: pd.DataFrame) -> list[str]:
    columns = (found[name].tolist() for name in ("correct", "predicted_name", "confidence"))
    return [f"{'✓' if right else '✗'} {name} {shown.sure(sure)}" for right, name, sure in zip(*columns, strict=True)]


main()
