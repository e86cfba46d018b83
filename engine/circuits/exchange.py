"""Circuits out and in: JSON in a versioned schema, GraphML, edge tables. What comes from outside is checked before it is believed."""

import json
import math
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
from jaxtyping import Float

from engine import errors, hashing, provenance, rows, safety, store
from engine.circuits import views
from engine.circuits.document import MOST_EDGES, MOST_NODES, SCHEMA, VERSION, Document
from engine.metrics import graphs
from engine.stats import layout

MOST_BY_LINKS = 150  # modules that are placed by who they are linked to; more of them by their communities, which would cover each other
LARGEST_FILE = 200 * 2**20
SUFFIXES = (".json", ".graphml", ".parquet", ".csv", ".tsv")
_GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
_NODE_COLUMNS = ("role", "x", "y", "community", "degree", "attention", "ablation", "code_norm", "responds", "label")
_KINDS = {"role": "string", "responds": "string", "label": "string", "community": "long"}


@dataclass(frozen=True)
class Brought:
    """A circuit that was read from a file, checked, its modules numbered from 0 with processors first."""

    nodes: pd.DataFrame  # node, name, and what is known of each
    links: pd.DataFrame  # source, target, weight
    attention: pd.DataFrame  # layer, source, target, weight
    meta: Mapping[str, Any] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what a person should know about how the file was read


def to_json(circuit: str, *, view: Mapping[str, Any] | None = None) -> bytes:
    """Return a stored circuit as JSON, schema version 1: nodes, links, mean attention a layer, pruning curves, and the view to restore."""
    known = views.about(circuit)
    document = {
        "schema": SCHEMA, "version": VERSION,
        "meta": {
            "model": circuit, "title": known["title"], "dataset": known["dataset"], "seed": known["seed"], "U": known["modules"],
            "O": known["outputs"], "L": known["layers"], "prior": known["prior"], "digest": known["digest"], **known["about"],
            "metrics": known["metrics"], "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        "nodes": [_node(row) for row in views.nodes(circuit).to_dict("records")],
        "static_edges": _listed(views.edges(circuit, most=None).edges, "p"),
        "layers": [{"l": layer, "edges": _listed(found, "w")} for layer, found in _layers(circuit, known["layers"])],
        "pruning": _pruning(circuit),
        "view": dict(view if view is not None else known["view"]),
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _node(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: None if pd.isna(value) else value for name, value in row.items()}
    said: dict[str, Any] = {"id": int(row["node"]), "role": row["role"], "sig2d": [round(float(row["x"]), 5), round(float(row["y"]), 5)]}
    rest = {name: plain[name] for name in _NODE_COLUMNS if name not in {"role", "x", "y"} and plain[name] is not None}
    return said | {name: int(value or 0) if name == "community" else value for name, value in rest.items()}


def _listed(edges: pd.DataFrame, value: str) -> list[dict[str, Any]]:
    columns = zip(edges["source"].tolist(), edges["target"].tolist(), edges["weight"].tolist(), strict=True)
    return [{"s": s, "t": t, value: w} for s, t, w in columns]


def _layers(circuit: str, layers: int) -> list[tuple[int, pd.DataFrame]]:
    """Return the attention of each layer and the read-out; nothing where none is stored."""
    try:
        return [(layer, views.edges(circuit, kind="attention", layer=layer, most=None).edges) for layer in range(layers + 1)]
    except errors.UserError:
        return []


def _pruning(circuit: str) -> dict[str, Any]:
    """Return the curves by ranking; nothing where the circuit was not pruned."""
    try:
        found = views.curves(circuit)
    except errors.UserError:
        return {}
    columns = ["kept", "removed", "density", "dataset", "shift", "strength", "accuracy", "low", "high", "n", "milliseconds"]
    told = found.astype(object).where(found.notna(), None)
    return {str(ranking): mine[columns].to_dict("list") for ranking, mine in told.groupby("ranking")}


def to_graphml(circuit: str) -> bytes:
    """Return a stored circuit as GraphML: directed, the same numbers as ids, `weight` = link probability, node attributes flat."""
    root = ET.Element("graphml", {"xmlns": _GRAPHML[1:-1]})
    for name in _NODE_COLUMNS:
        ET.SubElement(root, "key", {"id": name, "for": "node", "attr.name": name, "attr.type": _KINDS.get(name, "double")})
    ET.SubElement(root, "key", {"id": "weight", "for": "edge", "attr.name": "weight", "attr.type": "double"})
    graph = ET.SubElement(root, "graph", {"id": circuit, "edgedefault": "directed"})
    for row in views.nodes(circuit).to_dict("records"):
        node = ET.SubElement(graph, "node", {"id": str(row["node"])})
        for name in _NODE_COLUMNS:
            if not pd.isna(row[name]):
                ET.SubElement(node, "data", {"key": name}).text = str(int(row[name]) if name == "community" else row[name])
    for source, target, weight in views.edges(circuit, most=None).edges.itertuples(index=False):
        edge = ET.SubElement(graph, "edge", {"source": str(source), "target": str(target)})
        ET.SubElement(edge, "data", {"key": "weight"}).text = repr(float(weight))
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def to_parquet(circuit: str, **graph: Any) -> bytes:
    """Return one of a circuit's graphs as a Parquet table: source, target, weight; `graph` is as in `views.edges`."""
    return store.parquet_bytes(views.edges(circuit, most=None, **graph).edges)


def to_csv(circuit: str, **graph: Any) -> bytes:
    """Return one of a circuit's graphs as CSV, with the columns of `to_parquet`."""
    return store.csv_bytes(views.edges(circuit, most=None, **graph).edges)


def read(path: Path) -> Brought:
    """Return the circuit in a file: JSON of the schema, GraphML, or a table of edges (source, target, weight, optionally layer).

    Raises:
        UserError: for a file of another kind, too large, cut short, or whose edges name modules that are not there.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise errors.UserError(f"“{path.name}” is no circuit that can be read.", f"Bring a file ending in {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise errors.UserError(f"There is no file {path}.", "Check the path.")
    safety.check_size(path, LARGEST_FILE)
    if suffix == ".json":
        return _from_json(path)
    return _from_graphml(path) if suffix == ".graphml" else _from_table(path)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise errors.UserError(f"{path.name} cannot be read as text: {problem}.", "Save it as UTF-8.") from problem


def _from_json(path: Path) -> Brought:
    text = _text(path)
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise errors.UserError(f"{path.name} is not JSON: {problem}.", "It may be cut short; write it again.") from problem
    said = content.get("version") if isinstance(content, dict) and content.get("schema") == SCHEMA else None
    if isinstance(said, int) and said > VERSION:
        raise errors.UserError(f"{path.name} is of schema version {said}; this program reads version {VERSION}.", "Export it in that version.")
    try:
        document = Document.model_validate(content)
    except pydantic.ValidationError as problem:
        raise _unlike(path.name, problem) from problem
    nodes, number = _numbered([one.model_dump() | {"id": str(one.id)} for one in document.nodes])
    links = _edges([(str(e.s), str(e.t), e.p) for e in document.static_edges], number)
    layers = [_edges([(str(e.s), str(e.t), e.w) for e in layer.edges], number).assign(layer=layer.l) for layer in document.layers]
    attention = pd.concat(layers, ignore_index=True) if layers else links.iloc[:0].assign(layer=0)
    view, strange = _restored(document.view, number)
    return _checked(Brought(nodes, links, attention, document.meta, view, _own([(str(e.s), str(e.t)) for e in document.static_edges]) + strange))


def _restored(view: Mapping[str, Any], number: Mapping[str, int]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a view with its modules as numbers, whether it names them by id or by number, and a note on those that are not there."""
    strange: list[str] = []

    def known(told: object) -> list[int]:
        found = [number.get(str(one), one) for one in told] if isinstance(told, list) else []
        strange.extend(str(one) for one in found if not _numbers(one, number))
        return [one for one in found if _numbers(one, number)]

    made = {name: known(value) if name in {"pins", "hidden"} else value for name, value in view.items()}
    if isinstance(groups := made.get("groups"), list):
        made["groups"] = [{**one, "members": known(one.get("members"))} for one in groups if isinstance(one, dict)]
    if isinstance(notes := made.get("notes"), dict):
        made["notes"] = {
            str(i): text for name, text in notes.items() for i in known([int(name) if name.isdecimal() and name not in number else name])
        }
    said = f"The view names modules that are not there, which are left out: {safety.few(strange)}."
    return made, ((said,) if strange else ())


def _numbers(one: object, number: Mapping[str, int]) -> bool:
    return isinstance(one, int) and not isinstance(one, bool) and 0 <= one < len(number)


def _unlike(file: str, problem: pydantic.ValidationError) -> errors.UserError:
    """Return what a JSON file does not say as the schema asks: the first places and what is wrong there."""
    every = problem.errors()
    if not every[0]["loc"]:
        return errors.UserError(f"{file} is no circuit of schema {SCHEMA} {VERSION}.", "A circuit is an object with schema, version and nodes.")
    said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg'][:1].lower()}{one['msg'][1:]}" for one in every[:3])
    more = f"; and {len(every) - 3:,} more" if len(every) > 3 else ""
    way = "Correct what is named, counted from 0 (nodes.2 is the third of the nodes); the fields stand under “How a circuit from outside is written”."
    return errors.UserError(f"{file} is no circuit of schema {SCHEMA} {VERSION}: {safety.shown(said, 600)}{more}.", way)


def _from_graphml(path: Path) -> Brought:
    text = _text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise errors.UserError(f"{path.name} declares a document type or entities, which are refused.", "Export it as plain GraphML.")
    try:
        root = ET.fromstring(text)  # noqa: S314  entities are refused above
    except ET.ParseError as problem:
        raise errors.UserError(f"{path.name} is not XML: {problem}.", "It may be cut short; write it again.") from problem
    graph = root.find(f"{_GRAPHML}graph")
    if root.tag != f"{_GRAPHML}graphml" or graph is None:
        raise errors.UserError(f"{path.name} is XML, but no GraphML with a graph.", "Export it as GraphML.")
    names = {key.get("id"): key.get("attr.name") for key in root.iter(f"{_GRAPHML}key")}
    told = [{"id": node.get("id"), **_data(node, names)} for node in graph.iter(f"{_GRAPHML}node")]
    nodes, number = _numbered([_typed(one) for one in told])
    found, undirected, weighed = [], graph.get("edgedefault") == "undirected", False
    for edge in graph.iter(f"{_GRAPHML}edge"):
        data = _data(edge, names)
        weighed |= not data.keys().isdisjoint({"weight", "p"})
        weight = _number(data.get("weight", data.get("p", "1")), path.name)
        found.append((str(edge.get("source")), str(edge.get("target")), weight))
        if edge.get("directed", "false" if undirected else "true") == "false":
            found.append((found[-1][1], found[-1][0], weight))
    links = _edges(found, number)
    notes = () if weighed or not found else ("No edge says a weight (or p), so each counts as 1.",)
    notes += ("The graph is undirected: each edge is read both ways.",) if undirected else ()
    meta = {"model": str(graph.get("id") or path.stem)}
    attention = links.iloc[:0].assign(layer=0)
    return _checked(Brought(nodes, _probabilities(links, path.name), attention, meta, notes=notes + _own([(s, t) for s, t, _ in found])))


def _data(element: ET.Element, names: Mapping[str | None, str | None]) -> dict[str, str]:
    return {str(names.get(one.get("key")) or one.get("key")): one.text or "" for one in element.findall(f"{_GRAPHML}data")}


def _typed(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a GraphML node's attributes as numbers where they are; what cannot be read is left out."""
    found: dict[str, Any] = {"id": told["id"], "role": told.get("role") if told.get("role") in {"processor", "output"} else "processor"}
    for name in _NODE_COLUMNS[1:]:
        if name in told:
            value: Any = told[name]
            if name not in {"responds", "label"}:
                try:
                    value = float(value)
                except ValueError:
                    continue
            found[name] = int(value) if name == "community" else value
    if "x" in found and "y" in found:
        found["sig2d"] = (found["x"], found["y"])
    return found


def _number(text: str, file: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise errors.UserError(f"{file} gives an edge the weight “{text[:40]}”.", "Weights are numbers.")
    return value


def _from_table(path: Path) -> Brought:
    found = store.read_table(path, text=("source", "target"))
    if lacking := [name for name in ("source", "target", "weight") if name not in found.columns]:
        raise errors.UserError(f"{path.name} lacks the columns {', '.join(lacking)}.", "An edge table has source, target, weight, optionally layer.")
    if len(found) > MOST_EDGES:
        raise errors.UserError(f"{path.name} has {len(found):,} edges.", f"Bring at most {MOST_EDGES:,}.")
    weights = pd.to_numeric(found["weight"], errors="coerce")
    if not np.isfinite(weights).all():
        raise errors.UserError(f"{path.name} gives an edge a weight that is no number.", "Weights are numbers.")
    ends = [found[name].astype(str).tolist() for name in ("source", "target")]
    known = sorted(set(ends[0]) | set(ends[1]), key=lambda one: (not one.isdigit(), int(one) if one.isdigit() else 0, one))
    nodes, number = _numbered([{"id": one, "role": "processor"} for one in known])
    edges = _edges(list(zip(*ends, weights.astype(float).tolist(), strict=True)), number)
    own = _own(list(zip(*ends, strict=True)))
    if "layer" not in found.columns:
        return _checked(Brought(nodes, _probabilities(edges, path.name), edges.iloc[:0].assign(layer=0), {"model": path.stem}, notes=own))
    layer = pd.to_numeric(found["layer"], errors="coerce")
    if layer.isna().any() or (layer < 0).any():
        raise errors.UserError(f"{path.name} has an edge without a layer's number.", "Layers count from 0.")
    apart = found["source"].astype(str).to_numpy() != found["target"].astype(str).to_numpy()  # rows that `_edges` keeps
    attention = edges.assign(layer=layer[apart].astype(int).to_numpy())
    mean = pd.DataFrame(attention.groupby(["source", "target"], as_index=False)["weight"].mean())
    own += ("Links are means over the layers of the table, where an edge is told.",)
    return _checked(Brought(nodes, _probabilities(mean, path.name), attention, {"model": path.stem}, notes=own))


def _numbered(told: Sequence[Mapping[str, Any]]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return nodes with numbers from 0, processors first, and the number of each id; raises UserError for ids that are doubled or missing."""
    if not 1 <= len(told) <= MOST_NODES:
        raise errors.UserError(f"This circuit has {len(told):,} modules.", f"Bring 1 to {MOST_NODES:,}.")
    ordered = sorted(told, key=lambda one: one["role"] == "output")
    number = {str(one["id"]): i for i, one in enumerate(ordered)}
    if lacking := sum(one["id"] is None for one in told):
        raise errors.UserError(
            f"{lacking:,} of {len(told):,} modules {'has' if lacking == 1 else 'have'} no id.", "Give each module an id of its own."
        )
    if len(number) < len(told):
        twice, _ = Counter(str(one["id"]) for one in told).most_common(1)[0]
        raise errors.UserError(f"Two modules have the same id, “{safety.shown(twice)}”.", "Give each module an id of its own.")
    frame = pd.DataFrame([{"node": i, "name": str(one["id"]), **{k: one.get(k) for k in (*_NODE_COLUMNS, "sig2d")}} for i, one in enumerate(ordered)])
    return frame, number


def _edges(told: Sequence[tuple[str, str, float]], number: Mapping[str, int]) -> pd.DataFrame:
    if strange := next((end for s, t, _ in told for end in (s, t) if end not in number), None):
        raise errors.UserError(
            f"An edge names the module “{safety.shown(strange)}”, which is not among the nodes.", "Name it there, or drop the edge."
        )
    columns = zip(*told, strict=True) if told else ((), (), ())
    source, target, weight = (list(column) for column in columns)
    found = pd.DataFrame({
        "source": np.array([number[s] for s in source], np.int64), "target": np.array([number[t] for t in target], np.int64),
        "weight": np.array(weight, np.float64),
    })  # fmt: skip
    return found[found["source"] != found["target"]].reset_index(drop=True)


def _own(ends: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return a note on links of modules to themselves, which are left out; nothing where there is none."""
    n = sum(source == target for source, target in ends)
    return (f"{n:,} link{'s' * (n > 1)} of modules to themselves {'are' if n > 1 else 'is'} left out.",) if n else ()


def _checked(found: Brought) -> Brought:
    """Return a circuit as it is; raises UserError where two edges of one graph lead from and to the same modules."""
    for edges, by in ((found.links, ["source", "target"]), (found.attention, ["layer", "source", "target"])):
        if (twice := edges.duplicated(by)).any():
            names = [str(found.nodes["name"][int(edges[end][twice].iloc[0])]) for end in ("source", "target")]
            raise errors.UserError(f"Two edges lead from “{safety.shown(names[0])}” to “{safety.shown(names[1])}”.", "Write one, with one weight.")
    return found


def _probabilities(links: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return links with weights in 0..1; raises UserError for others, for a link is as likely as its value says."""
    if len(links) and not links["weight"].between(0, 1).all():
        low, high = links["weight"].min(), links["weight"].max()
        way = "Scale them to 0 to 1, for links are probabilities; or write JSON with these weights as `w` of a layer, where any number may stand."
        raise errors.UserError(f"{file} has link weights from {low:g} to {high:g}.", way)
    return links


def bring(path: Path, name: str = "") -> str:
    """Store the circuit of a file and return the name it has now; a circuit of the same name is superseded.

    Raises:
        UserError: as `read`, and for the name of a circuit that was observed here.
    """
    found = read(path)
    circuit = safety.slug(name or str(found.meta.get("model") or path.stem)) or "circuit"
    known = views.listing()
    if not known.empty and ((known["circuit"] == circuit) & (known["source"] == "network")).any():
        circuit = safety.slug(f"{circuit}-brought")
    keep(circuit, found, hashing.of_file(path))
    return circuit


def keep(circuit: str, found: Brought, digest: str) -> None:
    """Write a circuit into the store as a finished run of its own."""
    u = int((found.nodes["role"] != "output").sum())
    matrix = _matrix(found, u)
    layers = int(found.attention["layer"].max()) if len(found.attention) else 0
    measured = graphs.every(matrix[:u]) if u > 1 else {}
    meta = {**found.meta, **({"notes": found.notes} if found.notes else {})}
    row = rows.Circuit(
        circuit, str(found.meta.get("title") or circuit)[:200], "brought", digest, u, len(found.nodes) - u, layers,
        _short(found.meta.get("dataset")), _short(found.meta.get("prior")), found.meta["seed"] if isinstance(found.meta.get("seed"), int) else None,
        json.dumps(meta, default=str), json.dumps({k: None if math.isnan(v) else round(v, 6) for k, v in measured.items()}),
        json.dumps(dict(found.view)),
    )  # fmt: skip
    blocks = [
        store.block(rows.Circuit, [row]), store.block(rows.CircuitNode, _node_rows(circuit, found, matrix, u)),
        _block(circuit, "link", None, found.links),
        *(_block(circuit, "attention", layer, found.attention[found.attention["layer"] == layer]) for layer in _counted(found.attention)),
    ]  # fmt: skip
    _store(circuit, blocks)


def _counted(attention: pd.DataFrame) -> list[int]:
    """Return the layers that attention is told of."""
    return sorted(map(int, attention["layer"].unique().tolist()))


def _short(value: object) -> str | None:
    return None if value is None else str(value)[:200]


def _matrix(found: Brought, processors: int) -> Float[np.ndarray, "r u"]:
    matrix = np.eye(len(found.nodes), processors)
    inside = found.links[found.links["source"] < processors]
    matrix[inside["target"], inside["source"]] = inside["weight"].clip(0, 1)
    return matrix


def _node_rows(circuit: str, found: Brought, matrix: Float[np.ndarray, "r u"], u: int) -> list[rows.CircuitNode]:
    """Return rows of nodes; places that the file does not give come from who is linked to whom."""
    told = found.nodes.astype(object).where(found.nodes.notna(), None).to_dict("records")
    placed = all(one["sig2d"] is not None for one in told)
    group, degree = (graphs.communities(matrix[:u]), graphs.degrees(matrix[:u])) if u > 1 else (np.zeros(u, int), np.zeros(u))
    if placed:
        places = np.array([one["sig2d"] for one in told], np.float64)
    elif len(told) <= MOST_BY_LINKS:
        places = layout.plane(matrix)
    else:
        outputs = np.full(len(told) - u, group.max(initial=0) + 1, np.int64)
        places = layout.by_groups(np.concatenate([group, outputs]), np.concatenate([degree, np.ones(len(outputs))]))
    found_rows = []
    for i, one in enumerate(told):
        inside = i < u
        known = {name: None if one[name] is None else float(one[name]) for name in ("attention", "ablation", "code_norm")}
        community = int(one["community"]) if one["community"] is not None else int(group[i]) if inside else None
        label = _short(one["label"]) or (str(one["name"]) if one["name"] != str(i) else None)
        found_rows.append(rows.CircuitNode(
            circuit, i, str(one["role"]), float(places[i, 0]), float(places[i, 1]), community, float(degree[i]) if inside else None,
            known["attention"], known["ablation"], known["code_norm"], _short(one["responds"]), label,
        ))  # fmt: skip
    return found_rows


def _block(circuit: str, kind: str, layer: int | None, edges: pd.DataFrame) -> rows.Block:
    columns = {name: edges[name].to_numpy() for name in ("source", "target", "weight")}
    return rows.Block(rows.CircuitEdge, {"circuit": circuit, "kind": kind, "layer": layer, "slice": "", "step": None, **columns}, len(edges))


def _store(circuit: str, blocks: Sequence[rows.Block]) -> None:
    now = datetime.now(UTC)
    run = f"circuit-{now:%Y%m%dT%H%M%S%f}-{hashing.of_parts(circuit)[:8]}"
    writer = store.Writer(run)
    writer.append(blocks)
    revision, dirty = provenance.code()
    writer.finish(rows.Run(
        run=run, study="circuits", title=f"Brought circuit {circuit}", spec=json.dumps({"study": "circuits", "brought": circuit}), state="done",
        seed=0, created=now, started=now, finished=datetime.now(UTC), seconds=(datetime.now(UTC) - now).total_seconds(), cells=1, images=0,
        device="cpu", code_revision=revision, code_dirty=dirty, packages=provenance.packages(), machine=provenance.machine(), error=None,
    ))  # fmt: skip


def view_of(text: str) -> dict[str, Any] | None:
    """Return a view as the viewer writes it into an address (JSON); None where there is none or it cannot be read."""
    try:
        said = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
