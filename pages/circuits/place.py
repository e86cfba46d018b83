"""What the circuits' pages share: which circuit is looked at, the view in the address, what can be asked and taken away."""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine import ask, errors, networks, shifts, systems
from engine.circuits import document, exchange, picture, views
from engine.circuits import spec as asking
from engine.datasets import images
from engine.dossier import hops
from engine.interventions import settings
from engine.plots import formats
from pages.circuits import alone
from pages.components import circuit as viewer
from pages.parts import jobs, kit, live, routes

EXAMPLES = 20
LEVELS = 7  # values of a number that a factor can be set to
Try = tuple[str, str, dict[str, Any]]  # words, what is seen there, the view or what is asked
COMMANDS = "python -m engine train circuits --into FOLDER --arm scale_free --data mnist --offer"


def choose(only: tuple[str, ...] | None = None) -> str | None:
    """Let a circuit be chosen, kept in the address, or say how to come by one; None where there is none. `only`: those that may be chosen."""
    found = kit.made(views.listing)
    if only is not None and not found.empty:
        found = found[found["circuit"].isin(only)]
    if found.empty:
        _none()
        if only is None:
            bring()
            schema()
        return None
    named = dict(zip(found["circuit"].astype(str), titles(found, found), strict=True))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        name = kit.choose("Circuit", list(named), key="circuit", default=_first(found), format_func=named.__getitem__)
    if only is None:
        with right:
            bring()
    return name


def titles(found: pd.DataFrame, some: pd.DataFrame) -> list[str]:
    """Return what some of the circuits that were found are called; those of one title are told apart by their names."""
    twice = set(found["title"][found["title"].duplicated(keep=False)])
    return [f"{title} ({name})" if title in twice else str(title) for name, title in zip(some["circuit"], some["title"], strict=True)]


def asked_page(
    page: str, title: str, question: str, how: str, *, finding: Callable[[str], str], offer: Callable[[str], dict[str, Any]],
    only: tuple[str, ...] | None, further: Sequence[tuple[str, str]], tries: Callable[[dict[str, Any]], Sequence[Try]] | None = None,
) -> str | None:  # fmt: skip
    """Draw a page that asks a circuit itself and return the circuit, None where there is none.

    Args:
        page: What the viewer gets the offer under (input, act, compare), and part of the page's address.
        title: As in `kit.title`.
        question: As in `kit.title`.
        how: As in `kit.title`.
        finding: What was found before anything is asked; from the store alone.
        offer: What can be asked of the circuit.
        only: The circuits that may be chosen; None = all.
        further: Where to go on: words and addresses.
        tries: Questions to begin with, of what is offered.
    """
    kit.title(title, question, how)
    found_at = st.container()
    name = choose(only)
    if name is None:
        return None
    try:
        block = kit.made(picture.pack, name)
        told = {page: offer(name)}
    except errors.UserError as problem:
        kit.problem(problem)
        return None
    with found_at:
        kit.finding(kit.made(finding, name))
    first = tried([(label, seen, {"asked": {page: asked}}) for label, seen, asked in (tries(told[page]) if tries else ())])
    told |= {"start": started(page, name), "story": story(name), "tries": first, "more": routes.circuit_url(name)}
    if page == "input":
        kit.onward(name, hops.CIRCUIT)
    viewer.show(picture.dressed(block, **told), key=f"circuit-{page}-{name}", on_view=remember)
    kit.links([("The whole graph", "circuits"), *further])
    return name


def story(circuit: str) -> dict[str, str] | None:
    """Return where a module can be asked what it does, and have answers made ready; None for a circuit that cannot be run here."""
    if circuit not in askable():
        return None
    ask.wake()
    return {"circuit": circuit, "live": live.address("circuits")}


def tried(tries: Sequence[Try]) -> list[dict[str, Any]]:
    """Return views to begin with as the viewer takes them."""
    return [{"label": label, "seen": seen, "view": json.dumps(view)} for label, seen, view in tries]


def inputs(card: networks.Card) -> dict[str, Any]:
    """Return what a network can be asked about: test examples with the addresses of their pictures, shifts, sets with the same classes."""
    examples = [
        {"id": identity, "label": label, "url": kit.image_url(str(card.trained_on), "test", identity, size=64)}
        for identity, label in kit.made(_examples, str(card.trained_on))
    ]
    return {
        "classes": list(card.classes), "channels": card.preprocess.channels, "examples": examples,
        "shifts": {name: list(shifts.card(name).strengths) for name in shifts.names()},
        "sets": [name for name in kit.made(_sets) if name != card.trained_on and images.card(name).classes == card.classes],
        "systems": kit.made(_systems, tuple(card.classes)),
    }  # fmt: skip


def _systems(classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the systems whose classes a network knows, each with its factors and the values that these can be set to."""
    found = []
    for name in systems.names():
        if systems.problem(name) is not None or not set((system := systems.load(name)).classes) <= set(classes):
            continue
        factors = [
            {"name": factor.name, "levels": [level.text for level in settings.levels(system, factor.name, LEVELS)]}
            for factor in system.factors
            if not factor.hidden
        ]
        found.append({"name": name, "title": systems.card(name).title, "factors": factors})
    return found


def _sets() -> tuple[str, ...]:
    """Return the data sets that can be used here."""
    found = []
    for name in images.names():
        try:
            if images.card(name).missing is None:
                found.append(name)
        except errors.UserError:
            continue
    return tuple(found)


def _examples(dataset: str) -> tuple[tuple[str, str], ...]:
    """Return test examples, class after class in turn."""
    data = images.load(dataset, "test")
    labels = np.asarray(data.labels)
    of = [np.flatnonzero(labels == k) for k in range(len(data.classes))]
    chosen = [(int(mine[turn]), k) for turn in range(EXAMPLES) for k, mine in enumerate(of) if turn < len(mine)][:EXAMPLES]
    return tuple((data.ids[i], data.classes[k]) for i, k in chosen)


def askable() -> tuple[str, ...]:
    """Return the circuits whose networks are here, so that they can be asked."""
    found, here = kit.made(views.listing), {card.name for card in asking.known()}
    return tuple(str(name) for name in ([] if found.empty else found["circuit"]) if name in here)


def _first(found: pd.DataFrame) -> str:
    """Return the circuit to begin with: one that was trained here with learned links and a prior, else the first."""
    mine = found[(found["source"] == "network") & found["prior"].notna()]
    return str((mine if len(mine) else found)["circuit"].iloc[0])


def observe(circuits: tuple[str, ...], part: Literal["graph", "pruning"], said: str) -> None:
    """Offer to look into circuits as a job, and show it once it runs.

    Args:
        circuits: Their names.
        part: What is made: graph or pruning.
        said: The beginning of a sentence that goes on with how long it takes.
    """
    if run := st.query_params.get("run"):
        job = jobs.watch(run, "parts", key=f"circuit-{part}-run")
        if job is not None and job.active:
            return
    spec = asking.CircuitsSpec(networks=circuits, parts=(part,))
    try:
        planned = asking.plan(spec)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    seconds = asking.cost(spec, planned).seconds
    cost = f"{said} about **{formats.duration(seconds or 0)}** on a core that nobody else uses."
    jobs.ask(
        cost,
        "Make them" if part == "pruning" else "Look into them",
        lambda: jobs.submitted(spec, asking.title(spec), planned.cells),
        key=f"circuit-{part}-go",
    )


def unseen() -> None:
    """Offer to look into circuits that are networks here and that nobody looked into; nothing where there are none."""
    found = kit.made(views.listing)
    there = set() if found.empty else set(found["circuit"])
    if todo := tuple(card.name for card in asking.known() if card.name not in there):
        some = kit.escape(", ".join(todo[:3]) + (" …" if len(todo) > 3 else ""))
        observe(todo, "graph", f"{len(todo)} circuit{'s were' if len(todo) > 1 else ' was'} trained and not looked into yet ({some}): that takes")


def _none() -> None:
    if asking.known():
        kit.empty("Circuits were trained here, but none was looked into yet. Do it below; in a terminal: python -m engine circuits observe all")
        unseen()
    else:
        kit.empty(f"There is no circuit yet. Train one (minutes): {COMMANDS}; look into it: python -m engine circuits observe all; or bring a file.")


def bring() -> None:
    """Let a circuit be brought from a file; not in plain view."""
    if kit.plain.on():
        return
    if said := st.session_state.pop("circuit-taken", None):
        st.toast(said)
    with st.popover("Bring a circuit", width="content", key="circuit-bring", on_change="rerun"):
        st.caption(
            "JSON of the schema touchstone.circuit 1, GraphML with edge weights from 0 to 1, or a table (Parquet, CSV) with source, target, weight. "
            "Pins, groups and notes that a JSON file holds are restored. How such files are written stands at the end of the page Look."
        )
        kinds = [suffix.lstrip(".") for suffix in exchange.SUFFIXES]
        file = st.file_uploader("File", type=kinds, key=f"circuit-file-{st.session_state.get('circuit-brought', 0)}")
        if file is not None:
            st.button("Take it in", key="circuit-take", type="primary", on_click=_take, args=(file,))
            told, problem = st.session_state.get("circuit-problem", (None, None))
            if problem is not None and told == file.file_id:  # as long as the file is there: the page may run again by itself
                kit.problem(problem)


def schema() -> None:
    """Tell on demand what a file may hold, by an example and field by field, with both to take away."""
    with st.expander("How a circuit from outside is written", key="circuit-schema", type="compact", on_change="rerun") as part:
        if part.open:
            _schema()


def _schema() -> None:
    st.code(document.EXAMPLE, language="json")
    kit.table(document.fields(), key="circuit-schema-fields", name="Fields of touchstone.circuit 1")
    with st.container(horizontal=True, gap="small"):
        for word, content, name, kind in (
            ("Example", document.EXAMPLE.encode(), "circuit.json", "application/json"),
            ("JSON Schema", document.schema(), "touchstone.circuit-1.schema.json", "application/schema+json"),
        ):
            st.download_button(word, content, name, kind, key=f"circuit-schema-{word}", on_click="ignore", type="tertiary")
    st.caption(
        "**GraphML**: node attributes of the same names (x and y instead of sig2d), edge attribute weight from 0 to 1; an edge without one counts "
        "as 1. An edge leads from the module that is heard to the one that listens. **Edge tables**: columns source, target, weight; with a column "
        "layer the rows are attention, and links are their means."
    )


def _take(file: UploadedFile) -> None:
    """Take in the file that was given and choose its circuit, before the page runs again; the popover closes, ready for the next file."""
    try:
        name = _kept(file.name, file.getvalue())
    except errors.UserError as problem:
        st.session_state["circuit-problem"] = (file.file_id, problem)
        return
    known = views.about(name)
    kit.remember("view", None)
    st.session_state.update({
        "circuit": name, "circuit-bring": False, "circuit-brought": st.session_state.get("circuit-brought", 0) + 1, "circuit-mounted": None,
        "circuit-taken": f"Taken in: {kit.escape(known['title'])}, {known['modules'] + known['outputs']:,} modules.",
    })  # fmt: skip


def _kept(name: str, content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        return exchange.bring(path)


def started(page: str, circuit: str) -> str:
    """Return the view to begin with: the one in the address when a page first shows a circuit. What comes later, the browser knows itself."""
    known = st.session_state.get("circuit-mounted")
    if known is None:
        known = (page, circuit, st.query_params.get("view", "")[:20_000])
    elif known[:2] != (page, circuit):
        last = st.session_state.get("circuit-view", {})
        known = (page, circuit, last.get(circuit, ""))
        kit.remember("view", known[2] or None)
    st.session_state["circuit-mounted"] = known
    return known[2]


def remember(view: str) -> None:
    """Write a view into the address, and keep it for the other pages."""
    said = view if view != "{}" else None
    kit.remember("view", said)
    if mounted := st.session_state.get("circuit-mounted"):
        st.session_state["circuit-view"] = {mounted[1]: said or ""}


def view() -> dict | None:
    """Return the view in the address as it is exported, None where nothing was changed."""
    return exchange.view_of(st.query_params.get("view", ""))


def take_away(circuit: str) -> None:
    """Show quiet buttons that save the circuit, JSON and HTML with pins, groups and notes; pictures are saved from the viewer."""
    now = view()
    with st.container(horizontal=True, key="takeaway-circuit", gap="small"):
        for word, ending, kind, make in (
            ("JSON", "json", "application/json", lambda: exchange.to_json(circuit, view=now)),
            ("GraphML", "graphml", "application/xml", lambda: exchange.to_graphml(circuit)),
            ("HTML", "html", "text/html", lambda: alone.page(circuit, now)),
            ("Edges (CSV)", "csv", "text/csv", lambda: exchange.to_csv(circuit)),
            ("Edges (Parquet)", "parquet", "application/vnd.apache.parquet", lambda: exchange.to_parquet(circuit)),
        ):
            kit.save(word, make, f"{circuit}.{ending}", kind, key=f"circuit-{ending}")
