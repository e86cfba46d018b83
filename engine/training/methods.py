"""Training under a confounder, told without torch: the methods, the networks they make, and what a system's confounder is.

A method is empirical risk minimisation (ERM) or a remedy: something done so that a network relies less on a factor that
goes with the class in training without being it. Remedies need to know the confounder's value, or the environment, of each
training example; ERM does not. The upper line is ERM where the confounder has been cut off from the class: what could be
had if the data were not confounded.
"""

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine import errors, networks, places, systems
from engine.datasets import images

COMMAND = "python -m engine train confounded"
STRENGTHS = (0.9, 0.98)  # of the networks that ship: ERM leans on the ink at both, and at 0.98 the remedies have little to work with
SEEDS = (0, 1, 2)
APART = 0.1  # the two environments lie so much below and above the strength, or as much as there is room


@dataclass(frozen=True)
class Method:
    """One way to train: its name for people, what it must be told of the training data, what it does, where it comes from."""

    title: str
    needs: str  # "" = nothing but images and labels
    text: str
    source: str
    is_remedy: bool = True
    cut: bool = False  # trained where the confounder does not follow the class


METHODS: Mapping[str, Method] = {
    "erm": Method(
        "ERM", "", "Mean cross-entropy over all training images.", "V. Vapnik, Principles of Risk Minimization, NeurIPS 1991", is_remedy=False
    ),
    "balanced": Method(
        "Balanced resampling", "the confounder's value of each training image",
        "Images are drawn so that every combination of class and confounder is as likely.",
        "S. Sagawa et al., An Investigation of Why Overparameterization Exacerbates Spurious Correlations, ICML 2020",
    ),
    "group_dro": Method(
        "Group DRO", "the confounder's value of each training image",
        "Balanced resampling, and combinations with a high loss weigh more and more.",
        "S. Sagawa, P. W. Koh, T. Hashimoto, P. Liang, Distributionally Robust Neural Networks for Group Shifts, ICLR 2020",
    ),
    "irm": Method(
        "IRM", "which of two environments each training image is from",
        "A penalty where another scale of the outputs would do better in one environment than in the other.",
        "M. Arjovsky, L. Bottou, I. Gulrajani, D. Lopez-Paz, Invariant Risk Minimization, arXiv:1907.02893, 2019",
    ),
    "erm_cut": Method(
        "ERM, trained on the cut system", "a training set in which the confounder does not follow the class",
        "The upper line: mean cross-entropy where the edge from class to confounder is cut in training too.",
        "", is_remedy=False, cut=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """One architecture of the recipe: its name for people and its options."""

    title: str
    options: Mapping[str, Any]


ARCHITECTURES: Mapping[str, Architecture] = {
    "cnn": Architecture("CNN", {"widths": (8, 16, 32, 48)}),
    "mlp": Architecture("MLP", {}),
}


@dataclass(frozen=True)
class Job:
    """One network to make."""

    system: str
    strength: float
    method: str
    seed: int = 0
    architecture: str = "cnn"

    @property
    def name(self) -> str:
        """The network's name, for example `cnn-coloured_digits-0.9-group_dro-s0`."""
        return f"{self.architecture}-{self.system}-{self.strength:g}-{self.method}-s{self.seed}"

    @property
    def title(self) -> str:
        """The network's name for people."""
        system = systems.card(self.system).title
        return f"{ARCHITECTURES[self.architecture].title}, {system} at {self.strength:g}, {METHODS[self.method].title}, seed {self.seed}"

    @property
    def command(self) -> str:
        """The command that makes it again."""
        said = f"--system {self.system} --strength {self.strength:g} --method {self.method} --seed {self.seed}"
        return f"{COMMAND} {said} --architecture {self.architecture}"


def grid(
    system: str, strengths: Sequence[float] = (), asked: Sequence[str] = (), seeds: Sequence[int] = (), architectures: Sequence[str] = ()
) -> tuple[Job, ...]:
    """Return the networks that a choice means, strength by strength; an empty choice means those that ship.

    Raises:
        UserError: for a name that is not known, a system without a strength, or a strength outside of its range.
    """
    asked, architectures = tuple(asked) or tuple(METHODS), tuple(architectures) or ("cnn",)
    for kind, chosen, known in (("method", asked, METHODS), ("architecture of this recipe", architectures, ARCHITECTURES)):
        if strange := [name for name in chosen if name not in known]:
            raise errors.unknown(kind, strange[0], known)
    confounder(system)
    for strength in strengths:
        environments(system, strength)
    every = itertools.product(tuple(strengths) or STRENGTHS, architectures, asked, tuple(seeds) or SEEDS)
    return tuple(Job(system, strength, method, seed, architecture) for strength, architecture, method, seed in every)


def card_file(job: Job, out: Path | None = None) -> Path:
    """Return where a network's card lies: among a person's own networks, or in a folder like that of the shipped ones."""
    return places.inputs("networks") / job.name / "card.json" if out is None else out / f"{job.name}.json"


def made(job: Job, out: Path | None = None) -> bool:
    """Return whether a network is there: in a folder, or by its name among all networks that can be run here."""
    return job.name in networks.names() if out is None else card_file(job, out).is_file()


@dataclass(frozen=True)
class Confounder:
    """A factor that follows the class as often as the parameter `strength` says, and the value that each class has of its own."""

    target: str
    factor: str
    own: tuple[str, ...]  # one a class, in the order of the classes

    @property
    def cut(self) -> systems.Cut:
        """The intervention that makes the factor independent of the class, as far as the class causes it."""
        return systems.Cut(self.target, self.factor)


def confounder(name: str) -> Confounder:
    """Return the confounder of a system: the factor that is settled by the class alone where `strength` is 1.

    Raises:
        UserError: for an unknown system, or one whose `strength` ties no factor to the class.
    """
    if "strength" in systems.card(name).parameters and (found := _tied(systems.load(name, strength=1.0))):
        return found
    raise errors.UserError(f"In “{name}” no parameter sets how strongly a factor follows the class.", f"Choose one of: {', '.join(confounded())}.")


@functools.lru_cache(maxsize=32)
def _tied(tight: systems.System) -> Confounder | None:
    """Return what follows the class in a system of strength 1; None where nothing does."""
    for edge in tight.edges:
        if edge.source == tight.target and edge.confounded and tight.factor(edge.target).categorical and (own := _own(tight, edge.target)):
            return Confounder(tight.target, edge.target, own)
    return None


def _own(tight: systems.System, factor: str) -> tuple[str, ...]:
    """Return the value that each class always has; empty where a class has several, or two classes the same."""
    found = []
    for value in tight.classes:
        told = systems.probabilities(tight, factor, (), (systems.Condition(tight.target, (value,)),))
        if max(told.probability) < 1 - 1e-9:
            return ()
        found.append(told.names[int(np.argmax(told.probability))])
    return tuple(found) if len(set(found)) == len(found) else ()


def confounded() -> tuple[str, ...]:
    """Return the systems that networks can be trained on under a chosen strength."""
    return tuple(name for name in systems.names() if systems.problem(name) is None and _has(name))


def _has(name: str) -> bool:
    if "strength" not in systems.card(name).parameters:
        return False
    try:
        confounder(name)
    except errors.UserError:
        return False
    return True


def environments(name: str, strength: float) -> tuple[float, float]:
    """Return the strengths of the two environments that a training set is made of, half of it each: together they make `strength`.

    `strength` is a share of units, so the two halves pooled have exactly the distribution of a system of that strength.

    Raises:
        UserError: for a strength outside of the system's range.
    """
    about = systems.card(name).parameters["strength"]
    systems.parameters(name, {"strength": strength})
    apart = min(APART, about.high - strength, strength - about.low)
    return round(strength - apart, 10), round(strength + apart, 10)


def training_set(name: str, strength: float, method: str) -> str:
    """Return the name of the drawn set that a network is trained on, in distribution: its test side can be kept with `intervene --save`."""
    return images.Recipe(name, acts(name, method), "", 0, {"test": 1}, {"strength": strength}).name


def acts(name: str, method: str) -> str:
    """Return what is done to the system in training, as interventions are written."""
    return confounder(name).cut.text() if METHODS[method].cut else ""
