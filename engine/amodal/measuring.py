"""How well stored answers complete a set of clips: measures by band of occlusion, answers against each other, the worst frames. No torch.

Seeds of one arm of training are taken together: each frame counts once a seed, and intervals resample clips, never frames or seeds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from engine import completers, errors, store
from engine.amodal import baselines, scoring
from engine.metrics import masks
from engine.metrics.masks import Tally
from engine.metrics.measures import Measure, absent, of
from engine.stats import bootstrap

BANDS = (scoring.ALL, masks.PUBLISHED, *(name for name, *_ in masks.BANDS))
_SEED = re.compile(r"^(?P<arm>.+)-s(?P<seed>\d+)(?P<steps>-\d+)?(?P<adapted> \+ \d+ steps)?$")
_FALSE = {"false": "false_px"}
ARMS = {
    "two_way": "label-free, both directions", "forward": "label-free, forward only", "image_only": "label-free, each image by itself",
    "no_consistency": "label-free, both directions, no consistency", "supervised": "supervised, both directions",
    "cnn_lstm": "label-free, published architecture",
}  # fmt: skip


@dataclass(frozen=True)
class Where:
    """Clips that are measured together: a split of a set, or one that was brought; and what answers knew of motion."""

    dataset: str  # "" = one that was brought
    split: str  # or the clip's name
    flow: str  # "estimated", "exact, noise 0.15 px"

    @property
    def title(self) -> str:
        """What people call it."""
        name = f"{self.dataset}/{self.split}" if self.dataset else self.split
        return f"{name.replace('_', ' ')}, flow {self.flow}"

    @property
    def about(self) -> dict[str, str]:
        """The values behind `_MINE`."""
        return {"dataset": self.dataset, "split": self.split, "flow": self.flow}


_MINE = """m.dataset = $dataset AND (m.split = $split OR ($dataset = '' AND m.clip = $split)) AND (m.flow = $flow OR m.flow = '')"""


def sets(*, sample: bool = True) -> pd.DataFrame:
    """Return what has been measured: dataset, split, flow, answers, clips, silhouettes (distinct), frames that are judged; most clips first."""
    return store.query(
        """SELECT m.dataset, CASE WHEN m.dataset = '' THEN m.clip ELSE m.split END AS split, m.flow, count(DISTINCT m.answer) AS answers,
                  count(DISTINCT m.clip) AS clips, count(DISTINCT m.source) AS silhouettes,
                  count(DISTINCT (m.clip, m.track, m.frame)) FILTER (m.iou_hidden IS NOT NULL) AS frames
           FROM mask_frames_all m JOIN runs r USING (run) WHERE r.state = 'done' AND m.flow <> ''
           GROUP BY 1, 2, 3 HAVING frames > 0 ORDER BY clips DESC, 1, 2, 3""",
        sample=sample,
    )


def where(row: Any) -> Where:
    """Return a row of `sets` as a question."""
    return Where(str(row["dataset"]), str(row["split"]), str(row["flow"]))


def frames(asked: Where) -> pd.DataFrame:
    """Return the newest row of every frame, object and answer of a set; raises UserError where there is none."""
    found = store.query(
        f"""SELECT m.* EXCLUDE (root, cell) FROM mask_frames_all m JOIN runs r USING (run) WHERE r.state = 'done' AND {_MINE}
            QUALIFY row_number() OVER (PARTITION BY m.clip, m.track, m.answer, m.frame ORDER BY r.finished DESC, m.run DESC) = 1
            ORDER BY m.answer, m.clip, m.track, m.frame""",
        asked.about,
    )
    if found.empty:
        raise errors.UserError(f"Nothing has been measured on {asked.title}.", "Measure it first.")
    return found.assign(arm=found["answer"].map({name: arm(name) for name in found["answer"].unique()}))


def arm(answer: str) -> str:
    """Return an answer without its seed; one that was trained for another number of steps is an arm of its own.

    >>> arm("two_way-s1"), arm("two_way-s1 + 40 steps"), arm("two_way-s0-150"), arm("convex_hull")
    ('two_way', 'two_way + 40 steps', 'two_way-150', 'convex_hull')
    """
    found = _SEED.match(answer)
    return f"{found['arm']}{found['steps'] or ''}{found['adapted'] or ''}" if found else answer


def called(name: str) -> str:
    """Return what people call an arm or answer."""
    first, plus, steps = name.partition(" + ")
    base, _, trained = first.partition("-")
    if base in ARMS:
        return f"{ARMS[base]}{f', trained for {trained} steps' if trained else ''}{plus}{steps}"
    said = completers.card(first).title if first in completers.names() else first
    return f"{said.replace('_', ' ') if first in baselines.names() else said}{plus}{steps}"


def tally(rows: pd.DataFrame) -> Tally:
    """Return the counts of pixels of stored rows."""
    return Tally(*(rows[_FALSE.get(one.name, f"{one.name}_px")].to_numpy(np.float64, na_value=np.nan) for one in fields(Tally)))


def measures(asked: Where, metrics: Sequence[str] = (), bands: Sequence[str] = BANDS, way: str = "mean") -> pd.DataFrame:
    """Return one row an arm, metric and band: value, low, high (95 %, over clips), n frames, clips, silhouettes, seeds, reason.

    Raises:
        UserError: where nothing has been measured, and for an unknown metric, band or way.
    """
    found, rows = frames(asked), []
    for name, mine in found.groupby("arm", sort=False):
        whole, clips, sources = tally(mine), mine["clip"].to_numpy(str), mine["source"].to_numpy(str)
        parts = {scoring.ALL: np.ones(len(mine), np.bool_), **masks.bands(whole)}
        seeds = mine["answer"].nunique()
        for band in bands:
            if band not in parts:
                raise errors.unknown("band of occlusion", band, parts)
            here = parts[band]
            for metric in metrics or masks.names():
                one = masks.measure(metric, whole.only(here), clips[here], way)
                judged = here & np.isfinite(masks.compute(metric, whole))
                n = len(mine[judged].drop_duplicates(["clip", "track", "frame"]))
                there = len(set(clips[judged])), len(set(sources[judged]))
                rows.append((str(name), metric, band, way, one.value, one.low, one.high, n, *there, seeds, one.reason))
    columns = ["arm", "metric", "band", "way", "value", "low", "high", "n", "clips", "silhouettes", "seeds", "reason"]
    return pd.DataFrame(rows, columns=columns)


def difference(asked: Where, first: str, second: str, metric: str = "iou_hidden") -> Measure:
    """Return by how much the first arm is above the second on the same frames, mean over frames and seeds; n counts frames, resampled are clips.

    Where both were trained, only seeds that both have count: another seed is another network.
    """
    found = _same_seeds(frames(asked), first, second)
    key = ["clip", "track", "frame"]
    each = [found[found["arm"] == name].groupby(key)[metric].mean().dropna() for name in (first, second)]
    both = (each[0] - each[1]).dropna()
    if both.empty:
        return absent(0, "No frame is answered by both.")
    by_clip = both.groupby("clip").agg(["sum", "count"]).to_numpy(np.float64)
    value = float(both.mean())
    low, high = bootstrap.interval(by_clip, lambda totals, _: totals[..., 0] / totals[..., 1])
    return of(value, min(low, value) if low == low else low, max(high, value) if high == high else high, len(both))


def _same_seeds(found: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return the rows of two arms, of the seeds that both have where they share any."""
    mine = found[found["arm"].isin([first, second])]
    told = {name: match["seed"] for name in mine["answer"].unique() if (match := _SEED.match(name))}
    seeds = [{told[name] for name in mine.loc[mine["arm"] == one, "answer"].unique() if name in told} for one in (first, second)]
    both = seeds[0] & seeds[1]
    return mine[mine["answer"].map(lambda name: told.get(name, "") in both)] if both else mine


def worst(asked: Where, answer: str, most: int = 10, *, a_clip: int = 1) -> pd.DataFrame:
    """Return the frames that an answer completes worst: clip, track, frame, occlusion, iou_hidden, hidden_px; at most so many of each clip.

    Args:
        asked: which clips.
        answer: an answer, or an arm of training: then its first seed.
        most: how many frames.
        a_clip: how many of each clip.
    """
    found = frames(asked)
    mine = found[(found["answer"] == answer) | (found["arm"] == answer)]
    mine = mine[(mine["answer"] == mine["answer"].min()) & mine["iou_hidden"].notna()]
    ranked = mine.sort_values(["iou_hidden", "hidden_px"], ascending=[True, False], kind="stable")
    columns = ["clip", "track", "frame", "answer", "occlusion", "iou_hidden", "hidden_px"]
    return ranked.groupby("clip", sort=False).head(a_clip).head(most)[columns].reset_index(drop=True)
