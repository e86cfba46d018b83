"""Choosing, comparing, effects, slices and kept sets over a store whose answers are known, and over published and shipped results."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import control, errors, places, rows, store
from engine.__main__ import main
from engine.assay import advice, choosing, comparing, effects, failing, sets, views, weak
from engine.assay.views import Set

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PUBLISHED = Path(os.environ.get("TOUCHSTONE_TABLES", places.ROOT.parent / "shared" / "tables"))
N = 200  # examples of a set


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Give an empty store."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))


def network(name, trained_on="here", collection=None, **attributes):
    return rows.Network(
        name, name, attributes.pop("architecture", "cnn"), "table", name, trained_on, 1000, json.dumps(attributes), collection=collection
    )


def score(name, dataset, value, *, split="test", metric="accuracy", collection=None):
    return rows.Score(name, dataset, split, "", 0.0, metric, 1, value, None, None, N, "", unit="fraction", collection=collection)


def answers(name, dataset, right, labels=None, shift="", strength=0.0):
    """Return stored answers: class 0 or 1, predicted as told by `right`, logits that say so."""
    n = len(right)
    labels = np.arange(n) % 2 if labels is None else np.asarray(labels)
    predicted = np.where(right, labels, 1 - labels)
    logits = np.where(np.arange(2) == predicted[:, None], 2.0, 0.0).astype(np.float32)
    cell = f"{name}-{dataset}-{shift}-{strength}"
    return rows.Block(rows.Prediction, {
        "network": name, "dataset": dataset, "split": "test", "shift": shift, "strength": strength, "example_id": [f"e{i}" for i in range(n)],
        "position": np.arange(n), "label": labels, "logits": logits, "cell": cell, "predicted": predicted, "confidence": np.full(n, 0.88),
    }, n), cell  # fmt: skip


def stored(run, networks, scores=(), predictions=(), examples=()):
    writer = store.Writer(run)
    blocks = [store.block(rows.Network, networks), store.block(rows.Score, list(scores)), *(block for block, _ in predictions)]
    if examples:
        blocks.append(store.block(rows.Example, list(examples)))
    writer.append(blocks, {"predictions": [cell for _, cell in predictions]})
    writer.finish(rows.Run(run, "import", run, "{}", "done", 0, NOW, NOW, NOW, 1.0, 1, 1, "cpu", None, None, "{}", "test", None))


def right_on(k):
    """Return N answers of which the first k are right."""
    return np.arange(N) < k


@pytest.fixture
def four():
    """Four networks with answers on `there`: b is right wherever a is and once more, c much less often, d has only scores."""
    values = {"a": (0.95, 160), "b": (0.9, 161), "c": (0.97, 100), "d": (0.99, 150)}
    scores = [score(n, "here", v, split=split) for n, (v, _) in values.items() for split in ("val", "test")]
    scores += [score(n, "there", k / N) for n, (_, k) in values.items()]
    scores += [score(n, "beyond", 0.5 + 0.1 * i) for i, n in enumerate(values)]
    stored("four", [network(n, seed=i % 2) for i, n in enumerate(values)], scores, [answers(n, "there", right_on(values[n][1])) for n in "abc"])


def of(frame, **same):
    """Return the one row that says all of this."""
    mine = frame[np.all([frame[name] == value for name, value in same.items()], axis=0)]
    assert len(mine) == 1, frame
    return mine.iloc[0]


def test_regret_of_a_rule_is_told_for_the_id_set_each_other_set_and_their_mean(four):
    found = choosing.regret("validation")
    assert found["kind"].tolist() == ["here", "elsewhere", "elsewhere", "mean"]
    assert set(found["chosen"]) == {"d"}
    # d has 150 of 200 there, b 161; beyond d is best; the mean of d is (0.75 + 0.8) / 2, of b (0.805 + 0.6) / 2
    assert of(found, ood="there")["regret"] == pytest.approx(0.055)
    assert of(found, ood="beyond")["regret"] == 0
    assert of(found, kind="mean")["regret"] == 0
    assert of(found, ood="there")["best_network"] == "b"


def test_a_set_that_chooses_is_no_target_and_the_oracle_costs_nothing_on_the_mean(four):
    by_set = choosing.regret("there")
    assert set(by_set["ood"]) == {"here", "beyond", choosing.MEAN}
    assert set(by_set["chosen"]) == {"b"}
    assert of(by_set, ood="beyond")["regret"] == pytest.approx(0.2)
    assert of(choosing.regret("oracle"), kind="mean")["regret"] == 0


def test_a_metric_where_less_is_better_chooses_its_least():
    stored(
        "two", [network("sure"), network("modest")],
        [score("sure", "here", 0.9), score("sure", "here", 0.2, metric="ece"), score("modest", "here", 0.8),
         score("modest", "here", 0.1, metric="ece"),
         score("sure", "there", 0.5), score("modest", "there", 0.7)],
    )  # fmt: skip
    assert set(choosing.regret("ece")["chosen"]) == {"modest"}
    assert set(choosing.regret("id")["chosen"]) == {"sure"}


def test_networks_are_chosen_among_those_trained_on_the_same_set():
    networks = [network("a", "x"), network("b", "x"), network("c", "y"), network("d", "y")]
    values = {"a": (0.9, 0.1), "b": (0.8, 0.2), "c": (0.3, 0.7), "d": (0.4, 0.6)}
    stored("pairs", networks, [score(n, s, v) for n, pair in values.items() for s, v in zip("xy", pair, strict=True)])
    found = choosing.regret("id")
    assert dict(zip(found["id"], found["chosen"], strict=True)) == {"x": "a", "y": "c"}
    assert of(found, id="x", kind="mean")["regret"] == pytest.approx(0.1)
    assert of(found, id="y", kind="mean")["regret"] == pytest.approx(0.1)
    assert set(choosing.regret("x")["id"]) == {"x"}  # for those trained on y there is no third set to judge the choice on


def test_rules_are_those_that_can_be_asked(four):
    offered = choosing.rules("", "here")
    assert list(offered) == ["validation", "id", "beyond", "there", "oracle"]
    for rule in offered:
        assert len(choosing.regret(rule, id_set="here"))


def test_an_unknown_rule_is_said_with_the_nearest(four):
    with pytest.raises(errors.UserError, match="Did you mean validation"):
        choosing.regret("validatoin")


def test_picking_model_soups_by_id_validation_costs_2_71_points():
    folder = PUBLISHED / "model-soups"
    if not folder.is_dir():
        pytest.skip(f"published tables are not in {PUBLISHED}; TOUCHSTONE_TABLES names another folder")
    table = pd.read_json(folder / "individual_model_results.jsonl", lines=True).set_index("model_name")
    found = [score(name, dataset, value, collection="soups") for dataset in table for name, value in table[dataset].items()]
    stored("soups", [network(name, "ImageNet", "soups") for name in table.index], found)
    mean = of(choosing.regret("ImageNet2p", "soups"), kind="mean")
    assert round(100 * mean["regret"], 2) == 2.71
    told = choosing.regret("ImageNet2p", "soups", "ImageNet")
    assert of(told, kind="mean")["regret"] == mean["regret"]


def test_differences_are_paired_and_allow_for_how_many_there_are(four):
    found = comparing.differences(["a", "b", "c"], Set("there"))
    pair = of(found, first="a", second="c")
    # a is right on 60 that c is not, c on none that a is not
    assert (pair["difference"], pair["first_only"], pair["second_only"], pair["n"]) == (pytest.approx(0.3), 60, 0, N)
    assert pair["p"] == pytest.approx(2 * 0.5**60)
    assert pair["holm"] == pytest.approx(3 * 2 * 0.5**60, rel=0.6)
    assert of(found, first="a", second="b")["p"] == 1
    assert found["reason"].isna().all()


def test_a_real_score_is_compared_by_the_bootstrap(four):
    found = of(comparing.differences(["a", "c"], Set("there"), "nll"), first="a")
    # right costs log(1 + e^-2), wrong 2 more: a has 60 wrong answers fewer
    assert found["difference"] == pytest.approx(-0.3 * 2, abs=1e-5)
    assert found["low"] < found["difference"] < found["high"] < 0
    with pytest.raises(errors.UserError, match="no mean over examples"):
        comparing.differences(["a", "c"], Set("there"), "ece")


def test_without_stored_answers_the_test_is_said_to_be_impossible_with_what_would_make_it_possible(four):
    missing = of(comparing.differences(["a", "d"], Set("there")), first="a")
    assert "paired test not possible" in missing["reason"]
    assert np.isnan(missing["p"])
    stored("table", [network("a", collection="t"), network("b", collection="t")], [score(n, "there", 0.5, collection="t") for n in "ab"])
    imported = of(comparing.differences(["a", "b"], Set("there"), collection="t"), first="a")
    assert imported["reason"] == comparing.IMPORTED  # though networks of the same names have answers elsewhere


def test_the_best_is_told_with_ranks_and_who_cannot_be_told_apart(four):
    found = comparing.best(Set("there")).set_index("network")
    assert found.index.tolist() == ["b", "a", "d", "c"]
    assert found.loc["a", "tied"]
    assert not found.loc["c", "tied"]
    assert pd.isna(found.loc["d", "tied"])
    assert "paired test not possible" in found.loc["d", "reason"]
    assert (found.loc["b", ["rank_low", "rank_high"]] == [1, 2]).all()
    assert set(found["compared"]) == {3}
    for allow in ("bh", "holm", "none"):
        assert comparing.best(Set("there"), allow=allow).set_index("network").loc["a", "tied"]
    told = advice.of_ties(comparing.best(Set("there")), "there", "accuracy")
    assert "2 of 3 networks, itself counted, cannot be told apart" in told


def test_only_examples_that_all_have_answered_are_compared():
    stored("a", [network("long"), network("short"), network("tiny")], [score(n, "s", 0.5) for n in ("long", "short", "tiny")],
           [answers("long", "s", right_on(100)), answers("short", "s", right_on(100)[:150]), answers("tiny", "s", right_on(10)[:20])])  # fmt: skip
    found = comparing.scored(["long", "short", "tiny"], Set("s"))
    assert found.networks == ("long", "short")
    assert len(found.examples) == 150


def test_the_order_between_seeds_is_compared_over_networks_that_are_equal_otherwise():
    names = [(f"{a}{s}", a, s) for a in "klmn" for s in (0, 1)]
    stored("seeds", [network(name, architecture=a, seed=s) for name, a, s in names], [score(n, "here", ord(a) / 200 + s / 1000) for n, a, s in names])
    found = comparing.stability(Set("here"))
    assert of(found, what="seeds, all else equal")["tau"] == 1
    assert of(found, what="seeds, all else equal")["networks"] == 4


def test_the_front_holds_who_nobody_beats(four):
    found = choosing.pareto(["accuracy on here", "accuracy on there"])
    assert set(found[found["front"]]["network"]) == {"a", "b", "d"}  # c is worse than d on both
    with pytest.raises(errors.UserError, match="at least two criteria"):
        choosing.pareto(["accuracy on here"])
    with pytest.raises(errors.UserError, match="no metric named"):
        choosing.pareto(["acuracy on here", "accuracy on there"])


@pytest.fixture
def grid():
    """A grid of augmentation x architecture x seed in which `augmix` adds 0.1 elsewhere and nothing here, and comes with more epochs."""
    networks, scores = [], []
    for i, (aug, arch, seed) in enumerate((a, b, s) for a in ("identity", "augmix") for b in ("cnn", "vit") for s in (0, 1, 2)):
        name = f"{aug}-{arch}-{seed}"
        networks.append(network(name, architecture=arch, augmentation=aug, seed=seed, epochs=20 if aug == "augmix" else 10, note=f"unique {i}"))
        scores += [
            score(name, "here", 0.9 + 0.001 * seed),
            score(name, "there", 0.5 + 0.1 * (aug == "augmix") + 0.05 * (arch == "vit") + 0.01 * seed),
        ]
    stored("grid", networks, scores)


def test_an_effect_is_the_mean_difference_between_networks_that_are_equal_otherwise(grid):
    found = effects.effects("augmentation")
    there = of(found, outcome="there")
    assert (there["baseline"], there["level"], there["pairs"], there["up"]) == ("identity", "augmix", 6, 6)
    assert there["difference"] == pytest.approx(0.1)
    assert there["p"] == pytest.approx(2 / 64)
    assert of(found, outcome="in distribution")["difference"] == pytest.approx(0)
    assert there["equal"] == "architecture, seed"
    assert there["along"] == "epochs, note"
    assert effects.levels("augmentation")[0] == "identity"
    back = of(effects.effects("augmentation", baseline="augmix"), outcome="there")
    assert back["difference"] == pytest.approx(-0.1)
    assert "epochs, note could not be held equal" in advice.of_effects(found, "augmentation", "accuracy")


def test_an_attribute_that_never_comes_apart_from_the_factor_is_left_out_even_where_it_depends_on_others_too():
    networks, scores = [], []
    for regime, arch, seed in ((r, a, s) for r in ("whole", "head") for a in ("cnn", "vit") for s in (0, 1)):
        rate = {"whole": {"cnn": 0.004, "vit": 0.001}, "head": {"cnn": 0.01, "vit": 0.02}}[regime][arch]
        networks.append(network(f"{regime}{arch}{seed}", architecture=arch, regime=regime, learning_rate=rate, seed=seed))
        scores.append(score(f"{regime}{arch}{seed}", "there", 0.5 + 0.2 * (regime == "head")))
    stored("regimes", networks, scores)
    found = of(effects.effects("regime"), outcome="there")
    assert (found["pairs"], found["along"]) == (4, "learning_rate")
    assert found["difference"] == pytest.approx(0.2)


def test_networks_of_different_architectures_are_never_made_a_pair():
    networks = [
        network("l", architecture="linear", regime="scratch"),
        network("c", architecture="cnn", regime="whole"),
        network("v", architecture="vit", regime="whole"),
    ]
    stored("kinds", networks, [score(n, "there", v) for n, v in (("l", 0.3), ("c", 0.6), ("v", 0.7))])
    found = effects.effects("regime")
    assert set(found["pairs"]) == {0}
    assert "No two pairs of networks differ in regime" in advice.of_effects(found, "regime", "accuracy")


def test_factors_are_shared_attributes_and_a_strange_one_is_refused(grid):
    assert effects.factors() == ["augmentation", "architecture", "seed", "epochs"]
    with pytest.raises(errors.UserError, match="no attribute named"):
        effects.effects("augmentatoin")
    with pytest.raises(errors.UserError, match="no level of augmentation"):
        effects.effects("augmentation", baseline="mixup")


@pytest.fixture
def weak_spot():
    """Answers to 600 examples from three hospitals, of which one is wrong most of the time; shifted, all are wrong often."""
    rng = np.random.default_rng(0)
    hospital, labels = rng.integers(0, 3, 600), rng.integers(0, 2, 600)
    right = rng.random(600) > np.where(hospital == 2, 0.6, 0.1)
    examples = [
        rows.Example("scans", "test", f"e{i}", i, int(labels[i]), str(labels[i]), json.dumps({"hospital": f"h{h}"})) for i, h in enumerate(hospital)
    ]
    made = [answers("net", "scans", right, labels), answers("net", "scans", rng.random(600) > 0.7, labels, "fog", 2.0)]
    stored("weak", [network("net", "other")], [score("net", "scans", right.mean())], made, examples)
    return hospital, right


def test_the_weak_group_is_found_confirmed_and_its_members_are_listed(weak_spot):
    hospital, right = weak_spot
    found = weak.search("net", Set("scans"))
    assert found["slice"].tolist() == ["hospital h2"]
    assert found["confirmed"].all()
    assert found["error"].iloc[0] > 0.45 > 0.2 > found["elsewhere"].iloc[0]
    inside = weak.members(weak.answers("net", Set("scans")), {"hospital": "h2"})
    assert len(inside) == (hospital == 2).sum()
    assert int((~inside["correct"]).sum()) == (~right[hospital == 2]).sum()
    assert not inside["correct"].iloc[0]  # wrong ones first
    told = advice.of_slices(found, weak.answers("net", Set("scans")), "net", "scans")
    assert "Worst: **hospital h2**" in told


def test_shifted_versions_are_searched_together_with_the_set(weak_spot):
    found = weak.search("net", Set("scans"), shifted=True)
    assert "shift fog 2" in found["slice"].tolist()
    assert len(weak.answers("net", Set("scans"), shifted=True)) == 1200
    assert set(found["searched_examples"]) == {300}


def test_the_map_puts_answers_close_together_that_the_network_sees_alike(weak_spot):
    found = weak.answer_map("net", Set("scans"))
    assert len(found) == 600
    # logits are (2, 0) or (0, 2): less their mean one direction, along which the two answers lie 2 * sqrt(2) apart
    places = found.groupby("predicted")["x"].agg(["min", "max"])
    assert (places["max"] - places["min"]).max() == pytest.approx(0)
    assert abs(places["max"].diff().iloc[-1]) == pytest.approx(2 * 2**0.5)
    assert found["x_share"].iloc[0] == pytest.approx(1)
    assert len(weak.answer_map("net", Set("scans"), shifted=True)) == 1200
    with pytest.raises(errors.UserError, match="No answers"):
        weak.answer_map("net", Set("nowhere"))


def test_what_cannot_be_searched_is_said(weak_spot):
    with pytest.raises(errors.UserError, match="No answers of net to nowhere"):
        weak.search("net", Set("nowhere"))
    with pytest.raises(errors.UserError, match="Did you mean hospital"):
        weak.search("net", Set("scans"), ["hospitl"])


def test_bands_of_confidence_hold_what_they_say():
    assert weak._bands(pd.Series([0.3, 0.5, 0.8999, 0.99, 1.0])) == [
        "below 50.0 %",
        "50.0 % to 70.0 %",
        "70.0 % to 90.0 %",
        "99.0 % or more",
        "99.0 % or more",
    ]


def test_sets_are_kept_by_name_compared_and_forgotten(four):
    sets.keep_networks("good", ["a", "b"])
    sets.keep_networks("rest", ["c", "d"])
    found = sets.compare(["good", "rest"])
    there = of(found, name="good", set="there")
    assert (there["n"], there["best"]) == (2, "b")
    assert there["value"] == pytest.approx((160 + 161) / 400)
    assert of(found, name="rest", set="here")["least"] == pytest.approx(0.97)
    assert sets.listed()["holds"].tolist() == ["2 networks", "2 networks"]
    assert sets.networks_in("good", "") == ["a", "b"]
    assert sets.networks_in("good", "other") == []
    control.sets.forget("good")
    with pytest.raises(errors.UserError, match="no kept set named"):
        sets.compare(["good"])


def test_a_slice_is_kept_and_compared_with_what_is_right_inside(weak_spot):
    hospital, right = weak_spot
    sets.keep_slice("second hospital", "net", Set("scans"), {"hospital": "h2"})
    found = of(sets.compare(["second hospital"]), name="second hospital")
    assert found["value"] == pytest.approx(right[hospital == 2].mean())
    assert found["low"] < found["value"] < found["high"]
    with pytest.raises(errors.UserError, match="needs a condition"):
        sets.keep_slice("all", "net", Set("scans"), {})


def test_networks_are_ranked_on_the_examples_of_a_kept_slice(weak_spot):
    hospital, right = weak_spot
    stored("rival", [network("rival", "other")], [score("rival", "scans", 0.9)], [answers("rival", "scans", hospital == 2)])
    sets.keep_slice("second hospital", "net", Set("scans"), {"hospital": "h2"})
    one, examples = sets.examples_in("second hospital")
    assert (one, len(examples)) == (Set("scans"), (hospital == 2).sum())
    found = comparing.best(one, examples=examples).set_index("network")
    assert found.index.tolist() == ["rival", "net"]
    assert found.loc["rival", "value"] == 1
    assert found.loc["net", "value"] == pytest.approx(right[hospital == 2].mean())
    assert set(found["n"]) == {(hospital == 2).sum()}
    assert not found.loc["net", "tied"]
    sets.keep_networks("nets", ["net"])
    with pytest.raises(errors.UserError, match="no slice of examples"):
        sets.examples_in("nets")


def test_names_that_are_taken_empty_or_unknown_are_refused(four):
    sets.keep_networks("  good   ones ", ["a"])
    assert [one.name for one in control.sets.kept()] == ["good ones"]
    for name, networks, said in (
        ("good ones", ["a"], "already"),
        ("", ["a"], "needs a name"),
        ("x", ["nobody"], "no network named"),
        ("x", [], "no networks"),
    ):
        with pytest.raises(errors.UserError, match=said):
            sets.keep_networks(name, networks)


def test_a_control_file_of_an_earlier_version_gets_the_table_of_kept_sets(four):
    with control.database.write() as db:
        db.execute("DROP TABLE kept")
    control.database._made.clear()
    assert control.sets.kept() == []
    sets.keep_networks("good", ["a"])
    assert control.sets.named("good").content == {"collection": "", "networks": ["a"]}


def said(capsys, *words):
    assert main(["assay", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands_say_what_the_views_say(four, capsys):
    found = said(capsys, "regret", "--select-by", "there")
    assert {row["ood"] for row in found} == {"here", "beyond", choosing.MEAN}
    assert said(capsys, "best", "--set", "there", "--trained-on", "here")[0]["network"] == "b"
    assert len(said(capsys, "differences", "--set", "there", "--network", "a", "--network", "b", "--network", "c")) == 3
    assert said(capsys, "pareto", "--criterion", "accuracy on here", "--criterion", "accuracy on there")
    assert said(capsys, "stability", "--set", "there")
    assert said(capsys, "effects", "--factor", "seed")
    assert said(capsys, "keep", "good", "--network", "a")["networks"] == ["a"]
    assert said(capsys, "kept")[0]["name"] == "good"
    assert said(capsys, "compare", "good")
    assert said(capsys, "forget", "good") == {"forgotten": "good"}


def test_the_command_finds_the_only_table_that_has_the_set_and_asks_where_several_do(capsys):
    for name in ("one", "two"):
        stored(
            name,
            [network(n, None, name) for n in "ab"],
            [score(n, s, v, collection=name) for n, v in (("a", 0.9), ("b", 0.8)) for s in ("x", f"y {name}")],
        )
    assert said(capsys, "regret", "--select-by", "y one", "--json")[0]["chosen"] == "a"
    assert main(["assay", "regret", "--select-by", "x"]) == 1
    assert "--table" in capsys.readouterr().err
    assert said(capsys, "regret", "--select-by", "x", "--table", "two")[0]["ood"] == "y two"


def test_slices_are_found_from_the_command_line(weak_spot, capsys):
    found = said(capsys, "slices", "--network", "net", "--set", "scans", "--by", "hospital")
    assert json.loads(found[0]["conditions"]) == {"hospital": "h2"}
    assert said(capsys, "keep", "spot", "--network", "net", "--set", "scans", "--where", "hospital=h2")["kind"] == "slice"


def test_the_shipped_results_can_be_chosen_from(monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_SAMPLE")
    cost = choosing.regret("validation", id_set="mnist")
    assert (cost["regret"] >= 0).all()
    assert re.search(
        r"\*\* (is chosen|and 1 other are chosen alike .*) by accuracy on mnist", advice.of_choice(cost, "accuracy on mnist (val)", "accuracy")
    )
    ranks = comparing.best(Set("mnist"), among=views.networks_known().query("trained_on == 'mnist'")["network"].tolist())
    answered = set(failing.networks()[0])  # of some circuits only scores ship: nothing can be compared answer by answer
    assert set(ranks.loc[ranks["tied"].isna(), "network"]).isdisjoint(answered)
    assert ranks["tied"].notna().sum() > 20
    assert weak.search("cnn-mnist-whole-s0", Set("printed"))["slice"].iloc[0] == "family Amatic SC"


def test_sets_that_no_network_has_all_of_are_judged_one_by_one():
    names = "abcdef"
    scores = [score(n, "here", 0.9 - i / 100) for i, n in enumerate(names)]
    scores += [score(n, "left", 0.5 + i / 10) for i, n in enumerate(names[:3])] + [score(n, "right", 0.6) for n in names[3:]]
    stored("halves", [network(n) for n in names], scores)
    found = choosing.regret("id")
    assert found["kind"].tolist() == ["elsewhere", "elsewhere"]
    left = of(found, ood="left")
    assert (left["networks"], left["chosen"], left["regret"]) == (3, "a", pytest.approx(0.2))
    assert of(found, ood="right")["chosen"] == "d"
    assert "out of 3 networks. On left that reaches 50.0" in advice.of_choice(found, "accuracy on here", "accuracy")
    with pytest.raises(errors.UserError, match="by which to choose"):
        choosing.regret("oracle")


def test_names_of_imported_networks_are_shown_as_they_are():
    assert advice.name("vit_b [size=448]*") == r"vit\_b \[size=448\]\*"
