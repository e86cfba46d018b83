"""What the interventions' pages found, in plain words: which factor breaks which network, and which ways of training help."""

from collections.abc import Mapping
from typing import Any

from engine import systems
from engine.interventions import profile, sentences
from engine.interventions.views import Known
from engine.plainly import INTERVALS, Told
from engine.plots import formats
from engine.plots.markdown import escape, spoken
from engine.remedies import views as remedies
from engine.remedies import worlds
from engine.training import methods
from engine.training.methods import METHODS

PAIRED = (
    "The same pictures are drawn again with one thing changed, so whatever changes in the answers is due to it. Having looked at many values, only "
    "losses that remain after counting all looks are called sure."
)
DRAWN = "The rules of the *system* are known; where a share was counted on drawn pictures, its *95 % interval* stands behind it."
MOST = 4


def of_training(system: systems.System) -> Told | None:
    """Return which factor goes along with the class in training, so that a network may lean on it; None where none does."""
    said = sentences.of_training(system)
    if not said:
        return None
    seen = [factor for factor in system.factors if not factor.hidden]
    tested = (
        f"A *system* draws pictures from {len(seen)} *factors* that can be seen. Below, any of them can be *set by hand*, and the pictures and "
        "the answers of *networks* follow."
    )
    return Told((tested,), (spoken(said),), (), (DRAWN,))


def of_responses(known: Known, system: str, margin: float) -> Told | None:
    """Return what breaks which network, what no network minds, and what cannot be told; None where nothing was compared."""
    told = profile.profile(known.rows, margin)
    told = told[told["region"] == profile.ANYWHERE].sort_values("loss", ascending=False)
    if told.empty:
        return None
    names, factors = told["network"].unique(), told["factor"].unique()
    card = systems.card(system)
    tested = (
        f"**{_counted(len(names), 'network')}** answered the same {formats.count(int(told['n'].max()))} pictures of a *system* "
        f"({escape(card.title.rstrip('.').lower())}) again and again, while {_listed([escape(one) for one in factors])} "
        f"{'was' if len(factors) == 1 else 'were, one at a time,'} *set by hand*."
    )
    by = {verdict: told[told["verdict"] == verdict] for verdict in (profile.BREAKS, profile.INVARIANT, profile.NOT_TOLD)}
    differs = [_broken(row) for row in by[profile.BREAKS].head(MOST).to_dict("records")]
    more = len(by[profile.BREAKS]) - MOST
    differs += [f"{more} more such cases stand in the figures."] if more > 0 else []
    within = f"shown to stay within {100 * margin:g} *percentage points*"
    alike = [
        f"{escape(name)} does not care about {_listed([escape(one) for one in part['factor']])}: {within}."
        for name, part in by[profile.INVARIANT].groupby("network", sort=False, observed=True)
    ]  # fmt: skip
    left = len(by[profile.NOT_TOLD])
    alike += [f"In {left} of {len(told)} cases neither can be told."] if left else []
    return Told((tested,), tuple(differs), tuple(alike), (PAIRED,))


def _broken(row: Mapping[Any, Any]) -> str:
    where = "although that occurs in training" if row["inside"] else "which training never shows"
    return (
        f"{escape(row['network'])} *breaks* on {escape(row['factor'])}: right about {formats.percent(row['base_value'])} as it is, "
        f"**{formats.percent(row['value'])}** where it is {escape(row['level'])}, {where}."
    )


def of_remedies(run: str, strength: float) -> Told | None:
    """Return which ways of training are shown to help where the colour no longer goes along, and which are not; None without rows."""
    found, spec = remedies.methods_found(run), remedies.question(run)
    mine = found[(found["strength"] == strength) & (found["world"] == worlds.CUT)] if len(found) else found
    if mine.empty or "erm" not in set(mine["method"]):
        return None
    rows = {row["method"]: row for row in mine.to_dict("records")}
    erm, tied = rows["erm"], methods.confounder(spec.system)
    tested = (
        f"In training, {escape(tied.factor)} followed the {escape(tied.target)} in {formats.percent(strength)} of the pictures. "
        f"**{_counted(len(rows), 'way')} of training** ({_counted(int(erm['seeds']), 'seed')} each) were then asked about "
        f"{formats.count(erm['n'])} pictures in which it no longer does."
    )
    others = [row for name, row in rows.items() if name != "erm"]
    plain = f"*Plain training* is right about {formats.interval(erm['value'], erm['low'], erm['high'], unit='fraction')} of them."
    differs = [plain, *(_against(row) for row in others if row["difference_low"] > 0 or row["difference_high"] < 0)]
    alike = [_open(row) for row in others if row["difference_low"] <= 0 <= row["difference_high"]]
    return Told((tested,), tuple(differs), tuple(alike), ("The ranges count both the pictures and the *seeds* as drawn by chance.", INTERVALS))


def _against(row: Mapping[Any, Any]) -> str:
    way = "more" if row["difference"] > 0 else "less"
    what = "as a *remedy* it helps" if way == "more" and METHODS[row["method"]].is_remedy else f"that is {way}"
    low, high = sorted((abs(100 * row["difference_low"]), abs(100 * row["difference_high"])))
    return (
        f"{escape(row['method_title'])}: **{formats.percent(row['value'])}**, {what}: {formats.fixed(abs(100 * row['difference']), 1)} "
        f"*percentage points* {way} [{formats.fixed(low, 1)}, {formats.fixed(high, 1)}]."
    )


def _open(row: Mapping[Any, Any]) -> str:
    return f"{escape(row['method_title'])} ({formats.percent(row['value'])}) cannot be told apart from plain training."


def _listed(names: list[str]) -> str:
    few = names if len(names) <= 2 * MOST else [*names[: 2 * MOST], f"{len(names) - 2 * MOST} more"]
    return " and ".join(filter(None, (", ".join(few[:-1]), few[-1])))


def _counted(n: int, noun: str) -> str:
    first, _, rest = noun.partition(" ")
    return f"{formats.count(n)} {first}{'' if n == 1 else 's'}{f' {rest}' if rest else ''}"
