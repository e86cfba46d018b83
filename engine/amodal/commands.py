"""The command `amodal`: clips with hidden parts, what completes them, and how well."""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine import completers, control, errors
from engine.amodal import baselines, drawing, exchange, findings, given, measuring, scoring, shipping, views
from engine.amodal import spec as asking
from engine.datasets import clips
from engine.datasets.clips import Clip
from engine.importers import clips as bringing
from engine.metrics import masks

_LOOK = 1.0  # seconds between two looks at a run
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
        ("steps", _steps, "How many steps of adaptation are worth it, judged without labels on frames that were held out.", _for_steps),
        ("answer", _answer, "Keep another model's whole masks for a clip under a name, to be scored and stepped.", _for_answer),
        ("measured", _measured, "What has been measured and stored: each set of clips, or the answers to one.", _for_measured),
        ("findings", _findings, "Which claim holds on which clips, from what is stored.", _for_findings),
        ("numbers", _numbers, "Every stored number of a clip, one row a frame, object and answer.", _for_numbers),
        ("draw", _draw, "A clip with layers over it as .webm, .mp4, .gif, or .zip of PNGs; as many frames as it has.", _for_draw),
        ("study", _study, "Measure every completer on every set for publication, in the background; goes on where it stopped.", _for_study),
        ("ship", _ship, "Put what is stored of sets of clips into a root of the store, under names that are the same from every machine.", _for_ship),
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
    part.add_argument("--moving", action="store_true", help="no masks: find what moves in front of a camera that stands still")
    part.add_argument("--partial", action="store_true", help="take the frames that are there of a video that claims more")


def _bring(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    found = bringing.bring(
        asked.name, asked.footage, asked.masks, kind=asked.kind, occluder=asked.occluder, partial=asked.partial, moving=asked.moving
    )
    clip = found.clip
    control.audit("bring clip", clip.name)
    said = {"frames": clip.length, "width": clip.width, "height": clip.height, "objects": [track.name for track in clip.tracks]}
    tell(asked, {"clip": clip.name, **said, "notes": list(found.notes)})


def _for_remove(part: argparse.ArgumentParser) -> None:
    part.add_argument("name", help="of a clip that was brought")


def _remove(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    bringing.remove(asked.name)
    control.audit("delete clip", asked.name)
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


def _for_steps(part: argparse.ArgumentParser) -> None:
    part.add_argument("--with", dest="answer", default=shipping.ADAPTED, metavar="NAME", help=f"a completer; {shipping.ADAPTED} unless given")
    part.add_argument("--clips", default="textured/val", metavar="SET/SPLIT", help="drawn clips, flow estimated; textured/val unless given")
    part.add_argument("--first", type=int, default=12, help="so many of them, 12 unless given")
    part.add_argument("--rate", action="append", dest="rates", type=float, default=[], help="a learning rate (may be repeated)")


def _steps(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    from engine.amodal import completing

    show(asked, completing.worth(asked.answer, asked.clips, max(1, asked.first), asked.rates))


def _for_answer(part: argparse.ArgumentParser) -> None:
    part.add_argument("clip", help="SET/SPLIT/NUMBER, or a clip that was brought")
    part.add_argument("masks", type=Path, help="whole masks by object, in any known form")
    part.add_argument("--name", required=True, help="what the answer is to be called")
    part.add_argument("--kind", choices=bringing.kinds(), help="the form of the masks; told by the file where it is not given")


def _answer(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    clip = clips.find(asked.clip)
    name = given.keep(asked.clip, asked.name, bringing.predictions(asked.masks, clip, asked.kind))
    tell(asked, {"clip": asked.clip, "answer": name, "next": f'{{"study": "amodal", "clips": ["{asked.clip}"], "answers": ["{name}"]}}'})


def _for_measured(part: argparse.ArgumentParser) -> None:
    part.add_argument("clips", nargs="?", metavar="CLIPS", help="SET/SPLIT, or a clip that was brought; all sets in a line each unless given")
    part.add_argument("--flow", help="what answers knew of motion, as the list says; the first unless given")
    part.add_argument("--way", choices=masks.WAYS, default="mean", help="mean over frames, or micro: sums of pixels")


def _measured(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    known = measuring.sets()
    if asked.clips is None:
        show(asked, known)
        return
    name, _, split = asked.clips.partition("/")
    dataset, split = (name, split) if split else ("", name)
    mine = known[(known["dataset"] == dataset) & (known["split"] == split) & ((known["flow"] == asked.flow) | (asked.flow is None))]
    if mine.empty:
        raise errors.UserError(f"Nothing has been measured on {asked.clips}.", "Ask: python -m engine run SPEC.json with “study”: “amodal”.")
    table = measuring.measures(measuring.where(mine.iloc[0]), way=asked.way)
    show(asked, table if getattr(asked, "json", False) else table[table["metric"].isin(BRIEF)].drop(columns=["reason", "way"]))


def _for_findings(part: argparse.ArgumentParser) -> None:
    part.add_argument("--markdown", action="store_true", help="both tables as the README has them")


def _findings(asked: argparse.Namespace, show: Callable, tell: Callable) -> None:
    if asked.markdown:
        tell(asked, {"markdown": "\n" + findings.markdown()})
    else:
        show(asked, findings.claims())


def _for_numbers(part: argparse.ArgumentParser) -> None:
    part.add_argument("clip", help="SET/SPLIT/NUMBER, or a clip that was brought")
    part.add_argument("--object", help="only this one")
    part.add_argument("--with", dest="answer", metavar="NAME", help="only this answer")


def _numbers(asked: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(asked, views.frames(asked.clip, asked.object, asked.answer).drop(columns=["cell"]))


def _for_draw(part: argparse.ArgumentParser) -> None:
    part.add_argument("clip", help="SET/SPLIT/NUMBER, or a clip that was brought")
    part.add_argument("--with", dest="answer", required=True, metavar="NAME", help="a completer or baseline, or a stored answer")
    part.add_argument("--object", help="the first one unless given")
    part.add_argument("--layer", action="append", dest="layers", default=[], choices=drawing.LAYERS, help="may be repeated; hidden, whole and truth")
    part.add_argument("--into", type=Path, required=True, metavar="FILE", help="ends in .webm, .mp4, .gif or .zip")


def _draw(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    clip = clips.find(asked.clip)
    track = clip.track(asked.object).name if asked.object else clip.tracks[0].name if clip.tracks else ""
    drawn = drawing.pictures(clip, track, _whole(asked.clip, clip, track, asked.answer), tuple(asked.layers) or drawing.USUAL)
    drawing.write(drawn, clip.rate, clip.length, asked.into)
    tell(asked, {"clip": clip.name, "object": track, "answer": asked.answer, "frames": clip.length, "into": str(asked.into)})


def _whole(address: str, clip: Clip, track: str, name: str) -> clips.Masks:
    """Return an answer's whole masks: as stored, else made now."""
    try:
        return views.answer(address, track, name).whole
    except errors.UserError:
        from engine.amodal import completing

        return scoring.answered(clip, track, {name: completing.completer(name)})[name]


def _for_study(part: argparse.ArgumentParser) -> None:
    part.add_argument("--with", action="append", dest="answers", default=[], metavar="NAME", help="only this completer (may be repeated)")
    part.add_argument("--plan", action="store_true", help="only say what it would take")


def _study(asked: argparse.Namespace, show: Callable, tell: Callable) -> None:
    every = shipping.questions(asked.answers)
    if asked.plan:
        plans = [(asking.title(one), asking.plan(one)) for one in every]
        show(
            asked, pd.DataFrame([{"question": title, "clips": one.cells, "frames": one.frames, "answers": len(one.answers)} for title, one in plans])
        )
        return
    for one in every:
        run = control.submit(one, asking.title(one), total=asking.plan(one).cells)
        while (job := control.job(run)).active:
            control.workers.ensure()
            time.sleep(_LOOK)
        tell(asked, {"run": run, "state": job.state, "clips": job.done, "error": job.error})


def _for_ship(part: argparse.ArgumentParser) -> None:
    part.add_argument("--into", type=Path, required=True, help="a root of the store, such as data/sample")
    part.add_argument("--masks", action="append", default=[], metavar="CLIP", help="keep the masks of this clip too (may be repeated)")


def _ship(asked: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    for line in shipping.ship(asked.into, tuple(asked.masks) or shipping.STEPPED):
        name, _, said = line.partition(": ")
        tell(asked, {name: said})
