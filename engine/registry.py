"""The folder is the registry: a public file in a room is an entry, its docstring and constants are the card.

Cards are read with `ast`, so that a page can list what torch code offers without importing it.
"""

import ast
import functools
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from engine import errors, hashing, places


@dataclass(frozen=True)
class Card:
    """What one file of a room says of itself."""

    room: str
    name: str
    title: str
    text: str
    sha256: str
    path: Path
    constants: Mapping[str, Any] = field(default_factory=dict)


def _files(room: str) -> dict[str, Path]:
    """Return name -> file; the clone's own files win over extensions of the same name."""
    folders = (places.extensions(room), places.ENGINE / room)
    return _listed(tuple((folder, places.changed(folder)) for folder in folders))


@functools.lru_cache(maxsize=256)
def _listed(folders: tuple[tuple[Path, int], ...]) -> dict[str, Path]:
    """Return the public files of folders, sorted by name; listed anew only when a folder changes, for pages ask often."""
    found: dict[str, Path] = {}
    for folder, changed in folders:
        files = sorted(folder.glob("*.py")) if changed else ()
        found |= {file.stem: file for file in files if not file.name.startswith("_")}
    return dict(sorted(found.items()))


def names(room: str) -> tuple[str, ...]:
    """Return the names that a room offers, sorted; `room` is a folder below `engine/`, such as `metrics/classification`."""
    return tuple(_files(room))


def path(room: str, name: str) -> Path:
    """Return the file behind a name; raises UserError with the nearest names for an unknown one."""
    files = _files(room)
    if name not in files:
        raise errors.unknown(room.split("/")[-1].rstrip("s"), name, files)
    return files[name]


def card(room: str, name: str) -> Card:
    """Return an entry's card, read from its source without importing it."""
    file = path(room, name)
    return _card(room, name, file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _card(room: str, name: str, file: Path, _mtime: int) -> Card:
    source = file.read_bytes()
    tree = ast.parse(source)
    doc = ast.get_docstring(tree) or ""
    title, _, text = doc.partition("\n")
    return Card(room, name, title.strip(), text.strip(), hashing.of_bytes(source), file, _constants(tree))


def _constants(tree: ast.Module) -> dict[str, Any]:
    """Return the module's upper-case assignments whose values are literals."""
    found: dict[str, Any] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper():
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name.isupper():
                pass
            case _:
                continue
        try:
            found[name] = ast.literal_eval(value)
        except ValueError:
            continue  # a computed constant is not part of the card
    return found


def load(room: str, name: str) -> ModuleType:
    """Import and return an entry's module; extensions are imported from their file."""
    file = path(room, name)
    if file.is_relative_to(places.ENGINE):
        return importlib.import_module(".".join(("engine", *room.split("/"), name)))
    return _load_extension(f"touchstone_extension.{room.replace('/', '.')}.{name}", file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _load_extension(module_name: str, file: Path, _mtime: int) -> ModuleType:
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None, file
    assert spec.loader is not None, file
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module
