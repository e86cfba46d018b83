"""Bringing a data set's classes and a network's outputs together by name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from engine import errors, networks, store
from engine.datasets import images


@dataclass(frozen=True)
class Alignment:
    """How the labels of a set count in a network's outputs."""

    to_network: Int[np.ndarray, " set_classes"]  # network class per set class, -1 where the network lacks it
    covered: Int[np.ndarray, " covered"]  # the network's classes that the set has, sorted

    classes: int  # of the network

    @property
    def whole(self) -> bool:
        """Whether the set covers every class of the network, so that nothing is masked."""
        return len(self.covered) == self.classes

    def answerable(self, labels: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Return which examples have a class that the network knows."""
        return self.to_network[labels] >= 0

    def masked(
        self, logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]
    ) -> tuple[Float[np.ndarray, "n covered"], Int[np.ndarray, " n"]]:
        """Return logits of the covered classes only, and labels (given in the network's classes) counted among them."""
        if self.whole:
            return logits, labels
        place = np.full(self.classes, -1, np.int64)
        place[self.covered] = np.arange(len(self.covered))
        return logits[:, self.covered], place[labels]


def align(network: Sequence[str], dataset: Sequence[str], names: tuple[str, str] = ("the network", "the data set")) -> Alignment:
    """Return the alignment by equal class names.

    Raises:
        UserError: when no class name is shared, with both lists' beginnings.
    """
    place = {name: i for i, name in enumerate(network)}
    to_network = np.array([place.get(name, -1) for name in dataset], np.int64)
    if not (to_network >= 0).any():
        raise errors.UserError(
            f"{names[0]} ({len(network)} classes: {_few(network)}) and {names[1]} ({len(dataset)} classes: {_few(dataset)}) share no class name.",
            "Choose a set of the network's task, or map the set's classes to the network's when bringing it.",
        )
    return Alignment(to_network, np.unique(to_network[to_network >= 0]), len(network))


def names_of(network: str, dataset: str) -> tuple[str, ...]:
    """Return the names of a network's outputs: from its card, from what came with its predictions, else the set's classes."""
    if network in networks.names():
        return networks.card(network).classes
    told = store.query("SELECT attributes FROM networks WHERE network = ? AND collection = ''", [network])
    named = json.loads(told["attributes"].iloc[0] or "{}").get("classes") if len(told) else None
    if named:
        return tuple(named)
    return images.card(dataset).classes if dataset in images.names() else ()


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
