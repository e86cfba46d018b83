"""Predictions of other models that were brought for a clip: whole masks by object, kept under TOUCHSTONE_HOME. No torch."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from engine import errors, hashing, people, places, rle, safety, store
from engine.amodal import baselines
from engine.datasets.clips import Clip, Masks
from engine.rle import Rle
from engine.store import files


def folder(address: str) -> Path:
    """Return where a clip's predictions lie."""
    return places.inputs("answers") / safety.slug(address.replace("/", "-"))


def names(address: str) -> tuple[str, ...]:
    """Return the names of the predictions for a clip, sorted."""
    here = folder(address)
    return tuple(sorted(file.stem for file in here.glob("[!.]*.parquet"))) if here.is_dir() else ()


def digest(address: str, name: str) -> str:
    """Return the hash of some predictions; raises UserError for unknown ones."""
    return hashing.of_file(_file(address, name))


def _file(address: str, name: str) -> Path:
    if name not in names(address):
        raise errors.unknown(f"predictions for {address}", name, names(address))
    return folder(address) / f"{name}.parquet"


@people.needs("bring")
def keep(address: str, name: str, masks: Mapping[str, Masks]) -> str:
    """Keep whole masks by object under a name, and return the name; raises UserError for one that is taken or is that of a baseline."""
    slug = safety.slug(name)
    if slug in baselines.names() or slug in names(address):
        raise errors.UserError(f"There is an answer named “{slug}” for {address} already.", "Choose another name.")
    rows = [(track, t, mask.counts.decode("ascii")) for track, one in masks.items() for t, mask in enumerate(one) if mask is not None]
    table = pd.DataFrame(rows, columns=["track", "frame", "counts"]).astype({"frame": np.int32})
    files.write_bytes(folder(address) / f"{slug}.parquet", store.parquet_bytes(table))
    return slug


@people.needs("delete")
def remove(address: str, name: str) -> None:
    """Delete predictions that were brought for a clip; raises UserError for unknown ones."""
    _file(address, name).unlink()


def read(address: str, name: str, clip: Clip) -> Mapping[str, Masks]:
    """Return whole masks by object; raises UserError for unknown predictions, and masks that do not fit the clip."""
    table = store.read_table(_file(address, name), ["track", "frame", "counts"])
    found: dict[str, list[Rle | None]] = {}
    for track, t, counts in zip(table["track"], table["frame"], table["counts"], strict=True):
        mask = Rle(clip.height, clip.width, counts.encode("ascii"))
        rle.checked(rle.runs(mask), clip.height, clip.width)
        if not 0 <= t < clip.length:
            raise errors.UserError(f"The predictions “{name}” have a mask for frame {t} of {clip.length}.", "Bring them again.")
        found.setdefault(track, [None] * clip.length)[t] = mask
    return {track: tuple(masks) for track, masks in found.items()}
