"""The frame around every page: navigation, logo, the look, and a guard, so that one bad page never blocks another."""

import streamlit as st
from streamlit.navigation.page import Page

from engine import places
from pages.parts import access, made, navigation, problems, server, style

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
    page = st.navigation(pages, expanded=True)
    access.account()
    guarded(page)


def guarded(page: Page) -> None:
    """Run a page; whatever it raises is shown in its place and written down."""
    try:
        with made.one_look():
            page.run()
    except Exception as error:  # noqa: BLE001  # any fault of a page stays inside it
        problems.show(error, page.url_path or "home")
    server.settle(page.url_path)
