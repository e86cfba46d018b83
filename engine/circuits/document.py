"""A circuit in JSON, schema touchstone.circuit version 1: what a file may hold, what each field means, and an example. Nothing is stored here."""

import json
from collections.abc import Iterator
from typing import Any, Literal

import pandas as pd
import pydantic

SCHEMA, VERSION = "touchstone.circuit", 1
MOST_NODES, MOST_EDGES = 5_000, 5_000_000
EXAMPLE = """{
  "schema": "touchstone.circuit",
  "version": 1,
  "meta": {"model": "by-hand", "title": "A circuit by hand"},
  "nodes": [
    {"id": "edges", "sig2d": [-0.6, 0.2], "label": "sees edges"},
    {"id": "loops", "sig2d": [0.1, 0.7], "responds": "8"},
    {"id": "strokes", "sig2d": [0.5, -0.3]},
    {"id": "answer", "role": "output", "sig2d": [0.9, 0.4]}
  ],
  "static_edges": [
    {"s": "edges", "t": "loops", "p": 0.9},
    {"s": "edges", "t": "strokes", "p": 0.4},
    {"s": "loops", "t": "answer", "p": 1},
    {"s": "strokes", "t": "answer", "p": 0.7}
  ],
  "layers": [
    {"l": 0, "edges": [{"s": "edges", "t": "loops", "w": 0.55}, {"s": "edges", "t": "strokes", "w": 0.2}]},
    {"l": 1, "edges": [{"s": "loops", "t": "answer", "w": 0.8}, {"s": "strokes", "t": "answer", "w": 0.2}]}
  ],
  "view": {"pins": ["loops"], "notes": {"loops": "closed curves"}, "groups": [{"name": "shapes", "members": ["loops", "strokes"], "closed": false}]}
}
"""


class Part(pydantic.BaseModel):
    """A part of a file; what else it says is passed over."""

    model_config = pydantic.ConfigDict(extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True)


class Node(Part):
    """nodes: a module."""

    id: int | str
    """Its name, unlike any other's. In the viewer modules are numbered from 0 in the order of the file, outputs last."""
    role: Literal["processor", "output", "input"] = "processor"
    """An output module hears others and is heard by none; input counts as processor."""
    sig2d: tuple[float, float] | None = None
    """Where it stands, x and y; their scale is free. Where one module has no place, all are placed by their links, more than 150 by community."""
    degree: float | None = None
    """Passed over: it is computed from the links."""
    community: int | None = None
    """Its group, from 0; else found from the links."""
    ablation: float | None = None
    """Rise of the loss without it, in nats."""
    attention: float | None = None
    """Attention it receives."""
    code_norm: float | None = None
    """Length of its code."""
    responds: str | None = pydantic.Field(default=None, max_length=200)
    """The class it responds to most."""
    label: str | None = pydantic.Field(default=None, max_length=200)
    """What it is called in the picture; else its id."""


class Link(Part):
    """static_edges: a link, part of the network and the same for every input."""

    s: int | str
    """The module that is heard."""
    t: int | str
    """The module that listens."""
    p: float = pydantic.Field(ge=0, le=1)
    """Its probability, 0 to 1."""


class Weighted(Part):
    """layers, edges: how much one module attends to another in a layer."""

    s: int | str
    """The module that is heard."""
    t: int | str
    """The module that listens."""
    w: float
    """Mean attention, or any weight; below 0 is drawn dashed."""


class Layer(Part):
    """layers: attention in one layer."""

    l: int = pydantic.Field(ge=0, lt=1000)  # noqa: E741  the schema's name
    """Its number from 0; the last one is the read-out, into output modules."""
    edges: list[Weighted] = []
    """Its edges."""


class Document(Part):
    """The file."""

    schema_: Literal["touchstone.circuit"] = pydantic.Field(alias="schema")
    """Always touchstone.circuit."""
    version: Literal[1]
    """Always 1."""
    meta: dict[str, Any] = {}
    """What is told of the circuit: model (its name here), title, dataset, prior, seed; anything else is kept."""
    nodes: list[Node] = pydantic.Field(min_length=1, max_length=MOST_NODES)
    """Modules."""
    static_edges: list[Link] = pydantic.Field(default=[], max_length=MOST_EDGES)
    """Links; those of a module to itself are left out."""
    layers: list[Layer] = pydantic.Field(default=[], max_length=1000)
    """Attention layer by layer; may be left out."""
    view: dict[str, Any] = {}
    """What the viewer restores, modules by id or number: graph, threshold, most, pins, hidden, isolate, groups, notes, window."""


def fields() -> pd.DataFrame:
    """Return one row a field of the schema: part of the file, field, whether it must be there, what it means."""
    return pd.DataFrame(list(_fields()))


def _fields() -> Iterator[dict[str, Any]]:
    for part in (Document, Node, Link, Layer, Weighted):
        where = str(part.__doc__).partition(":")[0].rstrip(".")
        for name, field in part.model_fields.items():
            yield {"part": where, "field": field.alias or name, "needed": "yes" if field.is_required() else "", "meaning": field.description or ""}


def schema() -> bytes:
    """Return the schema as JSON Schema, for editors and validators."""
    return json.dumps(Document.model_json_schema(by_alias=True), ensure_ascii=False, indent=1).encode()
