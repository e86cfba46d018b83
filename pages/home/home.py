"""Home: what this store says of the claims of papers, how far networks fall, what was run last, what to try next."""

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from engine import control, networks
from engine.assay import findings, plots, views
from engine.datasets import images
from engine.plots import formats
from pages.home import verdicts
from pages.parts import kit
from pages.store import ledger

NEWEST = 5


def main() -> None:
    """Draw the page."""
    kit.title(
        "What networks do where they were not trained",
        "Networks are programs that learned from examples. Each claim below, from a published paper, says how they do on what is unlike their "
        "examples. The results in this store say whether it holds here, and how sure that is.",
        "Every claim is asked in parts: sets of images, tables, clips. A dot is a part, the line through it its 95 % interval. A filled dot lies "
        "clearly on the claim's side of the dashed line, a square clearly on the other, a ring is not clear. The verdict follows from the dots by "
        "one rule, and changes when the results do.",
    )
    verdicts.ledger()
    st.header("How far do networks fall?", anchor="falls")
    st.markdown(
        "Each point is a network trained on one set of digits and asked about another: across, its accuracy (the share of right answers) where it "
        "was trained; up, its accuracy elsewhere. On the dashed line nothing would be lost. Sets that ship: *mnist* and *optdigits* are handwriting, "
        "*mfeat* is from maps, *printed* is set in type."
    )
    falls = views.falls()
    if falls.empty:
        kit.empty("No network has been compared between its own set and another yet.", "Run an evaluation", "assay-run")
    else:
        kit.finding(findings.of_store(falls) or "")
        left, right = st.columns([3, 2], gap="large")
        with left:
            _figure()
        with right:
            _next(falls)
    if not kit.plain.on():
        _newest()


def _figure() -> None:
    """Show every network of every pair at once, coloured by the set it was trained on."""
    figure, found = plots.falls()
    alt = "Accuracy elsewhere against accuracy in distribution, a point a network and set, with 95 % intervals"
    kit.figure(figure, key="falls", data=found, name="Accuracy here and elsewhere", alt=alt)


def _next(falls: pd.DataFrame) -> None:
    """Say what the store holds and where to go."""
    cards = [card for card in map(images.card, images.names()) if not card.missing]
    kit.facts({
        "networks ready to run": formats.count(len(networks.names())), "data sets": formats.count(len(cards)),
        "pairs of sets compared": formats.count(len(falls)), "numbers in the store": formats.count(views.known()["scores"].sum()),
    })  # fmt: skip
    st.markdown("**Try next**")
    worst = falls.iloc[int(falls["gap"].argmax())]
    kit.links([
        ("Run an evaluation of your own", "assay-run"),
        (f"Does {worst['id']} accuracy tell {worst['ood']} accuracy?", f"assay-explore?{urlencode({'x': worst['id'], 'y': worst['ood']})}"),
        ("Which number measured here tells how a network does elsewhere?", "trust"),
        ("Which of these networks should we ship?", "choose"),
        ("How fast do networks fail under noise, blur, rotation?", "assay-strength"),
        ("See images that fool a network, and how sure it was", "assay-examples"),
        ("Change the world behind the pictures, and watch", "act"),
        ("Which factor of the picture breaks a network?", "respond"),
        ("Bring your own network, images or predictions", "library?tab=Bring+your+own"),
    ])  # fmt: skip


def _newest() -> None:
    """Show the newest runs."""
    found = ledger.rows()
    if found.empty:
        return
    st.header("Newest runs", anchor="runs")
    for job in control.jobs(control.ACTIVE, limit=3):
        st.markdown(f"Running now: **{kit.escape(job.title)}**, {formats.share(job.done, job.total, 'cells')}.")
        kit.links([("Watch it", f"assay-run?run={job.id}")])
    kit.table(found[list(ledger.SHOWN)].head(NEWEST), key="runs", name="newest runs", columns=ledger.settings())
    kit.links([("All runs", "runs")])


main()
