"""A clip as a folder: frames as PNG, masks as one Parquet table of run-length codes, exact flow as .npz, and the manifest, which is written last."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from jaxtyping import UInt8

from engine import errors, hashing, rle, safety, store
from engine.datasets.clips._clip import Clip, Flow, Masks, Track
from engine.rle import Rle
from engine.store import files

FORMAT = "touchstone clip"
VERSION = 1
MANIFEST, MASKS, FLOW = "manifest.json", "masks.parquet", "flow.npz"
_KINDS = ("visible", "whole", "seen")
_OCCLUDER = ("", "occluder")
_REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}


@dataclass(frozen=True)
class Files:
    """Frames that lie in a folder as pictures, read when they are asked for."""

    folder: Path
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> UInt8[np.ndarray, "h w 3"]:
        return self._read(i, cv2.IMREAD_COLOR_RGB)

    def reduced(self, i: int, factor: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return a frame of a half, a quarter or an eighth of its height and width, which is decoded quickly."""
        return self._read(i, _REDUCED[factor])[..., ::-1]

    def _read(self, i: int, how: int) -> UInt8[np.ndarray, "h w 3"]:
        found = cv2.imread(str(self.folder / self.names[i]), how)
        if found is None:
            raise errors.UserError(f"Frame {i}, {safety.shown(self.names[i])}, is missing or no picture that can be read.", "Bring the clip again.")
        return np.asarray(found, np.uint8)


def write(clip: Clip, folder: Path) -> Path:
    """Write a clip into a folder and return it; the manifest comes last and makes it a clip."""
    names = tuple(f"frames/{t:06d}.png" for t in range(clip.length))
    for t, name in enumerate(names):
        _, code = cv2.imencode(".png", clip.frames[t][..., ::-1])
        files.write_bytes(folder / name, code.tobytes())
    finish(clip, folder, names)
    return folder


def finish(clip: Clip, folder: Path, names: Sequence[str]) -> None:
    """Write everything of a clip but its frames, which already lie in the folder."""
    files.write_bytes(folder / MASKS, store.parquet_bytes(_table(clip)))
    if clip.flow is not None:
        packed = BytesIO()
        np.savez_compressed(packed, forward=clip.flow.forward.astype(np.float16), backward=clip.flow.backward.astype(np.float16))
        files.write_bytes(folder / FLOW, packed.getvalue())
    said: dict[str, Any] = {
        "format": FORMAT, "version": VERSION, "name": clip.name, "height": clip.height, "width": clip.width, "length": clip.length,
        "rate": clip.rate, "tracks": [{"name": one.name, **{kind: getattr(one, kind) is not None for kind in _KINDS}} for one in clip.tracks],
        "occluder": clip.occluder is not None, "flow": clip.flow is not None, "camera": None if clip.camera is None else clip.camera.tolist(),
        "about": dict(clip.about), "masks": hashing.of_file(folder / MASKS), "frames": list(names),
    }  # fmt: skip
    files.write_text(folder / MANIFEST, json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _table(clip: Clip) -> pd.DataFrame:
    given = [((one.name, kind), getattr(one, kind)) for one in clip.tracks for kind in _KINDS] + [(_OCCLUDER, clip.occluder)]
    rows = [(track, kind, t, mask.counts.decode("ascii")) for (track, kind), masks in given for t, mask in enumerate(masks or ()) if mask is not None]
    return pd.DataFrame(rows, columns=["track", "kind", "frame", "counts"]).astype({"frame": np.int32}).sort_values(["frame", "track", "kind"])


def read(folder: Path) -> Clip:
    """Return the clip in a folder; frames are read when they are asked for.

    Raises:
        UserError: where it is no clip, was written by a later version, or lacks a part.
    """
    said = _manifest(folder)
    height, width, length = int(said["height"]), int(said["width"]), int(said["length"])
    names = tuple(str(name) for name in said["frames"])
    if len(names) != length:
        raise errors.UserError(f"{safety.shown(folder.name)}: the manifest names {len(names)} frames and says {length}.", "Bring the clip again.")
    for name in names[:1] + names[-1:]:
        safety.inside(folder, name)
    masks = _masks(folder, height, width, length)
    tracks = tuple(
        Track(one["name"], *(masks.get((one["name"], kind), (None,) * length) if one[kind] else None for kind in _KINDS))  # type: ignore[arg-type]
        for one in said["tracks"]
    )
    occluder = masks.get(_OCCLUDER, (None,) * length) if said["occluder"] else None
    camera = None if said["camera"] is None else np.array(said["camera"], np.float64)
    flow = _flow(folder) if said["flow"] else None
    return Clip(said["name"], height, width, Files(folder, names), tracks, occluder, flow, camera, said["rate"], said["about"])


def frame_count(folder: Path) -> int:
    """Return how many frames the clip in a folder has; raises UserError where it is no clip."""
    return int(_manifest(folder)["length"])


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        said = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as problem:
        raise errors.UserError(f"{safety.shown(folder.name)} is no clip: its manifest cannot be read.", "Bring the clip again.") from problem
    if not isinstance(said, dict) or said.get("format") != FORMAT or said.get("version") != VERSION:
        raise errors.UserError(f"{safety.shown(folder.name)} is no clip of this version.", "Bring the clip again.")
    return said


def _masks(folder: Path, height: int, width: int, length: int) -> dict[tuple[str, str], Masks]:
    table = store.read_table(folder / MASKS, ["track", "kind", "frame", "counts"])
    found: dict[tuple[str, str], list[Rle | None]] = {}
    for track, kind, t, counts in zip(table["track"], table["kind"], table["frame"], table["counts"], strict=True):
        if not 0 <= t < length:
            raise errors.UserError(f"{safety.shown(folder.name)} has a mask for frame {t} of {length}.", "Bring the clip again.")
        found.setdefault((track, kind), [None] * length)[t] = Rle(height, width, counts.encode("ascii"))
    for masks in found.values():
        for mask in masks:
            if mask is not None:
                rle.checked(rle.runs(mask), height, width)
    return {key: tuple(masks) for key, masks in found.items()}


def _flow(folder: Path) -> Flow:
    arrays = safety.read_npz(folder / FLOW)
    return Flow(arrays["forward"].astype(np.float32), arrays["backward"].astype(np.float32))
