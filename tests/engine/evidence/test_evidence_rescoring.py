"""Scores of a bundle computed anew: from the answers in it, without the store; a changed score is found; what cannot be computed says why."""

import shutil

import numpy as np
import pytest

from engine import store
from engine.evidence import again, rescoring, writing
from engine.evidence.opened import open_bundle
from engine.evidence.spec import EvidenceSpec

VIEWS = ("assay-network?network=cnn-mfeat-whole-s0&metric=accuracy", "assay-network?network=cnn-mfeat-whole-s0&metric=ece")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rescored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder / "home"))
        writing.make(EvidenceSpec(views=VIEWS, svg=False, predictions=True), folder / "out")
    return folder / "out"


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A machine with an empty store."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))


@pytest.mark.usefixtures("elsewhere")
def test_scores_are_the_same_from_the_answers_in_the_bundle_alone(made):
    found = rescoring.rescore(open_bundle(made))
    known = found[found["verdict"] != rescoring.NOT]
    assert set(known["verdict"]) == {rescoring.SAME}
    assert len(known) >= 10
    assert set(known["metric"]) == {"accuracy", "ece"}
    answers = store.read_table(made / writing.ANSWERS)
    here = answers[(answers["dataset"] == "mfeat") & (answers["split"] == "test") & (answers["shift"] == "")]
    right = np.stack(here["logits"]).argmax(axis=1) == here["label"].to_numpy()  # every class of the set is one of the network
    told = known[(known["dataset"] == "mfeat") & (known["split"] == "test") & (known["shift"] == "") & (known["metric"] == "accuracy")]
    assert told["found"].tolist() == [right.mean()]


@pytest.mark.usefixtures("elsewhere")
def test_a_changed_score_is_found_and_said(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "copy")
    scores = store.read_table(copy / writing.SCORES)
    mine = (scores["metric"] == "accuracy") & (scores["shift"] == "") & (scores["dataset"] == "mfeat") & (scores["split"] == "test")
    scores.loc[mine, "value"] += 0.01
    (copy / writing.SCORES).write_bytes(store.parquet_bytes(scores))
    found = rescoring.rescore(open_bundle(copy))
    off = found[found["verdict"] == rescoring.DIFFERS]
    assert off[["dataset", "metric"]].to_numpy().tolist() == [["mfeat", "accuracy"]]
    assert off["why"].iloc[0].startswith("value 0.")


@pytest.mark.usefixtures("elsewhere")
def test_what_cannot_be_computed_says_why(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "copy")
    scores = store.read_table(copy / writing.SCORES)
    before = rescoring.rescore(open_bundle(copy))
    keys = ["dataset", "split", "shift", "strength", "metric"]
    first = scores.merge(before.loc[before["verdict"] == rescoring.SAME, keys], on=keys).head(4)
    first["collection"] = ["a table", "", "", ""]
    first["metric_version"] = [1, 99, 1, 1]
    first["metric"] = [*first["metric"].iloc[:2], "no_such_metric", first["metric"].iloc[3]]
    first["n"] = [*first["n"].iloc[:3], 7]
    (copy / writing.SCORES).write_bytes(store.parquet_bytes(first))
    said = rescoring.rescore(open_bundle(copy)).set_index("why")["verdict"]
    assert set(said) == {rescoring.NOT}
    for reason in ("stands in a table of numbers", "another version of the metric", "does not know the metric", "those of the score were 7"):
        assert any(reason in why for why in said.index), (reason, said.index.tolist())


@pytest.mark.usefixtures("elsewhere")
def test_without_answers_in_bundle_or_store_nothing_is_computed(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "copy")
    (copy / writing.ANSWERS).unlink()
    found = rescoring.rescore(open_bundle(copy))
    assert set(found["verdict"]) == {rescoring.NOT}
    assert "the single answers are not here" in set(found["why"])
    asked = again.ask(open_bundle(copy))
    assert set(asked["finding"]) == {again.NOT}


def test_the_store_that_made_a_bundle_answers_it_again_alike(made, monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    asked = again.ask(open_bundle(made))
    assert set(asked["finding"]) == {again.SAME}
    assert set(asked["rows"]) == {again.SAME}
