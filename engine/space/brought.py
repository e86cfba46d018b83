"""What people brought: where it lies, what it takes, what becomes of results when it goes, and how it goes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import control, errors, networks, people, places, store
from engine.amodal import given
from engine.datasets import clips, images, tables
from engine.datasets.tables import _brought as own_tables
from engine.importers import clips as clips_in
from engine.importers import network as network_in
from engine.space.sizes import held_in


@dataclass(frozen=True)
class Kind:
    """One kind of thing that can be brought."""

    one: str
    names: Callable[[], tuple[str, ...]]
    place: Callable[[str], Path]
    remove: Callable[[str], None]
    stays: str  # what becomes of results, a sentence
    column: str | None = None  # of the scores that name it


@dataclass(frozen=True)
class Brought:
    """One thing that somebody brought."""

    kind: str
    name: str
    bytes: int
    changed: float  # seconds since 1970


def _networks() -> tuple[str, ...]:
    return tuple(card.name for card in networks.cards() if card.source == "brought")


def _datasets() -> tuple[str, ...]:
    return tuple(name for name in images.names() if images.card(name).brought)


def _tables() -> tuple[str, ...]:
    return tuple(name for name in own_tables.names() if name in tables.names())


def _answers() -> tuple[str, ...]:
    """Return masks of other models as CLIP/NAME, by the folders that they lie in."""
    return tuple(sorted(f"{file.parent.name}/{file.stem}" for file in places.inputs("answers").glob("*/[!.]*.parquet")))


def _answer(name: str) -> Path:
    return places.inputs("answers") / f"{name}.parquet"


def _remove_answer(name: str) -> None:
    clip, _, answer = name.rpartition("/")
    given.remove(clip, answer)


KINDS: Mapping[str, Kind] = {
    "network": Kind(
        "network", _networks, lambda name: places.inputs("networks") / name, network_in.remove,
        "Its weights are deleted, and it cannot be run any more. What was measured with it stays.", "network",
    ),
    "dataset": Kind(
        "data set", _datasets, lambda name: places.inputs("datasets") / name, images.remove,
        "Its pictures are deleted, and nothing can be measured on it any more. What was measured stays, without pictures.", "dataset",
    ),
    "table": Kind(
        "table of people", _tables, lambda name: places.inputs("tables") / name, own_tables.remove,
        "Its rows are deleted. Numbers of networks that were trained on it stay; single people can no longer be looked at.",
    ),
    "clip": Kind(
        "clip", clips.brought, lambda name: places.inputs("clips") / name, clips_in.remove,
        "Its frames and masks are deleted. What was measured on it stays, and cannot be stepped through any more.",
    ),
    "masks": Kind(
        "another model's masks", _answers, _answer, _remove_answer, "The masks are deleted. What was measured of them stays.",
    ),
}  # fmt: skip


def listed() -> list[Brought]:
    """Return everything that was brought, the largest first."""
    found = []
    for kind, about in KINDS.items():
        for name in about.names():
            place = about.place(name)
            found.append(Brought(kind, name, held_in(place).bytes, place.stat().st_mtime if place.exists() else 0.0))
    return sorted(found, key=lambda one: one.bytes, reverse=True)


def consequence(kind: str, name: str) -> str:
    """Return what removing something means, with how much in the store refers to it."""
    about = _kind(kind)
    if about.column is None:
        return about.stays
    count = int(store.query(f"SELECT count(*) AS n FROM scores WHERE {about.column} = $name", {"name": name})["n"].iloc[0])
    return f"{about.stays} The store holds {count:,} score{'' if count == 1 else 's'} of it."


def remove(kind: str, name: str) -> None:
    """Delete something that was brought.

    Raises:
        UserError: for an unknown kind or name, where a question that waits or runs names it, and where this person may not.
    """
    people.require("delete")
    about = _kind(kind)
    if name not in about.names():
        raise errors.unknown(about.one, name, about.names())
    said = {json.dumps(name), json.dumps(name, ensure_ascii=False)}
    if users := [job.title for job in control.jobs(control.ACTIVE) if any(one in job.spec for one in said)]:
        raise errors.UserError(f"“{users[0]}” waits or runs with the {about.one} {name}.", "Wait until it is done, or stop it on the page Runs.")
    about.remove(name)
    control.audit(f"delete {about.one}", name)


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise errors.unknown("kind", kind, KINDS)
    return KINDS[kind]
