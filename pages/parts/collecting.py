"""The report under way: a quiet button beside each page's title puts what is seen there into it, and says how much it holds."""

from urllib.parse import urlencode

import streamlit as st

from engine import control, errors, people
from engine.evidence import views
from pages.parts import navigation, plain
from pages.parts.made import made
from pages.parts.problems import problem

HOME = "home"  # how a report calls the first page, which has no path
LEFT_OUT = (plain.KEY, "run")  # of an address: how it is read, and a job that is under way


def offer() -> None:
    """Show the button where the page can be reported and this person may make reports; where views are in the report, how many."""
    page = plain.here()
    if page is None or plain.on() or not people.now().may("run") or (page or HOME) not in made(views.paths):
        return
    said = st.session_state.pop("collect-problem", None)
    many = len(control.reports.collected())
    with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center", key="takeaway-collect"):
        if many:
            label = f"Report: {many} view{'' if many == 1 else 's'}"
            st.page_link(navigation.page("report"), label=label, width="content")
        st.button(
            "Add to report", key="collect-add", type="tertiary", on_click=_add, args=(page or HOME,),
            help="What is chosen here goes into the report, as this page's link says it.",
        )  # fmt: skip
    if said is not None:
        problem(said)


def _add(page: str) -> None:
    """Put what the address says now into the report; before the page runs again."""
    address = seen(page)
    try:
        before = len(control.reports.collected())
        many = control.reports.collect(address)
    except errors.UserError as error:
        st.session_state["collect-problem"] = error
        return
    st.toast("It is in the report already." if many == before else f"Added: the report holds {many} view{'' if many == 1 else 's'} now.")


def seen(page: str) -> str:
    """Return the address of what is seen on a page, with every choice that it holds."""
    told = [(name, value) for name in st.query_params if name not in LEFT_OUT for value in st.query_params.get_all(name)]
    return f"{page}?{urlencode(told)}" if told else page
