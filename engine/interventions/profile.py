"""The sensitivity profile: which factors a network is invariant to, and which break it.

A factor breaks a network where some value of it costs more accuracy than a margin; a network is invariant to a factor where every
value changes its accuracy by less than the margin, either way. Both must be shown, else nothing is told.

Having looked at many values, the largest loss is large by chance too: its interval holds for all values of the factor at once
(Bonferroni), and so does the test of a break. Invariance asks of every value alike, which needs no such correction (the intersection-union
test; Berger, "Multiparameter hypothesis testing and acceptance sampling", 1982). All tests of one region are then adjusted for their
number (Holm).
"""

from typing import Any

import numpy as np
import pandas as pd

from engine.stats import equivalence, intervals, multiplicity

MARGIN = 0.05  # of accuracy: small enough to ignore
TRAINING, ANYWHERE = "training", "anywhere"
REGIONS = (TRAINING, ANYWHERE)
BREAKS, INVARIANT, NOT_TOLD = "breaks", "invariant", "not told"
COLUMNS = (
    "network", "factor", "region", "loss", "low", "high", "level", "place", "inside", "value", "base_value", "values", "n", "p_breaks",
    "p_invariant", "verdict",
)  # fmt: skip


def profile(found: pd.DataFrame, margin: float = MARGIN) -> pd.DataFrame:
    """Return, for each network, factor and region, the largest loss of accuracy against the base world, and what is told of it.

    Args:
        found: Rows of responses of single factors, with those of the base world.
        margin: Loss that is small enough to ignore, as a share.

    Returns:
        One row a network, factor and region ("training" = only values that occur there, "anywhere" = the whole domain): `loss` at its worst
        value with an interval that holds for all `values` at once, where that is (`level`, `inside`), accuracy there and in the base
        world, the adjusted p of either claim, and the verdict. Where training has a single value of a factor there is no row for it.
    """
    accuracy = found[(found["metric"] == "accuracy") & (found["factor_2"] == "")]
    base = accuracy[accuracy["factor"] == ""].set_index("network")["value"]
    known = accuracy[(accuracy["factor"] != "") & accuracy["difference"].notna()]
    rows = []
    for (network, factor), part in known.groupby(["network", "factor"], sort=False, observed=True):
        for region, mine in ((TRAINING, part[part["inside"].astype(bool)]), (ANYWHERE, part)):
            if len(mine) > (region == TRAINING):  # where training has a single value of a factor, nothing varies there
                rows.append({"network": network, "factor": factor, "region": region, "base_value": base.get(network)} | _worst(mine, margin))
    told = pd.DataFrame(rows, columns=list(COLUMNS))
    return _judged(told)


def _worst(part: pd.DataFrame, margin: float) -> dict[str, Any]:
    """Return the largest loss among the values of one factor, and both tests over them, not yet adjusted for other factors."""
    lost, gained, n = (part[name].to_numpy(np.float64) for name in ("lost", "gained", "n"))
    worst = int(np.argmax(lost - gained))
    low, high = equivalence.interval(lost, gained, n, 1 - (1 - intervals.LEVEL) / len(part))
    row = part.iloc[worst]
    return {
        "loss": float((lost - gained)[worst] / n[worst]), "low": float(low.max()), "high": float(high.max()),
        "level": row["level"], "place": row["place"], "inside": bool(row["inside"]), "value": row["value"], "values": len(part), "n": int(n[worst]),
        "p_breaks": min(1.0, len(part) * float(equivalence.p_above(lost, gained, n, margin).min())),
        "p_invariant": float(equivalence.p_within(lost, gained, n, margin).max()),
    }  # fmt: skip


def _judged(told: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with p adjusted among those of their region, and the verdicts."""
    told = told.copy()
    for region in REGIONS:
        here = told["region"] == region
        for name in ("p_breaks", "p_invariant"):
            told.loc[here, name] = multiplicity.adjusted(told.loc[here, name].to_numpy(np.float64), "holm")
    least = 1 - intervals.LEVEL
    told["verdict"] = np.select([told["p_breaks"] < least, told["p_invariant"] < least], [BREAKS, INVARIANT], NOT_TOLD)
    return told


def ordered(told: pd.DataFrame, region: str = ANYWHERE) -> list[str]:
    """Return the factors of a region from the one that costs most, on the mean of the networks, to the one that costs least."""
    mean = told[told["region"] == region].groupby("factor", sort=False)["loss"].mean()
    return [str(name) for name in mean.sort_values(ascending=False, kind="stable").index]
