"""Writing networks: weights as safetensors, whole or not at all, and the card last, which makes the network exist."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from engine import hashing
from engine.networks import Card


def write_weights(file: Path, state: Mapping[str, torch.Tensor], provenance: Mapping[str, Any]) -> None:
    """Write tensors with a provenance that readers find in the file's header; equal input gives equal bytes."""
    # one key only: safetensors does not order several
    write(file, save({name: value.contiguous() for name, value in state.items()}, {"provenance": json.dumps(provenance)}))


def write_card(folder: Path, card: Card, file: str | None = None) -> None:
    """Write a card as `NAME.json`, or under another file name, readable by `engine.networks`."""
    said = card.model_dump(mode="json", exclude_defaults=True)
    write(folder / (file or f"{card.name}.json"), (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())


def write(file: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.aside")
    aside.write_bytes(content)
    aside.replace(file)


def digest(files: list[Path]) -> str:
    """Return the hash over weight files, in their order."""
    return hashing.of_parts(*(hashing.of_file(file) for file in files))


def half(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights with every floating-point tensor in half precision."""
    return {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
