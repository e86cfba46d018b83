"""What a paper claims, and what the results of this store say about it."""

from urllib.parse import urlencode

from engine import claims, errors
from engine.evidence import plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part
from engine.plainly import claims as plainly_claims

PATH = "claim"
TITLE = "Claim"
ORDER = 1
LIMITS = ("The verdict is about the results of this store, not about the paper: its networks and data are others.",)


def offered() -> list[Offer]:
    """Return every claim that this store has asked."""
    lines = [(name, claims.ask(name)) for name in claims.names()]
    return [Offer(f"{PATH}?{urlencode({'claim': name})}", line.card.title.rstrip("."), usual=True) for name, line in lines if line.evidence]


def part(asked: Asked) -> Part:
    """Return a claim with its verdict and its parts."""
    name = asked.one("claim", claims.names())
    line = claims.ask(name)
    if line.evidence is None:
        raise errors.UserError("No results in this store ask this claim yet.", f"What would: {line.card.constants['TRY'][0]}.")
    figure, rows = claims.picture(line.evidence)
    alt = f"{line.evidence.what} for each {line.evidence.one}, with 95 % intervals over {line.evidence.over}"
    said = f"{line.evidence.what}; 95 % intervals over {line.evidence.over}. The claim says: more than {line.evidence.floor:g}."
    return Part(
        title=f"{line.card.title.rstrip('.')}: {line.verdict}",
        findings=[" ".join(filter(None, (f"**{line.verdict.capitalize()}.**", line.evidence.said, line.evidence.more)))],
        plain=plain.told(plainly_claims.of_claim, name),
        method=f"{' '.join(line.card.text.split())} {line.evidence.rule}",
        limits=LIMITS,
        figures=[Figure(line.evidence.what, alt, {"": figure}, rows, captions=[said])],
        paper=line.card.constants["CITATION"],
    )
