"""What can be taken away of a clip that is open: pictures of chosen layers, masks as JSON, numbers; and completing it by somebody else."""

import json
from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from engine import errors, store
from engine.amodal import drawing, exchange, replies, views
from engine.plots import formats
from pages.parts import kit

MOST_HERE = 3_000  # frames whose pictures are drawn while somebody waits
FILES = (
    ("webm", "WebM", "video/webm"), ("zip", "PNG frames", "application/zip"), ("gif", "GIF", "image/gif"), ("mp4", "mp4", "video/mp4"),
)  # fmt: skip
TITLES = {"visible": "visible mask", "occluder": "occluder", "hidden": "hidden part", "whole": "predicted whole", "truth": "truth"}


def show(address: str, track: str, answers: Sequence[str]) -> None:
    """Show what can be taken away of one object by the answers that are looked at; files are made when they are asked for."""
    clip = replies.clip(address)
    known = [name for name in answers if name]
    kit.links([("Complete it by another network, or adapt one to it", f"amodal-bring?clip={quote(address)}")])
    if not known:
        return
    with st.expander("Take away", key="amodal-take-away"):
        left, right = st.columns(2)
        with left:
            name = kit.choose("Answer", known, key="take-answer", format_func=replies.title)
        with right:
            titles = list(TITLES.values())
            usual = [TITLES[layer] for layer in drawing.USUAL]
            wanted = kit.choose_many("Layers", titles, key="take-layers", default=usual)
        chosen = [layer for layer, title in TITLES.items() if title in wanted]
        st.caption(
            f"{formats.count(clip.length)} frames in, {formats.count(clip.length)} frames out. Browsers and players show the WebM, slides the mp4."
        )
        _buttons(address, track, name, chosen)


def _buttons(address: str, track: str, name: str, layers: list[str]) -> None:
    clip = replies.clip(address)
    file = f"{address.replace('/', '-')}-{track}-{name}".replace(" ", "-")
    with st.container(horizontal=True, gap="small", key="takeaway-amodal"):
        if clip.length <= MOST_HERE:
            for ending, title, mime in FILES:
                if ending == "gif" and clip.length > drawing.MOST_GIF:
                    continue
                kit.save(title, lambda ending=ending: pictures(address, track, name, layers, ending), f"{file}.{ending}", mime, key=f"take-{ending}")
        kit.save(
            "Masks (JSON)", lambda: masks(address, track, name), f"{file}.json", "application/json", key="take-json",
            help="YouTube-VIS with amodal_segmentations and occluder_segmentations, a code or null for each frame.",
        )  # fmt: skip
        kit.save(
            "Numbers (CSV)", lambda: numbers(address, track), f"{address.replace('/', '-')}.csv", "text/csv", key="take-csv",
            help="Every stored metric of every frame, by every answer.",
        )  # fmt: skip
    if clip.length > MOST_HERE:
        words = f"python -m engine amodal draw {address} --with {name} --object {track} --into {file}.webm"
        st.caption("Pictures of so many frames take minutes: ask for them on the command line.")
        st.code(words, language="bash")


def pictures(address: str, track: str, name: str, layers: list[str], ending: str) -> bytes:
    """Return every frame with layers over it as a zip of PNGs, a film or a GIF."""
    clip = replies.clip(address)
    drawn = drawing.pictures(clip, track, _whole(address, track, name), layers)
    if ending == "gif":
        return drawing.gif(drawn, clip.rate, clip.length)
    return drawing.film(drawn, clip.rate, ending) if ending in drawing.FILMS else drawing.png_zip(drawn)


def masks(address: str, track: str, name: str) -> bytes:
    """Return an object's masks as JSON."""
    return json.dumps(exchange.youtube_vis(replies.clip(address), {track: _whole(address, track, name)}, name)).encode()


def numbers(address: str, track: str) -> bytes:
    """Return the stored numbers of an object as CSV."""
    return store.csv_bytes(views.frames(address, track).drop(columns=["cell"]))


def _whole(address: str, track: str, name: str):  # noqa: ANN202  as `Answer.whole`
    found = replies.answer(address, name, track)
    if found is None:
        raise errors.UserError(f"“{name}” has no answer to {track} in {address}.", "Choose another answer.")
    return found.whole
