"""How problems look: a sentence with a way out for what a person can put right, an id for faults of our own."""

import streamlit as st

from engine import errors
from engine.plots.markdown import escape
from pages.parts import faults, server


def problem(error: errors.UserError) -> None:
    """Show what a person can put right, where they looked."""
    hint = f"  \n{escape(error.hint)}" if error.hint else ""
    st.warning(f"**{escape(error.message)}**{hint}", icon=":material/error:")


def show(error: BaseException, page: str = "") -> None:
    """Show an exception that reached the frame: as a sentence, or with the id under which the log has it."""
    if isinstance(error, errors.UserError):
        problem(error)
        return
    fault = faults.record(error, page)
    with st.container(border=True, key=f"fault-{fault.id}"):
        st.markdown("**Something went wrong here, and it is our fault.**")
        st.markdown(
            "Nothing that was stored is lost; the other pages work. Going back or choosing otherwise may help. "
            f"The log has the details under the id `{fault.id}`."
        )
        if not server.is_public():
            with st.expander("What the log says", key=f"log-{fault.id}"):
                st.code(fault.traceback[-4000:], language=None)
