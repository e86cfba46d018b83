"""The questions about responses whose answers ship: so that a fresh clone opens on something that was found."""

from engine import networks
from engine.interventions.spec import InterventionsSpec, plan

COLOURED = tuple(f"cnn-coloured_digits-0.9-{method}-s0" for method in ("erm", "balanced", "group_dro", "irm"))
QUESTIONS = (
    ("coloured_digits", (*COLOURED, "cnn-mnist-whole-s0"), 400, 11),
    ("captured_digits", ("cnn-mnist-whole-s0", "mlp-mnist-whole-s0", COLOURED[2]), 300, 9),
)


def questions() -> list[InterventionsSpec]:
    """Return a profile of each system of digits: what breaks networks trained on it by several methods, and networks of another set."""
    found = []
    for system, wanted, units, steps in QUESTIONS:
        known = tuple(name for name in wanted if name in networks.names())
        if known:
            found.append(InterventionsSpec(ask="profile", system=system, networks=known, units=units, steps=steps))
    return found


def kept() -> set[str]:
    """Return the cells whose answers ship besides their numbers: the base worlds, which every further factor is compared with."""
    return {key for question in questions() for key in plan(question).keys[0]}
