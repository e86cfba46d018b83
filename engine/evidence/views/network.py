"""One network: all its numbers, and where it comes from."""

from urllib.parse import urlencode

import pandas as pd

from engine import errors, networks
from engine.assay import findings, plots, views
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plainly import assay as plainly_assay
from engine.plots import formats

PATH = "assay-network"
TITLE = "Network"
ORDER = 50
METHOD = "All numbers of one network in the store, each with its 95 % interval over images and n. A dot is a set; its line is the interval."
LIMITS = ("Sets as they are and shifted versions of them share images: their numbers are not independent of each other.",)


def offered() -> list[Offer]:
    """Return the networks that were evaluated here; the one with most numbers is usual."""
    known = sorted(views.networks_known()["network"].astype(str))
    return [Offer(f"{PATH}?{urlencode({'network': name})}", f"The network {name}") for name in known]


def part(asked: Asked) -> Part:
    """Return one metric of a network on every set, and its card."""
    name = asked.one("network", sorted(views.networks_known()["network"].astype(str)))
    found = views.scores([name])
    if found.empty:
        raise errors.UserError(f"{name} has not been evaluated yet.", "Run an evaluation with it first.")
    metric = asked.one("metric", sorted(found["metric"].astype(str).unique()), "accuracy")
    figure, rows = plots.sets_of_network(name, metric)
    about = views.networks_known().set_index("network")["trained_on"].to_dict().get(name)
    home = about if isinstance(about, str) else str(found["dataset"].iloc[0])
    sets = [views.Set(str(d), str(p), str(s), float(x)) for d, p, s, x in rows[list(views.PLACE)].itertuples(index=False, name=None)]
    return Part(
        title=f"The network {name}", findings=[findings.of_run(found, home) or ""],
        plain=plain.told(plainly_assay.of_network, name), method=METHOD, limits=LIMITS,
        figures=[Figure(f"{metric} of {name}", f"{metric} of {name} on each set, with 95 % intervals", {"": figure}, rows)],
        tables=[Table("Where it comes from", card)] if len(card := _card(name)) else [],
        networks=[name], datasets=sorted({one.dataset for one in sets}), scores=behind.scores([name], sets, [metric]), paper="assay",
    )  # fmt: skip


def _card(name: str) -> pd.DataFrame:
    """Return what the network's card says; nothing where only its predictions were brought."""
    try:
        card = networks.card(name)
    except errors.UserError:
        return pd.DataFrame()
    told = {
        "architecture": card.architecture, "trained on": card.trained_on or "not said", "numbers in it": formats.count(card.parameters or 0),
        "input": f"{card.preprocess.size} px, {card.preprocess.channels} channel{'s' if card.preprocess.channels > 1 else ''}",
        "classes": formats.count(len(card.classes)), "licence": card.licence or "not said",
        "hash of the weights": card.digest, "made by": card.recipe,
        **{str(key).replace("_", " "): str(value) for key, value in card.attributes.items()},
    }  # fmt: skip
    return pd.DataFrame({"what": list(told), "value": list(told.values())})
