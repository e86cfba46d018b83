"""How accuracy and calibration change with the strength of a shift."""

from engine import errors
from engine.assay import strengths, views
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part
from engine.plainly import assay as plainly_assay

PATH = "assay-strength"
TITLE = "Strength of a shift"
ORDER = 40
METHOD = (
    "Each panel is one shift of the same test images, from where it changes nothing; every image has its own seeded noise, the same for all "
    "networks. Bands are 95 % intervals over images. A network that fails without losing confidence has an error of calibration (ECE) that "
    "grows as its accuracy falls. The reliability diagram compares confidence with accuracy in ten bins."
)
LIMITS = ("Shifts are simulated; they stand for no camera or sensor in particular.", "Strengths of different shifts are not comparable.")


def offered() -> list[Offer]:
    """Return each set that was shifted."""
    return [Offer(f"{PATH}?dataset={name}", f"Shifts of {name}", usual=i == 0) for i, name in enumerate(strengths.shifted())]


def part(asked: Asked) -> Part:
    """Return the panels of each metric, and the reliability of one network."""
    known = strengths.shifted()
    dataset = asked.one("dataset", known)
    offered = list(known[dataset])
    chosen = asked.several(f"shifts-{dataset}", offered, offered[: strengths.FIRST_SHIFTS], _spaced)
    metrics, first = strengths.metrics()
    metrics = asked.several("rows", metrics, first)
    everyone, first = strengths.networks_of(dataset, metrics, chosen)
    networks = asked.several(f"networks-{dataset}", everyone, first)
    if not (chosen and metrics and networks):
        raise errors.UserError(f"No shift of {dataset} has been measured for these.", "Choose at least one shift, one metric and one network.")
    figures = [one for metric in metrics if (one := _panels(metric, dataset, metrics, chosen, networks)) is not None]
    if (sure := _reliability(asked, dataset, networks, known[dataset], chosen)) is not None:
        figures.append(sure)
    sets = [views.Set(dataset), *(views.Set(dataset, "test", shift, strength) for shift in chosen for strength in known[dataset][shift])]
    return Part(
        title=f"Shifts of {dataset}", findings=[strengths.finding(dataset, metrics, chosen, networks)],
        plain=plain.told(plainly_assay.of_strengths, dataset, chosen, networks),
        method=METHOD, limits=LIMITS, figures=figures,
        networks=networks, datasets=[dataset], scores=behind.scores(networks, sets, metrics), paper="assay",
    )  # fmt: skip


def _panels(metric: str, dataset: str, metrics: list[str], chosen: list[str], networks: list[str]) -> Figure | None:
    drawn, legend, rows, title = strengths.panels(metric, dataset, metrics, chosen, networks)
    alt = f"Lines of {metric} against shift strength, a panel for each shift"
    return Figure(f"{title} on {dataset} against strength", alt, drawn, rows, legend) if len(rows) else None


def _reliability(asked: Asked, dataset: str, networks: list[str], here: dict[str, list[float]], chosen: list[str]) -> Figure | None:
    """Return the reliability diagram that the page shows; None where single answers are not kept."""
    network = asked.one("who", networks)
    shift = asked.one("which", ["as it is", *chosen], None, _spaced)
    steps = here[shift] if shift != "as it is" else [0.0]
    told = [f"{step:g}" for step in steps]
    strength = asked.one("how", told, told[-1]) if len(told) > 1 else told[0]
    one = views.Set(dataset, "test", "" if shift == "as it is" else shift, steps[told.index(strength)])
    drawn, bins = strengths.reliable(network, one)
    if not bins["n"].sum():
        return None
    alt = f"Reliability diagram of {network} on {one.label}: accuracy with 95 % interval against confidence, and the examples in each bin"
    return Figure(f"Reliability of {network} on {one.label}", alt, {"": drawn}, bins)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
