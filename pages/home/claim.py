"""One claim of a paper: what this store says about it, part by part, and the rule that makes the verdict."""

import streamlit as st

from engine import claims, errors
from engine.plainly import claims as plainly
from pages.home import verdicts
from pages.parts import kit


def main() -> None:
    """Draw the page."""
    known = claims.names()
    asked = str(st.query_params.get("claim", known[0]))
    name = asked if asked in known else known[0]
    if asked != name:
        kit.problem(errors.unknown("claim", asked, known))
    line = kit.made(claims.ask, name)
    kit.title("Claim", line.card.title)
    st.selectbox(
        "Claim", known, index=known.index(name), key=f"claim-of-{name}", format_func=_title,
        on_change=lambda: kit.remember("claim", st.session_state[f"claim-of-{name}"]),
    )  # fmt: skip
    st.html(f"{verdicts.STYLE}{verdicts.pill(line.verdict)}")
    if line.evidence is None:
        words, address = line.card.constants["TRY"]
        kit.empty("No results in this store ask it yet.", words, address)
    else:
        _evidence(line.evidence, name)
    st.subheader("How it is asked", anchor=False)
    st.markdown(kit.escape(line.card.text))
    st.markdown(line.evidence.rule if line.evidence else claims.RULE.format(floor="what the claim says"))
    st.caption(f"After {kit.escape(line.card.constants['CITATION'])}.")
    kit.review("finding", f"claim?claim={name}")
    kit.links([("All claims", ""), ("What is in the store", "library")])


def _title(name: str) -> str:
    return kit.made(claims.ask, name).card.title


def _evidence(evidence: claims.Evidence, name: str) -> None:
    kit.finding(" ".join(filter(None, (evidence.said, evidence.more))), plainly=lambda: kit.made(plainly.of_claim, name))
    figure, parts = claims.picture(evidence)
    alt = f"{evidence.what} for each {evidence.one}, with 95 % intervals over {evidence.over}"
    kit.figure(figure, key=f"claim-{name}", data=parts, name=f"claim {name}", alt=alt)
    st.caption(f"{evidence.what}; 95 % intervals over {evidence.over}. The claim says: more than {evidence.floor:g}.")
    kit.links([("The view behind it", evidence.page)])


main()
