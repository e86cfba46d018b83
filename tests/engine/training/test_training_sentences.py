"""The conditional circuit's recipe and its controls, in a few steps; that they learn is measured on the shipped weights."""

import argparse
import json

import numpy as np
import pytest
import torch

from engine.datasets import statements
from engine.datasets.statements import mini_nlvr
from engine.models.circuits import conditional_nac
from engine.training import sentences


def asked(folder, *words):
    parser = argparse.ArgumentParser()
    sentences.add_arguments(parser)
    return parser.parse_args(["--into", str(folder), *words])


@pytest.fixture(scope="module")
def quick():
    patch = pytest.MonkeyPatch()
    small = statements.load("mini_nlvr", "val")
    few = statements.Statements(small.scenes[:60], small.words[:60], small.labels[:60], small.families[:60], small.vocabulary)
    patch.setattr(sentences.statements, "load", lambda _name, _split: few)
    patch.setattr(sentences, "LESSONS", 2)
    patch.setattr(sentences, "POOL", 64)
    yield
    patch.undo()


def test_circuit_and_controls_are_files_that_say_all_about_themselves_and_are_compared(tmp_path, quick):
    words = [word for arm in sentences.ARMS for word in ("--arm", arm)]
    lines = list(sentences.main(asked(tmp_path, *words, "--steps", "2", "--modules", "4")))
    assert len([line for line in lines if "on test" in line]) == len(sentences.ARMS)
    file = tmp_path / sentences.named("circuit", 0, 2, 4)
    network, said = conditional_nac.read(file)
    assert said["options"] == {"vocabulary": network.reader.words.num_embeddings, "length": 9, "size": 24, "modules": 4, **sentences.CHOSEN}
    assert said["metrics"]["held_out"]["total"] == sentences.accuracy(network, "held_out")["total"]
    assert said["metrics"]["test"]["total"][1] == sum(n for form, (_, n) in said["metrics"]["test"].items() if form != "total") == 60
    rows = json.loads((tmp_path / sentences.COMPARED).read_text())
    assert sorted(row["arm"] for row in rows) == sorted(sentences.ARMS)
    assert all(set(row["metrics"]) == set(sentences.SPLITS) for row in rows)
    assert [line.endswith("exists") for line in sentences.main(asked(tmp_path, *words, "--steps", "2", "--modules", "4"))] == [True] * 4


def test_controls_do_not_see_what_they_must_not():
    scenes, words = torch.rand(3, 2, 3, 24, 24), torch.tensor([[3, 4, 0], [5, 6, 7], [8, 0, 0]])
    blank, same = sentences.seen("words", scenes, words)
    assert (float(blank.abs().max()), torch.equal(same, words)) == (0.0, True)
    same, told = sentences.seen("scenes", scenes, words)
    assert torch.equal(same, scenes)
    assert len(told.unique()) == 1


def test_training_never_names_a_colour_that_is_kept_from_its_form():
    found = mini_nlvr.drawn(np.random.default_rng(0), 4000)
    assert not mini_nlvr.kept_out(found.claims).any()
    assert set(found.claims.families) == set(mini_nlvr.FAMILIES)


def test_the_stem_learns_to_name_what_it_sees():
    torch.manual_seed(0)
    network = conditional_nac.build(len(mini_nlvr.VOCABULARY), mini_nlvr.LENGTH, mini_nlvr.SIDE, modules=2, **sentences.CHOSEN)
    taught = sentences.teach(network, np.random.default_rng(0), 90)
    assert taught["right"] > 0.25  # one in 24 by chance
    assert not any(p.requires_grad for p in network.tokens.stages.parameters())
