"""Whether stitching functions together anew for each token scales: time and memory as networks grow."""

from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plots import formats
from engine.scaling import findings, plots, views
from engine.scaling import spec as asking

PATH = "interpreters"
TITLE = "Interpreters"
ORDER = 98
METHOD = (
    "Neural Interpreters and Neural Attentive Circuits are measured at equal width, heads, rounds and images: processor time of one thread, which "
    "waiting for other programs does not lengthen, and the bytes of all tensors that are alive at once. The number beside a line is the power by "
    "which it grows, fitted through its larger half."
)
LIMITS = (
    "Times are of one machine and one thread; powers carry over better than seconds do.",
    "Networks are measured untrained: what they cost, not how well they do.",
)


def offered() -> list[Offer]:
    """Return the measurement, where there is one."""
    return [Offer(PATH, "How stitching scales", usual=True)] if asking.newest() else []


def part(asked: Asked) -> Part:
    """Return time and memory by size."""
    for name in ("image", "without", "interpreter", "run"):
        asked.text(name)
        asked.told.pop(name, None)
    words = {name: f"while {word}" for name, word in asking.MODES.items()}
    mode = asked.one("scaling-mode", asking.MODES, None, words.__getitem__)
    run = asking.newest()
    costs, slopes, told = views.costs(run), views.slopes(run), views.told(run)
    mine, fits = costs[costs["mode"] == mode].reset_index(drop=True), slopes[slopes["mode"] == mode]
    figures = [
        Figure(
            f"{name} as networks grow, {words[mode]}",
            f"{name} of a batch against the number of modules or functions and of tokens, both axes logarithmic, a line each architecture",
            {f"by {axis}": plots.growth(views.along(mine, axis), fits, axis, measure) for axis in views.AXES}, mine, plots.legend(),
        )
        for measure, name in plots.NAMES.items()
    ]  # fmt: skip
    batch = f"{told['batch']} images at a time, median of {told['repeats']} with 95 % intervals over repeats; width {told['width']}"
    return Part(
        title="Does dynamic stitching scale?", findings=[findings.of_growth(run, mode)],
        method=f"{METHOD} Here: {batch}, {formats.count(float(str(told['layers'])))} rounds.", limits=LIMITS, figures=figures,
        tables=[Table("How fast each cost grows", fits)], runs=[str(run)], paper="interpreters",
    )  # fmt: skip
