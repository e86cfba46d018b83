"""What a circuit's graph says, in sentences and numbers for people. No torch."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from engine import errors
from engine.circuits import views
from engine.plots import formats
from engine.plots.markdown import escape

SHARE = 0.5  # from which on a link counts as there
WEAK, CLEAR = 0.1, 0.3  # modularities from which on a graph is somewhat, and clearly, grouped
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
    said = [f"**{share}** of the {off.size:,} possible links between {u:,} modules have a probability of one half or more; the mean is **{mean}**."]
    if deaf := int((views.links(circuit)[u:] == 0).all(1).sum()):
        said.append(f"Output modules that hear nobody: **{deaf}** of {len(nodes) - u}; what they say is the same for every input.")
    mine = nodes.iloc[:u]
    if mine["degree"].notna().any():
        top = mine.iloc[int(np.nanargmax(mine["degree"].astype(float)))]
        most, middle = (formats.number(float(value)) for value in (top["degree"], mine["degree"].astype(float).median()))
        said.append(f"M{escape(named(top)[1:])} is heard by **{most}** others on average, the median module by {middle}.")
    if mine["ablation"].notna().any():
        worst = mine.iloc[int(np.nanargmax(mine["ablation"].astype(float)))]
        rise = float(worst["ablation"])
        if rise > 0:
            said.append(f"Without {escape(named(worst))} the loss rises most, by **{formats.number(rise)} nats**.")
    return " ".join(said)


def named(module: pd.Series) -> str:
    """Return what a module is called in a sentence: its number, and its label where a file gave one."""
    label = "" if pd.isna(module["label"]) else f" ({module['label']})"
    return f"module {int(module['node'])}{label}"


def by_class(circuit: str) -> Mapping[str, pd.DataFrame]:
    """Return the mean attention of the examples of each class, over layers: source, target, weight, in one order of edges."""
    found = {}
    for name in views.about(circuit)["about"].get("classes", []):
        try:
            edges = views.edges(circuit, kind="attention", slice_=f"class={name}", most=None).edges
        except errors.UserError:
            continue
        found[str(name)] = edges.sort_values(["target", "source"], ignore_index=True)
    return found


def of_attention(circuit: str) -> str:
    """Return how attention varies between classes beside links that do not, in Markdown; "" where it was not measured by class."""
    means = [edges["weight"].to_numpy() for edges in by_class(circuit).values()]
    if len(means) < 2:
        return ""
    varies = formats.percent(float(np.std(means, axis=0).mean() / np.mean(means)))
    return f"Links are the same for every input. Attention on an edge varies between the {len(means)} classes by **{varies}** of its mean."


def _apart(found: Mapping[str, pd.DataFrame]) -> list[tuple[float, str, str]]:
    """Return how far attention of each two classes is apart, the nearest first: the mean edge's difference, and the two."""
    pairs = itertools.combinations(found, 2)
    return sorted((float((found[b]["weight"] - found[a]["weight"]).abs().mean()), a, b) for a, b in pairs)


def most_different(circuit: str) -> tuple[str, str]:
    """Return the two classes whose stored attention differs most; two empty texts where it was not measured by class."""
    pairs = _apart(by_class(circuit))
    return pairs[-1][1:] if pairs else ("", "")


def of_classes(circuit: str) -> str:
    """Return which classes the circuit treats most and least differently, in Markdown; "" where it was not measured by class."""
    found = by_class(circuit)
    pairs = _apart(found)
    if not pairs:
        return ""
    (least, *near), (most, a, b) = pairs[0], pairs[-1]
    gap = (found[b]["weight"] - found[a]["weight"]).to_numpy()
    edge = found[a].iloc[int(np.abs(gap).argmax())]
    said = [f"Classes **{a}** and **{b}** use the circuit most differently: the mean edge's attention differs by **{formats.number(most)}**"]
    said.append(f", most between modules {int(edge['source'])} and {int(edge['target'])} ({formats.number(float(gap[np.abs(gap).argmax()]))}).")
    if len(pairs) > 1:
        said.append(f" Classes {near[0]} and {near[1]} use it most alike ({formats.number(least)}).")
    return "".join(said)


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
    distance = f"mean squared difference between its links and the pattern it was pulled to in training ({target}); 0 = the pattern itself"
    return [
        ("Modules", f"{known['modules']} + {known['outputs']}", "modules that process, and output modules that pool them into the answer"),
        ("Density", _number(found.get("density")), "how likely a module listens to another one, on average; 1 = everybody to everybody"),
        ("Strong links", _number(found.get("strong_density")), "share of links with a probability of one half or more"),
        ("Modularity", _number(found.get("modularity")), _grouped(found.get("modularity"))),
        ("Degree inequality", _number(found.get("degree_inequality")), "Gini coefficient of degrees: 0 = all are heard alike, near 1 = a few hubs"),
        ("Distance to prior", _number(found.get("prior_distance")), distance if target else "this circuit was pulled to no pattern in training"),
    ]  # fmt: skip


def _grouped(modularity: float | None) -> str:
    """Return what a modularity means, in words."""
    said = "how much more links lie within communities than chance puts there"
    if modularity is None:
        return said
    return f"{said}: {'hardly' if modularity < WEAK else 'somewhat' if modularity < CLEAR else 'clearly'} grouped"


def _number(value: float | None) -> str:
    return "none" if value is None else formats.number(value)
