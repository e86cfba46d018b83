"""The shipped conditional circuit: it has learned, its links follow the sentence, and its controls were measured like it."""

import json

import numpy as np
import pytest

from engine import places
from engine.circuits import sentences as asked
from engine.circuits import spec as asking
from engine.datasets.statements import mini_nlvr
from engine.models import warm
from engine.stats import intervals
from engine.training import sentences

SHIPPED = "conditional-mini_nlvr-s0"


@pytest.fixture(scope="module")
def told():
    cache = warm.Cache()
    said, _ = asked.chart({"circuit": SHIPPED}, cache)
    return said, asked.network(SHIPPED, cache)[0]


def test_the_links_of_the_shipped_circuit_differ_between_forms_of_sentences(told):
    """Check 8 of the fact sheet: P of each sentence, distances within and between forms, against shuffled forms."""
    said, network = told
    claims = mini_nlvr.every()
    links = asked._made(network, claims.words)
    apart = np.abs(links[:, None] - links[None]).mean(-1)
    same = claims.family[:, None] == claims.family[None]
    others = ~np.eye(len(apart), dtype=bool)
    gap = apart[~same].mean() - apart[same & others].mean()
    assert gap == pytest.approx(said["between"] - said["within"], rel=1e-6)
    rng, chance = np.random.default_rng(1), []
    for _ in range(200):
        mixed = rng.permutation(claims.family)
        one = mixed[:, None] == mixed[None]
        chance.append(apart[~one].mean() - apart[one & others].mean())
    assert gap > max(chance)
    assert said["between_families"] > said["by_chance"][1]
    assert said["changes"] > 0.01


def test_the_shipped_circuit_answers_as_its_file_says_clearly_better_than_chance(told):
    said, network = told
    again = sentences.accuracy(network, "test")
    assert all(abs(again[form][0] - k) <= 0.01 * n + 1 for form, (k, n) in said["metrics"]["test"].items())  # half precision, other machines
    for split, least in (("test", 0.8), ("held_out", 0.6)):
        assert intervals.wilson(*said["metrics"][split]["total"])[0] > least


def test_controls_were_trained_for_as_many_steps_and_say_less():
    rows = json.loads((places.weights() / "circuits" / sentences.COMPARED).read_text())
    arms = [row["arm"] for row in rows]
    assert {"circuit", "static"} <= set(arms) <= set(sentences.ARMS)
    assert {row["steps"] for row in rows} == {sentences.STEPS}
    test = {arm: [row["metrics"]["test"]["total"] for row in rows if row["arm"] == arm] for arm in arms}
    least = min(intervals.wilson(*one)[0] for one in test["circuit"])
    assert all(intervals.wilson(*one)[1] < least for arm in arms if arm != "circuit" for one in test[arm])
    assert set(asking.conditional()) >= {SHIPPED}
    assert not any(name.startswith("control") for name in asking.conditional())
