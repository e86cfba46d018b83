"""One card of the library opened: what it is, terms, whom to cite, where it comes from, its hash."""

import json
from collections.abc import Mapping

import streamlit as st

from engine import networks, registry
from engine.assay import views
from engine.plots import formats
from pages.parts import kit
from pages.store.cards import listings, removal
from pages.store.cards.prose import prose

SHOWN_CLASSES = 24


def network(name: str) -> None:
    """Show a network's card, or what is known of one of which only predictions were brought."""
    if name not in networks.names():
        _predictions_only(name)
        return
    card = networks.card(name)
    _head(card.title, prose(card.text))
    kit.facts({**_made(card), **_wants(card), **_terms(card.licence, card.citation), "weights": _weights(card)})
    classes(card.classes)
    _more(card)
    if card.source == "brought":
        removal.network(name)
    kit.links([("All its numbers", f"assay-network?network={name}"), ("Evaluate it", f"assay-run?id={listings.home_of(card) or ''}&network={name}")])


def _head(title: str, text: str) -> None:
    st.header(kit.escape(title), anchor=False)
    if text:
        st.markdown(text)


def _made(card: networks.Card) -> dict[str, str]:
    source = {"shipped": "trained by this program", "package": f"the package {card.package}", "brought": "brought"}[card.source]
    return {
        "name": card.name, "architecture": " ".join((card.architecture, *(f"{k} {v}" for k, v in card.options.items()))),
        "trained on": card.trained_on or "not said", "parameters": formats.count(card.parameters) if card.parameters else "not counted",
        "source": source,
    }  # fmt: skip


def _wants(card: networks.Card) -> dict[str, str]:
    """Return what the network wants of an image, in words."""
    want = card.preprocess
    channels = "1 channel, grey" if want.channels == 1 else f"3 channels, {want.order.upper()}"
    numbers = " ".join(f"{value:g}" for value in want.mean), " ".join(f"{value:g}" for value in want.std)
    crop = "" if want.crop == 1 else f", the centre {formats.percent(want.crop)} of the side"
    return {
        "input": f"{want.size} {formats.TIMES} {want.size}, {channels}, {want.layout.upper()}{crop}",
        "values": f"pixels {formats.TIMES} {want.scale:.4g}, minus {numbers[0]}, over {numbers[1]}",
    }


def _terms(licence: str, citation: str) -> dict[str, str]:
    return {"licence": licence or "not said", **({"cite": citation} if citation else {})}


def _weights(card: networks.Card) -> str:
    files = ", ".join(card.weights) or f"in the package {card.package}"
    return f"{files}, {formats.size(listings.weight_bytes(card))}, hash {card.digest}"


def _more(card: networks.Card) -> None:
    """Show how a network was made, where that is known."""
    told = {**{k: str(v) for k, v in card.attributes.items()}, **{f"{k} when made": formats.number(v) for k, v in card.metrics.items()}}
    if told or card.recipe:
        with st.expander("How it was made"):
            kit.facts(told)
            if card.recipe:
                st.code(card.recipe, language="bash")


def _predictions_only(name: str) -> None:
    known = views.networks_known().set_index("network")
    about = known.loc[name]
    _head(str(about["title"]), "Only predictions of this network were brought; it cannot be run here.")
    told = views.answered()
    sets = [f"{row.dataset} ({row.split}, {formats.count(int(str(row.n)))} examples)" for row in told[told["network"] == name].itertuples()]
    facts = {"name": name, "sets": "; ".join(sets), "trained on": _text(about["trained_on"])}
    if "file" in known and isinstance(about["file"], str):
        facts["from the file"] = str(about["file"])
    kit.facts(facts)
    removal.predictions(name)
    kit.links([("All its numbers", f"assay-network?network={name}"), ("Its wrong answers", f"assay-examples?network={name}")])


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else "not said"


def classes(names: tuple[str, ...]) -> None:
    """Show class names, long lists folded away."""
    if len(names) <= SHOWN_CLASSES:
        kit.facts({f"{len(names)} classes": ", ".join(names)})
        return
    with st.expander(f"{formats.count(len(names))} classes"):
        st.markdown(kit.escape(", ".join(names)))


def architecture(name: str) -> None:
    """Show an architecture's card, read from its source."""
    card = registry.card(listings.ARCHITECTURES, name)
    _head(card.title.rstrip("."), prose(card.text))
    mine = [c.name for c in networks.cards() if c.architecture == name]
    kit.facts({"name": name, "networks of it": formats.count(len(mine)), **_code(card)})


def metric(name: str) -> None:
    """Show a metric's card, read from its source."""
    room = next(room for room in listings.METRICS.values() if name in registry.names(room))
    card = registry.card(room, name)
    told = card.constants
    _head(card.title.rstrip("."), prose(card.text))
    better = {"higher": "higher", "lower": "lower"}.get(str(told.get("BETTER")), "neither way")
    facts = {"name": name, "unit": str(told.get("UNIT") or "none"), "better": better}
    if told.get("NEEDS"):
        facts["needs"] = " and ".join(map(str, told["NEEDS"]))
    if told.get("UNDEFINED"):
        facts["undefined where"] = str(told["UNDEFINED"])
    kit.facts({**facts, **_code(card)})


def attack(name: str) -> None:
    """Show an attack's card, read from its source."""
    card = registry.card(listings.ATTACKS, name)
    _head(card.title.rstrip("."), prose(card.text))
    kit.facts({"name": name, **constants(card.constants), **_code(card)})
    st.caption("An attack uses the network's own gradient, so there is no picture of it without a network; ONNX networks give none.")


def constants(told: Mapping[str, object]) -> dict[str, str]:
    """Return what a file says of itself beside what every card shows."""
    common = {"VERSION", "CITATION", "SOURCE"}
    return {name.lower().replace("_", " "): _said(value) for name, value in told.items() if name not in common}


def _said(value: object) -> str:
    if isinstance(value, dict | tuple | list):
        return listings.steps(value) if _numbers(value) else json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _numbers(value: object) -> bool:
    """Return whether a constant is numbers, or numbers by name."""
    if isinstance(value, dict):
        return all(_numbers(part) for part in value.values())
    return isinstance(value, tuple | list) and all(isinstance(v, int | float) for v in value)


def _code(card: registry.Card) -> dict[str, str]:
    """Return where a card of code stands, its version, terms and hash."""
    told = card.constants
    ours = card.path.is_relative_to(registry.places.ENGINE)
    file = f"engine/{card.room}/{card.path.name}" if ours else str(card.path)
    facts = {"version": str(told.get("VERSION", "not said"))}
    facts |= {name.lower(): str(told[name]) for name in ("SOURCE",) if told.get(name)}
    facts |= {"cite": str(told["CITATION"])} if told.get("CITATION") else {}
    return {**facts, "licence": str(told.get("LICENCE", "Apache-2.0, as this program" if ours else "not said")), "file": file, "hash": card.sha256}
