"""`export` and `check` on the command line: views as a bundle to take away, and whether a bundle is what was made."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from engine import control, errors, safety
from engine.evidence import again, checking, rescoring, views, writing
from engine.evidence import spec as asking
from engine.evidence.opened import Opened, open_bundle
from engine.evidence.spec import EvidenceSpec
from engine.evidence.writing import Bundle

TOLD = ["address", "title", "usual"]


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `export` and `check`."""
    export = command(commands, "export", lambda a: _export(a, show, tell), "Turn views into a report that opens offline, with the rows behind it.")
    export.add_argument("views", nargs="*", metavar="VIEW", help="address of a page, such as “pairs?table=sweep”; none = the current findings")
    export.add_argument("--link", action="append", default=[], metavar="LINK", help="link of a page, as “Copy link” gives it; may be given often")
    export.add_argument("--collected", action="store_true", help="the views that were put into the report under way on the pages")
    export.add_argument("--into", type=Path, metavar="FOLDER_OR_ZIP", help="where to: a new folder, or a file that ends in .zip")
    export.add_argument("--list", action="store_true", help="only list the views that this store can answer")
    export.add_argument("--title", default="", help="the report's title")
    export.add_argument("--author", default="", help="who reports")
    export.add_argument("--words", default="", help="what stands before the findings; @FILE reads a text file")
    export.add_argument("--no-svg", action="store_true", help="without SVG files of the figures (drawing them needs a Chromium)")
    export.add_argument("--predictions", action="store_true", help="with the single answers behind the scores, so that anybody can compute them anew")
    check = command(commands, "check", lambda a: _check(a, tell), "Check a bundle: every file, every hash.")
    check.add_argument("bundle", type=Path, help="a folder or archive that export made")
    check.add_argument("--seal", default="", metavar="SHA256", help="the manifest's hash as the maker told it")
    check.add_argument("--rerun", action="store_true", help="compute the scores anew from stored answers, ask this store the same, and compare")


def _export(a: argparse.Namespace, show: Callable, tell: Callable) -> int:
    if a.list:
        show(a, pd.DataFrame([{name: getattr(offer, name) for name in TOLD} for offer in views.offered()], columns=TOLD))
        return 0
    if a.into is None:
        raise errors.UserError("Say where the report goes.", "Write --into FOLDER, or --into report.zip; --list shows what can be reported.")
    collected = control.reports.collected() if a.collected else []
    if a.collected and not collected:
        raise errors.UserError("The report under way holds no view.", "Put some in with “Add to report” on the pages.")
    addresses = tuple(dict.fromkeys([*a.views, *map(views.told, a.link), *collected]))
    spec = EvidenceSpec(views=addresses, title=a.title, author=a.author, words=_words(a.words), svg=not a.no_svg, predictions=a.predictions)
    for step in writing.steps_of(spec, a.into):
        if isinstance(step, Bundle):
            control.audit("export report", str(a.into))
            tell(a, {"bundle": str(a.into), "title": asking.title(spec), "figures": step.figures, "size": safety.size(step.bytes), "seal": step.seal,
                     "left_out": step.left_out or None})  # fmt: skip
        elif not a.json:
            sys.stderr.write(f"{step}\n")
    return 0


def _words(said: str) -> str:
    """Return what the author says: a text, or that of a file."""
    if not said.startswith("@"):
        return said
    try:
        return Path(said[1:]).read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise errors.UserError(f"{said[1:]} cannot be read: {problem}.", "Name a text file after the @.") from problem


def _check(a: argparse.Namespace, tell: Callable) -> int:
    """Tell what is wrong with a bundle; the exit status is 1 where something is."""
    bundle = open_bundle(a.bundle)
    found = checking.check(bundle, a.seal)
    told: dict[str, Any] = {
        "bundle": str(a.bundle), "title": bundle.manifest.title, "made": bundle.manifest.made, "files": found.files, "size": safety.size(found.bytes),
        "seal": bundle.seal, "whole": found.whole, "problems": list(found.problems) if a.json else _lines(found.problems),
    }  # fmt: skip
    apart = _rerun(bundle, told, as_json=a.json) if a.rerun else False
    tell(a, told)
    return int(not found.whole or apart)


def _rerun(bundle: Opened, told: dict[str, Any], *, as_json: bool) -> bool:
    """Add what was computed anew, and return whether a number differs."""
    scores, asked = rescoring.rescore(bundle), again.ask(bundle)
    counts = scores["verdict"].value_counts().to_dict()
    told |= {f"scores {verdict}": counts.get(verdict, 0) for verdict in (rescoring.SAME, rescoring.DIFFERS, rescoring.NOT)}
    told["scores not computed because"] = _counted(scores.loc[scores["verdict"] == rescoring.NOT, "why"])
    off = scores[scores["verdict"] == rescoring.DIFFERS]
    sentences = [f"{r.metric} of {r.network} on {r.dataset} {r.shift} {r.strength:g}: {r.why}" for r in off.itertuples()]
    told["scores that differ"] = sentences if as_json else _lines(sentences)
    views_said = [f"{r.view}: finding {r.finding}, rows {r.rows}{f' ({r.why})' if r.why else ''}" for r in asked.itertuples()]
    told["views asked again"] = views_said if as_json else _lines(views_said)
    return bool(len(off))


def _counted(reasons: pd.Series) -> str:
    return "; ".join(f"{why} ({n:,})" for why, n in reasons.value_counts().items())


def _lines(sentences: Any) -> str:
    """Return sentences below each other, after the name that they stand under."""
    return "".join(f"\n  {safety.shown(sentence, 400)}" for sentence in sentences)
