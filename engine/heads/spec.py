"""The question of the heads, and the networks that answering it takes. No torch, nothing is fitted here."""

from dataclasses import dataclass
from typing import Literal

import pydantic

from engine import errors, hashing
from engine.datasets import tables
from engine.heads import weights
from engine.spec import Cost, Spec

VERSION = 1  # raised when a network of the same name would come out otherwise
MARK = "~"  # between a protected attribute and the hash of what is unusual about a question
PREFIX = "heads"  # of its networks, and of its runs that ship
LAMBDAS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SEEDS = (0, 1, 2, 3, 4)
METHODS = ("plain", "ceiling", "two_heads", "squared", "absolute", "shuffled")
SECONDS = 4.0  # of fitting and reading one network on 30,000 people, on a core that is not shared


class HeadsSpec(Spec):
    """Press networks towards equal groups, harder and harder, and look at what they do inside, and to whom."""

    study: Literal["heads"] = "heads"
    """Which study answers the question."""
    table: str
    """The table of people."""
    group: str = ""
    """The column with the protected attribute; empty = the one that the table is studied by."""
    values: tuple[str, ...] = ()
    """Only people with these values of it; empty = all, or those that the table is studied by."""
    constraint: Literal["parity", "opportunity"] = "parity"
    """What is to be equal: how often groups are accepted, or how often those are whose outcome is favourable."""
    regularisers: tuple[Literal["squared", "absolute"], ...] = ("squared",)
    """How the gap between groups enters the loss; none = only the unconstrained network and two heads."""
    lambdas: tuple[float, ...] = LAMBDAS
    """How hard networks are pressed: what the regulariser is multiplied by."""
    two_heads: bool = True
    """Also a network with a head for the group, to be merged at any slack."""
    shuffled: tuple[float, ...] = (20.0,)
    """Control: pressed this hard about groups that were dealt out at random."""
    seeds: tuple[int, ...] = pydantic.Field(default=SEEDS, min_length=1)
    """Of first weights and the order of people; one network each."""
    hidden: tuple[int, ...] = pydantic.Field(default=(64, 32), min_length=1, max_length=6)
    """Units of the hidden layers."""
    excluded: tuple[str, ...] = ()
    """Columns that are no inputs, besides the protected attribute."""

    @pydantic.field_validator("lambdas", "shuffled")
    @classmethod
    def _positive(cls, chosen: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < value <= 1e6 for value in chosen):
            raise ValueError("a lambda lies above 0; the unconstrained network comes by itself")
        return tuple(sorted(set(chosen)))

    @pydantic.field_validator("hidden")
    @classmethod
    def _units(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= units <= 4096 for units in chosen):
            raise ValueError("a layer has 1 to 4096 units")
        return chosen


@dataclass(frozen=True)
class Job:
    """One network to fit and to read: a cell."""

    table: str
    group: str
    values: tuple[str, ...]
    constraint: str
    method: str
    strength: float
    seed: int
    hidden: tuple[int, ...]
    excluded: tuple[str, ...]

    @property
    def family(self) -> str:
        """What networks of one question share in their names."""
        other = "" if (self.hidden, self.excluded) == ((64, 32), ()) else "-" + hashing.of_parts(list(self.hidden), list(self.excluded))[:6]
        named = "" if not self.values else "-" + hashing.of_parts(list(self.values))[:6]
        return f"{PREFIX}-{self.table}-{self.group}{named}-{self.constraint}{other}"

    @property
    def asked(self) -> str:
        """What the question is about: the protected attribute, with a mark where other groups, inputs or layers were taken than usual."""
        usual = _usual(self.table, self.group)
        mine = (self.values, self.hidden, self.excluded)
        return self.group if mine == (usual, (64, 32), ()) else f"{self.group}{MARK}{hashing.of_parts(*map(list, mine))[:4]}"

    @property
    def unusual(self) -> str:
        """What the mark of `asked` stands for, in words; empty where there is none."""
        if MARK not in self.asked:
            return ""
        parts = [f"only {', '.join(self.values)}"] if self.values != _usual(self.table, self.group) and self.values else []
        parts += [f"without {', '.join(self.excluded)}"] if self.excluded else []
        parts += [f"layers of {', '.join(map(str, self.hidden))}"] if self.hidden != (64, 32) else []
        return "; ".join(parts) or "all groups"

    @property
    def name(self) -> str:
        """The network's name, such as `heads-adult-sex-parity-squared-5-s0`."""
        pressed = f"-{self.strength:g}" if self.strength else ""
        return f"{self.family}-{self.method}{pressed}-s{self.seed}"

    @property
    def title(self) -> str:
        """The network's name for people."""
        said = {
            "plain": "unconstrained", "ceiling": "group from all inputs", "two_heads": "two heads",
            "squared": f"squared gap, lambda {self.strength:g}",
            "absolute": f"absolute gap, lambda {self.strength:g}", "shuffled": f"shuffled groups, lambda {self.strength:g}",
        }[self.method]  # fmt: skip
        return f"{said}, seed {self.seed}"

    def sibling(self, method: str, seed: int | None = None, strength: float = 0.0) -> "Job":
        """Return the network of another method, on the same people."""
        return Job(
            self.table, self.group, self.values, self.constraint, method, strength, self.seed if seed is None else seed, self.hidden, self.excluded
        )

    @property
    def key(self) -> str:
        """Hash of what its weights and numbers depend on."""
        digest = tables.load(self.table).digest
        return hashing.of_parts(VERSION, self.name, digest, list(self.values), list(self.hidden), list(self.excluded))


def _usual(table: str, group: str) -> tuple[str, ...]:
    """Return the values that a group is studied by; none where all are, or where the table is not here any more."""
    if table not in tables.names():
        return ()
    studied = tables.card(table).studied
    return tuple(studied["values"]) if group == studied["group"] else ()  # type: ignore[arg-type]


def resolved(spec: HeadsSpec) -> HeadsSpec:
    """Return the question with group and values filled in from the table's card; raises UserError for what does not exist."""
    card = tables.card(spec.table)
    studied = card.studied
    group = spec.group or str(studied["group"])
    values = spec.values
    if not values and group == studied["group"]:
        values = tuple(studied["values"])  # type: ignore[arg-type]
    return spec.model_copy(update={"group": group, "values": values})


def check(spec: HeadsSpec) -> None:
    """Raise UserError for a table, column or value that does not exist, one group only, a group without favourable outcomes on some side."""
    asked = resolved(spec)
    table = tables.load(asked.table)
    chosen = table.within(asked.group, asked.values)
    found = chosen.values_of(asked.group)
    if len(found) < 2:
        raise errors.UserError(f"Only one group is left: {asked.group} = {''.join(found)}.", "Choose at least two values.")
    for column in asked.excluded:
        if column not in table.features.columns:
            raise errors.unknown(f"column of {asked.table}", column, table.features.columns)
    for side in tables.SPLITS:
        people = chosen.side(side)
        for value in found:
            mine = people.labels[people.groups[asked.group] == value]
            if mine.sum() in {0, len(mine)}:
                raise errors.UserError(
                    f"Of the {len(mine)} people with {asked.group} = {value} on the side {side}, {'all' if len(mine) and mine.all() else 'none'}"
                    " have the favourable outcome: nothing can be compared.",
                    "Leave this group out (values), or join it with another.",
                )


def jobs(spec: HeadsSpec) -> tuple[Job, ...]:
    """Return every network of a question, seed after seed, those first that others are compared with."""
    asked = resolved(spec)
    found = []
    for seed in asked.seeds:
        chosen = [("plain", 0.0), ("ceiling", 0.0)]
        chosen += [("two_heads", 0.0)] if asked.two_heads else []
        chosen += [(kind, strength) for kind in asked.regularisers for strength in asked.lambdas]
        chosen += [("shuffled", strength) for strength in asked.shuffled]
        found += [
            Job(asked.table, asked.group, asked.values, asked.constraint, method, strength, seed, asked.hidden, asked.excluded)
            for method, strength in chosen
        ]
    return tuple(found)


@dataclass(frozen=True)
class Plan:
    """Everything that answering a question takes."""

    jobs: tuple[Job, ...]
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of networks."""
        return len(self.jobs)

    @property
    def images(self) -> int:
        """Number of images that networks look at: none, these are people."""
        return 0


def plan(spec: HeadsSpec) -> Plan:
    """Return what a question takes; raises UserError as `check` does."""
    check(spec)
    return Plan(jobs(spec))


def cost(spec: HeadsSpec, planned: Plan | None = None) -> Cost:
    """Return how many networks are to be fitted, and about how long that takes on one core."""
    planned = planned or plan(spec)
    there = sum(weights.find(job.name) is not None for job in planned.jobs)
    people = len(tables.load(spec.table))
    return Cost(planned.cells, there, 0, (planned.cells - there) * max(1.5, SECONDS * people / 50_000))


def title(spec: HeadsSpec) -> str:
    """Return the question's name: the given one, or what is asked in a line."""
    asked = resolved(spec)
    return spec.title or f"Heads: {asked.table} by {asked.group}, {asked.constraint}, {len(jobs(spec))} networks"
