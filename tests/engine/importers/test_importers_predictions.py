"""Predictions of any framework: read, audited, turned into rows."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from engine import errors, rows, store
from engine.datasets import images
from engine.importers import predictions
from engine.importers.predictions import Columns

K, N = 4, 40


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))


@pytest.fixture
def table() -> pd.DataFrame:
    """Return mostly right predictions of four classes, with a group column and ids."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, K, N)
    logits = rng.normal(size=(N, K)).astype(np.float32)
    logits[np.arange(N), labels] += 2
    frame = pd.DataFrame(logits, columns=[f"logit_{i}" for i in range(K)])
    return frame.assign(label=labels, example_id=[f"00{i}" for i in range(N)], site=np.where(np.arange(N) % 2, "NA", "hospital ä"))


def csv(tmp_path, frame, **options):
    path = tmp_path / "answers.csv"
    frame.to_csv(path, index=False, **options)
    return path


def read(path, **options):
    return predictions.read(path, **{"network": "net", "dataset": "elsewhere", **options})


def said(preview, level) -> str:
    return " ".join(f"{f.sentence} {f.fix}" for f in preview.audit if f.level == level)


def test_a_table_becomes_rows_that_the_store_takes(tmp_path, table):
    preview = read(csv(tmp_path, table))
    assert preview.usable
    network, examples, answers = preview.blocks()
    assert [b.table for b in (network, examples, answers)] == [rows.Network, rows.Example, rows.Prediction]
    writer = store.Writer("20260101-000000-abcdef")
    assert writer.append(preview.blocks(), {"predictions": [preview.cell]}) == 1 + N + N
    kept = store.answers_of("20260101-000000-abcdef", preview.cell)
    np.testing.assert_array_equal(kept.logits, table[[f"logit_{i}" for i in range(K)]].to_numpy())
    assert kept.ids == tuple(table["example_id"])
    assert json.loads(examples.columns["groups"][1]) == {"site": "NA"}  # a text, not a missing value
    assert json.loads(network.columns["attributes"])["classes"] == ["0", "1", "2", "3"]


def test_accuracy_and_confidence_are_those_of_the_logits(tmp_path, table):
    preview = read(csv(tmp_path, table))
    logits = table[[f"logit_{i}" for i in range(K)]].to_numpy(np.float64)
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert preview.accuracy == accuracy_score(table["label"], logits.argmax(1))
    assert preview.confidence == pytest.approx(softmax.max(1).mean(), rel=1e-6)
    assert f"accuracy {preview.accuracy:.3f}" in said(preview, "note")


def test_the_first_rows_are_shown_as_a_person_checks_them(tmp_path, table):
    head = read(csv(tmp_path, table), classes=("a", "b", "c", "d")).head(3)
    assert list(head["label"]) == ["abcd"[i] for i in table["label"][:3]]
    assert len(head) == 3


def test_ids_keep_their_zeros_and_labels_may_be_names(tmp_path, table):
    named = table.assign(label=[("cat", "dog", "Owl", "yak")[i] for i in table["label"]])
    preview = read(csv(tmp_path, named), classes=("cat", "dog", "owl", "yak"))
    assert preview.ids[7] == "007"
    np.testing.assert_array_equal(preview.labels, table["label"])


def test_columns_named_after_classes_name_them(tmp_path, table):
    named = table.rename(columns={f"logit_{i}": f"logit_{n}" for i, n in enumerate(("cat", "dog", "owl", "yak"))})
    named["label"] = [("cat", "dog", "owl", "yak")[i] for i in table["label"]]
    preview = read(csv(tmp_path, named))
    assert preview.classes == ("cat", "dog", "owl", "yak")
    np.testing.assert_array_equal(preview.labels, table["label"])


def test_an_unknown_class_name_offers_the_nearest(tmp_path, table):
    named = table.assign(label=["dgo", *[("cat", "dog", "owl", "yak")[i] for i in table["label"][1:]]])
    preview = read(csv(tmp_path, named), classes=("cat", "dog", "owl", "yak"))
    assert not preview.usable
    assert "“dgo” (nearest: dog)" in said(preview, "error")


def test_text_labels_without_class_names_ask_for_them(tmp_path, table):
    preview = read(csv(tmp_path, table.assign(label="cat")))
    assert "give the class names in the order of the outputs" in said(preview, "error")


@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize(("sep", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", ".")])
def test_spreadsheet_dialects_are_read(tmp_path, table, sep, decimal, bom):
    path = csv(tmp_path, table, sep=sep, decimal=decimal, encoding="utf-8-sig" if bom else "utf-8")
    preview = read(path)
    assert preview.usable
    np.testing.assert_array_equal(preview.logits, table[[f"logit_{i}" for i in range(K)]].to_numpy())
    assert ("decimal comma" in said(preview, "note")) == (decimal == ",")


def test_text_among_numbers_names_the_rows(tmp_path, table):
    broken = table.astype({"logit_1": object})
    broken.loc[[2, 5], "logit_1"] = ["high", "93 %"]
    preview = read(csv(tmp_path, broken))
    assert not preview.usable
    assert "2 of 40 rows cannot be read (rows 3, 6): the file holds text where a number should be: “high” in logit_1." in said(preview, "error")


def test_nan_and_infinite_logits_name_the_rows(tmp_path, table):
    table.loc[[0, 9], "logit_2"] = [np.nan, np.inf]
    preview = read(csv(tmp_path, table))
    assert "2 of 40 rows have logits that are missing, NaN or infinite (rows 1, 10)." in said(preview, "error")
    with pytest.raises(errors.UserError, match="cannot be brought: 2 of 40 rows"):
        preview.blocks()


def test_bad_rows_are_left_out_when_asked(tmp_path, table):
    table.loc[[0, 9], "logit_2"] = [np.nan, np.inf]
    table = table.astype({"label": object})
    table.loc[3, "label"] = ""
    preview = read(csv(tmp_path, table), skip_bad=True)
    assert preview.usable
    assert preview.n == N - 3
    assert "002" in preview.ids
    assert not {"000", "003", "009"} & set(preview.ids)


def test_a_file_of_bad_rows_only_stays_out_even_then(tmp_path, table):
    preview = read(csv(tmp_path, table.assign(logit_0=np.nan)), skip_bad=True)
    assert not preview.usable
    assert "No row is left" in said(preview, "error")


def probabilities(table) -> pd.DataFrame:
    logits = table[[f"logit_{i}" for i in range(K)]].to_numpy(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return table.drop(columns=[f"logit_{i}" for i in range(K)]).assign(**{f"prob_{i}": p[:, i] for i in range(K)})


def test_probabilities_become_their_logarithms(tmp_path, table):
    frame = probabilities(table)
    preview = read(csv(tmp_path, frame))
    assert preview.usable
    np.testing.assert_allclose(preview.logits, np.log(frame[[f"prob_{i}" for i in range(K)]].to_numpy()), rtol=1e-6)
    assert "logarithms" in said(preview, "note")


def test_probabilities_of_zero_stay_finite(tmp_path, table):
    frame = probabilities(table)
    frame.loc[0, [f"prob_{i}" for i in range(K)]] = [1.0, 0.0, 0.0, 0.0]
    preview = read(csv(tmp_path, frame))
    assert preview.usable
    assert "3 probabilities of 0" in said(preview, "note")
    np.testing.assert_allclose(preview.logits[0], [0, -87.336, -87.336, -87.336], rtol=1e-4)


def test_percentages_are_refused_with_the_way_out_and_renormalised_when_asked(tmp_path, table):
    frame = probabilities(table)
    names = [f"prob_{i}" for i in range(K)]
    path = csv(tmp_path, frame.assign(**{name: 100 * frame[name] for name in names}))
    refused = read(path)
    assert not refused.usable
    assert "40 of 40 rows do not sum to 1" in said(refused, "error")
    assert "percentages" in said(refused, "error")
    asked = read(path, renormalise=True)
    assert asked.usable
    np.testing.assert_allclose(asked.logits, np.log(frame[names].to_numpy()), rtol=1e-4, atol=1e-6)


def test_negative_probabilities_are_refused_even_when_renormalised(tmp_path, table):
    frame = probabilities(table)
    frame.loc[4, "prob_1"] = -0.2
    assert "1 of 40 rows have negative probabilities (row 5)" in said(read(csv(tmp_path, frame), renormalise=True), "error")


def test_logits_that_look_like_probabilities_are_a_warning(tmp_path, table):
    frame = probabilities(table).rename(columns={f"prob_{i}": f"logit_{i}" for i in range(K)})
    preview = read(csv(tmp_path, frame))
    assert preview.usable
    assert "look like probabilities" in said(preview, "warning")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([2.5, *[1] * (N - 1)], "1 of 40 labels are no whole numbers (row 1: 2.5)"),
        ([7, *[1] * (N - 1)], "1 of 40 labels are none of the 4 classes, which are numbered 0 to 3 (row 1; labels run from 1 to 7)"),
        ([-1, *[1] * (N - 1)], "labels run from -1 to 1"),
        ([1, 2, 3, 4] * (N // 4), "subtract 1"),
        (["", *[1] * (N - 1)], "no whole numbers (row 1: nothing)"),
    ],
)
def test_labels_that_mean_no_class_name_the_rows(tmp_path, table, labels, expected):
    preview = read(csv(tmp_path, table.assign(label=labels)))
    assert not preview.usable
    assert expected in said(preview, "error")


def test_doubled_and_missing_ids_are_errors(tmp_path, table):
    ids = [*table["example_id"]]
    ids[5], ids[6] = ids[0], ""
    preview = read(csv(tmp_path, table.assign(example_id=ids)))
    assert "1 rows repeat an example id (row 6; the first is “000”)" in said(preview, "error")
    assert "1 rows have no example id (row 7)" in said(preview, "error")


def test_constant_answers_are_warnings(tmp_path, table):
    table[[f"logit_{i}" for i in range(K)]] = 0.25
    preview = read(csv(tmp_path, table))
    assert "40 of 40 rows give every class the same value" in said(preview, "warning")
    assert "Every example has the same answer" in said(preview, "warning")


def test_accuracy_near_chance_is_a_warning_that_sees_another_class_order(tmp_path, table):
    frame = pd.concat([table] * 5, ignore_index=True).drop(columns="example_id")
    turned = frame.assign(**{f"logit_{i}": frame[f"logit_{(i + 1) % K}"] for i in range(K)})
    good = read(csv(tmp_path, frame))
    assert "near chance" not in said(good, "warning")
    bad = read(csv(tmp_path, turned))
    assert f"With the outputs in another order it would be {good.accuracy:.3f}" in said(bad, "warning")


def test_missing_columns_offer_the_nearest_names(tmp_path, table):
    with pytest.raises(errors.UserError, match="no column for the labels") as caught:
        read(csv(tmp_path, table.rename(columns={"label": "labl"})))
    assert "“labl”" in caught.value.hint
    with pytest.raises(errors.UserError, match="no column for the logits") as caught:
        read(csv(tmp_path, table.rename(columns={f"logit_{i}": f"score_{i}" for i in range(K)})))
    assert "“score_0”" in caught.value.hint
    with pytest.raises(errors.UserError, match="lack logit_2"):
        read(csv(tmp_path, table.drop(columns="logit_2")))
    with pytest.raises(errors.UserError, match="no column named “sitee”") as caught:
        read(csv(tmp_path, table), columns=Columns("label", ("logit_0", "logit_1"), groups=("sitee",)))
    assert "site" in caught.value.hint


def test_a_column_that_is_there_twice_is_told(tmp_path):
    (tmp_path / "answers.csv").write_text("label,logit_0,logit_1,logit_1\n0,1,2,3\n")
    with pytest.raises(errors.UserError, match="logit_1 is there twice"):
        read(tmp_path / "answers.csv")


def test_an_index_without_a_name_is_told(tmp_path):
    (tmp_path / "answers.csv").write_text("label,logit_0,logit_1\na,0,1,2\nb,0,2,3\n")
    with pytest.raises(errors.UserError, match="one value more than its first line has names"):
        read(tmp_path / "answers.csv")


def test_no_rows_are_told(tmp_path, table):
    with pytest.raises(errors.UserError, match="has no rows"):
        read(csv(tmp_path, table.head(0)))


def test_one_value_a_row_is_told(tmp_path):
    (tmp_path / "answers.csv").write_text("label,prob_0\n0,0.3\n")
    with pytest.raises(errors.UserError, match="one a class is needed"):
        read(tmp_path / "answers.csv")


def test_chosen_columns_win_over_names(tmp_path, table):
    renamed = table.rename(columns={"label": "truth", "logit_0": "a", "logit_1": "b", "logit_2": "c", "logit_3": "d"})
    chosen = Columns("truth", ("a", "b", "c", "d"), example_id="example_id", groups=("site",))
    preview = read(csv(tmp_path, renamed), columns=chosen)
    np.testing.assert_array_equal(preview.labels, table["label"])
    assert preview.groups[0] == {"site": "hospital ä"}


def test_the_guess_is_shown_before_anything_is_read(tmp_path, table):
    guess, there = predictions.columns(csv(tmp_path, table))
    assert guess.outputs == tuple(f"logit_{i}" for i in range(K))
    assert (guess.label, guess.example_id) == ("label", "example_id")
    assert set(there) == set(table.columns)


def test_columns_with_many_values_are_no_groups_unless_chosen(tmp_path, table):
    frame = table.assign(age=np.linspace(20, 80, N))
    preview = read(csv(tmp_path, frame))
    assert preview.columns.groups == ("site",)
    assert "left out: age" in said(preview, "note")
    chosen = read(csv(tmp_path, frame), columns=Columns("label", tuple(f"logit_{i}" for i in range(K)), groups=("age",)))
    assert chosen.groups[0] == {"age": "20.0"}


@pytest.mark.parametrize("name", ["answers.csv", "answers.parquet", "answers.jsonl"])
def test_a_list_column_is_read_as_well(tmp_path, table, name):
    frame = table[["label", "example_id"]].assign(logits=table[[f"logit_{i}" for i in range(K)]].to_numpy(np.float64).tolist())
    path = tmp_path / name
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif name.endswith(".parquet"):
        path.write_bytes(store.parquet_bytes(frame))
    else:
        frame.to_json(path, orient="records", lines=True, double_precision=15)
    preview = read(path)
    np.testing.assert_allclose(preview.logits, table[[f"logit_{i}" for i in range(K)]].to_numpy(), rtol=1e-6)
    assert preview.ids[7] == "007"


def test_lists_of_different_lengths_name_the_rows(tmp_path, table):
    values = table[[f"logit_{i}" for i in range(K)]].to_numpy(np.float64).tolist()
    values[2] = values[2][:3]
    frame = table[["label"]].assign(logits=values)
    (tmp_path / "answers.parquet").write_bytes(store.parquet_bytes(frame))
    assert "1 of 40 rows do not hold 4 numbers as the others do (row 3)" in said(read(tmp_path / "answers.parquet"), "error")


def test_an_npz_brings_labels_logits_ids_groups_and_class_names(tmp_path, table):
    logits = table[[f"logit_{i}" for i in range(K)]].to_numpy()
    np.savez(
        tmp_path / "a.npz", labels=table["label"].to_numpy(), logits=logits, example_id=np.array(table["example_id"], dtype="U8"),
        groups=np.array(["a", "b"] * (N // 2)), classes=np.array(["cat", "dog", "owl", "yak"]),
    )  # fmt: skip
    preview = read(tmp_path / "a.npz")
    assert preview.usable
    assert preview.classes == ("cat", "dog", "owl", "yak")
    assert preview.groups[1] == {"groups": "b"}
    np.testing.assert_array_equal(preview.logits, logits)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"labels": np.zeros(3, int), "logits": np.zeros((4, 2))}, "differ in length: labels 3, logits 4"),
        ({"labels": np.zeros((3, 2), int), "logits": np.zeros((3, 2))}, "expected one value an example"),
        ({"labels": np.zeros(3, int), "logits": np.zeros(3)}, "expected rows x classes"),
        ({"labels": np.zeros(3, int), "logits": np.array([["a", "b"]] * 3)}, "expected rows x classes of numbers"),
        ({"labels": np.zeros(3, int)}, "no column for the logits"),
    ],
)
def test_arrays_that_do_not_go_together_are_told(tmp_path, arrays, expected):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(errors.UserError, match=expected):
        read(tmp_path / "a.npz")


def test_a_parquet_file_cut_in_half_is_told(tmp_path, table):
    content = store.parquet_bytes(table)
    (tmp_path / "a.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(errors.UserError, match=r"a\.parquet"):
        read(tmp_path / "a.parquet")


def test_a_parquet_file_that_claims_billions_of_values_is_refused_unread(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    column, path = pa.nulls(60_000_000, pa.int8()), tmp_path / "bomb.parquet"
    pq.write_table(pa.table(dict.fromkeys(("label", *(f"logit_{i}" for i in range(9))), column)), path)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(errors.UserError, match="claims 600,000,000 values"):
        read(path)


def test_names_of_networks_and_sets_may_be_unicode_and_very_long(tmp_path, table):
    preview = read(csv(tmp_path, table), network="网络 " + "x" * 500, dataset="Фотографии")
    assert preview.usable
    assert len(preview.network) <= 60
    assert preview.network.isascii()
    assert preview.title.startswith("网络")
    assert "is called" in said(preview, "note")


@pytest.mark.parametrize(("network", "dataset"), [(" ", "x"), ("x", " ")])
def test_empty_names_are_told(tmp_path, table, network, dataset):
    with pytest.raises(errors.UserError, match="has no name"):
        read(csv(tmp_path, table), network=network, dataset=dataset)


def test_a_name_near_a_set_that_is_here_is_a_warning(tmp_path, table):
    assert "Did you mean mnist?" in said(read(csv(tmp_path, table), dataset="mnits"), "warning")


class TestASetThatIsHere:
    """Optdigits, read by the program itself."""

    @pytest.fixture
    def known(self):
        return images.load("optdigits")

    @pytest.fixture
    def answers(self, known):
        rng = np.random.default_rng(0)
        logits = rng.normal(size=(len(known), 10)).astype(np.float32)
        logits[np.arange(len(known)), known.labels] += 3
        return pd.DataFrame(logits, columns=[f"logit_{i}" for i in range(10)]).assign(label=known.labels)

    def test_rows_without_ids_are_its_examples_when_number_and_labels_agree(self, tmp_path, known, answers):
        preview = read(csv(tmp_path, answers), dataset="optdigits")
        assert preview.usable
        assert preview.ids == known.ids
        assert "in their order" in said(preview, "note")

    def test_rows_with_its_ids_are_found_in_any_order_and_number(self, tmp_path, known, answers):
        some = answers.assign(example_id=known.ids).sample(50, random_state=1)
        preview = read(csv(tmp_path, some), dataset="optdigits")
        assert preview.usable
        np.testing.assert_array_equal(preview.positions, some.index)
        np.testing.assert_array_equal(known.labels[preview.positions], preview.set_labels)

    def test_another_number_of_rows_without_ids_is_an_error(self, tmp_path, answers):
        preview = read(csv(tmp_path, answers.head(50)), dataset="optdigits")
        assert "the file 50 rows without ids" in said(preview, "error")
        assert "optdigits-2" in said(preview, "error")

    def test_ids_from_elsewhere_among_its_own_are_an_error(self, tmp_path, known, answers):
        preview = read(csv(tmp_path, answers.assign(example_id=["x", *known.ids[1:]])), dataset="optdigits")
        assert "1 of " in said(preview, "error")
        assert "example ids are not in optdigits (test) (row 1)" in said(preview, "error")

    def test_labels_that_are_not_its_own_are_an_error(self, tmp_path, known, answers):
        answers.loc[3, "label"] = (answers.loc[3, "label"] + 1) % 10
        assert "1 of " in (found := said(read(csv(tmp_path, answers), dataset="optdigits"), "error"))
        assert "labels are not those of optdigits (test) (row 4" in found

    def test_another_number_of_classes_is_an_error(self, tmp_path, answers):
        preview = read(csv(tmp_path, answers.drop(columns="logit_9")), dataset="optdigits")
        assert "The file has 9 values a row, the set optdigits has 10 classes" in said(preview, "error")

    def test_a_network_of_more_classes_is_read_over_those_that_the_set_has(self, tmp_path, answers):
        more = ("blank", *map(str, range(9, -1, -1)))  # an output of its own, then the digits backwards
        turned = pd.DataFrame({"logit_0": 9.0, **{f"logit_{i + 1}": answers[f"logit_{9 - i}"] for i in range(10)}})
        preview = read(csv(tmp_path, turned.assign(label=answers["label"])), dataset="optdigits", classes=more)
        assert preview.usable
        assert list(preview.covered) == list(range(1, 11))
        assert preview.accuracy == read(csv(tmp_path, answers), dataset="optdigits").accuracy
        assert "matched by name" in said(preview, "note")
        assert all(more[i] == str(s) for i, s in zip(preview.labels[:20], preview.set_labels[:20], strict=True))

    def test_examples_whose_class_the_network_lacks_are_left_out(self, tmp_path, answers):
        names = [f"digit {i}" for i in range(10)]
        few = answers.drop(columns="logit_9").assign(label=answers["label"].astype(str))
        preview = read(csv(tmp_path, few), dataset="optdigits", classes=tuple(map(str, range(9))))
        assert preview.usable
        assert preview.n == (answers["label"] != 9).sum()
        assert "the network has no output for their class" in said(preview, "note")
        strange = read(csv(tmp_path, few), dataset="optdigits", classes=tuple(names[:9]))
        assert "share no name" in said(strange, "error")

    def test_an_unknown_split_is_told(self, tmp_path, answers):
        with pytest.raises(errors.UserError, match="split"):
            read(csv(tmp_path, answers), dataset="optdigits", split="tset")

    def test_the_examples_keep_their_source(self, tmp_path, known, answers):
        _, examples, _ = read(csv(tmp_path, answers), dataset="optdigits").blocks()
        assert examples.columns["source"] == list(known.sources)


FEATURES = np.random.default_rng(4).normal(size=(N, 3)).astype(np.float32)


def as_columns(tmp_path, table):
    return csv(tmp_path, table.assign(**{f"feature_{i}": FEATURES[:, i] for i in (2, 0, 1)}))


def as_lists(tmp_path, table):
    table.assign(embedding=list(FEATURES)).to_parquet(path := tmp_path / "answers.parquet")
    return path


def as_array(tmp_path, table):
    logits = table[[f"logit_{i}" for i in range(K)]].to_numpy()
    np.savez(path := tmp_path / "answers.npz", labels=table["label"], logits=logits, features=FEATURES)
    return path


@pytest.mark.parametrize("write", [as_columns, as_lists, as_array])
def test_features_that_a_file_has_are_kept_in_their_order(tmp_path, table, write):
    preview = read(write(tmp_path, table))
    assert preview.usable, preview.audit
    *_, kept = preview.blocks()
    assert kept.table is rows.Feature
    np.testing.assert_allclose(kept.columns["features"], FEATURES, rtol=1e-6)
    assert not any("feature" in name for group in preview.groups for name in group)


def test_features_with_a_hole_are_left_out_with_a_sentence_and_the_answers_stay(tmp_path, table):
    holes = FEATURES.copy()
    holes[5, 1] = np.nan
    preview = read(csv(tmp_path, table.assign(**{f"feature_{i}": holes[:, i] for i in range(3)})))
    assert preview.usable
    assert len(preview.blocks()) == 3
    assert "features are left out" in said(preview, "warning")
