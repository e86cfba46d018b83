"""The command `amodal`: clips with hidden parts, what completes them, and how well."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine import completers, errors
from engine.amodal import baselines, exchange, scoring
from engine.datasets import clips
from engine.datasets.clips import Clip
from engine.importers import clips as bringing
from engine.metrics import masks

BRIEF = ("iou_whole", "iou_hidden", "false_extension")


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `amodal` with its parts to the command line."""
    made = command(commands, "amodal", lambda asked: asked.part(asked, show, tell), "Complete the hidden parts of objects in video, and measure it.")
    parts = made.add_subparsers(required=True, metavar="PART")
    for name, run, text, arguments in (
        ("clips", _clips, "Sets of clips that are drawn, and clips that were brought.", _for_nothing),
        ("networks", _networks, "Trained completers and baselines.", _for_nothing),
        ("bring", _bring, "Make a clip of frames or a video and of masks in any known form.", _for_bring),
        ("remove", _remove, "Delete a clip that was brought.", _for_remove),
        ("score", _score, "How well answers complete clips: whole, hidden part, with intervals over clips.", _for_score),
        ("complete", _complete, "Complete a clip's objects and write whole masks, one a frame.", _for_complete),
    ):
        part = parts.add_parser(name, help=text, description=text)
        part.set_defaults(part=run)
        part.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON instead of text")
        arguments(part)


def _for_nothing(_part: argparse.ArgumentParser) -> None:
    """Take no arguments."""


def _clips(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    cards = [clips.card(name) for name in clips.names()]
    rows = [
        {"clip": f"{card.name}/{split}", "clips": size, "title": card.title, "truth": True} for card in cards for split, size in card.sizes.items()
    ]
    for name in clips.brought():
        clip = clips.find(name)
        rows.append({"clip": name, "clips": 1, "title": _described(clip), "truth": any(track.whole for track in clip.tracks)})
    show(asked, pd.DataFrame(rows))


def _described(clip: Clip) -> str:
    return f"{clip.length:,} frames of {clip.width} x {clip.height}, {len(clip.tracks)} objects"


def _networks(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    rows: list[dict[str, Any]] = [{"name": name, "title": _title(name), "labels": False} for name in baselines.names()]
    for name in completers.names():
        card = completers.card(name)
        rows.append({"name": name, "title": card.title, "labels": card.labels, "steps": card.steps, "parameters": card.parameters, **card.metrics})
    show(asked, pd.DataFrame(rows))


def _title(name: str) -> str:
    return (baselines.BASELINES[name].__doc__ or "").split("\n")[0].removeprefix("Return ").split(":")[0].rstrip(".")


def _for_bring(part: argparse.ArgumentParser) -> None:
    part.add_argument("name", help="what the clip is to be called")
    part.add_argument("footage", type=Path, help="a folder or zip of frames, or a video")
    part.add_argument("--masks", type=Path, help="masks of its objects: JSON, MOTS text, .npz, a folder or zip of PNGs")
    part.add_argument("--kind", choices=bringing.kinds(), help="the form of the masks; told by the file where it is not given")
    part.add_argument("--occluder", type=Path, help="masks of what hides the objects, besides each other")
    part.add_argument("--partial", action="store_true", help="take the frames that are there of a video that claims more")


def _bring(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    found = bringing.bring(asked.name, asked.footage, asked.masks, kind=asked.kind, occluder=asked.occluder, partial=asked.partial)
    clip = found.clip
    said = {"frames": clip.length, "width": clip.width, "height": clip.height, "objects": [track.name for track in clip.tracks]}
    tell(asked, {"clip": clip.name, **said, "notes": list(found.notes)})


def _for_remove(part: argparse.ArgumentParser) -> None:
    part.add_argument("name", help="of a clip that was brought")


def _remove(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    bringing.remove(asked.name)
    tell(asked, {"removed": asked.name})


def _for_score(part: argparse.ArgumentParser) -> None:
    part.add_argument("clips", nargs="+", metavar="CLIPS", help="SET/SPLIT (its first clips), SET/SPLIT/NUMBER, or a clip that was brought")
    part.add_argument(
        "--with", action="append", dest="answers", default=[], metavar="NAME", help="a completer or baseline; baselines are always there"
    )
    part.add_argument("--adapt", type=int, default=0, metavar="STEPS", help="also each completer adapted to each clip by so many label-free steps")
    part.add_argument("--predictions", type=Path, help="somebody's whole masks for the one clip, in any known form")
    part.add_argument("--first", type=int, default=20, help="clips of each split, 20 unless given")
    part.add_argument("--flow", choices=("given", "dis"), default="given", help="given: exact where the clip has it; dis: estimated from the frames")
    part.add_argument("--noise", type=float, default=0.15, help="on exact flow, pixels; 0.15 unless given")
    part.add_argument("--bands", action="store_true", help="each band of occlusion besides all frames")
    part.add_argument("--frames", action="store_true", help="every frame instead of measures")


def _score(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    if asked.noise < 0 or asked.adapt < 0 or asked.first < 1:
        raise errors.UserError("Noise and steps cannot be below 0, nor the number of clips below 1.", "Choose others.")
    found = list(
        scoring.scored(_chosen(asked), _completers(asked.answers, asked.adapt), flow=asked.flow, noise=0.0 if asked.flow == "dis" else asked.noise)
    )
    if asked.predictions:
        found += _predicted(asked)
    if not found:
        raise errors.UserError("No object of these clips has a known whole mask and is ever hidden.", "Choose clips with truth.")
    if asked.frames:
        show(asked, scoring.frames(found))
        return
    bands = (scoring.ALL, masks.PUBLISHED, *(name for name, *_ in masks.BANDS)) if asked.bands else (scoring.ALL, masks.PUBLISHED)
    table = scoring.measures(found, bands)
    show(asked, table if getattr(asked, "json", False) else table[table["metric"].isin(BRIEF)].drop(columns="reason"))


def _chosen(asked: argparse.Namespace) -> Iterator[Clip]:
    for address in asked.clips:
        if address.count("/") == 1:
            name, split = address.split("/")
            size = clips.card(name).sizes.get(split)
            if size is None:
                raise errors.unknown(f"split of {name}", split, clips.card(name).sizes)
            yield from (clips.load(name, split, k) for k in range(min(asked.first, size)))
        else:
            yield clips.find(address)


def _completers(names: list[str], adapt: int) -> Mapping[str, scoring.Completer]:
    from engine.amodal import completing

    plain = {name: completing.completer(name) for name in names}
    adapted = {f"{name} + {adapt} steps": completing.completer(name, adapt=adapt) for name in names if adapt and name not in baselines.names()}
    return {**baselines.BASELINES, **plain, **adapted}


def _predicted(asked: argparse.Namespace) -> list[scoring.Scored]:
    if len(asked.clips) != 1 or asked.clips[0].count("/") == 1:
        raise errors.UserError("Predictions belong to one clip.", "Name that clip alone.")
    clip = clips.find(asked.clips[0])
    given = bringing.predictions(asked.predictions, clip)
    return [
        scoring.Scored(clip.name, track.name, asked.predictions.name, scoring.tally(clip, track.name, given[track.name]))
        for track in clip.tracks
        if track.name in given and track.whole is not None
    ]


def _for_complete(part: argparse.ArgumentParser) -> None:
    part.add_argument("clip", help="SET/SPLIT/NUMBER, or a clip that was brought")
    part.add_argument("--with", dest="answer", required=True, metavar="NAME", help="a completer or baseline")
    part.add_argument(
        "--into", type=Path, required=True, metavar="PATH", help="a .json file (YouTube-VIS with amodal_segmentations), or a folder for PNGs"
    )
    part.add_argument("--flow", choices=("given", "dis"), default="given", help="given: exact where the clip has it; dis: estimated from the frames")
    part.add_argument("--adapt", type=int, default=0, metavar="STEPS", help="label-free steps on this clip first")


def _complete(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    from engine.amodal import completing

    clip = clips.find(asked.clip)
    answers = dict(completing.completed(clip, asked.answer, flow=asked.flow, adapt=max(0, asked.adapt)))
    if not answers:
        raise errors.UserError(f"{clip.name} has no object that is visible.", "Bring it with masks.")
    if asked.into.suffix.lower() == ".json":
        exchange.write_json(clip, answers, asked.answer, asked.into)
    else:
        exchange.write_pictures(clip, answers, asked.into)
    tell(asked, {"clip": clip.name, "answer": asked.answer, "frames": clip.length, "objects": list(answers), "into": str(asked.into)})
