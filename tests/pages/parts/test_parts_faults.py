import pytest

from pages.parts import faults


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path


def boom() -> ZeroDivisionError:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def test_a_fault_can_be_found_by_its_id():
    fault = faults.record(boom(), "assay-run")
    assert faults.recent()[0] == fault
    assert "1 / 0" in fault.traceback
    assert fault.page == "assay-run"


def test_the_newest_fault_comes_first_and_broken_lines_are_left_out():
    old = faults.record(boom())
    with faults.log_file().open("a") as out:
        out.write('{"id": 3}\nnot json\n')
    new = faults.record(boom())
    assert [f.id for f in faults.recent()] == [new.id, old.id]


def test_a_log_that_cannot_be_written_is_no_second_fault(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home / "file" / "below"))
    assert faults.record(boom()).id
    assert faults.recent() == ()


def test_a_long_log_begins_anew_and_the_old_one_is_kept(monkeypatch):
    monkeypatch.setattr(faults, "MOST_BYTES", 10)
    faults.record(boom())
    newest = faults.record(boom())
    assert [f.id for f in faults.recent()] == [newest.id]
    assert faults.log_file().with_suffix(".old.log").is_file()
