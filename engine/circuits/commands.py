"""The command `circuits`: everything that is known of trained circuits, and everything that can be asked of one."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import control, errors
from engine.circuits import exchange, shipping, views
from engine.circuits import spec as asking

_FORMATS: Mapping[str, Callable[[str], bytes]] = {
    "json": exchange.to_json,
    "graphml": exchange.to_graphml,
    "parquet": exchange.to_parquet,
    "csv": exchange.to_csv,
}


def add(commands: Any, command: Callable, show: Callable, tell: Callable, answered: Callable[[str], str]) -> None:
    """Add `circuits` with its parts to the command line; `answered` runs a submitted question here and returns the state it ended in."""
    made = command(commands, "circuits", lambda arguments: arguments.part(arguments, show, tell), "Look into trained circuits, and act on them.")
    parts = made.add_subparsers(required=True, metavar="PART")
    for name, run, text, arguments in (
        ("list", _list, "Circuits that were observed, with the metrics of their graphs; --trained lists those that can be.", _for_list),
        ("observe", _observe, "Observe trained circuits and store what is seen: graph, attention, pruning curves.", _for_observe),
        ("graph", _graph, "The strongest edges of a circuit, and what is hidden.", _for_graph),
        ("nodes", _nodes, "Its modules.", _for_one),
        ("module", _module, "One module's strongest partners.", _for_module),
        ("describe", _describe, "What one module does: what it responds to, where it reads, what falls without it.", _for_describe),
        ("timeline", _timeline, "Its graph metrics over training.", _for_one),
        ("curves", _curves, "Accuracy, density and time with so many modules left.", _for_curves),
        ("difference", _difference, "Two circuits' links as one graph, modules matched.", _for_difference),
        ("input", _input, "What one image uses.", _for_input),
        ("cut", _cut, "What cutting its strongest edges does, beside random ones.", _for_cut),
        ("act", _act, "Accuracy with modules dropped or forced.", _for_act),
        ("compare", _compare, "Attention on two slices or of two circuits, with intervals; modules of two circuits matched.", _for_compare),
        ("export", _export, "Write a circuit as JSON, GraphML or an edge table.", _for_export),
        ("ship", _ship, "Put what was seen of circuits where it ships.", _for_ship),
        ("bring", _bring, "Take in a circuit from JSON, GraphML or an edge table.", _for_bring),
    ):
        part = parts.add_parser(name, help=text, description=text)
        part.set_defaults(part=run, answered=answered)
        part.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON instead of text")
        arguments(part)


def _for_one(part: argparse.ArgumentParser) -> None:
    part.add_argument("circuit", help="an observed circuit")


def _for_list(part: argparse.ArgumentParser) -> None:
    part.add_argument("--trained", action="store_true", help="circuits among the networks that are here, observed or not")


def _list(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    if asked.trained:
        show(asked, pd.DataFrame([{"name": c.name, "trained_on": c.trained_on, "parameters": c.parameters, **c.metrics} for c in asking.known()]))
    else:
        show(asked, views.listing())


def _for_observe(part: argparse.ArgumentParser) -> None:
    part.add_argument("networks", nargs="+", metavar="NETWORK", help="circuits among the networks; all = every one")
    part.add_argument("--part", action="append", dest="parts", choices=asking.PARTS, help="only this (may be repeated)")
    part.add_argument("--ranking", action="append", dest="rankings", choices=asking.RANKINGS, help="only this order (may be repeated)")
    part.add_argument("--images", type=int, default=300, help="of each test set")
    part.add_argument("--ranking-images", type=int, default=200, help="training images that rankings are made from")
    part.add_argument("--shift", action="append", metavar="NAME=STRENGTH", help="measure pruned circuits under it (may be repeated)")
    part.add_argument("--ood", action="append", default=[], metavar="SET", help="measure pruned circuits on it (may be repeated)")
    part.add_argument("--fresh", action="store_true", help="also what is stored")
    part.add_argument("--plan", action="store_true", help="only say what it would cost")


def _observe(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    question = _question(asked)
    planned = asking.plan(question)
    if asked.plan:
        cost = asking.cost(question, planned)
        tell(asked, {"cells": cost.cells, "reused": cost.reused, "seconds": round(cost.seconds or 0)})
        return
    run = control.submit(question, asking.title(question), total=planned.cells, images_total=0)
    state = asked.answered(run)
    tell(asked, {"run": run, "state": state, "error": control.job(run).error})


def _question(asked: argparse.Namespace) -> asking.CircuitsSpec:
    names = [card.name for card in asking.known()] if asked.networks == ["all"] else asked.networks
    if not names:
        raise errors.UserError("No circuit is among the networks here.", "Train one: python -m engine train circuits --help")
    said: dict[str, Any] = {"networks": names, "images": asked.images, "ranking_images": asked.ranking_images, "fresh": asked.fresh}
    chosen = {"parts": asked.parts, "rankings": asked.rankings, "ood_datasets": asked.ood}
    said |= {name: value for name, value in chosen.items() if value}
    if asked.shift:
        said["shifts"] = [dict(zip(("name", "strength"), _shift(one), strict=True)) for one in asked.shift]
    return asking.CircuitsSpec.read(json.dumps(said))


def _shift(written: str) -> tuple[str, float]:
    name, _, strength = written.partition("=")
    try:
        return name, float(strength)
    except ValueError as problem:
        raise errors.UserError(f"“{written}” is no shift with a strength.", "Write it as gaussian_noise=0.1.") from problem


def _for_graph(part: argparse.ArgumentParser) -> None:
    _for_one(part)
    part.add_argument("--kind", choices=("link", "attention"), default="link")
    part.add_argument("--layer", type=int, help="of attention; the mean over layers unless given")
    part.add_argument("--slice", default="", help='examples that attention is averaged over, such as "class=3"')
    part.add_argument("--step", type=int, help="of training, for links")
    part.add_argument("--threshold", type=float, default=0.0, help="hide edges below")
    part.add_argument("--most", type=int, default=40, help="at most so many edges")


def _graph(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    found = views.edges(
        asked.circuit, kind=asked.kind, layer=asked.layer, slice_=asked.slice, step=asked.step, threshold=asked.threshold, most=asked.most
    )
    show(asked, found.edges)
    sys.stderr.write(f"showing {found.sentence}\n")


def _nodes(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(asked, views.nodes(asked.circuit))


def _for_module(part: argparse.ArgumentParser) -> None:
    _for_one(part)
    part.add_argument("module", type=int)


def _module(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(asked, views.neighbours(asked.circuit, asked.module))


def _for_describe(part: argparse.ArgumentParser) -> None:
    _for_module(part)
    part.add_argument("--n", type=int, default=300, help="test examples")


def _describe(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    said, _ = _ask({"kind": "module", "circuit": asked.circuit, "module": asked.module, "n": asked.n}, asked)
    tell(asked, {name: " ".join(value) if name == "sentences" else value for name, value in said.items()})


def _timeline(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(asked, views.timeline(asked.circuit))


def _for_curves(part: argparse.ArgumentParser) -> None:
    _for_one(part)
    part.add_argument("--ranking", choices=asking.RANKINGS, help="only this order")


def _curves(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    found = views.curves(asked.circuit)
    show(asked, found[found["ranking"] == asked.ranking] if asked.ranking else found)


def _for_difference(part: argparse.ArgumentParser) -> None:
    part.add_argument("first")
    part.add_argument("second")
    part.add_argument("--as-numbered", action="store_true", help="do not match modules: before and after of one circuit")
    part.add_argument("--most", type=int, default=40)


def _difference(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    found = views.difference(asked.first, asked.second, matched=not asked.as_numbered)
    show(asked, found.edges.head(asked.most))
    sys.stderr.write(f"match cost {found.cost:.4f} (modules as numbered {found.unmatched:.4f}; by chance {found.chance:.4f})\n")


def _for_example(part: argparse.ArgumentParser) -> None:
    part.add_argument("circuit", help="a trained circuit")
    part.add_argument("example", help="an example's id, or the path of an image")
    part.add_argument("--dataset", help="the circuit's own unless given")
    part.add_argument("--split", default="test")
    part.add_argument("--shift", metavar="NAME=STRENGTH")
    part.add_argument("--class", dest="class_", help="explain this class's logit; the predicted one unless given")


def _for_input(part: argparse.ArgumentParser) -> None:
    _for_example(part)
    part.add_argument("--drop", action="append", type=int, default=[], metavar="MODULE")
    part.add_argument("--force", action="append", type=int, default=[], metavar="MODULE")
    part.add_argument("--out", type=Path, metavar="FILE.npz", help="write the arrays there")


def _input(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    said, arrays = _ask({"kind": "input", **_example(asked), "dropped": asked.drop, "forced": asked.force}, asked)
    if asked.out:
        np.savez_compressed(asked.out, allow_pickle=False, **arrays)  # type: ignore[arg-type]
    tell(asked, said | {"arrays": {name: list(array.shape) for name, array in arrays.items()}})


def _example(asked: argparse.Namespace) -> dict[str, Any]:
    said: dict[str, Any] = {
        "circuit": asked.circuit,
        "dataset": asked.dataset,
        "split": asked.split,
        "example_id": asked.example,
        "class": asked.class_,
    }
    if asked.shift:
        said |= dict(zip(("shift", "strength"), _shift(asked.shift), strict=True))
    return said


def _ask(question: dict[str, Any], asked: argparse.Namespace) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer in this process, with the functions that the warm process calls."""
    from engine.circuits import answer
    from engine.models import warm

    path = Path(str(getattr(asked, "example", "")))
    arrays = {"image": _image(path)} if path.suffix.lower() in {".png", ".jpg", ".jpeg"} else {}
    return answer.answer(question, arrays, warm.Cache())


def _image(path: Path) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(path) as file:
            return np.asarray(file.convert("RGB"), np.uint8)
    except (OSError, ValueError) as problem:
        raise errors.UserError(f"{path} cannot be read as an image: {problem}.", "Give a PNG or JPEG, or an example's id.") from problem


def _for_cut(part: argparse.ArgumentParser) -> None:
    _for_example(part)
    part.add_argument("--most", type=int, default=20, help="so many edges of the largest attention x gradient")


def _cut(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    _, arrays = _ask({"kind": "input", **_example(asked)}, asked)
    strength = np.abs(arrays["attribution"])
    top = np.argsort(-strength, axis=None)[: asked.most]
    layer, target, source = np.unravel_index(top, strength.shape)
    edges = [[int(a), int(c), int(b)] for a, b, c in zip(layer, target, source, strict=True)]
    said, _ = _ask({"kind": "cut", **_example(asked), "edges": edges}, asked)
    signed = arrays["attribution"].reshape(-1)[top]
    show(asked, pd.DataFrame({"layer": layer, "source": source, "target": target, "attention x gradient": signed, "drop one": said["effect"]}))
    sys.stderr.write(f"all together {said['together']:.3f}, as many random edges {said['random_mean']:.3f} (class logit before minus after)\n")


def _for_act(part: argparse.ArgumentParser) -> None:
    part.add_argument("circuit")
    part.add_argument("--drop", action="append", type=int, default=[], metavar="MODULE")
    part.add_argument("--force", action="append", type=int, default=[], metavar="MODULE")
    part.add_argument("--shift", action="append", default=[], metavar="NAME=STRENGTH")
    part.add_argument("--ood", action="append", default=[], metavar="SET")
    part.add_argument("--n", type=int, default=200)


def _act(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    sets = [dict(zip(("shift", "strength"), _shift(one), strict=True)) for one in asked.shift] + [{"dataset": one} for one in asked.ood]
    said, _ = _ask({"kind": "act", "circuit": asked.circuit, "dropped": asked.drop, "forced": asked.force, "sets": sets, "n": asked.n}, asked)
    show(asked, pd.DataFrame(said["sets"]))


def _for_compare(part: argparse.ArgumentParser) -> None:
    part.add_argument("first", help='a side, such as "circuit=NAME" or "circuit=NAME,class=3,shift=gaussian_noise,strength=0.2"')
    part.add_argument("second")
    part.add_argument("--n", type=int, default=200, help="examples of each side")
    part.add_argument("--match", choices=("links", "signatures", "numbers"), default="links", help="how modules of two circuits are matched")


def _compare(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    sides = {name: _side(getattr(asked, name), asked.n) for name in ("first", "second")}
    said, _ = _ask({"kind": "compare", **sides, "match": asked.match}, asked)
    show(asked, pd.DataFrame(said["top"]))
    sys.stderr.write(f"{said['verdict']} {said['how']}\n")
    if match := said.get("match"):
        chance = match.get("permuted", match.get("shuffled"))[0]
        sys.stderr.write(f"links: match cost {match['cost']:.4f}, by chance {chance:.4f}. {match['verdict']}\n")


def _side(written: str, n: int) -> dict[str, Any]:
    told: dict[str, Any] = {name: value for name, _, value in (part.partition("=") for part in written.split(","))}
    if not told.get("circuit"):
        raise errors.UserError(f"“{written}” names no circuit.", 'Write "circuit=NAME,class=3".')
    return {"n": n, **told}


def _for_export(part: argparse.ArgumentParser) -> None:
    _for_one(part)
    part.add_argument("file", type=Path, help="ending in .json, .graphml, .parquet or .csv")


def _export(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    kind = asked.file.suffix.lower().lstrip(".")
    if kind not in _FORMATS:
        raise errors.UserError(f"A circuit cannot be written as “{asked.file.name}”.", f"End the name in .{', .'.join(_FORMATS)}.")
    content = _FORMATS[kind](asked.circuit)
    try:
        asked.file.write_bytes(content)
    except OSError as problem:
        raise errors.UserError(f"{asked.file} cannot be written: {problem}.", "Choose another folder.") from problem
    tell(asked, {"circuit": asked.circuit, "file": str(asked.file), "bytes": len(content)})


def _for_ship(part: argparse.ArgumentParser) -> None:
    part.add_argument("circuits", nargs="*", help="observed circuits; all unless given")
    part.add_argument("--into", type=Path, required=True, help="a root of the store, such as data/sample")


def _ship(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(asked, pd.DataFrame({"shipped": list(shipping.ship(asked.into, asked.circuits))}))


def _for_bring(part: argparse.ArgumentParser) -> None:
    part.add_argument("file", type=Path)
    part.add_argument("--name", default="", help="what to call it; as the file says unless given")


def _bring(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    name = exchange.bring(asked.file, asked.name)
    known = views.about(name)
    tell(asked, {"circuit": name, "modules": known["modules"], "outputs": known["outputs"], "layers": known["layers"], **known["metrics"]})
