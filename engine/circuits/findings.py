"""What a circuit's graph says, in sentences and numbers for people. No torch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import errors
from engine.circuits import views
from engine.plots import formats

SHARE = 0.5  # from which on a link counts as there
LOSS = 0.03  # of accuracy, that a pruned circuit may lose


def of_graph(circuit: str) -> str:
    """Return what stands out in a circuit's graph, in Markdown: how sparse, how uneven, which module matters most."""
    known, nodes = views.about(circuit), views.nodes(circuit)
    u = int(known["modules"])
    if u < 2:
        return ""
    links = views.links(circuit)[:u]
    off = links[~np.eye(u, dtype=bool)]
    strong = float((off >= SHARE).mean())
    share, mean = formats.percent(strong), formats.number(float(off.mean()))
    said = [f"**{share}** of the {off.size:,} possible links between {u} modules have a probability of one half or more; the mean is **{mean}**."]
    mine = nodes.iloc[:u]
    if mine["degree"].notna().any():
        top = mine.iloc[int(np.nanargmax(mine["degree"].astype(float)))]
        most, middle = (formats.number(float(value)) for value in (top["degree"], mine["degree"].astype(float).median()))
        said.append(f"Module {int(top['node'])} is heard by **{most}** others on average, the median module by {middle}.")
    if mine["ablation"].notna().any():
        worst = mine.iloc[int(np.nanargmax(mine["ablation"].astype(float)))]
        rise = float(worst["ablation"])
        if rise > 0:
            said.append(f"Without module {int(worst['node'])} the loss rises most, by **{formats.number(rise)} nats**.")
    return " ".join(said)


def of_attention(circuit: str) -> str:
    """Return how attention varies between classes beside links that do not, in Markdown; "" where it was not measured by class."""
    known, means = views.about(circuit), []
    for name in known["about"].get("classes", []):
        try:
            found = views.edges(circuit, kind="attention", slice_=f"class={name}", most=None).edges
        except errors.UserError:
            continue
        means.append(found.sort_values(["target", "source"])["weight"].to_numpy())
    if len(means) < 2:
        return ""
    varies = formats.percent(float(np.std(means, axis=0).mean() / np.mean(means)))
    return f"Links are the same for every input. Attention on an edge varies between the {len(means)} classes by **{varies}** of its mean."


def of_pruning(circuit: str) -> str:
    """Return how small the circuit can be made before it loses much, in Markdown; "" where it was not pruned."""
    try:
        found = views.curves(circuit)
    except errors.UserError:
        return ""
    own = found[(found["dataset"] == views.about(circuit)["dataset"]) & (found["shift"] == "") & (found["ranking"] != "links")]
    if own.empty:
        return ""
    whole = float(own["accuracy"][own["kept"].idxmax()])
    fine = own[own["accuracy"] >= whole - LOSS]
    least = fine.groupby("ranking")["kept"].min().sort_values()
    best, kept, u = str(least.index[0]), int(least.iloc[0]), int(own["kept"].max())
    by_chance = f", in random order with {int(least['random'])}" if "random" in least and best != "random" else ""
    return (
        f"With **{kept} of {u} modules** ({best} order) accuracy is still within {100 * LOSS:g} points of the whole circuit's "
        f"{formats.percent(whole)}{by_chance}."
    )


def metrics(known: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return a circuit's numbers as people read them: name, value, what it means."""
    found = known["metrics"]
    target = str(known["prior"] or "").replace("_", " ")
    return [
        ("Modules", f"{known['modules']} + {known['outputs']}", "processors + output modules"),
        ("Density", _number(found.get("density")), "mean link probability between different modules"),
        ("Strong links", _number(found.get("strong_density")), "share of links with a probability of one half or more"),
        ("Modularity", _number(found.get("modularity")), "how much more links lie within communities than by chance; 0 = not at all"),
        ("Degree inequality", _number(found.get("degree_inequality")), "Gini coefficient of the degrees: 0 = all alike, near 1 = a few hubs"),
        (
            "Distance to prior", _number(found.get("prior_distance")),
            f"mean squared difference to the prior ({target}), modules matched" if target else "this circuit has no prior",
        ),
    ]  # fmt: skip


def _number(value: float | None) -> str:
    return "none" if value is None else formats.number(value)
