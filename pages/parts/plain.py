"""Plain view: the same pages for people who train no networks. Larger type, plain sentences, field's terms explained, nothing that changes anything.

`plain=1` in an address asks for it and goes along in every link; `plain=0` asks for the full view where plain is the rule. TOUCHSTONE_VIEW=plain
makes it the only view of a server; TOUCHSTONE_VIEW=viewers the one that people begin with whose role lets them look and nothing else.

Forms and buttons that change something are not built in plain view, and whoever acts counts as a viewer there, so that the engine refuses too.
"""

import contextlib
import html
import os
import threading
from collections.abc import Iterator

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine import people
from engine.plainly import Told, glossary
from engine.plainly.opening import OPENING

KEY = "plain"
VIEW = "TOUCHSTONE_VIEW"
ONLY, VIEWERS = "plain", "viewers"
HEADINGS = (
    ("tested", "What was tested"), ("differs", "What differs for sure"), ("alike", "What does not, or cannot be told"), ("sure", "How sure is that"),
)  # fmt: skip
_page = threading.local()
CSS = """
<style>
html { font-size: 18.5px !important; }
.stApp [data-testid="stMarkdownContainer"] p, .stApp [data-testid="stMarkdownContainer"] li { line-height: 1.55; }
.st-key-plain-told { border-left: 3px solid var(--ts-accent); padding: 0.1rem 0 0.1rem 1rem; }
.st-key-plain-told [data-testid="stMarkdownContainer"] p { max-width: 52rem; }
.st-key-plain-told [data-testid="stMarkdownContainer"] h3 { font-size: 1rem; margin: 0.5rem 0 0; padding: 0; color: var(--ts-muted); }
.stApp dl.ts-words { border-top: 1px solid var(--ts-rule); padding: 0.4rem 0 0; margin: 0; font-size: 0.85rem; line-height: 1.5; max-width: 52rem; }
.ts-words div { margin: 0.15rem 0; color: var(--ts-muted); }
.ts-words dt, .ts-words dd { display: inline; margin: 0; }
.ts-words dt { font-style: italic; color: var(--ts-text); }
.ts-words dt::after { content: ": "; }
@media (max-width: 640px) { html { font-size: 17px !important; } }
</style>
"""


def only() -> bool:
    """Return whether this server has no other view."""
    return os.environ.get(VIEW) == ONLY


def on() -> bool:
    """Return whether the visit that is drawn now is in plain view."""
    if only():
        return True
    if get_script_run_ctx(suppress_warning=True) is None:
        return False
    said = st.query_params.get(KEY)
    return usual() if said not in ("0", "1") else said == "1"


def usual() -> bool:
    """Return whether plain view is what a visitor begins with here."""
    return only() or (os.environ.get(VIEW) == VIEWERS and not people.now().may("run"))


def kept() -> dict[str, str]:
    """Return what a link has to say so that the view goes along; nothing where the view is the usual one."""
    return {KEY: "1" if on() else "0"} if on() != usual() else {}


def capped(who: people.Person | None) -> people.Person | None:
    """Return who acts, as a viewer at most where the visit is in plain view."""
    known = who or people.OWNER
    return people.Person(known.name, people.VIEWER) if known.role not in (people.NOBODY, people.VIEWER) and _asked() else who


def _asked() -> bool:
    """Return whether plain view was asked for; not what is usual for a role, which depends on who acts."""
    return get_script_run_ctx(suppress_warning=True) is not None and (only() or st.query_params.get(KEY) == "1")


@contextlib.contextmanager
def one_page(path: str) -> Iterator[None]:
    """Draw the page of an address: a term is explained where it stands first."""
    _page.path, _page.explained = path, set()
    try:
        yield
    finally:
        del _page.path, _page.explained


def here() -> str | None:
    """Return the path of the page that is drawn now; None outside of a page."""
    return getattr(_page, "path", None)


def opening() -> str:
    """Return the sentence that the page opens on, in Markdown; "" where none is known."""
    return OPENING.get(_page.path, "") if hasattr(_page, "path") else ""


def told(said: Told) -> None:
    """Show in plain words what was tested, what differs for sure, what does not, and how sure that is; then the terms used."""
    text = "\n\n".join(f"### {heading}\n\n{part}" for name, heading in HEADINGS if (part := "\n\n".join(getattr(said, name))))
    with st.container(key="plain-told"):
        st.markdown(text)
    words(text)


def words(text: str) -> None:
    """Explain the terms that a text sets in italics, as far as this page has not explained them yet."""
    known: set[str] = getattr(_page, "explained", set())
    terms = dict.fromkeys(name for said in glossary.marked(text) if (name := glossary.named(said)) and name not in known)
    if terms:
        known.update(terms)
        rows = "".join(f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(glossary.TERMS[name])}</dd></div>" for name in terms)
        st.html(f'<dl class="ts-words">{rows}</dl>')
