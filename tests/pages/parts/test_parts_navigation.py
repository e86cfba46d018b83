import pytest
from streamlit.testing.v1 import AppTest

from engine import errors
from pages.parts import navigation

APP = str(navigation.places.ROOT / "app.py")


def test_no_two_pages_share_an_address():
    paths = [place.path for place in navigation.PLACES]
    assert len(set(paths)) == len(paths)


def test_no_page_lies_flat_in_the_folder_where_it_could_be_opened_without_the_frame():
    flat = [p.name for p in (navigation.places.ROOT / "pages").glob("*.py") if p.name != "__init__.py"]
    assert flat == []
    assert all("/" in place.file for place in navigation.PLACES)


def test_pages_that_are_not_there_are_left_out(monkeypatch):
    extra = navigation.Place("Nowhere", "Nothing", "nothing", "nowhere/nothing.py", ":material/home:")
    monkeypatch.setattr(navigation, "PLACES", (extra, *navigation.PLACES))
    assert extra not in navigation.available()
    with pytest.raises(errors.UserError, match="There is no page named “nothing”"):
        navigation.page("nothing")


def test_an_address_is_a_page_and_its_choices(monkeypatch):
    monkeypatch.setattr(navigation, "page", lambda path: path)
    assert navigation.target("assay-examples?network=a%20b&x=1") == ("assay-examples", {"network": "a b", "x": "1"})
    assert navigation.target("runs") == ("runs", {})


def test_a_missing_folder_of_pages_is_said_instead_of_failing(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setattr(navigation, "PLACES", ())
    shown = AppTest.from_file(APP, default_timeout=60).run()
    assert "There are no pages here" in shown.info[0].value
