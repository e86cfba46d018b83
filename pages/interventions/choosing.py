"""Which networks a page of interventions begins with: a few whose answers are likely to part."""

from collections.abc import Sequence

from engine import networks
from engine.networks import Card
from engine.systems import System

PLAIN, REMEDIES = "erm", ("balanced", "group_dro", "irm")  # methods that were told no more than a trainer may know
FEW = 3


def parting(system: System, fitting: Sequence[str]) -> list[str]:
    """Return networks that learnt the same task differently.

    Trained on the system, near its strength: plain training and a remedy that is alike in all else. Else, as far as there are any, one network
    for each set that it was trained on, those first that the system takes its glyphs from. Networks that ship come before others, so that an
    address that names none means the same tomorrow.
    """
    cards = [networks.card(name) for name in fitting]
    mine = sorted((card for card in cards if card.attributes.get("system") == system.name), key=lambda card: _near(card, system))
    plain = next((card for card in mine if card.attributes.get("method") == PLAIN), None)
    remedy = next((card for method in REMEDIES for card in mine if card.attributes.get("method") == method), None)
    if plain and remedy:
        return [plain.name, remedy.name]
    seen: dict[str, str] = {}
    for card in sorted(cards, key=lambda card: (card.source != "shipped", card.attributes.get("regime") != "scratch", card.name)):
        seen.setdefault(card.trained_on or card.name, card.name)
    return [name for _, name in sorted(seen.items(), key=lambda pair: _place(pair[0], system.sources))][:FEW]


def _near(card: Card, system: System) -> tuple:
    strength, usual = card.attributes.get("strength"), system.parameters.get("strength")
    apart = abs(strength - usual) if isinstance(strength, float) and usual is not None else 0.0
    return card.source != "shipped", apart, card.name


def _place(name: str, among: Sequence[str]) -> int:
    return among.index(name) if name in among else len(among)
