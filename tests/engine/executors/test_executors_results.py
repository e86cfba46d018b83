"""Executors: every job comes back once, whatever dies on the way; what cannot be done is said in a sentence."""

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from engine import errors, executors, places
from engine.executors import Where, _called, dask

JOBS = """
import os, signal, time
from pathlib import Path
from engine import errors

def square(n):
    return n * n

def refuse(n):
    raise errors.UserError("This cannot be done.", "Do something else.")

def divide(n):
    return 1 / n

def die_once(folder):
    mark = Path(folder, "died")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"

def die_on_three(n):
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n

def sleep(seconds):
    time.sleep(seconds)
    return os.getpid()
"""
POOL = Where(kind="pool", workers=2)


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """A module that workers can import by its name, as they import the engine's."""
    name = f"jobs_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(places.ROOT))))
    __import__(name)
    yield sys.modules[name]
    del sys.modules[name]


def ended(executor, fn, jobs, **options):
    return [done for done in executors.as_results(executor, fn, jobs, **options) if done is not None]


@pytest.mark.parametrize("where", [Where(), POOL], ids=lambda w: w.kind)
def test_every_job_comes_back_once_with_its_value(jobs, where):
    with executors.open(where) as executor:
        assert sorted((d.job, d.result()) for d in ended(executor, jobs.square, range(20))) == [(n, n * n) for n in range(20)]


@pytest.mark.parametrize("where", [Where(), POOL], ids=lambda w: w.kind)
def test_a_refusal_and_a_mistake_end_one_job_and_no_other(jobs, where):
    with executors.open(where) as executor:
        (refused,) = ended(executor, jobs.refuse, [1])
        found = {d.job: d.problem for d in ended(executor, jobs.divide, [1, 0, 2])}
    with pytest.raises(errors.UserError, match="Do something else"):
        refused.result()
    assert isinstance(found[0], ZeroDivisionError)
    assert (found[1], found[2]) == (None, None)


def test_jobs_are_drawn_only_as_there_is_room_for_them(jobs):
    drawn = []
    with executors.open(POOL) as executor:
        first = next(d for d in executors.as_results(executor, jobs.square, (drawn.append(n) or n for n in range(100)), at_once=3) if d)
    assert first.value == first.job**2
    assert len(drawn) <= 6


def test_what_was_lost_with_a_killed_process_is_done_by_another(jobs, tmp_path):
    with executors.open(POOL) as executor:
        found = ended(executor, jobs.die_once, [str(tmp_path)] * 6)
    assert [d.result() for d in found] == ["alive"] * 6


def test_a_job_that_kills_its_process_each_time_fails_with_a_sentence_and_takes_no_other_with_it(jobs):
    with executors.open(POOL) as executor:
        found = {d.job: d for d in ended(executor, jobs.die_on_three, range(8))}
    assert {n: d.value for n, d in found.items() if n != 3} == {n: n for n in range(8) if n != 3}
    assert found[3].lost
    with pytest.raises(errors.UserError, match="died 4 times"):
        found[3].result()


def test_closing_a_pool_ends_what_is_under_way_at_once(jobs):
    before = set(psutil.Process().children(recursive=True))
    with executors.open(POOL) as executor:
        flight = executors.Flight(executor)
        flight.add(jobs.sleep, 60)
        assert flight.results(1.5) == []
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert [p for p in psutil.Process().children(recursive=True) if p not in before and "spawn_main" in " ".join(p.cmdline())] == []


def test_a_pool_leaves_when_the_process_that_started_it_is_killed(jobs, tmp_path):
    code = (
        "import sys\nfrom engine import executors\nimport " + jobs.__name__ + " as jobs\n"
        "if __name__ == '__main__':\n"
        "    with executors.open(executors.Where(kind='pool', workers=1)) as executor:\n"
        "        flight = executors.Flight(executor)\n"
        "        flight.add(jobs.sleep, 0)\n"
        "        print(flight.results(60)[0].value, flush=True)\n"
        "        flight.add(jobs.sleep, 60)\n"
        "        flight.results(60)\n"
    )
    (tmp_path / "asks.py").write_text(code)
    with subprocess.Popen([sys.executable, str(tmp_path / "asks.py")], stdout=subprocess.PIPE, text=True) as asks:
        pid = int(asks.stdout.readline())
        assert psutil.pid_exists(pid)
        asks.send_signal(signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, 10)


def wait_for(true, seconds=30):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def test_where_to_run_is_told_as_text_and_bad_settings_are_refused():
    where = Where(kind="dask", address="tcp://10.0.0.5:8786", gpu=True)
    assert Where.read(where.text()) == where
    assert Where.read("") == Where()
    with pytest.raises(errors.UserError, match="workers"):
        Where.read('{"workers": 0}')
    with pytest.raises(errors.UserError, match="in_process"), executors.open(Where(kind="in_proces")):
        pass


@pytest.mark.parametrize(
    ("address", "said"),
    [("", "missing"), ("localhost:8786", "no address"), ("tcp://127.0.0.1:9", "cannot be reached"), ("tcp://127.0.0.1:x", "cannot be")],
)
def test_a_scheduler_that_is_not_there_is_said_within_seconds(address, said, monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(errors.UserError, match=said):
        executors.check(Where(kind="dask", address=address))
    assert time.monotonic() - began < 5


def test_without_dask_the_way_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(errors.UserError, match="pip install distributed=="):
        executors.check(Where(kind="dask", address="tcp://127.0.0.1:9"))


def test_the_version_that_is_told_is_the_one_that_is_tested():
    assert dask.PACKAGE in (places.ROOT / "requirements.txt").read_text()


def test_tasks_of_one_process_run_one_after_the_other_however_many_threads_it_has(jobs):
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        found = [threads.submit(_called.call, jobs.__name__, "sleep", 0.2) for _ in range(3)]
    assert {future.result().value for future in found} == {os.getpid()}
    assert time.monotonic() - began > 0.55


def test_a_process_with_other_code_is_named_once():
    peers = _called.Peers()
    mine = _called.about()
    assert peers.notes(mine) == ()
    other = _called.About("other", mine.packages)
    assert "other code" in peers.notes(other)[0]
    assert peers.notes(other) == ()
    assert "other code and packages" in peers.notes(_called.About("other", "{}"))[0]


@contextlib.contextmanager
def started(*words, cwd=None):
    """A process of Dask's own command line."""
    with subprocess.Popen([sys.executable, "-m", "dask", *words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def a_scheduler(tmp_path):
    """A scheduler that knows nothing of our code; gives its address."""
    file = tmp_path / "scheduler.json"
    with started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--scheduler-file", str(file), cwd=tmp_path):
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        yield json.loads(file.read_text())["address"]


def a_worker(address, *more):
    return started("worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard", *more)


@pytest.mark.slow
def test_a_dask_cluster_loses_and_doubles_nothing_when_a_worker_is_killed(jobs, tmp_path):
    with a_scheduler(tmp_path) as address, a_worker(address, "--resources", "GPU=1") as first, a_worker(address):
        wait_for(lambda: "2 Dask workers" in executors.check(Where(kind="dask", address=address)))
        with executors.open(Where(kind="dask", address=address)) as executor:
            assert executor.workers == 2
            with pytest.raises(errors.UserError, match="Do something else"):
                ended(executor, jobs.refuse, [1])[0].result()
            pids = []
            for done in executors.as_results(executor, jobs.sleep, [0.2] * 60):
                if done:
                    pids.append(done.result())
                if len(set(pids)) == 2:  # both have begun
                    first.kill()
            assert len(pids) == 60
            assert len(set(pids)) == 2
            assert first.wait() == -signal.SIGKILL
        with executors.open(Where(kind="dask", address=address, gpu=True)) as executor:
            wait_for(lambda: "--resources GPU=1" in executor.message())


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_wait_with_a_sentence(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 2.0)
    with contextlib.ExitStack() as gone, contextlib.ExitStack() as worker:
        address = gone.enter_context(a_scheduler(tmp_path))
        worker.enter_context(a_worker(address))
        with executors.open(Where(kind="dask", address=address)) as executor:
            results = executors.as_results(executor, jobs.sleep, [0.1] * 50)
            assert next(d for d in results if d).result()
            gone.close()
            with pytest.raises(errors.UserError, match="has gone away"):
                list(results)
