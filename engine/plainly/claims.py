"""What the claims' ledger says, in plain words."""

from engine import claims
from engine.claims import Line
from engine.plainly import Told
from engine.plots import formats
from engine.plots.markdown import escape

RULE = (
    "One written rule makes each *verdict* from the results. A *claim* is asked in parts, and holds only where every part agrees beyond chance; it "
    "holds in part where more parts agree than contradict, and more than chance would make agree. Each part has its *95 % interval*."
)


def of_ledger() -> Told:
    """Return which claims hold here and which do not."""
    lines = [claims.ask(name) for name in claims.names()]
    asked = [line for line in lines if line.evidence is not None]
    tested = f"**{len(lines)} claims** of published papers were put to the results in this store; {len(asked)} of them can be answered from it."
    agree = [line for line in asked if line.verdict in (claims.HOLDS, claims.PARTLY)]
    others = [line for line in lines if line not in agree]
    return Told((tested,), tuple(map(_said, agree)), tuple(map(_said, others)), (RULE,))


def of_claim(name: str) -> Told | None:
    """Return in which parts a claim holds, in which the opposite does, and which are not clear; None where it was not asked."""
    line = claims.ask(name)
    if line.evidence is None:
        return None
    found, asked = line.evidence, line.evidence.asked
    tested = f"The *claim* was asked in {len(asked)} parts, one for each {escape(found.one)}. What was measured: {found.plain or escape(found.what)}."
    for_it, against = asked[asked["low"] > found.floor], asked[asked["high"] < found.floor]
    open_ = asked.drop([*for_it.index, *against.index])
    differs = [f"**Verdict: {line.verdict}.**"]
    differs += [f"{len(for_it)} {_agree(len(for_it))}: {_named(for_it['part'])}."] if len(for_it) else []
    differs += [f"{len(against)} {'shows' if len(against) == 1 else 'show'} the opposite: {_named(against['part'])}."] if len(against) else []
    alike = (f"{len(open_)} {'is' if len(open_) == 1 else 'are'} not clear: {_named(open_['part'])}.",) if len(open_) else ()
    return Told((tested,), tuple(differs), alike, (RULE,))


def counted(line: Line) -> str:
    """Return how many parts of a claim agree and contradict, as a sentence."""
    if line.evidence is None:
        return "Nothing in this store asks it yet."
    asked, agree, against = len(line.evidence.asked), line.evidence.above, line.evidence.below
    contradict = _agree(against).replace("agree", "contradict")
    return f"Asked in {asked} parts: **{agree}** {_agree(agree)}, {against} {contradict}, {asked - agree - against} not clear."


def _first(line: Line) -> str:
    return f"“{escape(line.card.title.rstrip('.'))}”"


def _said(line: Line) -> str:
    found = line.evidence
    counted = f" ({found.above} of {formats.count(len(found.asked))} parts agree, {found.below} contradict)" if found else ""
    return f"{_first(line)}: **{line.verdict}**{counted}."


def _agree(n: int) -> str:
    return "agrees" if n == 1 else "agree"


def _named(parts: object) -> str:
    names = [escape(str(part).replace("_", " ")) for part in parts]  # type: ignore[attr-defined]
    return "; ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
