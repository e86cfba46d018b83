"""A network from elsewhere, as ONNX, or as safetensors of one of our architectures.

`read` says what the file is and what is wrong with the answers given about it; `bring` puts it among the networks that
can be run here. The file is parsed without running anything, then tried in a process of its own.
"""

import errno
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pydantic
from jaxtyping import UInt8
from numpy import ndarray

from engine import errors, hashing, networks, people, places, registry, safety
from engine.datasets import images
from engine.importers import _classes, _facts, _files, _onnx, _presets, _probe
from engine.importers._audit import Finding, refuse
from engine.importers._facts import Facts
from engine.importers._presets import PRESETS, Preset, TensorPreview, preset_of
from engine.preprocess import Preprocess

VERSION = 1
SUFFIXES = (".onnx", ".safetensors")
NEEDS = "an .onnx file, or a .safetensors file and the name of its architecture"
MOST_BYTES = 2**31 - 1  # what a protobuf message can be
ARCHITECTURES = "models/classifiers"
TRIAL_IMAGES = 100

__all__ = [
    "MOST_BYTES", "NEEDS", "PRESETS", "SUFFIXES", "VERSION", "Draft", "Facts", "Finding", "Preset", "TensorPreview", "Trial", "bring",
    "classes_of_set", "classes_of_text", "free_name", "preset_of", "read", "remove", "tensor_preview", "trial",
]  # fmt: skip

classes_of_set = _classes.of_set
classes_of_text = _classes.of_text


@dataclass(frozen=True)
class Draft:
    """A network that is not here yet: what its file says, the card it would get, and what was noticed."""

    path: Path
    facts: Facts
    card: networks.Card
    before_softmax: bool
    audit: tuple[Finding, ...] = field(repr=False)

    @property
    def usable(self) -> bool:
        """Whether nothing keeps it out."""
        return not any(finding.level == "error" for finding in self.audit)


def read(
    path: Path, *, name: str = "", architecture: str | None = None, options: Mapping[str, Any] | None = None,
    preprocess: Preprocess | Mapping[str, Any] | None = None, classes: Sequence[str] = (), trained_on: str | None = None,
    licence: str = "", citation: str = "", text: str = "", attributes: Mapping[str, str | int | float | bool | None] | None = None,
    before_softmax: bool = False, probe: bool = True,
) -> Draft:  # fmt: skip
    """Return what a network file is and what is wrong with the answers about it; nothing is kept.

    Args:
        path: .onnx or .safetensors.
        name: how it is to be called; empty = the file's name.
        architecture: for safetensors, a name from `engine/models/classifiers`.
        options: arguments of that architecture.
        preprocess: size, channels, order, layout, scale, mean, std; what is left out is taken from the file's input, then
            from the set it was trained on, then 224 px, three channels, 0..1.
        classes: names of the outputs in order; empty = those of the set it was trained on, where their number fits.
        trained_on: the set it was fitted on.
        licence: terms of the weights.
        citation: whom to cite.
        text: anything else worth knowing.
        attributes: whatever people may colour or filter by.
        before_softmax: for ONNX that ends in a softmax, read what goes into it.
        probe: try the network in a process of its own, when nothing is wrong so far (seconds).

    Raises:
        UserError: for a file that is refused, cut short or not what its name says; for a preprocessing that contradicts
            itself. Everything else is in the audit.
    """
    kind = _files.format_of(path, _files.NETWORKS, "network", MOST_BYTES)
    facts = _facts.read(path, kind)
    wanted = _preprocess(facts, preprocess, trained_on)
    classes = tuple(classes) or _classes_of_training_set(facts, trained_on)
    title = (name or path.stem).strip()
    card = networks.Card(
        name=safety.slug(title), title=safety.shown(title, 120), architecture=architecture or ("onnx" if kind == "onnx" else ""),
        options=dict(options or {}), preprocess=wanted, classes=classes, weights=(f"weights.{kind}",), digest=facts.digest,
        trained_on=trained_on or None, parameters=facts.parameters, attributes=dict(attributes or {}), licence=licence, citation=citation,
        text=text, source="brought",
    )  # fmt: skip
    draft = Draft(path, facts, card, before_softmax, (*facts.findings, *_checked(card, facts, before_softmax=before_softmax)))
    return _probed(draft) if probe and draft.usable else draft


def _preprocess(facts: Facts, given: Preprocess | Mapping[str, Any] | None, trained_on: str | None) -> Preprocess:
    if isinstance(given, Preprocess):
        return given
    about = images.card(trained_on) if trained_on in images.names() else None
    guessed = {
        "size": facts.size or (about.frame if about else 224),
        "channels": facts.channels or (about.channels if about else 3),
        "layout": facts.layout or "nchw",
    }
    try:
        return Preprocess.model_validate({**guessed, **(given or {})})
    except pydantic.ValidationError as problem:
        said = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg'].removeprefix('Value error, ')}" for e in problem.errors())
        raise errors.UserError(f"The preprocessing cannot be as said: {said}.", "Correct the named answers.") from problem


def _classes_of_training_set(facts: Facts, trained_on: str | None) -> tuple[str, ...]:
    if trained_on not in images.names():
        return ()
    names = images.card(str(trained_on)).classes
    return names if facts.width in {None, len(names)} else ()


def _checked(card: networks.Card, facts: Facts, *, before_softmax: bool) -> list[Finding]:
    """Return what is wrong with the answers, judged by the file's own account."""
    return [
        *_checked_input(card.preprocess, facts),
        *_checked_architecture(card, facts),
        *_classes.check(card.classes, facts.width),
        *_checked_softmax(facts, before_softmax=before_softmax),
        *_checked_training_set(card),
    ]


def _checked_input(wanted: Preprocess, facts: Facts) -> list[Finding]:
    if facts.shape is None or len(facts.shape) != 4:
        return []  # not known, or reported already
    sides = (wanted.channels, wanted.size, wanted.size) if wanted.layout == "nchw" else (wanted.size, wanted.size, wanted.channels)
    if all(not isinstance(has, int) or has == want for has, want in zip(facts.shape[1:], sides, strict=True)):
        return []
    wants = _facts.said(facts.shape)
    if facts.layout and facts.layout != wanted.layout:
        return [Finding("error", f"The network wants {wants}, which is {facts.layout}, you said {wanted.layout}.", f"Choose {facts.layout}.")]
    if facts.size and facts.size != wanted.size:
        return [Finding("error", f"The network wants {wants}, you said {wanted.size} px.", f"Say {facts.size} px.")]
    if facts.channels and facts.channels != wanted.channels:
        return [Finding("error", f"The network wants {wants}, you said {wanted.channels} channels.", f"Say {facts.channels}.")]
    sentence = f"The network wants {wants}, you said {_facts.said(('n', *sides))}."
    return [Finding("error", sentence, "Only square images are fed: export it with a square input, or correct the answers.")]


def _checked_architecture(card: networks.Card, facts: Facts) -> list[Finding]:
    known = registry.names(ARCHITECTURES)
    if facts.kind == "onnx":
        wrong = card.architecture != "onnx"
        return [Finding("error", "An ONNX file brings its own architecture.", "Leave the architecture out.")] if wrong else []
    if not card.architecture:
        return [Finding("error", "A safetensors file holds weights only: say of which architecture.", f"One of: {', '.join(known)}.")]
    if card.architecture not in known:
        problem = errors.unknown("architecture", card.architecture, known)
        return [Finding("error", problem.message, f"{problem.hint} For any other architecture bring ONNX.")]
    return []


def _checked_softmax(facts: Facts, *, before_softmax: bool) -> list[Finding]:
    if facts.ends_in != "Softmax":
        wrong = Finding("error", "The network does not end in a softmax, so that there is nothing before it to read.", "Leave that answer out.")
        return [wrong] if before_softmax else []
    if before_softmax:
        return [Finding("note", "What goes into the final softmax is read: the logits.")]
    sentence = "The network ends in a softmax: it answers with probabilities, and what is measured here starts from logits."
    return [Finding("error", sentence, "Choose “read before the softmax”, or export it without that last layer.")]


def _checked_training_set(card: networks.Card) -> list[Finding]:
    if card.trained_on is None:
        return [Finding("note", "No training set was named: it has no in-distribution set, so shifts cannot be compared with it.")]
    if card.trained_on not in images.names():
        problem = errors.unknown("data set", card.trained_on, images.names())
        return [Finding("warning", f"The training set is not here. {problem.message}", problem.hint)]
    names = images.card(card.trained_on).classes
    if names and card.classes and not set(names) & set(card.classes):
        sentence = f"The network's classes ({safety.few(card.classes)}) and those of {card.trained_on} ({safety.few(names)}) share no name."
        return [Finding("error", sentence, "Give the classes the names that the set uses.")]
    return []


def _probed(draft: Draft) -> Draft:
    """Return the draft with what building, loading and running it in another process shows."""
    with tempfile.TemporaryDirectory() as folder:
        digest = _put_weights(draft, Path(folder))
        found = _probe.inspect(draft.card, Path(folder))
    wrong = [Finding("error", problem) for problem in found["problems"]] + [Finding("warning", warning) for warning in found["warnings"]]
    if not wrong:
        wrong = [Finding("note", f"It was tried: {_facts.said(tuple(found['input_shape']))} in, {_facts.said(tuple(found['output_shape']))} out.")]
    known = draft.card.parameters if found["parameters"] is None else found["parameters"]
    return replace(draft, card=draft.card.model_copy(update={"parameters": known, "digest": digest}), audit=(*draft.audit, *wrong))


def _put_weights(draft: Draft, folder: Path) -> str:
    """Put the weights beside a card that is to be, and return their hash."""
    target = folder / draft.card.weights[0]
    if draft.before_softmax:
        target.write_bytes(_onnx.without_softmax(draft.path.read_bytes()))
    else:
        shutil.copyfile(draft.path, target)
        if hashing.of_file(target) != draft.facts.digest:
            raise errors.UserError(f"{safety.shown(draft.path.name)} changed while it was read.", "Bring it again when it is complete.")
    return hashing.of_file(target)


def tensor_preview(draft: Draft, image: UInt8[ndarray, "h w c"]) -> TensorPreview:
    """Return the array that the network will see of an image, each channel's range in words, and what looks wrong."""
    return _presets.preview(draft.card.preprocess, image)


@dataclass(frozen=True)
class Trial:
    """How a network does on some images of a set, before it is brought."""

    dataset: str
    n: int
    accuracy: float
    chance: float
    others: Mapping[str, float]  # accuracy with other scalings; tried only where the chosen one is near chance
    finding: Finding


def trial(draft: Draft, dataset: str, n: int = TRIAL_IMAGES) -> Trial:
    """Return a network's accuracy on some images of a set, and a warning where it is near chance.

    Where it is, the other scalings are tried as well, since a wrong one is the usual cause. Takes seconds, in a process
    of its own.

    Args:
        draft: the network.
        dataset: the set, usually the one it was trained on.
        n: how many images of its validation side (of its test side where there is none) to try.

    Raises:
        UserError: for a draft with errors; an unknown set; one that shares no class with the network; a network that
            cannot be run.
    """
    refuse(draft.card.title, draft.audit)
    chosen = _some(draft.card, dataset, n)
    own = draft.card.preprocess
    accuracy = _accuracies(draft, chosen, [own])[0]
    chance = 1 / len(set(draft.card.classes) & set(chosen.classes))
    if accuracy > chance + 2 * (chance * (1 - chance) / len(chosen)) ** 0.5:
        finding = Finding("note", f"Accuracy on {len(chosen)} images of {dataset}: {accuracy:.2f} (chance {chance:.2f}).")
        return Trial(dataset, len(chosen), accuracy, chance, {}, finding)
    ways = _other_ways(own)
    others = dict(zip(ways, _accuracies(draft, chosen, list(ways.values())), strict=True)) if ways else {}
    return Trial(dataset, len(chosen), accuracy, chance, others, _near_chance(dataset, len(chosen), accuracy, chance, others))


def _some(card: networks.Card, dataset: str, n: int) -> images.Images:
    """Return a spread of images of a set whose classes the network knows."""
    about = images.card(dataset)
    found = images.load(dataset, "val" if "val" in about.sizes else "test")
    known = [i for i, label in enumerate(found.labels) if found.classes[label] in set(card.classes)]
    if not known:
        raise errors.UserError(f"The network and {dataset} share no class name.", "Choose a set of the network's task.")
    spread = known[:: max(1, len(known) // n)][:n]
    return images.Images(
        [found.images[i] for i in spread], found.labels[spread], found.classes, tuple(found.ids[i] for i in spread)
    )  # fmt: skip


def _accuracies(draft: Draft, chosen: images.Images, ways: Sequence[Preprocess]) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        _put_weights(draft, Path(folder))
        answers = _probe.answers(draft.card, Path(folder), list(chosen.images), ways)
    covered = [i for i, name in enumerate(draft.card.classes) if name in set(chosen.classes)]
    right = [chosen.classes[label] for label in chosen.labels]
    said = [[draft.card.classes[covered[i]] for i in logits[:, covered].argmax(axis=1)] for logits in answers]
    return [sum(a == b for a, b in zip(names, right, strict=True)) / len(right) for names in said]


def _other_ways(own: Preprocess) -> dict[str, Preprocess]:
    """Return the preprocessing with each other preset's scaling."""
    fits = {title: preset for title, preset in PRESETS.items() if own.channels == 3 or len(preset.mean) == 1}
    ways = {title: own.model_copy(update=preset.answers(own.channels, own.order)) for title, preset in fits.items()}
    return {title: way for title, way in ways.items() if title != preset_of(own)}


def _near_chance(dataset: str, n: int, accuracy: float, chance: float, others: Mapping[str, float]) -> Finding:
    sentence = f"Accuracy on {n} images of {dataset} is {accuracy:.2f}, near chance ({chance:.2f})."
    best = max(others, key=lambda title: others[title], default="")
    sure = chance + 4 * (chance * (1 - chance) / n) ** 0.5  # the best of several tries is high by luck
    if best and others[best] > max(sure, accuracy + 0.1):
        return Finding("warning", sentence, f"With the scaling “{best}” it would be {others[best]:.2f}: choose that.")
    return Finding("warning", sentence, "No other scaling helps: check colour order, the order of the class names, and what it was trained on.")


def free_name(name: str) -> str:
    """Return the name if no network has it, else the first of `name-2`, `name-3`, … that is free."""
    slug, taken = safety.slug(name), set(networks.names())
    return slug if slug not in taken else next(f"{slug}-{i}" for i in range(2, len(taken) + 3) if f"{slug}-{i}" not in taken)


@people.needs("bring")
def bring(draft: Draft, name: str | None = None) -> networks.Card:
    """Put a network among those that can be run here, and return its card.

    Args:
        draft: what `read` returned.
        name: another name than the draft's.

    Raises:
        UserError: for a draft with errors, a name that is taken (a free one is offered), a full disk.
    """
    refuse(draft.card.title, draft.audit)
    title = safety.shown(name.strip(), 120) if name else draft.card.title
    slug = safety.slug(name) if name else draft.card.name
    _check_free(slug)
    target = safety.inside(places.inputs("networks"), slug)
    aside = target.parent.parent / f".{slug}-{secrets.token_hex(4)}"  # beside the folder that is searched for cards
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        digest = _put_weights(draft, aside)
        card = draft.card.model_copy(update={"name": slug, "title": title, "digest": digest})
        _put_card(aside / "card.json", card)
        aside.rename(target)
    except OSError as problem:
        raise _not_kept(problem, slug) from problem
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return card


def _check_free(slug: str) -> None:
    if slug in networks.names():
        raise errors.UserError(f"A network called {slug} is here already.", f"Call it {free_name(slug)}, or remove the other one first.")


def _put_card(path: Path, card: networks.Card) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(card.model_dump(mode="json"), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _not_kept(problem: OSError, slug: str) -> errors.UserError:
    if problem.errno == errno.ENOSPC:
        return errors.UserError("The disk is full; nothing was kept.", "Free some space and bring it again.")
    if problem.errno in {errno.ENOTEMPTY, errno.EEXIST}:
        return errors.UserError(f"A network called {slug} is here already.", f"Call it {free_name(slug)}, or remove the other one first.")
    return errors.UserError(f"The network could not be kept: {problem.strerror or problem}.", "Check the folder's rights.")


@people.needs("delete")
def remove(name: str) -> None:
    """Delete a brought network; what was measured with it stays in the store.

    Raises:
        UserError: for an unknown network, or one that ships with the program.
    """
    card = networks.card(name)
    if card.source != "brought":
        raise errors.UserError(f"{name} ships with this program and is not removed.", "Only networks that were brought can be.")
    safety.discard(safety.inside(places.inputs("networks"), name))
