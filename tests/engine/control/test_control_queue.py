"""The queue: any interleaving gives each job to one worker, and every state has its way out."""

import sqlite3
import subprocess
import sys
import time

import pytest

from engine import control, errors, places
from engine.assay.spec import AssaySpec

SPEC = AssaySpec(networks=("cnn",), id_dataset="mnist")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path


def test_the_oldest_job_is_claimed_first_and_only_once():
    first, second = control.submit(SPEC, "a"), control.submit(SPEC, "b")
    assert [control.claim("x").id, control.claim("y").id, control.claim("z")] == [first, second, None]


def test_three_processes_that_claim_at_once_never_get_the_same_job(home):
    submitted = [control.submit(SPEC, str(i)) for i in range(40)]
    code = (
        "import os, pathlib, time\nfrom engine import control, places\n"
        "while time.time() % 1 > 0.05: time.sleep(0.001)\n"  # all begin at the same moment
        "while job := control.claim('w'): print(job.id)\n"
        "(places.home() / f'{os.getpid()}.over').touch()\n"
        "while len(list(places.home().glob('*.over'))) < 3: time.sleep(0.05)\n"  # the job of a process that ended would be taken over
    )
    workers = [subprocess.Popen([sys.executable, "-c", code], cwd=places.ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    claimed = [line for worker in workers for line in worker.communicate(timeout=120)[0].split()]
    assert sorted(claimed) == sorted(submitted)


def test_a_job_whose_worker_stopped_beating_is_claimed_again_and_the_first_is_shut_out(monkeypatch):
    job_id = control.submit(SPEC, "a")
    first = control.claim("x")
    assert control.claim("y") is None
    monkeypatch.setattr(control, "STALE_SECONDS", -1.0)  # every beat is stale now
    second = control.claim("y")
    assert (second.id, second.attempt) == (job_id, 2)
    assert control.beat(job_id, attempt=first.attempt, done=1) is None
    assert not control.close(job_id, attempt=first.attempt, state="done")
    assert control.beat(job_id, attempt=second.attempt, done=2) is False


def test_a_job_that_kills_every_worker_is_given_up(monkeypatch):
    job_id = control.submit(SPEC, "a")
    monkeypatch.setattr(control, "STALE_SECONDS", -1.0)
    attempts = 0
    while control.claim("x"):
        attempts += 1
    assert attempts == control.MOST_ATTEMPTS
    assert control.job(job_id).state == "failed"
    assert "died" in control.job(job_id).error


def test_the_job_of_a_process_that_was_killed_is_claimed_at_once(home):
    job_id = control.submit(SPEC, "a")
    code = "from engine import control; control.claim('w')"
    subprocess.run([sys.executable, "-c", code], cwd=places.ROOT, check=True)
    assert control.job(job_id).state == "running"
    assert control.claim("next").attempt == 2


def test_cancel_reaches_a_running_job_at_its_next_beat():
    job = control.claim("x", only=control.submit(SPEC, "a"))
    control.cancel(job.id)
    assert control.beat(job.id, attempt=job.attempt) is True
    assert control.close(job.id, attempt=job.attempt, state="cancelled")
    assert control.job(job.id).state == "cancelled"


def test_cancelling_a_waiting_job_needs_no_worker():
    job_id = control.submit(SPEC, "a")
    control.cancel(job_id)
    assert control.job(job_id).state == "cancelled"
    assert control.claim("x") is None


def test_resume_puts_a_cancelled_job_back_and_refuses_a_done_one():
    job_id = control.submit(SPEC, "a")
    control.cancel(job_id)
    control.resume(job_id)
    job = control.claim("x")
    assert job.id == job_id
    control.close(job_id, attempt=job.attempt, state="done")
    with pytest.raises(errors.UserError, match="done"):
        control.resume(job_id)


def test_an_unknown_run_offers_the_nearest():
    job_id = control.submit(SPEC, "a")
    with pytest.raises(errors.UserError, match=job_id):
        control.job(job_id[:-1])


def test_rates_are_kept_per_machine_and_the_latest_wins():
    control.set_rate("network", "cnn", 100.0)
    control.set_rate("network", "cnn", 200.0)
    assert control.rates() == {("network", "cnn"): 200.0}


def test_everything_a_person_does_to_a_run_is_in_the_audit_log():
    job_id = control.submit(SPEC, "a", user="ada")
    control.cancel(job_id, user="ben")
    control.resume(job_id, user="ada")
    assert [(user, action) for _, user, action, _ in control.audited()] == [("ada", "resume"), ("ben", "cancel"), ("ada", "submit")]


def test_a_control_file_that_is_no_database_is_a_sentence(home):
    places.control().write_bytes(b"this is no database" * 100)
    with pytest.raises(errors.UserError, match="cannot be opened"):
        control.jobs()


def test_a_worker_that_beats_is_alive_and_one_that_left_is_not():
    control.workers.beat()
    assert control.workers.alive() == 1
    control.workers.leave()
    assert control.workers.alive() == 0


def test_a_locked_file_is_waited_for(home):
    control.submit(SPEC, "a")
    other = sqlite3.connect(places.control(), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    child = subprocess.Popen([sys.executable, "-c", "from engine import control; control.set_rate('shift', 'fog', 1.0)"], cwd=places.ROOT)
    time.sleep(0.5)
    assert child.poll() is None
    other.execute("COMMIT")
    other.close()
    assert child.wait(timeout=30) == 0
