"""How a browser module of ours becomes a Streamlit component: a few lines inline, the rest fetched once at a hashed address."""

from typing import Any

from streamlit.components import v2

from pages.parts import routes

_SHIM = """
export default async function (component) {
  const module = await import(new URL("%s", location.href).href);
  return module.default(component);
}
"""


def mount(path: str, *, key: str, data: Any, width: Any = "stretch", **callbacks: Any) -> Any:
    """Mount a module below `pages/components`, such as "scatter/scatter.js", and return its state.

    Args:
        path: The module; its default export is called by Streamlit.
        key: Streamlit's key, which keeps the browser's node over changes of data.
        data: JSON or bytes for the module.
        width: Streamlit's width.
        callbacks: `on_<name>_change` for each state or trigger that the module sets; None keeps the name without a callback.
    """
    name = path.rsplit("/", 1)[-1].removesuffix(".js")
    # registered anew in each run: it costs nothing, and the registry belongs to the server that runs now
    renderer = v2.component(f"touchstone_{name}", js=_SHIM % routes.component_url(path))
    called: dict[str, Any] = {event: callback or _nothing for event, callback in callbacks.items()}
    return renderer(key=key, data=data, width=width, **called)


def _nothing() -> None:
    """Do nothing: a name without a callback still needs one to be known."""
