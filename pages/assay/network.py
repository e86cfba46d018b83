"""One network: everything the store knows about it."""

from urllib.parse import urlencode

import streamlit as st

from engine import dossier, errors, networks
from engine.assay import findings
from engine.dossier import hops, numbers
from engine.plainly import assay as plainly
from pages.assay import network_shown as shown
from pages.parts import kit

MOST_LISTED = 1_500  # names that a choice can hold


def main() -> None:
    """Draw the page."""
    kit.title(
        "Network",
        "What is known of this network?",
        "What was found first, then everything the store knows, by part: its numbers on each set, where it fails, what happens when something in the "
        "picture is set by hand, what is inside, and where it comes from. All numbers have n and a 95 % interval.",
        paper="assay",
    )
    chosen = _choose()
    if chosen is None:
        kit.empty("There is no network yet.", "Bring one or train one", "library")
        return
    collection, name = chosen
    if collection == dossier.HEADS:
        shown.pressed(name)
    elif collection == dossier.COMPLETERS:
        shown.completer(name)
    else:
        _asked(name, collection)
    kit.review("network", name if not collection else f"{collection}: {name}")


def _choose() -> tuple[str, str] | None:
    """Ask which network; one that the address names is found wherever it belongs. None where there is none at all."""
    known = kit.made(dossier.collections)
    said = st.query_params.get("network")
    home = kit.made(dossier.collection_of, said) if said and "collection" not in st.query_params else None
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        collection = kit.choose("Of", list(known), key="collection", default=home or "", format_func=known.__getitem__)
    everyone = kit.made(dossier.names, collection)
    if not everyone:
        return None
    with right:
        if len(everyone) <= MOST_LISTED:
            return collection, kit.choose("Network", everyone, key="network")
        asked = st.text_input(f"Network (one of {len(everyone):,})", everyone[0], key="network", bind="query-params", max_chars=300).strip()
    if asked not in set(everyone):
        kit.problem(errors.unknown("network", asked, everyone))
        return collection, everyone[0]
    return collection, asked


def _asked(name: str, collection: str) -> None:
    """Show a network that answers about images."""
    found = kit.made(numbers.scores, name, collection)
    if found.empty and not collection and name in networks.names():
        kit.empty("This network has not been evaluated yet.", "Run an evaluation", f"assay-run?{urlencode(shown.asking(name))}")
    said = kit.made(_finding, name, collection)
    kit.finding(said, plainly=None if collection else lambda: kit.made(plainly.of_network, name))
    if not collection or name not in set(kit.made(dossier.names)):
        kit.onward(name, hops.NETWORK)
    parts = kit.made(shown.parts, name, collection)
    if not parts:
        return
    tabs = st.tabs(list(parts), key="part", bind="query-params")
    for tab, part in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                shown.SHOWN[part](name, collection)


def _finding(name: str, collection: str) -> str:
    """Return what was found of a network where it was trained and elsewhere, "" where it has no accuracy."""
    found = numbers.scores(name, collection)
    return (findings.of_run(found, shown.trained_on(name, collection, found)) or "") if len(found) else ""


main()
