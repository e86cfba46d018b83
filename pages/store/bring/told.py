"""What is said while something is brought: problems with their way out, and the audit of a file."""

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from engine import errors, hashing
from pages.parts import kit

HEADINGS = {"error": "Keeps it out", "warning": "Look twice", "note": "Noticed"}


class Finding(Protocol):
    """What an importer noticed: how grave it is, the sentence, and the way out."""

    @property
    def level(self) -> str:
        """One of error, warning, note."""
        ...

    @property
    def sentence(self) -> str:
        """What was noticed."""
        ...

    @property
    def fix(self) -> str:
        """What to do about it."""
        ...


def problem(error: errors.UserError) -> None:
    """Show what a person can put right; lines of code in the way out are shown as code."""
    with st.container(border=True, key=f"problem-{hashing.of_bytes(error.message.encode())}"):
        st.markdown(f":material/error: **{kit.escape(error.message)}**")
        text: list[str] = []
        code: list[str] = []
        for line in [*error.hint.splitlines(), ""]:
            if line.startswith("    "):
                code.append(line[4:])
                continue
            if code:
                _flush(text, code)
            text.append(line)
        _flush(text, code)


def _flush(text: list[str], code: list[str]) -> None:
    """Show what was gathered and begin anew."""
    if said := " ".join(line.strip() for line in text if line.strip()):
        st.markdown(kit.escape(said))
    if code:
        st.code("\n".join(code), language="python")
    text.clear()
    code.clear()


def audit(findings: Sequence[Finding]) -> None:
    """Show what was noticed about a file, the gravest first."""
    for level, heading in HEADINGS.items():
        mine = [finding for finding in findings if finding.level == level]
        if not mine:
            continue
        lines = "\n".join(f"- {kit.escape(f.sentence)}{f' _{kit.escape(f.fix)}_' if f.fix else ''}" for f in mine)
        said = f"**{heading}**\n{lines}"
        if level == "error":
            st.error(said)
        elif level == "warning":
            st.warning(said)
        else:
            st.markdown(said)
