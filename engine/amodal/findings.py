"""Which claim about hidden parts holds on which clips: label-free against image-only, against memory without learning, and so on. No torch."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.amodal import measuring
from engine.amodal.measuring import Where
from engine.metrics.measures import Measure

METRIC = "iou_hidden"
SHOWN = ("two_way", "image_only", "union_two_way", "union_one_way", "convex_hull", "all_occluder", "supervised")
HOLDS, AGAINST, OPEN = "holds", "the other way round", "not shown"


@dataclass(frozen=True)
class Claim:
    """One arm is above another."""

    said: str
    first: str
    second: str


CLAIMS = (
    Claim("what other frames show helps", "two_way", "image_only"),
    Claim("learning adds to memory", "two_way", "union_two_way"),
    Claim("the future helps too", "two_way", "forward"),
    Claim("the consistency loss helps", "two_way", "no_consistency"),
    Claim("labels would add", "supervised", "two_way"),
)


def adapting(asked: Where) -> tuple[Claim, ...]:
    """Return the claims about adaptation to each clip that can be judged there."""
    arms = [str(arm) for arm in measuring.frames(asked)["arm"].unique() if arm.startswith("two_way + ")]
    return tuple(Claim(f"{arm.removeprefix('two_way + ')} of adaptation help", arm, "two_way") for arm in arms)


def verdict(found: Measure) -> str:
    """Return whether a difference is above 0, below it, or neither, at 95 %."""
    if found.low is None or found.high is None:
        return OPEN
    return HOLDS if found.low > 0 else AGAINST if found.high < 0 else OPEN


def claims(*, sample: bool = True) -> pd.DataFrame:
    """Return one row a claim and set of clips: claim, first, second, difference, low, high, n frames, clips, silhouettes, verdict."""
    rows = []
    for row in measuring.sets(sample=sample).to_dict("records"):
        asked = measuring.where(row)
        arms = set(measuring.frames(asked)["arm"])
        for claim in (*CLAIMS, *adapting(asked)):
            if {claim.first, claim.second} <= arms:
                one = measuring.difference(asked, claim.first, claim.second, METRIC)
                counts = (one.n, row["clips"], row["silhouettes"])
                rows.append((asked.title, claim.said, claim.first, claim.second, one.value, one.low, one.high, *counts, verdict(one)))
    columns = ["clips", "claim", "first", "second", "difference", "low", "high", "n", "of_clips", "silhouettes", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def table(*, sample: bool = True) -> pd.DataFrame:
    """Return one row a set of clips: IoU hidden of each arm in percent with its interval over clips; and what it is of."""
    rows = []
    for row in measuring.sets(sample=sample).to_dict("records"):
        asked = measuring.where(row)
        found = measuring.measures(asked, (METRIC,), ("all",)).set_index("arm")
        said = {name: _said(found.loc[name]) for name in SHOWN if name in found.index}
        rows.append({"clips": asked.title, **said, "n": f"{row['frames']:,} frames, {row['clips']} clips, {row['silhouettes']} silhouettes"})
    return pd.DataFrame(rows, columns=["clips", *SHOWN, "n"])


def _said(row: Any) -> str:
    if row["value"] is None or row["value"] != row["value"]:
        return ""
    seeds = f" ({row['seeds']} seeds)" if row["seeds"] > 1 else ""
    if row["low"] is None or row["low"] != row["low"]:
        return f"{100 * row['value']:.1f}{seeds}"
    return f"{100 * row['value']:.1f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]{seeds}"


def markdown(*, sample: bool = True) -> str:
    """Return both tables as Markdown, for the README."""
    told = claims(sample=sample)
    said = [
        f"{100 * row['difference']:+.1f} [{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]: {row['verdict']}" for row in told.to_dict("records")
    ]
    wide = told.assign(said=said).pivot_table(index="clips", columns="claim", values="said", aggfunc="first", sort=False)
    return "\n\n".join((_table(table(sample=sample).astype(object).fillna("")), _table(wide.astype(object).fillna("").reset_index())))


def _table(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame.columns]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in frame.itertuples(index=False))])
