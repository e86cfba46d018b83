"""Result tables on the library page: looked at, mapped, audited, imported, listed, removed."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, store
from engine.importers import _storing

ROOT = Path(__file__).resolve().parents[3]
TABLE = "model,img_size,ID,OOD,params\n" + "".join(f"net {i},224,{60 + i}.5,{40 + i}.25,{i}000\n" for i in range(9)) + "net 3,224,63.5,43.25,3000\n"
TIMM = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\nvit,224,{top},1,95.5,4.5,86.86,0.9,bicubic\n"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    monkeypatch.delenv("TOUCHSTONE_PUBLIC", raising=False)
    return tmp_path


def page(**query):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/store/library.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def given(path):
    """Return the page with a table in hand."""
    at = page(tab="Bring your own", bring="Result table")
    at.text_input(key="table-path-0").set_value(str(path)).run()
    assert not at.exception
    return at


def said(at):
    kinds = (at.markdown, at.caption, at.warning, at.error, at.info, at.header)
    text = "\n".join(str(element.value) for kind in kinds for element in kind)
    return text.replace("\\", "") + "\n" + "\n".join(element.proto.body for element in at.get("html"))


def press(at, key):
    at.button(key=key).click().run()
    assert not at.exception
    return at


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my results.csv"
    path.write_text(TABLE)
    return path


def test_a_table_is_shown_as_it_would_be_stored_and_nothing_is_stored_yet(file):
    at = given(file)
    assert at.selectbox(key="table-kind-0").value == "table"
    assert at.multiselect(key="table-keys-0").value == ["model"]
    assert "9 networks on 2 sets" in said(at)
    assert "1 row (10% of all) is an exact copy of an earlier row (row 10)." in said(at)
    head = next(frame.value for frame in at.dataframe if "network" in frame.value)
    assert head.iloc[0][["network", "set", "metric", "value"]].tolist() == ["net 0", "ID", "accuracy", 0.605]
    assert store.query("SELECT * FROM runs").empty


def test_what_is_chosen_about_a_finding_is_done_and_the_import_is_listed(file):
    at = given(file)
    at.selectbox(key="table-fix--0copies").set_value("keep").run()
    assert "10 networks on 2 sets" in said(at)
    at.selectbox(key="table-id-0").set_value("ID").run()
    at.text_input(key="table-licence-0").set_value("CC0").run()
    press(at, "save")
    assert "is in the store: 10 networks on 2 sets, 20 scores" in said(at)
    (one,) = _storing.brought()
    assert (one.name, one.licence, one.choices) == ("my results", "CC0", {"copies": "keep"})
    assert set(store.query("SELECT trained_on FROM networks")["trained_on"]) == {"ID"}
    card = page(tab="Tables", name="my results")
    assert card.dataframe[0].value.iloc[0][["name", "networks", "sets", "scores", "licence"]].tolist() == ["my results", 10, 2, 20, "CC0"]
    assert "1 imported table" in said(card)
    assert "copies: keep" in said(card)
    press(card, "remove")
    assert _storing.brought() == []
    assert "remove table" in [action for _, _, action, _ in control.audited()]


def test_the_unit_and_the_names_can_be_said(file):
    at = given(file)
    at.button_group(key="table-unit-0").set_value("fraction").run()
    assert "outside 0..1" in said(at)
    at.button_group(key="table-unit-0").set_value("percent").run()
    at.multiselect(key="table-keys-0").set_value(["model", "img_size"]).run()
    head = next(frame.value for frame in at.dataframe if "network" in frame.value)
    assert head["network"].iloc[0] == "net 0 [img_size=224]"
    at.multiselect(key="table-keys-0").set_value([]).run()
    head = next(frame.value for frame in at.dataframe if "network" in frame.value)
    assert head["network"].iloc[0] == "row 1"


def test_a_folder_of_a_known_kind_is_recognised(tmp_path):
    folder = tmp_path / "timm"
    folder.mkdir()
    for name, top in (("imagenet", 80.5), ("sketch", 40.5)):
        (folder / f"results-{name}.csv").write_text(TIMM.format(top=top))
    at = given(folder)
    assert at.selectbox(key="table-kind-0").value == "timm"
    assert "2 sets" in said(at)
    press(at, "save")
    assert "is in the store" in said(at)


def test_a_table_that_is_there_already_is_said_before_it_is_replaced(file):
    press(given(file), "save")
    at = given(file)
    assert "is in the store already. It was read from the same files." in said(at)
    press(at, "save")
    assert "It takes the place of the table of this name." in said(at)
    assert len(_storing.brought()) == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"), [("a.pkl", b"\x80\x04}q\x00.", "is refused"), ("a.csv", b"x,y\nq,r\n", "looks like scores")]
)
def test_what_is_no_table_is_a_sentence_on_the_page(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    assert sentence in said(given(tmp_path / name))
