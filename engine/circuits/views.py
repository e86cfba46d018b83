"""What is stored about circuits, as frames: pages, commands and exports all read these. No torch."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from engine import errors, store
from engine.metrics import graphs
from engine.stats import matching

MOST_EDGES = 5000  # that a picture shows unless it is asked for more
SAME = 1e-12  # mean squared difference below which links are the same
DRAWS, FEWER = 20, 4  # random graphs that a match is set beside; of large graphs
NEWEST = """SELECT c.run FROM circuits_all c JOIN runs r USING (run) WHERE c.circuit = $circuit AND r.state = 'done'
            ORDER BY r.finished DESC, c.run DESC LIMIT 1"""


@dataclass(frozen=True)
class Shown:
    """Edges that are shown, and what is not: nothing is ever left out silently."""

    edges: pd.DataFrame  # source, target, weight, by falling weight
    total: int
    weight_share: float  # of the weight of all edges; NaN where there is none

    @property
    def sentence(self) -> str:
        """What is hidden, in words, such as “412 of 9,120 edges, 93 % of total weight”."""
        if not self.total:
            return "no edges"
        share = 100 * self.weight_share
        said = f"{share:.0f} %" if share < 99.5 or len(self.edges) == self.total else "over 99 %"
        return f"{len(self.edges):,} of {self.total:,} edges" + ("" if np.isnan(share) else f", {said} of total weight")


def listing() -> pd.DataFrame:
    """Return one row a circuit that was observed or brought: what it is, its graph metrics, when it was observed."""
    found = store.query(
        """SELECT c.*, r.finished FROM circuits_all c JOIN runs r USING (run) WHERE r.state = 'done'
           QUALIFY row_number() OVER (PARTITION BY c.circuit ORDER BY r.finished DESC, c.run DESC) = 1 ORDER BY c.circuit"""
    )
    metrics = pd.DataFrame([json.loads(text) for text in found["metrics"]], index=found.index)
    return pd.concat([found.drop(columns=["metrics", "about", "view", "root"]), metrics], axis=1)


def about(circuit: str) -> dict[str, Any]:
    """Return everything known of a circuit as a whole; raises UserError for one that was not observed."""
    found = store.query(f"SELECT * FROM circuits_all WHERE circuit = $circuit AND run = ({NEWEST})", {"circuit": circuit})
    if found.empty:
        known = store.query("SELECT DISTINCT circuit FROM circuits_all")["circuit"]
        problem = errors.unknown("observed circuit", circuit, map(str, known))
        raise errors.UserError(problem.message, f"{problem.hint} Observe a trained one: python -m engine circuits observe NAME")
    plain = found.astype(object).where(found.notna(), None).to_dict("records")[0]  # numbers that JSON can say
    row: dict[str, Any] = {str(name): value for name, value in plain.items()}
    return {**row, "about": json.loads(row["about"]), "metrics": json.loads(row["metrics"]), "view": json.loads(row["view"] or "{}")}


def nodes(circuit: str) -> pd.DataFrame:
    """Return one row a module, processors first."""
    known = about(circuit)
    return store.query(
        "SELECT * EXCLUDE (root, run, circuit) FROM circuit_nodes_all WHERE circuit = ? AND run = ? ORDER BY node", [circuit, known["run"]]
    )


def edges(
    circuit: str, *, kind: str = "link", layer: int | None = None, slice_: str = "", step: int | None = None,
    threshold: float = 0.0, most: int | None = MOST_EDGES,
) -> Shown:  # fmt: skip
    """Return the strongest edges of one of a circuit's graphs, and how much they leave out.

    Args:
        circuit: Its name.
        kind: link (static) or attention.
        layer: Of attention, counted from 0, the read-out last; None = the mean over layers without the read-out.
        slice_: Examples that attention is averaged over, such as "class=3"; "" = all.
        step: Of training, for links; None = at the end.
        threshold: Edges below are hidden.
        most: At most so many; None = all.

    Raises:
        UserError: for a circuit that was not observed, or a graph that is not stored.
    """
    known = about(circuit)
    where = "circuit = $circuit AND run = $run AND kind = $kind AND slice = $slice AND step IS NOT DISTINCT FROM $step"
    asked = {"circuit": circuit, "run": known["run"], "kind": kind, "slice": slice_, "step": step}
    mean = kind == "attention" and layer is None
    if mean:
        asked["last"] = known["layers"]
        source = f"(SELECT source, target, avg(weight) AS weight FROM circuit_edges_all WHERE {where} AND layer < $last GROUP BY source, target)"
    else:
        asked["layer"] = layer
        source = f"(SELECT source, target, weight FROM circuit_edges_all WHERE {where} AND layer IS NOT DISTINCT FROM $layer)"
    limit = "" if most is None else f"LIMIT {int(most)}"
    found = store.query(  # once, for a mean over layers of a million edges is dear
        f"WITH every AS MATERIALIZED {source}, sums AS (SELECT count(*) AS n, sum(weight) AS total FROM every) "
        f"SELECT every.*, n, total FROM every, sums WHERE weight >= $threshold ORDER BY weight DESC, source, target {limit}",
        {**asked, "threshold": threshold},
    )
    if found.empty:
        n, total = store.query(f"SELECT count(*) AS n, sum(weight) AS total FROM {source}", asked).iloc[0]
    else:
        n, total = found["n"].iloc[0], found["total"].iloc[0]
    if not n:
        raise errors.UserError(f"No such graph of “{circuit}” is stored (kind {kind}, layer {layer}, slice “{slice_}”, step {step}).", _stored(known))
    shown = found.drop(columns=["n", "total"])
    return Shown(shown, int(n), float(shown["weight"].sum()) / float(total) if total > 0 else float("nan"))


def _stored(known: dict[str, Any]) -> str:
    found = store.query("SELECT DISTINCT slice FROM circuit_edges_all WHERE circuit = ? AND run = ? ORDER BY 1", [known["circuit"], known["run"]])
    return f"Layers are 0 to {known['layers']}; slices are: {', '.join(repr(str(one)) for one in found['slice'])}."


def links(circuit: str, step: int | None = None) -> Float[np.ndarray, "r u"]:
    """Return a circuit's link probabilities as a matrix, receivers x processors, ones for own links; raises UserError as `edges`."""
    known = about(circuit)
    found = edges(circuit, step=step, most=None).edges
    matrix = np.eye(known["modules"] + known["outputs"], known["modules"])
    matrix[found["target"], found["source"]] = found["weight"]
    return matrix


def steps(circuit: str) -> list[int]:
    """Return the training steps whose links are stored, the earliest first."""
    known = about(circuit)
    found = store.query(
        "SELECT DISTINCT step FROM circuit_edges_all WHERE circuit = ? AND run = ? AND step IS NOT NULL ORDER BY step", [circuit, known["run"]]
    )
    return [int(step) for step in found["step"]]


def neighbours(circuit: str, node: int, most: int = 20, **graph: Any) -> pd.DataFrame:
    """Return a module's strongest partners with values: `listens to` (in) and `is heard by` (out). `graph` is as in `edges`."""
    found = edges(circuit, most=None, **graph).edges
    parts = []
    for way, here, there in (("listens to", "target", "source"), ("is heard by", "source", "target")):
        mine = found[found[here] == node].head(most)
        parts.append(pd.DataFrame({"way": way, "module": mine[there], "weight": mine["weight"]}))
    return pd.concat(parts, ignore_index=True)


def curves(circuit: str) -> pd.DataFrame:
    """Return a circuit's pruning curves, the newest; raises UserError where it was not pruned."""
    found = store.query(
        """SELECT p.* EXCLUDE (root) FROM circuit_curves_all p WHERE circuit = $circuit AND run = (
             SELECT p.run FROM circuit_curves_all p JOIN runs r USING (run) WHERE p.circuit = $circuit AND r.state = 'done'
             ORDER BY r.finished DESC, p.run DESC LIMIT 1)
           ORDER BY ranking, dataset, shift, strength, kept DESC, density DESC""",
        {"circuit": circuit},
    )
    if found.empty:
        raise errors.UserError(f"“{circuit}” has no pruning curves yet.", f"Make them: python -m engine circuits observe {circuit}")
    return found.drop(columns=["run"])


@dataclass(frozen=True)
class Difference:
    """Two circuits as one graph: edges of the first, of the second matched onto it, and their signed difference."""

    edges: pd.DataFrame  # source, target (in the first's numbers), first, second, difference, by falling size of the difference
    order: list[int]  # processor `order[i]` of the second stands where processor i of the first does
    cost: float  # mean squared difference of links after matching
    unmatched: float  # the same, modules in their own order
    chance: float  # the same by chance: the second's links at random places, matched; modules in random order where there is no match


def difference(first: str, second: str, *, matched: bool = True, seed: int = 0) -> Difference:
    """Return how two circuits' links differ, processors only; by numbers alone where `matched` is off (before and after, say).

    Raises:
        UserError: for circuits with different numbers of modules, or that were not observed.
    """
    a, b = links(first), links(second)
    u = about(first)["modules"]
    if u != about(second)["modules"]:
        raise errors.UserError(f"“{first}” has {u} modules and “{second}” {about(second)['modules']}.", "Compare circuits of one size.")
    a, b = a[:u, :u], b[:u, :u]
    order = matching.match(a, b, seed=seed).order if matched else np.arange(u)
    placed = b[np.ix_(order, order)]
    targets, sources = np.nonzero(~np.eye(u, dtype=bool))
    frame = pd.DataFrame({"source": sources, "target": targets, "first": a[targets, sources], "second": placed[targets, sources]})
    frame["difference"] = frame["second"] - frame["first"]
    frame = frame.iloc[np.argsort(-frame["difference"].abs().to_numpy(), kind="stable")].reset_index(drop=True)
    found = likeness(a, b, order, by_links=matched, seed=seed)
    chance = found["permuted" if matched else "shuffled"][0]
    return Difference(frame, [int(one) for one in order], found["cost"], found["unmatched"], chance)


def likeness(
    first: Float[np.ndarray, "u u"], second: Float[np.ndarray, "u u"], order: Int[np.ndarray, " u"], *, width: int | None = None,
    by_links: bool = True, seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Return how alike two matched graphs are, beside chance; costs are mean squared differences of links.

    `cost`, `unmatched`, `draws`, `verdict` in words, and what chance gives, each as mean, least and most. Of a match by links: `permuted`, the
    second's link values at random places, matched likewise, and `random`, where near random signatures of that `width` would put them. Of
    another match: `shuffled`, the second's modules in random order.
    """
    draws = DRAWS if len(first) <= matching.SMALL else FEWER
    told: dict[str, Any] = {"cost": matching.cost(first, second[np.ix_(order, order)]), "unmatched": matching.cost(first, second), "draws": draws}
    if by_links:
        chance = {"permuted": matching.by_chance(first, second, draws, seed=seed)}
        if width is not None:
            chance["random"] = matching.by_chance(first, second, draws, width=width, seed=seed)
    else:
        chance = {"shuffled": _shuffled(first, second, draws, seed)}
    told |= {name: [float(found.mean()), float(found.min()), float(found.max())] for name, found in chance.items()}
    return told | {"verdict": _likeness_said(told["cost"], min(float(found.min()) for found in chance.values()), draws, by_links=by_links)}


def _shuffled(first: Float[np.ndarray, "u u"], second: Float[np.ndarray, "u u"], draws: int, seed: int) -> Float[np.ndarray, " draws"]:
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(first)) for _ in range(draws)]
    return np.array([matching.cost(first, second[np.ix_(order, order)]) for order in orders])


def _likeness_said(cost: float, least: float, draws: int, *, by_links: bool) -> str:
    if cost < SAME:
        return "The links are the same."
    others = f"{draws} random graphs with the second's link values" if by_links else f"{draws} random orders of the second's modules"
    if cost < least:
        return f"The two graphs are more alike than chance makes them: none of {others} fits the first as well."
    return f"No more alike than chance: of {others}, some fit the first as well or better."


def timeline(circuit: str) -> pd.DataFrame:
    """Return the graph's metrics at each stored step of training, and at the end (step missing); the prior is not looked at here."""
    known = about(circuit)
    u = known["modules"]
    told = [{"step": step, **graphs.every(np.clip(links(circuit, step)[:u], 0, 1))} for step in [*steps(circuit), None]]
    return pd.DataFrame(told).drop(columns=["prior_distance"])
