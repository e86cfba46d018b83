"""How well each answer completes hidden parts, by set of clips and by how much is hidden, beside baselines that learned nothing."""

from urllib.parse import urlencode

from engine import errors
from engine.amodal import baselines, measuring, plots
from engine.evidence import plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.metrics import masks
from engine.plainly import amodal as plainly_amodal
from engine.plots import formats

PATH = "amodal-measure"
TITLE = "Measures of hidden parts"
ORDER = 100
METHOD = (
    "Each answer completes the same objects in the same frames: networks that never saw a whole mask (label-free), the same network with labels "
    "(supervised), and baselines that learned nothing. Intervals are 95 % and come from drawing clips anew, not frames, for frames of one clip are "
    "alike; seeds of one arm are taken together."
)
LIMITS = (
    "Clips that show the same silhouette are alike, too: how many distinct ones there are stands beside n.",
    "Where the truth is drawn or composited it is exact; real footage with a known hidden part is rare.",
)


def offered() -> list[Offer]:
    """Return each set of clips that was measured."""
    found = measuring.sets().to_dict("records")
    usual = next((i for i, row in enumerate(found) if (row["dataset"], row["split"]) == plots.FIRST), 0)
    titles = [measuring.where(row).title for row in found]
    return [
        Offer(f"{PATH}?{urlencode({'measure-clips': title})}", f"Hidden parts on {title}", usual=i == usual)
        for i, title in enumerate(dict.fromkeys(titles))
    ]


def part(asked: Asked) -> Part:
    """Return the measures of a set of clips, and which claim holds where."""
    rows = {measuring.where(row).title: row for row in measuring.sets().to_dict("records")}
    if not rows:
        raise errors.UserError("No clip has been measured here yet.", "Measure some on the page Measure.")
    usual = next((title for title, row in rows.items() if (row["dataset"], row["split"]) == plots.FIRST), None)
    title = asked.one("measure-clips", rows, usual)
    metric = asked.one("measure-number", plots.METRICS, None, plots.METRICS.__getitem__)
    way = asked.one("measure-way", plots.WAYS, None, plots.WAYS.__getitem__)
    asked.text("measure-worst")
    row, where = rows[title], measuring.where(rows[title])
    frames = measuring.frames(where)
    arms = [str(arm) for arm in frames["arm"].unique()]
    learned = "two_way" if "two_way" in arms else arms[0]  # whose worst frames are listed
    counts = (formats.count(row[name]) for name in ("frames", "clips", "silhouettes"))
    of = "{} frames, {} clips, {} distinct silhouettes".format(*counts)
    figure, told = plots.beside(where, metric, way)
    by_band, bands = plots.by_band(where, metric, way)
    card, said = masks.card(metric), plots.METRICS[metric]
    claims, worst = plots.claims(title), measuring.worst(where, learned)
    return Part(
        title=f"{said} on {title}", findings=[plots.finding(where, int(row["clips"]), int(row["silhouettes"]))],
        plain=plain.told(plainly_amodal.of_clips, where, int(row["clips"]), int(row["silhouettes"])),
        method=f"{METHOD} {said[:1].upper()}{said[1:]}: {' '.join(card.text.split(chr(10) * 2)[-1].split())}", limits=LIMITS,
        figures=[
            Figure(f"{said} on {title}", f"{said} of each answer with 95 % intervals over clips", {"": figure}, told, captions=[f"Of {of}."]),
            Figure(f"{said} by how much is hidden", f"{said} of each answer by the share of the object that is hidden", {"": by_band}, bands),
        ],
        tables=[
            Table("Which claim holds where", claims, ["clips", "claim", "verdict", "points", "n", "of_clips", "silhouettes"]),
            Table(f"The worst frames of {measuring.called(learned)}, one of each clip", worst),
        ],
        datasets=[where.dataset] if where.dataset else [],
        networks=sorted(name for name in frames["answer"].unique() if name not in baselines.names()),
        runs=sorted(frames["run"].astype(str).unique()), paper="amodal",
    )  # fmt: skip
