"""What is asked of a system at first: the factor that tells most, and the networks that are compared."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from engine import networks, systems
from engine.interventions import spec as asking
from engine.interventions import written
from engine.interventions.spec import Ask, InterventionsSpec

ASKS: dict[str, Ask] = {"One factor": "curve", "Two factors": "map", "Every factor": "profile"}  # as addresses say it
FIRST_NETWORKS = 5
MOST_SHOWN = 8  # networks in one figure


def telling(system: systems.System) -> tuple[str, str]:
    """Return the factors to begin with: what goes with the class in training without being its cause, then what else is offered."""
    tied = [edge.target for edge in system.edges if edge.confounded and edge.source == system.target]
    tied += [edge.source for edge in system.edges if edge.confounded and edge.target == system.target]
    order = list(dict.fromkeys([*tied, *asking.offered(system)]))
    return order[0], order[1]


def networks_first(system: systems.System, fitting: Sequence[str], before: InterventionsSpec | None) -> list[str]:
    """Return the networks of an earlier question, else one of each architecture and way of training.

    Args:
        system: The system.
        fitting: Networks that know its classes.
        before: The question that ships with an answer, where there is one.
    """
    if before and (known := [name for name in before.networks if name in fitting]):
        return known[:MOST_SHOWN]
    seen: dict[tuple, str] = {}
    for card in sorted((networks.card(name) for name in fitting), key=lambda card: _rank(card, system)):
        seen.setdefault((card.architecture, card.attributes.get("method")), card.name)
    return list(seen.values())[:FIRST_NETWORKS]


def _rank(card: networks.Card, system: systems.System) -> tuple:
    """Return the order in which networks are offered: trained on this system, near its strength, then small inputs (quick), tuned whole."""
    about = card.attributes
    mine, strength, usual = about.get("system") == system.name, about.get("strength"), system.parameters.get("strength")
    apart = abs(float(strength) - usual) if mine and isinstance(strength, float) and usual is not None else 0.0
    return not mine, apart, card.preprocess.size > system.frame, about.get("regime") != "whole", card.name


def address(spec: InterventionsSpec) -> str:
    """Return the address of a question on the page of responses, such as "respond?ask=One+factor&…"."""
    label = next(label for label, ask in ASKS.items() if ask == spec.ask)
    usual = systems.parameters(spec.system, {})
    moved = {name: value for name, value in spec.parameters.items() if value != usual.get(name)}
    told: dict[str, Any] = {
        "system": spec.system, "with": written.of_parameters(moved), "do": spec.interventions, "given": spec.conditions,
        "seed": spec.seed or "", "ask": label, f"networks-{spec.system}": list(spec.networks), "units": spec.units, f"values-{spec.ask}": spec.grid,
    }  # fmt: skip
    if spec.ask != "profile":
        told |= {f"{key}-{spec.system}": factor for key, factor in zip(("factor", "second"), spec.factors, strict=False)}
    return f"respond?{urlencode({name: value for name, value in told.items() if value != ''}, doseq=True)}"
