"""Image sets that people brought: a folder each under TOUCHSTONE_HOME/inputs/datasets, with a card and the images.

A set is decoded once, into canonical uint8 images, one .npy and one .json of labels and identities a split. The
folder is called by the hash of the set's name, so that no name is ever part of a path; it is written aside and
renamed when whole.
"""

import errno
import functools
import json
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from engine import errors, hashing, people, places, registry, safety
from engine.datasets.images import _drawn, _pictures, _splits
from engine.datasets.images._images import Images, digest, example_id
from engine.datasets.images._items import Found, Item, Skips, Unusable, shortened
from engine.datasets.images._reading import checked, naturally, opened

FORMAT = 1
CARD = "card.json"
SEED = 0
LONGEST_NAME = 100
LARGEST_FRAME = 1024
ORDER = ("test", "val", "train")  # of equal pictures, the one in the split that is named first here stays


@dataclass(frozen=True)
class Framing:
    """How every picture of a set becomes canonical."""

    frame: int
    channels: int
    fit: str = "crop"  # crop | pad | digits
    invert: bool = False

    def __post_init__(self) -> None:
        if self.channels not in {1, 3} or not 4 <= self.frame <= LARGEST_FRAME:
            raise errors.UserError(
                f"A frame of {self.frame} pixels with {self.channels} channels cannot be had.",
                f"Choose 4 to {LARGEST_FRAME} pixels and 1 or 3 channels.",
            )
        if self.fit not in _pictures.FITS:
            raise errors.unknown("way to fit pictures", self.fit, _pictures.FITS)
        if self.fit == "digits" and (self.frame, self.channels) != (28, 1):
            raise errors.UserError("The framing of digits is 28 pixels with 1 channel.", "Choose these, or crop or pad.")

    def __str__(self) -> str:
        ways = {
            "crop": f"The short side is resized to {self.frame} and the centre cut out",
            "pad": f"The long side is resized to {self.frame}, the rest is black",
            "digits": "The ink is scaled into 20 x 20 and its centre of mass put on the middle of 28 x 28",
        }
        first = "Black and white change places. " if self.invert else ""
        return f"{first}{ways[self.fit]}; {'grey' if self.channels == 1 else 'colour'}."


def names() -> tuple[str, ...]:
    """Return what people brought, sorted."""
    return tuple(sorted(_cards()))


def problems() -> tuple[str, ...]:
    """Return a sentence for each folder of a brought set that cannot be read."""
    return tuple(f"{file.parent} cannot be read as a data set." for file in _files() if _read(file, _stamp(file)) is None)


def card(name: str) -> dict[str, Any]:
    """Return the fields of `images.Card` for a brought set; raises UserError for an unknown one."""
    said = _cards()
    if name not in said:
        raise errors.unknown("data set that was brought", name, said)
    return dict(said[name][1])


def load(name: str, split: str) -> Images:
    """Return a split of a brought set, its images mapped from disk or drawn; raises UserError for an unknown or damaged one."""
    said = card(name)
    if split not in said["sizes"]:
        raise errors.unknown(f"split of {name}", split, said["sizes"])
    folder = _cards()[name][0]
    return _load(folder, name, split, tuple(said["classes"]), _stamp(folder / CARD))


@functools.lru_cache(maxsize=8)
def _load(folder: Path, name: str, split: str, classes: tuple[str, ...], _stamp: int) -> Images:
    if (folder / _drawn.RECIPE).is_file():
        return _drawn.load(folder, name, split, card(name)["digests"][split])
    try:
        pictures = np.load(folder / f"{split}.npy", mmap_mode="r", allow_pickle=False)
        rows = json.loads((folder / f"{split}.json").read_text())
        return Images(
            pictures, np.array(rows["labels"], np.int64), classes, tuple(rows["ids"]),
            {group: tuple(column) for group, column in rows["groups"].items()}, tuple(rows["sources"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, EOFError) as problem:
        raise errors.UserError(f"The data set “{name}” is damaged on disk ({folder}).", "Remove it and bring it again.") from problem


@people.needs("delete")
def remove(name: str) -> None:
    """Delete a brought set; raises UserError for an unknown one."""
    card(name)
    safety.discard(_cards()[name][0])


@people.needs("bring")
def bring(
    path: Path,
    name: str,
    *,
    title: str = "",
    mapping: Mapping[str, str | None] | None = None,
    known: Sequence[str] = (),
    task: str = "",
    frame: int = 224,
    channels: int = 3,
    fit: str = "crop",
    invert: bool = False,
    image_column: str | None = None,
    label_column: str | None = None,
    group_columns: Sequence[str] = (),
    train_share: float = 0.0,
    val_share: float = 0.0,
    licence: str = "",
    citation: str = "",
    text: str = "",
    tell: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Take in a set of pictures and return its card; what cannot be used is left out and said in `skipped`.

    Args:
        path: A folder or .zip of class folders (in train, val and test folders or not), a Parquet file, or an .npz.
        name: How links, runs and commands call it: up to 100 characters, not taken yet.
        title: How pages call it; the name where left out.
        mapping: Class as found -> class it is to be; None or left out = not taken in. All are taken as found by default.
        known: A network's classes, which give the set's classes their order; sorted where left out.
        task: Sets of one task share classes; the name where left out.
        frame: Side of the square canonical images, pixels.
        channels: 1 = grey, 3 = colour.
        fit: `crop`, `pad` or `digits`, see `_pictures.canonical`.
        invert: Black and white change places.
        image_column: Parquet: the column of pictures; .npz: the array of pictures.
        label_column: Parquet: the column of labels; .npz: the array of labels.
        group_columns: Parquet: further columns to keep as groups.
        train_share: Where the files have no splits, the share to train on; drawn by class, the rest is test.
        val_share: The same to validate on.
        licence: Its terms.
        citation: Whom to cite.
        text: Anything else worth knowing.
        tell: Called with the number of pictures done and to do.

    Raises:
        UserError: where nothing can be taken in, the name is taken, or the disk is full; nothing is left behind then.
    """
    name = checked_name(name)
    framing = Framing(frame, channels, fit, invert)
    shares = {"train": train_share, "val": val_share, "test": 1 - train_share - val_share}
    if min(shares.values()) < 0 or shares["test"] == 0:
        raise errors.UserError("The shares to train and to validate leave nothing to test.", "Choose less than 1 in all.")
    with opened(path, image_column, label_column, group_columns) as found, _folder_aside() as aside:
        checked(found)
        making = _Making(aside, framing, found, mapping, known)
        making.decode(tell or (lambda done, to_do: None))
        facts = making.finish(shares)
        said = {
            "name": name, "title": title.strip() or name, "text": text, "task": task.strip() or name, "frame": frame,
            "channels": channels, "licence": licence, "citation": citation,
            "source": f"brought as {found.kind}: {shortened(path.name)}",
            "preparation": " ".join((str(framing), *found.notes)), **facts, "skipped": found.skips.sentences(),
        }  # fmt: skip
        (aside / CARD).write_text(json.dumps({"format": FORMAT, "card": said}, ensure_ascii=False))
        _publish(aside, name)
    return card(name)


@people.needs("bring")
def keep(recipe: _drawn.Recipe, name: str = "", title: str = "", text: str = "") -> dict[str, Any]:
    """Keep an intervention as a set that draws itself, and return its card; kept already, the card is that one's.

    Args:
        recipe: The system, what is done to it, the seed, and how many units of each split.
        name: How links, runs and commands call the set; by default what it is.
        title: How pages call it; the name where left out.
        text: Anything else worth knowing.

    Raises:
        UserError: where the intervention does not fit the system, the name is taken by another set, or the disk is full.
    """
    recipe = _drawn.tidied(recipe)
    chosen = name or recipe.name
    if chosen in _cards() and recipe_of(chosen) == recipe:
        return card(chosen)
    chosen = checked_name(chosen)
    said = {"name": chosen, "title": title.strip() or chosen, "text": text, **_drawn.facts(recipe)}
    with _folder_aside() as aside:
        (aside / _drawn.RECIPE).write_text(json.dumps(asdict(recipe), ensure_ascii=False))
        (aside / CARD).write_text(json.dumps({"format": FORMAT, "card": said}, ensure_ascii=False))
        _publish(aside, chosen)
    return card(chosen)


def recipe_of(name: str) -> _drawn.Recipe | None:
    """Return the intervention that a brought set is drawn from, None where it is pictures; raises UserError for an unknown set."""
    card(name)
    file = _cards()[name][0] / _drawn.RECIPE
    return _drawn.read(file) if file.is_file() else None


@contextmanager
def _folder_aside() -> Iterator[Path]:
    """Yield a new folder beside the sets, which is gone afterwards unless it was renamed."""
    aside = places.inputs("datasets") / f".aside-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        yield aside
    except OSError as problem:
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise errors.UserError("The disk is full; nothing was kept.", "Make room, or bring fewer or smaller pictures.") from problem
        raise errors.UserError(
            f"The data set cannot be written: {problem.strerror or problem}. Nothing was kept.", "Check the folder's rights and limits."
        ) from problem
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _publish(aside: Path, name: str) -> None:
    """Give a whole set its place; of two people who bring the same name at once, one is told."""
    folder = aside.with_name(hashing.of_parts(name))
    try:
        aside.rename(folder)
    except OSError as problem:
        if folder.exists():
            raise _taken(name) from problem
        raise


def _taken(name: str) -> errors.UserError:
    return errors.UserError(f"There is a data set “{name}” already.", "Choose another name, or remove it first.")


def checked_name(name: str) -> str:
    """Return a new set's name, tidied; raises UserError where it is empty, too long, unprintable or taken."""
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not tidy or len(tidy) > LONGEST_NAME or not tidy.isprintable() or set("/\\") & set(tidy):
        raise errors.UserError(
            f"“{shortened(name)}” cannot name a data set.",
            f"Use 1 to {LONGEST_NAME} letters, digits, spaces and signs other than / and \\.",
        )
    taken = {other.casefold(): other for other in (*registry.names("datasets/images"), *names())}
    if tidy.casefold() in taken:
        raise _taken(taken[tidy.casefold()])
    return tidy


@dataclass
class _Row:
    """What is kept of one picture beside its pixels; `at` is its place in the file of all pixels."""

    at: int
    label: str
    id: str
    source: str
    split: str
    groups: Mapping[str, str]


class _Making:
    """One set under way: pixels go to one file as they are decoded, and into one file a split at the end."""

    def __init__(self, aside: Path, framing: Framing, found: Found, mapping: Mapping[str, str | None] | None, known: Sequence[str]) -> None:
        self.aside, self.framing, self.found, self.known = aside, framing, found, known
        labels = {item.label for item in found.items}
        self.mapping = {label: label for label in labels} if mapping is None else {k: v for k, v in mapping.items() if v}
        self.rows: list[_Row] = []
        self.pixels = aside / "all.u8"

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.framing.frame, self.framing.frame, self.framing.channels

    def decode(self, tell: Callable[[int, int], None]) -> None:
        """Write the pixels of every item that can be used."""
        chosen = [item for item in self.found.items if item.label in self.mapping]
        self._not_chosen()
        with self.pixels.open("wb") as file:
            for done, item in enumerate(chosen):
                if done % 64 == 0:
                    tell(done, len(chosen))
                if (picture := self._picture(item)) is not None:
                    file.write(picture.tobytes())
                    self._note(item, picture)
        tell(len(chosen), len(chosen))

    def _not_chosen(self) -> None:
        for item in self.found.items:
            if item.label not in self.mapping:
                self.found.skips.add("of classes that were not chosen", f"{item.label}: {item.source}")

    def _picture(self, item: Item) -> UInt8[np.ndarray, "h w c"] | None:
        try:
            return _pictures.canonical(item.read(), *self.shape[1:], self.framing.fit, self.framing.invert)
        except Unusable as problem:
            self.found.skips.add(str(problem), item.source)
            return None

    def _note(self, item: Item, picture: UInt8[np.ndarray, "h w c"]) -> None:
        label = self.mapping[item.label]
        assert label is not None, "only classes with a target are chosen"
        self.rows.append(_Row(len(self.rows), label, example_id(picture), item.source, item.split, item.groups))

    def finish(self, shares: Mapping[str, float]) -> dict[str, Any]:
        """Write one file a split and return classes, sizes, digests and groups."""
        if not self.rows:
            raise errors.UserError(f"No picture could be taken in. {' '.join(self.found.skips.sentences())}")
        splits = _split(_once(self.rows, self.found.skips), shares, self.found.skips)
        present = {row.label for rows in splits.values() for row in rows}
        order = [name for name in self.known if name in present]
        classes = order + naturally(present - set(order))
        pixels = np.memmap(self.pixels, np.uint8, "r", shape=(len(self.rows), *self.shape))
        digests = {split: self._write(split, rows, classes, pixels) for split, rows in splits.items()}
        del pixels
        self.pixels.unlink()
        sizes = {split: len(rows) for split, rows in splits.items()}
        groups = sorted({group for rows in splits.values() for row in rows for group in row.groups})
        return {"classes": classes, "sizes": sizes, "digests": digests, "groups": groups}

    def _write(self, split: str, rows: list[_Row], classes: list[str], pixels: UInt8[np.ndarray, "n h w c"]) -> str:
        """Write a split's images and rows and return its digest."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(rows), *self.shape)}
        with (self.aside / f"{split}.npy").open("wb") as file:  # not through a map: a full disk would kill the process
            np.lib.format.write_array_header_2_0(file, header)
            for row in rows:
                file.write(pixels[row.at].tobytes())
        place_of = {name: place for place, name in enumerate(classes)}
        columns = {
            "labels": [place_of[row.label] for row in rows],
            "ids": [row.id for row in rows],
            "sources": [row.source for row in rows],
            "groups": {group: [row.groups[group] for row in rows] for group in rows[0].groups},
        }
        (self.aside / f"{split}.json").write_text(json.dumps(columns, ensure_ascii=False))
        return digest(columns["ids"], columns["labels"], classes)


def _once(rows: list[_Row], skips: Skips) -> list[_Row]:
    """Return each picture once: of equal ones the first in the order test, val, train stays."""
    rank = {split: place for place, split in enumerate(ORDER)}
    kept: dict[str, _Row] = {}
    for row in sorted(rows, key=lambda row: (rank.get(row.split, 0), row.at)):
        first = kept.setdefault(row.id, row)
        if first is not row:
            same = first.label == row.label
            skips.add("equal to another picture" if same else "equal to another picture of another class", row.source)
    return sorted(kept.values(), key=lambda row: row.at)


def _split(rows: list[_Row], shares: Mapping[str, float], skips: Skips) -> dict[str, list[_Row]]:
    """Return the rows of each split: as the files have them, else drawn by class; a set without a test split gets one."""
    named = {split: [row for row in rows if row.split == split] for split in ("train", "val", "test")}
    if not any(named.values()):
        labels = np.unique([row.label for row in rows], return_inverse=True)[1]
        drawn = _splits.parts(labels, [row.id for row in rows], {k: v for k, v in shares.items() if v > 0}, SEED)
        return {split: [rows[i] for i in where] for split, where in drawn.items() if len(where)}
    for row in (row for row in rows if not row.split):
        skips.add("in no split", row.source)
    if not named["test"]:
        last = "val" if named["val"] else "train"
        named["test"], named[last] = named[last], []
    return {split: rows for split, rows in named.items() if rows}


def _files() -> list[Path]:
    root = places.inputs("datasets")
    return [file for file in sorted(root.glob(f"*/{CARD}")) if not file.parent.name.startswith(".")]


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns


def _cards() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return name -> (folder, card) of all brought sets; what cannot be read is left to `problems`."""
    read = ((file, _read(file, _stamp(file))) for file in _files())
    return {said["name"]: (file.parent, said) for file, said in read if said is not None}


@functools.lru_cache(maxsize=4096)
def _read(file: Path, _stamp: int) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text())
        said = content["card"]
        said["classes"], said["groups"], said["skipped"] = (tuple(said[k]) for k in ("classes", "groups", "skipped"))
        return said if content["format"] == FORMAT and said["sizes"] else None
    except (OSError, json.JSONDecodeError, KeyError, TypeError):
        return None
