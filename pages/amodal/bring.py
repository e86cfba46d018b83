"""Bring: frames with masks, or a video of a still camera; another model's predictions; then complete the hidden parts."""

from pathlib import Path
from urllib.parse import quote

import streamlit as st

from engine import completers, control, errors, safety
from engine.amodal import given as predictions
from engine.amodal import replies
from engine.amodal import spec as asking
from engine.amodal.spec import AmodalSpec
from engine.datasets import clips
from engine.importers import clips as importing
from engine.plots import formats
from pages.amodal import place, running
from pages.parts import kit
from pages.store.bring import given, told

HOW = (
    "A clip needs **frames** (a folder or zip of pictures, or a video, which is decoded once) and **visible masks** of its objects: one object may "
    "hide another, so bring all of them, or a mask of whatever hides. Whole masks, where you know them, are used for judging only. Without masks and "
    "with a **still camera** they can be made here: whatever differs from the median frame is followed. Every mask is checked against "
    "its frame; what does not fit is named, nothing is guessed. Then a network completes what is hidden, as a job, and you step through it."
)
FRAMES = "a zip of frames, an mp4 or avi, or several pictures"
MASKS = "COCO, YouTube-VIS, KINS or COCOA JSON, MOTS text, .npz, a zip of PNGs (DAVIS, MOTS)"
FOOTAGE, GIVEN, HIDING, ANSWER = "amodal-footage", "amodal-masks", "amodal-occluder", "amodal-answer"
FILE, MADE, NONE = "in a file", "made here, the camera stands still", "none: only look"
ANY = "told by the file"
BROUGHT = "amodal-brought"  # what was brought just now, and what was noticed
TABS = ("A clip", "Complete it", "Another model's predictions")
EXAMPLE = "composited/own_motion/0"
CHOSEN = ("amodal-complete", "amodal-predicted")  # where a clip is chosen


def main() -> None:
    """Draw the page."""
    kit.title("Bring", "What is hidden in my own footage?", HOW, paper="amodal")
    if running.watch(_done, key="amodal-bring-run"):
        return
    st.markdown("Bring a video and masks of its objects. A network completes what is hidden, and you step through it frame by frame.")
    just = BROUGHT in st.session_state
    _noticed()
    clip, complete, answer = st.tabs(TABS, default=TABS[1] if just else None)
    with clip:
        _guarded(_clip)
    with complete:
        _guarded(_complete)
    with answer:
        _guarded(_answer)


def _guarded(part) -> None:  # noqa: ANN001  one of the three above
    """Draw a part; what a person can put right stands where they looked, and the form stays."""
    try:
        part()
    except errors.UserError as problem:
        told.problem(problem)


def _done(asked: AmodalSpec) -> None:
    """Say that a clip is completed, and lead into the stepper."""
    address, answers = asked.clips[0], asked.answers
    by = f", by {kit.escape(', '.join(answers))}" if answers else ""
    kit.finding(f"**Completed:** {kit.escape(address)}{by}.", key="finding-completed")
    first = f"&a={quote(answers[0])}" if answers else ""
    kit.links([("Step through it", f"amodal?clip={quote(address)}{first}"), ("Measure", "amodal-measure")])


def _noticed() -> None:
    """Say what was brought just now, and what was noticed on the way."""
    if (found := st.session_state.pop(BROUGHT, None)) is None:
        return
    name, notes = found
    for key in CHOSEN:
        st.session_state[key] = name  # before the widgets are there
    kit.finding(f"**{kit.escape(name)}** is here. Complete it next, or look at it.", key="finding-brought")
    for note in notes:
        st.caption(kit.escape(note))
    kit.links([("Look at it", f"amodal?clip={quote(name)}")])


def _clip() -> None:
    """Take in frames and masks."""
    footage = given.ask(FOOTAGE, FRAMES, folders=True, several=True)
    if footage is None:
        kit.links([("See what comes of it", "amodal?clip=composited/own_motion/1")])
        st.caption(f"At most {formats.count(20_000)} frames of one size, {formats.count(4096)} pixels a side.")
        return
    left, right = st.columns(2)
    with left:
        name = st.text_input("Name", value=safety.slug(footage.stem)[:60], key="amodal-name", bind="query-params")
        partial = st.toggle("Take what is there of a video that is cut short", key="amodal-partial", bind="query-params")
    with right:
        source = kit.choose("Visible masks", [FILE, MADE, NONE], key="amodal-source")
    masks, kind, occluder = None, None, None
    if source == FILE:
        masks = given.ask(GIVEN, MASKS, folders=True, several=True)
        kind = _kind("amodal-kind")
        with st.expander("A mask of what hides, besides the objects", key="amodal-hiding"):
            occluder = given.ask(HIDING, MASKS, folders=True, several=True)
        if masks is None:
            return
    if st.button("Bring it", type="primary", key="amodal-take"):
        _take(name.strip(), footage, masks, kind, occluder, partial=bool(partial), moving=source == MADE)


def _kind(key: str) -> str | None:
    chosen = kit.choose("Form of the masks", [ANY, *importing.kinds()], key=key, format_func=_formed)
    return None if chosen == ANY else chosen


def _formed(kind: str) -> str:
    return kind if kind == ANY else kind.replace("_", "-")


def _take(name: str, footage: Path, masks: Path | None, kind: str | None, occluder: Path | None, *, partial: bool, moving: bool) -> None:
    """Make the clip; raises UserError for whatever does not fit, with file and frame."""
    with st.spinner("Reading every frame and mask …"):
        found = importing.bring(name, footage, masks, kind=kind, occluder=occluder, partial=partial, moving=moving)
    control.audit("bring clip", found.clip.name)
    for one in (FOOTAGE, GIVEN, HIDING):
        given.put_away(one)
    slug = safety.slug(name)
    st.session_state[BROUGHT] = (slug, found.notes)
    kit.remember("clip", slug)
    st.rerun()


def _complete() -> None:
    """Ask by whom a clip is completed, and put it into the queue."""
    address = _which(CHOSEN[0])
    clip = replies.clip(address)
    objects = [track.name for track in clip.tracks]
    if not objects:
        raise errors.UserError(f"{address} has no masks, so nothing in it can be completed.", "Bring it again with masks.")
    st.caption(f"{formats.count(clip.length)} frames of {clip.width} by {clip.height}, {formats.count(len(objects))} objects.")
    left, right = st.columns(2)
    with left:
        known = list(completers.names())
        usual = [name for name in known if name.startswith("two_way")][:1]
        chosen = kit.choose_many("By", known, key="amodal-by", default=usual, format_func=_titled, help="Baselines come by themselves.")
        only = kit.choose_many("Only these objects", objects, key=f"amodal-only-{address}", help="All, where none is chosen.")
    with right:
        adapt = kit.choose(
            "Adapt to this clip first", [0, *asking.STEPS], key="amodal-adapt", format_func=_steps,
            help="The network goes on learning from this clip alone, without labels. Before and after stand side by side.",
        )  # fmt: skip
    asked = AmodalSpec(clips=(address,), answers=tuple(chosen), objects=tuple(only), adapt=adapt if chosen else 0)
    words, button = st.columns([3, 1], vertical_alignment="center")
    words.markdown(running.cost(asked))
    if button.button("Complete", type="primary", key="amodal-go", width="stretch"):
        running.start(asked)
        st.rerun()
    if address in clips.brought():
        st.button(f"Delete {address}", key="amodal-delete", type="tertiary", on_click=_delete, args=(address,))


def _which(key: str) -> str:
    """Ask for a clip: those that were brought, the one in the address, and one of each set."""
    said = st.query_params.get("clip")
    known = [*clips.brought(), *(f"{family}/0" for family in place.families() if "/" in family)]
    if said and said not in known:
        clips.digest(said)
        known.insert(0, said)
    return kit.choose("Clip", known, key=key, default=said or next(iter(clips.brought()), EXAMPLE))


def _titled(name: str) -> str:
    return completers.card(name).title


def _steps(count: int) -> str:
    return f"{count} label-free steps, before and after" if count else "no"


def _delete(address: str) -> None:
    importing.remove(address)
    control.audit("delete clip", address)
    kit.remember("clip", None)


def _answer() -> None:
    """Take in whole masks that another model predicted for a clip; then they are scored and stepped like any answer."""
    address = _which(CHOSEN[1])
    path = given.ask(ANSWER, MASKS, folders=True, several=True)
    if path is None:
        known = predictions.names(address)
        st.caption(f"Whole masks by object, named as in the clip. Here already: {kit.escape(', '.join(known)) if known else 'none'}.")
        return
    left, right = st.columns(2)
    with left:
        name = st.text_input("Name of the model", value=safety.slug(path.stem)[:60], key="amodal-model", bind="query-params")
    with right:
        kind = _kind("amodal-answer-kind")
    if st.button("Score it", type="primary", key="amodal-score"):
        clip = clips.find(address)
        with st.spinner("Reading every mask …"):
            slug = predictions.keep(address, name.strip(), importing.predictions(path, clip, kind))
        control.audit("bring predictions", f"{slug} for {address}")
        given.put_away(ANSWER)
        running.start(AmodalSpec(clips=(address,), answers=(slug,)))
        st.rerun()


main()
