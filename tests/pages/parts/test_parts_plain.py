"""Plain view: what turns it on, that links keep it, that whoever acts may only look, and what stands in it."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, people, places
from engine.plainly.opening import OPENING
from pages.parts import navigation, plain

APP = str(places.ROOT / "app.py")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.delenv(plain.VIEW, raising=False)


def opened(path="", **query):
    app = AppTest.from_file(APP, default_timeout=60)
    if path:
        app.switch_page(f"pages/{next(place.file for place in navigation.PLACES if place.path == path)}")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def links(app):
    return [element.proto for element in app.get("page_link")]


def test_every_link_of_plain_view_keeps_it_and_none_leads_where_one_can_only_act():
    app = opened("claim", plain="1", claim="transfer")
    shown = [link for link in links(app) if link.label != "Full view"]
    assert len(shown) > 20
    assert {link.page for link in shown} <= set(OPENING)
    assert [link.label for link in shown if "plain=1" not in link.query_string] == []


def test_the_switch_keeps_what_was_chosen():
    (full,) = (link for link in links(opened("claim", plain="1", claim="hidden")) if link.label == "Full view")
    assert sorted(full.query_string.split("&")) == ["claim=hidden", "plain=0"]
    (back,) = (link for link in links(opened("claim", claim="hidden")) if link.label == "Plain view")
    assert sorted(back.query_string.split("&")) == ["claim=hidden", "plain=1"]


def test_a_page_that_is_there_to_act_is_not_drawn():
    app = opened("report", plain="1")
    assert "nothing changed" in " ".join(one.value for one in app.markdown)
    assert not app.button


def test_a_claim_is_told_in_plain_words_without_a_form_and_with_its_terms_explained():
    app = opened("claim", plain="1", claim="transfer")
    said = "\n".join(one.value for one in app.markdown)
    assert "### What was tested" in said
    assert "### How sure is that" in said
    assert not app.text_area
    assert not app.button
    explained = "".join(one.value for one in app.get("html") if "ts-words" in one.value and "<dl" in one.value)
    assert explained.count("<dt>verdict</dt>") == 1
    assert explained.count("<dt>claim</dt>") == 1


def test_the_full_view_stays_as_it_is():
    app = opened("claim", claim="transfer")
    assert "### What was tested" not in "\n".join(one.value for one in app.markdown)
    assert app.text_area


def test_a_server_can_have_plain_view_alone(monkeypatch):
    monkeypatch.setenv(plain.VIEW, plain.ONLY)
    app = opened("claim", plain="0", claim="transfer")
    assert "### What was tested" in "\n".join(one.value for one in app.markdown)
    assert not {"Full view", "Plain view"} & {link.label for link in links(app)}


def test_who_may_only_look_begins_in_plain_view_where_the_server_says_so_and_can_leave_it(monkeypatch):
    monkeypatch.setenv(plain.VIEW, plain.VIEWERS)
    assert "Full view" not in {link.label for link in links(opened())}  # the owner of the machine may do everything
    people.resolve_by(lambda: people.Person("ann", people.VIEWER))
    try:
        assert "Full view" in {link.label for link in links(opened())}
        full = opened("claim", plain="0", claim="transfer")
        assert "### What was tested" not in "\n".join(one.value for one in full.markdown)
        assert all("plain=0" in link.query_string for link in links(full) if link.label != "Plain view")
    finally:
        people.resolve_by(lambda: None)


def test_in_plain_view_the_engine_refuses_what_changes_the_store(tmp_path):
    (tmp_path / "act.py").write_text(
        "from engine import control, errors, people\nfrom engine.assay.spec import AssaySpec\nfrom pages.parts import plain\nimport streamlit as st\n"
        "people.resolve_by(lambda: plain.capped(None))\n"
        "try:\n    st.write(control.submit(AssaySpec(networks=('cnn-mnist-whole-s0',), id_dataset='mnist'), 'x'))\n"
        "except errors.UserError as error:\n    st.write('refused: ' + error.message)\n"
    )
    try:
        app = AppTest.from_file(str(tmp_path / "act.py"), default_timeout=60)
        app.query_params["plain"] = "1"
        assert app.run().markdown[0].value.startswith("refused: ")
        assert control.jobs() == []
        app.query_params["plain"] = "0"
        assert not app.run().markdown[0].value.startswith("refused: ")
    finally:
        people.resolve_by(lambda: None)


def test_outside_of_a_visit_nobody_is_held_back(monkeypatch):
    monkeypatch.setenv(plain.VIEW, plain.ONLY)
    assert plain.capped(None) is None
