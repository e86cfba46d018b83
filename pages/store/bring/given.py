"""What a person gives: a file they upload, or a file or folder by its path where the server is their own machine."""

import shutil
import time
from pathlib import Path

import streamlit as st

from engine import errors, places, safety
from engine.plots import formats
from pages.parts import kit, server
from pages.store.bring import told

LONGEST_NAME = 120  # letters, the ending included
KEPT_SECONDS = 86_400  # an upload that nobody saved is forgotten after a day


def ask(kind: str, accepts: str, *, folders: bool = False, several: bool = False) -> Path | None:
    """Ask for a file (or folder) and return where it lies; None until one is given.

    What was given stays in hand when the person looks at another tab, until it is put away.

    Args:
        kind: what is brought; the state is kept under it.
        accepts: which kinds of files, as the person reads it.
        folders: whether a folder will do.
        several: whether several files may be uploaded together; they are given as a folder.
    """
    if problem := st.session_state.get(f"problem-{kind}"):
        told.problem(problem)
    path = st.session_state.get(f"given-{kind}")
    if path is not None and path.exists():
        _in_hand(kind, path)
        return path
    _ask(kind, accepts, folders=folders, several=several)
    return None


def key(kind: str, name: str) -> str:
    """Return the key of a form's widget; another file gets a fresh form."""
    return f"{kind}-{name}-{st.session_state.get(f'turn-{kind}', 0)}"


def _ask(kind: str, accepts: str, *, folders: bool, several: bool) -> None:
    local = not server.is_public()
    left, right = st.columns(2) if local else (st.container(), None)
    upload = key(kind, "upload")
    left.file_uploader(f"Upload: {accepts}", key=upload, on_change=_keep, args=(kind, upload), accept_multiple_files=several)
    if right is not None:
        what = "file or folder" if folders else "file"
        typed = key(kind, "path")
        right.text_input(
            f"or a {what} on this machine", key=typed, on_change=_take, args=(kind, typed), placeholder=f"path of a {what}",
            help="It is read where it lies. Press Enter to look at it.",
        )  # fmt: skip


def _in_hand(kind: str, path: Path) -> None:
    left, right = st.columns([5, 1], vertical_alignment="center")
    size = f", {formats.size(path.stat().st_size)}" if path.is_file() else ""
    left.markdown(f"In hand: **{kit.escape(safety.shown(path.name))}**{size}. Nothing of it enters the store by itself.")
    right.button("Put it away", key=f"away-{kind}", on_click=put_away, args=(kind,), width="stretch")


def put_away(kind: str) -> None:
    """Forget what was given; an upload is deleted, a file on this machine is left alone."""
    path = let_go(kind)
    if path is not None:
        discard(path)


def let_go(kind: str) -> Path | None:
    """Forget what was given and return where it lies: somebody else has it in hand now."""
    path = st.session_state.pop(f"given-{kind}", None)
    st.session_state.pop(f"problem-{kind}", None)
    st.session_state[f"turn-{kind}"] = st.session_state.get(f"turn-{kind}", 0) + 1
    return path


def hand_back(kind: str, path: Path) -> None:
    """Take in hand again what somebody else could not use, unless there is something else in hand by now."""
    if path.exists():
        st.session_state.setdefault(f"given-{kind}", path)


def discard(path: Path) -> None:
    """Delete what lies at a path where it was uploaded."""
    if path.is_relative_to(uploads().resolve()) or path.is_relative_to(uploads()):
        shutil.rmtree(path.parent, ignore_errors=True)


def uploads() -> Path:
    """Return the folder of files that were uploaded and not saved yet."""
    return places.cache() / "uploads"


def _keep(kind: str, key: str) -> None:
    """Write an upload to disk, each file under its own name in a folder of their own."""
    st.session_state.pop(f"problem-{kind}", None)
    given = st.session_state.get(key)
    files = given if isinstance(given, list) else [given] if given is not None else []
    if not files:
        return
    forget_old()
    folder = uploads() / safety.slug(files[0].file_id)
    into = folder / f"{len(files)} files" if len(files) > 1 else folder
    try:
        into.mkdir(parents=True, exist_ok=True)
        for file in files:
            safety.inside(into, tidy(file.name)).write_bytes(file.getbuffer())
    except OSError as problem:
        shutil.rmtree(folder, ignore_errors=True)
        sentence = f"{safety.shown(files[0].name)} cannot be written to disk: {problem.strerror or problem}."
        st.session_state[f"problem-{kind}"] = errors.UserError(sentence, "Make room, or bring it by its path.")
        return
    st.session_state[f"given-{kind}"] = into if len(files) > 1 else safety.inside(into, tidy(files[0].name))


def _take(kind: str, key: str) -> None:
    """Take what lies at a path."""
    st.session_state.pop(f"problem-{kind}", None)
    typed = str(st.session_state.get(key) or "").strip().strip("'\"")
    if not typed:
        return
    path = Path(typed).expanduser()
    try:
        there = path.exists()
    except (OSError, ValueError):  # a path too long, or with a zero byte
        there = False
    if there:
        st.session_state[f"given-{kind}"] = path.resolve()
    else:
        sentence = f"There is nothing at {safety.shown(typed, 120)}."
        st.session_state[f"problem-{kind}"] = errors.UserError(sentence, "Check the path; it is one of the server's machine.")


def tidy(name: str) -> str:
    r"""Return a file's own name as a folder can hold it: no path, nothing unprintable, not too long, its ending kept.

    >>> tidy("../../etc/pass\x00wd.csv"), tidy("a" * 300 + ".onnx")[-8:], tidy("..")
    ('pass_wd.csv', 'aaa.onnx', 'upload')
    """
    plain = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name.replace("\\", "/").rsplit("/", 1)[-1])
    stem, dot, suffix = plain.rpartition(".")
    short = plain if len(plain) <= LONGEST_NAME else f"{stem[: LONGEST_NAME - 12]}{dot}{suffix[:10]}"
    while len(short.encode()) > 2 * LONGEST_NAME:  # folders count bytes, not letters
        short = short[len(short) // 4 :]
    return short if short.strip(". ") else "upload"


def forget_old() -> None:
    """Delete uploads of more than a day ago that nobody saved, and what archives among them held."""
    for folder in (*uploads().glob("*"), *(places.cache() / "unpacked").glob("*")):
        if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
