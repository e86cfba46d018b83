"""A network from elsewhere: what it wants of an image and what its outputs mean, previewed, tried, then saved."""

import functools
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from engine import control, errors, registry, safety
from engine.datasets import images
from engine.importers import network as importer
from engine.plots import formats
from engine.preprocess import Preprocess
from pages.parts import kit
from pages.store.bring import check, given, shown, told

KIND = "network"
ACCEPTS = ".onnx or .safetensors"
OWN = "numbers of its own"
PASTED = "pasted"
TRIED = 100  # images


def show() -> None:
    """Ask for a network's file and lead it among the networks that can be run."""
    check.show()
    path = given.ask(KIND, ACCEPTS)
    if path is None:
        return
    try:
        stamp = path.stat().st_mtime_ns
        first = _read(path, stamp)
        asked = _form(path, first)
        draft = _read(path, stamp, **asked)
        _tensor(draft)
    except errors.UserError as problem:
        told.problem(problem)
        return
    told.audit(draft.audit)
    left, right = st.columns([1, 3], vertical_alignment="center")
    if left.button("Save this network", type="primary", disabled=not draft.usable, key="save", width="stretch"):
        _save(path, asked)
    right.caption("Saving first builds, loads and runs it once in a process of its own, which takes some seconds.")
    if draft.usable and draft.card.trained_on in images.names():
        _offer_trial(draft)


def _read(path: Path, stamp: int, **asked: Any) -> importer.Draft:
    """Return the draft for the answers given, without running the network; kept for reruns."""
    frozen = tuple((name, tuple(sorted(value.items())) if isinstance(value, Mapping) else value) for name, value in sorted(asked.items()))
    return _kept(path, stamp, frozen)


@functools.lru_cache(maxsize=8)
def _kept(path: Path, _stamp: int, asked: tuple[tuple[str, Any], ...]) -> importer.Draft:
    return importer.read(path, probe=False, **_thawed(asked))


def _thawed(asked: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {name: dict(value) if name == "options" else value for name, value in asked}


def _key(name: str) -> str:
    return given.key(KIND, name)


def _form(path: Path, first: importer.Draft) -> dict[str, Any]:
    """Ask what the file does not say; returns the importer's arguments besides the file."""
    left, right = st.columns(2)
    with left:
        name = st.text_input("Name", value=_free(path.stem[:80]), key=_key("name"), persist_state="session", help="Links will call it so.")
        trained_on = st.selectbox(
            "Trained on", images.names(), index=None, key=_key("trained"), persist_state="session", placeholder="not said",
            help="Its in-distribution set.",
        )  # fmt: skip
        asked: dict[str, Any] = {"name": name, "trained_on": trained_on}
        if first.facts.kind == "safetensors":
            asked |= _architecture()
        asked["classes"] = _classes(trained_on, first.facts)
        if first.facts.ends_in == "Softmax":
            why = "Metrics start from logits, not probabilities."
            asked["before_softmax"] = st.toggle("Read before the softmax", value=True, key=_key("softmax"), persist_state="session", help=why)
    with right:
        asked["preprocess"] = _preprocess(_with_set(path, first, trained_on), str(trained_on))
        with st.expander("Licence, citation, notes"):
            asked["licence"] = st.text_input("Licence of the weights", key=_key("licence"), persist_state="session")
            asked["citation"] = st.text_input("Whom to cite", key=_key("citation"), persist_state="session")
            asked["text"] = st.text_area("Anything else worth knowing", key=_key("text"), persist_state="session", height=80)
    return asked


def _free(stem: str) -> str:
    """Return a file's name as the network's, or a free one where a network has it."""
    free = importer.free_name(stem)
    return stem if free == safety.slug(stem) else free


def _architecture() -> dict[str, Any]:
    """Ask whose weights a safetensors file holds."""
    chosen = st.selectbox(
        "Architecture", registry.names(importer.ARCHITECTURES), index=None, key=_key("architecture"), persist_state="session",
        placeholder="whose weights are these?", help="The tab Architectures describes each. Bring any other network as ONNX.",
    )  # fmt: skip
    options = st.text_input(
        "Its options", key=_key("options"), persist_state="session", placeholder="depth=3 widths=16,32; empty: as they are by default"
    )
    return {"architecture": chosen, "options": _options(options)}


def _with_set(path: Path, first: importer.Draft, trained_on: str | None) -> importer.Draft:
    return _read(path, path.stat().st_mtime_ns, trained_on=trained_on) if trained_on else first


def _classes(trained_on: str | None, facts: importer.Facts) -> tuple[str, ...]:
    """Ask what the outputs are called."""
    known = [name for name in images.names() if images.card(name).classes]
    fitting = [name for name in known if facts.width in {None, len(images.card(name).classes)}]
    options = [*dict.fromkeys([*([trained_on] if trained_on in fitting else []), *fitting]), PASTED]
    width = f"its {formats.count(facts.width)} outputs" if facts.width else "its outputs"
    source = st.selectbox(
        f"Names of {width}", options, key=_key(f"classes-{trained_on}"), format_func=lambda o: o if o == PASTED else f"those of {o}"
    )
    if source != PASTED:
        names = importer.classes_of_set(str(source))
        st.caption(f"{kit.escape(', '.join(names[:6]))}{' …' if len(names) > 6 else ''}")
        return names
    also = "A JSON list, or lines of position and name, will do as well."
    pasted = st.text_area("One name a line, in the order of the outputs", key=_key("pasted"), persist_state="session", height=120, help=also)
    return importer.classes_of_text(pasted) if pasted.strip() else ()


def _options(text: str) -> dict[str, Any]:
    """Return an architecture's options from `name=value` words; a list of numbers is written with commas.

    Raises:
        UserError: for a word that is no option.
    """
    found: dict[str, Any] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not (name.isidentifier() and equals and value):
            raise errors.UserError(f"“{word}” is no option.", "Write name=value, several apart by blanks, such as depth=3 widths=16,32.")
        parts = tuple(_value(part) for part in value.split(",") if part)
        found[name] = parts if "," in value else parts[0]
    return found


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _preprocess(first: importer.Draft, trained_on: str) -> Preprocess:
    """Ask what the network wants of an image, as far as the file does not say."""
    kept = _shape(first, trained_on)
    place = itertools.cycle(st.columns(2))
    short = "The short side is resized to size ÷ crop, then the centre is cut out."
    kept["crop"] = next(place).number_input("Crop", 0.1, 1.0, 1.0, 0.025, key=_key("crop"), persist_state="session", help=short)
    ways = ("bilinear", "bicubic", "nearest", "area")
    kept["interpolation"] = next(place).selectbox("Resampling", ways, key=_key("resampling"), persist_state="session")
    fits = [title for title, preset in importer.PRESETS.items() if kept["channels"] == 3 or len(preset.mean) == 1]
    key = _key(f"preset-{kept['channels']}")
    preset = st.selectbox("Scaling of pixels", [*fits, OWN], key=key, persist_state="session", format_func=_preset_said)
    numbers = _numbers() if preset == OWN else importer.PRESETS[str(preset)].answers(kept["channels"], kept["order"])
    try:
        return Preprocess.model_validate({**kept, **numbers})
    except ValueError as problem:
        raise errors.UserError("Mean and std do not fit the channels.", f"Give one number, or {kept['channels']}; no std may be 0.") from problem


def _told(facts: importer.Facts) -> dict[str, str]:
    """Return what a file says of its input, in words."""
    said = {"size": f"{facts.size} px" if facts.size else "", "layout": "NCHW" if facts.kind == "safetensors" else (facts.layout or "").upper()}
    if facts.channels:
        said["channels"] = "1 channel" if facts.channels == 1 else "3 channels"
    return {name: text for name, text in said.items() if text}


def _shape(first: importer.Draft, trained_on: str) -> dict[str, Any]:
    """Ask for size, channels, order of colours and layout; what the file says of itself is told, not asked."""
    wants, said = first.card.preprocess, _told(first.facts)
    kept: dict[str, Any] = {"size": wants.size, "channels": wants.channels, "layout": wants.layout, "order": "rgb"}
    if said:
        st.caption(f"The file itself says: {', '.join(said.values())}.")
    place = itertools.cycle(st.columns(2))
    if "size" not in said:
        kept["size"] = int(next(place).number_input("Size (px)", 1, 2048, wants.size, key=_key(f"size-{trained_on}"), persist_state="session"))
    if "channels" not in said:
        index = (1, 3).index(wants.channels)
        kept["channels"] = next(place).selectbox("Channels", (1, 3), index=index, key=_key(f"channels-{trained_on}"), persist_state="session")
    if "layout" not in said:
        axes = "NCHW: channels first (PyTorch). NHWC: channels last (TensorFlow)."
        kept["layout"] = next(place).selectbox(
            "Layout", ("nchw", "nhwc"), key=_key("layout"), persist_state="session", format_func=str.upper, help=axes
        )
    if kept["channels"] == 3:
        kept["order"] = next(place).selectbox("Colours", ("rgb", "bgr"), key=_key("order"), persist_state="session", format_func=str.upper)
    return kept


def _preset_said(title: str) -> str:
    return title if title == OWN else f"{title}   ({importer.PRESETS[title].usual})"


def _numbers() -> dict[str, Any]:
    """Ask for scale, mean and std as numbers."""
    a, b, c = st.columns(3)
    apart = "One number, or one a channel in the network's order, apart by blanks."
    scale = a.text_input("Pixels times", value="1/255", key=_key("scale"), persist_state="session")
    mean = b.text_input("minus mean", value="0", key=_key("mean"), persist_state="session", help=apart)
    std = c.text_input("over std", value="1", key=_key("std"), persist_state="session", help=apart)
    return {"scale": _fraction(scale), "mean": _several(mean), "std": _several(std)}


def _several(text: str) -> tuple[float, ...]:
    return tuple(map(_fraction, text.replace(",", " ").split()))


def _fraction(text: str) -> float:
    """Return a number such as 0.5 or 1/255; raises UserError for anything else."""
    above, slash, below = text.strip().partition("/")
    try:
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        raise errors.UserError(f"“{text}” is no number.", "Write 0.0039, or 1/255.") from None


def _tensor(draft: importer.Draft) -> None:
    """Show what the network will see of an example: the picture after cropping, and each channel in numbers."""
    sets = [name for name in images.names() if not images.card(name).missing]
    first = draft.card.trained_on
    with st.container(border=True, key="tensor"):
        left, right = st.columns([1, 2])
        on = left.selectbox("What it will see of", sets, index=sets.index(first) if first in sets else 0, key=_key(f"on-{first}"))
        loaded = images.load(on, "test" if "test" in images.card(on).sizes else next(iter(images.card(on).sizes)))
        seen = importer.tensor_preview(draft, loaded.images[0])
        pixels = draft.card.preprocess.pixels([loaded.images[0]])[0]
        with left:
            kit.images([("as stored", shown.address(loaded.images[0])), ("as cropped", shown.address(pixels))])
        shape = f" {formats.TIMES} ".join(map(str, (1, *seen.array.shape)))
        right.markdown(f"**{shape}** ({draft.card.preprocess.layout.upper()}, float32)")
        right.markdown("\n".join(f"- {kit.escape(line)}" for line in seen.words))
        with right:
            told.audit(seen.findings)


def _offer_trial(draft: importer.Draft) -> None:
    """Offer to try the network on a few images before it is saved, which shows a wrong scaling."""
    dataset = str(draft.card.trained_on)
    left, right = st.columns([1, 3], vertical_alignment="center")
    key = f"n-trial-{draft.facts.digest}-{draft.card.key}-{dataset}"
    if left.button(f"Try it on {TRIED} images", key="try", width="stretch"):
        try:
            with st.spinner(f"Trying it on {dataset} …"):
                st.session_state[key] = importer.trial(draft, dataset, TRIED)
        except errors.UserError as problem:
            told.problem(problem)
            return
    tried = st.session_state.get(key)
    if tried is None:
        right.caption(f"Images of {dataset}. Where it is near chance, the other scalings are tried as well.")
        return
    told.audit([tried.finding])
    if tried.others:
        kit.facts({f"with {title}": formats.percent(value) for title, value in sorted(tried.others.items(), key=lambda item: -item[1])})


def _save(path: Path, asked: Mapping[str, Any]) -> None:
    """Probe the network in a process of its own and keep it; whatever is wrong is said where the form stands."""
    try:
        with st.spinner("Building, loading and running it once in a process of its own …"):
            draft = importer.read(path, probe=True, **asked)
        if not draft.usable:
            told.audit([finding for finding in draft.audit if finding.level == "error"])
            return
        card = importer.bring(draft)
    except errors.UserError as problem:
        told.problem(problem)
        return
    control.audit("bring network", card.name)
    check.begin(card)
    given.put_away(KIND)
    st.rerun()
