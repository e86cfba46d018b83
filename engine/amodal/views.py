"""What is stored of hidden parts, as frames and masks: pages, commands and exports all read these. No torch."""

from typing import Any

import numpy as np
import pandas as pd

from engine import errors, store
from engine.amodal.answering import LEVELS, Answer
from engine.rle import Rle

__all__ = ["LEVELS", "Answer", "answer", "answers", "frames", "worst"]
_NEWEST = "QUALIFY row_number() OVER (PARTITION BY m.clip, m.track, m.answer, m.flow, m.frame ORDER BY r.finished DESC, m.run DESC) = 1"


def answers(clip: str) -> pd.DataFrame:
    """Return what has answered a clip, newest first: answer, flow, run, objects, frames, masks (whether they can be stepped through)."""
    return store.query(
        """SELECT m.answer, m.flow, m.run, count(DISTINCT m.track) AS objects, count(DISTINCT m.frame) AS frames,
                  EXISTS (SELECT 1 FROM completions_all c WHERE c.run = m.run AND c.clip = $clip AND c.answer = m.answer) AS masks
           FROM mask_frames_all m JOIN runs r USING (run) WHERE r.state = 'done' AND m.clip = $clip
           GROUP BY m.answer, m.flow, m.run, r.finished
           QUALIFY row_number() OVER (PARTITION BY m.answer, m.flow ORDER BY masks DESC, r.finished DESC, m.run DESC) = 1
           ORDER BY r.finished DESC, m.answer""",
        {"clip": clip},
    )


def answer(clip: str, track: str, name: str, flow: str | None = None) -> Answer:
    """Return the newest stored masks of one object by one answer; raises UserError where none are stored."""
    found = store.query(
        """SELECT c.* FROM completions_all c JOIN runs r USING (run)
           WHERE r.state = 'done' AND c.clip = $clip AND c.track = $track AND c.answer = $answer AND ($flow IS NULL OR c.flow = $flow)
           QUALIFY dense_rank() OVER (ORDER BY r.finished DESC, c.run DESC, c.flow) = 1 ORDER BY c.frame""",
        {"clip": clip, "track": track, "answer": name, "flow": flow},
    )
    if found.empty:
        raise errors.UserError(f"No masks of {track} in {clip} by “{name}” are stored.", "Complete the clip with it first.")
    height, width = int(found["height"][0]), int(found["width"][0])
    whole = tuple(_mask(text, height, width) for text in found["whole"])
    nested = tuple(_nested(text, height, width) for text in found["levels"])
    return Answer(name, str(found["flow"][0]), whole, nested, str(found["run"][0]))


def _mask(text: Any, height: int, width: int) -> Rle | None:
    return Rle(height, width, text.encode("ascii")) if isinstance(text, str) else None


def _nested(text: Any, height: int, width: int) -> tuple[Rle, ...] | None:
    return tuple(Rle(height, width, part.encode("ascii")) for part in text.split(" ")) if isinstance(text, str) else None


def frames(clip: str, track: str | None = None, answer: str | None = None, flow: str | None = None) -> pd.DataFrame:
    """Return the newest numbers of a clip, one row a frame, object and answer: metrics, the reason where there is none, counts of pixels."""
    return store.query(
        f"""SELECT m.* EXCLUDE (root) FROM mask_frames_all m JOIN runs r USING (run)
            WHERE r.state = 'done' AND m.clip = $clip AND ($track IS NULL OR m.track = $track)
              AND ($answer IS NULL OR m.answer = $answer) AND ($flow IS NULL OR m.flow = $flow)
            {_NEWEST} ORDER BY m.track, m.answer, m.flow, m.frame""",
        {"clip": clip, "track": track, "answer": answer, "flow": flow},
    )


def worst(clip: str, answer: str, track: str | None = None, flow: str | None = None) -> pd.DataFrame:
    """Return the frames of a clip whose hidden part is judged, worst first."""
    found = frames(clip, track, answer, flow)
    judged = found[np.isfinite(found["iou_hidden"].astype(np.float64))]
    return judged.sort_values(["iou_hidden", "hidden_px"], ascending=[True, False], kind="stable").reset_index(drop=True)
