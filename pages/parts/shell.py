"""The frame around every page: navigation, logo, the look, and a guard, so that one bad page never blocks another."""

import streamlit as st
from streamlit.navigation.page import Page

from engine import places
from pages.parts import access, made, navigation, params, plain, problems, server, style

ART = places.ROOT / "pages" / "parts" / "art"
ABOUT = "**Touchstone** shows what a neural network has learned, by what it does outside its training distribution. Everything runs on this machine."


def main() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(
        page_title="Touchstone",
        page_icon=str(ART / "icon.png"),
        layout="wide",
        menu_items={"About": ABOUT, "Get help": None, "Report a bug": None},
    )
    style.apply()
    st.logo(str(ART / f"logo-{style.theme()}.svg"), size="large", icon_image=str(ART / "mark.svg"))
    if not access.gate():
        return
    pages = navigation.pages()
    if not pages:
        st.info("There are no pages here: the folder `pages/` holds none of the files that `pages/parts/navigation.py` lists.")
        return
    page = st.navigation(pages, expanded=True, position="hidden" if plain.on() else "sidebar")
    params.arrived()
    if plain.on():
        _menu()
    _switch(page)
    access.account()
    if page.url_path in {place.path for place in navigation.readable()}:
        guarded(page)
    else:
        _acts(page)


def _menu() -> None:
    """Show the pages of plain view as links that keep the view; Streamlit's own menu forgets it."""
    section = ""
    with st.sidebar.container(key="plain-menu", gap="xxsmall"):
        for place in navigation.readable():
            if place.hidden:
                continue
            if place.section != section:
                section = place.section
                st.caption(section)
            st.page_link(navigation.page(place.path), label=place.title, icon=place.icon, query_params=plain.kept() or None)


def _switch(page: Page) -> None:
    """Offer the other view of the page that is open, with the same choices; where there is only one, nothing."""
    if plain.only():
        return
    asked = {name: st.query_params.get_all(name) for name in st.query_params if name != plain.KEY}
    now = plain.on()
    label, icon = ("Full view", ":material/tune:") if now else ("Plain view", ":material/menu_book:")
    said = "Everything, with controls." if now else "Plain words, larger type, nothing that changes anything."
    with st.sidebar.container(key="view-switch"):
        st.page_link(page, label=label, icon=icon, help=said, query_params=asked | {plain.KEY: "0" if now else "1"})


def _acts(page: Page) -> None:
    """Say that a page is there to act, and that nothing is changed in plain view."""
    st.title(page.title, anchor=False)
    st.markdown("This page is there to run, bring or change something. In plain view everything can be read, and nothing changed.")
    st.page_link(navigation.page(""), label="Home", icon=":material/arrow_forward:", query_params=plain.kept() or None)


def guarded(page: Page) -> None:
    """Run a page; whatever it raises is shown in its place and written down."""
    try:
        with made.one_look(), plain.one_page(page.url_path):
            page.run()
    except Exception as error:  # noqa: BLE001  # any fault of a page stays inside it
        problems.show(error, page.url_path or "home")
    server.settle(page.url_path)
