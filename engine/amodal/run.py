"""The amodal run: from clips to completed masks and what they get right. Progress, storing and stopping are the caller's."""

import time
from collections.abc import Iterator

from engine import errors, rows
from engine.amodal import answering, completing, given
from engine.amodal.answering import Answer
from engine.amodal.scoring import Completer
from engine.amodal.spec import AmodalSpec, Answered, Cell, Plan, answers, flow_of, key, plan
from engine.datasets import clips
from engine.datasets.clips import Clip
from engine.steps import Before, Step

TABLE = rows.MaskFrame.table  # where an answer's key is kept


def run(spec: AmodalSpec, before: Before) -> Iterator[Step]:
    """Complete clips, object by object; what `before` and the store hold is not completed again.

    Raises:
        UserError: where the question names what does not exist.
    """
    planned = plan(spec)
    networks: dict[str, Completer] = {}
    for cell in planned.todo:
        clip = clips.find(cell.clip)
        for track in answering.objects(clip, spec.objects):
            yield from _object(spec, planned, cell, clip, track, before, networks)
        yield Step(cells=1, message=cell.clip)


def _object(
    spec: AmodalSpec, planned: Plan, cell: Cell, clip: Clip, track: str, before: Before, networks: dict[str, Completer]
) -> Iterator[Step]:  # fmt: skip
    """Yield progress, then one object's rows by every answer that is not there yet."""
    flow = flow_of(spec, clip)
    keys = {one.name: key(spec, cell, track, one, flow) for one in answers(spec, cell.clip)}
    todo = [one for one in answers(spec, cell.clip) if not (before.has(TABLE, keys[one.name]) or keys[one.name] in planned.stored)]
    blocks: list[rows.Block] = []
    rates: dict[tuple[str, str], tuple[int, float]] = {}
    for kind in ("baseline", "completer", "predictions"):
        mine, began, found = [one for one in todo if one.kind == kind], time.perf_counter(), {}
        for step, found in _answered(spec, cell, clip, track, mine, flow, networks):  # noqa: B007  the last one has all
            yield step
        for name, one in found.items():
            blocks.append(answering.frame_rows(clip, (cell.clip, cell.dataset, cell.split), track, one, keys[name]))
            blocks += [answering.completions(clip, cell.clip, track, one, keys[name])] if spec.keep else []
        if found and not any(one.adapt for one in mine):
            rates["amodal", kind] = (clip.length * len(found), time.perf_counter() - began)
    if blocks:
        answered = tuple(keys[one.name] for one in todo if one.kind != "predictions" or track in given.read(cell.clip, one.by, clip))
        yield Step(tuple(blocks), {TABLE: answered}, 0, 0, f"{cell.clip}: {track}", rates=rates)


def _answered(
    spec: AmodalSpec, cell: Cell, clip: Clip, track: str, mine: list[Answered], flow: str, networks: dict[str, Completer]
) -> Iterator[tuple[Step, dict[str, Answer]]]:  # fmt: skip
    """Yield progress and the answers of one kind so far."""
    if not mine:
        return
    if mine[0].kind == "predictions":
        masks = {one.name: given.read(cell.clip, one.by, clip).get(track) for one in mine}
        yield Step(), {name: Answer(name, "", whole, (None,) * clip.length) for name, whole in masks.items() if whole is not None}
        return
    for one in mine:
        networks.setdefault(one.name, completing.completer(one.by, adapt=one.adapt))
    ask = {one.name: networks[one.name] for one in mine}
    said: dict[str, list] = {name: [] for name in ask}
    for frames, piece in answering.completed(clip, track, ask, flow=spec.flow, noise=spec.noise, seed=cell.number):
        for name, found in piece.items():
            said[name] += found
        done = {name: Answer(name, flow, tuple(w for w, _ in found), tuple(n for _, n in found)) for name, found in said.items()}
        yield Step(images=len(frames) * len(ask), message=f"{cell.clip}: {track}, frame {frames.stop:,} of {clip.length:,}"), done
    if any(len(found) != clip.length for found in said.values()):
        raise errors.UserError(f"{cell.clip}: {track} was not completed in every frame.", "Report this.")
