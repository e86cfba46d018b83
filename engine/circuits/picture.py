"""A circuit as the browser draws it, in one block of bytes: modules, edges, and the values of all its graphs over the same edges. No torch.

The block begins with the mark TSC1, the length of a header (uint32, little endian), the header (JSON, blanks up to a multiple of 4), then
the arrays in the order in which the header names them.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from engine import store
from engine.circuits import views
from engine.metrics import graphs
from engine.stats import layout

MAGIC = b"TSC1"
MOST_EDGES = 60_000  # that go to the browser; the strongest links of a larger circuit
MOST_VALUES = 2_500_000  # of all graphs together; what is more, or a graph of more than MOST_EDGES, stays behind until it is drawn
TIGHT = 0.05  # half a width below which places are drawn larger
WIDEST, REACH = 0.16, 1.05  # modules are this far apart, of a half width of 1; many of them less
BEHIND = f"Too large to hold all at once: attention and links over training beyond the first are fetched when drawn, {MOST_EDGES:,} edges at most"
_OTHERS = "kind = 'attention' OR step IS NOT NULL"


@dataclass(frozen=True)
class Graph:
    """One set of values over a circuit's edges."""

    key: str  # as the address says it: link, link@120, attention, attention.0, attention.0.class=3
    kind: str  # link | attention
    layer: int | None
    slice_: str
    step: int | None
    weights: Float[np.ndarray, " edges"]  # NaN where the graph has no such edge
    total: int  # edges that it has, also those that stayed behind
    weight: float  # of all of them

    @property
    def said(self) -> dict[str, Any]:
        """What the header says of it."""
        return {
            "key": self.key, "kind": self.kind, "layer": self.layer, "slice": self.slice_, "step": self.step, "total": self.total,
            "weight": round(self.weight, 6),
        }  # fmt: skip


def pack(circuit: str, *, most: int = MOST_EDGES) -> bytes:
    """Return a circuit for the browser; raises UserError for one that was not observed or brought.

    Args:
        circuit: Its name.
        most: At most so many of its links, the strongest; what stays behind is counted in the header.
    """
    known, nodes = views.about(circuit), views.nodes(circuit)
    links = views.edges(circuit, most=most)
    others, later = _others(known)
    codes = _codes(links.edges, others, len(nodes))
    made = [_graph("link", "link", None, "", None, links.edges, codes, len(nodes), links.total, _sum(links))]
    made += _measured(others, codes, len(nodes), known["layers"])
    header = {
        **{name: known[name] for name in ("title", "source", "dataset", "prior", "seed", "modules", "outputs", "layers", "metrics")},
        "name": circuit, "identity": f"{circuit} {known['run']}", "classes": known["about"].get("classes", []), "view": known["view"],
        "later": later, "behind": f"{BEHIND} ({len(later)} graphs)" if later else "",
        "labels": _texts(nodes["label"]), "responds": _texts(nodes["responds"]), "graphs": [graph.said for graph in made],
    }  # fmt: skip
    target, source = np.divmod(codes, len(nodes))
    arrays = {name: _numbers(nodes[name]) for name in ("degree", "attention", "ablation", "code_norm", "community")}
    x, y = layout.spread(_framed(nodes[["x", "y"]].to_numpy(np.float64)), min(WIDEST, REACH / np.sqrt(len(nodes)))).T
    arrays |= {"x": x.astype(np.float32), "y": y.astype(np.float32)}
    arrays |= {"source": source.astype(np.uint32), "target": target.astype(np.uint32)}
    return packed(header, arrays | {f"graph{i}": graph.weights for i, graph in enumerate(made)})


def of_links(name: str, title: str, links: Float[np.ndarray, "r u"], signatures: Float[np.ndarray, "r s"], layers: int, **more: Any) -> bytes:
    """Return a circuit for the browser that no store holds, such as the static graph of a conditional one.

    Args:
        name: What it is known by.
        title: What it is called.
        links: P, receivers (processors, then outputs) x processors.
        signatures: Of all modules, which say where they stand.
        layers: Rounds of messages.
        more: Goes into the header.
    """
    n, u = links.shape
    own = np.clip(links[:u], 0, 1)
    target, source = np.nonzero(~np.eye(n, u, dtype=bool))
    values = links[target, source].astype(np.float32)
    graph = Graph("link", "link", None, "", None, values, len(values), float(values.sum()))
    header = {
        "title": title, "source": "network", "dataset": None, "prior": None, "seed": None, "modules": u, "outputs": n - u, "layers": layers,
        "metrics": {}, "name": name, "identity": name, "classes": [], "view": {}, "behind": "", "later": [], "labels": [""] * n, "responds": [""] * n,
        "graphs": [graph.said], **more,
    }  # fmt: skip
    none = np.full(n, np.nan, np.float32)
    degree, community = none.copy(), none.copy()
    degree[:u], community[:u] = graphs.degrees(own), graphs.communities(own)
    directions = signatures / np.linalg.norm(signatures, axis=1, keepdims=True)
    x, y = layout.spread(layout.plane(directions.astype(np.float64)), min(WIDEST, REACH / np.sqrt(n))).T
    return packed(header, {
        "degree": degree, "attention": none, "ablation": none, "code_norm": none, "community": community, "x": x.astype(np.float32),
        "y": y.astype(np.float32), "source": source.astype(np.uint32), "target": target.astype(np.uint32), "graph0": values,
    })  # fmt: skip


def dressed(block: bytes, **more: Any) -> bytes:
    """Return a block with more in its header: `start` (the view to begin with, as JSON), `input` (what can be asked live)."""
    header, arrays = unpacked(block)
    return packed(header | more, arrays)


def parted(block: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return a block without the values of its graphs but the first, and those by name (graph1, …, float32): to be read when they are drawn."""
    header, arrays = unpacked(block)
    later = {name: one for name, one in arrays.items() if name.startswith("graph") and name != "graph0"}
    first = {name: one for name, one in arrays.items() if name not in later}
    return packed(header, first), {name: one.astype("<f4").tobytes() for name, one in later.items()}


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return header and arrays (float32 or uint32) as one block."""
    told = {**header, "arrays": [[name, "u4" if one.dtype.kind == "u" else "f4", len(one)] for name, one in arrays.items()]}
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    sent = (one.astype("<u4" if one.dtype.kind == "u" else "<f4").tobytes() for one in arrays.values())
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *sent])


def unpacked(block: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return header and arrays of a block."""
    length = struct.unpack_from("<I", block, len(MAGIC))[0]
    at = len(MAGIC) + 4 + length
    header = json.loads(block[len(MAGIC) + 4 : at])
    found = {}
    for name, kind, size in header.pop("arrays"):
        found[name] = np.frombuffer(block, f"<{kind}", size, at)
        at += 4 * size
    return header, found


def _sum(shown: views.Shown) -> float:
    here = float(shown.edges["weight"].sum())
    return here / shown.weight_share if shown.weight_share > 0 else here


def _others(known: Mapping[str, Any]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return attention and the links over training, as far as there is room, and what header says of the graphs that stay behind."""
    where = f"circuit = $circuit AND run = $run AND ({_OTHERS})"
    asked = {"circuit": known["circuit"], "run": known["run"]}
    counts = store.query(
        f"SELECT kind, layer, slice, step, count(*) AS n FROM circuit_edges_all WHERE {where} GROUP BY ALL ORDER BY step, slice, layer", asked
    )
    plain = (counts["slice"] == "") & counts["step"].isna()
    sent = next(
        part for part in (plain | True, plain, plain & False) if counts["n"][part].sum() <= MOST_VALUES and not (counts["n"][part] > MOST_EDGES).any()
    )
    where += "" if sent.all() else " AND slice = '' AND step IS NULL" if sent.any() else " AND false"
    found = store.query(f"SELECT kind, layer, slice, step, source, target, weight FROM circuit_edges_all WHERE {where}", asked)
    return found, _later(counts[~sent], known["layers"])


def _later(counts: pd.DataFrame, layers: int) -> list[dict[str, Any]]:
    """Return what is said of graphs that stay behind: each layer's, and of attention the mean over layers."""
    attention, history = counts[counts["kind"] == "attention"], counts[counts["kind"] == "link"]
    found = []
    for slice_, mine in attention.groupby("slice"):
        end = f".{slice_}" if slice_ else ""
        mean = [(f"attention{end}", None)] if layers > 1 else []
        each = [(f"attention.{layer}{end}", layer) for layer in sorted(map(int, mine["layer"]))]
        found += [{"key": key, "kind": "attention", "layer": layer, "slice": str(slice_), "step": None} for key, layer in mean + each]
    steps = sorted(map(int, history["step"]))
    return found + [{"key": f"link@{step}", "kind": "link", "layer": None, "slice": "", "step": step} for step in steps]


def graph(circuit: str, kind: str, layer: int | None = None, slice_: str = "", step: int | None = None) -> bytes:
    """Return one of a circuit's graphs by itself, its strongest edges, as a block: source, target, graph0; the header counts all its edges.

    Raises:
        UserError: as `views.edges`.
    """
    shown = views.edges(circuit, kind=kind, layer=layer, slice_=slice_, step=step, most=MOST_EDGES)
    arrays = {name: shown.edges[name].to_numpy(np.uint32) for name in ("source", "target")}
    return packed({"total": shown.total, "weight": round(_sum(shown), 6)}, arrays | {"graph0": shown.edges["weight"].to_numpy(np.float32)})


def _codes(links: pd.DataFrame, others: pd.DataFrame, n: int) -> Int[np.ndarray, " edges"]:
    """Return all edges of all graphs as numbers: target x n + source."""
    return np.unique(np.concatenate([_code(links, n), _code(others, n)]))


def _code(edges: pd.DataFrame, n: int) -> Int[np.ndarray, " edges"]:
    return edges["target"].to_numpy(np.int64) * n + edges["source"].to_numpy(np.int64)


def _graph(
    key: str, kind: str, layer: int | None, slice_: str, step: int | None, edges: pd.DataFrame, codes: Int[np.ndarray, " edges"], n: int,
    total: int | None = None, weight: float | None = None,
) -> Graph:  # fmt: skip
    values = np.full(len(codes), np.nan, np.float32)
    values[np.searchsorted(codes, _code(edges, n))] = edges["weight"]
    return Graph(
        key, kind, layer, slice_, step, values, len(edges) if total is None else total, float(edges["weight"].sum()) if weight is None else weight
    )


def _measured(others: pd.DataFrame, codes: Int[np.ndarray, " edges"], n: int, layers: int) -> list[Graph]:
    """Return attention as a mean over layers and layer by layer, over all examples and by class, and links over training."""
    found = []
    attention, history = others[others["kind"] == "attention"], others[others["kind"] == "link"]
    for slice_, mine in attention.groupby("slice"):
        end = f".{slice_}" if slice_ else ""
        within = mine[mine["layer"] < layers]
        if layers > 1:
            mean = pd.DataFrame(within.groupby(["source", "target"], as_index=False)["weight"].mean())
            found.append(_graph(f"attention{end}", "attention", None, str(slice_), None, mean, codes, n))
        for layer in sorted(int(one) for one in mine["layer"].unique()):
            edges = mine[mine["layer"] == layer]
            found.append(_graph(f"attention.{layer}{end}", "attention", layer, str(slice_), None, edges, codes, n))
    steps = sorted(int(one) for one in history["step"].unique())
    found += [_graph(f"link@{step}", "link", None, "", step, history[history["step"] == step], codes, n) for step in steps]
    return found


def _framed(places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Return places within -1..1, their shape kept: as they are where they fit and fill it, for signatures do; a file may have any scale."""
    low, high = places.min(0), places.max(0)
    half = float((high - low).max()) / 2
    if half == 0 or (np.abs(places).max() <= 1 and half > TIGHT):
        return places
    return (places - (low + high) / 2) / half


def _texts(column: pd.Series) -> list[str]:
    return ["" if pd.isna(one) else str(one) for one in column]


def _numbers(column: pd.Series) -> Float[np.ndarray, " n"]:
    return column.to_numpy(np.float32, na_value=np.nan)
