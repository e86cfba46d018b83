"""The link: copies the address of what is seen, which holds every choice."""

from pages.components.mounting import mount


def link(*, key: str = "copy-link") -> None:
    """Show a quiet button that copies this page's address."""
    mount("link/link.js", key=key, data={}, width="content")
