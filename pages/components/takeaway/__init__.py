"""The takeaway: PNG and SVG of the Plotly figures inside a keyed container, made in the browser, offline."""

from pages.components.mounting import mount


def takeaway(target: str, *, key: str, name: str) -> None:
    """Show two quiet buttons that save what the container with the key `target` shows.

    Args:
        target: Key of the container around the figures.
        key: Streamlit's key of the buttons.
        name: Title of the picture and name of the file.
    """
    mount("takeaway/takeaway.js", key=key, data={"target": f"st-key-{target}", "name": name}, width="content")
