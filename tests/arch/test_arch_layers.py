"""Who may import whom: the contracts of pyproject.toml hold, they do catch what they forbid, and torch stays outside."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pages.parts import navigation

ROOT = Path(__file__).resolve().parents[2]
LINT = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
WITH_TORCH = ("engine.models", "engine.attacks", "engine.training", "engine.worker", "engine.assay.run", "engine.assay.measuring",
              "engine.assay.distributed", "engine.assay.tasks", "engine.sweep.run", "engine.sweep.distributed", "engine.sweep.fitting",
              "engine.sweep.shards",
              "engine.remedies.run", "engine.heads.run", "engine.heads.fitting", "engine.heads.distributed",
              "engine.live", "engine.interventions.answer", "engine.interventions.run", "engine.circuits.run",
              "engine.circuits.observing", "engine.circuits.pruning", "engine.circuits.answer", "engine.circuits.attributing",
              "engine.circuits.sentences", "engine.scaling.run", "engine.wiring.run", "engine.lowshot.run", "engine.circuits.routing",
              "engine.circuits.asked", "engine.circuits.comparing", "engine.circuits.describing",
              "engine.amodal.completing", "engine.amodal.run")  # fmt: skip
STARTS_WORK = ("engine.sampling", "engine.__main__")  # import the worker

# A line that each contract must refuse, and the file it would stand in.
FORBIDDEN = {
    "layers": ("engine/stats/intervals.py", "from engine.metrics import pairs"),
    "torch": ("engine/metrics/pairs/_strange.py", '"""Strange."""\nimport torch'),
    "no-torch": ("engine/assay/views.py", "from engine.models import predict"),
    "tables": ("engine/assay/spec.py", "import duckdb"),
    "queue": ("engine/assay/views.py", "import sqlite3"),
    "two-processes": ("engine/plots/formats.py", "import streamlit"),
    "thin-pages": ("pages/parts/strange.py", '"""Strange."""\nfrom engine import worker'),
}


def test_the_import_contracts_hold():
    done = subprocess.run(LINT, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_refuses_what_it_forbids(tmp_path):
    for folder in ("engine", "pages"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line in FORBIDDEN.values():
        with (tmp_path / file).open("a") as open_file:
            open_file.write(f"\n{line}\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(LINT, cwd=tmp_path, capture_output=True, text=True, env=environment)
    names = {c["id"]: c["name"] for c in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]}
    said = " ".join(done.stdout.split())  # long names are broken over lines
    assert [name for name in FORBIDDEN if f"{names[name]} BROKEN" not in said] == []


def test_everything_outside_the_torch_rooms_is_imported_without_torch():
    modules = [m for m in _modules("engine") if not m.startswith(WITH_TORCH) and m not in STARTS_WORK]
    assert len(modules) > 50
    code = f"import importlib, sys\nfor name in {modules!r}:\n    importlib.import_module(name)\nsys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or "torch was loaded"


def _modules(package):
    """Return every module of a package that is imported by name; `_make` files are commands that rewrite data."""
    files = sorted((ROOT / package).rglob("*.py"))
    return [".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for f in files if not f.stem.endswith("_make")]


@pytest.mark.parametrize("file", ["app.py"])
def test_the_frame_knows_only_streamlit_and_the_pages(file):
    known = {"streamlit", "pages"} | set(sys.stdlib_module_names)
    assert {name.split(".")[0] for name in _imports(ROOT / file)} <= known


def test_no_page_imports_by_name():
    """The linter cannot see imports by name, and a page has no reason for any."""
    assert [file.name for file in _pages() if "import_module" in file.read_text()] == []


def test_pages_are_independent_of_each_other():
    """What pages share is no page: it lies in pages/parts, or beside them in their section."""
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in _pages()}
    assert len(names) > 5
    sections = {name.rpartition(".")[0] for name in names}
    for name, file in names.items():
        others = {f"{module}.{member}" for module, member in _members(file) if module in sections} | set(_imports(file))
        assert others & set(names) <= {name}, file


def _pages():
    """Return the file of each page of the navigation; what else lies beside it is a part of it."""
    return [navigation.file_of(place) for place in navigation.available()]


def _members(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def _imports(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_required_package_is_pinned_exactly():
    for file in ("requirements.txt", "tests/requirements.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
        assert [line for line in lines if line and not line.startswith("-r") and "==" not in line] == []


def test_torch_is_not_the_way_to_find_a_package():
    assert importlib.util.find_spec("torchvision") is None, "nothing here may need torchvision: it drags another torch in"
