"""`import` on the command line: real files in, rows and networks out, by the same functions as the pages."""

import json
import warnings

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.linear_model import LogisticRegression

from engine import __main__ as command_line
from engine import bringing, networks, store
from engine.assay import views
from engine.datasets import images
from engine.importers import network


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path


@pytest.fixture(scope="module")
def logistic():
    """A network of another framework, fitted on real digits: pixels 0..1, 784 -> 10."""
    data = images.load("optdigits", "train")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it need not converge
        return LogisticRegression(max_iter=30).fit(_flat(data), data.labels)


def _flat(data):
    return np.stack([image.reshape(-1) for image in data.images]) / 255


def _said(capsys, *words):
    status = command_line.main([*map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def answers(logistic, tmp_path):
    """A CSV as any framework could have written it, and the accuracy as scikit-learn sees it."""
    data = images.load("optdigits", "test")
    said = logistic.predict_proba(_flat(data))
    columns = {f"prob_{k}": said[:, k] for k in range(10)}
    file = tmp_path / "answers.csv"
    pd.DataFrame({"example_id": data.ids, "label": data.labels, **columns}).to_csv(file, index=False)
    return file, logistic.score(_flat(data), data.labels)


def test_predictions_become_scores_that_agree_with_scikit_learn(answers, capsys):
    file, accuracy = answers
    status, said = _said(capsys, "import", "predictions", file, "--model", "sk", "--dataset", "optdigits", "--trained-on", "optdigits")
    assert status == 0
    found = views.scores(["sk"], [views.Set("optdigits")], ["accuracy"]).iloc[0]
    assert found["value"] == pytest.approx(accuracy)
    assert (found["n"], found["run"]) == (len(images.load("optdigits", "test").ids), said["run"])
    assert store.query("SELECT trained_on FROM networks")["trained_on"].tolist() == ["optdigits"]


def test_imported_predictions_are_of_the_examples_that_the_set_has(answers, capsys):
    _said(capsys, "import", "predictions", answers[0], "--model", "sk", "--dataset", "optdigits")
    found = views.predictions("sk", views.Set("optdigits"))
    data = images.load("optdigits", "test")
    assert found["example_id"].tolist() == list(data.ids)
    assert found["label_name"].tolist() == [data.classes[label] for label in data.labels]


def test_bringing_the_same_predictions_again_doubles_nothing(answers, capsys):
    for _ in range(2):
        _said(capsys, "import", "predictions", answers[0], "--model", "sk", "--dataset", "optdigits")
    assert len(views.predictions("sk", views.Set("optdigits"))) == len(images.load("optdigits", "test").ids)
    assert len(views.scores(["sk"], [views.Set("optdigits")], ["accuracy"])) == 1


def test_a_preview_of_predictions_keeps_nothing(answers, capsys):
    status, said = _said(capsys, "import", "predictions", answers[0], "--model", "sk", "--dataset", "optdigits", "--preview")
    assert status == 0
    assert said["accuracy"] == pytest.approx(answers[1], abs=1e-6)
    assert "run" not in said
    assert store.query("SELECT * FROM runs").empty


def test_columns_can_be_named_on_the_command_line(answers, tmp_path, capsys):
    renamed = pd.read_csv(answers[0]).rename(columns={"label": "truth", "example_id": "who", **{f"prob_{k}": f"p{k}" for k in range(10)}})
    renamed.to_csv(tmp_path / "renamed.csv", index=False)
    words = ["--label", "truth", "--outputs", *(f"p{k}" for k in range(10)), "--probabilities", "--example-id", "who"]
    status, said = _said(capsys, "import", "predictions", tmp_path / "renamed.csv", "--model", "sk", "--dataset", "optdigits", *words)
    assert (status, said["accuracy"]) == (0, pytest.approx(answers[1], abs=1e-6))


def test_nan_logits_are_refused_with_a_way_out_and_can_be_left_out(answers, tmp_path, capsys):
    broken = pd.read_csv(answers[0])
    broken.loc[3, "prob_2"] = np.nan
    broken.to_csv(tmp_path / "broken.csv", index=False)
    words = ["import", "predictions", tmp_path / "broken.csv", "--model", "sk", "--dataset", "optdigits"]
    status, said = _said(capsys, *words)
    assert status == 1
    assert "error" in said
    assert said["hint"]
    status, said = _said(capsys, *words, "--skip-bad")
    assert (status, said["examples"]) == (0, len(broken) - 1)


@pytest.fixture
def exported(logistic, tmp_path):
    """The same network as ONNX, as another framework would export it."""
    weight, bias = logistic.coef_.T.astype(np.float32), logistic.intercept_.astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["logits"])],
        "logistic",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "logistic.onnx")
    return tmp_path / "logistic.onnx"


def test_an_onnx_network_is_tried_and_brought(exported, capsys):
    status, said = _said(capsys, "import", "network", exported, "--trained-on", "optdigits", "--preset", "unit", "--name", "sk-onnx")
    assert status == 0, said
    assert said["accuracy"] > 0.8
    card = networks.card("sk-onnx")
    assert (card.source, card.classes, card.preprocess.size, card.preprocess.channels) == ("brought", images.card("optdigits").classes, 28, 1)


def test_a_preview_of_a_network_keeps_nothing(exported, capsys):
    status, said = _said(capsys, "import", "network", exported, "--classes-from", "optdigits", "--preview")
    assert (status, said["classes"]) == (0, 10)
    assert said["network"] not in networks.names()


def test_every_preset_has_a_word_on_the_command_line():
    assert set(bringing.PRESETS.values()) == set(network.PRESETS)


@pytest.fixture
def pictures(tmp_path):
    data = images.load("optdigits", "test")
    for place in range(40):
        folder = tmp_path / "pictures" / f"digit {data.classes[data.labels[place]]}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(data.images[place][:, :, 0]).save(folder / f"{place}.png")
    return tmp_path / "pictures", sorted({f"digit {data.classes[label]}" for label in data.labels[:40]})


def test_a_folder_of_pictures_takes_over_classes_and_framing_of_a_set(pictures, capsys):
    folder, classes = pictures
    words = [word for name in classes for word in ("--map", f"{name}={name[-1]}")]
    status, said = _said(capsys, "import", "images", folder, "--name", "mine", "--like", "optdigits", *words)
    assert (status, said["frame"], said["channels"], said["fit"]) == (0, 28, 1, "digits")
    card = images.card("mine")
    assert (card.task, card.brought, sum(card.sizes.values())) == ("digits", True, 40)
    assert set(card.classes) <= set(images.card("optdigits").classes)


def test_a_class_can_be_left_out(pictures, capsys):
    folder, classes = pictures
    status, said = _said(capsys, "import", "images", folder, "--name", "fewer", "--map", f"{classes[0]}=")
    assert status == 0, said
    assert classes[0] not in images.card("fewer").classes


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--map", "digit 1"], "says nothing to --map"),
        (["--map", "digit one=1"], "class in these files"),
        (["--like", "optdigit"], "optdigits"),
        (["--like", "optdigits", "--map", "digit 1=one"], "class to map to"),
    ],
)
def test_what_cannot_be_mapped_is_said_with_a_way_out(pictures, capsys, words, sentence):
    status, said = _said(capsys, "import", "images", pictures[0], "--name", "mine", *words)
    assert status == 1
    assert sentence in f"{said['error']} {said['hint']}"
    assert "mine" not in images.names()
