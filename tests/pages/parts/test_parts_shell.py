"""The frame as a visitor's run executes it: every page, one bad page among good ones, and no torch."""

import os
import statistics
import subprocess
import sys
import textwrap

import pytest
from streamlit.testing.v1 import AppTest

from engine import errors, places
from pages.parts import faults, navigation

APP = str(places.ROOT / "app.py")
OPENS_ALL = textwrap.dedent(
    """
    import sys
    from streamlit.testing.v1 import AppTest
    from pages.parts import navigation

    shown = AppTest.from_file("app.py", default_timeout=120).run()
    for place in navigation.available():
        shown.switch_page(f"pages/{place.file}").run()
        assert not shown.exception, (place.path, shown.exception[0].value)
        wrong = [e.value for e in shown.markdown if "it is our fault" in e.value]
        assert not wrong, place.path
        assert shown.title, place.path
        assert "torch" not in sys.modules, f"{place.path} loaded torch"
    LOOKS = {"As in the table", "Show all cells"}  # buttons that change what is seen, nothing else
    for place in navigation.available():
        shown.switch_page(f"pages/{place.file}")
        shown.query_params.clear()
        shown.query_params["plain"] = "1"
        shown.run()
        assert not shown.exception, (place.path, shown.exception[0].value)
        wrong = [e.value for e in shown.markdown if "it is our fault" in e.value]
        assert not wrong, place.path
        pressed = {b.label for b in shown.button if not (b.key or "").startswith(("before-", "open-"))} - LOOKS
        assert not pressed, (place.path, pressed)
        for kind in ("file_uploader", "download_button", "text_area", "form", "data_editor", "camera_input", "chat_input"):
            assert not shown.get(kind), (place.path, kind)
    print(len(navigation.available()), "pages")
    """
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path


def test_every_page_opens_in_a_fresh_process_without_torch_and_in_plain_view_nothing_there_changes_anything(home):
    done = subprocess.run(
        [sys.executable, "-c", OPENS_ALL],
        cwd=places.ROOT,
        env=os.environ | {"TOUCHSTONE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[0] == str(len(navigation.available()))


def _among_pages(monkeypatch, tmp_path, **sources: str) -> AppTest:
    """Serve pages written here, in place of the real ones."""
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    listed = [navigation.Place("", name, name if i else "", str(tmp_path / f"{name}.py"), ":material/home:") for i, name in enumerate(sources)]
    monkeypatch.setattr(navigation, "PLACES", tuple(listed))
    return AppTest.from_file(APP, default_timeout=60)


def test_a_page_that_fails_shows_an_id_and_the_next_page_works(monkeypatch, tmp_path):
    shown = _among_pages(monkeypatch, tmp_path, bad="raise KeyError('secret detail')", good="import streamlit as st; st.title('fine')").run()
    fault = faults.recent()[0]
    assert (fault.page, fault.error) == ("home", "KeyError: 'secret detail'")
    assert any(fault.id in e.value for e in shown.markdown)
    assert not shown.exception
    shown.switch_page(str(tmp_path / "good.py")).run()
    assert shown.title[0].value == "fine"


def test_a_page_that_cannot_be_compiled_is_a_fault_like_any_other(monkeypatch, tmp_path):
    shown = _among_pages(monkeypatch, tmp_path, bad="def (")
    shown.run()
    assert faults.recent()[0].error.startswith("SyntaxError")
    assert not shown.exception


def test_what_a_person_can_put_right_is_a_sentence_with_a_way_out_and_no_fault(monkeypatch, tmp_path):
    source = "from engine import errors\nraise errors.unknown('network', 'cn_', ['cnn_'])"
    shown = _among_pages(monkeypatch, tmp_path, bad=source).run()
    assert "There is no network named “cn\\_”" in shown.warning[0].value
    assert "Did you mean cnn\\_?" in shown.warning[0].value
    assert faults.recent() == ()


def test_a_rerun_of_the_frame_with_a_plain_page_is_quick(monkeypatch, tmp_path):
    shown = _among_pages(monkeypatch, tmp_path, plain="from pages.parts import kit\nkit.title('a', 'b?', 'c', paper='assay')").run()
    seconds = []
    for _ in range(9):
        began = os.times().user + os.times().system
        shown.run()
        seconds.append(os.times().user + os.times().system - began)
    assert statistics.median(seconds) < 0.1


def test_every_unknown_page_error_names_the_nearest():
    with pytest.raises(errors.UserError, match="Did you mean assay-run"):
        navigation.page("assay-runn")
