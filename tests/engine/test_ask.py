"""The warm process, for real: started, asked, killed, given nonsense, left alone."""

import itertools
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine import ask, errors, places, wire

NETWORK = "linear-mnist-scratch-s0"
QUICK = {"kind": "units", "system": "coloured_digits", "n": 4, "networks": [NETWORK]}
BROKEN_SYSTEM = '''"""A system whose renderer fails, takes its time, or never ends.

Text.
"""

import time

import numpy as np

from engine.systems import Choice, Factor, Mechanism, System

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 1
PARAMETERS = {"kind": (0.0, 0.0, 1.0, "how it fails")}
CITATION = ""
DIGITS = tuple("0123456789")


def build(kind):
    def draw(latents, bank, size):
        if not kind:
            raise RuntimeError("the pen broke")
        while kind == 1:
            time.sleep(0.05)
        time.sleep(2 * kind)
        return np.zeros((len(latents), size, size, 1), np.uint8)

    return System(
        "breaking", "Breaking", (Factor("digit", "categorical", DIGITS, "The digit."),), (),
        (Mechanism("digit", "Any.", lambda: Choice.even(DIGITS)),), "digit", TASK, FRAME, CHANNELS, draw,
    )
'''
BREAKING = {"kind": "units", "system": "breaking", "n": 1, "networks": [NETWORK]}
SLOW_SECONDS = 1.0
_seeds = itertools.count(1)


def slow() -> dict:
    """Return a question that nobody has asked yet, whose answer takes a second."""
    return BREAKING | {"n": 4, "seed": next(_seeds), "with": {"kind": SLOW_SECONDS / 2}}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a process of its own, ended afterwards."""
    folder = tmp_path_factory.mktemp("ask")
    extensions = folder / "extensions" / "systems"
    extensions.mkdir(parents=True)
    (extensions / "breaking.py").write_text(BROKEN_SYSTEM)
    return folder


@pytest.fixture(autouse=True)
def at_home(home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))


@pytest.fixture(scope="module", autouse=True)
def ended(home):
    yield
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        end()


def end() -> None:
    """End this home's process and wait until it is gone."""
    number = ask.pid()
    if number is not None and psutil.pid_exists(number):
        os.kill(number, signal.SIGKILL)
        gone(number)


def gone(number: int, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for started in ask._started:
            started.poll()  # a child that has ended is a zombie until somebody asks
        if not psutil.pid_exists(number):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {number} is still there")


def asked(question=QUICK, **more):
    return ask.ask("interventions", question, **more)


def talked(message: bytes) -> dict:
    """Return the reply to some bytes."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(ask.address()))
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        return wire.receive(connection, time.monotonic() + 20)[0]


def test_the_first_ask_starts_the_process_and_the_next_finds_it():
    said, arrays = asked()
    first = ask.pid()
    assert asked()[0] == said
    assert ask.pid() == first
    assert said["networks"] == [NETWORK]
    assert arrays["probabilities"].shape == (1, 4, 10)
    np.testing.assert_allclose(arrays["probabilities"].sum(axis=2), 1, rtol=1e-5)


def test_only_this_user_can_enter_the_folder_of_the_socket():
    asked()
    assert stat.S_IMODE(ask.folder().stat().st_mode) == 0o700
    assert stat.S_IMODE(ask.address().stat().st_mode) == 0o600


def test_the_process_stands_in_a_session_of_its_own():
    asked()
    number = ask.pid()
    assert number is not None
    assert os.getsid(number) != os.getsid(0)


def test_a_killed_process_is_started_again_and_waking_does_not_wait_for_it():
    asked()
    before = ask.pid()
    end()
    began = time.monotonic()
    ask.wake()
    ask.wake()
    assert time.monotonic() - began < 1
    asked()
    assert ask.pid() != before


def test_a_process_that_dies_over_an_answer_is_asked_again():
    asked()
    before = ask.pid()
    assert before is not None
    question = slow()
    with ThreadPoolExecutor() as pool:
        coming = pool.submit(asked, question)
        time.sleep(SLOW_SECONDS / 4)
        os.kill(before, signal.SIGKILL)
        said = coming.result(60)[0]
    assert said == asked(question)[0]
    assert ask.pid() != before


def test_what_a_person_can_put_right_comes_back_as_such():
    with pytest.raises(errors.UserError, match="coloured_digits") as told:
        asked(QUICK | {"system": "coloured_digit"})
    assert "Did you mean" in told.value.hint
    with pytest.raises(errors.UserError, match="no network named"):
        asked(QUICK | {"networks": ["nobody"]})
    with pytest.raises(errors.UserError, match="study that answers"):
        ask.ask("weather", QUICK)


def test_a_fault_of_ours_is_a_sentence_and_the_log_has_the_rest():
    with pytest.raises(errors.UserError, match="RuntimeError: the pen broke"):
        asked(BREAKING)
    log = (ask.folder() / ask.LOG).read_text()
    assert "Traceback" in log
    assert "the pen broke" in log
    asked()


def test_nonsense_at_the_socket_is_answered_with_a_sentence_and_harms_nobody():
    asked()
    before = ask.pid()
    for message in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", os.urandom(4096), struct.pack("<4sI", wire.MAGIC, 2**32 - 1), wire.packed({"study": 1})):
        reply = talked(message)
        assert reply["state"] == "told"
        assert "no question" in reply["message"]
    for seconds in (-1, float("inf"), "soon", None):
        question = {"study": "interventions", "question": QUICK, "client": "", "turn": 0, "seconds": seconds, "code": ask.code()}
        assert talked(wire.packed(question))["state"] == "told"
    asked()
    assert ask.pid() == before


def test_an_answer_that_takes_too_long_is_given_up():
    asked()
    began = time.monotonic()
    with pytest.raises(errors.UserError, match=r"within 0\.05 seconds"):
        asked(slow(), seconds=0.05)
    assert time.monotonic() - began < 5
    asked()


def test_of_one_client_only_the_newest_question_is_answered():
    asked()
    with ThreadPoolExecutor() as pool:
        older = [pool.submit(asked, slow(), client="hand") for _ in range(3)]
        time.sleep(0.2)
        newest = asked(QUICK | {"n": 2}, client="hand")[0]
        assert len(newest["labels"]) == 2
        superseded = [isinstance(one.exception(60), ask.Superseded) for one in older]
    assert sum(superseded) >= 2  # at most one of them was answered before the newest came


def test_an_older_question_that_comes_late_gives_way_to_the_newer_one():
    asked()
    with ThreadPoolExecutor() as pool:
        newer = pool.submit(asked, slow(), client="hand", turn=8)
        time.sleep(0.2)
        with pytest.raises(ask.Superseded):
            asked(QUICK, client="hand", turn=7)
        assert len(newer.result(60)[0]["labels"]) == 4


def test_clients_do_not_disturb_each_other():
    with ThreadPoolExecutor() as pool:
        coming = [pool.submit(asked, QUICK | {"seed": i}, client=f"hand {i}") for i in range(6)]
        assert [one.result(60)[0]["labels"] for one in coming] == [asked(QUICK | {"seed": i})[0]["labels"] for i in range(6)]


def test_two_who_start_it_at_once_share_one_process():
    end()
    code = f"from engine import ask\nsaid, _ = ask.ask('interventions', {QUICK!r})\nprint(ask.pid(), said['labels'])"
    starters = [subprocess.Popen([sys.executable, "-c", code], cwd=places.ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [starter.communicate(timeout=90)[0] for starter in starters]
    assert len(set(told)) == 1
    assert told[0].strip()


def test_a_newer_program_does_not_ask_a_process_of_older_code(monkeypatch):
    asked()
    before = ask.pid()
    monkeypatch.setattr(ask, "code", lambda: "newer")
    asked()
    assert ask.pid() != before
    assert before is not None
    gone(before)


def test_a_home_whose_path_is_too_long_for_a_socket_gets_one_in_the_temporary_folder(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(deep))
    monkeypatch.setenv("TMPDIR", "/tmp")
    monkeypatch.setattr(ask.tempfile, "tempdir", None)
    address = ask.address()
    assert len(os.fsencode(address)) <= ask.LONGEST_PATH
    assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
    monkeypatch.setenv("TOUCHSTONE_HOME", str(deep / "f"))
    assert ask.address() != address


def test_a_folder_that_others_made_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "live").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(errors.UserError, match="not this user"):
        ask.folder()


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "file"))
    with pytest.raises(errors.UserError, match="cannot be used"):
        asked()


def _serving(home: Path, **settings: object) -> subprocess.Popen:
    """Start a process with settings of its own."""
    said = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    code = f"from engine import live\nlive.Server({ask.code()!r}, {said}).serve()"
    environment = os.environ | {"TOUCHSTONE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", code], cwd=places.ROOT, env=environment)


def _there() -> None:
    until = time.monotonic() + 60
    while not ask.address().exists() and time.monotonic() < until:
        time.sleep(0.02)


def test_it_leaves_when_nobody_asks_for_a_while_and_when_its_home_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "a"))
    idle = _serving(tmp_path / "a", idle_seconds=0.3)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "b"))
    homeless = _serving(tmp_path / "b", idle_seconds=600.0)
    assert idle.wait(60) == 0
    assert not (tmp_path / "a" / "live" / "ask.sock").exists()
    _there()
    ask.address().unlink()
    assert homeless.wait(60) == 0


@pytest.mark.slow
def test_a_process_that_does_not_get_out_of_an_answer_ends_and_the_next_takes_over():
    asked()
    before = ask.pid()
    assert before is not None
    with pytest.raises(errors.UserError, match="within 1 seconds"):
        asked(BREAKING | {"with": {"kind": 1.0}}, seconds=1.0)
    gone(before, 40)
    asked()


@pytest.mark.slow
def test_every_question_is_answered_however_often_the_process_is_killed():
    question = slow()
    expected = asked(question)[0]
    moments = np.random.default_rng(0).uniform(0, 1, 8)
    with ThreadPoolExecutor() as pool:
        for moment in moments:
            asked()
            number = ask.pid()
            assert number is not None
            coming = pool.submit(asked, question)
            time.sleep(moment)
            os.kill(number, signal.SIGKILL)
            assert coming.result(180)[0] == expected
