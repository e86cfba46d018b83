"""Result tables of any shape: what is read, how columns are understood, what the audit finds, what enters the store."""

import contextlib
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from hypothesis.extra.numpy import arrays

from engine import control, errors, store
from engine.importers import _collected, _storing, _tables, table
from engine.importers._mapping import Asked


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path


@pytest.fixture
def write(tmp_path):
    def write(text, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def collected(path, fixes=None, **asked):
    return _collected.collect(table.read(path, Asked(**asked)), fixes or {})


def cells(found):
    """Return network -> {set: value}, rounded, as they would be stored."""
    said = {}
    for block in found.blocks("t"):
        if block.table.table == "scores":
            for network, value in zip(block.columns["network"], block.columns["value"], strict=True):
                said.setdefault(network, {})[block.columns["dataset"]] = None if np.isnan(value) else round(float(value), 6)
    return said


def codes(found):
    return [issue.code for issue in found.issues]


def finding(found, code):
    return next(issue for issue in found.issues if issue.code == code)


# --- files


def test_semicolons_decimal_commas_and_a_bom_are_read(write):
    found = collected(write("\ufeffModell;ID;OOD\nnetz a;76,13;52,9\nnetz ü;80,858;61,204\n", encoding="utf-8"))
    assert cells(found) == {"netz a": {"ID": 0.7613, "OOD": 0.529}, "netz ü": {"ID": 0.80858, "OOD": 0.61204}}
    assert any("decimal commas" in note for note in found.notes)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_other_encodings_are_read_and_said(write, encoding):
    found = collected(write("model\tid\nnetz ü\t0.5\nnetz b\t0.7\n", "table.tsv", encoding))
    assert cells(found)["netz ü"] == {"id": 0.5}
    assert any("read as" in note for note in found.notes)


def test_an_index_column_of_pandas_is_left_out(tmp_path):
    path = tmp_path / "a.csv"
    pd.DataFrame({"model": ["a", "b"], "id": [0.5, 0.6]}).to_csv(path)
    found = collected(path)
    assert list(found.draft.frame.columns) == ["model", "id"]
    assert any("counts the rows" in note for note in found.notes)


def test_an_index_that_was_filtered_is_left_out_where_names_stand_elsewhere(tmp_path):
    frame = (
        pd.DataFrame({"model": list("abcab"), "size": [1, 1, 1, 2, 2], "id": [0.5, 0.6, 0.7, 0.8, 0.9]}).sort_values("id", ascending=False).drop(2)
    )
    frame.to_csv(tmp_path / "a.csv")
    assert collected(tmp_path / "a.csv").draft.layout.keys == ("model", "size")


def test_an_index_of_names_becomes_the_name_of_the_network(tmp_path):
    path = tmp_path / "a.csv"
    pd.DataFrame({"id": [0.5, 0.6], "ood": [0.3, 0.4]}, index=["net a", "net b"]).to_csv(path)
    assert cells(collected(path)) == {"net a": {"id": 0.5, "ood": 0.3}, "net b": {"id": 0.6, "ood": 0.4}}


def test_rows_with_one_cell_more_than_the_heading_have_names(write):
    assert cells(collected(write("id,ood\nnet a,0.5,0.25\nnet b,0.75,0.5\n")))["net b"] == {"id": 0.75, "ood": 0.5}


def test_separators_at_the_ends_of_lines_shift_nothing(write):
    found = collected(write("model,id,ood\na,0.5,0.4,\nb,0.6,0.5,\nc,0.7,0.6,\n"))
    assert cells(found)["b"] == {"id": 0.6, "ood": 0.5}
    assert not found.issues


def test_two_heading_lines_are_joined(write):
    found = collected(write(",fog,fog,snow,snow\n,1,2,1,2\nnet a,0.9,0.8,0.7,0.6\nnet b,0.8,0.7,0.6,0.5\n"))
    assert cells(found)["net a"] == {"fog 1": 0.9, "fog 2": 0.8, "snow 1": 0.7, "snow 2": 0.6}


def test_the_heading_lines_that_pandas_writes_for_two_levels_are_joined(tmp_path):
    columns = pd.MultiIndex.from_product([["pacs", "vlcs"], ["id", "ood"]])
    frame = pd.DataFrame(np.linspace(0.2, 0.9, 8).reshape(2, 4), index=pd.Index(["net a", "net b"], name="model"), columns=columns)
    frame.to_csv(tmp_path / "a.csv")
    assert list(cells(collected(tmp_path / "a.csv"))["net a"]) == ["pacs id", "pacs ood", "vlcs id", "vlcs ood"]


def test_broken_lines_are_listed_and_left_out_unless_one_keeps_them(write):
    path = write("model,id,ood\na,0.5,0.4\nb,0.6\nc,0.7,0.5,0.1\nd,0.8,0.6\n")
    found = collected(path)
    assert finding(found, "broken-rows").rows == (2, 3)
    assert set(cells(found)) == {"a", "d"}
    assert set(cells(collected(path, {"broken-rows": "keep"}))) == {"a", "b", "c", "d"}


def test_empty_columns_and_lines_are_left_out(write):
    found = collected(write("model,id,,ood\n\na,0.5,,0.4\n\nb,0.6,,0.5\n"))
    assert cells(found) == {"a": {"id": 0.5, "ood": 0.4}, "b": {"id": 0.6, "ood": 0.5}}


def test_columns_that_are_called_alike_are_numbered(write):
    assert list(cells(collected(write("model,acc,acc\na,0.5,0.4\nb,0.6,0.5\n")))["a"]) == ["acc", "acc (2)"]


def test_a_title_above_the_table_is_left_out_and_said(write):
    found = collected(write("sep=;\nResults of our networks\n\nmodel;id;ood\na;0.5;0.4\nb;0.6;0.5\n"))
    assert cells(found) == {"a": {"id": 0.5, "ood": 0.4}, "b": {"id": 0.6, "ood": 0.5}}
    assert "The first 2 lines are no part of the table and are left out." in found.notes


def test_quoted_line_breaks_do_not_move_the_heading(write):
    assert cells(collected(write('"my\nmodel",id\na,0.5\nb,0.6\n'))) == {"a": {"id": 0.5}, "b": {"id": 0.6}}


@pytest.mark.parametrize(
    "content",
    [
        [{"model": "a", "id": 0.5}, {"model": "b", "id": 0.25}],
        {"model": ["a", "b"], "id": [0.5, 0.25]},
        {"a": {"id": 0.5}, "b": {"id": 0.25}},
        {"columns": ["model", "id"], "data": [["a", 0.5], ["b", 0.25]]},
        {"model": {"0": "a", "1": "b"}, "id": {"0": 0.5, "1": 0.25}},
        {"results": [{"model": "a", "scores": {"id": 0.5}}, {"model": "b", "scores": {"id": 0.25}}]},
    ],
)
def test_the_shapes_in_which_tables_are_written_as_json_are_read(write, content):
    said = cells(collected(write(json.dumps(content), "table.json")))
    assert {name: list(values.values()) for name, values in said.items()} == {"a": [0.5], "b": [0.25]}


def test_a_bare_nan_of_json_is_undefined_and_an_absent_key_is_missing(write):
    found = collected(write('{"model": "a", "id": 0.5, "ood": NaN}\n{"model": "b", "id": 0.6}\n{"model": "c", "id": 0.7, "ood": 0.5}\n', "t.jsonl"))
    assert cells(found) == {"a": {"id": 0.5, "ood": None}, "b": {"id": 0.6}, "c": {"id": 0.7, "ood": 0.5}}


def test_parquet_is_read(tmp_path):
    frame = pd.DataFrame({"model": ["a", "b"], "id": [0.5, None], "params": [1, 2]})
    (tmp_path / "t.parquet").write_bytes(store.parquet_bytes(frame))
    assert cells(collected(tmp_path / "t.parquet", {"no-score": "keep"})) == {"a": {"id": 0.5}}


@pytest.mark.parametrize(("name", "content"), [("t.csv", b""), ("t.xlsx", b"PK\x03\x04"), ("t.csv", b"\x80\x02}q\x00."), ("t.json", b'{"a": 1')])
def test_what_is_no_table_is_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(errors.UserError):
        table.read(tmp_path / name)


def test_a_table_without_scores_says_which_columns_it_has(write):
    with pytest.raises(errors.UserError, match="looks like scores; it has"):
        table.read(write("model,year\na,2020\nb,2021\n"))


# --- which column means what


def test_columns_that_are_no_scores_become_attributes(write):
    text = "model,img_size,top1,top1_err,param_count,crop_pct,interpolation\n" + "".join(
        f'net {i},{224 + 32 * i},{70 + i}.5,{30 - i - 0.5},"{25 + i},557",0.875,bicubic\n' for i in range(4)
    )
    found = collected(write(text))
    assert list(found.draft.layout.scores) == ["top1"]
    told = json.loads(next(iter(found.blocks("t"))).columns["attributes"][0])
    assert told == {"img_size": 224, "top1_err": 29.5, "param_count": 25557, "crop_pct": 0.875, "interpolation": "bicubic"}


def test_sets_whose_names_hold_words_of_attributes_are_scores(write):
    names = ["ImageNetV2", "imagenet-c.fog.1_in-memory", "pgd.linf.eps0.5", "shot_noise 3", "ID", "val_subsampled_class_1_8"]
    found = collected(write(",".join(["model", *names]) + "\n" + "a" + ",45.5" * 6 + "\nb" + ",55.25" * 6 + "\n"))
    assert list(found.draft.layout.scores) == names


def test_the_person_says_which_columns_are_scores_and_attributes(write):
    path = write("model,a,b,epochs\nx,0.5,0.6,10\ny,0.6,0.7,20\n")
    found = collected(path, scores=("b",), attributes=("a",))
    assert list(found.draft.layout.scores) == ["b"]
    assert list(found.parsed.attributes) == ["a"]
    with pytest.raises(errors.UserError, match="no column named “c”"):
        collected(path, scores=("c",))


def test_the_key_takes_more_columns_where_one_does_not_tell_rows_apart(write):
    text = "Training,Postprocessor,Near-OOD_AUROC,ID_Accuracy,Arch\n" + "".join(
        f"{training},{post},{70 + i}.5,{76.18 + j},{arch}\n"
        for j, (training, arch) in enumerate([("CE", "ResNet50"), ("CE", "ViT"), ("AugMix", "ResNet50")]) for i, post in enumerate(["MSP", "ODIN"])
    )  # fmt: skip
    found = collected(write(text))
    assert set(found.draft.layout.keys) == {"Training", "Postprocessor", "Arch"}
    assert len(found.networks) == 6
    assert list(found.draft.layout.scores) == ["Near-OOD_AUROC", "ID_Accuracy"]


def test_the_column_of_names_that_tells_rows_apart_is_preferred_and_links_are_taken_off(write):
    text = 'Rank,Model,Algorithm,ID\n1,DenseNet,"<a href=""x"">ERM</a>",70.5\n2,DenseNet,[CORAL](http://x),60.5\n3,ResNet,IRM,50.5\n'
    found = collected(write(text))
    assert found.draft.layout.keys == ("Algorithm",)
    assert list(cells(found)) == ["ERM", "CORAL", "IRM"]


def test_columns_that_name_another_metric_are_said(write):
    found = collected(write("model,ID_Accuracy,Near-OOD_AUROC\na,76.5,60.5\nb,77.5,61.5\n"))
    assert any("Near-OOD_AUROC tell another metric" in note for note in found.notes)
    named = collected(write("model,ID_Accuracy,Near-OOD_AUROC\na,76.5,60.5\nb,77.5,61.5\n"), metrics={"Near-OOD_AUROC": "auroc"})
    assert named.metrics == ("accuracy", "auroc")


def test_a_long_table_is_recognised_and_pivots_to_sets(write):
    rows = [(m, d, 40 + 10 * i + j) for i, m in enumerate("abc") for j, d in enumerate(["id", "ood", "far"])]
    text = "model,dataset,accuracy,seed\n" + "".join(f"{m},{d},{v}.5,{ord(m)}\n" for m, d, v in rows)
    found = collected(write(text))
    assert cells(found)["b"] == {"id": 0.505, "ood": 0.515, "far": 0.525}
    told = json.loads(next(iter(found.blocks("t"))).columns["attributes"][0])
    assert told == {"seed": 97}


def test_a_long_table_with_metrics_keeps_their_names_and_units(write):
    rows = [(m, d, k, v) for m in "ab" for d in ("id", "ood") for k, v in (("accuracy", 0.5), ("nll", 2.5))]
    text = "net,on,what,number\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    found = collected(write(text), model="net", dataset="on", metric_column="what", value="number")
    said = {
        (b.columns["dataset"], b.columns["metric"]): (b.columns["value"].tolist(), b.columns["unit"])
        for b in found.blocks("t")
        if "metric" in b.columns
    }
    assert said == {
        ("id", "accuracy"): ([0.5, 0.5], "fraction"), ("id", "nll"): ([2.5, 2.5], None),
        ("ood", "accuracy"): ([0.5, 0.5], "fraction"), ("ood", "nll"): ([2.5, 2.5], None),
    }  # fmt: skip


def test_names_that_links_cannot_hold_are_changed_in_sets(write):
    assert list(cells(collected(write("model,val/acc@1,ood\na,0.5,0.4\nb,0.6,0.5\n")))["a"]) == ["val_acc_1", "ood"]


def test_the_in_distribution_column_becomes_what_networks_were_trained_on(write):
    block = next(iter(collected(write("model,id,ood\na,0.5,0.4\nb,0.6,0.5\n"), id_column="id").blocks("t")))
    assert block.columns["trained_on"] == "id"


# --- units


@pytest.mark.parametrize(("unit", "value"), [("auto", 0.005), ("percent", 0.005), ("fraction", 0.5)])
def test_a_unit_that_is_said_wins(write, unit, value):
    assert cells(collected(write("model,id,ood\na,0.5,60.5\nb,0.6,70.5\n"), {"column-units": "percent"}, unit=unit))["a"]["id"] == value


def test_percent_signs_say_percent_whatever_the_size(write):
    assert cells(collected(write("model,id\na,0.5%\nb,0.75%\n")))["a"] == {"id": 0.005}


def test_columns_in_different_units_are_said_and_each_is_read_in_its_own(write):
    found = collected(write("model,id,ood\na,76.5,0.5\nb,70.5,0.4\n"))
    assert cells(found)["a"] == {"id": 0.765, "ood": 0.5}
    assert "column-units" in codes(found)


def test_rows_in_fractions_within_percent_are_found_and_rescaled(write):
    lines = [f"net {i},{60 + i}.5,{40 + i}.25\n" for i in range(12)] + ["odd,0.655,0.4525\n", "dead,0.1,0.1\n"]
    path = write("model,id,ood\n" + "".join(lines))
    found = collected(path)
    assert finding(found, "mixed-units").rows == (13,)
    assert cells(found)["odd"] == {"id": 0.655, "ood": 0.4525}
    assert cells(found)["dead"] == {"id": 0.001, "ood": 0.001}
    assert cells(collected(path, {"mixed-units": "keep"}))["odd"] == {"id": 0.00655, "ood": 0.004525}


def test_plus_minus_becomes_an_interval_and_what_it_was_taken_to_be_is_said(write):
    path = write("model,id\na,87.6 ± 0.3\nb,80.1 ± 0.5\n")
    found = collected(path)
    block = list(found.blocks("t"))[1]
    assert block.columns["low"] == pytest.approx([0.873, 0.796])
    assert any("half of a 95 % interval" in note for note in found.notes)
    wider = list(collected(path, plus_minus="stderr").blocks("t"))[1]
    assert wider.columns["high"] == pytest.approx([0.876 + 1.959964 * 0.003, 0.801 + 1.959964 * 0.005])


# --- the audit

AUDITED = """model,size,id,ood
a,1,0.5,0.4
b,1,0.6,0.5
b,1,0.6,0.5
c,1,0.7,0.55
c,2,0.72,0.58
d,1,1.7,0.6
e,1,,
f,1,0.8,
,1,0.4,0.3
g,1,low,0.7
"""


def test_every_finding_is_listed_with_its_rows_and_what_was_done(write):
    found = collected(write(AUDITED), model="model")
    assert {issue.code: issue.rows for issue in found.issues} == {
        "no-name": (9,), "unread": (10,), "impossible": (6,), "copies": (3,), "same-key": (4, 5), "no-score": (7,), "alone": (6, 8, 10),
    }  # fmt: skip
    assert cells(found) == {
        "a": {"id": 0.5, "ood": 0.4}, "b": {"id": 0.6, "ood": 0.5}, "c [size=1]": {"id": 0.7, "ood": 0.55}, "c [size=2]": {"id": 0.72, "ood": 0.58},
        "d": {"ood": 0.6}, "f": {"id": 0.8}, "g": {"ood": 0.7},
    }  # fmt: skip
    assert dict(found.left_out).keys() == {3, 6, 7, 9, 10}


@pytest.mark.parametrize(
    ("action", "kept"),
    [
        ("first", {"c": 0.7}),
        ("last", {"c": 0.72}),
        ("average", {"c": 0.71}),
        ("leave-out", {}),
        ("tell-apart", {"c [size=1]": 0.7, "c [size=2]": 0.72}),
    ],
)
def test_rows_of_the_same_name_are_settled_as_chosen(write, action, kept):
    said = cells(collected(write(AUDITED), {"same-key": action}, model="model"))
    assert {name: values["id"] for name, values in said.items() if name.startswith("c")} == pytest.approx(kept)


@pytest.mark.parametrize(
    ("fix", "there", "gone"),
    [
        ({"copies": "keep"}, ["b #1", "b #2"], ["b"]), ({"impossible": "keep"}, ["d"], []),
        ({"impossible": "leave-out-rows"}, ["a"], ["d"]),
        ({"unread": "leave-out-rows"}, ["a"], ["g"]), ({"no-name": "number"}, ["row 9"], [""]), ({"alone": "leave-out"}, ["a"], ["f"]),
    ],
)  # fmt: skip
def test_each_finding_can_be_settled_otherwise(write, fix, there, gone):
    said = cells(collected(write(AUDITED), fix, model="model"))
    assert set(there) <= set(said)
    assert not set(gone) & set(said)


def test_a_choice_that_there_is_not_is_a_sentence(write):
    path = write(AUDITED)
    with pytest.raises(errors.UserError, match="cannot be done about copies"):
        collected(path, {"copies": "burn"})
    with pytest.raises(errors.UserError, match="no finding named"):
        collected(path, {"copied": "drop"})


def test_a_broken_network_is_found_by_its_distance_from_the_line_through_the_others(write):
    rng = np.random.default_rng(0)
    lines = [f"net {i},{x:.4f},{0.8 * x + 0.01 * rng.normal():.4f}\n" for i, x in enumerate(np.linspace(0.3, 0.9, 40))]
    found = collected(write("model,id,ood\n" + "".join(lines) + "broken,0.85,0.001\nsame,0.6,0.6\n"))
    assert [found.draft.frame["model"][row - 1] for row in finding(found, "outlier").rows] == ["broken"]


def test_constant_networks_and_columns_are_found(write):
    found = collected(write("model,a,b,c\n" + "".join(f"n{i},0.{50 + i},0.{40 + i},0.25\n" for i in range(6)) + "flat,0.25,0.25,0.25\n"))
    assert finding(found, "constant").rows == (7,)
    assert "c" in finding(found, "same-column").sentence


def test_a_table_without_names_calls_rows_by_their_numbers_and_finds_copies(write):
    found = collected(write("x,y,train_env\n0.5,0.4,1\n0.5,0.4,1\n0.6,0.5,1\n"))
    assert finding(found, "copies").rows == (2,)
    assert set(cells(found)) == {"row 1", "row 3"}


# --- storing


def test_one_import_is_one_run_whose_log_lists_what_was_left_out(write):
    found = collected(write(AUDITED), model="model", id_column="id")
    stored = _storing.keep(found, "mine", licence="CC0")
    said = store.query(
        "SELECT network::VARCHAR AS network, dataset::VARCHAR AS dataset, value, n, unit, task::VARCHAR AS task FROM scores WHERE collection = 'mine'"
    )
    assert len(said) == stored.scores == found.scores
    assert said["n"].isna().all()
    assert set(said["unit"]) == {"fraction"}
    networks = store.query("SELECT network, trained_on, source, attributes FROM networks WHERE collection = 'mine'")
    assert set(networks["trained_on"]) == {"id"}
    assert len(networks) == stored.networks == 7
    job = control.job(stored.run)
    assert (job.state, job.study) == ("done", "import")
    assert "left out, an exact copy of an earlier row: rows 3" in job.log
    (one,) = _storing.brought()
    assert (one.name, one.licence, one.rows_left_out, one.choices["copies"]) == ("mine", "CC0", 5, "drop")


def test_the_same_name_again_supersedes_and_the_same_file_again_says_so(write):
    first = _storing.keep(collected(write("model,id,ood\na,0.5,0.4\nb,0.6,0.5\n")), "mine")
    again = _storing.keep(collected(write("model,id,ood\na,0.5,0.4\nb,0.6,0.5\n")), "mine")
    assert (again.superseded, again.same_as_before) == ((first.run,), True)
    other = _storing.keep(collected(write("model,id\na,0.7\nc,0.6\n")), "mine")
    assert not other.same_as_before
    said = store.query("SELECT network::VARCHAR AS network, dataset::VARCHAR AS dataset FROM scores WHERE collection = 'mine' ORDER BY 1")
    assert said.to_numpy().tolist() == [["a", "id"], ["c", "id"]]


def test_two_collections_do_not_touch_each_other_and_one_can_be_removed(write):
    for name in ("one", "two"):
        _storing.keep(collected(write("model,id\na,0.5\nb,0.6\n")), name)
    _storing.remove("one")
    assert [found.name for found in _storing.brought()] == ["two"]
    assert set(store.query("SELECT DISTINCT collection::VARCHAR AS c FROM scores")["c"]) == {"two"}
    with pytest.raises(errors.UserError, match="no imported table named “one”"):
        _storing.remove("one")


def test_nothing_left_is_refused_before_a_run_is_made(write):
    found = collected(write("model,id\na,1.5\nb,1.6\n"), unit="fraction")
    with pytest.raises(errors.UserError, match="Nothing of this table is left"):
        _storing.keep(found, "mine")
    assert control.jobs() == []


@pytest.mark.parametrize("rows", ["", "a,0.5,0.4\n", ",,\n", "a,,\nb,,\n", "a,0.5,0.4\na,0.5,0.4\n", "a,-1,0.4\n,0.5,\n"])
def test_the_smallest_tables_are_audited_or_refused_with_a_sentence(write, rows):
    path = write(f"model,id,ood\n{rows}")
    with contextlib.suppress(errors.UserError):
        assert len(collected(path, unit="percent").networks) <= 2


def test_many_rows_are_read_and_examined_quickly(tmp_path, benchmark):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((3000, 40)), columns=[f"set {i}" for i in range(40)])
    frame.insert(0, "model", [f"net {i}" for i in range(len(frame))])
    frame.to_csv(tmp_path / "big.csv", index=False)
    found = benchmark.pedantic(collected, (tmp_path / "big.csv",), rounds=1)
    assert found.scores == frame.size - len(frame)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=arrays(np.int64, (5, 3), elements=strategies.integers(0, 1000)), percent=strategies.booleans())
def test_a_wide_and_a_long_table_of_the_same_numbers_become_the_same_scores(tmp_path, values, percent):
    wide = pd.DataFrame(values / (10 if percent else 1000), columns=["x", "y", "z"]).assign(model=list("abcde"))
    wide.to_csv(tmp_path / "wide.csv", index=False)
    wide.melt("model", var_name="on", value_name="acc").to_csv(tmp_path / "long.csv", index=False)
    unit = "percent" if percent else "fraction"
    first = collected(tmp_path / "wide.csv", model="model", unit=unit, scores=("x", "y", "z"))
    second = collected(tmp_path / "long.csv", model="model", unit=unit, dataset="on", value="acc")
    assert (
        cells(first)
        == cells(second)
        == {name: {c: round(v / 1000, 6) for c, v in zip("xyz", row, strict=True)} for name, row in zip("abcde", values, strict=True)}
    )


def test_frames_of_records_tell_absent_from_undefined():
    frame = _tables.frame_of([{"a": 1, "b": {"c": float("nan")}}, {"a": None}])
    assert frame["b.c"][0] != frame["b.c"][0]
    assert frame["b.c"][1] is None
