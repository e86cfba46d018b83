"""The questions whose answers ship as sample results: real runs of this program on real data, made by one command."""

from collections.abc import Callable

from engine import networks, shifts
from engine.assay.spec import AssaySpec, Choice, Evaluation
from engine.datasets import images

DIGITS = ("mnist", "optdigits", "printed", "mfeat")
METRICS = (
    "accuracy", "nll", "brier", "ece", "class_accuracy", "worst_class_accuracy", "demographic_disparity", "ece_temperature",
    "nll_temperature", "auroc_msp", "auroc_energy", "fpr95_msp", "fpr95_energy",
)  # fmt: skip
PHOTO_SHIFTS = ("gaussian_noise", "motion_blur", "contrast")
PHOTO_METRICS = ("accuracy", "top5_accuracy", "nll", "brier", "ece")
KEPT_SHIFTS = ("gaussian_noise", "motion_blur", "contrast", "pixelate", "rotation", "translation")
IMAGES = 300


def questions() -> list[AssaySpec]:
    """Return the questions: two for each digit domain as the in-distribution set, and one for the photos."""
    found = []
    for domain in DIGITS:
        mine = [card for card in networks.cards() if card.trained_on == domain and card.source == "shipped"]
        whole = [card.name for card in mine if _is_first_whole(card)]
        others = [card.name for card in mine if card.name not in whole]
        found += [_shifted(domain, whole)] if whole else []
        found += [_plain(domain, others)] if others else []
    photos = [card.name for card in networks.cards() if card.source == "package"]
    if photos:
        found.append(_photos(photos))
    return found


def _is_first_whole(card: networks.Card) -> bool:
    """Return whether a network is its architecture's first: seed 0, tuned whole (the linear one has nothing to tune from)."""
    whole = card.attributes.get("regime") == "whole" or card.architecture == "linear"
    return whole and card.attributes.get("seed") == 0


def _shifted(domain: str, mine: list[str]) -> AssaySpec:
    """Ask fully tuned networks about other digits, all shifts, and (for one domain) attacks."""
    attacks = (Choice(name="pgd_linf", strengths=(2.0, 8.0, 25.0)), Choice(name="pgd_l2", strengths=(2.0, 8.0, 25.0)))
    return AssaySpec(
        title=f"Networks tuned whole on {domain}: other digits and all shifts",
        networks=tuple(mine), id_dataset=domain, ood_datasets=tuple(name for name in DIGITS if name != domain),
        shifts=tuple(Choice(name=name, strengths=tuple(shifts.card(name).strengths[i] for i in (0, 2, 4))) for name in shifts.names()),
        attacks=attacks if domain == "mnist" else (), metrics=METRICS, images=IMAGES,
    )  # fmt: skip


def _plain(domain: str, mine: list[str]) -> AssaySpec:
    """Ask the other networks (only the head tuned, further seeds) about other digits."""
    return AssaySpec(
        title=f"Other networks of {domain}: only the head tuned, further seeds",
        networks=tuple(mine), id_dataset=domain, ood_datasets=tuple(name for name in DIGITS if name != domain), metrics=METRICS, images=IMAGES,
    )  # fmt: skip


def _photos(mine: list[str]) -> AssaySpec:
    return AssaySpec(
        title="ImageNet networks: twenty photos, their shifts, other photos, drawings",
        networks=tuple(mine), id_dataset="imagenet_foolbox",
        ood_datasets=tuple(n for n in ("photos_skimage", "emoji") if n in images.names() and not images.card(n).missing),
        shifts=tuple(Choice(name=name, strengths=(1.0, 3.0, 5.0)) for name in PHOTO_SHIFTS), metrics=PHOTO_METRICS,
    )  # fmt: skip


def kept() -> Callable[[Evaluation], bool]:
    """Return which evaluations ship with their logits: all sets as they are, the photos, and some shifts of one domain's networks."""
    chosen = {card.name for card in networks.cards() if card.trained_on == "mnist" and _is_first_whole(card)}

    def keep(evaluation: Evaluation) -> bool:
        if not evaluation.shift or evaluation.dataset not in DIGITS:
            return True
        return evaluation.network in chosen and evaluation.shift in KEPT_SHIFTS

    return keep
