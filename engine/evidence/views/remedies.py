"""Whether a remedy makes a network rely less on what only goes with the class."""

from urllib.parse import urlencode

import pandas as pd

from engine import errors
from engine.evidence import plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plainly import interventions as plainly_interventions
from engine.remedies import findings, told, views
from engine.training import methods

PATH = "remedies"
TITLE = "Remedies"
ORDER = 70
METHOD = (
    "In training, a factor follows the class as often as the strength says. ERM trains on that as it is; a remedy is told more and tries to "
    "rely less on the factor. All networks of one strength answer the same test units, whose chance is the same in every world: only what an "
    "intervention reaches differs. Small dots are networks, one a seed; marks are means over seeds with 95 % intervals in which both seeds and "
    "units count as drawn."
)
LIMITS = (
    "With few seeds intervals are wide.",
    "No network was chosen by any of these tests: the last state counts, and what had to be chosen was chosen on validation units.",
)


def offered() -> list[Offer]:
    """Return each finished comparison at each strength."""
    runs = views.runs()["run"].astype(str).tolist()
    return [
        Offer(
            f"{PATH}?{urlencode({'system': spec.system, 'run': run, 'strength': f'{strength:g}'})}",
            f"Remedies on {spec.system} at strength {strength:g}",
            usual=i == 0 and strength == spec.strengths[-1],
        )
        for i, run in enumerate(runs)
        for spec in [views.question(run)]
        for strength in spec.strengths
    ]


def part(asked: Asked) -> Part:
    """Return what a comparison found at one strength."""
    runs = views.runs()["run"].astype(str).tolist()
    system = asked.one("system", methods.confounded(), "coloured_digits")
    run = asked.one("run", runs, views.newest(system))
    spec = views.question(run)
    every = views.methods_found(run)
    if every.empty or spec.system != system:
        raise errors.UserError(f"There is no comparison of remedies on {system} that can be read.", "Train and compare on the page Remedies.")
    strengths = {f"{strength:g}": strength for strength in spec.strengths}
    strength = strengths[asked.one("strength", strengths, list(strengths)[-1])]
    factor = methods.confounder(spec.system).factor
    accuracy, rows = told.accuracies(run, strength)
    reliance, changed = told.changes(run, strength)
    return Part(
        title=f"Remedies on {system}, trained at strength {strength:g}",
        findings=[sentence for sentence in told.sentences(run, strength) if sentence],
        plain=plain.told(plainly_interventions.of_remedies, run, strength), method=METHOD,
        limits=LIMITS,
        figures=[
            Figure(
                "Accuracy under intervention", "For each world the accuracy of each method: its mean with interval, and each seed as a dot",
                {"": accuracy}, rows,
            ),
            Figure(
                f"Reliance on {factor}", f"For each method the share of answers that change when only the {factor} does: its mean and each seed",
                {"": reliance}, changed, captions=[f"Each unit before and after: its {factor} becomes that of another class, everything else stays."],
            ),
        ],
        tables=[Table("How they were trained", pd.DataFrame(findings.of_methods(spec)))],
        networks=[job.name for job in spec.jobs() if job.strength == strength],
        datasets=[system],
        runs=[run],
    )  # fmt: skip
