"""Audit: every run with its question, state, log, provenance and error; re-run; what is left out and why."""

import contextlib
import functools
import json
from typing import Any

import pandas as pd
import streamlit as st

from engine import control, errors, people, safety, space, store
from engine.assay import spec as asking
from engine.assay import views
from engine.assay.spec import AssaySpec
from engine.control import workers
from engine.interventions.spec import InterventionsSpec
from engine.plots import formats
from pages.assay import question, shown
from pages.interventions import response_form
from pages.parts import faults, kit
from pages.store import ledger
from pages.store.bring import taking


def main() -> None:
    """Draw the page."""
    kit.title(
        "Runs", "What was asked, what came of it, and where does each number come from?",
        "Each run keeps its question, seed, code revision, package versions and machine. A run again is a new run; nothing is changed in place. "
        "Click a row to open a run.",
    )  # fmt: skip
    _problems()
    for job in control.jobs(control.ACTIVE, limit=5):
        kit.progress(functools.partial(_progress, job.id), key=job.id, cancel=functools.partial(control.cancel, job.id))
    found = ledger.rows()
    if found.empty:
        kit.empty("There is no run yet.", "Run an evaluation", "assay-run")
        return
    kit.finding(_finding(found))
    kit.table(
        found[list(ledger.SHOWN)], key="runs", name="runs", columns=ledger.settings(), on_select=functools.partial(_open, found["run"].tolist())
    )
    names = dict(zip(found["run"], found["title"], strict=True))
    run = kit.choose("Open a run", list(names), key="open", format_func=lambda r: f"{names[r]} ({r})")
    _one(run, {str(name): value for name, value in found[found["run"] == run].iloc[0].items()})
    if hidden := len(kit.made(store.archived)):
        kit.links([(f"{shown.plural(hidden, 'archived run')} out of sight", "space")])
    _faults()
    if people.now().may("manage"):
        _audit_log()


def _audit_log() -> None:
    """Show who did what, the newest first."""
    entries = control.audited()
    if entries:
        with st.expander(f"Who did what: the newest {len(entries)}", key="audit-log"):
            told = pd.DataFrame(entries, columns=["when", "who", "did", "to"])
            told["when"], told["who"] = pd.to_datetime(told["when"], unit="s", utc=True), told["who"].fillna("the owner of the machine")
            kit.table(told, key="audit-log", name="audit log")


def _finding(found: pd.DataFrame) -> str:
    """Return what all runs come to."""
    states = found["state"].value_counts().to_dict()
    told = ", ".join(f"{formats.count(n)} {state}" for state, n in states.items())
    images = formats.count(found["images"].sum())
    return f"**{shown.plural(len(found), 'run')}**: {told}. Networks looked at {images} images in them."


def _open(runs: list[str]) -> None:
    """Open the run whose row was clicked."""
    chosen = st.session_state["runs"]["selection"]["rows"]
    if chosen:
        st.session_state["open"] = runs[chosen[0]]


def _problems() -> None:
    """Name what is left out of every answer: broken or foreign files, and what unfinished runs have stored."""
    problems = store.problems()
    if problems:
        st.warning(f"{len(problems)} file{'s are' if len(problems) > 1 else ' is'} left out of every answer; all others are read as usual.")
        kit.table(pd.DataFrame([{"root": p.root, "file": p.file, "why": p.why} for p in problems]), key="problems", name="left out")
    jobs = {job.id for job in control.jobs()}
    orphans = [one.run for one in store.unfinished() if one.run not in jobs]
    if orphans:
        few = ", ".join(orphans[:5])
        st.info(f"{shown.plural(len(orphans), 'unfinished run')} nobody is working on: {few}. What they stored is kept, and counts in no answer.")


def _faults() -> None:
    """List faults of our own, whose ids visitors have seen."""
    found = faults.recent()
    if found:
        with st.expander(f"Faults of the program ({len(found)} noted here)"):
            rows = pd.DataFrame([{"time": f.time, "id": f.id, "page": f.page, "error": f.error, "traceback": f.traceback} for f in found])
            kit.table(rows, key="faults", name="faults", hide=["traceback"])


def _progress(run: str) -> kit.Progress:
    """Return how far a run is."""
    job = control.job(run)
    if job.state == "queued":
        workers.ensure()
    doing = job.message if job.state == "running" else "waiting"
    return kit.Progress(job.title, job.done, job.total, job.active, "cells", doing, "", None, job.cancel)


def _one(run: str, told: dict[str, Any]) -> None:
    """Show one run whole."""
    job, spec = _job(run), str(told["spec"])
    st.header(kit.escape(told["title"]), anchor="run")
    _actions(run, told, job)
    kit.review("run", run)
    left, right = st.columns(2)
    left.markdown("**The question**")
    with left:
        kit.facts(_words(json.loads(spec)))
        kit.save("Question as JSON", lambda: spec, f"{run}.json", "application/json", key="question-json")
    right.markdown("**Where its numbers come from**")
    with right:
        _provenance(run)
    if job and job.error:
        st.error(kit.escape(job.error.strip().splitlines()[-1]))
        with st.expander("The whole error"):
            st.code(job.error, language=None)
    if job:
        with st.expander("Log"):
            st.code(job.log or "nothing was logged", language=None)


def _words(question: dict[str, Any]) -> dict[str, str]:
    """Return a question as names and values in words; what is empty is left out."""
    told = {name.replace("_", " "): _word(value) for name, value in question.items() if value not in ("", None, [], False)}
    return told | ({"images": "all of each set"} if question.get("study", "assay") == "assay" and not question.get("images") else {})


def _word(value: Any) -> str:
    """Return a value in words: names, or shifts with their strengths."""
    if isinstance(value, dict):
        return safety.few([f"{name}: {inner}" for name, inner in value.items()], 12)
    if not isinstance(value, list):
        return str(value)
    return ", ".join(f"{v['name']} {' '.join(f'{s:g}' for s in v['strengths'])}" if isinstance(v, dict) else str(v) for v in value)


def _provenance(run: str) -> None:
    """Show code, packages, machine and times of a finished run."""
    runs = views.runs()
    rows = runs[runs["run"] == run].to_dict("records")
    if not rows:
        job = _job(run)
        done = "It stored no rows: what it took in has a card in the library."
        kept = "This run is not finished; what it has stored so far is kept for when it is resumed."
        st.caption(done if job and job.state == "done" else kept)
        return
    row = rows[0]
    revision = f"{str(row['code_revision'])[:12]}{', with changes' if row['code_dirty'] is True else ''}" if row["code_revision"] else "not known"
    kit.facts({
        "run": run, "code": revision, "seed": str(row["seed"]), "device": row["device"], "machine": row["machine"],
        "started": f"{row['started']:%Y-%m-%d %H:%M} UTC", "took": formats.duration(row["seconds"]), "cells": formats.count(row["cells"]),
        "images": formats.count(row["images"]), **json.loads(row["packages"] or "{}"),
    })  # fmt: skip


def _job(run: str) -> control.Job | None:
    try:
        return control.job(run)
    except errors.UserError:
        return None


def _actions(run: str, told: dict[str, Any], job: control.Job | None) -> None:
    """Offer to see it, run it again, resume it, archive it."""
    again = _again(str(told["spec"])) if told["study"] == "assay" else None
    with st.container(horizontal=True, vertical_alignment="center"):
        if told["study"] == "assay":
            kit.links([("What it found" if told["state"] == "done" else "Watch it", f"assay-run?run={run}")])
            if st.button("Run again", key="again", disabled=isinstance(again, str), help="Asks the same question, as a new run."):
                _submit(str(told["spec"]))
        if told["study"] == "interventions":
            _responses(str(told["spec"]), str(told["state"]))
        if told["study"] == "remedies":
            system = json.loads(str(told["spec"]))["system"]
            kit.links([("What it found" if told["state"] == "done" else "Watch it", f"remedies?system={system}&run={run}")])
        if told["study"] == "intake":
            kit.links([("What came of it" if told["state"] == "done" else "Watch it", taking.address(str(told["spec"]), run))])
        if job and job.state in {"failed", "cancelled"} and st.button("Resume", key="resume"):
            control.resume(run)
            workers.ensure()
            st.rerun()
        if told["state"] == "done" and told["root"] == "results" and people.now().may("delete") and store.manifest(run) is not None:
            _archive(run)
    if isinstance(again, str):
        st.caption(f"It cannot be asked again as it stands: {kit.escape(again)}")
    elif again and not again.images:
        st.caption("All of its cells are answered already: run again, it reads the stored answers and computes only the metrics.")


def _responses(spec: str, state: str) -> None:
    """Link to the page that shows a question's responses, where it can still be read."""
    with contextlib.suppress(errors.UserError):
        response_form.link("What it found" if state == "done" else "Watch it", InterventionsSpec.read(spec))


def _archive(run: str) -> None:
    """Ask once more, then take a run out of every answer."""
    with st.popover("Archive", key="archive-popover"):
        st.markdown("Its numbers leave every page and every answer. Its files stay, and it can be put back on the page Space.")
        if st.button("Archive this run", key="archive", type="primary"):
            space.archive(run)
            st.session_state.pop("open", None)
            st.rerun()


def _again(spec: str) -> asking.Plan | str:
    """Return what asking a question again takes, or why it cannot be asked any more."""
    try:
        return question.planned(spec, store.version())
    except errors.UserError as problem:
        return str(problem)


def _submit(spec: str) -> None:
    """Ask a question again and go where it is watched."""
    try:
        asked = AssaySpec.read(spec)
        plan = asking.plan(asked)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    new = control.submit(asked, asking.title(asked), total=plan.cells, images_total=plan.images)
    workers.ensure()
    st.switch_page(kit.page("assay-run"), query_params={"run": new})


main()
