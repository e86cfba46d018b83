"""`import KIND PATH` for result tables on the command line, from file to store."""

import json

import pytest

from engine import __main__ as command_line
from engine import control, store


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my results.csv"
    path.write_text(
        "net;size;ID acc;OOD acc;params\n" + "".join(f"net {i};{i};{60 + i},5;{40 + i},25;{i}.557\n" for i in range(8)) + "net 1;1;61,5;41,25;1.557\n"
    )
    return path


def said(capsys, *words):
    status = command_line.main([*map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_table_is_imported_as_the_readme_says(file, capsys):
    status, told = said(capsys, "import", "table", file, "--model-column", "net", "--unit", "percent", "--name", "mine", "--id-column", "ID acc")
    assert (status, told["networks"], told["scores"], told["sets"], told["rows_left_out"]) == (0, 8, 16, ["ID acc", "OOD acc"], 1)
    (finding,) = told["findings"]
    assert (finding["finding"], finding["rows"], finding["action"]) == ("copies", [9], "drop")
    stored = store.query("SELECT dataset::VARCHAR AS d, avg(value) AS v FROM scores WHERE collection = 'mine' GROUP BY 1 ORDER BY 1")
    assert stored["v"].tolist() == pytest.approx([0.64, 0.4375])
    assert store.query("SELECT DISTINCT trained_on FROM networks WHERE collection = 'mine'")["trained_on"].tolist() == ["ID acc"]
    assert control.job(told["run"]).state == "done"


def test_a_preview_stores_nothing_and_says_everything(file, capsys):
    assert command_line.main(["import", "table", str(file), "--preview"]) == 0
    shown = capsys.readouterr().out
    assert "ID acc -> ID acc (test, accuracy, written in percent)" in shown
    assert "--fix copies=drop|keep" in shown
    assert store.query("SELECT * FROM runs").empty


def test_fixes_metrics_units_and_keys_are_heard(file, capsys):
    words = ("--key", "net,size", "--scores", "ID acc", "--metric", "top5", "--column-unit", "ID acc=percent", "--fix", "copies=keep")
    _, told = said(capsys, "import", "table", file, *words, "--keep-attributes", "params")
    assert (told["name"], told["networks"], told["metrics"], told["key"], told["attributes"]) == (
        "my results",
        9,
        ["top5"],
        ["net", "size"],
        ["params"],
    )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--model-column", "nett"), "no column named"), (("--fix", "copies"), "says nothing to --fix"), (("--fix", "copies=burn"), "cannot be done"),
        (("--column-unit", "ID acc=permille"), "no unit named"), (("--id-column", "params"), "holds no scores"), (("--name", " "), "has no name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_sentence(file, capsys, words, problem):
    status, told = said(capsys, "import", "table", file, *words)
    assert status == 1
    assert problem in told["error"]


def test_several_files_are_read_together_and_a_table_is_listed_and_removed(tmp_path, capsys):
    head = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n"
    for name, top in (("results-imagenet.csv", 80.5), ("results-sketch.csv", 40.5)):
        (tmp_path / name).write_text(f"{head}vit,224,{top},{100 - top},95.5,4.5,86.86,0.9,bicubic\n")
    status, told = said(capsys, "import", "timm", tmp_path / "results-imagenet.csv", tmp_path / "results-sketch.csv", "--name", "two")
    assert (status, told["sets"]) == (0, ["imagenet", "sketch"])
    _, again = said(capsys, "import", "timm", tmp_path / "results-imagenet.csv", tmp_path / "results-sketch.csv", "--name", "two")
    assert (again["superseded"], again["same_as_before"]) == ([told["run"]], True)
    _, listed = said(capsys, "import", "tables")
    assert listed["two"]["files"] == ["results-imagenet.csv", "results-sketch.csv"]
    assert said(capsys, "import", "remove", "two") == (0, {"removed": "two"})
    assert said(capsys, "import", "tables")[1] == {}
    assert control.audited()[0][2:] == ("remove table", "two")
