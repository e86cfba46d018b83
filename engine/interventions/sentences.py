"""What is done to a system, and what seeing and doing tell, in plain words with numbers; nothing is written beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine import systems
from engine.interventions import starts
from engine.plots import formats
from engine.systems import Condition, Cut, Do, Intervention, Probabilities, SeeingAndDoing, Support, System

EXACTLY = 1e-9  # exact shares that differ by less are the same


def of_act(act: Intervention) -> str:
    """Return what an intervention does, such as "ink is made red"."""
    if isinstance(act, Cut):
        return f"{act.target} no longer follows {act.source}"
    if isinstance(act, Do):
        return f"{act.factor} is made {systems.Point(act.value).text()}"
    return f"{act.factor} is drawn from {act.law.text()}"


def outside(system: System, act: Intervention) -> str:
    """Return how an intervention leaves what training shows of its factor, "" where it does not; alone it tells nothing of combinations."""
    if isinstance(act, Cut):
        return ""
    factor, known = system.factor(act.factor), systems.support(system, act.factor)
    if factor.categorical:
        strange = [value for value, share in zip(factor.domain, act.law.probabilities(factor), strict=True) if share and not known.holds(value)]  # type: ignore[union-attr]
        return f"Training never shows {factor.name} {_listed(strange, 'or')}." if strange else ""
    low, high = act.law.interval(factor)  # type: ignore[union-attr]
    if any(begin <= low and high <= end for begin, end in known.intervals):
        return ""
    if low == high:
        return f"{factor.name} {low:g} lies outside training, which shows {of_support(known)}."
    return f"Some of {factor.name} from {low:g} to {high:g} lies outside training, which shows {of_support(known)}."


def of_training(system: System) -> str:
    """Return how much the visible factor that goes most with the class tells of it in training; "" where none does."""
    drawn = systems.sample(system, starts.DRAWN)
    ties = {factor.name: starts.tie(drawn, factor.name) for factor in system.factors if not factor.hidden and factor.name != system.target}
    name = max(ties, key=ties.__getitem__, default=None)
    if name is None or ties[name] < starts.LITTLE:
        return ""
    value = starts.telling(drawn, system.factor(name))
    seen = Condition(name, (value,)) if isinstance(value, str) else Condition(name, (), *value)
    found = systems.probabilities(system, system.target, (), (seen,))
    i = max(range(len(found.names)), key=found.probability.__getitem__)
    usual = systems.probabilities(system, system.target).probability[i]
    where = value if isinstance(value, str) else f"between {value[0]:g} and {value[1]:g}"
    return (
        f"In training {name} tells of the {system.target}: where {name} is {where}, {system.target} {found.names[i]} makes up "
        f"**{_share(found, i)}** of the pictures, against {formats.percent(usual)} overall. A network may lean on {name} instead."
    )


def of_support(known: Support) -> str:
    """Return what training shows of a factor, in words."""
    if known.values:
        return _listed(known.values)
    return " and ".join(f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in known.intervals)


def _listed(words: Sequence[str], joint: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


@dataclass(frozen=True)
class Told:
    """Seeing and doing in words: the numbers, why, and which value of the other factor the words are about."""

    finding: str
    why: str
    value: str


def of_seeing_and_doing(system: System, of: str, seen: Condition, found: SeeingAndDoing) -> Told:
    """Return what seeing a factor to be something tells of another one, what making it so does, and why the two differ or agree.

    Args:
        system: The system.
        of: The factor whose values are counted.
        seen: What another factor is seen to be, and made.
        found: The numbers.
    """
    gaps = [abs(a - b) for a, b in zip(found.seeing.probability, found.doing.probability, strict=True)]
    moved = [abs(a - b) for a, b in zip(found.seeing.probability, found.as_it_is.probability, strict=True)]
    i = max(range(len(gaps)), key=lambda one: (round(gaps[one], 9), found.seeing.probability[one], -one))
    reason = why(system, of, seen.factor)
    what = f"{seen.factor} happens to be {_listed(seen.values, 'or') if seen.values else f'between {seen.low:g} and {seen.high:g}'}"
    made = f"{seen.factor} {_made(seen)}"
    if _alike(found.seeing, found.doing, i):
        i = moved.index(max(moved))
        finding = (
            f"Seeing and making agree: {of} {found.seeing.names[i]} makes up **{_share(found.seeing, i)}** where {what}, and where we make {made}."
        )
        return Told(finding, reason + _weak(system, of, seen.factor), found.seeing.names[i])
    unmoved = seen.factor not in system.ancestors(of)
    then = "it stays at" if unmoved else "it is"
    whole = ", as over all pictures" if unmoved else f" (over all pictures {_share(found.as_it_is, i)})"
    finding = (
        f"Among pictures whose {what}, {of} {found.seeing.names[i]} makes up **{_share(found.seeing, i)}**; "
        f"where we make {made}, {then} **{_share(found.doing, i)}**{whole}."
    )
    return Told(finding, reason, found.seeing.names[i])


def _made(seen: Condition) -> str:
    if not seen.values:
        return f"anything between {seen.low:g} and {seen.high:g}"
    return seen.values[0] if len(seen.values) == 1 else f"one of {_listed(seen.values)}"


def _weak(system: System, of: str, factor: str) -> str:
    """Return what to say where the graph ties two factors and the numbers do not show it."""
    tied = of in system.ancestors(factor) or common_causes(system, of, factor)
    return " Here the tie does not show." if tied else ""


def _share(one: Probabilities, i: int) -> str:
    if one.exact:
        return formats.percent(one.probability[i])
    return formats.interval(one.probability[i], one.low[i], one.high[i], unit="fraction")


def _alike(one: Probabilities, other: Probabilities, i: int) -> bool:
    """Return whether two shares are the same: exactly, or as far as their intervals tell."""
    if one.exact and other.exact:
        return abs(one.probability[i] - other.probability[i]) < EXACTLY
    return one.low[i] <= other.high[i] and other.low[i] <= one.high[i]


def why(system: System, of: str, factor: str) -> str:
    """Return why seeing a factor and making it tell the same of another one, or not: by the graph alone.

    Without conditions two factors go together only where one causes the other or both have a cause in common (d-separation; Pearl,
    "Causality", 2nd edition, 2009, section 1.2.3).
    """
    shared = common_causes(system, of, factor)
    both = f"{_listed(shared)} {'causes' if len(shared) == 1 else 'cause'} both" if shared else ""
    if of in system.ancestors(factor):
        also = f" Besides, {both}." if shared else ""
        return f"{of} is a cause of {factor}: seeing an effect tells of its cause, making it does not change the cause.{also}"
    if factor in system.ancestors(of):
        if shared:
            return f"{factor} is a cause of {of}, so making it changes {of}; seeing it tells more, since {both}."
        return f"{factor} is a cause of {of} and nothing else ties the two, so seeing and making it tell the same."
    if shared:
        return f"Neither {factor} nor {of} causes the other; {both}, and seeing tells of that cause while making does not."
    return f"Nothing ties {factor} to {of} in this system: neither seeing nor making it tells anything of {of}."


def common_causes(system: System, one: str, other: str) -> tuple[str, ...]:
    """Return the causes of both factors that reach each of them by a way that does not lead through the other."""
    reach_one, reach_other = _reaching(system, one, without=other), _reaching(system, other, without=one)
    return tuple(name for name in system.order if name in reach_one and name in reach_other)


def _reaching(system: System, name: str, *, without: str) -> set[str]:
    found: set[str] = set()
    waiting = list(system.parents(name))
    while waiting:
        cause = waiting.pop()
        if cause not in found and cause != without:
            found.add(cause)
            waiting += system.parents(cause)
    return found
