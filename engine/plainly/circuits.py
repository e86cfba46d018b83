"""What the circuits' pages found, in plain words: how the modules hang together, and how many of them the answer needs."""

import numpy as np

from engine import errors
from engine.circuits import findings, views
from engine.plainly import INTERVALS, Told
from engine.plots import formats
from engine.plots.markdown import escape

SURE = (
    "*Links* are what this one *network* learned; another *seed* may learn others. What is left without some modules was measured on test pictures."
)


def of_circuit(circuit: str) -> Told | None:
    """Return how many modules a circuit has, which one it misses most, and how many can go; None for a graph of one module."""
    known, nodes = views.about(circuit), views.nodes(circuit)
    u = int(known["modules"])
    if u < 2:
        return None
    links = views.links(circuit)[:u]
    strong = float((links[~np.eye(u, dtype=bool)] >= findings.SHARE).mean())
    data = f" that was trained on {escape(known['dataset'])}" if known["dataset"] else ""
    tested = f"A *circuit* of **{u} modules**{data} was opened: who can listen to whom (*links*), and what is lost without each *module*."
    differs = [f"**{formats.percent(strong)}** of all possible *links* are more likely there than not."]
    mine = nodes.iloc[:u]
    if mine["ablation"].notna().any() and float(mine["ablation"].max()) > 0:
        worst = mine.iloc[int(np.nanargmax(mine["ablation"].astype(float)))]
        responds = f", which moves the answer most for pictures of {escape(worst['responds'])}" if isinstance(worst["responds"], str) else ""
        differs.append(f"It misses *module* **{int(worst['node'])}** most{responds}.")
    return Told((tested,), tuple(differs), _spare(circuit), (SURE, INTERVALS))


def _spare(circuit: str) -> tuple[str, ...]:
    """Return how many modules can go before accuracy falls by more than a little; nothing where the circuit was not pruned."""
    try:
        found = views.curves(circuit)
    except errors.UserError:
        return ()
    own = found[(found["dataset"] == views.about(circuit)["dataset"]) & (found["shift"] == "") & (found["ranking"] != "links")]
    if own.empty:
        return ()
    whole, most = own.loc[own["kept"].idxmax()], int(own["kept"].max())
    fine = own[own["high"] >= whole["low"]]
    said = formats.interval(whole["accuracy"], whole["low"], whole["high"], whole["n"], "fraction")
    few = f"**{int(fine['kept'].min())} of {most} modules**"
    return (f"With as few as {few} its *accuracy* cannot be told apart from the whole circuit's ({said}).",)
