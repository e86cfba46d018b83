"""Where a network fails: slices of examples with more errors than elsewhere, found on one half and confirmed on the other."""

import json
from urllib.parse import urlencode

import pandas as pd

from engine.assay import failing, views, weak
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Pictures, Table
from engine.evidence.tiles import tiles
from engine.plainly import assay as plainly_assay

PATH = "slices"
TITLE = "Slices"
ORDER = 34
SHOWN = 16
LEAST = 20  # answers of a slice in each half
SAID = ("slice", "wrong inside", "elsewhere", "adjusted p", "confirmed")
METHOD = (
    "Half of the examples is searched for values of one or two attributes under which the network is wrong more often than on the rest. Only the "
    "other half, which took no part in the search, gives the numbers and confirms them or does not. p values are adjusted for everything that was "
    "searched (Holm), and again for everything that was looked at a second time; intervals are 95 %."
)
LIMITS = (
    "Only attributes that are told of the examples can be searched: a weakness along another one is not found.",
    "A slice says where a network fails, not why.",
)


def offered() -> list[Offer]:
    """Return each network with its hardest set; the one with most stored answers is usual."""
    names, most = failing.networks()
    return [Offer(f"{PATH}?{urlencode({'network': name})}", f"Where {name} fails", usual=name == most) for name in names]


def part(asked: Asked) -> Part:
    """Return the slices that a search finds, and pictures of one of them."""
    names, most = failing.networks()
    network = asked.one("network", names, most)
    versions, hardest = failing.sets_of(network)
    text = asked.one("set", versions, hardest, lambda text: views.Set.read(text).label)
    one, shifts = views.Set.read(text), versions[text]
    shifted = len(shifts) > 1 and (asked.flag("shifted", usual=False) or "" not in shifts)
    known, where = failing.attributes(network, one, shifted=shifted)
    usual = [name for name in known if name not in {weak.PREDICTED, weak.CONFIDENCE}]
    by = asked.several("by", known, usual, lambda name: name.replace("_", " "))
    least = asked.one("least", failing.SIZES, LEAST, lambda n: f"{n} answers in each half")
    found, rows, figure, finding = failing.searched(network, one, by or usual, least, where, shifted=shifted)
    about = {"title": f"Where {network} fails: {where}", "method": METHOD, "limits": LIMITS, "networks": [network], "datasets": [one.dataset]}
    about["plain"] = plain.told(plainly_assay.of_slices, network, one, by or usual, least, shifted=shifted)
    scores = behind.scores([network], [one], ["accuracy"])
    if figure is None:
        return Part(findings=[finding], figures=[], scores=scores, paper="assay", **about)
    alt = "For each slice the share of wrong answers inside with 95 % interval, and a line at the share elsewhere"
    return Part(
        findings=[finding], figures=[Figure(f"Errors of {network} inside and outside slices of {where}", alt, {"": figure}, found)],
        pictures=_pictures(asked, found, network, one, shifted=shifted), tables=[Table("Slices", rows, SAID)], scores=scores, paper="assay", **about,
    )  # fmt: skip


def _pictures(asked: Asked, found: pd.DataFrame, network: str, one: views.Set, *, shifted: bool) -> list[Pictures]:
    """Return the surest errors of the slice that an address opens, the first where it opens none."""
    name = asked.one("slice", found["slice"].tolist())
    conditions = json.loads(found["conditions"].iloc[found["slice"].tolist().index(name)])
    inside, said = failing.members(network, one, conditions, shifted=shifted)
    names = {"class": "label_name", "predicted": "predicted_name", "sure": "confidence", "version": "shift"}
    told = inside[["example_id", "position", "correct", "strength", *names]].rename(columns=names)
    return tiles(f"The slice {name}, wrong answers first", told, one, most=SHOWN, caption=said)
