"""Predictions without their network: a table of labels and answers, audited, scored and stored."""

import functools
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from engine import control, errors
from engine.assay import brought, views
from engine.datasets import images
from engine.importers import network as network_in
from engine.importers import predictions as importer
from engine.intake.spec import IntakeSpec, Kind
from engine.plots import formats
from pages.parts import kit
from pages.store.bring import given, taking, told

KIND: Kind = "predictions"
ACCEPTS = "Parquet, CSV, JSON lines or .npz"
SPLITS = ("test", "val", "train")
HEAD = 6  # rows shown
SAVED = "predictions-saved"


def show() -> None:
    """Ask for a file of predictions and lead it into the store."""
    if taking.show(KIND, "steps", _taken):
        return
    _saved()
    path = given.ask(KIND, ACCEPTS)
    if path is None:
        return
    try:
        stamp = path.stat().st_mtime_ns
        asked = _form(path, _names(path, stamp), stamp)
        if not asked["dataset"]:
            st.caption("Say which set the rows are about, and they are looked at.")
            return
        preview = _read(path, stamp, **asked)
    except errors.UserError as problem:
        told.problem(problem)
        return
    _preview(preview)
    if st.button("Save these predictions", type="primary", disabled=not preview.usable, key="save"):
        _save(path, preview, asked, st.session_state.get(_key("trained")))


def _key(name: str) -> str:
    return given.key(KIND, name)


@functools.lru_cache(maxsize=8)
def _names(path: Path, _stamp: int) -> tuple[str, ...]:
    return importer.names(path)


@functools.lru_cache(maxsize=8)
def _guess(path: Path, _stamp: int) -> importer.Columns | errors.UserError:
    """Return which column is likely to mean what, or why that cannot be told."""
    try:
        return importer.columns(path)[0]
    except errors.UserError as problem:
        return problem


@functools.lru_cache(maxsize=4)
def _read(path: Path, _stamp: int, **asked: object) -> importer.Preview:
    return importer.read(path, **asked)  # type: ignore[arg-type]


def _form(path: Path, names: tuple[str, ...], stamp: int) -> dict:
    """Ask what the rows are about; returns the arguments of the importer besides the file."""
    left, middle, right = st.columns([3, 3, 1])
    called = "Runs, charts and links will call it so."
    network = left.text_input("Name of the network", value=path.stem[:80], key=_key("network"), persist_state="session", help=called)
    dataset = middle.selectbox(
        "Set that the rows are about", images.names(), index=None, key=_key("dataset"), accept_new_options=True, persist_state="session",
        placeholder="choose one, or type a new name",
        help="Where the set is here, the rows must be its examples: networks are compared on the same ones.",
    )  # fmt: skip
    split = right.selectbox("Split", _splits(dataset), key=_key(f"split-{dataset}"), persist_state="session", accept_new_options=True)
    guess = _guess(path, stamp)
    if isinstance(guess, errors.UserError):
        told.problem(guess)
    with st.expander("Columns, class names, training set", expanded=isinstance(guess, errors.UserError)):
        left, right = st.columns(2)
        with left:
            columns = _columns(None if isinstance(guess, errors.UserError) else guess, names)
        with right:
            more = _more()
    return {"network": network, "dataset": dataset, "split": split or "test", "columns": columns, **more}


def _splits(dataset: str | None) -> list[str]:
    sizes = images.card(dataset).sizes if dataset in images.names() else {}
    return [split for split in SPLITS if split in sizes] or list(SPLITS)


def _columns(guess: importer.Columns | None, names: tuple[str, ...]) -> importer.Columns:
    """Ask which column means what; where nothing could be guessed, what holds the answers is asked as well."""
    label = st.selectbox("Column of labels", names, index=names.index(guess.label) if guess else 0, key=_key("label"), persist_state="session")
    outputs, classes = (guess.outputs, guess.classes) if guess else (tuple(_outputs(names, label)), ())
    values = st.radio(
        "The values are",
        ["logits", "probabilities"],
        index=int(bool(guess and guess.probabilities)),
        key=_key("values"),
        persist_state="session",
        horizontal=True,
    )
    first = names.index(guess.example_id) + 1 if guess and guess.example_id else 0
    ids = st.selectbox("Column that names each example", ["none", *names], index=first, key=_key("ids"), persist_state="session")
    others = [name for name in names if name not in {label, ids, *outputs}]
    groups = st.multiselect(
        "Columns to group by", others, key=_key("groups"), persist_state="session", help="Left empty, columns that take few values are taken."
    )
    return importer.Columns(label, outputs, values == "probabilities", None if ids == "none" else ids, tuple(groups) or None, classes)


def _outputs(names: tuple[str, ...], label: str) -> list[str]:
    said = "One a class in the order of the classes, or a single one that holds lists."
    chosen = st.multiselect(
        "Columns of the answers", [name for name in names if name != label], key=_key("outputs"), persist_state="session", help=said
    )
    if not chosen:
        raise errors.UserError("No column holds the answers yet.", "Choose the columns of logits or probabilities.")
    return chosen


def _more() -> dict:
    """Ask what the outputs are called, what the network was trained on, and what to do with bad rows."""
    pasted = st.text_area(
        "Names of the outputs, in order",
        key=_key("classes"),
        persist_state="session",
        placeholder="one a line; left empty: those of the set",
        height=120,
    )
    st.selectbox(
        "Trained on",
        images.names(),
        key=_key("trained"),
        persist_state="session",
        index=None,
        placeholder="not said",
        help="The network's in-distribution set.",
    )
    return {
        "classes": network_in.classes_of_text(pasted) if pasted.strip() else (),
        "renormalise": st.toggle("Divide probabilities by their sum", key=_key("renormalise"), persist_state="session"),
        "skip_bad": st.toggle("Leave out rows that cannot be read", key=_key("skip"), persist_state="session"),
    }


def _preview(preview: importer.Preview) -> None:
    """Show the audit and the first rows as the importer understands them."""
    columns = preview.columns
    outputs = " to ".join(dict.fromkeys((*columns.outputs[:1], *columns.outputs[-1:])))
    kind = "probabilities" if columns.probabilities else "logits"
    groups = f"; grouped by {', '.join(columns.groups)}" if columns.groups else ""
    st.caption(kit.escape(f"Labels from {columns.label}; {kind} from {outputs}{groups}."))
    told.audit(preview.audit)
    if preview.n:
        first = preview.head(HEAD)
        kit.table(first.assign(confidence=[formats.percent(c) for c in first["confidence"]]), key="head", name=f"first rows of {preview.file}")


def _save(path: Path, preview: importer.Preview, asked: dict, trained_on: str | None) -> None:
    """Score and store, a large file by a worker, then show what came of it."""
    if taking.is_long(path):
        said = {**asked, "columns": asdict(preview.columns), "trained_on": trained_on}
        taking.hand_over(KIND, path, said.pop("network"), said, total=2)
    try:
        with st.spinner("Scoring …"):
            run = brought.store_preview(preview, trained_on=trained_on)
    except errors.UserError as problem:
        told.problem(problem)
        return
    control.audit("bring predictions", f"{preview.network} on {preview.dataset}")
    st.session_state[SAVED] = (run, preview.network, preview.dataset, preview.split)
    given.put_away(KIND)
    st.rerun()


def _taken(spec: IntakeSpec, job: control.Job) -> None:
    """Show what a worker has taken in."""
    _here(job.id, spec.name, spec.said["dataset"], spec.said["split"])


def _saved() -> None:
    """Show what was brought last."""
    if SAVED in st.session_state:
        _here(*st.session_state[SAVED])


def _here(run: str, network: str, dataset: str, split: str) -> None:
    """Say that predictions are here, their accuracy, and where to go."""
    one = views.Set(dataset, split)
    found = views.scores([network], [one], ["accuracy"])
    if found.empty:
        return  # it was removed since
    row = found.iloc[0]
    said = formats.interval(row["value"], row["low"], row["high"], row["n"], "fraction")
    with st.container(key="finding-brought"):
        st.markdown(f"**{kit.escape(network)}** is in the store: accuracy on {kit.escape(one.label)} **{said}**.")
    kit.links([
        ("All its numbers", f"assay-network?network={network}"), ("Its wrong answers", f"assay-examples?network={network}&set={one.text()}"),
        ("Beside other networks", f"assay-explore?x={one.text()}"), ("Where it comes from", f"runs?open={run}"),
    ])  # fmt: skip
