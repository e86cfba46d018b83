"""How large the usual report is and how long it takes to make: seconds of this process, and on the wall with SVG files where there is a Chromium."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from engine.evidence import writing
from engine.evidence.checking import check
from engine.evidence.opened import open_bundle
from engine.evidence.spec import EvidenceSpec
from tests.bench.timing import Clock, Result, fresh_home

MEGABYTE = 1_000_000


def run() -> Iterator[Result]:
    """Make the report of the current findings (20 figures and more) as an archive and as a folder, and check it."""
    with fresh_home(), tempfile.TemporaryDirectory() as folder:
        del os.environ["TOUCHSTONE_SAMPLE"]  # the results that ship are what is reported
        started = Clock.now()
        made = writing.make(EvidenceSpec(), Path(folder) / "report.zip")
        took = Clock.now() - started
        said = f"{made.figures} figures"
        yield Result("evidence", "report as an archive, with SVG files", made.bytes / MEGABYTE, "MB", "<= 8", said)
        yield Result("evidence", "made in", took.cpu, "CPU s", note=f"{took.wall:.1f} s on the wall, with the browser that draws the SVG files")
        again = writing.make(EvidenceSpec(), Path(folder) / "out")
        yield Result("evidence", "the same, unpacked", again.bytes / MEGABYTE, "MB", "<= 8", said)
        page = (again.path / writing.REPORT).stat().st_size
        yield Result("evidence", "its page alone", page / MEGABYTE, "MB", note="plotly.js inside")
        began = time.process_time()
        assert check(open_bundle(made.path)).whole
        yield Result("evidence", "checking every file of it", time.process_time() - began, "CPU s", "<= 1")
