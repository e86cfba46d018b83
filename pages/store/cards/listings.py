"""What the library holds, as tables: one row a network, architecture, data set, shift, attack or metric."""

import importlib.util
from pathlib import Path

import pandas as pd

from engine import networks, registry, shifts
from engine.assay import population, views
from engine.datasets import images
from engine.importers import _storing

ARCHITECTURES = "models/classifiers"
ATTACKS = "attacks"
METRICS = {"one set": "metrics/classification", "a pair of sets": "metrics/pairs"}
MEGABYTE = 1_000_000


def of_networks() -> pd.DataFrame:
    """Return the networks that can be run here, brought ones first, then those of which only predictions were brought."""
    found = [
        {
            "name": card.name, "architecture": card.architecture, "trained on": card.trained_on, "parameters": card.parameters,
            "input": f"{card.preprocess.size} px, {'grey' if card.preprocess.channels == 1 else 'colour'}", "classes": len(card.classes),
            "weights (MB)": weight_bytes(card) / MEGABYTE, "source": card.source, "licence": card.licence or None,
        }
        for card in sorted(networks.cards(), key=lambda card: card.source != "brought")
    ]  # fmt: skip
    found += _predictions_only()
    columns = ["name", "architecture", "trained on", "parameters", "input", "classes", "weights (MB)", "source", "licence"]
    return pd.DataFrame(found, columns=columns).astype({"parameters": "Int64", "classes": "Int64", "weights (MB)": "Float64"})


def _predictions_only() -> list[dict]:
    """Return a row for each network that never ran here: only its predictions were brought."""
    known = views.networks_known()
    mine = known[(known["source"] == "predictions") & ~known["network"].isin(networks.names())]
    return [{"name": row.network, "trained on": row.trained_on, "source": "predictions"} for row in mine.itertuples()]


def weight_bytes(*cards: networks.Card) -> int:
    """Return how much the weights of networks take on disk, a file that several share counted once."""
    return sum(file.stat().st_size for file in {file for card in cards for file in _weight_files(card)} if file.is_file())


def _weight_files(card: networks.Card) -> list[Path]:
    """Return the files of a network, those in the package that carries its trunk included."""
    own = [networks.folder(card.name) / file for file in card.weights]
    found = importlib.util.find_spec(card.package) if card.package else None
    folders = found.submodule_search_locations if found and found.submodule_search_locations else []
    return [*own, *(file for folder in folders for file in Path(folder).rglob("*.pth"))]


def home_of(card: networks.Card) -> str | None:
    """Return the set that a network is best looked at on: what it was trained on, else the first that has its classes."""
    here = {name: images.card(name) for name in images.names() if not images.card(name).missing}
    if card.trained_on in here:
        return card.trained_on
    shared = {name: len(set(about.classes) & set(card.classes)) for name, about in here.items()}
    return max(shared, key=lambda name: shared[name], default=None) if any(shared.values()) else None


def of_architectures() -> pd.DataFrame:
    """Return the architectures that weights can be brought for."""
    cards = [registry.card(ARCHITECTURES, name) for name in registry.names(ARCHITECTURES)]
    made = pd.Series([card.architecture for card in networks.cards()], dtype=object).value_counts()
    return pd.DataFrame(
        [{"name": c.name, "title": c.title.rstrip("."), "version": c.constants.get("VERSION"), "networks": int(made.get(c.name, 0))} for c in cards],
        columns=["name", "title", "version", "networks"],
    )


def of_datasets() -> pd.DataFrame:
    """Return the data sets, brought ones first; those that cannot be used here are listed too."""
    cards = sorted(map(images.card, images.names()), key=lambda card: not card.brought)
    found = [
        {
            "name": card.name, "title": card.title, "task": card.task, "images": sum(card.sizes.values()) if card.sizes else None,
            "classes": len(card.classes) or None, "side": f"{card.frame} px, {'grey' if card.channels == 1 else 'colour'}",
            "here": "not installed" if card.missing else "brought" if card.brought else "yes", "licence": card.licence or None,
        }
        for card in cards
    ]  # fmt: skip
    columns = ["name", "title", "task", "images", "classes", "side", "here", "licence"]
    return pd.DataFrame(found, columns=columns).astype({"images": "Int64", "classes": "Int64"})


def of_shifts() -> pd.DataFrame:
    """Return the shifts by family, then the attacks, which are shifts that see the network."""
    cards = sorted(map(shifts.card, shifts.names()), key=lambda card: (card.family, card.name))
    found = [{"name": c.name, "title": c.title, "family": c.family, "strengths": steps(c.strengths), "unit": c.unit} for c in cards]
    for name in registry.names(ATTACKS):
        card = registry.card(ATTACKS, name)
        told = {"family": "attack", "strengths": steps(card.constants.get("STRENGTHS", ())), "unit": card.constants.get("UNIT", "")}
        found.append({"name": name, "title": card.title.rstrip("."), **told})
    return pd.DataFrame(found, columns=["name", "title", "family", "strengths", "unit"])


def steps(strengths: object) -> str:
    """Return strengths as a line of text; attacks may have them by size of the input."""
    if isinstance(strengths, dict):
        return "; ".join(f"{name}: {steps(each)}" for name, each in strengths.items())
    assert isinstance(strengths, tuple | list)
    return ", ".join(f"{strength:g}" for strength in strengths)


def of_metrics() -> pd.DataFrame:
    """Return the metrics of one set, then those of a pair of sets."""
    found = []
    for about, room in METRICS.items():
        for card in (registry.card(room, name) for name in registry.names(room)):
            told = card.constants
            found.append(
                {
                    "name": card.name, "title": card.title.rstrip("."), "about": about, "unit": told.get("UNIT"), "better": told.get("BETTER"),
                    "needs": ", ".join(told.get("NEEDS", ())) or None, "version": told.get("VERSION"),
                }
            )  # fmt: skip
    return pd.DataFrame(found, columns=["name", "title", "about", "unit", "better", "needs", "version"])


def of_tables() -> pd.DataFrame:
    """Return the result tables that were imported, the newest first, with what the store holds of each."""
    held = {str(row["collection"]): row for row in population.collections().to_dict("records")}
    found = []
    for one in _storing.brought():
        has = held.get(one.name, {})
        numbers = {name: has.get(name) for name in ("networks", "sets", "metrics", "scores")}
        file = one.files[0] if len(one.files) == 1 else f"{len(one.files)} files"
        found.append({"name": one.name, "kind": one.kind, **numbers, "file": file, "licence": one.licence or None, "imported": one.finished})
    columns = ["name", "kind", "networks", "sets", "metrics", "scores", "file", "licence", "imported"]
    return pd.DataFrame(found, columns=columns).astype(dict.fromkeys(("networks", "sets", "metrics", "scores"), "Int64"))


def counts() -> dict[str, int]:
    """Return how many there are of each kind, for the sentence that opens the page."""
    cards, sets = networks.cards(), [images.card(name) for name in images.names()]
    return {
        "networks": len(cards), "networks_brought": sum(card.source == "brought" for card in cards), "bytes": weight_bytes(*cards),
        "architectures": len(registry.names(ARCHITECTURES)), "sets": len(sets), "sets_brought": sum(card.brought for card in sets),
        "sets_missing": sum(card.missing is not None for card in sets), "images": sum(sum(card.sizes.values()) for card in sets),
        "shifts": len(shifts.names()), "attacks": len(registry.names(ATTACKS)),
        "metrics": sum(len(registry.names(room)) for room in METRICS.values()), "tables": len(_storing.brought()),
    }  # fmt: skip
