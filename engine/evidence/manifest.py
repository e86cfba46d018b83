"""The manifest of a bundle: what it shows, where each number comes from, and the hash of every file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pydantic

from engine import errors

NAME = "manifest.json"
VERSION = 1
LARGEST = 20_000_000  # bytes of a manifest that is read
REMEDY = "Ask whoever made the bundle for another copy."


class _Told(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="ignore")


class File(_Told):
    """A file of the bundle."""

    sha256: str = pydantic.Field(pattern="^[0-9a-f]{64}$")
    bytes: int = pydantic.Field(ge=0)


class Network(_Told):
    """A network that was asked."""

    name: str
    collection: str = ""
    digest: str | None = None  # of its weights, as its card says; None where only its numbers are known
    weights: Mapping[str, str] = {}  # file -> sha256
    classes: tuple[str, ...] = ()
    trained_on: str | None = None
    views: tuple[int, ...] = ()  # numbers of the views that show it, from 1


class Data(_Told):
    """A data set, table, system or set of clips that was asked about."""

    name: str
    kind: Literal["images", "table", "system", "clips", "unknown"] = "unknown"
    digests: Mapping[str, str] = {}  # split -> hash
    version: int | None = None
    classes: tuple[str, ...] = ()


class Run(_Told):
    """A run that measured something."""

    run: str
    study: str
    title: str
    seed: int
    finished: str
    code_revision: str | None = None
    code_dirty: bool | None = None
    packages: Mapping[str, str] = {}
    machine: str = ""
    question: Mapping[str, Any] = {}


class View(_Told):
    """A view of the report."""

    address: str
    title: str
    asked: Mapping[str, str] = {}
    findings: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()  # files with their rows
    pictures: tuple[str, ...] = ()  # files with what stands behind pictures
    tables: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


class Code(_Told):
    """The program that made the bundle."""

    revision: str | None = None
    dirty: bool | None = None
    packages: Mapping[str, str] = {}
    machine: str = ""


class Manifest(_Told):
    """Everything that a bundle says of itself."""

    touchstone: int
    title: str
    author: str = ""
    made: str
    seed: int = 0
    code: Code
    views: tuple[View, ...]
    left_out: Mapping[str, str] = {}  # address -> why
    svg: str  # "made", or why there are none
    predictions: str  # "in the bundle", or where they are
    networks: tuple[Network, ...]
    data: tuple[Data, ...]
    runs: tuple[Run, ...]
    files: Mapping[str, File]

    def text(self) -> str:
        """Return the manifest as JSON, its keys in order."""
        told = self.model_dump(mode="json")
        told["networks"] = [one.model_dump(mode="json", exclude_defaults=True) for one in self.networks]  # there may be thousands
        return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def read(content: bytes) -> Manifest:
    """Return a manifest; raises UserError for what is none, or is of a later version than this program knows."""
    try:
        told = json.loads(content.decode())
        if isinstance(told, dict) and isinstance(told.get("touchstone"), int) and told["touchstone"] > VERSION:
            raise errors.UserError(f"This bundle has version {told['touchstone']}; this program reads up to {VERSION}.", "Use a newer Touchstone.")
        return Manifest.model_validate(told)
    except pydantic.ValidationError as problem:
        where = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['msg']}" for e in problem.errors()[:3])
        raise errors.UserError(f"{NAME} does not say what a manifest says ({where}).", REMEDY) from problem
    except (ValueError, RecursionError) as problem:
        raise errors.UserError(f"{NAME} is no JSON that can be read.", REMEDY) from problem


def sha256_of(path: Path) -> str:
    """Return a file's whole SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
