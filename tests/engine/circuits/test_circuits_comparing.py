"""Two sides of circuits compared: differences worked by hand, matches that scipy agrees with, intervals that cover, costs beside chance."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from engine import errors
from engine.circuits import answer, asked, attributing, comparing, describing, exchange, views
from engine.datasets import images
from engine.models import warm
from engine.stats import differences, matching
from tests.browser import _circuits


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with two small circuits of different seeds, one of them also taken out and brought in as a file."""
    folder = tmp_path_factory.mktemp("comparing")
    patch = _circuits.homed(folder)
    for seed, name in enumerate(("small", "other")):
        _circuits.observed(folder, name, seed=seed, prune=False)
    file = folder / "file.json"
    file.write_bytes(exchange.to_json("other"))
    exchange.bring(file, "as a file")
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def cache():
    return warm.Cache()


def compared(cache, first, second, **more):
    return answer.answer({"kind": "compare", "circuit": "small", "first": first, "second": second, **more}, {}, cache)


def column(arrays, name, layer, target, source):
    at = (arrays["layer"] == layer) & (arrays["target"] == target) & (arrays["source"] == source)
    assert at.sum() == 1
    return float(arrays[name][at][0])


def test_the_same_side_twice_shows_no_change(home, cache):
    said, arrays = compared(cache, {"n": 40}, {"n": 40})
    assert (said["paired"], said["changed"]) == (True, 0)
    assert said["verdict"].startswith("No significant change")
    assert said["edges"] == 3 * 8 * 7 + 2 * 8 == len(arrays["layer"])  # two layers, their mean, the read-out; own edges apart
    assert not arrays["difference"].any()


def test_a_shift_changes_the_same_examples_and_the_difference_is_that_of_the_means(home, cache):
    said, arrays = compared(cache, {"n": 40}, {"n": 40, "shift": "gaussian_noise", "strength": 5.0})
    assert said["paired"]
    assert said["changed"] > 0
    circuit = asked.watched("small", cache)
    means = []
    for side in ({"n": 40}, {"n": 40, "shift": "gaussian_noise", "strength": 5.0}):
        found = attributing.seen(circuit, circuit.inputs(asked.examples(side, circuit)[0]))
        means.append((found.attention[:, 1, 3, 5].mean(), found.attention[:, :, 3, 5].mean(), found.read_out[:, 1, 2].mean()))
    for i, (layer, target, source) in enumerate([(1, 3, 5), (comparing.MEAN, 3, 5), (2, 9, 2)]):
        assert column(arrays, "first", layer, target, source) == pytest.approx(means[0][i], abs=1e-6)
        assert column(arrays, "difference", layer, target, source) == pytest.approx(means[1][i] - means[0][i], abs=1e-6)
    top = said["top"][0]
    assert top["significant"]
    assert top["low"] * top["high"] > 0  # the interval of a significant edge leaves 0 out
    assert column(arrays, "difference", top["layer"], top["target"], top["source"]) == pytest.approx(top["difference"], abs=1e-6)


def test_before_and_after_adaptation_only_what_may_move_has_moved(home, cache):
    here = {"n": 30, "dataset": "optdigits"}
    adapted = {"onto": "optdigits", "shots": 1, "part": "head", "steps": 4, "rate": 0.01, "seed": 0}
    said, arrays = compared(cache, here, {**here, "adapted": adapted})
    assert (said["match"]["way"], said["match"]["cost"], said["changed"]) == ("numbers", 0, 0)
    assert np.array_equal(arrays["link_first"], arrays["link_second"])
    said, arrays = compared(cache, here, {**here, "adapted": adapted | {"part": "everything"}})
    assert said["paired"]
    assert said["match"]["order"] == list(range(8))
    assert said["match"]["cost"] > 0
    assert not np.array_equal(arrays["first"], arrays["second"])
    for wrong, says in (({"part": "links"}, "links"), ({"steps": 10**6}, "Up to 50 labels"), ({"onto": "nowhere"}, "nowhere")):
        with pytest.raises(errors.UserError, match=says):
            compared(cache, here, {**here, "adapted": adapted | wrong})


def test_classes_are_different_examples_and_a_class_against_itself_drawn_anew_shows_no_change(home, cache):
    said, _ = compared(cache, {"n": 30, "class": "3"}, {"n": 30, "class": "8"})
    assert not said["paired"]
    assert said["n"] == [30, 30]
    halves, _ = compared(cache, {"n": 30, "class": "3"}, {"n": 30, "class": "3", "seed": 1})
    assert not halves["paired"]
    assert halves["changed"] <= 2


def test_two_images_are_told_exactly_and_beside_random_pairs(home, cache):
    ids = images.load("mnist", "test").ids[:2]
    said, arrays = compared(cache, {"example_id": ids[0]}, {"example_id": ids[1]})
    single = [answer.answer({"kind": "input", "circuit": "small", "example_id": one}, {}, cache)[1] for one in ids]
    gap = float(single[1]["attention"][0, 2, 6] - single[0]["attention"][0, 2, 6])
    assert column(arrays, "difference", 0, 2, 6) == pytest.approx(gap, abs=1e-6)
    assert said["size"] == pytest.approx(float(np.abs(arrays["difference"]).mean()), rel=1e-4)
    assert "40 pairs of random test examples" in said["verdict"]
    assert (said["changed"], said["top"][0]["low"]) == (0, None)
    mixed, _ = compared(cache, {"example_id": ids[0]}, {"example_id": ids[0], "shift": "rotation", "strength": 0.0})
    assert mixed["size"] == 0


def test_effects_and_intervals_are_as_worked_by_hand():
    first, second = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[2.0], [2.0], [5.0], [5.0]])
    # differences 1 0 2 1: mean 1, deviation sqrt((0 + 1 + 1 + 0) / 3)
    assert comparing._effect(first, second, paired=True)[0] == pytest.approx(1 / np.sqrt(2 / 3))
    # pooled: variances 5/3 and 3
    assert comparing._effect(first, second, paired=False)[0] == pytest.approx(1 / np.sqrt((5 / 3 + 3) / 2))
    found = differences.paired(first, second)
    low, high = found.together
    assert (high - low)[0] == pytest.approx(2 * found.critical * found.error[0])
    assert found.error[0] == pytest.approx(np.sqrt(2 / 3 * 3 / 4) / 2, rel=0.15)  # the bootstrap's: deviation over n, not n - 1


def test_intervals_for_all_edges_together_cover_all_true_differences():
    rng = np.random.default_rng(0)
    true = rng.normal(size=25)
    held = []
    for seed in range(60):
        noise = rng.normal(size=(80, 25)) @ (np.eye(25) + 0.5)  # edges go together, as attention does
        low, high = differences.paired(np.zeros((80, 25)), noise + true, seed).together
        held.append(bool(((low <= true) & (true <= high)).all()))
    assert np.mean(held) >= 0.87  # 0.95 is promised; below 0.87 in 1 of 100 such trials of 60


def test_a_permuted_circuit_is_matched_back_as_scipy_does_and_costs_nothing(home):
    links = views.links("small")
    u = links.shape[1]
    order = np.random.default_rng(0).permutation(u)
    placed = np.concatenate([links[:u][np.ix_(order, order)], links[u:][::-1, order]])
    found, match = comparing._matched([links, placed], "links", (None, None))
    assert match["cost"] == pytest.approx(0, abs=1e-12)
    assert np.array_equal(placed[np.ix_(found, found[:u])], links)
    assert match["verdict"] == "The links are the same."
    witness = linear_sum_assignment(((links[u:, None] - placed[u:, found[:u]][None]) ** 2).sum(2))[1]
    assert match["outputs"] == witness.tolist()


def test_signatures_are_matched_as_scipys_assignment_does(home, cache):
    first, second = (asked.watched(name, cache).generator.get_parameter("signatures").detach().double().numpy()[:8] for name in ("small", "other"))
    cosine = (first / np.linalg.norm(first, axis=1, keepdims=True)) @ (second / np.linalg.norm(second, axis=1, keepdims=True)).T
    said, _ = compared(cache, {"n": 10}, {"n": 10, "circuit": "other"}, match="signatures")
    assert said["match"]["order"] == linear_sum_assignment(1 - cosine)[1].tolist()


def test_untrained_circuits_of_two_seeds_are_no_more_alike_than_chance(home, cache):
    said, arrays = compared(cache, {"n": 30}, {"n": 30, "circuit": "other"})
    match = said["match"]
    assert sorted(match["order"]) == list(range(8))
    assert match["cost"] <= match["unmatched"] + 1e-12
    assert match["cost"] >= match["random"][1]  # the best of random signatures matches as well
    assert match["verdict"].startswith("No more alike than chance")
    links, order = [views.links(name) for name in ("small", "other")], [*match["order"], *(8 + i for i in match["outputs"])]
    at = (arrays["link_target"] == 9) & (arrays["link_source"] == 4)
    assert arrays["link_second"][at][0] - arrays["link_first"][at][0] == pytest.approx(links[1][order[9], order[4]] - links[0][9, 4], abs=1e-4)
    assert said["paired"]  # the same images go through both


def test_before_and_after_are_compared_as_numbered(home, cache):
    said, _ = compared(cache, {"n": 10}, {"n": 10, "circuit": "other"}, match="numbers")
    assert said["match"]["order"] == list(range(8))
    assert said["match"]["cost"] == said["match"]["unmatched"]


def test_a_circuit_from_a_file_is_compared_by_its_links_alone(home, cache):
    said, arrays = compared(cache, {}, {"circuit": "as-a-file"})
    assert said["verdict"].startswith("Only links are compared")
    assert set(arrays) == {"link_target", "link_source", "link_first", "link_second"}
    assert said["match"]["cost"] == pytest.approx(views.difference("small", "other").cost, rel=1e-6)


@pytest.mark.parametrize(("second", "more", "says"), [
    ({"circuit": "as-a-file"}, {"match": "signatures"}, "Signatures cannot be matched here"),
    ({"circuit": "other", "n": 10}, {"match": "link"}, "Did you mean links"),
    ({"class": "11"}, {}, "11"), ({"circuit": "nobody"}, {}, "nobody"),
])  # fmt: skip
def test_what_cannot_be_compared_is_refused_with_a_sentence(home, cache, second, more, says):
    with pytest.raises(errors.UserError, match=says):
        compared(cache, {"n": 10}, second, **more)


def test_circuits_of_different_sizes_are_refused(home, cache):
    links = [np.eye(10, 8), np.eye(9, 7)]
    with pytest.raises(errors.UserError, match="“b” has 7 modules and 2 outputs"):
        comparing._same_size(("a", "b"), links)


def test_one_half_of_a_class_against_the_other_has_no_example_in_common(home, cache):
    circuit = asked.watched("small", cache)
    halves = [set(asked.examples({"n": 60, "class": "3", "half": side}, circuit)[2]) for side in (0, 1)]
    assert not halves[0] & halves[1]
    said, _ = compared(cache, {"n": 40, "class": "3", "half": 0}, {"n": 40, "class": "3", "half": 1})
    assert said["verdict"].startswith("No significant change")


def test_a_module_is_described_by_what_was_measured(home, cache):
    said, arrays = answer.answer({"kind": "module", "circuit": "small", "module": 5, "n": 60}, {}, cache)
    circuit = asked.watched("small", cache)
    pictures, labels, _ = asked.examples({"n": 60}, circuit)
    inputs = circuit.inputs(pictures)
    whole, rest = (attributing.seen(circuit, inputs, links).logits.argmax(1) == labels for links in (None, attributing.changed(circuit, [5])))
    assert (said["before"], said["after"]) == (pytest.approx(whole.mean()), pytest.approx(rest.mean()))
    assert said["difference"] == pytest.approx(rest.mean() - whole.mean())
    read = attributing.seen(circuit, inputs).read_in[:, 5].mean(0)
    assert np.allclose(arrays["read_in"].ravel(), read, atol=1e-6)
    assert len(said["responds"]) == len(said["falls"]) == 10
    best = said["classes"][int(np.argmax(said["responds"]))]
    assert f"to class {best}" in said["sentences"][0]
    with pytest.raises(errors.UserError, match="no processor 8"):
        answer.answer({"kind": "module", "circuit": "small", "module": 8}, {}, cache)


def test_where_a_module_reads_is_said_in_thirds_of_the_image():
    even = np.full((6, 6), 1 / 36)
    assert describing.reading(even) == "Reads the whole image about evenly."
    corner = np.zeros((6, 6))
    corner[4:, :2] = 0.2
    corner[2:4, 2:4] = 0.05
    # eight tenths and two tenths of all, each on a ninth
    assert describing.reading(corner).startswith(
        "Reads mostly the lower left and the centre of the image: 100 % of its reading, where an even reader has 22 %"
    )


def test_what_falls_without_a_module_is_told_with_its_interval():
    falls = [0.0, -0.3, None]
    said = describing._falling({"difference": -0.1, "low": -0.15, "high": -0.05}, falls, ("a", "b", "c"), 80)
    assert said == "Without it accuracy falls: -10.0 points [-15.0, -5.0] (n 80), most on class b (-30 points).".replace("-", "\u2212")
    unsure = describing._falling({"difference": -0.01, "low": -0.02, "high": 0.0}, falls, ("a", "b", "c"), 80)
    assert "[\u22122.0, 0.0]" in unsure
    assert "no effect that these images show" in unsure
    assert "each of 80 answers is the same" in describing._falling({"difference": 0.0, "low": 0.0, "high": 0.0}, falls, ("a", "b", "c"), 80)


def test_chance_keeps_the_values_of_the_links():
    graph = np.random.default_rng(1).random((9, 9))
    graph = np.triu(graph, 1) + np.triu(graph, 1).T
    upper = np.triu_indices(9, 1)
    for width in (None, 4):
        drawn = matching._scattered(graph, width, np.random.default_rng(2))
        assert np.array_equal(np.sort(drawn[upper]), np.sort(graph[upper]))
        assert np.array_equal(drawn, drawn.T)
    costs = matching.by_chance(graph, graph, 3)
    assert costs.min() > 0
    assert np.array_equal(costs, matching.by_chance(graph, graph, 3))
