"""What a causal model of images is made of: factors, edges, mechanisms, and the system that joins them.

A system is checked as it is made. What its file got wrong is said in a sentence that names the file, the factor and
the way out; nothing else of the program is touched by it.
"""

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from engine import errors
from engine.systems._laws import Law, Mixture

NAME = re.compile(r"[a-z][a-z0-9_]*")
VALUE = re.compile(r"[A-Za-z0-9_+-]+")
GRID = 5  # values of a continuous parent at which a mechanism is checked
COLUMNS = 4  # uniform numbers a unit and factor: the first two for the mechanism, the others for how the renderer carries it out


@dataclass(frozen=True)
class Factor:
    """One thing that varies between images, and which values it can take."""

    name: str
    kind: Literal["categorical", "continuous"]
    domain: tuple[Any, ...]  # the names of a categorical factor; lowest and highest of a continuous one
    description: str
    unit: str = ""
    hidden: bool = False  # True: it reaches the image only through other factors

    @property
    def categorical(self) -> bool:
        """Whether its values are names."""
        return self.kind == "categorical"

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value of a continuous factor."""
        return float(self.domain[0]), float(self.domain[1])

    @property
    def spread(self) -> str:
        """The domain in words."""
        return ", ".join(self.domain) if self.categorical else " to ".join(f"{end:g}" for end in self.limits)

    def code(self, value: Any) -> int:
        """Return the place of a value in the domain of a categorical factor."""
        return self.domain.index(value)


@dataclass(frozen=True)
class Edge:
    """One factor as a direct cause of another; confounded where it ties the class to what need not go with it elsewhere."""

    source: str
    target: str
    sentence: str
    confounded: bool = False


@dataclass(frozen=True)
class Mechanism:
    """How a factor comes about: its law, given the values of its direct causes.

    `law` takes the parents by name, a categorical one as its value's name, a continuous one as an array, one number a unit.
    """

    factor: str
    sentence: str
    law: Callable[..., Law]


@dataclass(frozen=True, eq=False)
class System:
    """A causal model of images: what varies, what causes what, by which law, and how a picture is drawn of it."""

    name: str
    title: str
    factors: tuple[Factor, ...]
    edges: tuple[Edge, ...]
    mechanisms: tuple[Mechanism, ...]
    target: str  # the factor that is the class
    task: str  # sets of one task share classes
    frame: int  # pixels
    channels: int
    draw: Callable[..., Any]  # (latents, glyph bank or None, size) -> uint8 images (n, size, size, channels)
    sources: tuple[str, ...] = ()  # digit sets that its glyphs are taken from
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for check in (_names, _domains, _ends_of_edges, _one_mechanism_each, _acyclic, _drawable):
            check(self)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in order."""
        return self.factor(self.target).domain

    @functools.cached_property
    def _by_name(self) -> dict[str, Factor]:
        return {factor.name: factor for factor in self.factors}

    @functools.cached_property
    def _by_factor(self) -> dict[str, Mechanism]:
        return {mechanism.factor: mechanism for mechanism in self.mechanisms}

    def factor(self, name: str) -> Factor:
        """Return a factor; raises UserError with the nearest names for an unknown one."""
        if name not in self._by_name:
            raise errors.unknown(f"factor of {self.name}", name, self._by_name)
        return self._by_name[name]

    def mechanism(self, name: str) -> Mechanism:
        """Return the mechanism of a factor; raises UserError for an unknown one."""
        return self._by_factor[self.factor(name).name]

    def parents(self, name: str) -> tuple[str, ...]:
        """Return the direct causes of a factor; raises UserError for an unknown one."""
        self.factor(name)
        return tuple(edge.source for edge in self.edges if edge.target == name)

    def edge(self, source: str, target: str) -> Edge:
        """Return the edge between two factors; raises UserError where there is none."""
        for name in (source, target):
            self.factor(name)
        for edge in self.edges:
            if (edge.source, edge.target) == (source, target):
                return edge
        known = [f"{edge.source}->{edge.target}" for edge in self.edges]
        raise errors.unknown(f"edge of {self.name}", f"{source}->{target}", known)

    @functools.cached_property
    def order(self) -> tuple[str, ...]:
        """The factors, causes before effects."""
        return tuple(_sorted(self))

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Return all causes of a factor, direct or not, causes before effects; raises UserError for an unknown factor."""
        found: set[str] = set()
        waiting = list(self.parents(name))
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.parents(one)
        return tuple(other for other in self.order if other in found)

    def descendants(self, name: str) -> tuple[str, ...]:
        """Return everything that a factor causes, directly or not, causes before effects; raises UserError for an unknown factor."""
        self.factor(name)
        return tuple(other for other in self.order if name in self.ancestors(other))


def _wrong(system: System, sentence: str, way_out: str) -> errors.UserError:
    return errors.UserError(f"The system file {system.name}.py: {sentence}", way_out)


def _names(system: System) -> None:
    names = [factor.name for factor in system.factors]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise _wrong(system, f"the factor “{doubled[0]}” is declared twice.", "Declare each factor once.")
    for name in names:
        if not NAME.fullmatch(name):
            raise _wrong(system, f"“{name}” cannot name a factor.", "Use lower-case letters, digits and _, a letter first.")
    if system.target not in names or not system.factor(system.target).categorical:
        raise _wrong(system, f"the class “{system.target}” is no categorical factor.", f"Set target to one of {', '.join(names)}.")


def _domains(system: System) -> None:
    for factor in system.factors:
        fine, way_out = _DOMAINS[factor.categorical]
        if not fine(factor.domain):
            raise _wrong(system, f"the factor “{factor.name}” has the domain {factor.domain}.", way_out)


def _named(domain: tuple[Any, ...]) -> bool:
    return len(set(domain)) == len(domain) > 0 and all(isinstance(value, str) and VALUE.fullmatch(value) for value in domain)


def _spread(domain: tuple[Any, ...]) -> bool:
    return len(domain) == 2 and all(isinstance(end, int | float) and np.isfinite(end) for end in domain) and domain[0] < domain[1]


_DOMAINS = {
    True: (_named, "List each value once, in letters, digits, _, + and -."),
    False: (_spread, "Write (lowest, highest), two finite numbers."),
}


def _ends_of_edges(system: System) -> None:
    names = {factor.name for factor in system.factors}
    for edge in system.edges:
        for end, role in ((edge.source, "parent"), (edge.target, "child")):
            if end not in names:
                known = ", ".join(sorted(names))
                raise _wrong(
                    system, f"the edge {edge.source}->{edge.target} has an unknown {role} “{end}”.", f"Declare it, or choose one of {known}."
                )
    ends = [(edge.source, edge.target) for edge in system.edges]
    if doubled := [pair for pair in ends if ends.count(pair) > 1]:
        raise _wrong(system, f"the edge {'->'.join(doubled[0])} is declared twice.", "Declare each edge once.")


def _one_mechanism_each(system: System) -> None:
    named = [mechanism.factor for mechanism in system.mechanisms]
    for factor in system.factors:
        if (count := named.count(factor.name)) != 1:
            said = "has no mechanism" if not count else f"has {count} mechanisms"
            raise _wrong(system, f"the factor “{factor.name}” {said}.", f'Write one Mechanism("{factor.name}", …).')
    if stray := sorted(set(named) - {factor.name for factor in system.factors}):
        raise _wrong(system, f"there is a mechanism for an unknown factor “{stray[0]}”.", "Declare the factor or remove the mechanism.")


def _sorted(system: System) -> Iterator[str]:
    """Yield factors whose causes were yielded before; stops early at a cycle."""
    done: set[str] = set()
    waiting = [factor.name for factor in system.factors]
    while ready := [name for name in waiting if done.issuperset(system.parents(name))]:
        yield ready[0]
        done.add(ready[0])
        waiting.remove(ready[0])


def _acyclic(system: System) -> None:
    left = [factor.name for factor in system.factors if factor.name not in system.order]
    if left:
        around = [left[0]]
        while around[-1] not in around[:-1]:  # every factor that is left has a cause that is left
            around.append(next(parent for parent in system.parents(around[-1]) if parent in left))
        cycle = around[around.index(around[-1]) :][::-1]
        raise _wrong(system, f"“{cycle[0]}” is a cause of itself ({' -> '.join(cycle)}).", "Remove one of these edges.")


def _drawable(system: System) -> None:
    for factor in system.factors:
        for given, law in laws(system, factor.name):
            kind = f" where {', '.join(f'{k} is {v}' for k, v in given.items() if isinstance(v, str))}" if given else ""
            if not isinstance(law, Law):
                raise _wrong(
                    system, f"the mechanism of “{factor.name}” gives {type(law).__name__}{kind}, which is no law.",
                    "Return Point, Choice, Uniform, Normal or Mixture.",
                )  # fmt: skip
            said = law.complaint(factor)
            if said is None and isinstance(law, Mixture) and any(isinstance(part, Mixture) for _, part in law.parts):
                said = "mixes a mixture, which there is no noise for"
            if said:
                raise _wrong(system, f"the mechanism of “{factor.name}” {said}{kind}.", f"Stay within {factor.spread}, or widen the domain.")


def laws(system: System, name: str) -> Iterator[tuple[dict[str, Any], Law]]:
    """Yield a factor's law at every combination of its parents: all values of categorical ones, a grid over continuous ones.

    Raises:
        UserError: where the mechanism fails or does not take these parents.
    """
    law, parents = system.mechanism(name).law, [system.factor(parent) for parent in system.parents(name)]
    _takes(system, name, [parent.name for parent in parents])
    numbers = [parent for parent in parents if not parent.categorical]
    grid = np.meshgrid(*(np.linspace(*parent.limits, GRID) for parent in numbers), indexing="ij") if numbers else []
    grids = {parent.name: values.ravel() for parent, values in zip(numbers, grid, strict=True)}
    named = [parent for parent in parents if parent.categorical]
    for values in itertools.product(*(parent.domain for parent in named)):
        given = dict(zip((parent.name for parent in named), values, strict=True)) | grids
        try:
            yield given, law(**given)
        except (ArithmeticError, KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
            said = f"{type(problem).__name__}: {problem}"
            raise _wrong(system, f"the mechanism of “{name}” fails ({said}).", "It must give a law for every value of its parents.") from problem


def _takes(system: System, name: str, parents: list[str]) -> None:
    arguments = inspect.signature(system.mechanism(name).law).parameters.values()
    if any(argument.kind is argument.VAR_KEYWORD for argument in arguments):
        return  # takes whatever parents there are: some names, such as class, cannot be arguments
    taken = [argument.name for argument in arguments]
    if sorted(taken) != sorted(parents):
        raise _wrong(
            system, f"the mechanism of “{name}” takes ({', '.join(taken)}), but its parents are ({', '.join(parents)}).",
            "Name the arguments of its law after the sources of the edges that lead to it.",
        )  # fmt: skip
