"""`make` sets up by itself: it finds a Python, says what is missing, and does an interrupted install again."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "make", "grep", "touch", "rm", "mkdir", "cat", "chmod", "env")
# A Python that writes down what it is asked; `-m venv` puts a copy of it into .venv/bin; installing fails as long as `broken` exists.
PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
  *venv*.venv) mkdir -p .venv/bin; cat "$0" > .venv/bin/python; chmod +x .venv/bin/python ;;
  *"install"*"-r"*) if [ -e broken ]; then exit 1; fi ;;
  *"-c import sys"*) exit ${OLD:-0} ;;
  *ensurepip*) exit ${NO_VENV:-0} ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    """A folder with the Makefile and a machine that has nothing but a few tools."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    folder = tmp_path / "clone"
    (folder / "tests").mkdir(parents=True)
    for file in ("Makefile", "requirements.txt", "tests/requirements.txt"):
        shutil.copy(ROOT / file, folder / file)
    return folder


def _make(clone, *words, **environment):
    there = {"PATH": str(clone.parent / "bin"), "LOG": str(clone / "asked"), "HOME": str(clone), **environment}
    done = subprocess.run(["make", *words], cwd=clone, env=there, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def _give_python(clone, name="python3"):
    file = clone.parent / "bin" / name
    file.write_text(PYTHON)
    file.chmod(0o755)


def _asked(clone):
    file = clone / "asked"
    return file.read_text().splitlines() if file.exists() else []


def test_without_a_python_it_says_what_to_do(clone):
    status, said = _make(clone, "app")
    assert status != 0
    assert "Touchstone needs Python 3.11 or newer" in said
    assert "PYTHON=" in said


def test_a_python_that_is_too_old_does_not_count(clone):
    _give_python(clone)
    status, said = _make(clone, "app", OLD="1")
    assert (status != 0, "Python 3.11 or newer" in said) == (True, True)


@pytest.mark.parametrize("name", ["python3", "python3.13", "python3.12", "python3.11", "python"])
def test_a_python_is_found_under_any_of_its_names(clone, name):
    _give_python(clone, name)
    assert _make(clone, ".venv/.installed-app")[0] == 0
    assert any("-r requirements.txt" in line for line in _asked(clone))


def test_a_missing_venv_module_is_named_with_the_way_out(clone):
    _give_python(clone)
    status, said = _make(clone, "app", NO_VENV="1")
    assert (status != 0, "python3-venv" in said) == (True, True)


def test_an_interrupted_install_is_done_again_and_a_complete_one_is_not(clone):
    _give_python(clone)
    (clone / "broken").touch()
    assert _make(clone, ".venv/.installed-app")[0] != 0
    (clone / "broken").unlink()
    assert _make(clone, ".venv/.installed-app")[0] == 0
    before = _asked(clone)
    assert _make(clone, ".venv/.installed-app")[0] == 0
    assert _asked(clone) == before


def test_changed_requirements_are_installed(clone):
    _give_python(clone)
    _make(clone, ".venv/.installed-app")
    before = len(_asked(clone))
    later = (clone / ".venv/.installed-app").stat().st_mtime + 10
    os.utime(clone / "requirements.txt", (later, later))
    _make(clone, ".venv/.installed-app")
    assert len(_asked(clone)) > before


def test_another_index_is_asked_for_torch_alone(clone):
    _give_python(clone)
    assert _make(clone, ".venv/.installed-app", "TORCH_INDEX=file:///other/index")[0] == 0
    other = [line for line in _asked(clone) if "file:///other/index" in line]
    assert len(other) == 1
    assert other[0].split()[-1].startswith("torch==")


def test_clean_keeps_results_and_inputs(clone):
    kept = clone / "data" / "results" / "scores.parquet"
    kept.parent.mkdir(parents=True)
    kept.touch()
    (clone / ".venv").mkdir()
    (clone.parent / "bin" / "find").symlink_to(shutil.which("find"))
    assert _make(clone, "clean")[0] == 0
    assert kept.exists()
    assert not (clone / ".venv").exists()
