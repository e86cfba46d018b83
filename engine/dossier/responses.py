"""What a network was asked under interventions: which factors break it, which it does not care about, whatever question asked."""

import pandas as pd

from engine import systems
from engine.dossier import asked
from engine.interventions import profile
from engine.plots import formats
from engine.plots.markdown import escape

HIDDEN = ("loss", "low", "high", "p_breaks", "p_invariant", "value", "base_value", "n")


def told(network: str) -> pd.DataFrame:
    """Return one row a system, base world, factor and region, with the verdict; empty where nothing was asked."""
    frames = []
    for spec, found in asked.profiles(network):
        base = "; ".join(filter(None, (spec.interventions, spec.conditions))) or "as it is"
        frames.append(found.assign(system=systems.card(spec.system).title.rstrip("."), base=base, worst=_worst(found)))
    if not frames:
        return pd.DataFrame(columns=["system", "base", "factor", "region", "verdict", "worst", *HIDDEN])
    every = pd.concat(frames, ignore_index=True).sort_values(["system", "loss"], ascending=[True, False], ignore_index=True)
    return every[["system", "base", "factor", "region", "verdict", "worst", *HIDDEN]].drop_duplicates(ignore_index=True)


def _worst(found: pd.DataFrame) -> list[str]:
    return [
        f"{level}: {formats.percent(value)} instead of {formats.percent(base)}, n {formats.count(n)}"
        for level, value, base, n in zip(found["level"], found["value"], found["base_value"], found["n"], strict=True)
    ]


def said(network: str) -> str:
    """Return what breaks a network and what it does not care about, in a sentence or two of Markdown."""
    found = told(network)
    anywhere = found[found["region"] == profile.ANYWHERE]
    broken, steady = (anywhere[anywhere["verdict"] == verdict] for verdict in (profile.BREAKS, profile.INVARIANT))
    lines = []
    if len(broken):
        worst = broken.sort_values("loss").iloc[-1]
        lines.append(f"It breaks on **{_listed(broken)}**; most on {escape(worst['factor'])} {escape(worst['worst'])}.")
    if len(steady):
        lines.append(f"It is invariant to **{_listed(steady)}**.")
    left = len(anywhere) - len(broken) - len(steady)
    return " ".join([*lines, f"Of {formats.share(left, len(anywhere), 'factors')} neither can be told." if left else ""]).strip()


def _listed(rows: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(escape(name) for name in rows["factor"]))
