"""A system file that is wrong says which file, which factor and the way out."""

import dataclasses
import json

import numpy as np
import pytest

from engine import __main__ as command_line
from engine import errors, registry, systems
from engine.systems import Choice, Edge, Factor, Mechanism, Mixture, Normal, Point, Uniform

KIND = Factor("kind", "categorical", ("a", "b"), "Kind.")
SIZE = Factor("size", "continuous", (0.0, 1.0), "Size.", "metres")
EVEN = Mechanism("kind", "Even.", lambda: Choice.even(("a", "b")))
SIZED = Mechanism("size", "By kind.", lambda kind: Uniform(0.0, 0.5) if kind == "a" else Uniform(0.5, 1.0))
FINE = {
    "name": "things", "title": "Things", "factors": (KIND, SIZE), "edges": (Edge("kind", "size", "Sized."),), "mechanisms": (EVEN, SIZED),
    "target": "kind", "task": "things", "frame": 8, "channels": 1,
    "draw": lambda latents, bank, size: np.zeros((len(latents), size, size, 1), np.uint8),
}  # fmt: skip


def sized(law):
    return {"mechanisms": (EVEN, Mechanism("size", "By kind.", law))}


def kinds(law):
    return {"mechanisms": (Mechanism("kind", "Any.", law), SIZED)}


WRONG = {
    "an unknown parent": ({"edges": (Edge("colour", "size", "."),)}, r"the edge colour->size has an unknown parent “colour”\. Declare it"),
    "an unknown child": ({"edges": (Edge("kind", "weight", "."),)}, r"unknown child “weight”"),
    "an edge twice": ({"edges": FINE["edges"] * 2}, r"the edge kind->size is declared twice"),
    "a cycle": ({"edges": (*FINE["edges"], Edge("size", "kind", "."))}, r"“kind” is a cause of itself \(kind -> size -> kind\)\. Remove one"),
    "its own cause": ({"edges": (Edge("size", "size", "."),)}, r"“size” is a cause of itself \(size -> size\)"),
    "no mechanism": ({"mechanisms": (EVEN,)}, r"the factor “size” has no mechanism\. Write one Mechanism\(\"size\""),
    "two mechanisms": ({"mechanisms": (EVEN, SIZED, SIZED)}, r"the factor “size” has 2 mechanisms"),
    "a stray mechanism": ({"mechanisms": (EVEN, SIZED, Mechanism("weight", ".", lambda: Point(1.0)))}, r"mechanism for an unknown factor “weight”"),
    "a factor twice": ({"factors": (KIND, SIZE, SIZE)}, r"“size” is declared twice"),
    "a name that cannot be written": ({"factors": (dataclasses.replace(KIND, name="The Kind"), SIZE)}, r"“The Kind” cannot name a factor"),
    "a class that is a number": ({"target": "size"}, r"the class “size” is no categorical factor"),
    "an empty domain": ({"factors": (dataclasses.replace(KIND, domain=()), SIZE)}, r"“kind” has the domain \(\)"),
    "a value that cannot be written": ({"factors": (dataclasses.replace(KIND, domain=("a", "b=c")), SIZE)}, r"letters, digits"),
    "a domain upside down": ({"factors": (KIND, dataclasses.replace(SIZE, domain=(1.0, 0.0)))}, r"“size” has the domain \(1\.0, 0\.0\)\. Write"),
    "a law that leaves the domain": (
        sized(lambda kind: Uniform(0.0, 2.0) if kind == "b" else Point(0.0)),
        r"things\.py: the mechanism of “size” leaves the domain 0 to 1 where kind is b\. Stay within 0 to 1",
    ),
    "a law upside down": (sized(lambda kind: Uniform(0.5, 0.1)), r"“size” begins above its end, so that nothing can be drawn"),
    "a normal without spread": (sized(lambda kind: Normal(0.5, 0.0)), r"nothing can be drawn where kind is a"),
    "a number that is none": (sized(lambda kind: Point(float("nan"))), r"not finite, so that nothing can be drawn"),
    "a name for a number": (sized(lambda kind: Point("large")), r"gives “large”, which is no number"),
    "an unknown value": (kinds(lambda: Point("c")), r"“kind” gives “c”, which is no value of it"),
    "weights that are zero": (kinds(lambda: Choice.of({"a": 0, "b": 0})), r"all zero, so that nothing can be drawn"),
    "a mixture of a mixture": (kinds(lambda: Mixture(((1.0, Mixture(((1.0, Point("a")),))),))), r"mixes a mixture"),
    "a mixture of nothing": (kinds(lambda: Mixture(((0.0, Point("a")),))), r"nothing can be drawn"),
    "no law": (sized(lambda kind: 0.5), r"the mechanism of “size” gives float where kind is a, which is no law"),
    "a mechanism that fails": (sized(lambda kind: Uniform(0.0, {"a": 1.0}[kind])), r"the mechanism of “size” fails \(KeyError: 'b'\)"),
    "a mechanism of other parents": (sized(lambda colour: Point(0.5)), r"takes \(colour\), but its parents are \(kind\)\. Name the arguments"),
}  # fmt: skip


def test_the_system_that_the_wrong_ones_are_made_from_is_fine():
    assert systems.System(**FINE).order == ("kind", "size")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_system_names_file_factor_and_way_out(case):
    changes, said = WRONG[case]
    with pytest.raises(errors.UserError, match=said) as refused:
        systems.System(**{**FINE, **changes})
    assert "things.py" in refused.value.message
    assert refused.value.hint.endswith(".")


def test_unknown_names_are_refused_when_asked_for():
    system = systems.System(**FINE)
    for ask in (system.factor, system.parents, system.mechanism, system.ancestors, system.descendants):
        with pytest.raises(errors.UserError, match="no factor of things named “sise”"):
            ask("sise")


SOURCE = registry.path("systems", "shape_scenes").read_text().replace('"shape_scenes"', '"mine"')
FILES = {
    "no citation": (SOURCE.replace("CITATION = (", "CITED = ("), r"lacks CITATION\. Write each as a literal"),
    "half a parameter": (SOURCE.replace('"strength": (0.5, 0.0, 1.0, ', '"strength": (0.5, '), r"has PARAMETERS that cannot be read"),
    "another name": (SOURCE.replace('"mine"', '"other"'), r"calls its system “other”"),
    "no Python": (SOURCE.replace("def build(", "def build(("), r"mine\.py cannot be read: .* in line \d+\. Correct that line"),
    "no build": (SOURCE.replace("def build(", "def make("), r"mine\.py cannot be run \(AttributeError: .*build"),
    "no such name": (SOURCE.replace('"shape", TASK', '"shape", TUSK'), r"mine\.py cannot be run \(NameError: .*TUSK"),
    "no System": (SOURCE.replace("    return System(", "    return ("), r"mine\.py builds tuple\. Let `build` return a System"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_system_says_what_it_lacks_and_hides_no_other(case, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    folder = tmp_path / "extensions" / "systems"
    folder.mkdir(parents=True)
    text, said = FILES[case]
    (folder / "mine.py").write_text(text)
    with pytest.raises(errors.UserError, match=said):
        systems.load("mine")
    assert command_line.main(["list", "systems", "--json"]) == 0
    listed = {row["name"]: row["missing"] for row in json.loads(capsys.readouterr().out)}
    assert listed == {**dict.fromkeys(systems.names()), "mine": systems.problem("mine")}
