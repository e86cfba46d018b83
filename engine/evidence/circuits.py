"""What the views of circuits share: which circuit an address looks at, what its view holds, and its graph as a figure."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from engine import errors, store
from engine.circuits import plots, views
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer

LINK = "link"
LIMITS = (
    "Links are part of the network, the same for every input; attention differs from input to input, and more of it on an edge is no new wiring.",
    "Names of modules are numbers: what a module responds to was measured on test images, and may be more than one thing.",
)


def listing() -> pd.DataFrame:
    """Return the circuits that were observed or brought; raises UserError where there is none."""
    found = views.listing()
    if found.empty:
        raise errors.UserError("No circuit was looked into yet.", "Look into one: python -m engine circuits observe all.")
    return found


def first(found: pd.DataFrame) -> str:
    """Return the circuit to begin with: one that was trained here with learned links and a prior, else the first."""
    mine = found[(found["source"] == "network") & found["prior"].notna()]
    return str((mine if len(mine) else found)["circuit"].iloc[0])


def offered(path: str, words: str, fitting: Sequence[str] | None = None) -> list[Offer]:
    """Return a page about each circuit (of those that fit), the one to begin with usual."""
    found = listing()
    names = [name for name in found["circuit"].astype(str) if fitting is None or name in fitting]
    usual = first(found) if first(found) in names else next(iter(names), "")
    titles = found.set_index("circuit")["title"]
    return [Offer(f"{path}?circuit={name}", f"{words}: {titles[name]} ({name})", usual=name == usual) for name in names]


def by_class() -> list[str]:
    """Return the circuits whose attention was stored class by class."""
    found = store.query("SELECT DISTINCT circuit FROM circuit_edges_all WHERE kind = 'attention' AND slice LIKE 'class=%'")
    return [str(name) for name in found["circuit"]]


def chosen(asked: Asked) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the circuit of an address, what is known of it, and the view that its address holds."""
    found = listing()
    name = asked.one("circuit", found["circuit"].astype(str), first(found))
    return name, views.about(name), _view(asked)


def _view(asked: Asked) -> dict[str, Any]:
    text = asked.text("view")
    if text:
        asked.told["view"] = "as in the address"
    try:
        view = json.loads(text) if text else {}
    except ValueError:
        view = {}
    return view if isinstance(view, dict) else {}


def graph_of(circuit: str, known: dict[str, Any], key: str) -> tuple[Figure, str]:
    """Return one of a circuit's graphs as a figure, and what is hidden in it.

    Args:
        circuit: Its name.
        known: As `views.about`.
        key: As the viewer calls it: link, link@120, attention, attention.0, attention.class=3, attention.0.class=3.
    """
    asked, said = _read(key)
    shown = views.edges(circuit, most=None, **asked)
    drawn = views.edges(circuit, most=plots.MOST_DRAWN, **asked)
    nodes = views.nodes(circuit)
    hidden = f"{said}. Shown: {drawn.sentence}. Circles are modules, coloured by community; squares are outputs."
    alt = f"{said} of {known['title']}: modules where their signatures put them, with the heaviest edges between them"
    figure = plots.graph(nodes, drawn.edges, int(known["modules"]))
    return Figure(f"{said}: {known['title']}", alt, {"": figure}, shown.edges, captions=[hidden]), said


def _read(key: str) -> tuple[dict[str, Any], str]:
    """Return a graph's key as `views.edges` takes it, and in words."""
    kind, _, step = key.partition("@")
    if kind == LINK:
        return {"kind": LINK, "step": int(step) if step.isdigit() else None}, f"Links after step {step}" if step else "Links"
    parts = key.split(".")[1:]
    layer = next((int(one) for one in parts if one.isdigit()), None)
    slice_ = next((one for one in parts if "=" in one), "")
    said = "Attention" + (f" in layer {layer}" if layer is not None else "") + (f", {slice_.replace('=', ' ')}" if slice_ else "")
    return {"kind": "attention", "layer": layer, "slice_": slice_}, said


def data(known: dict[str, Any]) -> list[str]:
    """Return the data set that a circuit was trained on, where that is told."""
    return [str(known["dataset"])] if known["dataset"] else []
