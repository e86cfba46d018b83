"""Whatever is found by name keeps its room's promises: add a file and it is tested."""

import ast
import functools
import re

import pytest

from engine import errors, importers, places, registry, training

# room -> (constants that its cards show, functions that a file offers)
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "metrics/classification": (("VERSION", "UNIT", "BETTER", "CITATION"), ("compute",)),
    "metrics/pairs": (("VERSION", "UNIT", "BETTER", "CITATION"), ("compute",)),
    "metrics/groups": (("VERSION", "KIND", "UNIT", "BETTER", "CITATION"), ("compute",)),
    "shifts": (("VERSION", "FAMILY", "STRENGTHS", "UNIT", "SOURCE", "CITATION"), ("parameters", "apply")),
    "systems": (("VERSION", "TASK", "FRAME", "CHANNELS", "PARAMETERS", "CITATION"), ("build",)),
    "datasets/images": (("VERSION", "TASK", "FRAME", "CHANNELS", "SPLITS", "LICENCE", "SOURCE", "CITATION"), ("load",)),
    "datasets/tables": (("VERSION", "LABEL", "POSITIVE", "GROUPS", "STUDIED", "LICENCE", "SOURCE", "CITATION", "RECIPE"), ("load",)),
    "datasets/statements": (("VERSION", "SPLITS", "LICENCE", "SOURCE", "CITATION"), ("load",)),
    "datasets/clips": (("VERSION", "SPLITS", "SIZES", "LICENCE", "SOURCE", "CITATION"), ("load",)),
    "metrics/masks": (("VERSION", "UNIT", "BETTER", "CITATION"), ("parts", "compute")),
    "models/completers": (("VERSION", "CITATION"), ("build",)),
    "importers/clips": (("VERSION", "SUFFIXES", "NEEDS"), ("read",)),
    "metrics/graphs": (("VERSION", "UNIT", "BETTER", "CITATION"), ("compute",)),
    "models/circuits": (("VERSION", "CITATION"), ("build",)),
    "priors": (("VERSION", "CITATION"), ("graphon",)),
    "models/classifiers": (("VERSION", "CITATION"), ("build",)),
    "models/heads": (("VERSION", "CITATION"), ("build",)),
    "attacks": (("VERSION",), ("perturb",)),
    "training": (("VERSION",), ("add_arguments", "main")),
    "claims": (("VERSION", "ORDER", "PAPER", "CITATION", "TRY"), ("evidence",)),
    "executors": (("VERSION",), ("start",)),
    "importers": (("VERSION", "SUFFIXES", "NEEDS"), ("read",)),
    "evidence/views": (("PATH", "TITLE", "ORDER"), ("part", "offered")),
}
OFFERED = {"training": training.recipes, "importers": importers.names}  # rooms where not every public file is an entry
ENTRIES = [(room, name) for room in ROOMS for name in OFFERED.get(room, functools.partial(registry.names, room))()]
# packages whose files are known by import
NOT_ROOMS = {
    "amodal", "assay", "circuits", "control", "dossier", "evidence", "heads", "intake", "interventions", "lowshot", "plainly", "plots",
    "remedies", "scaling", "space", "stats", "store", "sweep", "wiring",
}  # fmt: skip


def test_every_folder_of_the_engine_is_a_room_of_the_registry_or_known_not_to_be_one():
    folders = {str(f.parent.relative_to(places.ENGINE)) for f in places.ENGINE.rglob("*.py") if not f.stem.startswith("_")}
    stray = {folder for folder in folders if folder not in ROOMS and folder.split("/")[0] not in NOT_ROOMS}
    assert stray <= {".", "metrics", "models"}  # shared arithmetic of several rooms lies one folder up


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_says_in_its_docstring_what_a_file_in_it_must_offer(room):
    said = ast.get_docstring(ast.parse((places.ENGINE / room / "__init__.py").read_text())) or ""
    constants, functions = ROOMS[room]
    assert [name for name in constants if f"`{name}`" not in said] == []
    assert [name for name in functions if not re.search(rf"`{name}\b", said)] == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_is_not_empty(room):
    assert registry.names(room)


@pytest.mark.parametrize(("room", "name"), ENTRIES)
def test_an_entry_is_named_and_described(room, name):
    card = registry.card(room, name)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert card.title.endswith("."), "the docstring's first line is a sentence"
    assert not card.text or card.text.rstrip().endswith((".", ")", ":"))


@pytest.mark.parametrize(("room", "name"), ENTRIES)
def test_an_entry_has_the_constants_of_its_room(room, name):
    constants = registry.card(room, name).constants
    assert [wanted for wanted in ROOMS[room][0] if wanted not in constants] == []
    assert [said for said, value in constants.items() if value in ("", (), None) and said != "CITATION"] == []  # accuracy has nobody to cite
    assert isinstance(constants.get("VERSION", 1), int)


@pytest.mark.parametrize(("room", "name"), ENTRIES)
def test_an_entry_offers_the_functions_of_its_room_each_with_a_sentence(room, name):
    tree = ast.parse(registry.path(room, name).read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    bound = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    assert [wanted for wanted in ROOMS[room][1] if wanted not in set(functions) | bound] == []
    for wanted in set(ROOMS[room][1]) & set(functions):
        assert (ast.get_docstring(functions[wanted]) or "").split("\n")[0].endswith(".")


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_an_unknown_name_offers_the_nearest(room):
    first = registry.names(room)[0]
    with pytest.raises(errors.UserError, match=first):
        registry.path(room, first + "x")
