"""The form of the assay's question: networks, sets, shifts, metrics; a look at what the shifts do."""

import functools
from collections.abc import Sequence

import streamlit as st

from engine import errors, networks, registry, shifts
from engine.assay import spec as asking
from engine.assay.spec import AssaySpec, Choice
from engine.datasets import images
from engine.metrics import classification, pairs
from pages.assay import shown
from pages.parts import kit, routes

LEVELS = (1, 2, 3, 4, 5)
DEFAULT_LEVELS = (1, 3, 5)
DEFAULT_SET = "mnist"
DEFAULT_SHIFTS = ("gaussian_noise", "motion_blur", "rotation")
DEFAULT_METRICS = ("accuracy", "nll", "brier", "ece")
DEFAULT_IMAGES = 500
FIRST_NETWORKS = 8
PREVIEWED = 6  # shifts


@functools.lru_cache(maxsize=64)
def planned(spec: str, _version: str) -> asking.Plan:
    """Return what a question (as JSON) takes, given the store's version; raises UserError as `engine.assay.spec.plan` does."""
    return asking.plan(AssaySpec.read(spec))


def asked() -> AssaySpec | None:
    """Show the form and return the question that it asks; None while something that every question has is missing."""
    usable = [card for card in map(images.card, images.names()) if not card.missing and _fitting(card.name)]
    if not usable:
        kit.empty("No network here has a class in common with any data set.", "Bring a network", "library")
        return None
    left, right = st.columns(2)
    names = [card.name for card in usable]
    with left:
        id_set = kit.choose("In-distribution set", names, key="id", default=DEFAULT_SET, format_func=_title, help=_help("id_dataset"))
    fitting = _fitting(id_set)
    with left:
        label = f"Networks ({len(fitting)} fit this set)"
        chosen = kit.choose_many(label, list(fitting), key=f"networks-{id_set}", default=_first_choice(fitting, id_set), help=_help("networks"))
    others = [card.name for card in usable if card.task == images.card(id_set).task and card.name != id_set]
    with right:
        ood = kit.choose_many("Other sets", others, key=f"ood-{id_set}", default=others, format_func=_title, help=_help("ood_datasets"))
        shifted = kit.choose_many("Shifts", shifts.names(), key="shifts", default=DEFAULT_SHIFTS, format_func=shown.spaced, help=_help("shifts"))
    levels = right.pills(
        "Strengths", LEVELS, selection_mode="multi", default=DEFAULT_LEVELS, key="levels", bind="query-params",
        help="From mild (1) to severe (5); the pictures below say what that means for each shift.",
    )  # fmt: skip
    with st.expander("Metrics, attacks, number of images, device", key="more"):
        options = _options()
    _preview(id_set, ood, shifted, levels)
    return _spec(chosen, id_set, ood, shifted, levels, options)


def _options() -> dict:
    """Ask what most people leave as it is."""
    left, right = st.columns(2)
    known = (*classification.names(), *pairs.names())
    found: dict = {
        "metrics": tuple(left.multiselect("Metrics", known, default=DEFAULT_METRICS, key="metrics", bind="query-params", help=_help("metrics"))),
        "attacks": tuple(left.multiselect("Attacks", registry.names("attacks"), key="attacks", bind="query-params", help=_help("attacks"))),
    }
    every = right.toggle("All images", key="every", bind="query-params", help=_help("images"))
    found["images"] = None if every else right.number_input("Images of each set", 10, 100_000, DEFAULT_IMAGES, 50, key="images", bind="query-params")
    found["device"] = right.selectbox("Device", ("auto", "cpu", "cuda", "mps"), key="device", bind="query-params", help=_help("device"))
    found["seed"] = right.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params", help=_help("seed"))
    found["fresh"] = left.toggle("Evaluate anew", key="fresh", bind="query-params", help=_help("fresh"))
    found["features"] = right.toggle("Keep features", key="features", bind="query-params", help=_help("features"))
    return found


def _spec(chosen: Sequence[str], id_set: str, ood: Sequence[str], shifted: Sequence[str], levels: Sequence[int], options: dict) -> AssaySpec | None:
    """Return what the form asks."""
    if not chosen or not options["metrics"]:
        st.info("Choose at least one network and one metric.")
        return None
    attacks = tuple(Choice(name=name, strengths=_attack_strengths(name, id_set)) for name in options["attacks"])
    picked = tuple(Choice(name=name, strengths=_strengths(name, levels)) for name in shifted) if levels else ()
    rest = {name: value for name, value in options.items() if name != "attacks"}
    return AssaySpec(networks=tuple(chosen), id_dataset=id_set, ood_datasets=tuple(ood), shifts=picked, attacks=attacks, **rest)


def _fitting(id_set: str) -> dict[str, str | None]:
    """Return the networks that share a class with a set, those trained on it first."""
    classes = set(images.card(id_set).classes)
    found = [card for card in networks.cards() if classes & set(card.classes)]
    return {card.name: card.trained_on for card in sorted(found, key=lambda c: (c.trained_on != id_set, c.name))}


def _first_choice(fitting: dict[str, str | None], id_set: str) -> list[str]:
    """Return the networks that a link names, else those tuned whole on the set with the first seed."""
    if named := [name for name in st.query_params.get_all("network") if name in fitting]:
        return named
    mine = [name for name, trained_on in fitting.items() if trained_on == id_set]
    return ([name for name in mine if _is_first_whole(name)] or mine or list(fitting))[:FIRST_NETWORKS]


def _is_first_whole(name: str) -> bool:
    attributes = networks.card(name).attributes
    return attributes.get("regime", "whole") == "whole" and attributes.get("seed", 0) == 0


def _strengths(shift: str, levels: Sequence[int]) -> tuple[float, ...]:
    known = shifts.card(shift).strengths
    return tuple(known[level - 1] for level in sorted(levels) if level <= len(known))


def _attack_strengths(attack: str, id_set: str) -> tuple[float, ...]:
    """Return the usual budgets for the input's size."""
    told = registry.card("attacks", attack).constants["STRENGTHS"]
    return tuple(told["small" if images.card(id_set).frame <= 64 else "large"]) if isinstance(told, dict) else tuple(told)


def _preview(id_set: str, ood: Sequence[str], shifted: Sequence[str], levels: Sequence[int]) -> None:
    """Show one image of each set, and the first one under the chosen shifts: a row a shift, a column a strength."""
    sets = [(name, _an_example(name)) for name in (id_set, *ood)]
    first = [(name, routes.image_url(name, "test", example)) for name, example in sets if example]
    own = sets[0][1]
    rows = [
        [(f"{shown.spaced(name)} {strength:g}", routes.image_url(id_set, "test", own, name, strength)) for strength in _strengths(name, levels)]
        for name in shifted[:PREVIEWED]
        if own
    ]
    kit.image_rows(first, rows)
    if len(shifted) > PREVIEWED and levels:
        st.caption(f"{shown.plural(len(shifted) - PREVIEWED, 'more shift')} chosen than shown.")


@functools.lru_cache(maxsize=64)
def _an_example(dataset: str) -> str | None:
    """Return the first test image's id, None where the set cannot be read (running says why)."""
    try:
        return images.load(dataset, "test").ids[0]
    except errors.UserError:
        return None


def _title(name: str) -> str:
    return images.card(name).title


def _help(field: str) -> str | None:
    return AssaySpec.model_fields[field].description
