"""The assay's question about all circuits of one data set: the same sets for every arm, so that arms can be compared seed by seed."""

import re

from engine import errors, networks, shifts
from engine.assay.spec import AssaySpec, Choice
from engine.training._circuit_arms import SETTINGS

OOD = {"mnist": ("optdigits", "printed", "mfeat"), "shapes": ("shapes_held_out", "shapes_drawings")}
SHIFTS = ("gaussian_noise", "motion_blur", "contrast", "pixelate", "rotation", "translation")
METRICS = ("accuracy", "nll", "brier", "ece")
IMAGES = 300


_OTHER = re.compile(r"-(u|steps|sig)[\d.]+")  # in names: of another size, trained for another time


def comparable(name: str) -> bool:
    """Return whether a circuit has the size and the training that all arms share, by its name."""
    return _OTHER.search(name) is None


def title(data: str) -> str:
    """Return the name under which the circuits of a data set are evaluated; it is how the run that ships is found."""
    return f"Circuits of all arms on {SETTINGS[data].title}"


def of(data: str, images: int = IMAGES) -> AssaySpec:
    """Return the question: every circuit of an arm among the networks here, on other sets of its classes and under shifts of middle strength.

    Raises:
        UserError: for an unknown data set, or where no circuit was trained on it.
    """
    if data not in SETTINGS:
        raise errors.unknown("data set of circuits", data, SETTINGS)
    mine = [card.name for card in networks.cards() if card.attributes.get("arm") and card.trained_on == data and comparable(card.name)]
    if not mine:
        raise errors.UserError(f"No circuit trained on {data} is here.", f"Train some: python -m engine train circuits --data {data} --offer --help")
    chosen = tuple(Choice(name=name, strengths=(_middle(name),)) for name in SHIFTS)
    return AssaySpec(
        title=title(data), networks=tuple(mine), id_dataset=data, ood_datasets=OOD[data], shifts=chosen, metrics=METRICS, images=images,
    )  # fmt: skip


def _middle(shift: str) -> float:
    strengths = shifts.card(shift).strengths
    return float(strengths[len(strengths) // 2])
