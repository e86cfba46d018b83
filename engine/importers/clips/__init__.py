"""Clips from elsewhere: frames, masks of objects in the forms that people have them in, and other models' predictions. No torch.

A file here is a form of masks. Its docstring is its card; it offers `VERSION`, `SUFFIXES`, `NEEDS` (what to bring, in words) and
`read(path, shape) -> Given`, which checks every mask against the frames it belongs to. `bring` makes a clip of frames and masks, `predictions` reads
somebody's whole masks for a clip that is here. Nothing is unpickled, and nothing is stored of a clip that is refused.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine import errors, people, places, registry, safety
from engine.datasets import clips
from engine.datasets.clips import Clip, Files, Masks, Track
from engine.importers.clips import _footage, _moving
from engine.importers.clips._given import Given, Shape, in_order

__all__ = ["ROOM", "Brought", "Given", "Shape", "bring", "detected", "in_order", "kinds", "predictions", "read", "remove"]

ROOM = "importers/clips"
_LOOKED_AT = 400_000  # characters of a JSON file that tell its form


@dataclass(frozen=True)
class Brought:
    """A clip that was brought, and what was done to read it."""

    clip: Clip
    notes: tuple[str, ...]


def kinds() -> tuple[str, ...]:
    """Return the forms of masks that can be read, sorted."""
    return registry.names(ROOM)


def read(path: Path, shape: Shape, kind: str | None = None) -> Given:
    """Return the objects in a file, folder or zip of masks; raises UserError as the form's `read` does, and where no form fits."""
    kind = kind or detected(path)
    if kind not in kinds():
        raise errors.unknown("form of masks", kind, kinds())
    return registry.load(ROOM, kind).read(path, shape)


def detected(path: Path) -> str:
    """Return the form of a file of masks, by its name and what is in it; raises UserError where none fits."""
    if not path.exists():
        raise errors.UserError(f"There is nothing at {safety.shown(str(path))}.", "Check the path.")
    suffix = path.suffix.lower()
    if suffix in {".npz", ".txt"}:
        return "arrays" if suffix == ".npz" else "mots"
    if path.is_dir() or suffix == ".zip":
        return "mots" if registry.load(ROOM, "mots").sixteen_bit(path) else "davis"
    if suffix != ".json":
        raise errors.UserError(
            f"{safety.shown(path.name)} is no form of masks that is known here.", "Bring JSON, MOTS text, .npz, or a folder or zip of PNGs."
        )
    return _detected_json(path)


def _detected_json(path: Path) -> str:
    with path.open(errors="replace") as file:
        start = file.read(_LOOKED_AT)
    for key, kind in (("inmodal_seg", "kins"), ("regions", "cocoa"), ("segmentations", "youtube_vis"), ("segmentation", "coco")):
        if json.dumps(key) in start:
            return kind
    raise errors.UserError(f"{safety.shown(path.name)} holds no masks that are known here.", f"Name its form, one of: {', '.join(kinds())}.")


@people.needs("bring")
def bring(
    name: str, footage: Path, masks: Path | None = None, *, kind: str | None = None, occluder: Path | None = None, partial: bool = False,
    moving: bool = False,
) -> Brought:  # fmt: skip
    """Make a clip of frames and masks that lie elsewhere, and return it.

    Args:
        name: what people will call it.
        footage: a folder or zip of pictures, or a video.
        masks: file, folder or zip of objects' masks; None = no objects yet.
        kind: form of the masks; told by the file where it is not given.
        occluder: masks, in any form, whose union is what hides objects.
        partial: take the frames that are there of a video that claims more.
        moving: where no masks are given, find what moves in front of a still background.

    Raises:
        UserError: for a name that is taken, for frames or masks that are wrong, with file and frame, and for a moving camera without masks.
    """
    slug = safety.slug(name)
    folder = places.inputs("clips") / slug
    if folder.exists():
        raise errors.UserError(f"There is a clip named “{slug}” already.", "Choose another name, or remove that one first.")
    aside = folder.with_name(f".{slug}.aside")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        found = _footage.put(footage, aside, partial=partial)
        given = read(masks, found.shape, kind) if masks else _moving.found(Files(aside, found.files)) if moving else Given(())
        hiding = _united(read(occluder, replace(found.shape, overlap=True)), found.shape) if occluder else given.occluder
        notes = (*found.notes, *given.notes)
        shape = found.shape
        clip = Clip(name, shape.height, shape.width, Files(aside, found.files), given.tracks, hiding, rate=found.rate, about={"notes": list(notes)})
        clips.finish(clip, aside, found.files)
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Brought(clips.read(folder), notes)


@people.needs("delete")
def remove(name: str) -> None:
    """Delete a clip that was brought; raises UserError where there is none of this name."""
    if name not in clips.brought():
        raise errors.unknown("clip", name, clips.brought())
    safety.discard(safety.inside(places.inputs("clips"), name))


def _united(given: Given, shape: Shape) -> Masks | None:
    """Return the union of all masks in a file."""
    module = registry.load(ROOM, "youtube_vis")
    masks = [track.visible for track in given.tracks] + [track.whole for track in given.tracks if track.whole]
    return module.united([*masks, given.occluder] if given.occluder else masks, shape) if masks or given.occluder else None


def predictions(path: Path, clip: Clip, kind: str | None = None) -> Mapping[str, Masks]:
    """Return somebody's whole masks for a clip's objects, by the objects' names.

    A file with one mask an object and frame is read as whole masks. An object is found by its name; where file and clip have one each, they are
    the same.

    Raises:
        UserError: as `read` does, and for objects that the clip does not have.
    """
    given = read(path, Shape(clip.height, clip.width, clip.length, _names(clip), overlap=True), kind)
    said = {track.name: _whole(track) for track in given.tracks}
    names = [track.name for track in clip.tracks]
    if len(said) == len(names) == 1:
        return {names[0]: next(iter(said.values()))}
    strange = [name for name in said if name not in names]
    if strange or not said:
        raise errors.UserError(
            f"{safety.shown(path.name)} has the objects {safety.few(list(said))}; {clip.name} has {safety.few(names)}.",
            "Give the objects the clip's names (id, track_id, name or value).",
        )
    return said


def _whole(track: Track) -> Masks:
    return track.visible if track.whole is None else track.whole


def _names(clip: Clip) -> tuple[str, ...]:
    return clip.frames.names if isinstance(clip.frames, Files) else ()
