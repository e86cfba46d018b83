"""The contract of every kind that can be brought."""

import inspect

import pytest

from engine import importers, registry


def test_the_kinds_are_the_files_that_say_what_they_read():
    assert {"network", "predictions"} <= set(importers.names())


@pytest.mark.parametrize("name", importers.names())
def test_every_kind_has_a_card_and_reads_a_path(name):
    card = registry.card(importers.ROOM, name)
    module = registry.load(importers.ROOM, name)
    assert card.title.endswith(".")
    assert card.constants["VERSION"] >= 1
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in card.constants["SUFFIXES"])
    assert isinstance(module.NEEDS, str)
    assert next(iter(inspect.signature(module.read).parameters)) == "path"


@pytest.mark.parametrize("name", importers.names())
def test_an_empty_file_of_any_suffix_is_a_sentence(name, tmp_path):
    module = registry.load(importers.ROOM, name)
    options = {"network": "a", "dataset": "b"} if name == "predictions" else {}
    for suffix in module.SUFFIXES:
        path = tmp_path / f"empty{suffix}"
        path.write_bytes(b"")
        with pytest.raises(importers.registry.errors.UserError, match="is empty"):
            module.read(path, **options)
