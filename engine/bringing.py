"""`import` on the command line: predictions, networks, image sets and result tables from elsewhere, by the same functions as the pages.

Every command takes `--preview`: it says what would be brought and what is wrong with it, and keeps nothing.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control, errors
from engine.importers import _commands as tables

if TYPE_CHECKING:
    from engine.datasets.images import Card
    from engine.importers._audit import Finding
    from engine.importers._columns import Columns

Tell = Callable[[argparse.Namespace, dict], None]
PRESETS: Mapping[str, str] = {  # words that a shell leaves alone -> presets of engine.importers.network
    "unit": "0..1", "imagenet": "ImageNet mean/std", "signed": "-1..1", "lite": "(x-127)/128", "mnist": "MNIST", "bytes": "0..255",
}  # fmt: skip


def add(commands: Any, command: Callable, tell: Tell) -> None:
    """Add `import KIND` to the command line.

    Args:
        commands: the subparsers to add to.
        command: makes one command: (subparsers, name, what it does, text) -> parser.
        tell: prints facts as text or JSON.
    """
    kinds = commands.add_parser("import", help="Bring predictions, a network or a set of images from elsewhere.")
    group = kinds.add_subparsers(required=True, metavar="KIND")
    _predictions_arguments(command(group, "predictions", lambda a: tell(a, _predictions(a)), "Bring a table of labels and logits or probabilities."))
    _network_arguments(
        command(group, "network", lambda a: tell(a, _network(a)), "Bring a network: ONNX, or safetensors of one of our architectures.")
    )
    _images_arguments(command(group, "images", lambda a: tell(a, _images(a)), "Bring images: class folders, a zip of them, Parquet or .npz."))
    tables.add(group, command, tell)


def _predictions_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="Parquet, CSV, TSV, JSON lines or .npz with label and logit_0 … or prob_0 … or a list column logits")
    parser.add_argument("--model", required=True, help="how the network is to be called")
    parser.add_argument("--dataset", required=True, help="the set that the rows are about, known here or not")
    parser.add_argument("--split", default="test", help="its split (test)")
    parser.add_argument("--label", help="the column of labels, where its name does not say so")
    parser.add_argument("--outputs", nargs="+", metavar="COLUMN", help="the columns of logits in the order of the classes, or one column of lists")
    parser.add_argument("--probabilities", action="store_true", help="the outputs are probabilities")
    parser.add_argument("--example-id", metavar="COLUMN", help="the column that names examples")
    parser.add_argument("--group", action="append", metavar="COLUMN", help="a column to group by (may be repeated)")
    parser.add_argument("--classes-from", metavar="SET|FILE", help="class names of the outputs: those of a set, or a text file, one a line")
    parser.add_argument("--trained-on", metavar="SET", help="the network's in-distribution set")
    parser.add_argument("--renormalise", action="store_true", help="divide probabilities by their sum")
    parser.add_argument("--skip-bad", action="store_true", help="leave out rows that cannot be read or scored")
    parser.add_argument("--preview", action="store_true", help="only say what it would become")


def _predictions(arguments: argparse.Namespace) -> dict:
    """Read, and unless only a preview was asked for, store and score a file of predictions."""
    from engine.assay import brought
    from engine.importers import predictions

    preview = predictions.read(
        arguments.file, network=arguments.model, dataset=arguments.dataset, split=arguments.split, columns=_columns(arguments),
        classes=_classes(arguments.classes_from), renormalise=arguments.renormalise, skip_bad=arguments.skip_bad,
    )  # fmt: skip
    facts = {"network": preview.network, "dataset": preview.dataset, "split": preview.split, "examples": preview.n}
    facts |= {"accuracy": round(preview.accuracy, 6) if preview.n else None, "said": _said(preview.audit, arguments)}
    if arguments.preview:
        return facts
    run = brought.store_preview(preview, trained_on=arguments.trained_on)
    control.audit("bring predictions", f"{preview.network} on {preview.dataset}")
    return {"run": run, **facts}


def _columns(arguments: argparse.Namespace) -> "Columns | None":
    """Return which column means what, as far as it was said; the rest by the names of the columns."""
    from engine.importers import predictions

    said = {
        "label": arguments.label, "outputs": tuple(arguments.outputs or ()), "probabilities": arguments.probabilities or None,
        "example_id": arguments.example_id, "groups": tuple(arguments.group or ()) or None,
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value}
    if not given:
        return None
    if "label" in given and "outputs" in given:
        return predictions.Columns(**given)
    return replace(predictions.columns(arguments.file)[0], **given)


def _network_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=".onnx, or .safetensors with --architecture")
    parser.add_argument("--name", default="", help="how it is to be called (the file's name)")
    parser.add_argument("--architecture", help="for safetensors: see `list architectures`")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an argument of the architecture (may be repeated)")
    parser.add_argument("--size", type=int, help="side of the square input in pixels")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 = grey, 3 = colour")
    parser.add_argument("--order", choices=("rgb", "bgr"), help="order of the colours")
    parser.add_argument("--layout", choices=("nchw", "nhwc"), help="order of the axes")
    parser.add_argument("--preset", choices=tuple(PRESETS), help="; ".join(f"{word}: {title}" for word, title in PRESETS.items()))
    parser.add_argument("--scale", type=float, help="pixels 0..255 are multiplied by this first")
    parser.add_argument("--mean", type=float, nargs="+", help="then this is subtracted, one number or one a channel")
    parser.add_argument("--std", type=float, nargs="+", help="then it is divided by this")
    parser.add_argument("--crop", type=float, help="the short side is resized to size / crop, then the centre cut out")
    parser.add_argument("--interpolation", choices=("nearest", "bilinear", "bicubic", "area"), help="how pixels are resampled")
    parser.add_argument("--classes-from", metavar="SET|FILE", help="class names: those of a set, or a text file, one a line")
    parser.add_argument("--trained-on", metavar="SET", help="its in-distribution set")
    parser.add_argument("--before-softmax", action="store_true", help="read what goes into the final softmax")
    parser.add_argument("--licence", default="", help="terms of the weights")
    parser.add_argument("--citation", default="", help="whom to cite")
    parser.add_argument("--preview", action="store_true", help="only say what it is and how it does")


def _network(arguments: argparse.Namespace) -> dict:
    """Read and try a network file, and unless only a preview was asked for, keep it."""
    from engine.datasets import images
    from engine.importers import network

    draft = network.read(
        arguments.file, name=arguments.name, architecture=arguments.architecture, options=_options(arguments.option),
        preprocess=_preprocess(arguments), classes=_classes(arguments.classes_from), trained_on=arguments.trained_on,
        licence=arguments.licence, citation=arguments.citation, before_softmax=arguments.before_softmax,
    )  # fmt: skip
    audit, facts = list(draft.audit), {}
    if draft.usable and arguments.trained_on in images.names() and not images.card(arguments.trained_on).missing:
        trial = network.trial(draft, arguments.trained_on)
        audit.append(trial.finding)
        facts = {"tried_on": trial.dataset, "images": trial.n, "accuracy": round(trial.accuracy, 6), "chance": round(trial.chance, 6)}
    card = draft.card if arguments.preview else network.bring(draft)
    if not arguments.preview:
        control.audit("bring network", card.name)
    about = {"network": card.name, "architecture": card.architecture, "parameters": card.parameters, "classes": len(card.classes)}
    return {**about, "input": card.preprocess.model_dump(), "digest": card.digest, **facts, "said": _said(audit, arguments)}


def _preprocess(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what was said of the preprocessing; a preset gives scale, mean and std, and single answers win over it."""
    from engine.importers import network

    names = ("size", "channels", "order", "layout", "scale", "mean", "std", "crop", "interpolation")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if not arguments.preset:
        return given
    preset = network.PRESETS[PRESETS[arguments.preset]]
    return {**preset.answers(arguments.channels or len(preset.mean), arguments.order or "rgb"), **given}


def _options(words: Sequence[str]) -> dict[str, Any]:
    """Return NAME=VALUE words as arguments; values are read as JSON where they are JSON."""
    return {name: _value(text) for name, text in _pairs(words, "--option", "NAME=VALUE").items()}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _pairs(words: Iterable[str], flag: str, form: str) -> dict[str, str]:
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise errors.UserError(f"“{word[:120]}” says nothing to {flag}.", f"Write {flag} {form}.")
        found[name] = value
    return found


def _images_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="a folder of class folders, a .zip of one, a Parquet file with image bytes, or an .npz")
    parser.add_argument("--name", required=True, help="how the set is to be called")
    parser.add_argument("--title", default="", help="how pages call it (the name)")
    parser.add_argument("--like", metavar="NETWORK|SET", help="take over classes, task, size and channels; classes are mapped by nearest names")
    parser.add_argument("--map", action="append", default=[], metavar="OLD=NEW", help="call a class otherwise; OLD= leaves it out (may be repeated)")
    parser.add_argument("--frame", type=int, help="side of the square images in pixels")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 = grey, 3 = colour")
    parser.add_argument("--fit", choices=("crop", "pad", "digits"), help="how a picture becomes square")
    parser.add_argument("--invert", action="store_true", help="black and white change places")
    parser.add_argument("--image-column", metavar="COLUMN", help="Parquet, .npz: where the pictures are")
    parser.add_argument("--label-column", metavar="COLUMN", help="Parquet, .npz: where the labels are")
    parser.add_argument("--group", action="append", default=[], metavar="COLUMN", help="Parquet: a column to group by (may be repeated)")
    parser.add_argument("--train-share", type=float, default=0.0, help="where the files have no splits, the share to train on")
    parser.add_argument("--val-share", type=float, default=0.0, help="the same to validate on")
    parser.add_argument("--licence", default="", help="its terms")
    parser.add_argument("--citation", default="", help="whom to cite")
    parser.add_argument("--preview", action="store_true", help="only say what is there and how its classes would be mapped")


@dataclass(frozen=True)
class _Like:
    """What a set takes over from a network or another set."""

    classes: tuple[str, ...] = ()
    task: str = ""
    frame: int | None = None
    channels: int | None = None


def _images(arguments: argparse.Namespace) -> dict:
    """Look at pictures, and unless only a preview was asked for, take them in."""
    from engine.datasets.images import _brought, _reading

    found = _reading.preview(arguments.path, arguments.image_column, arguments.label_column, arguments.group)
    like = _like(arguments.like) if arguments.like else _Like()
    mapping = _mapping(found.classes, like, arguments.map)
    frame, channels = arguments.frame or like.frame or found.frame, arguments.channels or like.channels or found.channels
    fit = arguments.fit or ("digits" if like.task == "digits" and (frame, channels) == (28, 1) else "crop")
    facts: dict[str, Any] = {"name": arguments.name, "kind": found.kind, "pictures": found.n, "frame": frame, "channels": channels, "fit": fit}
    if arguments.preview:
        said = [*found.notes, *found.problems]
        return {**facts, "classes": mapping, "said": said if arguments.json else _lines(said)}
    card = _brought.bring(
        arguments.path, arguments.name, title=arguments.title, mapping=mapping, known=like.classes, task=like.task, frame=frame, channels=channels,
        fit=fit, invert=arguments.invert, image_column=arguments.image_column, label_column=arguments.label_column, group_columns=arguments.group,
        train_share=arguments.train_share, val_share=arguments.val_share, licence=arguments.licence, citation=arguments.citation,
    )  # fmt: skip
    control.audit("bring data set", card["name"])
    skipped = list(card["skipped"])
    return {**facts, "classes": mapping, "sizes": card["sizes"], "said": skipped if arguments.json else _lines(skipped)}


def _like(name: str) -> _Like:
    """Return what a set takes over; raises UserError for a name that is neither a network nor a set."""
    from engine import networks
    from engine.datasets import images

    if name in images.names():
        return _like_set(images.card(name))
    if name not in networks.names():
        raise errors.unknown("network or data set", name, (*networks.names(), *images.names()))
    card = networks.card(name)
    if card.trained_on in images.names():
        return replace(_like_set(images.card(str(card.trained_on))), classes=card.classes)
    return _Like(card.classes, "", card.preprocess.size, card.preprocess.channels)


def _like_set(card: "Card") -> _Like:
    return _Like(card.classes, card.task, card.frame, card.channels)


def _mapping(found: Iterable[str], like: _Like, words: Sequence[str]) -> dict[str, str | None]:
    """Return class as found -> class it is to be (None = left out): nearest names first, what was said over that."""
    from engine.datasets.images import _reading

    classes = list(found)
    said = _pairs(words, "--map", "OLD=NEW")
    if strange := [old for old in said if old not in classes]:
        raise errors.unknown("class in these files", strange[0], classes)
    if like.classes and (strange := [new for new in said.values() if new and new not in like.classes]):
        raise errors.unknown("class to map to", strange[0], like.classes)
    guess: Mapping[str, str | None] = _reading.suggest(classes, like.classes) if like.classes else {name: name for name in classes}
    return {**guess, **{old: new or None for old, new in said.items()}}


def _classes(source: str | None) -> tuple[str, ...]:
    """Return class names of a set, or out of a text file; none where nothing was said."""
    from engine.datasets import images
    from engine.importers import network

    if source is None:
        return ()
    if source in images.names():
        return network.classes_of_set(source)
    path = Path(source)
    if not path.is_file():
        raise errors.unknown("data set or file of class names", source, images.names())
    try:
        return network.classes_of_text(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as problem:
        raise errors.UserError(f"{path.name} is no text.", "Give class names one a line, as UTF-8.") from problem


def _said(audit: "Sequence[Finding]", arguments: argparse.Namespace) -> Any:
    """Return what was noticed: objects for JSON, lines for people."""
    if arguments.json:
        return [{"level": f.level, "sentence": f.sentence, "fix": f.fix} for f in audit]
    return _lines([f"{f.level}: {f.sentence} {f.fix}".strip() for f in audit])


def _lines(sentences: Sequence[str]) -> str:
    return "".join(f"\n  {sentence}" for sentence in sentences)
