"""Networks that learn sparse links between their modules do better elsewhere than dense ones.

Weiss, Rahaman et al. 2022 report that neural attentive circuits, which learn who listens to whom, hold up better out of distribution. Asked here
for each set that all circuits were evaluated on: the accuracy of the circuits with learned links (without prior, and with each prior that all
seeds were trained with), averaged, minus that of the dense circuit with the same maps and the same seed, as an interval over seeds.
"""

import pandas as pd

from engine import errors
from engine.claims import Evidence, over_seeds
from engine.wiring import arms

VERSION = 1
ORDER = 2
PAPER = "circuits"
CITATION = "Weiss, Rahaman et al., Neural Attentive Circuits, NeurIPS 2022"
TRY = ("Train circuits and dense controls", "circuit-train")
DATA = "mnist"


def evidence(*, sample: bool = True) -> Evidence | None:
    """Return the differences by set, None where the arms were not evaluated on the same sets."""
    try:
        found = arms.measured(DATA, sample=sample)
    except errors.UserError:
        return None
    learned = arms.learned_of(found)
    if not learned or arms.REFERENCE not in found.families:
        return None
    parts = over_seeds([(one, pd.Series(arms.difference(found, learned, arms.REFERENCE, [one]))) for one in found.ood])
    what, page = "Accuracy of circuits with learned links minus dense", "circuit-train"
    return Evidence(parts, what, "set", "seeds", page, more=arms.finding(DATA, sample=sample))
