"""The views of trust over a store whose answers are known, and over the results that ship."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from engine import errors
from engine.__main__ import main
from engine.assay import dimensions, trust, verdicts
from tests.engine.assay import _known
from tests.engine.assay._known import DOMAINS, TABLE


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = tmp_path_factory.mktemp("trust")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(found))
        patch.setenv("TOUCHSTONE_SAMPLE", str(found / "none"))
        _known.fill()
    return found


@pytest.fixture(autouse=True)
def here(home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))


def row(found, name, view="standardised", column="predictor"):
    return found[(found[column] == name) & (found["view"] == view)].iloc[0]


def test_the_id_number_is_that_of_scipy_within_pairs():
    found = trust.predictors(TABLE)
    points = trust.measured(TABLE)
    within = [stats.pearsonr(part["accuracy_val"], part["accuracy_ood"]).statistic for _, part in points.groupby("pair")]
    one = row(found, "accuracy")
    assert one["r"] == pytest.approx(np.mean(within))
    assert one["r2"] == pytest.approx(np.mean(within) ** 2)
    assert (one["side"], one["networks"], one["pairs"], one["left_out"]) == ("validation", 60, 12, "ID set")


def test_accuracy_on_another_ood_set_tells_more_and_the_interval_says_so():
    found = trust.predictors(TABLE)
    others = row(found, "others")
    assert others["advantage_low"] > 0.05
    assert others["r2"] == pytest.approx(others["r2_id"] + others["advantage"])
    said = verdicts.of_predictors(found, "accuracy", "standardised")
    assert "tells most" in said
    assert "cannot be told apart" not in said


def test_the_target_set_is_never_its_own_predictor():
    found = trust.predictors(TABLE)
    for domain in DOMAINS:
        one = row(found, f"on:{domain}")
        assert (one["pairs"], one["networks"]) == (6, 45)  # neither trained nor told there
        assert one["r2"] < 0.9999


def test_others_is_the_mean_over_the_remaining_sets():
    points = trust.scattered(TABLE, "others")
    one = points[(points["network"] == "a00") & (points["ood"] == "b")].iloc[0]
    measured = trust.measured(TABLE).set_index(["network", "ood"])["accuracy_ood"]
    assert one["x"] == pytest.approx(1 - (measured["a00", "c"] + measured["a00", "d"]) / 2)
    assert one["y"] == pytest.approx(1 - measured["a00", "b"])


def test_pooling_turns_the_sign_and_the_page_says_so():
    found = trust.predictors(TABLE)
    assert row(found, "accuracy", "pooled")["r"] < -0.5
    assert row(found, "accuracy")["r"] > 0.5
    assert row(found, "accuracy")["disagrees"] == "sign"
    assert "change" in verdicts.of_disagreement(found)
    assert found[found["predictor"] == "ece"]["disagrees"].isna().all()


def test_missing_is_left_out_with_its_n_and_compared_on_the_same_networks():
    found = trust.predictors(TABLE)
    corrupted = row(found, "corruptions")
    assert (corrupted["networks"], corrupted["side"]) == (32, "test")
    alone = trust.predictors(TABLE, "accuracy", ("accuracy", "corruptions"), common=True)
    assert row(alone, "accuracy")["networks"] == 32
    assert corrupted["r2_id"] == pytest.approx(row(alone, "accuracy")["r2"])
    assert row(found, "adversarial_linf")["networks"] == 24


def test_corruptions_are_means_without_geometric_shifts():
    measured = trust.measured(TABLE).drop_duplicates("network").set_index("network")
    skill = measured.loc["a00", "corruptions_id"] - 0.6
    assert measured.loc["a00", "adversarial_linf_id"] == pytest.approx(0.3 - skill)
    assert np.isnan(measured.loc["a14", "corruptions_id"])


def test_a_mean_over_corruptions_does_not_tell_the_set_that_it_is():
    rng = np.random.default_rng(2)
    networks, scores = [], []
    for i in range(12):
        name, here, fog, blur = f"n{i}", *rng.uniform(0.3, 0.9, 3)
        networks.append(_known.network(name, "a", "twice"))
        put = dict.fromkeys(("collection",), "twice")
        scores += [_known.score(name, "a", here, **put), _known.score(name, "b", rng.uniform(0.3, 0.9), **put)]
        scores += [_known.score(name, "a", v, shift=s, strength=1.0, **put) for s, v in (("fog", fog), ("blur", blur))]
        scores.append(_known.score(name, "a-corrupted", (fog + blur) / 2, **put))
    _known.written(networks, scores, "run-2")
    found = trust.predictors("twice", "accuracy", ("accuracy", "corruptions"))
    assert (row(found, "accuracy")["pairs"], row(found, "corruptions")["pairs"]) == (2, 1)
    assert row(found, "corruptions")["r2"] < 0.9


def test_rank_correlations_count_networks_not_rows():
    ranks = dimensions.ranks(TABLE, "metrics").set_index(["row", "column"])
    both = ranks.loc[("error under corruptions (ID)", "error (OOD)")]
    assert (both["n"], both["rows"]) == (32, 96)
    assert ranks.loc[("error (ID)", "error (OOD)"), "n"] == 60


def test_gain_is_never_below_zero_and_its_left_out_twin_can_be():
    found = trust.pairs_of_predictors(TABLE)
    assert (found["gain"].dropna() >= 0).all()
    assert row(found, "ece")["gain_left_out"] < row(found, "ece")["gain"]
    assert found["gain"].dropna().is_monotonic_decreasing


def test_on_probit_axes_shares_are_placed_and_ranks_stay():
    linear, probit = (row(trust.predictors(TABLE, axes=axes), "accuracy") for axes in ("linear", "probit"))
    points = trust.measured(TABLE)
    within = [
        stats.pearsonr(*stats.norm.ppf(1 - part[["accuracy_val", "accuracy_ood"]].T.to_numpy())).statistic for _, part in points.groupby("pair")
    ]
    assert probit["r"] == pytest.approx(np.mean(within))
    assert probit["spearman"] == pytest.approx(linear["spearman"])
    placed = trust.scattered(TABLE, axes="probit")
    assert placed["y"].to_numpy() == pytest.approx(stats.norm.ppf(trust.scattered(TABLE)["y"]))
    assert trust.scattered(TABLE, "parameters", axes="probit")["x"].tolist() == trust.scattered(TABLE, "parameters")["x"].tolist()


def test_transfer_ranks_metrics_and_its_mean_is_that_of_the_pairs():
    found = trust.transfer(TABLE)
    assert found["metric"].iloc[0] == "accuracy"
    each = trust.transfer_pairs(TABLE, "accuracy")
    assert row(found, "accuracy", column="metric")["spearman"] == pytest.approx(each["spearman"].mean())
    points = trust.measured(TABLE)
    mine = points[(points["id"] == "a") & (points["ood"] == "b")]
    assert each.iloc[0]["r"] == pytest.approx(stats.pearsonr(mine["accuracy_val"], mine["accuracy_ood"]).statistic)
    assert "**error** carries over best" in verdicts.of_transfer(found, "standardised")


def test_tasks_count_the_same_unless_pairs_shall():
    tasks = pd.Series(["x"] * 10 + ["y"])
    assert trust.regression.weights_of_pairs(tasks.tolist(), "task")[-1] == pytest.approx(0.5)
    by_task, by_pair = (row(trust.predictors(TABLE, equal=equal), "accuracy")["r"] for equal in ("task", "pair"))
    assert by_task == pytest.approx(by_pair)  # one task only


def test_tables_without_training_sets_need_an_id_set_and_give_known_ranks():
    assert trust.id_sets(TABLE) == []
    assert set(trust.id_sets("soups")) == {"one", "two", "three"}
    with pytest.raises(errors.UserError, match="do not say what they were trained on"):
        trust.predictors("soups")
    found = trust.transfer("soups", (), "one")
    assert row(found, "accuracy", column="metric")["pairs"] == 2
    ranks = dimensions.ranks("soups", "sets").set_index(["row", "column"])
    wide = {name: dimensions.grid("soups", "sets")[f"error on {name}"] for name in ("one", "two", "three")}
    assert ranks.loc[("error on one", "error on two"), "spearman"] == pytest.approx(stats.spearmanr(wide["one"], wide["two"]).statistic)
    low, high = ranks.loc[("error on one", "error on three"), ["low", "high"]]
    assert low < 0 < high
    assert ranks.loc[("error on one", "error on one"), "spearman"] == pytest.approx(1)


def test_factors_load_on_what_goes_together():
    found = dimensions.factors("soups", "sets", k=1)
    loading = found.set_index("column")["loading"]
    assert loading[["error on one", "error on two"]].min() > 0.6
    assert abs(loading["error on three"]) < 0.4
    scree = dimensions.scree("soups", "sets")
    assert scree["suggested"].iloc[0] == 1
    assert (scree["rows"].iloc[0], scree["networks"].iloc[0], scree["left_out"].iloc[0]) == (40, 40, 0)
    assert "**1 factor** of 3" in verdicts.of_factors(scree, found)


def test_rows_without_all_numbers_are_counted():
    names = ("error (ID)", "error (OOD)", "error under corruptions (ID)")
    scree = dimensions.scree(TABLE, "metrics", names)
    assert (scree["rows"].iloc[0], scree["networks"].iloc[0], scree["left_out"].iloc[0]) == (96, 32, 84)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: trust.predictors("nothing"), "no table named"),
        (lambda: trust.predictors(TABLE, "f1"), "no metric named"),
        (lambda: trust.predictors(TABLE, "accuracy", ("eec",)), "ece"),
        (lambda: trust.transfer(TABLE, ("f1",)), "f1"),
        (lambda: dimensions.factors(TABLE, "metrics", ("x", "y")), "no column named"),
        (lambda: dimensions.factors(TABLE, "metrics", ("error (ID)", "error (OOD)"), k=7), "1 to 1"),
    ],
)
def test_what_is_not_there_is_refused_with_a_way_out(ask, said):
    with pytest.raises(errors.UserError) as problem:
        ask()
    assert said in f"{problem.value.message} {problem.value.hint}"


def test_commands_print_the_same_numbers(capsys):
    assert main(["assay", "predictors", "--table", TABLE, "--predictor", "accuracy", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[1]["r2"] == pytest.approx(row(trust.predictors(TABLE, "accuracy", ("accuracy",)), "accuracy")["r2"])
    assert main(["assay", "transfer", "--table", TABLE, "--metric", "ece"]) == 0
    assert "standardised" in capsys.readouterr().out
    assert main(["assay", "factors", "--table", "soups", "--over", "sets", "--factors", "1", "--rotation", "promax", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert main(["assay", "factors", "--table", "soups", "--show", "ranks", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 9
    assert main(["assay", "predictors", "--table", "soups", "--json"]) == 1
    assert "ID set" in json.loads(capsys.readouterr().out)["hint"]


def test_the_shipped_networks_have_an_answer(monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_SAMPLE")
    found = trust.predictors("", "accuracy", ("accuracy", "ece"))
    assert row(found, "accuracy")["pairs"] == 12
    assert row(found, "accuracy")["networks"] >= 84
    assert np.isfinite(found[["r2_low", "r2_high", "spearman"]].to_numpy(float)).all()
