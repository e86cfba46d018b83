"""A network of one's own on a table: its decisions group by group, and what can be seen inside."""

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import errors, hashing
from engine.datasets import tables
from engine.heads import auditing, brought, columns, told
from engine.heads.brought import Brought, Inside
from pages.heads import audit_form, audit_shown
from pages.parts import kit
from pages.store.bring import given
from pages.store.bring import told as said

KIND = "audit-network"
HAND = "network-hand"
ACCEPTS = ".onnx, or .safetensors of a network of ours"
OWN = "a file of mine"


@dataclass(frozen=True)
class Asked:
    """Whom the network is asked about, and what the columns mean."""

    table: str | None
    file: str | None
    stamp: int
    label: str
    groups: tuple[str, ...]
    inputs: tuple[str, ...]
    positive: str | None
    reference: str | None
    leave_out_missing: bool
    output: str = ""


def show(top: DeltaGenerator) -> None:
    """Ask for a network and people, and show what it does to them."""
    st.markdown(
        "Bring a network that says yes or no of people described by numbers. It is run in a process of its own. Of ONNX the input of the last linear "
        "layer (Gemm) is read as its trunk; without one only its answers are looked at."
    )
    audit_form.resume(KIND, HAND)
    network = given.ask(KIND, ACCEPTS)
    audit_form.keep(KIND, HAND, network)
    try:
        output = _output(network) if network is not None else ""
        asked = _people()
        if network is None or asked is None:
            if network is None:
                st.caption("A network and people are needed; nothing is kept of either.")
            return
        asked = replace(asked, output=output)
        with st.spinner("Running the network and reading its last layer …"):
            one: Brought = kit.made(_read, str(network), audit_form.stamp(network), asked)
    except errors.UserError as problem:
        said.problem(problem)
        return
    chosen = audit_shown.attribute(one.audited)
    with top:
        kit.finding(audit_shown.telling(one.audited, chosen).finding, key="finding-audit")
    _inside(str(network), audit_form.stamp(network), asked, chosen, one.how)
    audit_shown.show(one.audited, chosen)
    audit_shown.away(audit_shown.telling(one.audited, chosen).answer, "audit", _command(network.name, asked))


def _output(network: Path) -> str:
    """Ask which output of an ONNX file is the score, where there are several ways to read it."""
    offered: list[str] = kit.made(_outputs, str(network), audit_form.stamp(network))
    if len(offered) < 2:
        return ""
    return kit.choose(
        "The score is", offered, key=f"output-{hashing.of_parts(offered)[:4]}", default=offered[0], format_func=_way,
        help="An output of the file. Two numbers are taken as against and for; a network with two heads may hold the outcome in one of them.",
    )  # fmt: skip


def _way(offered: str) -> str:
    name, _, place = offered.rpartition(":")
    return f"output {name}, number {int(place) + 1}" if name and place.isdecimal() else f"output {offered}"


def _outputs(network: str, _stamp: int) -> list[str]:
    return brought.outputs(Path(network))


def _people() -> Asked | None:
    """Ask whom the network decides about: a table that is here, or a file with its inputs as columns."""
    known = [name for name in tables.names() if tables.card(name).pictures is None]
    where = kit.choose("People", [*known, OWN], key="people", default=known[0], format_func=_titled)
    if where != OWN:
        card = tables.card(where)
        group = kit.choose("Groups", list(card.groups), key=f"group-{where}", default=str(card.studied["group"]))
        st.caption("Columns go in as networks here are trained: numbers scaled, texts as one column a value, without the group.")
        return Asked(where, None, 0, card.label, (group,), (), None, None, leave_out_missing=False)
    audit_form.resume(audit_form.FILE, auditing.HAND)
    path = given.ask(audit_form.FILE, audit_form.ACCEPTS)
    audit_form.keep(audit_form.FILE, auditing.HAND, path)
    return _file(path) if path is not None else None


def _titled(name: str) -> str:
    return OWN if name == OWN else tables.card(name).title


def _file(path: Path) -> Asked | None:
    """Ask what the columns of a file of people mean to the network."""
    found = audit_form.looked(path)
    guess = columns.guess(found)
    with st.container(border=True, key="audit-network-form"):
        left, right = st.columns(2)
        with left:
            label = kit.choose("Outcome", audit_form.options(found.names), key=auditing.key("outcome", found), default=guess.label or auditing.NONE)
            positive = audit_form.favourable(found, None if label == auditing.NONE else label, guess)
            groups = kit.choose_many("Groups", found.names, key=auditing.key("by", found), default=list(guess.groups), max_selections=3)
        with right:
            reference = kit.choose(
                "Compare with", audit_form.options(found.names), key=auditing.key("reference", found),
                help="A column of another system's probabilities, such as of the network before it was made fair.",
            )  # fmt: skip
            leave = st.toggle("Leave out people of whom something is missing", key="leave", bind="query-params")
        away = [label, *groups, reference]
        usual = columns.inputs(found, away)
        inputs = kit.choose_many(
            "Columns that the network takes, in its order",
            [name for name in found.names if name not in away],
            key=auditing.key(f"inputs-{label}", found),
            default=usual,
        )
    if label == auditing.NONE or not groups:
        st.caption("Say which columns hold the outcome and the groups.")
        return None
    other = None if reference == auditing.NONE else reference
    return Asked(None, str(path), audit_form.stamp(path), label, tuple(groups), tuple(inputs), positive, other, bool(leave))


def _read(network: str, _stamp: int, asked: Asked) -> Brought:
    if asked.table is not None:
        return brought.of_table(asked.table, Path(network), asked.groups[0], output=asked.output)
    return brought.read(
        Path(str(asked.file)), Path(network), label=asked.label, groups=asked.groups, inputs=asked.inputs, positive=asked.positive,
        reference=asked.reference, leave_out_missing=asked.leave_out_missing, output=asked.output,
    )  # fmt: skip


def _looked(network: str, stamp: int, asked: Asked, attribute: str) -> Inside:
    return brought.inside(kit.made(_read, network, stamp, asked), attribute)


def _inside(network: str, stamp: int, asked: Asked, attribute: str, how: str) -> None:
    """Show what happens inside, with its controls, or why nothing can be told."""
    st.header("Inside the network", anchor="inside")
    st.caption(kit.escape(how))
    try:
        with st.spinner("Fitting read-outs of the last layer …"):
            seen: Inside = kit.made(_looked, network, stamp, asked, attribute)
    except errors.UserError as problem:
        said.problem(problem)
        return
    st.markdown("\n".join(f"- {kit.spoken(text)}" for text in told.said_inside(seen, attribute)))
    st.caption(
        f"Read-outs are fitted on 60 % of the people, rules on 20 %; this is told of the other {seen.n:,}. What is read is what the layer tells of a "
        "group, not the group of anybody: the swap is a question about the network."
    )
    if seen.swapped is not None:
        kit.table(seen.swapped, key="audit-swapped", name="Decided otherwise after the swap of the inferred group value")


def _command(network: str, asked: Asked) -> str:
    words = ["python -m engine heads audit", asked.table or Path(str(asked.file)).name, "--network", network]
    if asked.table is None:
        words += ["--label", asked.label]
    words += [word for group in asked.groups for word in ("--group", group)]
    if asked.table is None:
        words += [word for name in asked.inputs[:40] for word in ("--input", name)]
        words += ["--positive", asked.positive] if asked.positive else []
        words += ["--reference", asked.reference] if asked.reference else []
    words += ["--output", asked.output] if asked.output else []
    return " ".join([*words, "--json"])
