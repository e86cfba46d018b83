"""Arms compared seed by seed: numbers worked by hand, which circuits count, verdicts, the table of a document."""

from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from engine import errors, rows, store
from engine.__main__ import main
from engine.stats import intervals
from engine.wiring import again, arms

ID, OOD = "mnist", ("printed", "optdigits")
# accuracy in distribution and on two sets elsewhere, by arm and seed; the tiny circuit and the second setting must not count
SCORES = {
    ("nac-dense_modfc-mnist", "dense_modfc"): [(0.98, 0.60, 0.70), (0.97, 0.62, 0.68), (0.98, 0.61, 0.69)],
    ("nac-none-mnist-eps0.5", "none"): [(0.97, 0.66, 0.74), (0.98, 0.66, 0.74), (0.97, 0.66, 0.76)],
    ("nac-frozen-mnist-eps0.5", "frozen"): [(0.97, 0.58, 0.72), (0.98, 0.66, 0.66), (0.97, 0.60, 0.70)],
}
OTHERS = {("nac-none-mnist", "none"): [(0.5, 0.1, 0.1)], ("nac-frozen-mnist-eps0.5-u8-steps40", "frozen"): [(0.1, 0.1, 0.1)]}


def put(run: str, tables: list) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    writer = store.Writer(run)
    writer.append(tables, {})
    writer.finish(rows.Run(
        run=run, study="assay", title="t", spec="{}", state="done", seed=0, created=now, started=now, finished=now, seconds=0, cells=0, images=0,
        device="cpu", code_revision=None, code_dirty=None, packages="{}", machine="", error=None,
    ))  # fmt: skip


def network(name: str, arm: str, seed: int) -> rows.Network:
    return rows.Network(name, name, "nac", "brought", name, "mnist", 1, f'{{"arm": "{arm}", "seed": {seed}}}')


def score(name: str, dataset: str, value: float) -> rows.Score:
    return rows.Score(name, dataset, "test", "", 0.0, "accuracy", 1, value, None, None, 300, f"{name} {dataset}", task="digits")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    home = tmp_path_factory.mktemp("arms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        known, scores = [], []
        for (family, arm), values in (SCORES | OTHERS).items():
            for seed, each in enumerate(values):
                name = f"{family}-s{seed}"
                known.append(network(name, arm, seed))
                scores += [score(name, dataset, value) for dataset, value in zip((ID, *OOD), each, strict=True)]
        scores.append(score("nac-none-mnist-eps0.5-s0", "mfeat", 0.9))  # a set that the others lack
        put("arms", [store.block(rows.Network, known), store.block(rows.Score, scores)])
        curves = [
            rows.CircuitCurve(name, "greedy", kept, None, 0.1, "mnist", "test", "", 0.0, accuracy, 0, 1, 300, None, None)
            for name, few in (("nac-none-mnist-eps0.5-s0", 0.91), ("nac-none-mnist-s0", 0.2))  # the second in a setting that does not count
            for kept, accuracy in ((8, 0.96), (2, few), (1, 0.1))
        ]
        put("curves", [store.block(rows.CircuitCurve, curves)])
        yield


def test_the_difference_is_paired_by_seed_worked_by_hand(filled):
    found = arms.table().set_index("arm")
    assert found.loc["none", "ood"] == pytest.approx((0.70 + 0.70 + 0.71) / 3)
    assert found.loc["dense_modfc", "id"] == pytest.approx((0.98 + 0.97 + 0.98) / 3)
    differences = np.array([0.05, 0.05, 0.06])
    assert found.loc["none", "difference"] == pytest.approx(differences.mean())
    assert (found.loc["none", "student_low"], found.loc["none", "student_high"]) == pytest.approx(intervals.of_mean(differences))
    assert (found.loc["none", "low"], found.loc["none", "high"]) == pytest.approx((0.05, 0.06))
    assert (found.loc["none", "above"], found.loc["none", "pairs"], found.loc["none", "verdict"]) == (3, 3, "better")
    assert found.loc["frozen", "verdict"] == "cannot be told"


def test_the_setting_with_most_seeds_speaks_for_an_arm_and_other_sizes_do_not(filled):
    found = arms.measured()
    assert found.families["none"] == "nac-none-mnist-eps0.5"
    assert found.families["frozen"] == "nac-frozen-mnist-eps0.5"
    assert found.ood == sorted(OOD)  # mfeat was measured of one circuit only


def test_the_question_is_answered_by_learned_arms_minus_dense_and_controls(filled):
    found = arms.contrasts()
    assert found["what"].tolist() == ["learned arms together", "no prior"]
    assert found["minus"].tolist() == ["dense, coded maps", "frozen random graph"]
    assert found["difference"].tolist() == pytest.approx([0.16 / 3, np.mean([0.70 - 0.65, 0.70 - 0.66, 0.71 - 0.65])])


def test_p_is_that_of_the_paired_t_test_adjusted_for_the_arms_beside_the_reference(filled):
    found = arms.table().set_index("arm")
    p = {
        "none": stats.ttest_rel([0.70, 0.70, 0.71], [0.65, 0.65, 0.65]).pvalue, "frozen": stats.ttest_rel([0.65, 0.66, 0.65], [0.65] * 3).pvalue,
    }  # fmt: skip
    assert found["p"].drop("dense_modfc").to_dict() == pytest.approx(p)
    assert found["holm"].drop("dense_modfc").to_dict() == pytest.approx({"none": 2 * p["none"], "frozen": p["frozen"]})
    contrasts = arms.contrasts()
    assert contrasts["holm"].isna().tolist() == [True, False]  # the one that was fixed beforehand stands alone
    assert contrasts["holm"].iloc[1] == pytest.approx(contrasts["p"].iloc[1])  # the only one beside it


def test_when_more_arms_are_complete_those_first_reported_are_told_beside(filled, monkeypatch):
    monkeypatch.setattr(arms, "FIRST", ("none",))
    monkeypatch.setattr(arms, "LEARNED", ("none", "frozen"))
    found = arms.contrasts()
    assert found["what"].tolist()[:2] == [arms.TOGETHER, "no prior and scale free, as first reported"]
    assert found["difference"].tolist()[:2] == pytest.approx([0.5 * (0.16 / 3 + 0.01 / 3), 0.16 / 3])


def test_each_set_has_its_own_difference(filled):
    found = arms.by_set().set_index(["set", "arm"])
    assert found.loc[("printed", "none"), "difference"] == pytest.approx(np.mean([0.06, 0.04, 0.05]))
    assert found.loc[("mnist", "none"), "difference"] == pytest.approx(np.mean([-0.01, 0.01, -0.01]))


def test_the_sentence_says_how_it_falls(filled):
    said = arms.finding()
    assert "**generalise better than** the dense circuit with coded maps: 5.3 [5.0, 6.0]" in said
    assert "2 out-of-distribution sets, above 0 in 3 of 3 seeds" in said


def test_one_more_seed_is_expected_in_the_prediction_interval_of_the_others():
    others = np.array([0.61, 0.64, 0.66, 0.65])
    half = stats.t.ppf(0.975, 3) * others.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert again.expected(others) == pytest.approx((others.mean() - half, others.mean() + half))


def test_a_seed_trained_again_is_told_beside_the_others_of_its_arm(filled, capsys):
    told = again.table("frozen", 1).set_index("set")
    assert told.loc["printed", ["accuracy", "mean", "others", "within"]].tolist() == [0.66, pytest.approx(0.59), 2, True]
    assert again.finding(again.table("none", 2), "none").startswith("No prior, seed 2: 71.0")
    assert not again.table("none", 2)["within"].iloc[0]  # the others are both 0.70
    with pytest.raises(errors.UserError, match="Seed 7") as problem:
        again.table("none", 7)
    assert "--arm none --data mnist --seed 7 --bandwidth 0.5 --offer && python -m engine wiring question" in str(problem.value.hint)
    main(["wiring", "again", "--arm", "frozen", "--seed", "2"])
    assert "within [" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([0.01, 0.02, 0.015], "better"), ([-0.01, -0.02, -0.015], "worse"), ([0.01, -0.01, 0.0], "cannot be told"), ([0.001, 0.03], "cannot be told")],
)
def test_a_verdict_needs_both_intervals(values, verdict):
    """Of two seeds the resampled interval lies above 0, Student's does not: it cannot be told."""
    assert arms._said(np.array(values))["verdict"] == verdict


def test_of_one_seed_there_is_no_interval():
    told = arms._said(np.array([0.1]))
    assert told["verdict"] == "one seed"
    assert np.isnan(told["low"])


def test_what_is_lost_with_a_quarter_of_the_modules(filled):
    found = arms.pruned().iloc[0]
    assert (found["arm"], found["circuits"]) == ("none", 1)
    assert found["loss"] == pytest.approx(0.05)


def test_the_table_is_written_between_its_marks(filled, tmp_path):
    text = arms.written(f"before\n{arms.BEGIN}\nold\n{arms.END}\nafter")
    assert text.startswith(f"before\n{arms.BEGIN}\n## Does sparse learned connectivity generalise better?")
    assert text.endswith(f"{arms.END}\nafter")
    assert "| no prior | 3 | 97.3\u202f% | 70.3\u202f% [70.0, 71.0] | 5.3 [5.0, 6.0], better, p 0.008 | 5.0 (greedy) |" in text
    assert "Beside it, p adjusted for 1: no prior minus frozen random graph 5.0 [" in text
    assert "| dense, coded maps | 3 |" in text
    assert "reference" in text
    with pytest.raises(errors.UserError, match="no place"):
        arms.written("nothing here")


def test_the_command_shows_the_arms(filled, capsys):
    assert main(["wiring", "--json"]) == 0
    out = capsys.readouterr()
    assert '"arm":"none"' in out.out.replace(" ", "")
    assert "generalise better" in out.err


def test_too_few_arms_are_said_with_a_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    with pytest.raises(errors.UserError, match="wiring question"):
        arms.table()
