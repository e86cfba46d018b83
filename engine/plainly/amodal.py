"""What the amodal pages found, in plain words: which answers find hidden parts better than others, on which clips."""

from engine.amodal import findings, measuring
from engine.amodal.measuring import Where
from engine.plainly import INTERVALS, Told
from engine.plots import formats
from engine.plots.markdown import escape


def of_clips(asked: Where, clips: int, silhouettes: int) -> Told | None:
    """Return which claims about hidden parts hold on a set of clips, and which are not shown; None where nothing was compared.

    Args:
        asked: The clips.
        clips: How many there are.
        silhouettes: How many distinct ones they show.
    """
    found = findings.claims()
    mine = found[found["clips"] == asked.title]
    tested = (
        f"**{formats.count(clips)} clips** of {formats.count(silhouettes)} distinct objects ({escape(asked.title)}). Every answer was compared with "
        "the true *hidden part*, frame by frame, by *overlap*."
    )
    if mine.empty:
        return None
    rows = mine.to_dict("records")
    differs = [_said(row) for row in rows if row["verdict"] in (findings.HOLDS, findings.AGAINST)]
    alike = [f"Not shown: that {escape(row['claim'])} ({_points(row)})." for row in rows if row["verdict"] == findings.OPEN]
    sure = "The ranges take whole *clips* as drawn by chance, for frames of one clip are alike; clips of one silhouette are alike too."
    return Told((tested,), tuple(differs), tuple(alike), (sure, INTERVALS))


def _said(row: dict) -> str:
    first, second = (escape(measuring.called(row[name])) for name in ("first", "second"))
    way = "more" if row["verdict"] == findings.HOLDS else "less"
    return f"{first} finds **{way}** than {second}: {_points(row)}."


def _points(row: dict) -> str:
    value, low, high = (formats.fixed(100 * row[name], 1) if row[name] is not None else "?" for name in ("difference", "low", "high"))
    return f"{value} *percentage points* of overlap [{low}, {high}]"
