"""Pairs, one pair, effective robustness: over made tables, over published ones where they are at hand, and as commands."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from engine import __main__ as command_line
from engine import errors, places
from engine.assay import population, relation
from engine.assay.views import Set
from engine.stats.patterns import Thresholds
from tests.engine.assay._tables import ODD, made, table

TABLES = places.ROOT.parent / "shared" / "tables"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    return tmp_path


def test_pairs_of_a_table_have_the_pattern_and_the_line_of_their_points():
    frame = made()
    table("made", frame, classes=10)
    found = relation.pairs("made", id_set="id").set_index("ood")
    assert found["pattern"].to_dict() == {"up": "increasing", "apart": "vertical", "flat": "horizontal", "down": "decreasing"}
    assert list(found.index) == ["up", "apart", "flat", "down"]
    u, v = (special.ndtri(frame[name]) for name in ("id", "up"))
    expected = stats.linregress(u, v)
    assert found.loc["up", ["slope", "intercept", "r"]].tolist() == pytest.approx([expected.slope, expected.intercept, expected.rvalue])
    assert found.loc["up", "spearman"] == pytest.approx(stats.spearmanr(frame["id"], frame["up"]).statistic)
    assert found.loc["up", ["id_low", "id_middle", "id_high"]].tolist() == pytest.approx(np.quantile(frame["id"], [0.05, 0.5, 0.95]).tolist())
    assert (found["n"] == 40).all()
    assert (found["chance"] == 0.1).all()


def test_the_points_of_a_pair_are_those_of_its_networks():
    frame = made()
    table("made", frame)
    long = relation.points("made", id_set="id")
    wanted = pd.DataFrame({"id": ["id", "id", "id"], "ood": ["up", "nowhere", "flat"]})
    up, nowhere, flat = relation.clouds(long, wanted)
    assert len(nowhere) == 0
    assert np.sort(up["y"]) == pytest.approx(np.sort(frame["up"]))
    assert np.sort(flat["x"]) == pytest.approx(np.sort(frame["id"]))
    three = relation.codes(["n000", "n003", "n039", "unheard"])
    assert np.sort(up[up["network"].isin(three)]["y"]) == pytest.approx(np.sort(frame.loc[["n000", "n003", "n039"], "up"]))


def test_networks_count_for_the_set_they_were_trained_on():
    frame = made()
    table("trained", frame, trained_on=lambda name: "id" if int(name[1:]) < 30 else "up")
    found = relation.pairs("trained").set_index(["id", "ood"])
    assert found.loc[("id", "down"), "n"] == 30
    assert found.loc[("up", "id"), "n"] == 10
    assert len(found) == 8
    one = relation.pair("trained", "id", "down")
    assert len(one.networks) == 30
    assert len(relation.pair("trained", "id", "down", everyone=True).networks) == 40


def test_one_pair_agrees_with_its_row_among_all_pairs():
    table("made", made(), classes=10)
    for row in relation.pairs("made", id_set="id").to_dict("records"):
        one = relation.pair("made", row["id"], row["ood"])
        assert (one.told.pattern, one.told.why) == (row["pattern"], row["why"])
        assert (one.line.slope.value, one.line.r2, one.line.spearman.value) == pytest.approx((row["slope"], row["r2"], row["spearman"]))


def test_a_number_that_is_undefined_or_missing_is_left_out_and_not_counted_as_zero():
    frame = made()
    frame.loc["n000", "up"] = np.inf
    frame.loc["n001", "up"] = np.nan
    table("gaps", frame)
    assert relation.pairs("gaps", id_set="id").set_index("ood").loc["up", "n"] == 38
    assert relation.pair("gaps", "id", "up").line.n == 38


def test_thresholds_change_patterns_without_the_lines():
    table("made", made())
    strict = relation.pairs("made", "accuracy", "probit", Thresholds(increasing=0.9999), "id").set_index("ood")
    assert strict.loc["up", "pattern"] == "none"
    assert strict.loc["up", "r2"] == relation.pairs("made", id_set="id").set_index("ood").loc["up", "r2"]


def test_each_task_counts_the_same_however_many_pairs_it_has():
    found = pd.DataFrame({"task": ["big"] * 3 + ["small", None], "pattern": ["increasing"] * 3 + ["vertical", "none"]})
    assert relation.by_task(found).to_dict() == pytest.approx({"increasing": 1 / 3, "vertical": 1 / 3, "none": 1 / 3})


def test_rates_are_on_probit_axes_and_nothing_else_is():
    table("made", made())
    table("losses", 3 * made(), metric="nll", unit="nats")
    assert relation.axes_for("made", "accuracy") == "probit"
    assert relation.axes_for("losses", "nll") == "linear"
    with pytest.raises(errors.UserError, match="no rate"):
        relation.axes_for("losses", "nll", "probit")
    with pytest.raises(errors.UserError, match="probitt"):
        relation.axes_for("made", "accuracy", "probitt")
    assert relation.pair("losses", "id", "up", "nll").told.pattern == "increasing"
    assert relation.thresholds_for("losses", "nll").narrowest == 0


def test_sets_with_odd_names_are_found_by_their_own_name_and_by_their_text():
    frame = made()[["id", "up", "flat", "down"]].set_axis(list(ODD), axis=1)
    table("odd", frame)
    texts = population.sets_of("odd")["set"].tolist()
    assert {Set.read(text).dataset for text in texts} == set(ODD)
    assert relation.collection_with(ODD, "accuracy") == "odd"
    for name in ODD:
        text = relation.named(name, "odd")
        assert Set.read(text) == Set(name)
        assert text in texts
    one = relation.pair("odd", relation.named(ODD[0], "odd"), relation.named(ODD[1], "odd"))
    assert one.line.n == 40
    found = relation.pairs("odd", id_set=relation.named(ODD[2], "odd"))
    assert set(found["ood"]) == {Set(name).text() for name in ODD if name != ODD[2]}
    wide = population.wide("odd", sets=tuple(texts))
    assert wide.notna().all().all()


@pytest.mark.parametrize("one", [
    Set("mnist"), Set("a/b@c:d %2F %25"), Set("top1 (%)"), Set("a:b"), Set("x", "va/l@", "s:h%3A@i/ft", 2.5), Set("x", "val"),
    Set("%"), Set("@", "test", "fog", 3.0),
])  # fmt: skip
def test_every_set_comes_back_from_its_text(one):
    assert Set.read(one.text()) == one


def test_plain_texts_read_as_they_always_did():
    assert Set("mnist", "val", "rotation", 12.5).text() == "mnist/val@rotation:12.5"
    assert Set.read("mnist@fog:3") == Set("mnist", "test", "fog", 3.0)
    assert Set("CIFAR-10:v1, 2 %").text() == "CIFAR-10:v1, 2 %25"


def test_two_tables_with_the_same_sets_must_be_told_apart():
    table("one", made())
    table("two", made(seed=1))
    with pytest.raises(errors.UserError, match="Several tables have id, up") as told:
        relation.collection_with(("id", "up"), "accuracy")
    assert "--table" in told.value.hint
    assert relation.collection_with(("id", "up"), "accuracy", "two") == "two"
    with pytest.raises(errors.UserError, match="three"):
        relation.collection_with(("id", "up"), "accuracy", "three")
    with pytest.raises(errors.UserError, match="nowhere"):
        relation.collection_with(("id", "nowhere"), "accuracy")


def test_a_set_that_a_table_lacks_is_named_with_the_nearest():
    table("made", made())
    with pytest.raises(errors.UserError, match="apartt") as told:
        relation.pair("made", "id", "apartt")
    assert "apart" in told.value.hint


def test_effective_robustness_is_measured_from_the_line_of_the_baseline():
    frame = made(60)
    kind = pd.DataFrame({"kind": ["plain"] * 40 + ["special"] * 20}, index=frame.index)
    frame.loc[kind["kind"] == "special", "up"] += 0.1
    table("kinds", frame, attributes=kind)
    one = relation.pair("kinds", "id", "up")
    networks, means = relation.effective(one, "kind", "plain")
    best = means.iloc[0]
    assert (best["group"], best["n"]) == ("special", 20)
    assert best["low"] < 0.1 < best["high"]
    assert means.iloc[1]["mean"] == pytest.approx(0, abs=0.005)
    assert networks["residual"].is_monotonic_decreasing
    assert set(networks.head(20)["group"]) == {"special"}
    with pytest.raises(errors.UserError, match="knd"):
        relation.effective(one, "knd", "plain")
    with pytest.raises(errors.UserError, match="strange"):
        relation.effective(one, "kind", "strange")


def test_a_relation_over_all_that_no_group_has_is_seen_apart():
    rng = np.random.default_rng(0)
    level = np.repeat([0.3, 0.5, 0.7], 20)
    inside = rng.uniform(-0.08, 0.08, 60)
    frame = pd.DataFrame({"id": level + inside, "up": level - 0.8 * inside}, index=[f"n{i:02d}" for i in range(60)])
    table("simpson", frame, attributes=pd.DataFrame({"level": level}, index=frame.index))
    one = relation.pair("simpson", "id", "up")
    assert relation.correlation(one) > 0.8
    assert (relation.by_group(one, "level")["r"] < -0.9).all()
    assert relation.by_group(one, "level")["group"].tolist() == ["0.3", "0.5", "0.7"]


def test_attributes_read_as_few_groups_of_words():
    many = pd.Series(np.arange(100.0))
    assert relation.in_order(relation.grouped(many).unique()) == ["0 to 16", "17 to 32", "33 to 49", "50 to 65", "66 to 82", "83 to 99"]
    words = pd.Series([f"w{i}" for i in range(30)] + ["w0"] * 5 + [None])
    told = relation.grouped(words)
    assert told.nunique() == relation.GROUPS
    assert (told == "w0").sum() == 6
    assert relation.grouped(pd.Series([True, False, None], dtype="object")).tolist() == ["True", "False", "not said"]
    assert relation.grouped(pd.Series([0.001, None])).tolist() == ["0.001", "not said"]
    assert relation.in_order(["not said", "b", "10", "9", "a"]) == ["9", "10", "a", "b", "not said"]


def test_attributes_are_those_that_tell_networks_apart():
    frame = made(20)
    about = pd.DataFrame({"lr": np.linspace(0, 1, 20), "same": 1, "kind": ["a", "b"] * 10, "note": [f"x{i}" for i in range(20)]}, index=frame.index)
    table("told", frame, attributes=about)
    assert relation.pair("told", "id", "up").attributes == ["lr", "kind"]


def said(capsys, *words):
    status = command_line.main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_line_as_a_command_answers_with_numbers_intervals_and_warnings(capsys):
    frame = made()
    table("made", frame)
    status, found = said(capsys, "assay", "line", "--x", "id", "--y", "up", "--metric", "accuracy", "--axes", "probit")
    expected = stats.linregress(special.ndtri(frame["id"]), special.ndtri(frame["up"]))
    assert status == 0
    assert (found["n"], found["table"], found["pattern"]) == (40, "made", "increasing")
    assert (found["slope"], found["intercept"], found["r2"]) == pytest.approx((expected.slope, expected.intercept, expected.rvalue**2))
    assert found["slope_interval"][0] < found["slope"] < found["slope_interval"][1]
    assert found["epsilon"] == 1e-3
    assert found["warnings"] == []


def test_a_line_that_is_none_says_why_and_has_nulls(capsys):
    table("two", made(2))
    status, found = said(capsys, "assay", "line", "--x", "id", "--y", "up")
    assert status == 0
    assert found["slope"] is None
    assert "at least 3 points" in found["reason"]


def test_pairs_as_a_command(capsys):
    table("made", made())
    status, found = said(capsys, "assay", "pairs", "--id", "id", "--threshold", "increasing=0.9999")
    assert status == 0
    assert {row["ood"]: row["pattern"] for row in found}["up"] == "none"
    status, found = said(capsys, "assay", "pairs", "--table", "made")
    assert status == 1
    assert "--id SET" in found["hint"]
    status, found = said(capsys, "assay", "pairs", "--table", "made", "--id", "idd")
    assert (status, "idd" in found["error"]) == (1, True)


def test_effective_robustness_as_a_command_says_what_the_view_says(capsys):
    frame = made(20)
    about = pd.DataFrame({"kind": ["a"] * 12 + ["b"] * 8}, index=frame.index)
    table("told", frame, attributes=about)
    words = ("assay", "effective-robustness", "--x", "id", "--y", "up", "--axes", "linear")
    status, found = said(capsys, *words)
    base = stats.linregress(frame["id"][:12], frame["up"][:12])
    above = frame["up"] - base.intercept - base.slope * frame["id"]
    assert status == 0
    told = {row["group"]: row for row in found}
    assert (told["a"]["baseline"], told["b"]["baseline"], told["b"]["n"], told["b"]["by"]) == (True, False, 8, "kind")
    assert told["b"]["mean"] == pytest.approx(above[12:].mean())
    assert told["b"]["low"] < told["b"]["mean"] < told["b"]["high"]
    _, each = said(capsys, *words, "--by", "kind", "--baseline", "a", "--networks")
    assert {row["network"]: row["residual"] for row in each} == pytest.approx(dict(above))
    status, found = said(capsys, *words, "--baseline", "c")
    assert (status, "group of kind" in found["error"]) == (1, True)


def test_odd_names_work_as_a_command(capsys):
    table("odd", made()[["id", "up"]].set_axis(list(ODD[:2]), axis=1))
    status, found = said(capsys, "assay", "line", "--x", ODD[0], "--y", ODD[1])
    assert (status, found["n"]) == (0, 40)


@pytest.mark.skipif(not TABLES.is_dir(), reason=f"the published tables are not at {TABLES}")
@pytest.mark.parametrize(
    ("x", "y", "n", "r2", "slope", "spearman"),
    [
        ("results-imagenet", "results-imagenetv2-matched-frequency", 1556, 0.992, 0.963, 0.995),
        ("results-imagenet", "results-imagenet-real", 1556, 0.976, None, 0.992),
        ("results-imagenet", "results-sketch", 1556, 0.816, None, 0.946),
        ("results-imagenet-a-clean", "results-imagenet-a", 1555, 0.871, 2.546, 0.983),
        ("results-imagenet-r-clean", "results-imagenet-r", 1556, 0.726, 1.205, 0.950),
    ],
)
def test_published_lines_come_out_to_the_printed_digits(x, y, n, r2, slope, spearman):
    frames = {name: pd.read_csv(TABLES / "timm" / f"{name}.csv", thousands=",") for name in (x, y)}
    wide = pd.DataFrame({name: f.set_index(f["model"] + " " + f["img_size"].astype(str))["top1"] / 100 for name, f in frames.items()})
    table("timm", wide)
    line = relation.pair("timm", x, y).line
    assert line.n == n
    assert (round(line.r2, 3), round(line.spearman.value, 3)) == (r2, spearman)
    assert slope is None or round(line.slope.value, 3) == slope


@pytest.mark.skipif(not TABLES.is_dir(), reason=f"the published tables are not at {TABLES}")
def test_published_soups_are_increasing_on_their_copy_and_vertical_elsewhere():
    lines = (TABLES / "model-soups" / "individual_model_results.jsonl").read_text().splitlines()
    wide = pd.DataFrame([json.loads(line) for line in lines]).set_index("model_name")
    table("soups", wide)
    found = relation.pairs("soups", id_set="ImageNet").set_index("ood")
    assert found.loc[["ImageNetV2", "ImageNetA", "ImageNetR"], "spearman"].round(2).tolist() == [0.94, 0.05, -0.10]
    assert found["pattern"].to_dict()["ImageNetV2"] == "increasing"
    assert found["pattern"].to_dict()["ImageNetA"] == "vertical"


def test_a_relation_that_bends_is_warned_of():
    x = np.linspace(0.2, 0.8, 40)
    table("bent", pd.DataFrame({"id": x, "up": 0.1 + 0.8 * (x > 0.5) + 0.05 * x}, index=[f"n{i:02d}" for i in range(40)]))
    assert "the relation bends" in relation.pair("bent", "id", "up", axes="linear").warnings[0]
    table("made", made())
    assert relation.pair("made", "id", "up").warnings == ()


def test_networks_at_the_bounds_of_the_axes_are_warned_of_and_only_there():
    frame = made()
    frame.loc["n000", "up"] = 0.0
    table("zero", frame)
    warned = relation.pair("zero", "id", "up").warnings[0]
    assert warned == "1 of 40 networks have a share below 0.1 % or beyond 99.9 %: on probit axes they stand at that bound."
    assert not any("bound" in warning for warning in relation.pair("zero", "id", "up", axes="linear").warnings)


def test_networks_that_lack_a_number_are_counted():
    frame = made()
    frame.loc[["n000", "n001"], "up"] = np.nan
    frame.loc["n002", "up"] = np.inf
    table("gaps", frame)
    one = relation.pair("gaps", "id", "up")
    assert (len(one.networks), one.without) == (37, 3)


def test_pairs_of_the_population_are_test_sets_with_their_texts():
    table("odd", made()[["id", "up"]].set_axis(list(ODD[:2]), axis=1), trained_on=lambda _: ODD[0])
    texts = [Set(name).text() for name in ODD[:2]]
    assert population.pairs("odd")[["id", "ood"]].to_numpy().tolist() == [texts]
    assert population.pairs("odd", id_set=texts[1])[["id", "ood"]].to_numpy().tolist() == [texts[::-1]]
    assert len(population.cross("odd", ("accuracy",), texts[1])) == 40
