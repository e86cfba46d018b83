"""The parts of a network's page: its numbers, where it fails, responses, what is inside and for whom, where it comes from."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import completers, dossier, errors, networks
from engine.amodal import measuring
from engine.assay import plots, views
from engine.circuits import findings as circuits
from engine.circuits import views as graphs
from engine.dossier import groups, hops, numbers, origins, responses
from engine.heads import plainly as treated
from engine.heads import views as heads
from engine.plots import drawn, formats
from pages.assay import shown
from pages.parts import kit

SETS, WEAK, ACTED, INSIDE, WHOM, FROM = (
    "On each set", "Where it fails", "When something is changed", "Inside", groups.PART, "Where it comes from",
)  # fmt: skip


def parts(name: str, collection: str) -> list[str]:
    """Return the parts of the page that have something to show."""
    scored = len(numbers.scores(name, collection)) > 0
    here = not collection
    found = {
        SETS: scored, WEAK: here and hops.weakest(name) is not None, ACTED: here and not responses.told(name).empty,
        INSIDE: here and _is_circuit(name), WHOM: here and not groups.rows(name).empty, FROM: True,
    }  # fmt: skip
    return [part for part, there in found.items() if there]


def trained_on(name: str, collection: str, found: pd.DataFrame) -> str:
    """Return the set that a network was trained on, or the first that it was evaluated on where nobody said."""
    about = views.networks_known(collection=collection).set_index("network")["trained_on"].to_dict().get(name)
    return about if isinstance(about, str) else str(found["dataset"].iloc[0])


def asking(name: str) -> dict[str, str]:
    """Return what a link to the form of a run says: the network, and the set it was trained on."""
    home = networks.card(name).trained_on
    return {"network": name} | ({"id": home} if home else {})


# ---- numbers ----------------------------------------------------------------------------------------------------------------------


def _on_each_set(name: str, collection: str) -> None:
    """Show one metric over all sets, then shifts at their strongest, calibration, and all numbers."""
    found = kit.made(numbers.scores, name, collection)
    known = sorted(found["metric"].unique())
    metric = kit.choose("Metric", known, key="metric", default="accuracy", width=240)
    figure, mine = kit.made(_figure, name, metric, collection)
    kit.figure(figure, key="sets", data=mine, name=f"{metric} of {name}", alt=f"{metric} of {name} on each set, with 95 % intervals")
    said, rows = kit.made(numbers.under_shifts, name, collection)
    if said:
        st.subheader("Under shifts, at their strongest", anchor=False)
        st.markdown(said)
        told = pd.concat([rows[["set", "shift", "strength"]], kit.intervals(rows, "fraction").rename("accuracy"), rows["as it is"]], axis=1)
        percent = {"as it is": st.column_config.NumberColumn("as it is", format="percent")}
        kit.table(told, key="network-shifts", name=f"shifts of {name}", columns=percent)
        if not collection:
            kit.links([("Curves over all strengths", "assay-strength")])
    said, rows = kit.made(numbers.calibration, name, collection)
    if said:
        st.subheader("Is it as sure as it is right?", anchor=False)
        st.markdown(said)
        kit.table(rows, key="network-calibration", name=f"calibration of {name}")
    with st.expander("All numbers", key="network-numbers", type="compact", on_change="rerun") as part:
        if part.open:
            kit.table(drawn.drawn(shown.numbers, found), key="numbers", name=f"numbers of {name}", hide=("network", *shown.NUMBERS))


def _figure(name: str, metric: str, collection: str) -> tuple[go.Figure, pd.DataFrame]:
    return plots.sets_of_network(name, metric, collection=collection)


# ---- where it fails ---------------------------------------------------------------------------------------------------------------


def _where_it_fails(name: str, _collection: str) -> None:
    """Show its weakest slice and the confusions of that set, with links to the images."""
    found = kit.made(hops.weakest, name)
    assert found is not None
    lead = "Its weakest slice is" if found.conditions else "No slice is confirmed to be worse than the rest. Its hardest set is"
    st.markdown(f"{lead} **{kit.escape(found.said)}**. {kit.made(numbers.surest_errors, name, found.one)}")
    kit.links([("Slices of this set, and others", f"slices?{urlencode({'network': name, 'set': found.one.text()})}")])
    confused = kit.made(numbers.confusions, name, found.one)
    if confused:
        st.subheader(f"Most frequent confusions on {found.one.label}", anchor=False)
        for words, address in confused:
            kit.links([(words, address)])
    home = kit.made(_lowest, name)
    if home is not None:
        query = {"network": name, "set": home.dataset, "shift": home.shift, "strength": f"{home.strength:g}", "kind": "lost"}
        words = f"Images that it gets right as they are and wrong under {shown.spaced(home.shift)} {home.strength:g}"
        kit.links([(words, f"assay-examples?{urlencode(query)}")])


def _lowest(name: str) -> views.Set | None:
    """Return the shifted version of the set it was trained on with stored answers on which its accuracy is lowest."""
    found, kept = numbers.scores(name), views.answered()
    kept = kept[(kept["network"] == name) & (kept["shift"] != "") & (kept["split"] == "test")]
    if found.empty or kept.empty:
        return None
    keys = ["dataset", "split", "shift", "strength"]
    mine = found[(found["metric"] == "accuracy") & found["value"].notna() & (found["dataset"] == trained_on(name, "", found))]
    mine = mine.astype(dict.fromkeys(keys[:3], str)).merge(kept[keys].astype(dict.fromkeys(keys[:3], str)), on=keys).sort_values("value").head(1)
    return views.sets_in(mine)[0] if len(mine) else None


# ---- interventions ----------------------------------------------------------------------------------------------------------------


def _when_changed(name: str, _collection: str) -> None:
    """Show which factors break it, which it does not care about, and the networks trained beside it."""
    told = kit.made(responses.told, name)
    st.markdown(kit.made(responses.said, name))
    kit.table(told, key="network-responses", name=f"factors that were set for {name}", hide=responses.HIDDEN)
    family = kit.made(origins.family, name)
    if len(family):
        st.subheader("Trained beside it, by other methods", anchor=False)
        kit.table(family, key="network-family", name=f"methods beside {name}")
        kit.links([("Compare the remedies", f"remedies?{urlencode({'system': networks.card(name).attributes['system']})}")])


# ---- inside, and for whom ---------------------------------------------------------------------------------------------------------


def _is_circuit(name: str) -> bool:
    listed = graphs.listing()
    return len(listed) > 0 and name in set(listed["circuit"])


def _inside(name: str, _collection: str) -> None:
    """Show the circuit in numbers."""
    st.markdown(kit.made(circuits.of_graph, name))
    st.markdown(kit.made(circuits.of_pruning, name))
    kit.facts({label: f"{value} ({meaning})" for label, value, meaning in circuits.metrics(kit.made(graphs.about, name))})
    query = urlencode({"circuit": name})
    kit.links([("Look into it", f"circuits?{query}"), ("What one input uses", f"circuit-input?{query}"), ("Drop modules", f"circuit-act?{query}")])


def _for_whom(name: str, _collection: str) -> None:
    """Show accuracy by group, the worst first."""
    worst = kit.made(groups.worst, name)
    if worst is not None:
        st.markdown(f"**{kit.escape(worst.said)}.**")
    rows = kit.made(groups.rows, name)
    told = pd.concat([rows[["set", "group"]], kit.intervals(rows, "fraction").rename("accuracy")], axis=1)
    kit.table(told, key="network-groups", name=f"groups of {name}")


# ---- where it comes from ----------------------------------------------------------------------------------------------------------


def _where_from(name: str, collection: str) -> None:
    """Show the card, the claims it enters, runs and reports."""
    _card(name, collection)
    entered = kit.made(origins.claims_of, name, collection)
    if entered:
        st.subheader("Claims that its numbers enter", anchor=False)
        for words, address in entered:
            kit.links([(words, address)])
    _runs(name, collection)
    made = origins.reports(name)
    if made:
        st.subheader("Reports that show it", anchor=False)
        for title, run in made:
            kit.links([(title, f"report?{urlencode({'run': run})}")])


def _runs(name: str, collection: str) -> None:
    rows = kit.made(origins.runs, name, collection)
    if len(rows):
        st.subheader("Runs that asked it", anchor=False)
        columns = {"finished": st.column_config.DatetimeColumn("finished", format="YYYY-MM-DD HH:mm", timezone=st.context.timezone or "UTC")}
        kit.table(rows, key="network-runs", name=f"runs of {name}", columns=columns)
        kit.links([("The newest of them", f"runs?{urlencode({'open': rows['run'].iloc[0]})}")])


def _card(name: str, collection: str) -> None:
    """Show the card, where there is one; else what the store says of it."""
    try:
        card = networks.card(name) if not collection else None
    except errors.UserError:
        card = None
    if card is None:
        stored = (views.answered()["network"] == name).any()
        st.caption(
            "Only predictions of this network were brought; it cannot be run here." if stored
            else "Only scores of this network are stored, neither its weights nor its single answers; it cannot be run here."
        )  # fmt: skip
        kit.facts(kit.made(_stored, name, collection))
        return
    facts = {
        "architecture": card.architecture, "trained on": card.trained_on or "not said", "numbers in it": formats.count(card.parameters or 0),
        "input": f"{card.preprocess.size} px, {shown.plural(card.preprocess.channels, 'channel')}",
        "classes": formats.count(len(card.classes)), "licence": card.licence or "not said", "hash of the weights": card.digest,
        **{str(k).replace("_", " "): str(v) for k, v in card.attributes.items()},
    }  # fmt: skip
    kit.facts(facts)
    if card.recipe:
        st.caption(f"Made by `{card.recipe}`")
    links = [("Its card in the library", f"library?{urlencode({'tab': 'Networks', 'name': name})}")]
    kit.links([*links, ("Evaluate it further", f"assay-run?{urlencode(asking(name))}")])


def _stored(name: str, collection: str) -> dict[str, str]:
    """Return what the store says of a network without a card."""
    about = views.networks_known(collection=collection)
    rows = about[about["network"] == name].to_dict("records")
    told = {str(key).replace("_", " "): str(value) for key, value in (rows[0] if rows else {}).items() if pd.notna(value) and str(value)}
    return {key: value for key, value in told.items() if key not in {"network", "title"} or value != name}


# ---- networks of other studies ----------------------------------------------------------------------------------------------------


def pressed(name: str) -> None:
    """Show a network that decides about people."""
    job = heads.job_of(name)
    query = urlencode({"dataset": job.table, "attribute": heads.asked(job), "constraint": job.constraint, "network": name})
    kit.finding("\n\n".join(map(kit.spoken, kit.made(treated.of_network, name))))
    kit.links([
        ("For whom equality is paid", f"frontier?{query}"), ("Where it keeps the group", f"inside?{query}"),
        ("Who is decided otherwise", f"people?{query}"), ("Thresholds by group", f"thresholds?{query}"),
    ])  # fmt: skip
    kit.facts({
        "table": job.table, "protected attribute": job.group, "equal": job.constraint, "trained by": job.title, "seed": str(job.seed),
        "weights": "kept here" if kit.made(_kept, name) else "not kept",
    })  # fmt: skip
    rows = kit.made(_treatments, name)
    kit.table(rows[["method", "metric", "part", "number"]], key="network-treatments", name=f"numbers of {name}")
    for words, address in kit.made(origins.claims_of, name, dossier.HEADS):
        kit.links([(words, address)])
    _runs(name, dossier.HEADS)


def _kept(name: str) -> bool:
    job = heads.job_of(name)
    found = heads.networks(job.table, heads.asked(job), job.constraint)
    return bool(found.loc[found["network"] == name, "kept"].any())


def _treatments(name: str) -> pd.DataFrame:
    job = heads.job_of(name)
    rows = heads.numbers(job.table, heads.asked(job), job.constraint)
    mine = rows[rows["network"] == name].reset_index(drop=True)
    return mine.assign(number=kit.intervals(mine))


def completer(name: str) -> None:
    """Show a network that completes hidden parts."""
    card = completers.card(name)
    said, rows = kit.made(_completed, name)
    kit.finding(said)
    kit.links([("Beside other answers", "amodal-measure"), ("Watch it at work", f"amodal?{urlencode({'a': name})}")])
    if len(rows):
        kit.table(rows, key="network-clips", name=f"sets of clips that {name} was measured on")
    kit.facts({
        "title": card.title, "architecture": card.architecture, "trained on": card.trained_on, "saw whole masks": "yes" if card.labels else "no",
        "steps": formats.count(card.steps), "seed": str(card.seed), "numbers in it": formats.count(card.parameters), "licence": card.licence,
        "hash of the weights": card.digest,
    })  # fmt: skip
    st.caption(f"Made by `{card.recipe}`")
    for words, address in kit.made(origins.claims_of, name, dossier.COMPLETERS):
        kit.links([(words, address)])
    _runs(name, dossier.COMPLETERS)


def _completed(name: str) -> tuple[str, pd.DataFrame]:
    """Return on which clips the completer's arm finds most and least, and its overlap by set, over the seeds of its arm."""
    arm, rows = measuring.arm(name), []
    for row in measuring.sets().to_dict("records"):
        found = measuring.measures(measuring.where(row), ("iou_hidden",), measuring.BANDS[:1])
        mine = found[(found["arm"] == arm) & found["value"].notna()]
        rows += [{"clips": measuring.where(row).title, **one} for one in mine.to_dict("records")]
    if not rows:
        return "It has not been measured yet.", pd.DataFrame()
    frame = pd.DataFrame(rows).sort_values("value", ascending=False, ignore_index=True)
    said = kit.intervals(frame, "fraction")
    text = (
        f"Networks trained like it ({kit.escape(measuring.called(arm))}) complete the hidden part with an IoU of **{said.iloc[0]}** on "
        f"{kit.escape(frame['clips'].iloc[0])}"
    )
    text += f", least well on {kit.escape(frame['clips'].iloc[-1])}: **{said.iloc[-1]}**." if len(frame) > 1 else "."
    return text, frame[["clips", "seeds"]].assign(**{"IoU of the hidden part": said})


SHOWN: Mapping[str, Callable[[str, str], None]] = {
    SETS: _on_each_set, WEAK: _where_it_fails, ACTED: _when_changed, INSIDE: _inside, WHOM: _for_whom, FROM: _where_from,
}  # fmt: skip
