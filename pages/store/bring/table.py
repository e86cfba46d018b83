"""A result table from elsewhere: which column means what, what it becomes, what is wrong with it; then its networks are compared."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import streamlit as st

from engine import control, errors, hashing, safety
from engine.importers import _storing, _tabulated
from engine.importers._collected import Collected, Draft, collect, name_of
from engine.importers._desk import Issue
from engine.importers._mapping import NOTHING_ASKED
from engine.intake.spec import IntakeSpec, Kind
from engine.plots import formats
from pages.parts import kit
from pages.store.bring import given, table_columns, taking, told

KIND: Kind = "table"
ACCEPTS = "CSV, TSV, JSON, JSON lines, Parquet; several files, or a .zip of a folder"
NEEDS = "timm, model soups, RobustBench, DomainBed, assaying-ood, lm-evaluation-harness, MLflow, or any table of networks and scores"
SAVED = "table-saved"
HEAD = 8  # scores shown
MOST_AT_ONCE = 100_000  # scores that are stored while the page waits: about a second
STEPS = {"last": "the last step of each run", "all": "every step, as a network of its own"}
NO_ID = "not said"


def show() -> None:
    """Ask for a table and lead it into the store."""
    if taking.show(KIND, "steps", _taken):
        return
    _saved()
    path = given.ask(KIND, ACCEPTS, folders=True, several=True)
    if path is None:
        return
    try:
        kind = _kind(path)
        with st.spinner("Reading …", show_time=True):
            draft = _draft(path, _stamp(path), kind, **_options(kind))
        draft = table_columns.ask(draft, KIND) if kind in _tabulated.ASKS else draft
        name = _name(path, draft)
        draft = _with_id(draft)
        with st.spinner("Auditing …", show_time=True):
            found = _collected(_Key(draft), tuple(sorted(_choices().items())))
    except errors.UserError as problem:
        told.problem(problem)
        return
    _becomes(found)
    _audit(found)
    terms = _terms(draft)
    _known_before(name, draft)
    if st.button("Import this table", type="primary", key="save", disabled=not found.scores or not name.strip()):
        _save(path, found, name, terms)


def _key(name: str) -> str:
    return given.key(KIND, name)


def _stamp(path: Path) -> int:
    """Return what changes when a file does, or when files of a folder do."""
    inner = sorted(path.rglob("*"))[:2000] if path.is_dir() else []
    return hash((path.stat().st_mtime_ns, *((str(p), p.stat().st_mtime_ns) for p in inner)))


def _kind(path: Path) -> str:
    """Ask which kind of results it is; the one that is recognised is chosen."""
    kinds = list(_tabulated.KINDS)
    found = _detected(path, _stamp(path))
    kind = st.selectbox(
        "Kind of results", kinds, index=kinds.index(found), format_func=lambda k: f"{_tabulated.KINDS[k]}{' (recognised)' if k == found else ''}",
        key=_key("kind"), persist_state="session",
    )  # fmt: skip
    return kind or found


@functools.lru_cache(maxsize=8)
def _detected(path: Path, _stamp: int) -> str:
    return _tabulated.detect(path)


@functools.lru_cache(maxsize=2)
def _draft(path: Path, _stamp: int, kind: str, **options: str) -> Draft:
    return _tabulated.read(kind, path, NOTHING_ASKED, **options)


def _options(kind: str) -> dict[str, str]:
    """Ask what only some kinds need to know."""
    if kind == "domainbed":
        st.segmented_control("Networks are", list(STEPS), default="last", required=True, format_func=lambda s: STEPS[s], key=_key("steps"))
    return _steps(kind)


def _steps(kind: str) -> dict[str, str]:
    return {"steps": st.session_state.get(_key("steps")) or "last"} if kind == "domainbed" else {}


def _name(path: Path, draft: Draft) -> str:
    left, right = st.columns(2)
    usual, called = path.stem if draft.kind in _tabulated.ASKS else draft.kind, "Pages, links and commands call it so."
    name = left.text_input("Name of the table", value=usual[:60], key=_key("name"), persist_state="session", help=called)
    sets = list(dict.fromkeys(target.dataset for target in draft.layout.scores.values() if target.split == "test" and not target.shift))
    now = draft.layout.trained_on
    if not draft.layout.is_long and draft.layout.trained_on_column is None:
        right.selectbox(
            "In-distribution set", [NO_ID, *sets], index=sets.index(now) + 1 if now in sets else 0, key=_key("id"), persist_state="session",
            help="What all its networks were trained on. Pairs of it with every other set are compared.",
        )  # fmt: skip
    else:
        right.text_input("In-distribution set", value="each row says its own", disabled=True, key=_key("id-said"))
    return name


def _with_id(draft: Draft) -> Draft:
    chosen = st.session_state.get(_key("id"))
    if chosen is None or draft.layout.trained_on_column is not None:
        return draft
    return replace(draft, layout=replace(draft.layout, trained_on=None if chosen == NO_ID else chosen))


class _Key:
    """A draft as something to be looked up: the same file understood in the same way is the same."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.text = hashing.of_parts(draft.kind, draft.digest, draft.layout.said(), sorted(draft.decimal_commas))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@functools.lru_cache(maxsize=2)
def _collected(key: _Key, choices: tuple[tuple[str, str], ...]) -> Collected:
    return collect(key.draft, dict(choices))


def _choices() -> Mapping[str, str]:
    """Return what the person chose about findings."""
    before = _key("fix-")
    return {str(name).removeprefix(before): str(value) for name, value in st.session_state.items() if str(name).startswith(before) and value}


def _fix_key(code: str) -> str:
    return f"{_key('fix-')}{code}"


def _becomes(found: Collected) -> None:
    """Show what the table becomes: counts, mapping, the first scores."""
    left = len({row for row, _ in found.left_out})
    counted = f"**{formats.count(len(found.networks))} networks on {formats.count(len(found.sets))} sets**, {formats.count(found.scores)} scores"
    rows = f"{formats.count(len(found.draft.frame))} rows"
    st.markdown(f"{counted}, from {rows}{f'; {formats.count(left)} rows are left out in whole or part, as listed below' if left else ''}.")
    for note in found.notes:
        st.caption(kit.escape(note))
    if not found.scores:
        st.warning("Nothing of it is left to store: look at what the audit leaves out, and at the unit in which the scores are written.")
        return
    first = found.head(HEAD)
    with st.expander("What is stored: the first scores, and which column becomes what", expanded=True):
        kit.table(first.dropna(axis=1, how="all"), key="head", name="first scores")
        mapping = found.mapping()
        kit.table(mapping, key="mapping", name="mapping", height=min(38 + 33 * len(mapping), 240))


def _audit(found: Collected) -> None:
    """Show each finding with its rows, and ask what is to be done."""
    st.subheader("Audit", anchor=False)
    if not found.issues:
        st.markdown("Nothing is wrong with it: no copies, no doubled names, nothing unreadable or impossible.")
        return
    for issue in found.issues:
        _issue(issue)


def _issue(issue: Issue) -> None:
    with st.container(border=True, key=f"audit-{issue.code}"):
        st.markdown(f":material/rule: **{kit.escape(issue.sentence)}**")
        actions = list(issue.actions)
        st.selectbox(
            "What is done", actions, index=actions.index(issue.action), key=_fix_key(issue.code), persist_state="session",
            format_func=lambda action: f"{issue.actions[action]}{' (usual)' if action == issue.default else ''}",
        )  # fmt: skip
        if len(issue.details):
            with st.expander(f"Rows ({formats.share(len(issue.details), max(len(issue.rows), len(issue.details)), 'shown')})"):
                kit.table(_plain(issue.details), key=f"details-{issue.code}", name=issue.code, height=220)


def _plain(details: pd.DataFrame) -> pd.DataFrame:
    """Return details with mixed columns as text, which tables can show."""
    mixed = [c for c in details if details[c].dtype == object]
    return details.assign(**{str(c): details[c].astype("str") for c in mixed})


def _terms(draft: Draft) -> dict[str, str]:
    with st.expander("Licence and citation"):
        licence = st.text_input("Licence", value=draft.licence, key=_key("licence"), persist_state="session")
        citation = st.text_area("Whom to cite", value=draft.citation, key=_key("citation"), persist_state="session", height=80)
    return {"licence": licence, "citation": citation}


def _known_before(name: str, draft: Draft) -> None:
    """Say where a table of this name is there, and whether it is the same file."""
    before = [one for one in _storing.brought() if one.name == " ".join(name.split())]
    if before:
        same = "It was read from the same files." if before[0].digest == draft.digest else "It was read from other files."
        st.info(f"A table named {kit.escape(before[0].name)} is in the store already. {same} Importing takes its place; the old run is archived.")


def _save(path: Path, found: Collected, name: str, terms: Mapping[str, Any]) -> None:
    """Store the table, a large one by a worker, then show where to go."""
    draft = found.draft
    if found.scores > MOST_AT_ONCE or taking.is_long(path):
        said = {"kind": draft.kind, "options": _steps(draft.kind), "layout": draft.layout.said(), "decimal_commas": sorted(draft.decimal_commas)}
        taking.hand_over(KIND, path, name_of(name), {**said, "choices": dict(_choices()), **terms}, total=3)
    try:
        with st.spinner("Storing …", show_time=True):
            stored = _storing.keep(found, name_of(name), **terms)
    except errors.UserError as problem:
        told.problem(problem)
        return
    st.session_state[SAVED] = stored
    given.put_away(KIND)
    st.rerun()


def _saved() -> None:
    """Show what was imported last, and where to go."""
    stored: _storing.Stored | None = st.session_state.get(SAVED)
    if stored is None or stored.run not in {one.run for one in _storing.brought()}:
        return
    _here(stored.collection, stored.run, stored.sentence())


def _taken(spec: IntakeSpec, job: control.Job) -> None:
    """Show what a worker has taken in."""
    _here(spec.name, job.id, job.message)


def _here(name: str, run: str, sentence: str) -> None:
    """Say that a table is here, and where to go."""
    with st.container(key="finding-brought"):
        st.markdown(f"**{kit.escape(safety.shown(name))}** is in the store: {kit.escape(sentence)}")
    kit.links(links_of(name, run))


def links_of(collection: str, run: str) -> list[tuple[str, str]]:
    """Return where an imported table can be looked at."""
    quoted = quote(collection)
    return [
        ("Its pairs of sets", f"pairs?table={quoted}"),
        ("Choose among its networks", f"choose?table={quoted}"),
        ("Its card", f"library?tab=Tables&name={quoted}"),
        ("Where it comes from", f"runs?open={run}"),
    ]
