"""A set of images: what the files hold, whose classes they are, how they are framed; looked at, then taken in."""

import functools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from engine import control, errors, hashing, networks, store
from engine.datasets import images
from engine.intake.spec import Kind
from engine.plots import formats
from pages.parts import kit
from pages.store.bring import given, shown, taking, told

KIND: Kind = "images"
ACCEPTS = ".zip of class folders, Parquet, or .npz"
SAVED = "images-saved"
OWN = "classes of their own"
ITSELF = "found by itself"
SHOWN = 10  # pictures
MOST_AT_ONCE = 300  # pictures that are taken in while the page waits: about a second
ROW = 33  # pixels
FITS = {
    "crop": "crop: short side resized, centre cut out",
    "pad": "pad: long side resized, the rest black",
    "digits": "digits: ink centred as in the digit sets",
}


@dataclass(frozen=True)
class Target:
    """Whose classes the pictures are mapped to."""

    classes: tuple[str, ...] = ()
    task: str = ""
    frame: int | None = None
    channels: int | None = None
    evaluate: str = ""  # the in-distribution set beside which they are evaluated


def show() -> None:
    """Ask for pictures and lead them among the data sets."""
    if taking.show(KIND, "pictures", lambda spec, _: _here(spec.name, "")):
        return
    _saved()
    path = given.ask(KIND, ACCEPTS, folders=True)
    if path is None:
        return
    try:
        columns = _columns(path)
        preview = _preview(path, _stamp(path), **columns)
    except errors.UserError as problem:
        told.problem(problem)
        return
    _found(preview)
    target = _target()
    mapping = _mapping(preview, target)
    how = _framing(preview, target)
    about = _about(path, preview)
    if st.button("Save this set", type="primary", key="save", disabled=not any(mapping.values())):
        _save(path, {**columns, **how, **about, "mapping": mapping, "known": target.classes, "task": target.task}, target, preview.n)


def _stamp(path: Path) -> int:
    """Return what changes when a file does, or when entries of a folder do."""
    inner = sorted(path.iterdir()) if path.is_dir() else []
    return hash((path.stat().st_mtime_ns, *((p.name, p.stat().st_mtime_ns) for p in inner[:1000])))


@functools.lru_cache(maxsize=4)
def _preview(path: Path, _stamp: int, **columns: object) -> images.Preview:
    return images.preview(path, **columns)  # type: ignore[arg-type]


def _columns(path: Path) -> dict:
    """Ask which columns hold what, where a file has columns."""
    if path.suffix.lower() not in {".parquet", ".pq"}:
        return {}
    names = list(store.columns_of(path))
    a, b, c = st.columns(3)
    image = a.selectbox("Column of pictures", [ITSELF, *names], key=given.key(KIND, "image"), persist_state="session")
    label = b.selectbox("Column of labels", [ITSELF, *names], key=given.key(KIND, "label"), persist_state="session")
    groups = c.multiselect(
        "Columns to group by", [name for name in names if name not in {image, label}], key=given.key(KIND, "groups"), persist_state="session"
    )
    return {"image_column": None if image == ITSELF else image, "label_column": None if label == ITSELF else label, "group_columns": tuple(groups)}


def _found(preview: images.Preview) -> None:
    """Show what the files hold: counts, a few pictures, how they were understood, what will be left out."""
    splits = f", split {'; '.join(f'{name} {formats.count(n)}' for name, n in preview.splits.items())}" if preview.splits else ""
    sizes = ", ".join(preview.sizes)
    grey = "grey" if preview.channels == 1 else "colour"
    counted = f"{formats.count(preview.n)} pictures of {formats.count(len(preview.classes))} classes"
    st.markdown(f"**{counted}**{splits}; {grey}; sizes met: {kit.escape(sizes)}.")
    kit.images([(example.label, shown.address(example.image)) for example in _mixed(preview)])
    for note in preview.notes:
        st.caption(kit.escape(note))
    if preview.problems:
        st.warning("**Will be left out, as far as seen**\n" + "\n".join(f"- {kit.escape(sentence)}" for sentence in preview.problems))


def _mixed(preview: images.Preview) -> list[images.Example]:
    """Return a few pictures of as many classes as possible."""
    seen: Counter[str] = Counter()
    ranked = []
    for place, example in enumerate(preview.examples):
        ranked.append((seen[example.label], place, example))
        seen[example.label] += 1
    return [example for _, _, example in sorted(ranked, key=lambda entry: entry[:2])[:SHOWN]]


def _target() -> Target:
    """Ask whose classes the pictures have."""
    known: dict[str, Target] = {OWN: Target()}
    for card in map(images.card, images.names()):
        if card.classes:
            known[f"data set {card.name}"] = Target(card.classes, card.task, card.frame, card.channels, card.name)
    lists = {target.classes for target in known.values()}
    for card in networks.cards():
        if card.classes not in lists:
            lists.add(card.classes)
            known[f"network {card.name}"] = _of_network(card)
    picked = st.selectbox(
        "Whose classes are these?", list(known), key=given.key(KIND, "target"), persist_state="session",
        help="Networks answer to sets whose classes are called as their outputs are. Choose one, then say which label is which class.",
    )  # fmt: skip
    return known[str(picked)]


def _of_network(card: networks.Card) -> Target:
    """Return what a set takes over from a network: its classes, and task and size of the set that it was trained on."""
    if card.trained_on not in images.names():
        return Target(card.classes, "", card.preprocess.size, card.preprocess.channels)
    home = images.card(str(card.trained_on))
    return Target(card.classes, home.task, home.frame, home.channels, home.name)


def _mapping(preview: images.Preview, target: Target) -> dict[str, str | None]:
    """Ask which label is which class; nearest names are filled in."""
    if not target.classes:
        return {label: label for label in preview.classes}
    near = images.suggest(preview.classes, target.classes)
    found = list(preview.classes)
    rows = pd.DataFrame({"label as found": found, "pictures": list(preview.classes.values()), "class": [near[label] for label in found]})
    column = st.column_config.SelectboxColumn("class", options=list(target.classes), help="Empty: pictures of this label are left out.")
    edited = st.data_editor(
        rows, key=given.key(KIND, f"mapping-{hashing.of_parts(found, target.classes)}"), hide_index=True, disabled=["label as found", "pictures"],
        height=min(13, len(rows) + 1) * ROW + 3, row_height=ROW, placeholder="left out", column_config={"class": column},
        alt="Which label is which class",
    )  # fmt: skip
    mapping = {label: name if isinstance(name, str) else None for label, name in zip(edited["label as found"], edited["class"], strict=True)}
    lacking = [label for label, name in mapping.items() if name is None]
    covered = len(set(mapping.values()) - {None})
    said = f"{formats.share(covered, len(target.classes), 'classes are covered')}; networks are asked among those only."
    st.caption(said + (f" Without a class, so left out: {kit.escape(', '.join(lacking[:8]))}{' …' if len(lacking) > 8 else ''}." if lacking else ""))
    return mapping


def _framing(preview: images.Preview, target: Target) -> dict[str, Any]:
    """Ask how every picture becomes a square one, and show a few so."""
    turn = given.key(KIND, f"framing-{target.task}")  # defaults follow the file and the target
    digits = target.task == "digits"
    with st.container(border=True, key="framing"):
        ways = [way for way in FITS if way != "digits" or (target.frame or 28, target.channels or 1) == (28, 1)]
        a, b, c, d = st.columns([3, 1, 1, 1], vertical_alignment="bottom")
        first = ways.index("digits") if digits else 0
        fit = a.selectbox("How pictures are framed", ways, index=first, key=f"{turn}-fit", persist_state="session", format_func=lambda way: FITS[way])
        how: dict[str, Any] = {"frame": 28, "channels": 1, "fit": fit}
        if fit != "digits":
            how["frame"] = int(b.number_input("Side (px)", 8, 1024, target.frame or preview.frame, key=f"{turn}-side", persist_state="session"))
            grey = (1, 3).index(target.channels or preview.channels)
            how["channels"] = c.selectbox(
                "Channels", (1, 3), index=grey, key=f"{turn}-channels", persist_state="session", format_func=lambda n: "grey" if n == 1 else "colour"
            )  # fmt: skip
        dark = "Black and white change places: for dark ink on white paper."
        how["invert"] = d.toggle("Invert", value=digits and _is_light(preview), key=f"{turn}-invert", persist_state="session", help=dark)
        framed = [(example.label, images.framed(example.image, **how)) for example in _mixed(preview)]
        kit.images([(label, shown.address(picture)) for label, picture in framed if picture is not None])
        st.caption("As they will be stored; shifts act on these.")
    return how


def _is_light(preview: images.Preview) -> bool:
    """Return whether most of most pictures is light, as paper is."""
    return sum(float(example.image.mean()) > 127 for example in preview.examples) > len(preview.examples) / 2


def _about(path: Path, preview: images.Preview) -> dict:
    """Ask for a name, terms, and shares to train and validate on."""
    left, right = st.columns(2)
    about: dict = {
        "name": left.text_input(
            "Name of the set", value=path.stem[:80] or "images", key=given.key(KIND, "name"), persist_state="session", max_chars=100
        )
    }
    about["licence"] = right.text_input("Licence", key=given.key(KIND, "licence"), persist_state="session", placeholder="terms of the pictures")
    with st.expander("Title, citation, notes, splits"):
        left, right = st.columns(2)
        about["title"] = left.text_input(
            "Title", key=given.key(KIND, "title"), persist_state="session", placeholder="how pages call it; the name where left empty"
        )
        about["citation"] = left.text_input("Whom to cite", key=given.key(KIND, "citation"), persist_state="session")
        about["text"] = right.text_area("Anything else worth knowing", key=given.key(KIND, "text"), persist_state="session", height=100)
        if preview.splits:
            st.caption("The files have splits of their own, which are kept.")
        else:
            about["train_share"] = left.slider(
                "Share to train on", 0.0, 0.9, 0.0, 0.05, key=given.key(KIND, "train"), persist_state="session", help="The rest is for tests."
            )
            about["val_share"] = right.slider("Share to validate on", 0.0, 0.5, 0.0, 0.05, key=given.key(KIND, "val"), persist_state="session")
    return about


def _save(path: Path, how: dict, target: Target, pictures: int) -> None:
    """Take the pictures in, many of them by a worker; whatever is wrong is said here, and nothing is left behind then."""
    if pictures > MOST_AT_ONCE or taking.is_long(path):
        try:
            name = images.checked_name(how.pop("name"))
        except errors.UserError as problem:
            told.problem(problem)
            return
        taking.hand_over(KIND, path, name, how, total=pictures)
    bar = st.progress(0.0, "Reading …")

    def tell(done: int, of: int) -> None:
        bar.progress(done / of if of else 1.0, formats.share(done, of, "pictures"))

    try:
        card = images.bring(path, tell=tell, **how)
    except errors.UserError as problem:
        bar.empty()
        told.problem(problem)
        return
    control.audit("bring data set", card["name"])
    st.session_state[SAVED] = (card["name"], target.evaluate)
    given.put_away(KIND)
    st.rerun()


def _saved() -> None:
    """Show the set that was brought last, and where to go."""
    _here(*st.session_state.get(SAVED, ("", "")))


def _here(name: str, beside: str) -> None:
    """Say that a set is here, and where to go."""
    if name not in images.names():
        return
    card = images.card(name)
    with st.container(key="finding-brought"):
        sizes = "; ".join(f"{split} {formats.count(n)}" for split, n in card.sizes.items())
        st.markdown(f"**{kit.escape(card.title)}** is here: {sizes} images of {formats.count(len(card.classes))} classes.")
    for sentence in card.skipped:
        st.caption(kit.escape(sentence))
    first = (f"Run networks of {beside} on it", f"assay-run?id={beside}") if beside else ("Run networks on it", f"assay-run?id={name}")
    kit.links([first, ("Its card", f"library?name={name}")])
