"""Train: networks that are pressed towards equal groups harder and harder, on a table that is here or on one's own."""

from pathlib import Path

import streamlit as st

from engine import control, errors, safety
from engine.datasets import tables
from engine.heads import auditing, columns, plainly, views
from engine.heads import spec as asking
from engine.heads.spec import LAMBDAS, HeadsSpec
from engine.plots import formats
from pages.heads import audit_form, place
from pages.heads.place import Place, Question
from pages.parts import jobs, kit
from pages.store.bring import given
from pages.store.bring import told as said

HOW = (
    "First an **unconstrained** network learns the outcome. Then others learn it while being **pressed** to treat the groups alike: the harder "
    "(the larger **lambda**), the smaller the gap, and as a rule the accuracy. None of them is given the group when it decides. One more network has "
    "**two heads** on one trunk, one for the outcome and one for the group, which are merged afterwards with any gap you allow. As a **control** one "
    "network is pressed about groups that were dealt out at random. Each is trained once for each seed, so that you see what is chance. Rules are "
    "fitted on validation people, and everything is told of test people."
)
EQUAL = {
    "parity": "how often groups are accepted (parity)",
    "opportunity": "how often those are whose outcome is favourable (equal opportunity)",
}
KINDS = {"squared": "the squared gap", "absolute": "the absolute gap"}
OWN = "a table of mine"
KIND = "heads-table"
HAND = "table-hand"
MOST_SEEDS = 10
BROUGHT = "train-brought"  # the table that was kept just now


def main() -> None:
    """Draw the page."""
    kit.title("Train", "What happens inside networks that are pressed to treat groups alike, on this table?", HOW)
    _watch()
    top = st.container()
    table = _table()
    if table is not None:
        if "run" not in st.query_params:
            with top:
                _known(table)
        _form(table)


def _known(table: str) -> None:
    """Show what networks do that are trained on a table already, and where to look at them."""
    question = next((one for one in place.questions() if one.dataset == table), None)
    if question is not None:
        kit.finding(f"**Trained already:** {kit.spoken(kit.made(plainly.of_question, *question.asked))}", key="finding-known")
        here = Place(question, place.first_network(question))
        kit.links([(label, place.address(path, here)) for label, path in place.PAGES])


def _watch() -> None:
    """Show how far the run in the address is, or what came of it; else link to what is being trained."""
    run = st.query_params.get("run")
    if run is None:
        jobs.under_way("heads", "networks")
        return
    try:
        job = control.job(run)
        asked = asking.resolved(HeadsSpec.read(job.spec))
    except errors.UserError as problem:
        kit.problem(problem)
        return
    jobs.watch(run, "networks", key="train-run")
    if job.state == "done":
        question = Question(asked.table, views.asked(asking.jobs(asked)[0]), asked.constraint)
        lead = [f"**Trained:** {kit.escape(job.title)}."]
        if question in place.questions():
            here = Place(question, place.first_network(question))
            lead += [kit.spoken(one) for one in (plainly.of_question(*question.asked), *plainly.of_network(here.network)[:1])]
            kit.finding("\n\n".join(lead), key="finding-train")
            kit.links([(label, place.address(path, here)) for label, path in place.PAGES])
            return
        kit.finding(lead[0], key="finding-train")


def _table() -> str | None:
    """Ask for a table, or bring one; None until there is one."""
    known = list(tables.names())
    if (brought := st.session_state.pop(BROUGHT, None)) in known:
        st.session_state["table"] = brought  # before the widget is there
    name = kit.choose("Table", [*known, OWN], key="table", default=known[0], format_func=_titled)
    if name == OWN:
        _bring()
        return None
    card = tables.card(name)
    st.caption(f"{kit.escape(_first(card.text))} Favourable is: {kit.escape(card.positive)}.")
    return name


def _titled(name: str) -> str:
    return OWN if name == OWN else tables.card(name).title


def _first(text: str) -> str:
    return text.split("\n\n", maxsplit=1)[0]


def _bring() -> None:
    """Take a file in as a table: which columns mean what, then keep it."""
    audit_form.resume(KIND, HAND)
    path = given.ask(KIND, audit_form.ACCEPTS)
    audit_form.keep(KIND, HAND, path)
    if path is None:
        st.caption("A row a person, at least 200: a column with the outcome (two values), one with the group, and what a network may go by.")
        return
    try:
        _columns(path)
    except errors.UserError as problem:
        said.problem(problem)


def _columns(path: Path) -> None:
    found = audit_form.looked(path)
    guess = columns.guess(found)
    with st.container(border=True, key="train-columns"):
        left, right = st.columns(2)
        with left:
            name = st.text_input(
                "Name", value=safety.slug(path.stem)[:60], key="name", bind="query-params", help="Links and commands will call it so."
            )
            label = kit.choose("Outcome", audit_form.options(found.names), key=auditing.key("outcome", found), default=guess.label or auditing.NONE)
            positive = audit_form.favourable(found, None if label == auditing.NONE else label, guess)
        with right:
            groups = kit.choose_many(
                "Groups; the first is studied", found.names, key=auditing.key("by", found), default=list(guess.groups), max_selections=3
            )
            weights = kit.choose("Weights", audit_form.options(found.names), key=auditing.key("weights", found), default=auditing.NONE)
            away = columns.cases(found, [label, *groups])
            why = "Numbers of cases, names, anything that tells the outcome."
            without = kit.choose_many(
                "Columns that are no inputs",
                [c for c in found.names if c not in {label, *groups}],
                key=auditing.key("without", found),
                default=away,
                help=why,
            )
        if label == auditing.NONE or not groups:
            st.caption("Say which columns hold the outcome and the groups.")
            return
        if st.button("Keep it as a table", type="primary", key="train-keep"):
            taken = None if weights == auditing.NONE else weights
            tables.bring(path, name.strip(), label=label, groups=groups, positive=positive, weights=taken, without=without)
            control.audit("bring table", name.strip())
            given.put_away(KIND)
            st.session_state[BROUGHT] = name.strip()
            st.rerun()


def _form(table: str) -> None:
    """Ask what to train, say what it costs, and put it into the queue."""
    st.header("What to train", anchor="form")
    with st.container(border=True, key="train-form"):
        try:
            asked = _asked(table)
            if asked is None:
                return
            planned = asking.plan(asked)
        except errors.UserError as problem:
            said.problem(problem)
            return
        title = asking.title(asked)
        jobs.ask(_cost(asked, planned), "Train", lambda: jobs.submitted(asked, title, planned.cells), key="train-go")


def _asked(table: str) -> HeadsSpec | None:
    card = tables.card(table)
    left, right = st.columns(2)
    with left:
        group = kit.choose("Protected attribute", list(card.groups), key=f"group-{table}", default=str(card.studied["group"]))
        usual = [str(value) for value in card.studied["values"]] if group == card.studied["group"] else []  # type: ignore[union-attr]
        values = kit.choose_many(
            "Only people with these values of it",
            _values(table, group),
            key=f"values-{table}-{group}",
            default=usual,
            help="All, where none is chosen.",
        )
        constraint = kit.choose("What is to be equal", list(EQUAL), key="constraint", format_func=EQUAL.__getitem__)
    with right:
        kinds = kit.choose_many("What is pressed down", list(KINDS), key="regularisers", default=["squared"], format_func=KINDS.__getitem__)
        offered = [f"{value:g}" for value in LAMBDAS]
        lambdas = kit.choose_many("How hard (lambda)", offered, key="lambdas", default=offered) if kinds else []
        seeds = kit.choose("Seeds", list(range(1, MOST_SEEDS + 1)), key="seeds", default=2, format_func=_times)
    with st.expander("More", key="train-more"):
        two = st.toggle("A network with two heads", value=True, key="two", bind="query-params")
        control_too = st.toggle("The control: pressed about groups dealt out at random", value=True, key="shuffled", bind="query-params")
        inputs = [str(name) for name in tables.load(table).features.columns if name != group]
        excluded = kit.choose_many("Columns that are no inputs", inputs, key=f"excluded-{table}-{group}") if card.pictures is None else []
    if kinds and not lambdas:
        st.caption("Choose at least one lambda, or nothing that is pressed down.")
        return None
    return HeadsSpec(
        table=table, group=group, values=tuple(values), constraint=constraint,  # type: ignore[arg-type]
        regularisers=tuple(kinds), lambdas=tuple(float(one) for one in lambdas), two_heads=two,  # type: ignore[arg-type]
        shuffled=(20.0,) if control_too else (), seeds=tuple(range(seeds)), excluded=tuple(excluded),
    )  # fmt: skip


def _times(count: int) -> str:
    return f"{count} network{'s' * (count > 1)} each"


def _values(table: str, group: str) -> list[str]:
    return kit.made(_found_values, table, group, tables.load(table).digest)


def _found_values(table: str, group: str, _digest: str) -> list[str]:
    return list(tables.load(table).values_of(group))


def _cost(asked: HeadsSpec, planned: asking.Plan) -> str:
    cost = asking.cost(asked, planned)
    there = f", {formats.count(cost.reused)} of them there already" if cost.reused else ""
    if cost.reused == cost.cells:
        return f"All **{formats.count(cost.cells)} networks** are there already; what is measured of them is read again."
    people, seconds = formats.count(len(tables.load(asked.table))), formats.duration(cost.seconds or 0)
    return (
        f"**{formats.count(cost.cells)} networks**{there} on {people} people: about **{seconds}** on a core that nobody else uses. What is stopped "
        "goes on where it was."
    )


main()
