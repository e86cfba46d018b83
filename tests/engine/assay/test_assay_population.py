"""Numbers over many networks: whose they are, which sets they are of, and which of them are in distribution."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import errors, rows, store
from engine.assay import population

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty store."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    return tmp_path


def row(frame: pd.DataFrame, name: str, *columns: str) -> list[Any]:
    """Return some columns of a network's or collection's row."""
    return frame.loc[[name], list(columns)].to_numpy().tolist()[0]


def stored(run: str, scores: list[tuple], trained_on: dict[str, str | None], collection: str | None = None) -> None:
    """Store (network, dataset, split, metric, value) rows as one finished run."""
    about = [
        rows.Network(n, n, "cnn", "table", n, on, 1, json.dumps({"seed": i}), collection=collection) for i, (n, on) in enumerate(trained_on.items())
    ]
    found = [
        rows.Score(n, d, split, "", 0.0, metric, 1, value, None, None, None, "", collection=collection, task="digits", unit="fraction")
        for n, d, split, metric, value in scores
    ]
    writer = store.Writer(run)
    writer.append([store.block(rows.Network, about), store.block(rows.Score, found)])
    writer.finish(rows.Run(run, "import", run, "{}", "done", 0, NOW, NOW, NOW, 1.0, 1, 1, "cpu", None, None, "{}", "here", None))


@pytest.fixture
def two_tables() -> None:
    """Store the same names in two collections: one with a training set a network, one without."""
    stored("a", [
        ("one", "here", "val", "accuracy", 0.95), ("one", "here", "test", "accuracy", 0.9), ("one", "there", "test", "accuracy", 0.5),
        ("one", "there", "test", "ece", 0.2), ("two", "there", "test", "accuracy", 0.8), ("two", "here", "test", "accuracy", 0.6),
    ], {"one": "here", "two": "there"})  # fmt: skip
    stored("b", [("one", "here", "test", "accuracy", 0.1), ("one", "elsewhere", "test", "accuracy", 0.2)], {"one": None}, "table b")


def test_collections_with_equal_names_do_not_mix(two_tables: None) -> None:
    found = population.collections().set_index("collection")
    assert row(found, "", "networks", "sets", "scores") == [2, 3, 6]
    assert row(found, "table b", "networks", "sets", "scores") == [1, 2, 2]
    assert population.wide("table b").loc["one"].to_dict() == {"elsewhere": 0.2, "here": 0.1}
    assert population.wide("", sets=["here"]).loc["one", "here"] == 0.9


def test_each_network_has_its_own_training_set_as_id(two_tables: None) -> None:
    found = population.cross("", ("accuracy", "ece")).set_index("network")
    assert row(found, "one", "id", "ood", "task") == ["here", "there", "digits"]
    assert row(found, "one", "accuracy_val", "accuracy_id", "accuracy_ood", "ece_ood") == [0.95, 0.9, 0.5, 0.2]
    assert row(found, "two", "id", "ood") == ["there", "here"]
    assert found["accuracy_val"].isna()["two"], "not measured is not zero"
    assert found["accuracy_n"].isna()["one"], "nobody said how many examples"


def test_a_table_without_training_sets_takes_the_id_set_it_is_told(two_tables: None) -> None:
    assert population.pairs("table b").empty
    assert population.pairs("table b", id_set="here").to_dict("records") == [{"id": "here", "ood": "elsewhere", "networks": 1, "task": "digits"}]
    found = population.cross("table b", id_set="here")
    assert found[["id", "ood", "accuracy_id", "accuracy_ood"]].to_dict("records") == [
        {"id": "here", "ood": "elsewhere", "accuracy_id": 0.1, "accuracy_ood": 0.2}
    ]  # fmt: skip
    with pytest.raises(errors.UserError, match="Did you mean here"):
        population.pairs("table b", id_set="hre")


def test_pairs_count_networks_that_have_both_numbers(two_tables: None) -> None:
    assert population.pairs()[["id", "ood", "networks"]].to_dict("records") == [
        {"id": "here", "ood": "there", "networks": 1}, {"id": "there", "ood": "here", "networks": 1},
    ]  # fmt: skip


def test_the_only_table_with_all_sets_is_found_by_itself(two_tables: None) -> None:
    assert population.one_with(["here", "elsewhere"]) == "table b"
    with pytest.raises(errors.UserError, match="Several tables"):
        population.one_with(["here"])
    with pytest.raises(errors.UserError, match="Did you mean elsewhere"):
        population.one_with(["elsewere"])
    with pytest.raises(errors.UserError, match="No table has"):
        population.one_with(["there", "elsewhere"])


def test_a_table_imported_again_supersedes_only_what_it_names(two_tables: None) -> None:
    stored("c", [("one", "here", "test", "accuracy", 0.3)], {"one": None}, "table b")
    assert population.wide("table b").loc["one"].to_dict() == {"elsewhere": 0.2, "here": 0.3}
    assert population.wide("").loc["one", "here"] == 0.9


def test_what_is_measured_where_counts_each_network_once(two_tables: None) -> None:
    stored("d", [("one", "here", "test", "accuracy", None)], {"one": "here"}, "empty")
    sets = population.sets_of().set_index("set")["networks"].to_dict()
    assert sets == {"here": 2, "here/val": 1, "there": 2}
    assert population.sets_of("empty").empty, "a score without a value is no measurement"
    assert population.metrics_of()[["metric", "networks"]].to_dict("records") == [
        {"metric": "accuracy", "networks": 2},
        {"metric": "ece", "networks": 1},
    ]
