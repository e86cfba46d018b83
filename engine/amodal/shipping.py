"""What ships of this study: the newest numbers of every drawn or composited set of clips, each as a run of its own, and the masks of a few clips."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from engine import completers, rows, store
from engine.amodal import measuring
from engine.amodal.measuring import Where
from engine.amodal.spec import AmodalSpec
from engine.store import packing

PREFIX = "amodal"  # of its runs that ship
STEPPED = ("composited/own_motion/0", "composited/own_motion/1", "composited/camera_motion/2", "textured/heavy/3")  # clips whose masks ship
QUESTIONS: tuple[
    tuple[tuple[str, ...], int, Literal["given", "dis"], int], ...
] = (  # what is measured for publication, (clips, how many of each, flow, steps of adaptation)
    (("composited/own_motion", "composited/camera_motion"), 24, "given", 0),
    (("photo_cutouts/test",), 20, "given", 0),
    (("photo_cutouts/test", "textured/test", "textured/moving_camera"), 20, "dis", 0),
    (("textured/test", "textured/heavy", "textured/unseen_shape", "textured/moving_camera"), 20, "given", 0),
    (("textured/scale", "textured/articulated", "chewing_gum/test", "no_gum/test"), 10, "given", 0),
    (("composited/own_motion", "composited/camera_motion"), 24, "given", 5),
    (("composited/own_motion", "composited/camera_motion"), 8, "given", 20),
)
ADAPTED = "two_way-s0"  # whose adaptation is measured
_KEY = ["clip", "track", "answer", "flow", "frame"]


def questions(answers: Sequence[str] = ()) -> tuple[AmodalSpec, ...]:
    """Return what is measured for publication: every completer that is here (or only these) on every set; then the clips whose masks are kept."""
    known = tuple(answers) or tuple(name for name in completers.names() if completers.card(name).arm != "cnn_lstm")
    asked = [
        AmodalSpec(clips=sets, answers=tuple(name for name in known if not steps or name == ADAPTED), first=first, flow=flow, adapt=steps, keep=False)
        for sets, first, flow, steps in QUESTIONS
    ]
    return (*asked, AmodalSpec(clips=STEPPED, answers=tuple(name for name in known if name.endswith("-s0")), title="Clips that are stepped through"))


def ship(into: Path, masks: Sequence[str] = STEPPED) -> Iterator[str]:
    """Put what was measured here into a root of the store and yield a line a set; one of the same name is written over.

    Args:
        into: The root that gets the runs, such as `data/sample`.
        masks: Clips whose masks are kept, so that they can be stepped at once.
    """
    for row in measuring.sets(sample=False).to_dict("records"):
        asked = measuring.where(row)
        if asked.dataset:
            name = f"{PREFIX}-{asked.dataset}-{asked.split}" + ("" if asked.flow.startswith("exact") else "-estimated")
            yield f"{name}: {_shipped(asked, masks, name, into):,} bytes"


def _shipped(asked: Where, masks: Sequence[str], name: str, into: Path) -> int:
    found = _newest(rows.MaskFrame.table, "t.dataset = $dataset AND t.split = $split AND t.flow = $flow", asked.about)
    kept = _newest(
        rows.Completion.table, "starts_with(t.clip, $prefix) AND t.flow = $flow", {"prefix": f"{asked.dataset}/{asked.split}/", "flow": asked.flow}
    )
    parts: dict[type, pd.DataFrame] = {rows.MaskFrame: found, rows.Completion: kept[kept["clip"].isin(list(masks))].reset_index(drop=True)}
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [str(found["run"].iloc[0])]).iloc[0].to_dict()
    seconds = store.query("SELECT sum(seconds) AS s FROM runs WHERE list_contains($runs, run)", {"runs": sorted(set(found["run"]))})["s"].iloc[0]
    told |= {"title": f"Hidden parts: {asked.title}", "seconds": float(seconds), "cells": int(found["clip"].nunique())}
    return packing.renamed_tables(told, {table: part for table, part in parts.items() if len(part)}, name, into)


def _newest(table: str, where: str, about: dict[str, Any]) -> pd.DataFrame:
    """Return the newest row of each frame, object and answer that was made here."""
    return store.query(
        f"""SELECT t.* EXCLUDE (root) FROM {table}_all t JOIN runs r USING (run) WHERE r.state = 'done' AND {where}
            QUALIFY row_number() OVER (PARTITION BY {", ".join(f"t.{name}" for name in _KEY)} ORDER BY r.finished DESC, t.run DESC) = 1
            ORDER BY t.clip, t.track, t.answer, t.frame""",
        about,
        sample=False,
    )
