"""What the amodal pages share: which clip is looked at, and its view in the address."""

from collections.abc import Mapping

import streamlit as st

from engine import errors
from engine.amodal import reel, replies
from engine.datasets import clips
from pages.parts import kit

VIEW = ("object", "frame", "layers", "opacity", "ghost", "a", "b", "mode")
FIRST = "composited/own_motion/1"
TRAINING = ("train", "val")


def choose() -> str | None:
    """Let a clip be chosen, kept in the address as `clip`; None where the address names one that is not there, which is said."""
    address = st.query_params.get("clip") or opening()
    try:
        clips.digest(address)
    except errors.UserError as problem:
        kit.problem(problem)
        address, known = opening(), False
    else:
        known = True
        kit.remember("clip", address)
    _widgets(address)
    return address if known else None


def opening() -> str:
    """Return the clip that a page opens on."""
    return FIRST


def _widgets(address: str) -> None:
    """Show the choice of a clip as it is in the address: a set and a number in it, or one that was brought."""
    family, number = _parted(address)
    options = families()
    options = options if family in options else (*options, family)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    st.session_state["amodal-family"] = family
    with left:
        st.selectbox("Clips", options, key="amodal-family", format_func=called, on_change=_moved, help=_about(family))
    if number is not None:
        st.session_state["amodal-number"] = number
        with right:
            st.number_input("Clip", 0, _size(family) - 1, key="amodal-number", on_change=_moved)


def families() -> tuple[str, ...]:
    """Return what can be chosen: clips that were brought, then sets of clips with their splits, SET/SPLIT."""
    drawn = [f"{name}/{split}" for name in clips.names() for split in clips.card(name).sizes if split not in TRAINING]
    return (*clips.brought(), *drawn)


def called(family: str) -> str:
    """Return how people call a set of clips, or a clip that was brought."""
    name, _, split = family.partition("/")
    return f"{name.capitalize()}: {split}".replace("_", " ") if split else f"{name} (brought)"


def _about(family: str) -> str | None:
    name, _, split = family.partition("/")
    return kit.escape(f"{clips.card(name).title}. {clips.card(name).text}") if split else None


def _parted(address: str) -> tuple[str, int | None]:
    family, _, number = address.rpartition("/")
    return (family, int(number)) if family else (address, None)


def _size(family: str) -> int:
    name, _, split = family.partition("/")
    return clips.card(name).sizes[split]


def _moved() -> None:
    """Put the chosen clip into the address; what was looked at in the other one is forgotten, but for layers and answers."""
    family = st.session_state["amodal-family"]
    number = min(st.session_state.get("amodal-number", 0), _size(family) - 1) if "/" in family else None
    kit.remember("clip", family if number is None else f"{family}/{number}")
    for name in ("object", "frame", "ghost"):
        kit.remember(name, None)


def started(address: str) -> dict[str, str]:
    """Return the view to begin with: what the address says, unless the browser itself has just said so; answers are filled in."""
    said = {name: st.query_params[name][:400] for name in VIEW if name in st.query_params}
    told, begun = st.session_state.get("amodal-told"), st.session_state.get("amodal-begun")
    if begun is None or begun[0] != address or said != told:
        begun = (address, said)
        st.session_state["amodal-begun"] = begun
    st.session_state["amodal-told"] = said
    return _filled(address, begun[1])


def _filled(address: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return a view with answers: the ones in the address where they are there, else the first, against a baseline that learned nothing."""
    names = replies.names(address)
    first = said["a"] if said.get("a") in names else next(iter(names), "")
    rest = [name for name in ("union_two_way", "convex_hull", *names) if name in names and name != first]
    second = said["b"] if said.get("b") in names or said.get("b") == "" else next(iter(rest), "")
    return {**said, "object": _object(address, said.get("object", ""), first), "a": first, "b": second}


def _object(address: str, said: str, answer: str) -> str:
    """Return the object of an address where the clip has it, else the one that an answer completes worst."""
    tracks = reel.about(address)["tracks"]
    told = {one["name"]: one["said"].get(answer) for one in tracks}
    return said if said in told else max(told, key=lambda name: told[name]["lost"] if told[name] else -1.0, default="")


def remember(view: Mapping[str, str]) -> None:
    """Write a view that the browser tells into the address."""
    for name in VIEW:
        kit.remember(name, view.get(name))
    st.session_state["amodal-told"] = {name: st.query_params[name] for name in VIEW if name in st.query_params}


def looked_at(start: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the object and the answers that are seen now: what the browser told last, else where it began."""
    now = {**start, **{name: st.query_params[name] for name in ("object", "a", "b") if name in st.query_params}}
    return now["object"], tuple(name for name in (now["a"], now["b"]) if name)
