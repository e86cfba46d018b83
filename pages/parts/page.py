"""The words around figures: title and question, finding, emptiness, links, facts, rows of pictures."""

import html
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from engine import errors
from engine.evidence.papers import PAPERS
from engine.plainly import Told
from engine.plots.markdown import escape
from pages.components.link import link
from pages.parts import collecting, navigation, params, plain


def title(name: str, question: str, explain: str = "", *, paper: str | None = None) -> None:
    """Show what a page is, the question it answers, how to read it, and the paper behind it; in plain view what is seen there, in plain words.

    Args:
        name: Title of the page.
        question: The question, in plain words.
        explain: How to read the page; Markdown.
        paper: A key of `engine.evidence.papers.PAPERS`.
    """
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(name, anchor=False, width="content")
        with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center", key="title-actions"):
            collecting.offer()
            link(key="copy-link")
    if plain.on():
        _opening(question, paper)
        return
    with st.container(key="question"):
        st.markdown(escape(question))
    if explain or paper:
        with st.expander("How to read this", key="how-to-read", type="compact"):
            if explain:
                st.markdown(explain)
            if paper:
                _after(paper)


def _opening(question: str, paper: str | None) -> None:
    """Show what is seen on a page, in plain words, and whose question it is."""
    said = plain.opening()
    with st.container(key="question"):
        st.markdown(f"{escape(question)}\n\n{said}" if said else escape(question))
    plain.words(said)
    if paper:
        _after(paper)


def _after(paper: str) -> None:
    """Show whose method a page follows."""
    st.caption(f"After [{escape(PAPERS[paper].citation)}]({PAPERS[paper].address}).")


def finding(text: str, *, key: str = "finding", plainly: Callable[[], Told | None] | None = None) -> None:
    """Show what was found: a sentence with its numbers; nothing where there is none.

    Args:
        text: Markdown.
        key: Streamlit's key.
        plainly: Makes the same in plain words, which stands there in plain view.
    """
    if plainly is not None and plain.on() and (said := _plainly(plainly)):
        plain.told(said)
        return
    if text:
        with st.container(key=key if key.startswith("finding") else f"finding-{key}"):
            st.markdown(text)


def _plainly(make: Callable[[], Told | None]) -> Told | None:
    """Return what was found in plain words; None where that cannot be said."""
    try:
        return make()
    except errors.UserError:
        return None


def empty(what: str, label: str = "", address: str = "", *, key: str = "empty") -> None:
    """Say that there is nothing to see yet, and link to what changes that.

    Args:
        what: A sentence.
        label: Words of the link.
        address: Where it leads, such as "assay-run" or "assay-examples?network=cnn".
        key: Streamlit's key.
    """
    with st.container(border=True, key=key):
        st.markdown(escape(what))
        if label:
            _page_link(label, address)


def links(targets: Sequence[tuple[str, str]]) -> None:
    """Show links to other pages side by side: words and address of each."""
    with st.container(horizontal=True, gap="medium"):
        for label, address in targets:
            _page_link(label, address)


def _page_link(label: str, address: str) -> None:
    """Show a link; one that leads to a page that is not there, or has nothing to read in plain view, is left out."""
    try:
        page, query = navigation.target(address)
    except errors.UserError:
        return
    if page.url_path not in {place.path for place in navigation.readable()}:
        return
    st.page_link(page, label=escape(label), query_params=params.sent(query) if query else None, icon=":material/arrow_forward:", width="content")


def facts(found: Mapping[str, object]) -> None:
    """Show names and values as a list of two columns."""
    rows = "".join(f"<dt>{html.escape(str(name))}</dt><dd>{html.escape(str(value))}</dd>" for name, value in found.items())
    st.html(f'<dl class="ts-facts">{rows}</dl>')


def images(pictures: Sequence[tuple[str, str]], *, size: int = 84) -> None:
    """Show pictures side by side: words under each, and its address."""
    st.html(_row(pictures, size))


def image_rows(first: Sequence[tuple[str, str]], rows: Sequence[Sequence[tuple[str, str]]], *, size: int = 84) -> None:
    """Show rows of pictures below each other, after a first row."""
    st.html("".join(_row(row, size) for row in [first, *rows] if row))


def _row(pictures: Sequence[tuple[str, str]], size: int) -> str:
    shown = "".join(
        f'<figure><img src="{html.escape(address)}" alt="{html.escape(label)}" loading="lazy"><figcaption>{html.escape(label)}</figcaption></figure>'
        for label, address in pictures
    )
    return f'<div class="ts-images" style="--ts-size:{size}px">{shown}</div>'
