"""Choices in the address: what a person chose is in the link, and a link gives no choice that the page does not offer.

Widgets bind themselves (`bind="query-params"` with a `key`). The functions here are for what cannot bind: ids that a component
reports, long choices.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qs

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

Option = TypeVar("Option")
VIA, _GOING = "via", "going"  # in the address of a link, and in the session, until the page that is gone to has read it


def recall(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return what the address says under a name where that is known, else `otherwise`."""
    said = st.query_params.get(name)
    return said if said in set(known) else otherwise


def remember(name: str, value: str | None) -> None:
    """Write a choice into the address; None takes it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def choose(label: str, options: Sequence[Option], *, key: str, default: Option | None = None, **more: Any) -> Option:
    """Show a selectbox that is in the address; options must not be empty.

    Args:
        label: What is chosen.
        options: What there is.
        key: Streamlit's key, and the name in the address.
        default: What is chosen at first, where it is among the options.
        more: As in `st.selectbox`.
    """
    _forget(key, lambda value: value is None and None not in options)
    _translate(key, options, more.get("format_func"))
    first = options.index(default) if default in options else 0  # type: ignore[arg-type]
    return st.selectbox(label, options, index=first, key=key, bind="query-params", **more)


def choose_many(label: str, options: Sequence[Option], *, key: str, default: Sequence[Option] = (), **more: Any) -> list[Option]:
    """Show a multiselect that is in the address; defaults that are no options are left out."""
    _forget(key, lambda value: not isinstance(value, list | tuple))
    _translate(key, options, more.get("format_func"))
    first = [option for option in default if option in options]
    return st.multiselect(label, options, default=first, key=key, bind="query-params", **more)


def sent(query: Mapping[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Return the choices of a link as `arrived` finds them: Streamlit puts what the page before had chosen in front of them."""
    return {VIA: "link"} | dict(query)


def go(page: Page, query: Mapping[str, str | list[str]]) -> None:
    """Go to a page with choices, also under names that this page has choices of, which Streamlit would refuse. Nothing after the call runs."""
    st.session_state[_GOING] = dict(query)
    st.switch_page(page, query_params={})


def arrived() -> None:
    """Give a page the choices that a link or `go` sent along, at the start of a run.

    Streamlit drops those under names that the page before had choices of, too: it cannot tell them from what was left behind there.
    """
    asked = st.session_state.pop(_GOING, None)
    context = get_script_run_ctx(suppress_warning=True)
    if asked is None and VIA in st.query_params and context is not None:
        said = parse_qs(context.query_string.partition(f"{VIA}=")[2].partition("&")[2])
        asked = {name: values for name, values in said.items() if name not in st.query_params}
        del st.query_params[VIA]
    if asked:
        for name, values in asked.items():
            st.query_params[name] = values
        st.rerun()  # a widget reads the address as it was when the run began


def _forget(key: str, wrong: Callable[[Any], bool]) -> None:
    """Forget what a widget of the same key left behind, on another page, where this one cannot have it: Streamlit would choose nothing."""
    if key in st.session_state and wrong(st.session_state[key]):
        del st.session_state[key]


def _translate(key: str, options: Sequence[Option], words: Callable[[Option], str] | None) -> None:
    """Turn names of options in the address, as links of ours have them, into the words that a bound widget reads there."""
    said = st.query_params.get_all(key) if words else []
    if not words or not said:
        return
    named, seen = {str(option): words(option) for option in options}, {words(option) for option in options}
    if all(name in named and name not in seen for name in said):
        with contextlib.suppress(StreamlitAPIException):  # the widget is there already, and keeps the address itself
            st.query_params[key] = [named[name] for name in said]
            st.rerun()  # a widget reads the address as it was when the run began
