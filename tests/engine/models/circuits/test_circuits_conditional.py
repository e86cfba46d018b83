"""The conditional circuit: what a sentence changes, and that without conditioning it is the static circuit."""

from typing import Any

import numpy as np
import pytest
import torch

from engine import errors
from engine.datasets import statements
from engine.datasets.statements import mini_nlvr
from engine.models.circuits import conditional_nac
from engine.training import _store, sentences


@pytest.fixture(scope="module")
def some():
    """Return a few hundred statements of the validation split."""
    return statements.load("mini_nlvr", "val")


def built(*, static: bool = False) -> conditional_nac.Network:
    torch.manual_seed(0)
    small = {"modules": 8, "outputs": 2, "width": 16, "hidden": 16, "code": 8, "signature": 6, "layers": 2}
    return conditional_nac.build(len(mini_nlvr.VOCABULARY), mini_nlvr.LENGTH, mini_nlvr.SIDE, **small, static=static).eval()


def test_links_differ_between_families_of_sentences_and_not_between_scenes(some):
    network = built()
    with torch.no_grad():
        links = network.circuit(torch.from_numpy(some.words)).links
    by_family = {name: links[[i for i, one in enumerate(some.families) if one == name]].mean(0) for name in mini_nlvr.FAMILIES}
    assert (by_family["count"] - by_family["exists"]).abs().max() > 0.01
    same = [i for i in range(len(some)) if some.sentence(i) == some.sentence(0)]
    assert torch.allclose(links[same], links[:1].expand(len(same), -1, -1), atol=1e-6)


def test_without_conditioning_it_is_the_static_circuit(some):
    network = built()
    words = torch.from_numpy(some.words[:5])
    with torch.no_grad():
        static, conditional = network.circuit(words, 0.0), network.circuit(words)
    assert torch.allclose(static.links, network.generator.links().expand(5, -1, -1), atol=1e-6)
    assert network.generator.codes is not None
    assert torch.equal(static.codes, network.generator.codes.expand(5, -1, -1))
    assert not torch.equal(conditional.links, static.links)


def test_words_that_are_not_there_change_nothing(some):
    network = built()
    words = torch.from_numpy(some.words[:3])
    longest = int((words != 0).sum(1).max())
    with torch.no_grad():
        assert torch.allclose(network.circuit(words).links, network.circuit(words[:, :longest]).links, atol=1e-5)


def test_a_gradient_reaches_everything_and_a_batch_answers_as_its_examples_do(some):
    network = built()
    scenes, words, labels = sentences.floats(some.scenes[:6]), torch.from_numpy(some.words[:6]), torch.from_numpy(some.labels[:6])
    with torch.no_grad():
        together = network(scenes, words)
        assert torch.allclose(network(scenes[2:3], words[2:3]), together[2:3], atol=1e-5)
    torch.nn.functional.cross_entropy(network.train()(scenes, words), labels).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []


def test_a_file_gives_the_same_circuit_back_and_another_is_refused(tmp_path, some):
    options: dict[str, Any] = {"vocabulary": len(some.vocabulary), "length": mini_nlvr.LENGTH, "size": mini_nlvr.SIDE, "modules": 4}
    torch.manual_seed(0)
    network = conditional_nac.build(**options).eval()
    file = tmp_path / "a.safetensors"
    _store.write_weights(file, network.state_dict(), {"architecture": "conditional_nac", "options": options})
    again, said = conditional_nac.read(file)
    words = torch.from_numpy(some.words[:2])
    assert said["options"] == options
    with torch.no_grad():
        assert torch.allclose(again.circuit(words).links, network.circuit(words).links, atol=1e-5)
    _store.write_weights(file, {"a": torch.zeros(1)}, {})
    with pytest.raises(errors.UserError, match="no conditional circuit"):
        conditional_nac.read(file)


def test_the_control_has_one_circuit_for_all_sentences_and_reads_the_words(some):
    network = built(static=True)
    scenes, words = sentences.floats(some.scenes[:4]), torch.from_numpy(some.words[:4])
    with torch.no_grad():
        assert network.circuit(words).links.shape == (10, 8)
        logits, seen = network.answered(scenes, words)
        assert seen.read_in.shape[-1] == 2 * network.tokens.side**2 + mini_nlvr.LENGTH
        assert not torch.allclose(network(scenes, words.roll(1, 0)), logits)


def test_statements_are_balanced_in_each_sentence_and_held_out_combinations_are_only_held_out(some):
    held = statements.load("mini_nlvr", "held_out")
    for data, out in ((some, False), (held, True)):
        assert data.labels.mean() == pytest.approx(0.5, abs=0.01)
        for i, family in enumerate(data.families):
            assert (mini_nlvr.HELD_OUT[family] in data.sentence(i).split()) == out
    counts = [some.families.count(name) for name in mini_nlvr.FAMILIES]
    assert min(counts) > 0.8 * len(some) / 6
    assert np.array_equal(mini_nlvr._load.__wrapped__("val").scenes, some.scenes)
    many = mini_nlvr.drawn(np.random.default_rng(0), 6000)
    _, which = np.unique(many.claims.words, axis=0, return_inverse=True)
    assert np.abs(np.bincount(which, many.labels) / np.bincount(which) - 0.5).max() < 0.45  # no sentence gives its truth away
    assert many.labels.mean() == 0.5


def test_every_sentence_is_there_once_and_is_read_back():
    claims = mini_nlvr.every()
    assert len(claims) == 24 + 36 + 12 + 24 + 12 + 48
    assert len(np.unique(claims.words, axis=0)) == len(claims)
    assert mini_nlvr.kept_out(claims).sum() == len(claims) / 6
    for i in (0, 30, 155):
        again = mini_nlvr.read(claims.words[i])
        assert again is not None
        assert np.array_equal(again.words[0], claims.words[i])
    assert mini_nlvr.read(np.zeros(9, np.int64)) is None
    with pytest.raises(errors.UserError, match="exists"):
        mini_nlvr.drawn(np.random.default_rng(0), 3, families=("exist",))


@pytest.mark.parametrize(("sentence", "meant"), [
    ("there is a red square", True), ("there is a blue square", False), ("the left side has more red shapes", False),
    ("the left side has more blue shapes", True), ("every square is red", True), ("every disc is red", False), ("every cross is red", False),
    ("the right side has only red shapes", True), ("the left side has only red shapes", False), ("a red square is above something", True),
    ("a red square is below something", False), ("a blue disc is below something", True), ("there are exactly one red shapes on the left", True),
    ("there are exactly two red shapes on the left", False),
])  # fmt: skip
def test_each_form_says_what_it_means(sentence, meant):
    """Left: a red square over a blue disc; right: a red square alone."""
    words = np.zeros(mini_nlvr.LENGTH, np.int64)
    words[: len(sentence.split())] = [mini_nlvr.VOCABULARY.index(word) for word in sentence.split()]
    claims = mini_nlvr.read(words)
    assert claims is not None
    shapes, colours = np.zeros((1, 2, 9), np.int64), np.zeros((1, 2, 9), np.int64)
    shapes[0, 0, 0] = shapes[0, 1, 1] = 1 + mini_nlvr.SHAPES.index("square")
    shapes[0, 0, 3], colours[0, 0, 3] = 1 + mini_nlvr.SHAPES.index("disc"), list(mini_nlvr.COLOURS).index("blue")
    colours[0, 1, 0] = 3  # of nothing
    scenes = mini_nlvr.Scenes(shapes, colours)
    assert bool(mini_nlvr.holds(claims, scenes)[0]) == meant
    assert tuple(scenes.pictures[0, 0, 12, 4]) == mini_nlvr.COLOURS["blue"]
    assert tuple(scenes.pictures[0, 1, 4, 4]) == mini_nlvr.BACKGROUND
