"""Audit: decisions of any system, group by group; or a network of one's own, as far as its file lets one look inside."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import errors
from engine.heads import auditing
from engine.heads.audit import Audited
from engine.heads.auditing import Question
from pages.heads import audit_form, audit_network, audit_shown
from pages.parts import kit
from pages.store.bring import given
from pages.store.bring import told as said

HOW = (
    "Bring what a system decided about people: for each person a **score or a decision**, a **group**, and how it **turned out**, where that is "
    "known. Of each group you see how often it is accepted, and how often rightly, with the range in which the true rate probably lies (95 % "
    "intervals; n is how many people stand behind a number). A rate of fewer than 10 people is **not estimable** and stays empty, instead of "
    "looking like a finding. Gaps are differences between groups. Which gap matters is a question about the decision, not about numbers: equal "
    "shares, equal chances of those who deserve it, and equal precision cannot all hold at once when outcomes differ between groups.\n\n"
    "**A network of your own** shows more: whether its last layer tells the group, and who would be decided otherwise after a swap of the inferred "
    "group value. These are facts about the system; none of them is a legal verdict."
)
WAYS = ("Decisions", "A network")


def main() -> None:
    """Draw the page."""
    kit.title("Audit", "Which groups does a system decide differently about, and how sure is that?", HOW)
    top = st.container()
    way = st.segmented_control("What do you bring?", WAYS, default=WAYS[0], key="bring", bind="query-params", required=True)
    if way == WAYS[1]:
        audit_network.show(top)
    else:
        _decisions(top)
    kit.links([("Train on a table of yours", "train"), ("What a pressed network does inside", "inside")])


def _decisions(top: DeltaGenerator) -> None:
    """Audit a file of decisions, or the example until there is one."""
    audit_form.resume(audit_form.FILE, auditing.HAND)
    path = given.ask(audit_form.FILE, audit_form.ACCEPTS)
    audit_form.keep(audit_form.FILE, auditing.HAND, path)
    if path is None:
        st.caption("Until then, an example: risk scores of COMPAS, 7,214 people; accepted is who was called a lower risk (a decile score below 5).")
    path = path or auditing.EXAMPLE
    try:
        asked = audit_form.ask(path)
        if asked is None:
            return
        read: Audited = kit.made(_read, str(path), audit_form.stamp(path), asked)
    except errors.UserError as problem:
        said.problem(problem)
        return
    chosen = audit_shown.attribute(read)
    with top:
        kit.finding(audit_shown.telling(read, chosen).finding, key="finding-audit")
    audit_shown.show(read, chosen)
    audit_shown.away(audit_shown.telling(read, chosen).answer, "audit", audit_form.command(path.name, asked))


def _read(path: str, _stamp: int, asked: Question) -> Audited:
    return auditing.read(Path(path), asked)


main()
