"""What the views of the heads share: the question of an address and its network."""

from collections.abc import Callable
from urllib.parse import urlencode

import pandas as pd

from engine.datasets import tables
from engine.evidence.asked import Asked
from engine.evidence.parts import Offer
from engine.heads import frontier
from engine.heads.frontier import Question

KEYS = ("dataset", "attribute", "constraint")


def question(asked: Asked) -> Question:
    """Return the question of the address among those answered, the usual one where it names none."""
    left = frontier.questions()
    for place, name in enumerate(KEYS):
        chosen = asked.one(name, dict.fromkeys(one[place] for one in left))
        left = [one for one in left if one[place] == chosen]
    return left[0]


def network(asked: Asked, usual: Callable[[pd.DataFrame], str] = frontier.first_network) -> tuple[Question, pd.DataFrame, str]:
    """Return the question of the address, its networks (as `frontier.networks`), and which of them is looked at."""
    found = question(asked)
    known = frontier.networks(found)
    return found, known, asked.one("network", known["network"].astype(str), usual(known))


def offered(path: str, words: str, *, kept: bool = True) -> list[Offer]:
    """Return a page about each question, the first one usual; where weights are needed, only questions that have some."""
    known = [one for one in frontier.questions() if not kept or frontier.networks(one)["kept"].any()]
    return [
        Offer(f"{path}?{urlencode(dict(zip(KEYS, one, strict=True)))}", f"{words}: {one[0]} by {one[1]} ({one[2]})", usual=i == 0)
        for i, one in enumerate(known)
    ]


def data(question: Question) -> list[str]:
    """Return the table of a question, where it is still here."""
    return [question[0]] if question[0] in tables.names() else []
