"""The library page: every entry has a card, links open it, and what a person brings is looked at before it is kept."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from streamlit.testing.v1 import AppTest

from engine import control, networks, places, registry
from engine.assay import views
from engine.datasets import images
from engine.models.classifiers import efficientnet_lite
from engine.plots import formats
from pages.store.bring import given
from pages.store.bring import network as network_form
from pages.store.cards import listings
from pages.store.cards.prose import prose

ROOT = Path(__file__).resolve().parents[3]
ABSENT = '''"""A set that is not here.

It stands for sets whose files come from elsewhere.
"""

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 1
SPLITS = ("test",)
LICENCE = "made up"
SOURCE = "nowhere"
CITATION = ""


def missing():
    return "Fetch it from the moon."


def load(split):
    raise AssertionError("nobody may load it")
'''


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.delenv("TOUCHSTONE_PUBLIC", raising=False)
    return tmp_path


def page(**query):
    """Return the library as a visitor sees it who follows a link with these parameters."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/store/library.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def bring(way):
    return page(tab="Bring your own", bring=way)


def upload(at, kind, name, content):
    at.file_uploader(key=f"{kind}-upload-0").set_value((name, content, "application/octet-stream"))
    at.run()
    assert not at.exception
    return at


def said(at):
    """Return every text on the page in one string, escapes taken back."""
    kinds = (at.markdown, at.caption, at.warning, at.error, at.info, at.header)
    text = "\n".join(str(element.value) for kind in kinds for element in kind)
    return text.replace("\\", "") + "\n" + "\n".join(element.proto.body for element in at.get("html"))


def press(at, key):
    at.button(key=key).click().run()
    assert not at.exception
    return at


def onnx_file(path, classes=10, size=28, scale=1.0):
    """Write a linear classifier by distance to the class means of MNIST, as ONNX."""
    train = images.load("mnist", "train")
    pixels = np.asarray(train.images).reshape(len(train), -1) / 255.0
    means = np.stack([pixels[train.labels == k].mean(0) for k in range(classes)])
    weights, bias = (scale * means.T).astype(np.float32), (-scale * (means**2).sum(1) / 2).astype(np.float32)
    nodes = [helper.make_node("Flatten", ["images"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["logits"])]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("images", ["n", 1, size, size]), ("logits", ["n", classes]))]
    graph = helper.make_graph(nodes, "means", ports[:1], ports[1:], [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, path)
    return path.read_bytes(), weights, bias


def zip_of_digits(labels, broken=False):
    """Return a .zip of class folders with 28 x 28 pictures of optdigits, dark ink on white, under other folder names."""
    found, out = images.load("optdigits", "test"), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for i, image in enumerate(found.images[:40]):
            picture = io.BytesIO()
            Image.fromarray(255 - image[..., 0]).save(picture, "PNG")
            archive.writestr(f"mine/{labels[found.labels[i]]}/{i}.png", picture.getvalue())
        if broken:
            archive.writestr(f"mine/{labels[0]}/broken.png", picture.getvalue()[:80])
    return out.getvalue()


def csv_of_predictions():
    """Return a CSV of answers to MNIST's test side, and the accuracy that it has."""
    labels = images.load("mnist", "test").labels
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(len(labels), 10)).round(3)
    logits[np.arange(len(labels)), labels] += 1.5
    lines = ["label,site," + ",".join(f"logit_{i}" for i in range(10))]
    lines += [f"{label},{'north' if i % 2 else 'south'},{','.join(map(str, row))}" for i, (label, row) in enumerate(zip(labels, logits, strict=True))]
    return "\n".join(lines).encode(), float((logits.argmax(1) == labels).mean())


def test_the_page_opens_on_how_much_there_is_of_everything():
    text = said(page())
    assert f"**{len(networks.names())} networks** ready to run (0 brought;" in text
    assert f"**{len(images.names())} data sets**" in text
    assert f"**{len(registry.names('shifts'))} shifts** and {len(registry.names('attacks'))} attacks" in text
    metrics = len(registry.names("metrics/classification")) + len(registry.names("metrics/pairs"))
    assert f"**{metrics} metrics**" in text


def test_the_megabytes_of_weights_are_those_of_the_files():
    ours = {networks.folder(card.name) / file for card in networks.cards() for file in card.weights}
    packaged = {efficientnet_lite.packaged(card.package) for card in networks.cards() if card.package}  # three files, however many heads
    assert listings.counts()["bytes"] == sum(file.stat().st_size for file in ours | packaged)
    assert all(listings.weight_bytes(card) > 1_000_000 for card in networks.cards() if card.package)


@pytest.mark.parametrize(
    ("tab", "listed"),
    [
        ("Architectures", listings.of_architectures),
        ("Data sets", listings.of_datasets),
        ("Shifts", listings.of_shifts),
        ("Metrics", listings.of_metrics),
    ],
)
def test_every_entry_of_a_tab_has_a_card_with_terms_and_hash(tab, listed):
    at = page(tab=tab)
    names = listed()["name"].tolist()
    assert names == at.selectbox(key="name").options
    for name in names:
        at.selectbox(key="name").set_value(name).run()
        assert not at.exception, name
        text = said(at)
        assert f"<dd>{name}</dd>" in text
        assert "<dt>licence</dt>" in text
        assert "<dt>hash" in text or "is not here" in text


def test_a_network_of_each_architecture_has_a_card_with_terms_weights_and_classes():
    chosen = {card.architecture: card for card in networks.cards()}
    at = page()
    for card in chosen.values():
        at.selectbox(key="name").set_value(card.name).run()
        assert not at.exception, card.name
        text = said(at)
        assert f"hash {card.digest}" in text
        assert "<dt>licence</dt>" in text
        assert f"{len(card.classes):,} classes".replace(",", "\u202f") in text + " ".join(e.label for e in at.expander)


@pytest.mark.parametrize(
    ("name", "tab"), [("fog", "Shifts"), ("ece", "Metrics"), ("mnist", "Data sets"), ("vit", "Architectures"), ("pgd_linf", "Shifts")]
)
def test_a_link_with_a_name_alone_opens_its_tab(name, tab):
    at = page(name=name)
    assert at.session_state["tab"] == tab
    assert at.selectbox(key="name").value == name


def test_a_link_to_a_name_that_nobody_has_says_so_with_the_nearest():
    assert "Did you mean mnist" in said(page(name="mnits"))


def test_search_keeps_the_rows_that_hold_every_word():
    at = page(tab="Shifts", find="BLUR lens")
    shown = at.dataframe[0].value["name"].tolist()
    assert shown == [name for name in listings.of_shifts()["name"] if name in {"defocus_blur", "gaussian_blur"}]
    assert "Nothing here has" in said(page(tab="Shifts", find="zebra crossing"))


def test_a_set_that_is_missing_says_how_to_get_it(home):
    folder = places.extensions("datasets/images")
    folder.mkdir(parents=True)
    (folder / "absent.py").write_text(ABSENT)
    at = page(name="absent")
    text = said(at)
    assert "Fetch it from the moon." in text
    assert "1 not installed here" in text


def test_the_page_of_a_set_shows_as_many_pictures_of_every_class():
    html = next(e.proto.body for e in page(name="mnist").get("html") if "ts-images" in e.proto.body)
    assert html.count("<img") == 20
    assert all(html.count(f"<figcaption>{k}</figcaption>") == 2 for k in range(10))
    assert "/ts/image/mnist/test/" in html


def test_a_shift_shows_all_its_strengths_with_the_parameters_at_that_size():
    at = page(name="gaussian_noise", on="mnist")
    html = next(e.proto.body for e in at.get("html") if "ts-images" in e.proto.body)
    assert html.count("<img") == 6
    assert all(f"strength={s}&amp;" in html for s in (1, 2, 3, 4, 5))
    table = at.dataframe[-1].value
    assert table["sigma"].tolist() == [0.08, 0.12, 0.18, 0.26, 0.38]  # ImageNet-C's constants for Gaussian noise


def test_no_card_loads_torch(home):
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=60)
at.switch_page("pages/store/library.py")
for query in ({{}}, {{"name": "cnn"}}, {{"name": "mnist"}}, {{"name": "fog"}}, {{"name": "auroc_msp"}}, {{"tab": "Bring your own"}}):
    for name in list(at.query_params):
        del at.query_params[name]
    for name, value in query.items():
        at.query_params[name] = value
    assert not at.run().exception
sys.exit("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:] or "torch was loaded"


def test_predictions_are_audited_then_scored_and_stored():
    content, accuracy = csv_of_predictions()
    at = upload(bring("Predictions"), "predictions", "my net.csv", content)
    assert "Say which set" in said(at)
    at.selectbox(key="predictions-dataset-0").set_value("mnist").run()
    text = said(at)
    assert f"1,000 examples, 10 classes, accuracy {accuracy:.3f}" in text
    assert "grouped by site" in text
    assert views.scores(["my-net"]).empty, "looking must not store"
    at.selectbox(key="predictions-trained-0").set_value("mnist").run()
    press(at, "save")
    stored = views.scores(["my-net"], [views.Set("mnist")], ["accuracy"]).iloc[0]
    assert stored["value"] == pytest.approx(accuracy)
    assert stored["n"] == 1000
    assert f"accuracy on mnist **{100 * accuracy:.1f}\u202f% [" in said(at)
    assert views.networks_known().set_index("network").loc["my-net", "trained_on"] == "mnist"
    assert ("bring predictions", "my-net on mnist") in [(action, subject) for _, _, action, subject in control.audited()]
    assert not list(given.uploads().iterdir()), "an upload that was saved is not kept twice"


def test_predictions_with_a_wrong_row_stay_in_hand_with_the_row_named():
    content, _ = csv_of_predictions()
    lines = content.decode().splitlines()
    lines[7] = lines[7].replace(lines[7].split(",")[4], "nan")
    at = upload(bring("Predictions"), "predictions", "rows.csv", "\n".join(lines).encode())
    at.selectbox(key="predictions-dataset-0").set_value("mnist").run()
    assert "row 7" in said(at)
    assert at.button(key="save").disabled
    at.toggle(key="predictions-skip-0").set_value(True).run()
    assert "999 examples" in said(at)
    assert not at.button(key="save").disabled


def test_columns_with_unknown_names_can_be_chosen():
    content, accuracy = csv_of_predictions()
    odd = content.replace(b"label,site", b"truth,site").replace(b"logit_", b"answer")
    at = upload(bring("Predictions"), "predictions", "odd.csv", odd)
    assert "There is no column for the" in said(at)
    at.multiselect(key="predictions-outputs-0").set_value([f"answer{i}" for i in range(10)])
    at.selectbox(key="predictions-dataset-0").set_value("mnist").run()
    assert f"1,000 examples, 10 classes, accuracy {accuracy:.3f}" in said(at)


@pytest.mark.parametrize(("way", "kind"), [("Predictions", "predictions"), ("A network", "network")])
def test_a_pickle_is_refused_with_the_reason_and_the_way_out(way, kind):
    at = upload(bring(way), kind, "model.pt", b"\x80\x02}q\x00.")
    assert "it can run any code" in said(at).replace("opening it can", "it can")
    assert any("np.savez" in c.value or "safetensors" in c.value for c in at.code)
    press(at, f"away-{kind}")
    assert not list(given.uploads().iterdir())
    assert len(at.file_uploader) == 1


def test_an_onnx_file_is_previewed_checked_in_a_process_of_its_own_and_kept(tmp_path):
    content, weights, bias = onnx_file(tmp_path / "means.onnx")
    at = upload(bring("A network"), "network", "means.onnx", content)
    assert "The file itself says: 28 px, NCHW, 1 channel." in said(at)
    at.selectbox(key="network-trained-0").set_value("mnist").run()
    text = said(at)
    assert "**1 x 1 x 28 x 28** (NCHW, float32)" in text.replace(formats.TIMES, "x")
    first = images.load("mnist", "test").images[0] / 255
    assert f"grey: 0 to {first.max():.3g}, mean {first.mean():.3g}" in text
    assert "means" not in networks.names(), "looking must not keep"
    press(at, "save")
    card = networks.card("means")
    assert (card.source, card.trained_on, card.architecture, len(card.classes)) == ("brought", "mnist", "onnx", 10)
    assert ("bring network", "means") in [(action, subject) for _, _, action, subject in control.audited()]
    assert "among the networks as means" in said(at)
    assert at.button(key="check").label == "Check its accuracy on 200 images of mnist"
    test = images.load("mnist", "test")
    flat = np.asarray(test.images).reshape(len(test), -1) / 255.0
    assert ((flat @ weights + bias).argmax(1) == test.labels).mean() > 0.7, "the classifier of this test is none"


def test_a_network_with_too_few_class_names_is_kept_out_and_nothing_is_lost(tmp_path):
    content, _, _ = onnx_file(tmp_path / "means.onnx")
    at = upload(bring("A network"), "network", "means.onnx", content)
    at.selectbox(key="network-classes-None-0").set_value("pasted").run()
    at.text_input(key="network-name-0").set_value("Übernetz").run()
    at.text_area(key="network-pasted-0").set_value("zero\none\ntwo").run()
    assert "answers with 10 numbers, but 3 class names were given" in said(at)
    assert at.button(key="save").disabled
    at.text_area(key="network-pasted-0").set_value("\n".join("abcdefghij")).run()
    assert at.text_input(key="network-name-0").value == "Übernetz"
    assert not at.button(key="save").disabled


def test_what_is_in_hand_and_what_was_said_of_it_survive_a_look_at_another_tab(tmp_path):
    content, _, _ = onnx_file(tmp_path / "means.onnx")
    at = upload(bring("A network"), "network", "means.onnx", content)
    at.text_input(key="network-name-0").set_value("mine").run()
    at.selectbox(key="network-preset-1-0").set_value("MNIST").run()
    at.query_params["tab"] = "Metrics"
    at.run()
    assert at.text_input(key="find").value in {None, ""}
    at.query_params["tab"] = "Bring your own"
    at.run()
    assert "In hand: **means.onnx**" in said(at)
    assert at.text_input(key="network-name-0").value == "mine"
    assert at.selectbox(key="network-preset-1-0").value == "MNIST"


def test_an_upload_that_cannot_be_written_is_a_sentence(home):
    given.uploads().parent.mkdir(parents=True, exist_ok=True)
    given.uploads().write_text("a file where the folder should be")
    at = upload(bring("Predictions"), "predictions", "answers.csv", b"label,logit_0,logit_1\n0,1,2")
    assert "answers.csv cannot be written to disk" in said(at)
    assert len(at.file_uploader) == 1


def test_a_truncated_network_is_a_sentence(tmp_path):
    content, _, _ = onnx_file(tmp_path / "means.onnx")
    at = upload(bring("A network"), "network", "means.onnx", content[: len(content) // 2])
    assert "is no whole ONNX file" in said(at)


def test_a_zip_of_class_folders_is_mapped_framed_and_kept():
    names = ["0", "1", "2", "three", "4", "5", "6", "7", "8", "9"]
    at = upload(bring("Images"), "images", "my digits.zip", zip_of_digits(names, broken=True))
    at.selectbox(key="images-target-0").set_value("data set mnist").run()
    text = said(at)
    assert "Without a class, so left out: three" in text
    assert at.selectbox(key="images-framing-digits-0-fit").value == "digits"
    assert at.toggle(key="images-framing-digits-0-invert").value, "dark ink on white is turned round for a set that is white on black"
    assert "my digits" not in images.names(), "looking must not keep"
    press(at, "save")
    card = images.card("my digits")
    labels = images.load("optdigits", "test").labels[:40]
    assert card.sizes == {"test": int((labels != 3).sum())}
    assert (card.task, card.frame, card.channels) == ("digits", 28, 1)
    text = said(at)
    assert "1 left out, cut off or damaged: mine/0/broken.png" in text
    assert "of classes that were not chosen" in text


def test_a_name_that_is_taken_is_said_and_nothing_is_lost():
    at = upload(bring("Images"), "images", "mnist.zip", zip_of_digits("0123456789"))
    press(at, "save")
    assert "There is a data set “mnist” already." in said(at)
    at.text_input(key="images-name-0").set_value("mine").run()
    press(at, "save")
    assert "mine" in images.names()


def test_an_empty_folder_is_a_sentence(tmp_path):
    (tmp_path / "nothing").mkdir()
    at = bring("Images")
    at.text_input(key="images-path-0").set_value(str(tmp_path / "nothing")).run()
    assert "No picture with a class was found." in said(at)
    at = bring("Images")
    at.text_input(key="images-path-0").set_value(str(tmp_path / "nowhere")).run()
    assert "There is nothing at" in said(at)


def test_a_folder_of_this_machine_is_offered_only_where_the_server_is_local(monkeypatch):
    assert [t.key for t in bring("Images").text_input] == ["images-path-0"]
    monkeypatch.setenv("TOUCHSTONE_PUBLIC", "1")
    assert [t.key for t in bring("Images").text_input] == []


def test_what_was_brought_is_removed_after_a_question_and_noted():
    images.bring(_folder(places.home() / "folder"), "mine")
    at = page(name="mine")
    press(at, "remove")
    assert "mine" not in images.names()
    assert "The data set mine was removed." in said(at)
    assert ("remove data set", "mine") in [(action, subject) for _, _, action, subject in control.audited()]
    assert "remove" not in [b.key for b in page(name="mnist").button]


def test_removing_predictions_takes_them_out_of_every_answer():
    content, _ = csv_of_predictions()
    at = upload(bring("Predictions"), "predictions", "gone.csv", content)
    at.selectbox(key="predictions-dataset-0").set_value("mnist").run()
    press(at, "save")
    at = page(name="gone")
    assert "Only predictions of this network were brought" in said(at)
    press(at, "remove")
    assert views.scores(["gone"]).empty
    assert "gone" not in listings.of_networks()["name"].tolist()


def _folder(root):
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for i in range(2):
            Image.new("RGB", (16, 16), (i * 40, 90, 200 if name == "cat" else 10)).save(root / name / f"{i}.png")
    return root


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/pass\x00wd.csv", "pass_wd.csv"), ("C:\\Users\\me\\net.onnx", "net.onnx"), ("a" * 300 + ".onnx", "a" * 108 + ".onnx"),
        ("..", "upload"), ("", "upload"), ("Größe 数字.csv", "Größe 数字.csv"),
    ],
)  # fmt: skip
def test_an_upload_keeps_its_own_name_as_far_as_a_folder_can_hold_it(name, kept):
    assert given.tidy(name) == kept


@pytest.mark.parametrize("name", ["数" * 200 + ".csv", "🐈" * 300, ".hidden" * 40])
def test_a_very_long_name_fits_into_any_file_system(name):
    assert 0 < len(given.tidy(name).encode()) <= 255


def test_options_of_an_architecture_are_read_from_words():
    assert network_form._options("depth=3 widths=16,32 rate=0.5 variant=lite1") == {"depth": 3, "widths": (16, 32), "rate": 0.5, "variant": "lite1"}
    with pytest.raises(Exception, match="“depth” is no option"):
        network_form._options("depth")


def test_scales_may_be_fractions():
    assert network_form._fraction("1/255") == 1 / 255
    with pytest.raises(Exception, match="is no number"):
        network_form._fraction("1/0")


def test_text_of_cards_keeps_lists_and_code_and_escapes_the_rest():
    assert prose("One line\nand `x_1` more.\n\n- a * b\n  c\n- d") == "One line and `x_1` more\\.\n\n- a \\* b c\n- d"
    assert prose("a ` alone <b>") == "a \\` alone \\<b\\>"
