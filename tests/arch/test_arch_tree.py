"""What lies where: a fixed top level, files that do one thing, sizes that a clone can bear, no machine's own paths."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"pages", "engine", "data", "tests", ".streamlit", ".ci"}
FILES = {
    "app.py", "Makefile", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "requirements.txt", ".gitignore", ".gitattributes",
}  # fmt: skip
LONGEST = 500
MEGABYTE = 1_000_000
# Words that tell of one machine or of how packages travel, in halves so that this file does not contain them.
UNWANTED = tuple(a + b for a, b in (
    ("/wo", "rk/"), ("/fa", "rm/"), ("python", "hosted"), ("py", "pi.org"), ("registry.", "npmjs"), ("deb.", "debian.org"),
    ("download.", "pytorch.org"), ("sub", "agent"), ("this ", "session"),
))  # fmt: skip


def _tracked():
    """Return every file that is or will be in the repository; where there is no git, everything but what is made."""
    asked = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if asked.returncode == 0:
        return [ROOT / line for line in asked.stdout.splitlines() if (ROOT / line).is_file()]
    made = {".venv", "__pycache__", ".git", "results", "cache", "inputs"}
    return [f for f in ROOT.rglob("*") if f.is_file() and not made & set(f.relative_to(ROOT).parts)]


@pytest.fixture(scope="module")
def tracked():
    return _tracked()


def test_the_top_level_holds_only_what_the_architecture_names(tracked):
    entries = {file.relative_to(ROOT).parts for file in tracked}
    assert {parts[0] for parts in entries if len(parts) > 1} <= FOLDERS
    assert {parts[0] for parts in entries if len(parts) == 1} <= FILES


def test_no_source_file_is_longer_than_500_lines(tracked):
    sources = [f for f in tracked if f.suffix in {".py", ".js", ".css"}]
    assert {str(f.relative_to(ROOT)): n for f in sources if (n := len(f.read_text().splitlines())) > LONGEST} == {}


def test_no_file_takes_every_one_more(tracked):
    """A name that says nothing collects everything."""
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}
    assert [f for f in tracked if vague & {part.lower().strip("_") for part in f.relative_to(ROOT).with_suffix("").parts}] == []


def test_the_pages_lie_in_sections(tracked):
    """A flat page file could be opened without the frame and its sign-in."""
    flat = [f for f in tracked if f.parent == ROOT / "pages" and f.name != "__init__.py"]
    assert flat == []


CIRCUITS = ("nac-", "ni-", "circuit")  # weights, graphs and curves of circuits have room of their own


def _of_circuits(file: Path) -> bool:
    return file.name.startswith(CIRCUITS) or file.parent.name == "circuits"


@pytest.mark.parametrize(
    ("folder", "circuits", "megabytes"),
    [(".", None, 80), ("data/sample", None, 25), ("data/weights", False, 12), ("data", True, 12), ("data/clips", None, 12)],
)
def test_a_clone_stays_small(tracked, folder, circuits, megabytes):
    within = [f for f in tracked if f.is_relative_to(ROOT / folder)]
    total = sum(f.stat().st_size for f in within if circuits is None or _of_circuits(f) == circuits)
    assert total < megabytes * MEGABYTE, f"{total / MEGABYTE:.1f} MB"


def test_no_text_names_one_machine_or_where_packages_come_from(tracked):
    found = []
    for file in tracked:
        if file.suffix in {".parquet", ".safetensors", ".npz", ".png", ".onnx", ".ttf", ".woff2", ".gz"}:
            continue
        text = file.read_text(errors="replace")
        found += [f"{file.relative_to(ROOT)}: {word}" for word in UNWANTED if word in text]
    assert found == []


def test_every_folder_of_tests_has_files_with_names_of_their_own(tracked):
    names = [f.name for f in tracked if f.is_relative_to(ROOT / "tests") and f.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
