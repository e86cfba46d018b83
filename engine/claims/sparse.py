"""Networks that learn sparse links between their modules do better elsewhere than dense ones.

Weiss, Rahaman et al. 2022 report that neural attentive circuits, which learn who listens to whom, hold up better out of distribution. Asked here
for each set that all circuits were evaluated on: the accuracy of the circuits with learned links (without prior, and with each prior that all
seeds were trained with), averaged, minus that of the dense circuit with the same maps and the same seed, as an interval over seeds.
"""

import pandas as pd

from engine import errors
from engine.assay.views import Set
from engine.claims import Evidence, over_seeds
from engine.training._circuit_arms import SETTINGS
from engine.wiring import arms

VERSION = 1
ORDER = 2
PAPER = "circuits"
CITATION = "Weiss, Rahaman et al., Neural Attentive Circuits, NeurIPS 2022"
TRY = ("Train circuits and dense controls", "circuit-train")
PLAIN = "by how much more often a *circuit* that learned few *links* is right *elsewhere* than one in which every *module* listens to every other"


def evidence(*, sample: bool = True) -> Evidence | None:
    """Return the differences by set, None where no data set's arms were evaluated on the same sets."""
    parts, said = [], []
    for data in SETTINGS:
        try:
            found = arms.measured(data, sample=sample)
        except errors.UserError:
            continue
        learned = arms.learned_of(found)
        if learned and arms.REFERENCE in found.families:
            parts += [(Set.read(one).label, pd.Series(arms.difference(found, learned, arms.REFERENCE, [one]))) for one in found.ood]
            said.append(arms.finding(data, sample=sample))
    if not parts:
        return None
    what, page = "Accuracy of circuits with learned links minus dense", "circuit-train"
    return Evidence(over_seeds(parts), what, "set", "seeds", page, more=" ".join(said), plain=PLAIN)
