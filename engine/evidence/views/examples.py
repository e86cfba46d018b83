"""Which images a network gets wrong, and how sure it was."""

from urllib.parse import urlencode

from engine.assay import answered, classes, views
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.evidence.tiles import tiles
from engine.plainly import assay as plainly_assay
from engine.plots import formats

PATH = "assay-examples"
TITLE = "Examples"
ORDER = 42
SHOWN = 24
METHOD = (
    "The matrix counts, for one network and one set of test images, which class each image is of and which one the network answered. Below it stand "
    "images with the answer and the confidence: the largest of the probabilities that the network gives to the classes."
)
LIMITS = (
    "Pictures are chosen by what is said above them, not drawn at random: they show what errors look like, not how frequent they are.",
    "A set's labels can be wrong, too.",
)


def offered() -> list[Offer]:
    """Return each network whose single answers are stored, on what costs it most."""
    names, _ = answered.networks()
    return [Offer(f"{PATH}?{urlencode({'network': name})}", f"What {name} gets wrong") for name in names]


def part(asked: Asked) -> Part:
    """Return the confusions of a network on a set, and images of a kind."""
    names, most = answered.networks()
    network = asked.one("network", names, most)
    texts, home = answered.sets_of(network)
    chosen = views.Set.read(asked.one("set", texts, home, lambda text: views.Set.read(text).label))
    one = _version(asked, network, chosen)
    figure, counts, n = answered.counted(network, one)
    title, alt = f"Confusions of {network} on {one.label}", "Confusion matrix: true class by answered class, with counts"
    asked.text("example")
    return Part(
        title=f"What {network} gets wrong on {one.label}", findings=[answered.finding(network, one)],
        plain=plain.told(plainly_assay.of_examples, network, one), method=METHOD, limits=LIMITS,
        figures=[] if figure is None else [Figure(title, alt, {"": figure}, counts)],
        tables=[Table(f"Confusions among {formats.count(n)} classes", counts)] if figure is None else [],
        pictures=_pictures(asked, network, one), networks=[network], datasets=[one.dataset], scores=behind.scores([network], [one], ["accuracy"]),
        paper="assay",
    )  # fmt: skip


def _version(asked: Asked, network: str, chosen: views.Set) -> views.Set:
    """Return the set as it is, or under the shift and strength of the address; what costs the network most where it says nothing."""
    known, worst = answered.versions(network, chosen)
    shift = asked.one("shift", known, worst.shift if worst else None, lambda name: name.replace("_", " "))
    if shift == answered.AS_IT_IS:
        return chosen
    told = {f"{strength:g}": strength for strength in known[shift]}
    hard = worst.strength if worst and worst.shift == shift else known[shift][-1]
    return views.Set(chosen.dataset, chosen.split, shift, told[asked.one("strength", told, f"{hard:g}")])


def _pictures(asked: Asked, network: str, one: views.Set) -> list:
    kinds = [kind for kind in answered.KINDS if one.shift or kind not in {"lost", "won"}]
    kind = asked.one("kind", kinds, "lost" if "lost" in kinds else None, answered.KINDS.__getitem__)
    order = asked.one("order", answered.ORDERS, None, answered.ORDERS.__getitem__)
    known = classes.names_of(network, one.dataset)
    cell = answered.cell(asked.text("cell"), len(known))
    said = answered.KINDS[kind] if cell is None else f"{known[cell[0]]} that was answered {known[cell[1]]}"
    mine, of_all = answered.listed(network, one, kind, order, cell)
    told = mine.assign(shift=one.shift, strength=one.strength)
    caption = f"{formats.share(min(SHOWN, len(mine)), len(mine), 'images shown')}, of {formats.count(of_all)} in the set."
    return tiles(f"{said}: {answered.ORDERS[order].lower()}", told, one, most=SHOWN, caption=caption)
