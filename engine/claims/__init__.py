"""What papers claim, and what the results of a store say about it: a file is a claim.

Its docstring is the card: the first line is the claim as a sentence, the rest says where it comes from and how it is measured. It has
`VERSION`, `ORDER` (place in the ledger), `PAPER` (whose claim it is), `CITATION` and `TRY` (words and address of what would ask it), and the
function `evidence(*, sample)`: what the store says, part by part (data sets, pairs of sets, shifts), None where nothing was asked.

The verdict follows from the parts by one rule for all claims (`RULE`), so that it changes when the results do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy import special

from engine import registry
from engine.plots import drawn, estimates, formats
from engine.stats import intervals

ROOM = "claims"
HOLDS, PARTLY, NOT, NOT_ASKED = "holds", "holds in part", "does not hold", "not yet asked"
RULE = (
    "A claim is asked in parts, each with a 95 % interval. It holds where the interval lies above {floor} in every part. It holds in part"
    " where more parts agree than contradict, and more than chance makes agree (one in forty; binomial test at 5 %). Else it does not "
    "hold. It is not yet asked where no part has an interval."
)
CHANCE = 0.025  # of a 95 % interval to lie above the floor by chance


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the results of a store say about a claim."""

    parts: pd.DataFrame
    """One row a part: part, value, low, high (95 %), n."""
    what: str
    """What the number is, to stand at the axis."""
    one: str
    """What a part is, such as "pair of sets"."""
    over: str
    """What n counts, and what the intervals take to vary."""
    page: str
    """Address of the view behind it."""
    floor: float = 0.0
    """The claim says that the number is more than this."""
    more: str = ""
    """What else should be known, in Markdown."""
    plain: str = ""
    """What the number is, in plain words, terms in italics; "" where `what` has to do."""

    def __post_init__(self) -> None:
        if missing := {"part", "value", "low", "high", "n"} - set(self.parts.columns):
            raise ValueError(f"evidence lacks {sorted(missing)}")

    @property
    def asked(self) -> pd.DataFrame:
        """The parts that have an interval."""
        return self.parts[self.parts[["low", "high"]].notna().all(axis=1)]

    @property
    def above(self) -> int:
        """Number of parts in which the claim holds."""
        return int((self.asked["low"] > self.floor).sum())

    @property
    def below(self) -> int:
        """Number of parts in which the opposite holds."""
        return int((self.asked["high"] < self.floor).sum())

    @property
    def beyond_chance(self) -> bool:
        """Whether more parts agree than one in forty, as chance alone would have it: binomial, 5 %, parts taken as independent."""
        return float(special.bdtrc(self.above - 1, len(self.asked), CHANCE)) < 2 * CHANCE

    @property
    def verdict(self) -> str:
        """What follows by the rule."""
        asked = len(self.asked)
        if not asked:
            return NOT_ASKED
        return HOLDS if self.above == asked else PARTLY if self.above > self.below and self.beyond_chance else NOT

    @property
    def rule(self) -> str:
        """The rule in words."""
        return RULE.format(floor=f"{self.floor:g}")

    @property
    def counted(self) -> str:
        """How many parts agree, how many contradict, how many do not say, in Markdown."""
        asked = len(self.asked)
        if not asked:
            return "No part of it has an interval yet."
        agree = f"**{self.above} of {asked} {_plural(self.one, asked)} {'agrees' if asked == 1 else 'agree'}**"
        against, unclear = self.below, asked - self.above - self.below
        others = [f"{against} {'contradicts' if against == 1 else 'contradict'}" * bool(against)]
        others += [f"{unclear} {'is' if unclear == 1 else 'are'} unclear" * bool(unclear)]
        return f"{', '.join(filter(None, [agree, *others]))}."

    @property
    def measured(self) -> str:
        """What the number is, the range over the parts, n; "" where no part has an interval."""
        asked = self.asked
        if asked.empty:
            return ""
        ends = asked.sort_values("value").iloc[[0, -1]]
        least, most = (f"{formats.fixed(value, 2)} ({formats.plain(str(part))})" for value, part in zip(ends["value"], ends["part"], strict=True))
        return f"{self.what}: {f'{least} to {most}' if len(asked) > 1 else most}; {_counted(asked['n'])} {self.over} each, 95 % intervals."

    @property
    def said(self) -> str:
        """What was counted and what was measured, in Markdown."""
        return f"{self.counted} {self.measured}".rstrip()


@dataclass(frozen=True, eq=False)
class Line:
    """A claim and what is known of it."""

    card: registry.Card
    evidence: Evidence | None

    @property
    def verdict(self) -> str:
        """The evidence's verdict; a claim without evidence is not yet asked."""
        return self.evidence.verdict if self.evidence else NOT_ASKED


def names() -> tuple[str, ...]:
    """Return the claims in their order."""
    return tuple(sorted(registry.names(ROOM), key=lambda name: (registry.card(ROOM, name).constants.get("ORDER", 100), name)))


def ask(name: str, *, sample: bool = True) -> Line:
    """Return a claim with what the store says about it now.

    Args:
        name: of the claim.
        sample: whether the results that ship count as well.

    Raises:
        UserError: for an unknown claim.
    """
    return Line(registry.card(ROOM, name), registry.load(ROOM, name).evidence(sample=sample))


def ledger(*, sample: bool = True) -> list[Line]:
    """Return every claim with what the store says about it now."""
    return [ask(name, sample=sample) for name in names()]


def picture(evidence: Evidence) -> tuple[go.Figure, pd.DataFrame]:
    """Return the parts of a claim as marks with their intervals, and the rows behind them."""
    parts = evidence.parts.sort_values("value", ascending=False, ignore_index=True)
    shown = parts.rename(columns={"part": "label", "low": "value_low", "high": "value_high", "n": "networks"})
    return drawn.drawn(estimates.estimates, shown, {evidence.what: "value"}, title=evidence.what, ticks=None), parts


def over_seeds(parts: Sequence[tuple[str, pd.Series]]) -> pd.DataFrame:
    """Return parts from values that differ by seed: name and values of each; the interval is Student's, n the seeds."""
    rows = []
    for name, values in parts:
        known = values.dropna().to_numpy(np.float64)
        if len(known):
            rows.append((name, float(known.mean()), *intervals.of_mean(known), len(known)))
    return pd.DataFrame(rows, columns=["part", "value", "low", "high", "n"])


def _counted(n: pd.Series) -> str:
    least, most = int(n.min()), int(n.max())
    return formats.count(most) if least == most else f"{formats.count(least)} to {formats.count(most)}"


def _plural(word: str, n: int) -> str:
    first, _, rest = word.partition(" of ")
    return word if n == 1 else f"{first}s of {rest}" if rest else f"{first}s"


__all__ = ["HOLDS", "NOT", "NOT_ASKED", "PARTLY", "ROOM", "RULE", "Evidence", "Line", "ask", "ledger", "names", "over_seeds", "picture"]
