"""Circuits from outside: what is read, what is made of it, where its modules stand, and what is refused with a sentence."""

import json

import numpy as np
import pandas as pd
import pytest

from engine import errors
from engine.circuits import document, exchange, findings, picture, views
from tests.browser import _circuits


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with nothing in it."""
    folder = tmp_path_factory.mktemp("brought")
    patch = _circuits.homed(folder)
    yield folder
    patch.undo()


def test_an_edge_table_is_a_circuit_too(home, tmp_path):
    file = tmp_path / "edges.csv"
    file.write_text("source,target,weight\na,b,0.5\nb,c,0.25\nc,a,1\n")
    name = exchange.bring(file)
    assert views.about(name)["modules"] == 3
    assert views.links(name).sum() == pytest.approx(3 + 1.75)
    assert set(views.nodes(name)["label"]) == {"a", "b", "c"}


@pytest.mark.parametrize(("name", "content", "says"), [
    ("a.json", "{", "not JSON"), ("a.json", "[1]", "no circuit of schema"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 2, "nodes": []}', "version 2"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 1, "nodes": []}', "nodes"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 1, "nodes": [{"id": 0}, {"id": 0}]}', "same id, “0”"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 1, "nodes": [{"label": "eye"}]}', "nodes.0.id: field required"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 1, "nodes": [{"id": 0}], "static_edges": [{"s": 0, "t": 9, "p": 0.5}]}', "module “9”"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 1, "nodes": [{"id": 0}], "static_edges": [{"s": 0, "t": 0, "p": 1.5}]}', "less than"),
    ("a.json", '{"schema": "touchstone.circuit", "version": 1, "nodes": [{"id": 0}], "layers": [{"l": 0, "edges": [{"s": 0, "t": 0, "w": NaN}]}]}',
     "finite"),
    ("a.graphml", '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph><node/><node id="1"/></graph></graphml>',
     "1 of 2 modules has no id"),
    ("a.graphml", "<graphml", "not XML"), ("a.graphml", "<svg/>", "no GraphML"),
    ("a.graphml", '<!DOCTYPE x [<!ENTITY a "b">]><graphml/>', "refused"),
    ("a.csv", "from,to\n1,2\n", "lacks the columns source"), ("a.csv", "source,target,weight\n0,1,x\n", "no number"),
    ("a.csv", "source,target,weight\n0,1,7\n", "Scale them"), ("a.csv", "source,target,weight\n0,1,1\n0,1,0.5\n", "Two edges lead from “0”"),
    ("a.txt", "hello", "no circuit that can be read"),
])  # fmt: skip
def test_what_is_no_circuit_is_refused_with_a_sentence(home, tmp_path, name, content, says):
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(errors.UserError, match=says):
        exchange.bring(file)


def test_the_example_of_the_schema_is_read_as_it_says(home, tmp_path):
    file = tmp_path / "by-hand.json"
    file.write_text(document.EXAMPLE)
    name = exchange.bring(file)
    assert name == "by-hand"
    known, nodes = views.about(name), views.nodes(name)
    assert (known["modules"], known["outputs"], known["layers"], known["title"]) == (3, 1, 1, "A circuit by hand")
    assert nodes["label"].tolist() == ["sees edges", "loops", "strokes", "answer"]
    assert views.links(name)[1, 0] == 0.9
    assert views.edges(name, kind="attention", layer=1).edges["weight"].max() == 0.8
    assert (known["view"]["pins"], known["view"]["notes"], known["view"]["groups"][0]["members"]) == ([1], {"1": "closed curves"}, [1, 2])


def test_a_view_names_modules_by_id_or_number_and_what_is_not_there_is_told(home, tmp_path):
    said = json.loads(document.EXAMPLE)
    said["meta"]["model"] = "viewed"
    said["view"] = {"pins": ["answer", 0, "ghost", 9], "hidden": ["loops"], "notes": {"2": "long", "ghost": "boo"}, "groups": ["no group"], "most": 3}
    file = tmp_path / "viewed.json"
    file.write_text(json.dumps(said))
    known = views.about(exchange.bring(file))
    assert known["view"] == {"pins": [3, 0], "hidden": [1], "notes": {"2": "long"}, "groups": [], "most": 3}
    assert known["about"]["notes"] == ["The view names modules that are not there, which are left out: ghost, 9, ghost."]


def test_a_circuit_without_places_that_is_large_stands_by_communities(home, tmp_path):
    file = tmp_path / "cliques.csv"  # 40 cliques of 5, whose two main directions tell only two of them from the others
    inside = [f"{5 * k + i},{5 * k + j},0.9" for k in range(40) for i in range(5) for j in range(5) if i != j]
    file.write_text("\n".join(["source,target,weight", *inside]))
    found = views.nodes(exchange.bring(file))
    assert found["community"].nunique() == 40
    places = found[["x", "y"]].to_numpy(float)
    middles = pd.DataFrame(places).groupby(found["community"].to_numpy()).mean().to_numpy()
    nearest = ((places[:, None] - middles[None]) ** 2).sum(2).argmin(1)
    assert np.array_equal(nearest, np.searchsorted(np.unique(found["community"]), found["community"]))


def test_places_of_any_scale_keep_their_shape_and_modules_that_hear_nobody_are_told(home, tmp_path):
    angles = np.arange(12) * np.pi / 6
    nodes = [{"id": i, "sig2d": [500 + 40 * np.cos(a), 40 * np.sin(a)], "label": f"part {i}"} for i, a in enumerate(angles)]
    nodes += [{"id": "deaf", "role": "output", "sig2d": [500, 0]}, {"id": "hears", "role": "output", "sig2d": [500, 8]}]
    links = [{"s": i, "t": (i + 1) % 12, "p": 0.5} for i in range(12)] + [{"s": 3, "t": "hears", "p": 1}]
    file = tmp_path / "scaled.json"
    file.write_text(json.dumps({"schema": "touchstone.circuit", "version": 1, "nodes": nodes, "static_edges": links}))
    name = exchange.bring(file)
    arrays = picture.unpacked(picture.pack(name))[1]
    assert np.allclose(arrays["x"][:12], np.cos(angles), atol=1e-6)
    assert np.allclose(arrays["y"][:12], np.sin(angles), atol=1e-6)
    said = findings.of_graph(name).replace("\\", "")
    assert "hear nobody: **1** of 2" in said
    assert "Module 0 (part 0) is heard" in said


def test_every_field_of_the_schema_is_told():
    told = document.fields()
    assert (told["meaning"].str.len() > 0).all()
    assert set(told[told["needed"] == "yes"]["field"]) == {"schema", "version", "nodes", "id", "s", "t", "p", "l", "w"}
    assert json.loads(document.schema())["$defs"]["Link"]["properties"]["p"]["maximum"] == 1


def test_a_graph_that_another_program_wrote_comes_in_with_what_was_made_of_it(home, tmp_path):
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph()
    graph.add_edge("eye", "ear", weight=0.5)
    graph.add_edge("ear", "ear", weight=1.0)
    networkx.write_graphml(graph, tmp_path / "other.graphml")
    found = exchange.read(tmp_path / "other.graphml")
    assert found.links[["source", "target", "weight"]].to_numpy().tolist() == [[0, 1, 0.5], [1, 0, 0.5]]
    assert any("read both ways" in note for note in found.notes)
    assert any("to themselves" in note for note in found.notes)
    networkx.write_graphml(networkx.DiGraph([("a", "b")]), tmp_path / "bare.graphml")
    name = exchange.bring(tmp_path / "bare.graphml")
    assert views.links(name)[1, 0] == 1
    assert views.about(name)["about"]["notes"] == ["No edge says a weight (or p), so each counts as 1."]
