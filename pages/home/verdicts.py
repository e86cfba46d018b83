"""The claims of the papers as lines of a ledger: the verdict, what was counted, a small picture of the parts."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from engine import claims
from engine.claims import Evidence
from engine.plainly import claims as plainly
from engine.plots import formats
from pages.parts import kit

SIGNS = {claims.HOLDS: "✓", claims.PARTLY: "◐", claims.NOT: "✕", claims.NOT_ASKED: "?"}  # a second cue beside the words
ROOM = 0.06  # of the width, left free at both ends

STYLE = """
<style>
.ts-verdict { display: inline-block; border: 1px solid var(--ts-rule); border-radius: 1rem; padding: 0.1rem 0.7rem; font-size: 0.9rem;
  font-weight: 600; background: var(--ts-surface); white-space: nowrap; }
.ts-verdict.for-it { border-color: var(--ts-accent); background: var(--ts-tint); }
.ts-parts { position: relative; display: grid; gap: 0.3rem; padding: 0.35rem 0 1.5rem; margin-top: 0.4rem; max-width: 26rem; }
.ts-parts > p { display: flex; justify-content: space-between; margin: 0; font-size: 0.75rem; line-height: 1.2; color: var(--ts-muted); }
.ts-parts > i { position: relative; height: 0.55rem; }
.ts-parts > i > u { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: var(--ts-muted); }
.ts-parts > i > b { position: absolute; top: 50%; width: 0.55rem; height: 0.55rem; margin: -0.275rem 0 0 -0.275rem; border-radius: 50%;
  border: 2px solid var(--ts-muted); background: var(--ts-background); box-sizing: border-box; }
.ts-parts > i.above > u { background: var(--ts-accent); }
.ts-parts > i.above > b { background: var(--ts-accent); border-color: var(--ts-accent); }
.ts-parts > i.below > b { border-radius: 0; background: var(--ts-muted); }
.ts-parts > s { position: absolute; top: 1.6rem; bottom: 1.3rem; width: 0; border-left: 1px dashed var(--ts-muted); }
.ts-parts > em { position: absolute; bottom: 0; transform: translateX(-50%); font-style: normal; font-size: 0.75rem; color: var(--ts-muted); }
</style>
"""


@dataclass(frozen=True)
class Told:
    """A line of the ledger as it is shown."""

    name: str
    claim: str
    verdict: str
    counted: str
    measured: str
    picture: str
    page: str
    ask: tuple[str, str]
    plain: str


def told() -> list[Told]:
    """Return every claim as it is shown, made once for a state of the store."""
    return kit.made(_told)


def _told() -> list[Told]:
    return [_line(claims.ask(name), name) for name in claims.names()]


def _line(line: claims.Line, name: str) -> Told:
    found, card = line.evidence, line.card
    shown = (found.counted, found.measured, picture(found), found.page) if found else ("", "", "", "")
    return Told(name, card.title, line.verdict, *shown, tuple(card.constants["TRY"]), plainly.counted(line))


def pill(verdict: str) -> str:
    """Return a verdict as HTML, with a sign besides its words."""
    for_it = " for-it" if verdict in (claims.HOLDS, claims.PARTLY) else ""
    return f'<span class="ts-verdict{for_it}"><span aria-hidden="true">{SIGNS[verdict]}</span> {verdict[0].upper()}{verdict[1:]}</span>'


def picture(evidence: Evidence) -> str:
    """Return the parts as HTML: a dot with its interval a line, filled where the claim holds, square where its opposite does, and the floor."""
    asked = evidence.asked.sort_values("value", ascending=False)
    if asked.empty:
        return ""
    least, most = min(float(asked["low"].min()), evidence.floor), max(float(asked["high"].max()), evidence.floor)
    scale = (most - least) or 1.0

    def place(value: float) -> float:
        return 100 * (ROOM + (1 - 2 * ROOM) * (value - least) / scale)

    rows = []
    for row in asked.itertuples():
        low, high, value = float(row.low), float(row.high), float(row.value)  # type: ignore[arg-type]
        look = "above" if low > evidence.floor else "below" if high < evidence.floor else ""
        hint = html.escape(f"{row.part}: {formats.interval(value, low, high)}, n {formats.count(int(row.n))}", quote=True)  # type: ignore[arg-type]
        bar = f'<u style="left:{place(low):.1f}%;width:{place(high) - place(low):.1f}%"></u>'
        rows.append(f'<i class="{look}" title="{hint}">{bar}<b style="left:{place(value):.1f}%"></b></i>')
    at = place(evidence.floor)
    alt = html.escape(f"{evidence.what}, a line a {evidence.one}, against {evidence.floor:g}", quote=True)
    floor = f'<s style="left:{at:.1f}%"></s><em style="left:{at:.1f}%">{evidence.floor:g}</em>'
    ends = "<p><span>\u2190 speaks against it</span><span>for it \u2192</span></p>"
    return f'<div class="ts-parts" role="img" aria-label="{alt}">{ends}{"".join(rows)}{floor}</div>'


def counted(lines: Sequence[Told]) -> str:
    """Return how many claims have which verdict, as a sentence; "" where there is none."""
    order = (claims.HOLDS, claims.PARTLY, claims.NOT, claims.NOT_ASKED)
    found = [f"**{sum(line.verdict == one for line in lines)} {_verb(one, sum(line.verdict == one for line in lines))}**" for one in order
             if any(line.verdict == one for line in lines)]  # fmt: skip
    return f"Of {len(lines)} claims of published papers, asked of the results in this store, {', '.join(found)}." if found else ""


def _verb(verdict: str, n: int) -> str:
    """Return a verdict as the verb of so many claims.

    >>> _verb(claims.HOLDS, 2), _verb(claims.NOT, 1), _verb(claims.NOT_ASKED, 2)
    ('hold', 'does not hold', 'are not yet asked')
    """
    if verdict == claims.NOT_ASKED:
        return f"{'is' if n == 1 else 'are'} {verdict}"
    return verdict if n == 1 else verdict.replace("does", "do").replace("holds", "hold")


def ledger() -> None:
    """Show every claim: what it says, the verdict, what was counted, and where to look."""
    st.html(STYLE)
    lines = told()
    kit.finding(counted(lines), key="finding-ledger", plainly=lambda: kit.made(plainly.of_ledger))
    for line in lines:
        with st.container(border=True, key=f"claim-{line.name}"):
            words, shown = st.columns([3, 2], gap="large", vertical_alignment="center")
            with words:
                st.html(pill(line.verdict))
                st.markdown(f"**{kit.escape(line.claim)}**")
                st.markdown(line.plain if kit.plain.on() else line.counted or "Nothing in this store asks it yet.")
                if line.measured and not kit.plain.on():
                    st.caption(line.measured)
                kit.links(
                    [
                        ("The figure, its numbers and the rule" if line.picture else "How it is asked, and the rule", f"claim?claim={line.name}"),
                        *([("The view behind it", line.page)] if line.page else [line.ask]),
                    ]
                )
            with shown:
                if line.picture:
                    st.html(line.picture)
