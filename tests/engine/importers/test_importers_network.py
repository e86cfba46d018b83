"""Networks from elsewhere: what the file says, what the answers about it get wrong, and how it is kept."""

import errno
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file, save_model

from engine import errors, networks, places, registry
from engine.datasets import images
from engine.importers import network, predictions
from engine.models import predict
from engine.preprocess import Preprocess

DIGITS = tuple("0123456789")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))


def graph(*, shape=("n", 1, 28, 28), classes=10, weights=None, last="Gemm", elements=TensorProto.FLOAT, extra=()) -> onnx.ModelProto:
    """Return a linear classifier of flattened images as ONNX."""
    inputs = int(np.prod([side if isinstance(side, int) else 28 for side in shape[1:]]))
    if weights is None:
        weights = np.random.default_rng(0).normal(size=(inputs, classes)).astype(np.float32) / np.sqrt(inputs)
    kind = helper.tensor_dtype_to_np_dtype(elements)
    initial = [numpy_helper.from_array(weights.astype(kind), "w"), numpy_helper.from_array(np.zeros(classes, kind), "b")]
    answer = "y" if last == "Gemm" else "z"
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], [answer])]
    if last != "Gemm":
        nodes += [helper.make_node(last, ["z"], ["i"]), helper.make_node("Identity", ["i"], ["y"])]
    x = helper.make_tensor_value_info("x", elements, list(shape))
    y = helper.make_tensor_value_info("y", elements, [shape[0], classes])
    made = helper.make_graph([*nodes, *extra], "g", [x], [y], initial)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def saved(tmp_path, model=None, name="net.onnx") -> Path:
    path = tmp_path / name
    onnx.save(model or graph(), path)
    return path


def read(path, **answers) -> network.Draft:
    return network.read(path, **{"trained_on": "optdigits", "probe": False, **answers})


def said(draft, level) -> str:
    return " ".join(f"{f.sentence} {f.fix}" for f in draft.audit if f.level == level)


class TestWhatTheFileSays:
    """Read from its bytes, and compared with what the onnx package reads."""

    def test_input_output_and_parameters_are_found(self, tmp_path):
        facts = read(saved(tmp_path)).facts
        assert facts.shape == ("n", 1, 28, 28)
        assert (facts.layout, facts.channels, facts.size, facts.width, facts.batch) == ("nchw", 1, 28, 10, None)
        model = onnx.load(tmp_path / "net.onnx")
        assert facts.parameters == sum(int(np.prod(t.dims)) for t in model.graph.initializer)

    @pytest.mark.parametrize(
        ("shape", "layout", "size"),
        [((1, 3, 16, 16), "nchw", 16), (("n", 16, 16, 3), "nhwc", 16), (("n", 16, 16, 1), "nhwc", 16), ((None, 3, None, None), "nchw", None)],
    )
    def test_the_layout_is_told_from_the_shape(self, tmp_path, shape, layout, size):
        facts = read(saved(tmp_path, graph(shape=shape))).facts
        assert (facts.layout, facts.size) == (layout, size)

    def test_weights_that_old_files_list_among_the_inputs_are_no_inputs(self, tmp_path):
        model = graph()
        model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [784, 10]))
        assert read(saved(tmp_path, model)).usable

    def test_weights_as_separate_numbers_are_read_as_well(self, tmp_path):
        model = graph()
        model.graph.initializer[0].CopyFrom(helper.make_tensor("w", TensorProto.FLOAT, [784, 10], [0.5] * 7840))
        assert read(saved(tmp_path, model)).facts.parameters == 7850

    @pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
    def test_a_file_cut_short_is_a_sentence(self, tmp_path, share):
        path = saved(tmp_path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(errors.UserError, match="no whole ONNX file") as caught:
            read(path)
        assert "cut short" in caught.value.hint

    def test_garbage_is_a_sentence(self, tmp_path):
        rng = np.random.default_rng(0)
        for i in range(60):
            path = tmp_path / f"{i}.onnx"
            path.write_bytes(b"\x08\x07" + rng.integers(0, 256, 300, np.uint8).tobytes())
            with pytest.raises(errors.UserError):
                read(path)

    def test_flipped_bytes_never_end_in_anything_but_a_sentence(self, tmp_path):
        content, rng = bytearray(saved(tmp_path).read_bytes()), np.random.default_rng(1)
        for i in range(150):
            broken = bytearray(content)
            broken[int(rng.integers(0, 120 if i % 2 else len(content)))] ^= int(rng.integers(1, 256))
            path = tmp_path / "flipped.onnx"
            path.write_bytes(broken)
            try:
                read(path)
            except errors.UserError:
                continue

    def test_weights_in_other_files_are_refused(self, tmp_path):
        model = graph()
        onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
        draft = read(tmp_path / "net.onnx")
        assert not draft.usable
        assert "2 tensors lie in other files (w, b)" in said(draft, "error")

    def test_weights_in_other_files_are_found_inside_branches_too(self, tmp_path):
        tensor = helper.make_tensor("inner", TensorProto.FLOAT, [1], [1.0])
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../etc/passwd")
        inner = helper.make_graph([helper.make_node("Constant", [], ["o"], value=tensor)], "b", [], [helper.make_tensor_value_info("o", 1, [1])])
        branch = helper.make_node("If", ["c"], ["unused"], then_branch=inner, else_branch=inner)
        draft = read(saved(tmp_path, graph(extra=[branch])))
        assert "tensors lie in other files (inner" in said(draft, "error")

    def test_operators_from_elsewhere_are_a_warning(self, tmp_path):
        extra = helper.make_node("Magic", ["y"], ["unused"], domain="com.example")
        assert "com.example" in said(read(saved(tmp_path, graph(extra=[extra]))), "warning")

    def test_what_is_no_batch_of_images_is_an_error(self, tmp_path):
        assert "four axes" in said(read(saved(tmp_path, graph(shape=("n", 784)))), "error")
        model = graph()
        model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
        assert "takes uint8" in said(read(saved(tmp_path, model)), "error")
        model = graph()
        model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1]))
        assert "takes 2 inputs (x, mask)" in said(read(saved(tmp_path, model)), "error")

    def test_a_fixed_batch_is_a_note(self, tmp_path):
        draft = read(saved(tmp_path, graph(shape=(1, 1, 28, 28))))
        assert draft.usable
        assert "one image at a time" in said(draft, "note")


class TestAnswers:
    """What people say about a network, checked against its file."""

    def test_size_layout_and_channels_come_from_the_file(self, tmp_path):
        draft = read(saved(tmp_path, graph(shape=("n", 16, 16, 3))))
        assert draft.card.preprocess == Preprocess(size=16, channels=3, layout="nhwc")

    def test_classes_come_from_the_set_it_was_trained_on(self, tmp_path):
        assert read(saved(tmp_path)).card.classes == DIGITS

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"size": 224}, "The network wants n x 1 x 28 x 28, you said 224 px. Say 28 px."),
            ({"channels": 3}, "The network wants n x 1 x 28 x 28, you said 3 channels. Say 1."),
            ({"layout": "nhwc"}, "which is nchw, you said nhwc. Choose nchw."),
        ],
    )
    def test_another_input_than_the_network_wants_is_an_error(self, tmp_path, answers, expected):
        draft = read(saved(tmp_path), preprocess=answers)
        assert not draft.usable
        assert expected in said(draft, "error")

    def test_an_input_that_is_not_square_is_an_error(self, tmp_path):
        assert "Only square images" in said(read(saved(tmp_path, graph(shape=("n", 1, 28, 32)))), "error")

    def test_another_number_of_class_names_is_an_error(self, tmp_path):
        draft = read(saved(tmp_path), classes=("cat", "dog"))
        assert "The network answers with 10 numbers, but 2 class names were given (cat, dog)." in said(draft, "error")

    def test_no_class_names_are_an_error(self, tmp_path):
        assert "say what they mean" in said(read(saved(tmp_path, graph(classes=7))), "error")

    def test_classes_that_the_training_set_lacks_are_an_error(self, tmp_path):
        assert "share no name" in said(read(saved(tmp_path), classes=tuple("abcdefghij")), "error")

    def test_an_unknown_training_set_is_a_warning_with_the_nearest(self, tmp_path):
        assert "optdigits" in said(read(saved(tmp_path), trained_on="optdigit", classes=DIGITS), "warning")

    def test_a_preprocessing_that_contradicts_itself_is_a_sentence(self, tmp_path):
        with pytest.raises(errors.UserError, match="mean has 3 numbers, expected 1 or 1"):
            read(saved(tmp_path), preprocess={"mean": (1, 2, 3)})
        with pytest.raises(errors.UserError, match="The preprocessing cannot be as said: size"):
            read(saved(tmp_path), preprocess={"size": 0})

    def test_an_architecture_for_onnx_is_an_error(self, tmp_path):
        assert "its own architecture" in said(read(saved(tmp_path), architecture="cnn"), "error")

    def test_a_softmax_at_the_end_is_an_error_until_it_is_read_before_it(self, tmp_path):
        path = saved(tmp_path, graph(last="Softmax"))
        assert "ends in a softmax" in said(read(path), "error")
        assert read(path, before_softmax=True).usable
        assert "does not end in a softmax" in said(read(saved(tmp_path), before_softmax=True), "error")

    def test_a_sigmoid_at_the_end_is_a_warning(self, tmp_path):
        assert "sigmoid" in said(read(saved(tmp_path, graph(last="Sigmoid"))), "warning")


class TestKeeping:
    """Saved beside the others, whole or not at all."""

    def test_a_brought_network_is_listed_and_answers_as_its_file_does(self, tmp_path):
        draft = read(saved(tmp_path), name="Mein Netz ü", preprocess=network.PRESETS["MNIST"].answers(1), licence="MIT", attributes={"seed": 3})
        card = network.bring(draft)
        assert networks.card("mein-netz-u") == card
        assert (card.title, card.source, card.licence, card.attributes) == ("Mein Netz ü", "brought", "MIT", {"seed": 3})
        pictures = images.load("optdigits").images[:5]
        weights = numpy_helper.to_array(onnx.load(tmp_path / "net.onnx").graph.initializer[0])
        expected = ((np.asarray(pictures)[..., 0] / 255 - 0.1307) / 0.3081).reshape(5, -1) @ weights
        np.testing.assert_allclose(predict.load(card)(card.preprocess(pictures)), expected, rtol=1e-3, atol=1e-3)

    def test_before_the_softmax_are_the_logits(self, tmp_path):
        plain, soft = graph(), graph(last="Softmax")
        one = network.bring(read(saved(tmp_path, plain), name="plain"))
        two = network.bring(read(saved(tmp_path, soft, "soft.onnx"), before_softmax=True))
        onnx.checker.check_model(onnx.load(networks.folder("soft") / two.weights[0]))
        batch = one.preprocess(images.load("optdigits").images[:4])
        np.testing.assert_array_equal(predict.load(two)(batch), predict.load(one)(batch))
        assert two.digest != one.digest

    def test_a_name_that_is_taken_offers_a_free_one(self, tmp_path):
        draft = read(saved(tmp_path))
        network.bring(draft)
        with pytest.raises(errors.UserError, match="A network called net is here already") as caught:
            network.bring(draft)
        assert "Call it net-2" in caught.value.hint
        assert network.bring(draft, network.free_name("net")).name == "net-2"
        assert network.free_name("net") == "net-3"

    @pytest.mark.parametrize("name", ["网络", "x" * 5000, "../../etc/passwd", "a/b\\c", "<script>", "CON", "."])
    def test_any_name_stays_in_its_folder(self, tmp_path, name):
        card = network.bring(read(saved(tmp_path), name=name))
        assert networks.folder(card.name).parent == places.inputs("networks")
        assert len(card.name) <= 60
        assert card.name.isascii()

    def test_predictions_cannot_take_its_name(self, tmp_path):
        network.bring(read(saved(tmp_path)))
        (tmp_path / "p.csv").write_text("label,logit_0,logit_1\n0,2,1\n1,0,3\n")
        preview = predictions.read(tmp_path / "p.csv", network="Net", dataset="elsewhere")
        assert not preview.usable
        assert "A network called net is here" in said(preview, "error")
        assert "net-brought" in said(preview, "error")

    def test_a_draft_with_errors_is_not_kept(self, tmp_path):
        with pytest.raises(errors.UserError, match="cannot be brought: The network wants"):
            network.bring(read(saved(tmp_path), preprocess={"size": 30}))
        assert not places.inputs("networks").exists()

    def test_a_file_that_changed_since_it_was_read_is_not_kept(self, tmp_path):
        draft = read(saved(tmp_path))
        saved(tmp_path, graph(classes=9))
        with pytest.raises(errors.UserError, match="changed while it was read"):
            network.bring(draft)
        assert network.networks.names() == tuple(n for n in networks.names() if n != "net")
        assert not list(places.inputs("networks").parent.glob(".*"))

    def test_a_full_disk_leaves_nothing_behind(self, tmp_path, monkeypatch):
        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        draft = read(saved(tmp_path))
        monkeypatch.setattr(shutil, "copyfile", full)
        with pytest.raises(errors.UserError, match="disk is full"):
            network.bring(draft)
        assert "net" not in networks.names()
        assert not list(places.inputs("networks").parent.glob(".*"))

    def test_only_brought_networks_are_removed(self, tmp_path):
        network.bring(read(saved(tmp_path)))
        network.remove("net")
        assert "net" not in networks.names()
        assert not list(places.inputs("networks").parent.glob("**/*.onnx"))
        with pytest.raises(errors.UserError, match="no network named"):
            network.remove("net")
        for shipped in networks.names()[:1]:
            with pytest.raises(errors.UserError, match="is not removed"):
                network.remove(shipped)


class TestSafetensors:
    """Weights of one of our architectures."""

    @pytest.fixture
    def path(self, tmp_path):
        torch.manual_seed(0)
        module = registry.load("models/classifiers", "linear").build(10, 1, 28)
        save_model(module, tmp_path / "net.safetensors")
        return tmp_path / "net.safetensors"

    def test_the_architecture_must_be_named(self, path):
        assert "say of which architecture" in said(read(path), "error")
        wrong = said(read(path, architecture="linaer"), "error")
        assert "Did you mean linear" in wrong
        assert "bring ONNX" in wrong

    def test_size_and_channels_come_from_the_set_it_was_trained_on(self, path):
        draft = read(path, architecture="linear")
        assert (draft.card.preprocess.size, draft.card.preprocess.channels) == (28, 1)
        assert draft.usable

    @pytest.mark.parametrize("keep", [4, 60, 200, -1])
    def test_a_file_cut_short_is_a_sentence(self, path, keep):
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(errors.UserError, match=r"no whole safetensors|first bytes"):
            read(path)

    def test_a_header_that_claims_too_much_is_a_sentence(self, path):
        path.write_bytes(struct.pack("<Q", 90_000_000) + b"{" + bytes(100))
        with pytest.raises(errors.UserError, match="no whole safetensors"):
            read(path)

    def test_weights_that_are_nan_are_an_error(self, tmp_path):
        save_file({"head.weight": torch.full((10, 784), torch.nan), "head.bias": torch.zeros(10)}, tmp_path / "nan.safetensors")
        assert "1 tensors hold NaN or infinity: head.weight" in said(read(tmp_path / "nan.safetensors", architecture="linear"), "error")


class TestTrying:
    """In a process of its own."""

    def test_a_sound_network_is_tried_and_counted(self, tmp_path):
        draft = read(saved(tmp_path), probe=True)
        assert draft.usable
        assert "It was tried: 1 x 28 x 28 in, 10 out." in said(draft, "note")

    def test_weights_of_another_architecture_name_the_tensors(self, tmp_path):
        module = registry.load("models/classifiers", "linear").build(10, 1, 28)
        state = {**module.state_dict(), "extra.weight": torch.zeros(2)}
        save_file(state, tmp_path / "net.safetensors")
        wrong = said(read(tmp_path / "net.safetensors", architecture="mlp", probe=True), "error")
        assert "extra.weight" in wrong
        assert "missing" in wrong

    def test_a_network_that_takes_all_memory_takes_nothing_along(self, tmp_path):
        model = graph()
        shape = numpy_helper.from_array(np.array([3_000_000_000], np.int64), "huge")
        model.graph.initializer.append(shape)
        model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["huge"], ["ones"]))
        model.graph.node.insert(1, helper.make_node("ReduceSum", ["ones"], ["sum"], keepdims=0))
        model.graph.node[3].output[0] = "before"
        model.graph.node.append(helper.make_node("Add", ["before", "sum"], ["y"]))
        draft = read(saved(tmp_path, model), probe=True)
        assert not draft.usable
        assert any(word in said(draft, "error") for word in ("allocat", "memory", "ended with code"))

    def test_the_wrong_scaling_is_noticed_and_the_right_one_named(self, tmp_path):
        known = images.load("optdigits", "train")
        pixels = (np.asarray(known.images)[..., 0].reshape(len(known), -1) / 255 - 0.1307) / 0.3081
        targets = np.eye(10)[known.labels]
        weights = np.linalg.solve(pixels.T @ pixels + 50 * np.eye(784), pixels.T @ targets)
        path = saved(tmp_path, graph(weights=weights.astype(np.float32)))
        wrong = {"scale": 1e-6, "mean": (0.5,), "std": (1.0,)}
        bad = network.trial(read(path, preprocess=wrong), "optdigits", 60)
        assert bad.finding.level == "warning"
        assert "near chance" in bad.finding.sentence
        assert bad.others["MNIST"] > 0.8
        best = max(bad.others, key=lambda title: bad.others[title])
        assert f"With the scaling “{best}” it would be {bad.others[best]:.2f}" in bad.finding.fix


class TestWhatItWillSee:
    """The tensor preview, in numbers worked by hand."""

    def seen(self, tmp_path, image, **answers):
        return network.tensor_preview(read(saved(tmp_path, graph(shape=("n", 3, 2, 2))), trained_on=None, classes=DIGITS, preprocess=answers), image)

    def test_channels_are_told_in_the_order_of_the_network(self, tmp_path):
        image = np.zeros((2, 2, 3), np.uint8)
        image[..., 0], image[0, 0, 2] = 255, 51  # red everywhere, blue 51/255 = 0.2 in one of four pixels
        assert self.seen(tmp_path, image).words == ("red: 1 to 1, mean 1", "green: 0 to 0, mean 0", "blue: 0 to 0.2, mean 0.05")
        assert self.seen(tmp_path, image, order="bgr").words[0] == "blue: 0 to 0.2, mean 0.05"

    def test_raw_pixels_are_a_warning_unless_chosen(self, tmp_path):
        image = np.full((2, 2, 3), 200, np.uint8)
        (warning,) = self.seen(tmp_path, image, scale=2.0).findings
        assert (warning.level, "from 400 to 400" in warning.sentence) == ("warning", True)
        (note,) = self.seen(tmp_path, image, scale=1.0).findings
        assert note.level == "note"

    def test_a_picture_scaled_twice_is_a_warning(self, tmp_path):
        image = np.arange(0, 240, 20, dtype=np.uint8).reshape(2, 2, 3)
        (warning,) = self.seen(tmp_path, image, scale=1 / 255, mean=(127.0,), std=(128.0,)).findings
        assert "scaled twice" in warning.sentence


@pytest.mark.parametrize("title", network.PRESETS)
def test_presets_are_recognised_whatever_the_order_of_colours(title):
    preset = network.PRESETS[title]
    for order in ("rgb", "bgr"):
        assert network.preset_of(Preprocess(size=8, order=order, **preset.answers(3, order))) == title
    assert network.preset_of(Preprocess(size=8, scale=0.3)) is None


@pytest.mark.parametrize(
    ("title", "black", "white"),
    [
        ("0..1", 0, 1), ("-1..1", -1, 1), ("0..255", 0, 255), ("(x-127)/128", -127 / 128, 1),
        ("MNIST", -0.1307 / 0.3081, (1 - 0.1307) / 0.3081), ("ImageNet mean/std", -0.485 / 0.229, (1 - 0.485) / 0.229),
    ],
)  # fmt: skip
def test_presets_take_black_and_white_where_they_say(title, black, white):
    preprocess = Preprocess(size=1, **network.PRESETS[title].answers())
    image = np.zeros((2, 1, 1, 3), np.uint8)
    image[1] = 255
    np.testing.assert_allclose(preprocess(image)[:, 0].ravel(), [black, white], rtol=1e-5, atol=1e-6)


def test_a_colour_preset_for_one_channel_is_a_sentence():
    with pytest.raises(errors.UserError, match="three channels"):
        network.PRESETS["ImageNet mean/std"].answers(1)


@pytest.mark.parametrize(
    "text",
    [
        "cat\ndog\n",
        "\ufeffcat\r\ndog",
        "1: dog\n0: cat",
        "0 cat\n1 dog",
        '["cat", "dog"]',
        '{"0": "cat", "1": "dog"}',
        '{"1": ["n2", "dog"], "0": ["n1", "cat"]}',
    ],
)
def test_class_names_are_read_from_lines_and_json(text):
    assert network.classes_of_text(text) == ("cat", "dog")


@pytest.mark.parametrize(
    ("text", "expected"), [("", "no class names"), ('["a"', "like JSON"), ('{"0": "a", "2": "b"}', "gaps"), ("x" * 201, "letters")]
)
def test_class_names_that_cannot_be_read_are_sentences(text, expected):
    with pytest.raises(errors.UserError, match=expected):
        network.classes_of_text(text)


def test_class_names_that_are_digits_stay_names():
    assert network.classes_of_text("\n".join(DIGITS)) == DIGITS
    assert network.classes_of_set("optdigits") == DIGITS


def test_the_card_on_disk_is_plain_json(tmp_path):
    card = network.bring(read(saved(tmp_path)))
    assert json.loads((networks.folder("net") / "card.json").read_text())["digest"] == card.digest
