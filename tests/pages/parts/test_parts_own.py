"""Pages of whoever runs the server: a file in the extensions folder is a page, and a bad one takes no other down."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import places
from pages.parts import navigation

APP = str(places.ROOT / "app.py")
GOOD = '"""Our acceptance table.\n\nWhat we ship."""\nfrom pages.parts import kit\nkit.title("Acceptance", "May we ship it?")\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    found = places.extensions("pages")
    found.mkdir(parents=True)
    return found


def test_a_file_is_a_page_titled_by_its_docstring(folder):
    (folder / "acceptance.py").write_text(GOOD)
    (folder / "_draft.py").write_text(GOOD)
    (folder / "2nd.py").write_text(GOOD)
    assert [(one.section, one.title, one.path) for one in navigation.own()] == [("Your own", "Our acceptance table", "own-acceptance")]
    assert navigation.available()[-1].path == "own-acceptance"


def test_it_is_shown_and_one_that_cannot_be_read_or_fails_takes_no_other_down(folder):
    (folder / "acceptance.py").write_text(GOOD)
    (folder / "unreadable.py").write_text("def (")
    (folder / "failing.py").write_text('"""Fails."""\nraise RuntimeError("of its own")\n')
    assert [one.title for one in navigation.own()] == ["Our acceptance table", "Fails", "Unreadable"]
    at = AppTest.from_file(APP, default_timeout=60).run()
    assert not at.exception
    assert at.title
    for name in ("unreadable", "failing"):
        at.switch_page(str(folder / f"{name}.py")).run()
        assert not at.exception
        assert any("our fault" in one.value for one in at.markdown), name
    at.switch_page(str(folder / "acceptance.py")).run()
    assert at.title[0].value == "Acceptance"


def test_what_anybody_could_have_written_is_left_out(folder):
    file = folder / "acceptance.py"
    file.write_text(GOOD)
    file.chmod(0o666)
    assert navigation.own() == ()
    file.chmod(0o644)
    folder.chmod(0o777)
    assert navigation.own() == ()
