"""Notes and review status of what a page is about: what was said, by whom and when, and a form to say more."""

from datetime import datetime

import streamlit as st

from engine import errors
from engine.control import reviews
from engine.plots.markdown import escape
from pages.parts import plain
from pages.parts.problems import problem

ICONS = {reviews.OPEN: ":material/radio_button_unchecked:", reviews.IN_REVIEW: ":material/pending:", reviews.APPROVED: ":material/check_circle:",
         reviews.REJECTED: ":material/cancel:"}  # fmt: skip


def review(kind: str, subject: str) -> None:
    """Show where the review of a thing stands, its notes with the newest first, and a form for a new one; in plain view only what was said.

    Args:
        kind: network | run | finding.
        subject: Name of the network, id of the run, address of the finding.
    """
    said = reviews.notes(kind, subject)
    if plain.on() and not said:
        return
    now = said[0].status if said else reviews.OPEN
    with st.expander(
        f"Review: {now}" + (f", {len(said)} note{'' if len(said) == 1 else 's'}" if said else ""), icon=ICONS[now], key=f"review-{kind}"
    ):
        for note in said:
            when = datetime.fromtimestamp(note.created).astimezone().strftime("%Y-%m-%d %H:%M")
            st.markdown(f"**{note.status}**, {when}{f', {escape(note.user)}' if note.user else ''}  \n{escape(note.text)}")
        if not plain.on():
            _form(kind, subject, now)


def _form(kind: str, subject: str, now: str) -> None:
    with st.form(f"review-form-{kind}", clear_on_submit=True, border=False):
        text = st.text_area("Note", max_chars=reviews.LONGEST, key=f"review-text-{kind}", placeholder="What should the next reader know?")
        status = st.segmented_control("Status", reviews.STATUSES, default=now, key=f"review-status-{kind}-{subject}-{now}")
        if not st.form_submit_button("Keep", icon=":material/save:"):
            return
    try:
        reviews.write_note(kind, subject, text, status)
    except errors.UserError as error:
        problem(error)
    else:
        st.rerun()
