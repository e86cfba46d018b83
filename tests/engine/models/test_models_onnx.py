"""ONNX files: the same answers as torch, and every file that is not one plain classifier refused with a sentence."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from engine import errors, networks
from engine.models import _onnx, predict
from engine.models.classifiers import cnn, resnet
from engine.preprocess import Preprocess

CLASSES = tuple("0123456789")


def card(**changes) -> networks.Card:
    fields = {
        "name": "mine", "title": "Mine", "architecture": "onnx", "preprocess": Preprocess(size=28, channels=1), "classes": CLASSES,
        "weights": ("net.onnx",), "digest": "0" * 16, "source": "brought",
    }  # fmt: skip
    return networks.Card.model_validate({**fields, **changes})


LARGER = 48  # the exporter wants poolings that divide the side


def batch(n: int = 5, side: int = 28) -> np.ndarray:
    return np.random.default_rng(0).random((n, 1, side, side), np.float32)


def exported(module: torch.nn.Module, file: Path, n: int = 1, *, dynamic: bool = True) -> None:
    axes = {"x": {0: "n"}, "y": {0: "n"}} if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces another exporter, which needs a package that is not installed
        torch.onnx.export(
            module.eval(), (torch.zeros(n, 1, LARGER, LARGER),), file, input_names=["x"], output_names=["y"], dynamic_axes=axes, dynamo=False
        )


def flat(
    shape: Sequence[int | str] = ("n", 1, 28, 28), kind: int = TensorProto.FLOAT, *, extra: Sequence[onnx.NodeProto] = (), inputs: int = 1
) -> onnx.ModelProto:
    """Return a linear classifier written node by node; its answer is the output of the last node."""
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    weights = np.linspace(-1, 1, 7840).reshape(784, 10).astype(dtype)
    nodes = [helper.make_node("Flatten", ["x0"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"]), *extra]
    taken = [helper.make_tensor_value_info(f"x{i}", kind, shape) for i in range(inputs)]
    given_out = helper.make_tensor_value_info(nodes[-1].output[0], kind, [shape[0], 10])
    graph = helper.make_graph(nodes, "g", taken, [given_out], [numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("architecture", [cnn, resnet])
def test_an_exported_network_answers_as_the_torch_module(architecture, tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = architecture.build(10, 1, LARGER)
    exported(module, tmp_path / "net.onnx")
    predictor = predict.load(card(preprocess=Preprocess(size=LARGER, channels=1)), "auto", tmp_path)
    assert predictor.module is None
    with torch.no_grad():
        expected = module(torch.from_numpy(batch(5, LARGER))).numpy()
    assert np.allclose(predictor(batch(5, LARGER)), expected, atol=1e-5)


def test_a_fixed_batch_is_filled_up_and_cut_again(tmp_path: Path) -> None:
    module = cnn.build(10, 1, LARGER)
    exported(module, tmp_path / "net.onnx", 2, dynamic=False)
    with torch.no_grad():
        expected = module(torch.from_numpy(batch(5, LARGER))).numpy()
    predictor = predict.load(card(preprocess=Preprocess(size=LARGER, channels=1)), "cpu", tmp_path)
    assert np.allclose(predictor(batch(5, LARGER)), expected, atol=1e-5)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_other_floating_point_inputs_are_served_and_answered_in_single_precision(kind: int, tmp_path: Path) -> None:
    onnx.save(flat(kind=kind), tmp_path / "net.onnx")
    logits = predict.load(card(), "cpu", tmp_path)(batch())
    expected = batch().reshape(5, 784) @ np.linspace(-1, 1, 7840).reshape(784, 10)
    assert logits.dtype == np.float32
    assert np.allclose(logits, expected, rtol=0.02, atol=0.5)


@pytest.mark.parametrize("shape", [("n", 3, 28, 28), ("n", 1, 224, 224), ("n", 784), ("n", 28, 28, 1)])
def test_another_input_shape_is_said_with_what_the_card_expects(shape: tuple, tmp_path: Path) -> None:
    model = flat()
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x0", TensorProto.FLOAT, shape))
    del model.graph.node[:]
    flattened, summed = helper.make_node("Flatten", ["x0"], ["f"]), helper.make_node("ReduceMean", ["f"], ["y"])
    model.graph.node.extend([flattened, summed])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, None]))
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(errors.UserError, match="1 x 28 x 28"):
        predict.load(card(), "cpu", tmp_path)


def test_channels_last_files_are_served_where_the_card_says_so(tmp_path: Path) -> None:
    onnx.save(flat(("n", 28, 28, 1)), tmp_path / "net.onnx")
    wanted = card(preprocess=Preprocess(size=28, channels=1, layout="nhwc"))
    assert predict.load(wanted, "cpu", tmp_path)(batch().transpose(0, 2, 3, 1)).shape == (5, 10)


def test_a_file_with_two_inputs_is_refused(tmp_path: Path) -> None:
    onnx.save(flat(inputs=2), tmp_path / "net.onnx")
    with pytest.raises(errors.UserError, match="takes 2 inputs"):
        predict.load(card(), "cpu", tmp_path)


def test_a_file_that_takes_integers_is_refused(tmp_path: Path) -> None:
    model = flat()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT32
    model.graph.node.insert(0, helper.make_node("Cast", ["x0"], ["c"], to=TensorProto.FLOAT))
    model.graph.node[1].input[0] = "c"
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(errors.UserError, match="floating-point"):
        predict.load(card(), "cpu", tmp_path)


def test_weights_in_another_file_are_refused_although_the_runtime_would_read_them(tmp_path: Path) -> None:
    onnx.save(flat(), tmp_path / "net.onnx", save_as_external_data=True, location="secret.bin", size_threshold=0)
    assert (tmp_path / "secret.bin").is_file()
    with pytest.raises(errors.UserError, match="in other files"):
        predict.load(card(), "cpu", tmp_path)


def outside(name: str) -> TensorProto:
    tensor = numpy_helper.from_array(np.zeros(10, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def in_constant() -> onnx.ModelProto:
    return flat(extra=[helper.make_node("Constant", [], ["c"], value=outside("v")), helper.make_node("Add", ["y", "c"], ["z"])])


def in_branch() -> onnx.ModelProto:
    graph = helper.make_graph([], "branch", [], [helper.make_tensor_value_info("v", TensorProto.FLOAT, [10])], [outside("v")])
    truth = helper.make_node("Constant", [], ["t"], value=numpy_helper.from_array(np.array(True), "t"))
    branch = helper.make_node("If", ["t"], ["c"], then_branch=graph, else_branch=graph)
    return flat(extra=[truth, branch, helper.make_node("Add", ["y", "c"], ["z"])])


def in_function() -> onnx.ModelProto:
    inside = [helper.make_node("Constant", [], ["c"], value=outside("v")), helper.make_node("Add", ["a", "c"], ["b"])]
    model = flat(extra=[helper.make_node("F", ["y"], ["z"], domain="mine")])
    model.opset_import.append(helper.make_opsetid("mine", 1))
    model.functions.append(helper.make_function("mine", "F", ["a"], ["b"], inside, [helper.make_opsetid("", 17)]))
    return model


@pytest.mark.parametrize("model", [in_constant, in_branch, in_function])
def test_external_data_is_found_wherever_it_hides(model, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(model().SerializeToString())
    with pytest.raises(errors.UserError, match="in other files"):
        predict.load(card(), "cpu", tmp_path)


def test_all_places_for_tensors_in_the_format_are_searched() -> None:
    """The table of places agrees with the format's own description, so that a new place is noticed."""
    kinds = {"ModelProto": "model", "TrainingInfoProto": "training", "GraphProto": "graph", "FunctionProto": "function", "NodeProto": "node"}
    kinds |= {"AttributeProto": "attribute", "SparseTensorProto": "sparse", "TensorProto": "tensor"}
    for name, kind in kinds.items():
        fields = getattr(onnx, name).DESCRIPTOR.fields
        described = {f.number: kinds[f.message_type.name] for f in fields if f.message_type and f.message_type.name in kinds}
        assert _onnx.FIELDS[kind] == described


@pytest.mark.parametrize("kept", [0, 1, 50, 2000, -1])
def test_a_truncated_file_is_a_sentence(kept: int, tmp_path: Path) -> None:
    whole = flat().SerializeToString()
    (tmp_path / "net.onnx").write_bytes(whole[:kept])
    with pytest.raises(errors.UserError):
        predict.load(card(), "cpu", tmp_path)


def test_an_unknown_operator_is_a_sentence(tmp_path: Path) -> None:
    onnx.save(flat(extra=[helper.make_node("Telepathy", ["y"], ["z"])]), tmp_path / "net.onnx")
    with pytest.raises(errors.UserError, match="Telepathy"):
        predict.load(card(), "cpu", tmp_path)


def test_two_files_for_one_onnx_network_are_refused(tmp_path: Path) -> None:
    onnx.save(flat(), tmp_path / "net.onnx")
    with pytest.raises(errors.UserError, match=r"expected one \.onnx file"):
        predict.load(card(weights=("net.onnx", "net.onnx")), "cpu", tmp_path)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_searching_arbitrary_bytes_ends_in_silence_or_a_sentence(content: bytes) -> None:
    try:
        _onnx.refuse_external_data(content, "net.onnx")
    except errors.UserError as problem:
        assert "net.onnx" in problem.message  # noqa: PT017  both outcomes are right
