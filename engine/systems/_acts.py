"""Acts: what is done to a system, or asked of it, and how it is written: `do(ink=red); do(size~uniform(0.5,1)); cut(class->ink)`.

To intervene is to replace a mechanism (`Do`, `DoDistribution`) or to cut an edge (`Cut`): causes of the factor keep
their distributions. To condition (`Condition`) is to look only at units that happen to be so: it tells about causes too.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine import errors
from engine.systems._laws import Choice, Law, Normal, Point, Simple, Uniform, number
from engine.systems._vocabulary import Factor, System

WAYS = "Write do(factor=value), do(factor~uniform(a,b)), do(factor~normal(mean,sd)), do(factor~choice(a:1,b:2)) or cut(cause->effect), joined with ;."
WAYS_GIVEN = "Write given(factor=value), given(factor=a|b) or given(factor=low..high), joined with ;."
LONGEST = 2000
_TWO_NUMBERS = {"uniform": (Uniform, "uniform(low,high)"), "normal": (Normal, "normal(mean,sd)")}


@dataclass(frozen=True)
class Do:
    """Set a factor to one value, whatever its causes say."""

    factor: str
    value: str | float

    @property
    def law(self) -> Law:
        """The law that the factor follows instead of its mechanism."""
        return Point(self.value)

    def text(self) -> str:
        """Return the intervention as it is written."""
        return f"do({self.factor}={Point(self.value).text()})"


@dataclass(frozen=True)
class DoDistribution:
    """Let a factor follow a law of its own, whatever its causes say."""

    factor: str
    law: Choice | Uniform | Normal

    def text(self) -> str:
        """Return the intervention as it is written."""
        return f"do({self.factor}~{self.law.text()})"


@dataclass(frozen=True)
class Cut:
    """Cut an edge: the effect takes, instead of its cause's value, that of an unrelated unit of the untouched system.

    So the effect keeps the distribution that it has over all values of the cause, but no longer goes with it; no other
    mechanism changes. Source: the post-cutting distribution of Janzing, Balduzzi, Grosse-Wentrup and Schölkopf,
    "Quantifying causal influences", 2013.
    """

    source: str
    target: str

    def text(self) -> str:
        """Return the intervention as it is written."""
        return f"cut({self.source}->{self.target})"


Intervention = Do | DoDistribution | Cut


@dataclass(frozen=True)
class Condition:
    """Look only at units with one of some values (categorical), or with a number from low to high (continuous)."""

    factor: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0

    def text(self) -> str:
        """Return the condition as it is written."""
        if self.values:
            return f"given({self.factor}={'|'.join(self.values)})"
        return f"given({self.factor}={number(self.low)}..{number(self.high)})"


def text(acts: Iterable[Intervention | Condition]) -> str:
    """Return interventions or conditions as they are written, joined; `interventions` and `conditions` read it."""
    return "; ".join(act.text() for act in acts)


def interventions(written: str, system: System) -> tuple[Intervention, ...]:
    """Return the interventions that a text names.

    Raises:
        UserError: for what cannot be read, an unknown factor or edge, a value outside the domain, a law that cannot be
            drawn from, or a factor or edge that is named twice.
    """
    found = tuple(_intervention(part, system) for part in _parts(written, WAYS))
    check(system, found)
    return found


def conditions(written: str, system: System) -> tuple[Condition, ...]:
    """Return the conditions that a text names; raises UserError as `interventions` does."""
    found = tuple(_condition(part, system) for part in _parts(written, WAYS_GIVEN))
    check(system, (), found)
    return found


def _parts(written: str, ways: str) -> list[str]:
    if len(written) > LONGEST:
        raise errors.UserError(f"This names more than can be read ({len(written):,} characters).", f"Use at most {LONGEST:,}.")
    pieces = [piece.strip() for piece in written.split(";")]
    parts = [piece for piece in pieces if piece]
    for part in parts:
        if not part.endswith(")") or "(" not in part:
            raise errors.UserError(f"“{part[:80]}” cannot be read.", ways)
    return parts


def _intervention(part: str, system: System) -> Intervention:
    verb, inside = _opened(part, WAYS)
    if verb == "cut" and (named := re.fullmatch(r"(\w+)\s*->\s*(\w+)", inside)):
        return Cut(*named.groups())
    if verb == "do" and (named := re.fullmatch(r"(\w+)\s*=\s*(\S+)", inside)):
        factor = system.factor(named[1])
        return Do(factor.name, _value(factor, named[2]))
    if verb == "do" and (named := re.fullmatch(r"(\w+)\s*~\s*(\w+)\s*\((.*)\)", inside)):
        factor = system.factor(named[1])
        return DoDistribution(factor.name, _law(factor, named[2], [word.strip() for word in named[3].split(",")]))
    raise errors.UserError(f"“{part[:80]}” cannot be read.", WAYS)


def _opened(part: str, ways: str) -> tuple[str, str]:
    verb, _, inside = part[:-1].partition("(")
    if verb.strip() not in {"do", "cut", "given"}:
        raise errors.UserError(f"“{part[:80]}” cannot be read.", ways)
    return verb.strip(), inside.strip()


def _value(factor: Factor, word: str) -> str | float:
    """Return a value as the factor has it: a name, or a number."""
    if factor.categorical:
        if word not in factor.domain:
            raise errors.unknown(f"value of {factor.name}", word, factor.domain)
        return word
    return _number(factor.name, word)


def _number(name: str, word: str) -> float:
    try:
        found = float(word)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise errors.UserError(f"“{word[:40]}” is no number that “{name}” can take.", "Write it with digits and a point, such as 0.8.")
    return found


def _law(factor: Factor, kind: str, words: Sequence[str]) -> Choice | Uniform | Normal:
    if kind == "choice":
        pairs = [word.partition(":") for word in words]
        weights = tuple((name.strip(), _number(factor.name, weight) if sign else 1.0) for name, sign, weight in pairs)
        return Choice(weights)
    if kind not in _TWO_NUMBERS:
        raise errors.unknown("law", kind, (*_TWO_NUMBERS, "choice"))
    law, way = _TWO_NUMBERS[kind]
    if len(words) != 2:
        raise errors.UserError(f"{kind} takes two numbers, not {len(words)}.", f"Write {way}.")
    return law(*(_number(factor.name, word) for word in words))


def _condition(part: str, system: System) -> Condition:
    verb, inside = _opened(part, WAYS_GIVEN)
    named = re.fullmatch(r"(\w+)\s*=\s*(\S+)", inside)
    if verb != "given" or not named:
        raise errors.UserError(f"“{part[:80]}” cannot be read.", WAYS_GIVEN)
    factor, word = system.factor(named[1]), named[2]
    if factor.categorical:
        return Condition(factor.name, tuple(str(_value(factor, one)) for one in word.split("|")))
    low, dots, high = word.partition("..")
    if not dots:
        raise errors.UserError(f"A number is never exactly “{word[:40]}”, so “{factor.name}” needs a range.", WAYS_GIVEN)
    return Condition(factor.name, (), _number(factor.name, low), _number(factor.name, high))


def check(system: System, acts: Iterable[Intervention], given: Iterable[Condition] = ()) -> None:
    """Raise UserError where an intervention or a condition does not fit the system."""
    acted: set[tuple[str, ...]] = set()
    for act in acts:
        if isinstance(act, Cut):
            system.edge(act.source, act.target)
            what = (act.source, act.target)
        else:
            factor = system.factor(act.factor)
            _fits(factor, act.law, act.text())
            what = (act.factor,)
        if what in acted:
            raise errors.UserError(f"“{'->'.join(what)}” is acted on twice.", "Name each factor and each edge once.")
        acted.add(what)
    for one in given:
        _can_be(system.factor(one.factor), one)


def _fits(factor: Factor, law: Simple | Law, written: str) -> None:
    if said := law.complaint(factor):
        raise errors.UserError(f"{written} {said}.", f"“{factor.name}” can be {factor.spread}{f' ({factor.unit})' if factor.unit else ''}.")


def _can_be(factor: Factor, one: Condition) -> None:
    if factor.categorical:
        if not one.values or not set(one.values) <= set(factor.domain):
            raise errors.UserError(f"{one.text()} names no value of “{factor.name}”.", f"It can be {factor.spread}.")
    elif one.values or not (-math.inf < one.low < one.high < math.inf and one.low <= factor.limits[1] and one.high >= factor.limits[0]):
        raise errors.UserError(f"{one.text()} is no range of “{factor.name}”.", f"Choose low < high within {factor.spread}.")
