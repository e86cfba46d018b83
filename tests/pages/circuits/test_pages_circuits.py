"""The circuits' pages without a browser: findings, what can be chosen, files to bring and take away, empty states."""

import json
import os
import re
import signal

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from engine import ask, control, places
from engine.circuits import exchange, findings, picture, shipping, views
from engine.circuits import spec as asking
from engine.control import workers
from pages.circuits import alone
from pages.parts import routes, server
from tests.browser import _circuits
from tests.pages.parts import asgi

PAGES = ("look", "one_input", "act", "compare")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with one observed and one brought circuit, whose warm process is ended afterwards."""
    folder = tmp_path_factory.mktemp("circuit-pages")
    patch = _circuits.homed(folder)
    _circuits.observed(folder)
    _circuits.drawn(folder, "outside", 12, 60)
    yield folder
    if (number := ask.pid()) is not None:
        os.kill(number, signal.SIGKILL)
        for started in ask._started:
            started.wait(20)
    patch.undo()


def opened(page, **query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=120)
    app.run()
    app.switch_page(f"pages/circuits/{page}.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    assert "our fault" not in words(app)
    return app


def words(app):
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")


def test_a_block_holds_each_graph_over_the_same_edges(home):
    header, arrays = picture.unpacked(picture.pack("small"))
    assert (header["modules"], header["outputs"]) == (8, 2)
    assert [graph["key"] for graph in header["graphs"][:5]] == ["link", "attention", "attention.0", "attention.1", "attention.2"]
    assert {"link@0", "link@10", "link@20"} <= {graph["key"] for graph in header["graphs"]}
    edges = views.edges("small", most=None).edges
    found = {(int(s), int(t)): float(w) for s, t, w in zip(arrays["source"], arrays["target"], arrays["graph0"], strict=True) if not np.isnan(w)}
    assert len(found) == header["graphs"][0]["total"] == len(edges) == 8 * 7 + 2 * 8
    assert all(found[int(s), int(t)] == pytest.approx(w, rel=1e-6) for s, t, w in edges.itertuples(index=False))
    within = header["graphs"].index(next(one for one in header["graphs"] if one["key"] == "attention.0"))
    assert np.isnan(arrays[f"graph{within}"][arrays["target"] >= 8]).all()  # the read-out is a layer of its own


def test_what_stays_behind_of_a_larger_circuit_is_counted(home):
    header, arrays = picture.unpacked(picture.pack("outside", most=20))
    assert (len(arrays["source"]), header["graphs"][0]["total"]) == (20, 60)
    everything = views.edges("outside", most=None).edges["weight"].sum()
    assert header["graphs"][0]["weight"] == pytest.approx(everything, rel=1e-5)


def test_values_of_graphs_lie_apart_in_a_file_until_they_are_drawn(home):
    block = picture.pack("small")
    first, later = picture.parted(block)
    header, arrays = picture.unpacked(block)
    assert set(picture.unpacked(first)[1]) == {name for name in arrays if not name.startswith("graph")} | {"graph0"}
    assert np.array_equal(np.frombuffer(later["graph3"], "<f4"), arrays["graph3"], equal_nan=True)
    assert len(later) == len(header["graphs"]) - 1
    page = alone.page("small").decode()
    assert page.count('type="application/octet-stream"') == len(header["graphs"])


def test_graphs_of_a_large_circuit_stay_behind_and_come_one_by_one(home, monkeypatch):
    monkeypatch.setattr(picture, "MOST_VALUES", 400)  # room for attention over all examples, not by class
    header, _ = picture.unpacked(picture.pack("small"))
    kept, later = ({graph["key"] for graph in header[name]} for name in ("graphs", "later"))
    assert kept == {"link", "attention", "attention.0", "attention.1", "attention.2"}
    assert {"attention.class=3", "attention.2.class=3", "link@10"} <= later
    assert not kept & later
    assert header["behind"]
    monkeypatch.setattr(picture, "MOST_EDGES", 20)
    assert [graph["key"] for graph in picture.unpacked(picture.pack("small"))[0]["graphs"]] == ["link"]
    app = Starlette(routes=server.routes())
    found = asgi.get(app, f"{routes.circuit_url('small')}&kind=attention&layer=0&slice=class%3D3&step=")
    said, arrays = picture.unpacked(found.content)
    expected = views.edges("small", kind="attention", layer=0, slice_="class=3", most=20)
    assert (len(arrays["source"]), said["total"]) == (20, expected.total) == (20, 56)
    assert arrays["graph0"].tolist() == pytest.approx(expected.edges["weight"].tolist())
    assert asgi.get(app, "/ts/circuit/small?t=").status == 403
    assert asgi.get(app, f"{routes.circuit_url('small')}&kind=attention&layer=9").status == 404


def test_modules_stay_where_they_are_whatever_is_asked(home):
    first, second = (picture.unpacked(picture.pack("small", most=most))[1] for most in (10, 60_000))
    assert np.array_equal(first["x"], second["x"])
    assert np.array_equal(first["y"], second["y"])


def test_a_dressed_block_is_the_same_circuit_with_more_to_say(home):
    block = picture.pack("small")
    header, arrays = picture.unpacked(picture.dressed(block, start='{"pins":[1]}'))
    assert header["start"] == '{"pins":[1]}'
    assert header["identity"] == picture.unpacked(block)[0]["identity"]
    assert np.array_equal(arrays["graph0"], picture.unpacked(block)[1]["graph0"], equal_nan=True)


def test_the_finding_counts_the_strong_links(home):
    links = views.links("small")[:8]
    share = float((links[~np.eye(8, dtype=bool)] >= 0.5).mean())
    said = findings.of_graph("small").replace("\u202f", " ")
    assert said.startswith(f"**{100 * share:.3g} %** of the 56 possible links" if share else "**0")
    assert "varies between the 10 classes by" in findings.of_attention("small")
    assert findings.of_attention("outside") == ""
    assert findings.of_pruning("outside") == ""


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_with_what_was_found(home, page):
    app = opened(page, circuit="small")
    said = words(app)
    found = {
        "look": "possible links between 8 modules",
        "one_input": "Attention on an edge varies",
        "act": "modules** (",
        "compare": "most differently",
    }
    assert found[page] in said
    assert any(type(block).__name__ == "UnknownElement" for block in app.main)


def test_look_offers_circuits_from_outside_and_the_others_only_those_that_can_be_asked(home):
    assert set(opened("look").selectbox[0].options) == {"A small circuit", "outside"}
    assert opened("one_input").selectbox[0].options == ["A small circuit"]


def test_metrics_are_named_with_their_meaning(home):
    shown = {metric.label: metric.value for metric in opened("look", circuit="small").metric}
    assert shown["Modules"] == "8 + 2"
    assert set(shown) == {"Modules", "Density", "Strong links", "Modularity", "Degree inequality", "Distance to prior"}
    assert "how likely a module listens to another one" in words(opened("look", circuit="small"))


def test_the_most_different_classes_are_those_whose_stored_attention_is_farthest_apart(home):
    means = {str(k): views.edges("small", kind="attention", slice_=f"class={k}", most=None).edges for k in range(10)}
    means = {k: one.sort_values(["target", "source"])["weight"].to_numpy() for k, one in means.items()}
    apart = {(a, b): np.abs(means[b] - means[a]).mean() for a in means for b in means if a < b}
    assert findings.most_different("small") == max(apart, key=apart.__getitem__)
    assert f"Classes **{findings.most_different('small')[0]}** and" in findings.of_classes("small")
    assert findings.most_different("outside") == ("", "")


def handed(app):
    """Return the header of the block that a page hands to the viewer."""
    (block,) = (one.proto.bytes for one in app.main if type(one).__name__ == "UnknownElement" and one.proto.bytes)
    return picture.unpacked(block)[0]


def test_compare_offers_circuits_of_the_same_size_and_what_the_circuit_takes(home):
    _circuits.drawn(home, "as large", 8, 30, outputs=2)
    offer = handed(opened("compare", circuit="small"))["compare"]
    assert offer["askable"]
    assert [one["name"] for one in offer["others"]] == ["as-large"]  # not the one of twelve modules
    assert "gaussian_noise" in offer["shifts"]
    assert "printed" in offer["sets"]
    assert "mnist" not in offer["sets"]
    assert tuple(offer["telling"]) == findings.most_different("small")
    header = handed(opened("compare", circuit="as-large"))
    brought = header["compare"]
    assert [one["label"] for one in header["tries"]] == ["Are two circuits alike?"]
    assert header["story"] is None
    assert not brought["askable"]
    assert [one["name"] for one in brought["others"]] == ["small"]
    assert brought["examples"] == []


def test_sentences_are_mapped_beside_what_no_training_and_chance_give(home, monkeypatch):
    name = _circuits.conditional(home)
    app = opened("sentences", conditional=name)
    assert re.search(r"explains \*\*[\d.]+ %\*\* of how the links of 156 sentences differ; .* before any training it is [\d.]+ %", words(app))
    header, arrays = picture.unpacked(block(app))
    assert (header["modules"], header["outputs"], header["layers"]) == (5, 4, 3)
    assert header["sentence"]["open"] in header["sentence"]["sentences"]
    assert len(header["sentence"]["sentences"]) == 156
    assert [json.loads(one["view"])["asked"]["sentence"]["beside"] in header["sentence"]["sentences"] for one in header["tries"]] == [True] * 3
    assert len(arrays["graph0"]) == 5 * 4 + 4 * 5
    assert any(link.proto.label == "Circuits that sentences make" for link in opened("look", circuit="small").get("page_link"))
    monkeypatch.setattr(asking, "conditional", dict)
    assert "No conditional circuit is here yet" in words(opened("sentences"))


def test_the_shipped_conditional_circuit_stands_beside_its_controls(home):
    app = opened("sentences", conditional="conditional-mini_nlvr-s0")
    assert re.search(r"answers \*\*8\d(\.\d)? % \[.*where half is chance, and [\d.]+ % \[.*where training never had the colour", words(app))
    assert picture.unpacked(block(app))[0]["modules"] == 12


def block(app):
    """Return what the viewer was sent."""
    return next(one.proto.bytes for one in app.main if type(one).__name__ == "UnknownElement" and one.proto.bytes.startswith(picture.MAGIC))


def test_a_circuit_that_nobody_looked_into_or_pruned_can_be_from_the_page(home, monkeypatch):
    monkeypatch.setattr(workers, "ensure", lambda: None)
    app = opened("look", circuit="small")
    assert "circuits were trained and not looked into yet (nac-dense_modfc-mnist-s0, " in words(app)  # those that ship, for no sample is here
    app.button(key="circuit-graph-go").click().run()
    job = control.jobs(control.ACTIVE)[0]
    assert "nac-scale_free-mnist-s0" in json.loads(job.spec)["networks"]
    assert app.query_params["run"] == job.id
    assert app.button(key="cancel-circuit-graph-run")
    control.cancel(job.id)
    _circuits.observed(home, "unpruned", seed=3, prune=False)
    app = opened("act", circuit="unpruned")
    assert "Pruning curves of this circuit take" in words(app)
    assert app.button(key="circuit-pruning-go")


def test_one_input_offers_systems_whose_classes_the_circuit_knows(home):
    offer = handed(opened("one_input", circuit="small"))["input"]
    assert {"coloured_digits", "captured_digits"} <= {one["name"] for one in offer["systems"]}
    assert "shape_scenes" not in {one["name"] for one in offer["systems"]}
    inks = next(one for one in offer["systems"] if one["name"] == "coloured_digits")["factors"]
    assert "red" in next(one for one in inks if one["name"] == "ink")["levels"]


def test_look_begins_with_telling_views(home):
    tries = {one["label"]: json.loads(one["view"]) for one in handed(opened("look", circuit="small"))["tries"]}
    nodes = views.nodes("small")
    assert tries["What does one module do?"] == {"pins": [int(np.nanargmax(nodes["ablation"].astype(float)))]}
    assert tries["How did it come about?"] == {"graph": "link@0"}
    assert tries["Who listens to whom?"]["isolate"]
    assert f"What does class {findings.most_different('small')[0]} use?" in tries
    asked = [json.loads(one["view"])["asked"]["compare"]["kind"] for one in handed(opened("compare", circuit="small"))["tries"]]
    assert asked == ["shift", "classes", "adaptation", "circuits"]


def test_a_view_in_the_address_goes_into_the_file_and_comes_back_with_it(home, tmp_path):
    view = {"pins": [2], "groups": [{"name": "eyes", "members": [0, 1], "closed": True}], "notes": {"2": "edges of strokes"}}
    assert exchange.view_of(json.dumps(view)) == view
    file = tmp_path / "again.json"
    file.write_bytes(exchange.to_json("small", view=exchange.view_of(json.dumps(view))))
    name = exchange.bring(file, "again")
    assert picture.unpacked(picture.pack(name))[0]["view"] == view


@pytest.mark.parametrize("text", ["", "[1]", "{", '"x"', "{" * 5000])
def test_a_view_that_is_none_is_no_view(text):
    assert exchange.view_of(text) is None


@pytest.mark.parametrize("page", PAGES)
def test_without_circuits_a_page_says_how_to_come_by_one(tmp_path, monkeypatch, page):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    said = words(opened(page))
    assert "python -m engine circuits observe all" in said


def test_what_ships_is_what_was_seen(home, tmp_path, monkeypatch):
    links, curves, known = views.links("small"), views.curves("small"), views.about("small")
    said = list(shipping.ship(tmp_path / "sample", ["small"]))
    assert [line.partition(":")[0] for line in said] == ["circuits-small"]
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    assert np.array_equal(views.links("small"), links)
    assert views.curves("small").equals(curves)
    assert views.about("small") == known | {"run": "circuits-small", "root": "sample"}


def test_one_image_can_be_asked_about_in_the_question_itself(home):
    import base64

    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 1), np.uint8)
    question = {"kind": "input", "circuit": "small"}
    said, arrays = ask.ask("circuits", question | {"image": {"shape": [20, 20, 1], "data": base64.b64encode(pixels.tobytes()).decode()}})
    other, expected = ask.ask("circuits", question, {"image": pixels})
    assert said["example"] == other["example"] == {"source": "brought"}
    assert np.array_equal(arrays["image"], pixels)
    assert np.allclose(arrays["attribution"], expected["attribution"])
