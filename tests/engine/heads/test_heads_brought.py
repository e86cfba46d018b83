"""Networks of somebody's own: trunks read from ONNX against NumPy, what can be said of them, every file that cannot be used a sentence."""

import itertools
import json
import pickle
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from scipy import special

from engine import errors, store
from engine.__main__ import main
from engine.heads import brought, weights
from engine.models import trunks

INPUTS = ("experience", "hair")
PEOPLE = 1500


def _network(seed=0, widths=(2, 6, 4), group=False):
    """Return a small network with drawn weights, whose first unit sees the hair."""
    rng = np.random.default_rng(seed)
    layers = [
        weights.Layer(rng.normal(scale=0.6, size=(b, a)).astype(np.float32), rng.normal(size=b).astype(np.float32))
        for a, b in itertools.pairwise(widths)
    ]
    head = weights.Layer(rng.normal(size=(1, widths[-1])).astype(np.float32), np.zeros(1, np.float32))
    other = weights.Layer(rng.normal(size=(1, widths[-1])).astype(np.float32), np.zeros(1, np.float32))
    return weights.Network(tuple(layers), head, other if group else None)


def _onnx(network, file, *, ends="Sigmoid", split=False, inputs="n"):
    """Write a network as ONNX: Gemm, or MatMul and Add; ending in some operator, or in none."""
    nodes, tensors, at = [], [], "x"
    for k, layer in enumerate(network.trunk):
        nodes += [*_linear(at, f"a{k}", k, tensors, layer, split=split), helper.make_node("Relu", [f"a{k}"], [f"r{k}"])]
        at = f"r{k}"
    nodes += _linear(at, "z", "t", tensors, network.task, split=split)
    last = "z"
    if ends:
        nodes += [helper.make_node(ends, ["z"], ["p"])]
        last = "p"
    wide = network.trunk[0].weight.shape[1]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, [inputs, wide])
    given = helper.make_tensor_value_info(last, TensorProto.FLOAT, [inputs, network.task.weight.shape[0]])
    graph = helper.make_graph(nodes, "g", [taken], [given], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def _linear(at, made, k, tensors, layer, *, split):
    tensors += [numpy_helper.from_array(layer.weight.T.copy() if split else layer.weight, f"w{k}"), numpy_helper.from_array(layer.bias, f"b{k}")]
    if split:
        return [helper.make_node("MatMul", [at, f"w{k}"], [f"m{k}"]), helper.make_node("Add", [f"m{k}", f"b{k}"], [made])]
    return [helper.make_node("Gemm", [at, f"w{k}", f"b{k}"], [made], transB=1)]


def _people(n=PEOPLE, seed=0):
    rng = np.random.default_rng(seed)
    member = rng.integers(0, 2, n)
    experience = rng.normal(member * 0.8, 1)
    return pd.DataFrame(
        {
            "hired": np.where(experience + rng.normal(0, 0.4, n) > 0.4, "yes", "no"), "sex": np.where(member == 1, "m", "f"),
            "experience": experience.astype(np.float32), "hair": rng.normal(1.5 * (1 - member), 0.5).astype(np.float32),
        }
    )  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.parquet"
    path.write_bytes(store.parquet_bytes(_people()))
    return path


def _entered():
    return _people()[list(INPUTS)].to_numpy(np.float32)


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("ends", ["Sigmoid", ""])
def test_the_trunk_is_the_input_of_the_last_linear_layer_and_the_score_is_its_output(tmp_path, split, ends):
    network = _network()
    found = trunks.answers(_onnx(network, tmp_path / "net.onnx", split=split, ends=ends), _entered())
    last = network.hidden(_entered())[-1]
    assert found.trunk is not None
    np.testing.assert_allclose(found.trunk, last, atol=1e-5)
    np.testing.assert_allclose(found.scores, network.task(last)[:, 0], atol=1e-5)
    assert not found.shares


def test_of_two_answers_the_score_is_the_second_against_the_first(tmp_path):
    one = _network()
    rng = np.random.default_rng(5)
    two = weights.Network(one.trunk, weights.Layer(rng.normal(size=(2, 4)).astype(np.float32), np.zeros(2, np.float32)))
    found = trunks.answers(_onnx(two, tmp_path / "net.onnx", ends="Softmax"), _entered())
    logits = two.task(two.hidden(_entered())[-1])
    np.testing.assert_allclose(found.scores, logits[:, 1] - logits[:, 0], atol=1e-5)


def _two_outputs(network, file):
    """Write a network as exporters of classifiers do: a label first, then 1 - p and p; and both heads side by side as one linear layer."""
    assert network.group is not None
    nodes, tensors, at = [], [numpy_helper.from_array(np.ones(1, np.float32), "one")], "x"
    for k, layer in enumerate(network.trunk):
        nodes += [*_linear(at, f"a{k}", k, tensors, layer, split=False), helper.make_node("Relu", [f"a{k}"], [f"r{k}"])]
        at = f"r{k}"
    both = weights.Layer(np.concatenate([network.task.weight, network.group.weight]), np.concatenate([network.task.bias, network.group.bias]))
    nodes += [*_linear(at, "z", "t", tensors, network.task, split=True), helper.make_node("Sigmoid", ["z"], ["p"])]
    nodes += [helper.make_node("Sub", ["one", "p"], ["q"]), helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1)]
    nodes += [helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0), *_linear(at, "heads", "h", tensors, both, split=False)]
    given = [helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])]
    given += [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2]) for name in ("probabilities", "heads")]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])], given, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def test_any_output_can_be_read_and_a_label_is_none(tmp_path, file, monkeypatch):
    network = _network(group=True)
    path = _two_outputs(network, tmp_path / "net.onnx")
    last = network.hidden(_entered())[-1]
    assert network.group is not None
    assert brought.outputs(path) == ["probabilities", "probabilities:0", "probabilities:1", "heads", "heads:0", "heads:1"]
    usual = trunks.answers(path, _entered())
    assert usual.output == "probabilities"
    assert usual.trunk is not None
    np.testing.assert_allclose(usual.trunk, last, atol=1e-5)
    for output, expected in (("", network.task(last)), ("heads:0", network.task(last)), ("heads:1", network.group(last))):
        np.testing.assert_allclose(trunks.answers(path, _entered(), output).scores, expected[:, 0], atol=1e-5)
    monkeypatch.chdir(tmp_path)  # a path as people write it
    found = brought.read(file, Path("net.onnx"), label="hired", groups=["sex"], inputs=INPUTS, output="heads:1")
    assert found.how == "Read is the output “heads:1”; the trunk is what its last linear layer takes: 4 numbers a person."
    answered = brought.answer(found)
    assert (answered["output"], answered["trunk"]) == ("heads:1", 4)
    for wrong, said in (("haeds", "Did you mean heads"), ("heads:7", "has 2 numbers a person")):
        with pytest.raises(errors.UserError) as problem:
            trunks.answers(path, _entered(), wrong)
        assert said in f"{problem.value.message} {problem.value.hint}"


def test_a_network_that_ends_otherwise_gives_its_answers_and_no_trunk(tmp_path):
    network = _network()
    found = trunks.answers(_onnx(network, tmp_path / "net.onnx", ends="Tanh"), _entered())
    assert found.trunk is None
    assert found.last == "Tanh"
    np.testing.assert_allclose(found.scores, np.tanh(network.task(network.hidden(_entered())[-1])[:, 0]), atol=1e-5)


def test_a_fixed_batch_is_filled_up_and_nobody_is_lost(tmp_path):
    network = _network()
    found = trunks.answers(_onnx(network, tmp_path / "net.onnx", inputs=64), _entered())
    assert len(found.scores) == PEOPLE
    np.testing.assert_allclose(found.scores, network.task(network.hidden(_entered())[-1])[:, 0], atol=1e-5)


def test_onnx_and_safetensors_of_one_network_say_the_same_and_the_inside_is_seen(tmp_path, file):
    network = _network()
    save_file(weights.state(network), tmp_path / "net.safetensors")
    asked = {"label": "hired", "groups": ["sex"], "inputs": INPUTS}
    a = brought.read(file, _onnx(network, tmp_path / "net.onnx"), **asked)
    b = brought.read(file, tmp_path / "net.safetensors", **asked)
    np.testing.assert_allclose(a.task, b.task, atol=1e-4)
    assert (a.audited.decisions == (special.expit(a.task.astype(np.float64)) >= 0.5)).all()
    seen = brought.inside(b, "sex")
    layers = seen.aware.set_index("layer")["accuracy"]
    assert layers["inputs, linear"] > layers["floor"] + 0.2  # hair tells the group
    assert seen.n == PEOPLE // 5
    assert seen.swapped is not None
    assert seen.swapped["group"].tolist() == ["f", "f", "m", "m"]
    assert seen.recovered is not None
    assert (seen.recovered["read_out"] == "a random one").sum() == 10


def test_the_own_group_head_is_taken_where_there_is_one(tmp_path, file):
    network = _network(group=True)
    save_file({f"mine/{name}": value for name, value in weights.state(network).items()}, tmp_path / "net.safetensors")
    found = brought.read(file, tmp_path / "net.safetensors", label="hired", groups=["sex"], inputs=INPUTS)
    assert network.group is not None
    assert found.head is not None
    np.testing.assert_allclose(found.head, network.group(network.hidden(_entered())[-1]), atol=1e-5)


def test_the_score_shift_tells_the_group_where_a_reference_was_moved_by_group(tmp_path):
    """The reference is the network's own score moved by 1 for one group: the shift is the group, its AUC 1."""
    network, frame = _network(), _people()
    task = network.heads(_entered())[0].astype(np.float64)
    frame["old"] = special.expit(task + (frame["sex"] == "m"))
    (tmp_path / "p.parquet").write_bytes(store.parquet_bytes(frame))
    save_file(weights.state(network), tmp_path / "net.safetensors")
    found = brought.read(tmp_path / "p.parquet", tmp_path / "net.safetensors", label="hired", groups=["sex"], reference="old")
    assert found.columns == INPUTS
    shift = brought.inside(found, "sex").shift
    assert shift is not None
    assert shift.auc == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(hair="long"), "Input columns hold text: hair"),
        (lambda f: f.assign(hair=f["hair"].where(f.index > 3)), "Values are missing: 4 in “hair”"),
        (lambda f: f.drop(columns="hair"), "takes 2 numbers a person, but 1 columns are chosen"),
        (lambda f: f.assign(sex="f"), "one group only"),
    ],
)
def test_people_that_do_not_fit_the_network_are_told_in_a_sentence(tmp_path, change, said):
    (tmp_path / "p.parquet").write_bytes(store.parquet_bytes(change(_people())))
    save_file(weights.state(_network()), tmp_path / "net.safetensors")
    with pytest.raises(errors.UserError, match=said):
        brought.read(tmp_path / "p.parquet", tmp_path / "net.safetensors", label="hired", groups=["sex"])


def test_files_that_are_no_network_or_could_run_code_are_refused(tmp_path, file):
    (tmp_path / "net.pt").write_bytes(pickle.dumps({"a": 1}))
    (tmp_path / "cut.onnx").write_bytes(_onnx(_network(), tmp_path / "whole.onnx").read_bytes()[:80])
    save_file({"other": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    for name, said in (("net.pt", "can run code"), ("cut.onnx", "cut.onnx"), ("other.safetensors", "no network of ours")):
        with pytest.raises(errors.UserError, match=said):
            brought.read(file, tmp_path / name, label="hired", groups=["sex"], inputs=INPUTS)


def test_weights_in_other_files_are_refused(tmp_path):
    model = onnx.load(_onnx(_network(), tmp_path / "net.onnx"))
    onnx.save(model, tmp_path / "out.onnx", save_as_external_data=True, location="secret.bin", size_threshold=0)
    with pytest.raises(errors.UserError, match="other files"):
        trunks.answers(tmp_path / "out.onnx", _entered())


def test_small_groups_have_no_inside_and_the_reason_is_said(tmp_path):
    (tmp_path / "p.parquet").write_bytes(store.parquet_bytes(_people(120)))
    save_file(weights.state(_network()), tmp_path / "net.safetensors")
    found = brought.answer(brought.read(tmp_path / "p.parquet", tmp_path / "net.safetensors", label="hired", groups=["sex"]))
    assert found["inside"]["sex"]["reason"].startswith("Not estimable: sex = ")
    assert found["groups"][0]["selection_rate"] is not None


def test_the_command_says_what_the_functions_do(tmp_path, file, capsys):
    network = tmp_path / "net.safetensors"
    save_file(weights.state(_network()), network)
    words = ["heads", "audit", str(file), "--label", "hired", "--group", "sex", "--network", str(network), "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads(json.dumps(brought.answer(brought.read(file, network, label="hired", groups=["sex"]))))
    assert main(words[:3]) != 0
    assert "--label" in capsys.readouterr().err
