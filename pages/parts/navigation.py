"""The one list of pages: where each stands in the navigation, its address, its file."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import streamlit as st
from streamlit.navigation.page import Page

from engine import errors, places, registry
from engine.plainly.opening import OPENING
from pages.parts import params, plain

OWN, OWN_NAME, OWN_ICON = "pages", re.compile("[a-z][a-z0-9_]*"), ":material/extension:"


@dataclass(frozen=True)
class Place:
    """One page of the dashboard."""

    section: str
    title: str
    path: str  # its address
    file: str  # below pages/
    icon: str
    hidden: bool = False  # reached by links only


PLACES = (
    Place("", "Home", "", "home/home.py", ":material/home:"),
    Place("", "Claim", "claim", "home/claim.py", ":material/balance:", hidden=True),
    Place("Assay", "Run", "assay-run", "assay/run.py", ":material/play_arrow:"),
    Place("Assay", "Explore", "assay-explore", "assay/explore.py", ":material/scatter_plot:"),
    Place("Assay", "Pairs", "pairs", "assay/pairs.py", ":material/grid_on:"),
    Place("Assay", "Trust", "trust", "assay/trust.py", ":material/verified:"),
    Place("Assay", "Choose", "choose", "assay/choose.py", ":material/task_alt:"),
    Place("Assay", "Slices", "slices", "assay/slices.py", ":material/pie_chart:"),
    Place("Assay", "Strength", "assay-strength", "assay/strength.py", ":material/show_chart:"),
    Place("Assay", "Examples", "assay-examples", "assay/examples.py", ":material/grid_view:"),
    Place("Assay", "Network", "assay-network", "assay/network.py", ":material/hub:", hidden=True),
    Place("Interventions", "See and act", "act", "interventions/act.py", ":material/account_tree:"),
    Place("Interventions", "Picture by picture", "strip", "interventions/strip.py", ":material/view_column:"),
    Place("Interventions", "Respond", "respond", "interventions/respond.py", ":material/ssid_chart:"),
    Place("Interventions", "Remedies", "remedies", "interventions/remedies.py", ":material/healing:"),
    Place("Heads", "Frontier", "frontier", "heads/frontier.py", ":material/balance:"),
    Place("Heads", "Inside", "inside", "heads/inside.py", ":material/blur_on:"),
    Place("Heads", "People", "people", "heads/people.py", ":material/group:"),
    Place("Heads", "Thresholds", "thresholds", "heads/thresholds.py", ":material/tune:"),
    Place("Heads", "Audit", "audit", "heads/audit.py", ":material/fact_check:"),
    Place("Heads", "Train", "train", "heads/train.py", ":material/model_training:"),
    Place("Circuits", "Look", "circuits", "circuits/look.py", ":material/hub:"),
    Place("Circuits", "One input", "circuit-input", "circuits/one_input.py", ":material/input:"),
    Place("Circuits", "Act and prune", "circuit-act", "circuits/act.py", ":material/content_cut:"),
    Place("Circuits", "Compare", "circuit-compare", "circuits/compare.py", ":material/compare_arrows:"),
    Place("Circuits", "Sentences", "circuit-sentences", "circuits/sentences.py", ":material/chat:"),
    Place("Circuits", "Train", "circuit-train", "circuits/train.py", ":material/model_training:"),
    Place("Circuits", "Interpreters", "interpreters", "circuits/interpreters.py", ":material/alt_route:"),
    Place("Amodal", "Step", "amodal", "amodal/step.py", ":material/movie:"),
    Place("Amodal", "Measure", "amodal-measure", "amodal/measure.py", ":material/straighten:"),
    Place("Amodal", "Bring", "amodal-bring", "amodal/bring.py", ":material/upload:"),
    Place("Store", "Report", "report", "store/report.py", ":material/summarize:"),
    Place("Store", "Runs", "runs", "store/runs.py", ":material/list_alt:"),
    Place("Store", "SQL", "sql", "store/sql.py", ":material/database:"),
    Place("Store", "Library", "library", "store/library.py", ":material/inventory_2:"),
    Place("Store", "Space", "space", "store/space.py", ":material/hard_drive:"),
)


def file_of(place: Place) -> Path:
    """Return the file of a page."""
    return places.ROOT / "pages" / place.file


def available() -> tuple[Place, ...]:
    """Return the pages whose files exist, those of whoever runs this server last."""
    return (*(place for place in PLACES if file_of(place).is_file()), *own())


def own() -> tuple[Place, ...]:
    """Return the pages of whoever runs this server: files in TOUCHSTONE_HOME/extensions/pages, titled by the first line of their docstring.

    Such a file runs in the server, as every extension does. Nothing that visitors bring lies there; what another account could have written is
    left out.
    """
    names = (name for name in registry.names(OWN) if OWN_NAME.fullmatch(name) and _is_mine(registry.path(OWN, name)))
    return tuple(Place("Your own", _title(name), f"own-{name.replace('_', '-')}", str(registry.path(OWN, name)), OWN_ICON) for name in names)


def _title(name: str) -> str:
    """Return what an own page is called: the first line of its docstring; its name where it has none or cannot be read."""
    try:
        said = registry.card(OWN, name).title.rstrip(".")
    except (SyntaxError, ValueError, OSError):
        said = ""
    return said[:40] or name.replace("_", " ").capitalize()


def _is_mine(file: Path) -> bool:
    """Return whether only this account, or the machine's administrator, can have written a file."""
    seen = [one.stat() for one in (file, file.parent)]
    mine = not hasattr(os, "getuid") or all(one.st_uid in (os.getuid(), 0) for one in seen)
    return mine and not any(one.st_mode & stat.S_IWOTH for one in seen)


def readable() -> tuple[Place, ...]:
    """Return the pages that a visit may read: all, but in plain view those only where there is something to read without acting."""
    return tuple(place for place in available() if place.path in OPENING or not plain.on())


def pages() -> Mapping[str, list[Page]]:
    """Return Streamlit's pages by section; the first one is where the dashboard opens."""
    found: dict[str, list[Page]] = {}
    for i, place in enumerate(available()):
        found.setdefault(place.section, []).append(_page(place, default=i == 0))
    return found


def page(path: str) -> Page:
    """Return one page by its address, for links.

    Raises:
        UserError: for an address that no page has.
    """
    shown = available()
    for i, place in enumerate(shown):
        if place.path == path:
            return _page(place, default=i == 0)
    raise errors.unknown("page", path, [place.path for place in shown])


def target(address: str) -> tuple[Page, dict[str, str | list[str]]]:
    """Return page and query parameters of an address such as "assay-examples?network=cnn"; the view of this visit goes along."""
    path, _, query = address.partition("?")
    found: dict[str, str | list[str]] = {}
    for name, values in parse_qs(query).items():
        found[name] = values if len(values) > 1 else values[0]
    return page(path), found | plain.kept()


def go(address: str, **more: str | list[str]) -> None:
    """Go to an address with further choices; the view goes along. Nothing after the call runs."""
    to, query = target(address)
    params.go(to, query | more)


def _page(place: Place, *, default: bool) -> Page:
    return st.Page(
        file_of(place),
        title=place.title,
        icon=place.icon,
        url_path=place.path,
        default=default,
        visibility="hidden" if place.hidden else "visible",
    )
