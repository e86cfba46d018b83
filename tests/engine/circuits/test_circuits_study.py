"""The study of circuits end to end: observe a small circuit, read what is stored, take it out and in again, ask it."""

import json
import re
import time

import numpy as np
import pandas as pd
import pytest
import torch

from engine import control, errors, networks, store, systems, worker
from engine.__main__ import main
from engine.circuits import answer, asked, exchange, observing, views
from engine.circuits import spec as asking
from engine.circuits.observing import Watched
from engine.datasets import images
from engine.models import predict, warm
from engine.models.circuits import nac, neural_interpreter
from engine.preprocess import Preprocess
from engine.training import _store
from tests.browser import _circuits

OPTIONS = {"modules": 6, "outputs": 2, "width": 16, "hidden": 16, "code": 8, "signature": 6, "layers": 2, "halvings": 3}
NAMES = ("small", "other")


def made(folder, name: str, seed: int, **more) -> None:
    """Write an untrained circuit as a brought network, with a timeline of three graphs."""
    torch.manual_seed(seed)
    network = nac.build(10, 1, 28, **OPTIONS | more)
    home = folder / "inputs" / "networks" / name
    _store.write_weights(home / f"{name}.safetensors", network.state_dict(), {})
    links = network.trunk.circuit().links.detach()
    told = [{"step": step, "loss": 1.0, "prior_loss": None, "accuracy": 0.1, "nll": 2.3} for step in (0, 10, 20)]
    _store.write_weights(home / f"{name}.timeline.safetensors", {"links": torch.stack([links * k for k in (0.2, 0.5, 1.0)])}, {"timeline": told})
    card = networks.Card(
        name=name, title=name.title(), architecture="nac", options=OPTIONS | more, preprocess=Preprocess(size=28, channels=1),
        classes=tuple("0123456789"),
        weights=(f"{name}.safetensors",), digest=_store.digest([home / f"{name}.safetensors"]), trained_on="mnist", source="brought",
        attributes={"seed": seed, "prior": "scale_free"},
    )  # fmt: skip
    _store.write(home / "card.json", card.model_dump_json(exclude_defaults=True).encode())


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """Observe two small circuits once for all tests here."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path_factory.mktemp("empty")))
        for seed, name in enumerate(NAMES):
            made(home, name, seed)
        question = asking.CircuitsSpec(
            networks=("small",), ranking_images=40, images=20, shifts=(asking.Choice(name="gaussian_noise", strength=3),), ood_datasets=("printed",)
        )
        graph = asking.CircuitsSpec(networks=NAMES, parts=("graph",), ranking_images=40)
        for spec in (question, graph):
            run = control.submit(spec, asking.title(spec), total=asking.plan(spec).cells, images_total=0)
            job = control.claim("test", only=run)
            assert job is not None
            state = worker.answer(job)
            assert state == "done", control.job(run).error
        yield home


@pytest.fixture(scope="module")
def cache():
    return warm.Cache()


def network_of(name: str) -> nac.Network:
    module = predict.load(networks.card(name), "cpu").module
    assert isinstance(module, nac.Network)
    return module


def test_what_is_stored_is_not_observed_again(observed):
    spec = asking.CircuitsSpec(networks=("small",), parts=("graph",), ranking_images=40)
    assert asking.plan(spec).reused == 1
    assert asking.plan(spec.model_copy(update={"fresh": True})).reused == 0
    assert asking.cost(spec).seconds == 0


def test_stored_links_are_those_of_the_network(observed):
    p = network_of("small").trunk.circuit().links.detach().numpy()
    assert np.allclose(views.links("small"), p, rtol=2e-3, atol=1e-6)
    assert views.steps("small") == [0, 10, 20]
    off = ~np.eye(*p.shape, dtype=bool)
    assert np.allclose(views.links("small", step=10)[off], (p * 0.5)[off], rtol=2e-3, atol=1e-6)


def test_stored_attention_is_the_mean_over_the_ranking_images(observed):
    circuit = Watched(networks.card("small"), predict.load(networks.card("small"), "cpu"))
    inputs, _ = circuit.examples("train", 40, 0)
    with torch.no_grad():
        seen = circuit.network.trunk.executed(inputs)
    expected = seen.attention[1].mean((0, 1)).numpy()
    found = views.edges("small", kind="attention", layer=1, most=None).edges
    assert len(found) == 6 * 5
    assert np.allclose(found["weight"], expected[found["target"], found["source"]], rtol=2e-3)
    out = views.edges("small", kind="attention", layer=2, most=None).edges
    assert np.allclose(out["weight"], seen.read_out.mean((0, 1)).numpy()[out["target"] - 6, out["source"]], rtol=2e-3)


def test_attention_by_class_adds_up_to_attention_over_all(observed):
    circuit = Watched(networks.card("small"), predict.load(networks.card("small"), "cpu"))
    _, labels = circuit.examples("train", 40, 0)
    counts = np.bincount(labels.numpy(), minlength=10)
    total = np.zeros(30)
    for k in np.flatnonzero(counts):
        mine = views.edges("small", kind="attention", layer=0, slice_=f"class={k}", most=None).edges.sort_values(["source", "target"])
        total += counts[k] * mine["weight"].to_numpy()
    whole = views.edges("small", kind="attention", layer=0, most=None).edges.sort_values(["source", "target"])
    assert np.allclose(total / 40, whole["weight"], rtol=5e-3)


def test_hidden_edges_are_told(observed):
    everything = views.edges("small", most=None)
    some = views.edges("small", most=5)
    assert some.total == everything.total == 6 * 5 + 2 * 6
    assert some.weight_share == pytest.approx(everything.edges["weight"].head(5).sum() / everything.edges["weight"].sum())
    assert re.fullmatch(r"5 of 42 edges, \d+ % of total weight", some.sentence)
    assert everything.sentence == "42 of 42 edges, 100 % of total weight"
    above = views.edges("small", threshold=0.1, most=None).edges
    assert (above["weight"] >= 0.1).all()
    assert len(above) == (everything.edges["weight"] >= 0.1).sum()


def test_modules_lie_where_their_signatures_put_them_whatever_else_changes(observed):
    nodes = views.nodes("small")
    assert list(nodes["role"]) == ["processor"] * 6 + ["output"] * 2
    assert nodes[["x", "y"]].abs().max().max() <= 1.2
    assert nodes["responds"].head(6).isin(list("0123456789")).all()
    degree = views.links("small")[:6].sum(0) - 1
    assert np.allclose(nodes["degree"].head(6), degree, rtol=5e-3)


def test_ablation_is_the_loss_without_the_module(observed):
    circuit = Watched(networks.card("small"), predict.load(networks.card("small"), "cpu"))
    inputs, labels = circuit.examples("train", 40, 0)
    with torch.no_grad():
        whole = torch.nn.functional.cross_entropy(circuit.network(inputs), labels).item()
        rest = torch.nn.functional.cross_entropy(nac.sliced(circuit.network, torch.tensor([0, 1, 3, 4, 5]))(inputs), labels).item()
    assert views.nodes("small")["ablation"][2] == pytest.approx(rest - whole, abs=1e-5)


def test_curves_begin_at_the_whole_and_end_at_one_module(observed):
    found = views.curves("small")
    assert set(found["ranking"]) == set(asking.RANKINGS)
    assert set(zip(found["dataset"], found["shift"], strict=True)) == {("mnist", ""), ("mnist", "gaussian_noise"), ("printed", "")}
    mine = found[(found["dataset"] == "mnist") & (found["shift"] == "")]
    whole = mine[(mine["kept"] == 6) & (mine["ranking"] != "links")]["accuracy"]
    assert len(set(whole)) == 1
    for ranking, curve in mine[mine["ranking"] != "links"].groupby("ranking"):
        assert list(curve["kept"]) == [6, 5, 4, 3, 2, 1]
        assert set(curve["removed"].dropna()) == (set() if ranking == "random" else set(curve["removed"].dropna()))
        assert (curve["operations"].diff().dropna() < 0).all()
    links = mine[mine["ranking"] == "links"]
    assert links["density"].is_monotonic_decreasing
    assert (found["low"] <= found["accuracy"]).all()
    assert (found["accuracy"] <= found["high"]).all()


def test_the_greedy_order_begins_with_the_module_that_is_missed_least(observed):
    nodes = views.nodes("small")
    curve = views.curves("small")
    first = curve[(curve["ranking"] == "greedy") & (curve["kept"] == 5)]["removed"].iloc[0]
    assert first == nodes["ablation"].head(6).idxmin()
    by_degree = curve[(curve["ranking"] == "degree") & (curve["kept"] == 5)]["removed"].iloc[0]
    reached = views.links("small").sum(0)
    assert by_degree == reached.argmin()


def test_a_circuit_and_itself_do_not_differ_and_another_does(observed):
    assert views.difference("small", "small").cost == 0
    found = views.difference("small", "other")
    assert 0 < found.cost <= found.unmatched + 1e-12
    assert sorted(found.order) == list(range(6))
    assert found.edges["difference"].abs().is_monotonic_decreasing


@pytest.mark.parametrize("suffix", [".json", ".graphml"])
def test_a_circuit_that_is_taken_out_comes_in_again_as_it_was(observed, tmp_path, suffix):
    write = {".json": exchange.to_json, ".graphml": exchange.to_graphml}[suffix]
    file = tmp_path / f"circuit{suffix}"
    file.write_bytes(write("small"))
    name = exchange.bring(file, f"again {suffix[1:]}")
    assert np.allclose(views.links(name), views.links("small"))
    before, after = views.nodes("small"), views.nodes(name)
    assert np.allclose(before[["x", "y"]], after[["x", "y"]], atol=1e-4)
    assert list(before["community"].head(6)) == list(after["community"].head(6))
    if suffix == ".json":
        for layer in range(3):
            first, second = (views.edges(one, kind="attention", layer=layer, most=None).edges for one in ("small", name))
            assert first["weight"].tolist() == second["weight"].tolist()
        assert json.loads(exchange.to_json(name))["static_edges"] == json.loads(exchange.to_json("small"))["static_edges"]


def test_pins_and_groups_survive_the_way_out_and_in(observed, tmp_path):
    file = tmp_path / "pinned.json"
    file.write_bytes(exchange.to_json("small", view={"pins": [3], "supernodes": {"eyes": [0, 1]}}))
    assert views.about(exchange.bring(file, "pinned"))["view"] == {"pins": [3], "supernodes": {"eyes": [0, 1]}}


def example(n: int = 0) -> dict:
    return {"circuit": "small", "example_id": images.load("mnist", "test").ids[n]}


def test_one_input_tells_what_it_uses(observed, cache):
    said, arrays = answer.answer({"kind": "input", **example()}, {}, cache)
    assert arrays["read_in"].shape == (6, said["side"] ** 2)
    assert arrays["attention"].shape == (2, 6, 6)
    assert arrays["read_out"].shape == (2, 6)
    assert arrays["attribution"].shape == (2, 6, 6)
    assert np.allclose(arrays["attention"].sum(-1), 1, atol=1e-5)
    assert sum(said["probabilities"]) == pytest.approx(1, abs=1e-4)
    brought, _ = answer.answer({"kind": "input", "circuit": "small"}, {"image": arrays["image"]}, cache)
    assert brought["probabilities"] == said["probabilities"]


def test_a_unit_of_a_system_is_an_input_too_and_acts_reach_the_circuit(observed, cache):
    question = {"kind": "input", "circuit": "small", "system": "coloured_digits", "unit": 3}
    said, arrays = answer.answer(question, {}, cache)
    acted, changed = answer.answer(question | {"do": "do(class=7); do(ink=red)"}, {}, cache)
    assert acted["label"] == 7
    assert acted["example"] == {"system": "coloured_digits", "unit": 3, "do": "do(class=7); do(ink=red)"}
    assert arrays["image"].shape == changed["image"].shape == (28, 28, 3)
    assert not np.array_equal(arrays["attention"], changed["attention"])
    system = systems.load("coloured_digits")
    unit = systems.sample(system, 4, 0)[3:]
    assert said["label"] == int(unit.labels[0])
    assert np.array_equal(arrays["image"], systems.render(unit, images.glyph_bank(system, "test"))[0])


def test_attention_times_gradient_is_what_a_small_change_of_the_link_does(observed, cache):
    """d logit / d log link of an edge is sum over heads of attention x gradient minus its share of the row: checked by finite differences."""
    circuit = asked.watched("small", cache)
    inputs = circuit.inputs([images.load("mnist", "test").images[0]])
    module = circuit.network
    base = module.trunk.circuit().links.detach().double()
    network = predict.load(networks.card("small"), "cpu").module.double()  # type: ignore[union-attr]
    links = base[None, None].expand(1, 3, -1, -1).clone().requires_grad_()
    logits, seen = network.answered(inputs.double(), links)
    edges = (*seen.attention, seen.read_out)
    slopes = torch.autograd.grad(logits[0, 3], edges)
    product = (edges[0] * slopes[0])[0]  # (h, r, u)
    expected = product - edges[0][0] * product.sum(-1, keepdim=True)  # the softmax's own part
    moved = links.detach().clone()
    moved[0, 0, 1, 2] *= 1 + 1e-5
    with torch.no_grad():
        change = (network.answered(inputs.double(), moved)[0] - logits)[0, 3].item() / 1e-5
    assert expected.sum(0)[1, 2].item() == pytest.approx(change, rel=1e-3, abs=1e-9)


def test_cutting_an_edge_alone_is_what_its_effect_says(observed, cache):
    said, _ = answer.answer({"kind": "cut", **example(), "class": 3, "edges": [[0, 2, 1], [None, 4, 0], [2, 1, 7]]}, {}, cache)
    circuit = asked.watched("small", cache)
    inputs = circuit.inputs([images.load("mnist", "test").images[0]])
    whole = circuit.network.trunk.circuit().links.detach().expand(3, -1, -1)
    cut = whole.clone()
    cut[0, 1, 2] = 0
    with torch.no_grad():
        effect = circuit.network(inputs)[0, 3] - circuit.network.answered(inputs, cut[None])[0][0, 3]
    assert said["effect"][0] == pytest.approx(effect.item(), abs=1e-5)
    assert len(said["random"]) == 20


def test_dropping_a_module_is_measured_in_pairs(observed, cache):
    said, _ = answer.answer(
        {"kind": "act", "circuit": "small", "dropped": [2], "n": 50, "sets": [{"shift": "rotation", "strength": 20.0}]}, {}, cache
    )
    assert [one["shift"] for one in said["sets"]] == ["", "rotation"]
    for one in said["sets"]:
        assert one["difference"] == pytest.approx(one["after"] - one["before"])
        assert one["low"] <= one["difference"] <= one["high"]
    nothing, _ = answer.answer({"kind": "act", "circuit": "small", "n": 50}, {}, cache)
    assert nothing["sets"][0]["difference"] == 0


@pytest.mark.parametrize(("question", "says"), [
    ({"kind": "inputs"}, "Did you mean input"), ({"kind": "input", "circuit": "smalt"}, "small"),
    ({"kind": "input", "circuit": "small", "example_id": "x"}, "no example x"), ({"kind": "input", "circuit": "small"}, "cannot be read"),
    ({"kind": "act", "circuit": "small", "dropped": [6]}, "count from 0 to 5"),
    ({"kind": "act", "circuit": "small", "dropped": [1], "forced": [1]}, "both dropped and forced"),
    ({"kind": "slice", "circuit": "small", "n": 1}, "Choose 2 to"), ({"kind": "slice", "circuit": "small", "class": "ten"}, "class named"),
])  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused_with_a_sentence(observed, cache, question, says):
    with pytest.raises(errors.UserError, match=says):
        answer.answer(question, {}, cache)


def test_a_slice_is_the_mean_of_its_examples(observed, cache):
    said, arrays = answer.answer({"kind": "slice", "circuit": "small", "n": 5, "class": "3"}, {}, cache)
    single = [answer.answer({"kind": "input", "circuit": "small", "example_id": one}, {}, cache)[1] for one in said["examples"]]
    for name in ("read_in", "attention", "read_out", "attribution"):
        assert np.allclose(arrays[name], np.mean([one[name] for one in single], axis=0), atol=1e-5)


@pytest.mark.parametrize(("networks_", "says"), [(("smalt",), "small"), (("cnn-mnist-whole-s0",), "is no circuit"), (("small", "small"), "twice")])
def test_a_question_about_something_else_is_refused(observed, networks_, says):
    with pytest.raises(errors.UserError, match=says):
        asking.plan(asking.CircuitsSpec(networks=networks_))


@pytest.fixture(scope="module")
def conditional(observed):
    """Put an untrained conditional circuit where brought ones lie."""
    return _circuits.conditional(observed, "conditional-test")


def test_a_sentence_makes_links_of_its_own(conditional, cache):
    question = {"kind": "sentence", "circuit": conditional, "sentence": "there are exactly two blue shapes on the left", "seed": 3}
    said, arrays = answer.answer(question, {}, cache)
    other, changed = answer.answer(question | {"sentence": "There is a red square.", "beside": question["sentence"]}, {}, cache)
    assert arrays["links"].shape == arrays["static_links"].shape == (9, 5)
    assert arrays["read_in"].shape == (5, 2 * said["side"] ** 2)
    assert (said["family"], said["held_out"], said["label"] in (0, 1)) == ("count", False, True)
    assert (other["sentence"], other["family"], other["held_out"]) == ("there is a red square", "exists", True)
    assert np.array_equal(changed["static_links"], arrays["static_links"])
    assert np.array_equal(changed["beside"], arrays["links"])
    assert other["apart"] == pytest.approx(np.abs(changed["links"] - arrays["links"]).mean(), abs=1e-5) != 0
    assert 0 < other["within"] < other["between"]
    free, _ = answer.answer(question | {"sentence": "red is red"}, {}, cache)
    assert (free["label"], free["family"]) == (None, None)


def test_scenes_of_a_seed_stay_and_make_a_sentence_true_as_often_as_false(conditional, cache):
    question = {"kind": "sentence", "circuit": conditional, "sentence": "every disc is green"}
    told = [answer.answer(question | {"seed": seed}, {}, cache) for seed in range(40)]
    assert 8 < sum(said["label"] for said, _ in told) < 32
    again = answer.answer(question | {"seed": 7}, {}, cache)[1]["scenes"]
    assert np.array_equal(again, told[7][1]["scenes"])
    assert not np.array_equal(again, told[8][1]["scenes"])


def test_a_map_has_a_place_for_each_sentence(conditional, cache):
    said, arrays = answer.answer({"kind": "sentences", "circuit": conditional}, {}, cache)
    assert len(said["sentences"]) == len(set(said["sentences"])) == len(said["places"]) == len(said["families"]) == 156
    assert 0 <= said["by_chance"][0] <= said["by_chance"][1] < said["between_families"] <= 1
    assert said["between_families"] == pytest.approx(said["untrained"], abs=1e-6)  # this one is untrained, of the same seed
    assert arrays["static_links"].shape == (9, 5)
    assert (said["metrics"], said["arms"]) == ({}, [])


@pytest.mark.parametrize(("more", "says"), [
    ({"circuit": "conditional-tets"}, "conditional-test"),
    ({"sentence": "there is a purple square"}, "the word “purple”. It knows: a, above, are, .* yellow"),
    ({"sentence": "is is is is is is is is is is"}, "Write 1 to 9"), ({"seed": -1}, "count from 0"),
])  # fmt: skip
def test_a_sentence_that_cannot_be_read_is_refused(conditional, cache, more, says):
    with pytest.raises(errors.UserError, match=says):
        answer.answer({"kind": "sentence", "circuit": conditional, "sentence": "there is a red disc"} | more, {}, cache)


@pytest.mark.parametrize("words", [
    ["list"], ["list", "--trained"], ["graph", "small", "--most", "3"], ["graph", "small", "--kind", "attention", "--slice", "class=3"],
    ["nodes", "small"], ["module", "small", "2"], ["timeline", "small"], ["curves", "small", "--ranking", "greedy"], ["difference", "small", "other"],
    ["act", "small", "--drop", "1", "--n", "20"], ["compare", "circuit=small,class=3", "circuit=small,class=7", "--n", "20"],
    ["observe", "small", "--plan"],
])  # fmt: skip
def test_every_view_can_be_had_on_the_command_line(observed, capsys, words):
    assert main(["circuits", *words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_the_command_line_explains_an_input_cuts_edges_and_exports(observed, capsys, tmp_path):
    one = example()["example_id"]
    assert main(["circuits", "input", "small", one, "--out", str(tmp_path / "a.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["arrays"]["attention"] == [2, 6, 6]
    assert main(["circuits", "cut", "small", one, "--most", "4", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 4
    for suffix in ("json", "graphml", "parquet"):
        assert main(["circuits", "export", "small", str(tmp_path / f"a.{suffix}"), "--json"]) == 0
    assert main(["circuits", "bring", str(tmp_path / "a.parquet"), "--name", "by table", "--json"]) == 0
    assert main(["circuits", "export", "small", str(tmp_path / "a.txt"), "--json"]) == 1
    assert "json" in capsys.readouterr().out


@pytest.mark.slow
def test_a_large_circuit_opens_pruned_in_time(observed, tmp_path):
    """A thousand modules, a million edges: the strongest 5,000 of them in one query."""
    rng = np.random.default_rng(0)
    n = 1000
    source, target = np.divmod(np.arange(n * n), n)
    links = pd.DataFrame({"source": source, "target": target, "weight": observing.rounded(rng.random(n * n) ** 8)})
    links = links[links["source"] != links["target"]].reset_index(drop=True)
    nodes = pd.DataFrame({"node": range(n), "name": [str(i) for i in range(n)], "role": "processor"}).reindex(
        columns=["node", "name", "role", "sig2d", "community", "attention", "ablation", "code_norm", "responds", "label"]
    )
    angle = np.linspace(0, 2 * np.pi, n)
    nodes["sig2d"] = list(zip(np.cos(angle), np.sin(angle), strict=True))
    exchange.keep("large", exchange.Brought(nodes, links, links.iloc[:0].assign(layer=0)), "0")
    store.lens()
    began = time.process_time()
    found = views.edges("large", most=5000)
    assert time.process_time() - began < 3  # the promise is 300 ms of query time on a machine at rest; `make bench` says
    assert len(found.edges) == 5000
    assert found.total == n * (n - 1)


def test_an_interpreter_tells_where_each_token_goes(observed, cache):
    torch.manual_seed(0)
    options = {"functions": 3, "width": 16, "code": 8, "type_width": 6, "iterations": 2}
    home = observed / "inputs" / "networks" / "routing"
    _store.write_weights(home / "a.safetensors", neural_interpreter.build(10, 1, 28, **options).state_dict(), {})
    card = networks.Card(
        name="routing", title="Routing", architecture="neural_interpreter", options=options, preprocess=Preprocess(size=28, channels=1),
        classes=tuple("0123456789"), weights=("a.safetensors",), digest="0", trained_on="mnist", source="brought",
    )  # fmt: skip
    _store.write(home / "card.json", card.model_dump_json(exclude_defaults=True).encode())
    said, arrays = answer.answer(example() | {"kind": "routes", "circuit": "routing"}, {}, cache)
    assert arrays["routes"].shape == (2, said["side"] ** 2 + 1, 3)
    assert (arrays["routes"].sum(-1) <= 1 + 1e-5).all()
    with pytest.raises(errors.UserError, match="no neural interpreter"):
        answer.answer(example() | {"kind": "routes"}, {}, cache)
