"""One network: everything the store knows about it."""

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from engine import errors, networks
from engine.assay import findings, plots, views
from engine.plots import drawn, formats
from pages.assay import shown
from pages.parts import kit


def main() -> None:
    """Draw the page."""
    kit.title(
        "Network",
        "What is known of this network?",
        "All its numbers, with n and 95 % interval, and where it comes from. A dot is a set; its line is the interval.",
        paper="assay",
    )
    evaluated = sorted(views.networks_known()["network"])
    everyone = [*evaluated, *(name for name in networks.names() if name not in evaluated)]
    if not everyone:
        kit.empty("There is no network yet.", "Bring one or train one", "library")
        return
    name = kit.choose("Network", everyone, key="network")
    kit.review("network", name)
    found = views.scores([name])
    if found.empty:
        _facts(name)
        kit.empty("This network has not been evaluated yet.", "Run an evaluation", f"assay-run?{urlencode(_asking(name))}")
        return
    home = _trained_on(name, found)
    kit.finding(findings.of_run(found, home) or "")
    _links(name, home)
    _figure(name, found)
    st.header("Where it comes from", anchor="card")
    _facts(name)
    st.header("All numbers", anchor="numbers")
    kit.table(drawn.drawn(shown.numbers, found), key="numbers", name=f"numbers of {name}", hide=("network", *shown.NUMBERS))


def _asking(name: str) -> dict[str, str]:
    """Return what a link to the form of a run says: the network, and the set it was trained on."""
    home = networks.card(name).trained_on
    return {"network": name} | ({"id": home} if home else {})


def _trained_on(name: str, found: pd.DataFrame) -> str:
    """Return the set that a network was trained on, or the first that it was evaluated on where nobody said."""
    about = views.networks_known().set_index("network")["trained_on"].to_dict().get(name)
    return about if isinstance(about, str) else str(found["dataset"].iloc[0])


def _links(name: str, home: str) -> None:
    """Link to its images: wrong ones, and those that it gets right as they are and wrong under the shift that costs it most."""
    kept = views.answered()
    kept = kept[(kept["network"] == name)]
    targets = []
    if len(kept):
        targets.append(("Its wrong answers", f"assay-examples?{urlencode({'network': name, 'shift': 'as it is', 'kind': 'wrong'})}"))
    shifted = kept[(kept["dataset"] == home) & (kept["split"] == "test") & (kept["shift"] != "")]
    for one in shown.sets_of(_lowest(name, shifted)):
        query = {"network": name, "set": home, "shift": one.shift, "strength": f"{one.strength:g}", "kind": "lost"}
        targets.append((f"Right as they are, wrong under {one.shift.replace('_', ' ')} {one.strength:g}", f"assay-examples?{urlencode(query)}"))
    targets.append(("All networks", "assay-explore"))
    if name in networks.names():
        targets.append(("Evaluate it further", f"assay-run?{urlencode(_asking(name))}"))
    kit.links(targets)


def _lowest(name: str, shifted: pd.DataFrame) -> pd.DataFrame:
    """Return the row of the shifted set on which a network's accuracy is lowest, among those with stored answers."""
    keys = ["dataset", "split", "shift", "strength"]
    scores = views.scores([name], metrics_chosen=["accuracy"]).astype(dict.fromkeys(keys[:3], str))
    return scores[scores["value"].notna()].merge(shifted[keys], on=keys).sort_values("value").head(1)


def _facts(name: str) -> None:
    """Show the card, where there is one."""
    try:
        card = networks.card(name)
    except errors.UserError:
        st.caption("Only predictions of this network were brought; it cannot be run here.")
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
    kit.links([("Its card in the library", f"library?{urlencode({'tab': 'Networks', 'name': name})}")])


def _figure(name: str, found: pd.DataFrame) -> None:
    """Show one metric over all sets."""
    metric = kit.choose("Metric", sorted(found["metric"].unique()), key="metric", default="accuracy", width=240)
    figure, mine = kit.made(plots.sets_of_network, name, metric)
    kit.figure(figure, key="sets", data=mine, name=f"{metric} of {name}", alt=f"{metric} of {name} on each set, with 95 % intervals")


main()
