"""Space: what lies on the disk, runs that are out of sight, what people brought, cache and reports; and how each is given back."""

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from engine import errors, people, space, store
from engine.plots import formats
from engine.space import brought, cached, reports
from pages.parts import kit

SAID = "space-said"


def main() -> None:
    """Draw the page."""
    kit.title(
        "Space",
        "What takes how much of the disk, and what can go?",
        "Archived runs leave every page and every answer and can be put back; only then can their files be deleted for good. What people brought "
        "is deleted with what follows from it told before; results stay. Cache and reports are kept within limits by themselves: "
        "`TOUCHSTONE_CACHE_BYTES`, `TOUCHSTONE_REPORTS_BYTES` and `TOUCHSTONE_REPORTS` set them. Deleting takes the role admin and is noted in the "
        "audit log. The same on the command line: `python -m engine space`.",
    )  # fmt: skip
    try:
        uses = space.used()
    except errors.UserError as problem:  # an object store that is away, a limit that is no number
        kit.problem(problem)
        return
    kit.finding(_finding(uses))
    match st.session_state.pop(SAID, None):
        case errors.UserError() as problem:
            kit.problem(problem)
        case str(said):
            st.info(said)
    _table(uses)
    if not people.now().may("delete"):
        st.caption("To archive or delete takes the role admin. Ask whoever runs this dashboard for it.")
    _runs()
    _brought()
    left, right = st.columns(2)
    with left:
        _cache(next(one for one in uses if one.what == "cache"))
    with right:
        _reports(next(one for one in uses if one.what == "reports"))


def _finding(uses: list[space.Use]) -> str:
    free, total = space.free()
    mine = sum(one.bytes for one in uses if one.what != "results that ship")
    share = f" ({formats.percent(free / total)})" if total else ""
    left = f"**{formats.size(free)}** of the disk's {formats.size(total)}{share} are free."
    return f"What was made or brought here takes **{formats.size(mine)}**. {left}"


def _table(uses: list[space.Use]) -> None:
    """Show what takes how much."""
    rows = pd.DataFrame([
        {"what": one.what, "size": formats.size(one.bytes), "limit": formats.size(one.limit) if one.limit else "", "files": one.files,
         "what it is": one.about, "bytes": one.bytes}
        for one in uses
    ])  # fmt: skip
    kit.table(rows, key="space-used", name="space used", hide=["bytes"], columns={"what it is": st.column_config.TextColumn(width="large")})


def _runs() -> None:
    """Show the archived runs; each comes back, or goes for good."""
    st.header("Runs out of sight", anchor="archived")
    found = {one.run: one for one in store.archived()}
    if not found:
        kit.empty("No run is archived. A run is taken out of sight where it is opened.", "Open a run", "runs", key="space-no-runs")
        return
    told = [
        {"question": one.title, "study": one.study, "finished": one.finished, "rows": one.rows, "size": formats.size(one.bytes), "run": one.run}
        for one in found.values()
    ]
    when = st.column_config.DatetimeColumn("finished", format="YYYY-MM-DD HH:mm", timezone=st.context.timezone or "UTC")
    kit.table(pd.DataFrame(told), key="space-archived", name="archived runs", columns={"finished": when})
    run = kit.choose("An archived run", list(found), key="archived", format_func=lambda run: f"{found[run].title} ({run})")
    with st.container(horizontal=True, gap="small"):
        st.button("Bring it back", key="space-restore", disabled=not _may(), on_click=_do, args=(space.restore, f"{run} counts again.", run))
        _ask(
            "Delete its files …", f"Its {found[run].rows:,} rows are deleted for good. Only asking again, or importing again, brings numbers back.",
            "space-erase", space.erase, f"The files of {run} were deleted.", run,
        )  # fmt: skip


def _brought() -> None:
    """Show what people brought, with what follows from deleting it."""
    st.header("Brought and trained here", anchor="brought")
    found = brought.listed()
    if not found:
        kit.empty("Nothing was brought yet.", "Bring your own", "library?tab=Bring your own", key="space-nothing-brought")
        return
    told = [
        {"kind": brought.KINDS[one.kind].one, "name": one.name, "size": formats.size(one.bytes), "changed": datetime.fromtimestamp(one.changed, UTC),
         "bytes": one.bytes}
        for one in found
    ]  # fmt: skip
    when = st.column_config.DatetimeColumn("changed", format="YYYY-MM-DD HH:mm", timezone=st.context.timezone or "UTC")
    kit.table(pd.DataFrame(told), key="space-brought", name="brought", columns={"changed": when}, hide=["bytes"])
    known = {f"{one.kind} {one.name}": one for one in found}
    chosen = known[kit.choose("One of them", list(known), key="brought", format_func=lambda word: _named(known[word]))]
    st.caption(kit.escape(brought.consequence(chosen.kind, chosen.name)))
    _ask(
        "Delete it …", f"Delete the {brought.KINDS[chosen.kind].one} **{kit.escape(chosen.name)}**?", "space-remove",
        brought.remove, f"Deleted: {_named(chosen)}.", chosen.kind, chosen.name,
    )  # fmt: skip


def _named(one: brought.Brought) -> str:
    return f"{brought.KINDS[one.kind].one}: {one.name}"


def _cache(use: space.Use) -> None:
    """Show how full the cache is, and empty it."""
    st.header("Cache", anchor="cache")
    st.markdown(f"{formats.size(use.bytes)} of {formats.size(use.limit or 0)}: answers of views, pictures made ready, uploads not saved yet.")
    what = "What was made ready is made again when it is asked for; pages are slower until then."
    _ask("Empty it …", what, "space-empty", cached.empty, "The cache was emptied.")


def _reports(use: space.Use) -> None:
    """Show the reports, and delete one."""
    st.header("Reports", anchor="reports")
    st.markdown(
        f"{use.files} of {reports.most()} reports, {formats.size(use.bytes)} of {formats.size(use.limit or 0)}. Beyond that the oldest are deleted."
    )
    names = [file.stem for file in reports.kept()]
    if names:
        one = kit.choose("A report", names, key="report")
        _ask("Delete it …", "It can be made again on the page Report, from what the store says then.", "space-report", reports.remove,
             f"The report {one} was deleted.", one)  # fmt: skip


def _may() -> bool:
    return people.now().may("delete")


def _ask(label: str, sentence: str, key: str, act: Callable[..., object], said: str, *words: str) -> None:
    """Offer to delete something, behind a question that says what follows."""
    with st.popover(label, key=f"{key}-popover", disabled=not _may()):
        st.markdown(sentence)
        st.button("Delete it" if "Empty" not in label else "Empty it", key=key, type="primary", on_click=_do, args=(act, said, *words))


def _do(act: Callable[..., object], said: str, *words: str) -> None:
    """Do it, and say what came of it above the page."""
    try:
        act(*words)
    except errors.UserError as problem:
        st.session_state[SAID] = problem
    else:
        st.session_state[SAID] = said


main()
