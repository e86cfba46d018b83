"""What ships of this study: the newest run of each system, under a name that is the same from every machine."""

from collections.abc import Iterator
from pathlib import Path

from engine import rows, store
from engine.remedies import views
from engine.remedies.spec import PREFIX, VERSION
from engine.store import packing


def ship(into: Path) -> Iterator[str]:
    """Put the newest run of every system into a root of the store and yield a line a run; one of the same name is written over.

    Args:
        into: The root that gets the runs, such as `data/sample`.
    """
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE study = 'remedies' AND root = 'results'")
    for row in told.to_dict("records"):
        system = views.question(row["run"], sample=False).system
        if row["run"] == views.newest(system, sample=False):
            name = f"{PREFIX}{VERSION}-{system}"
            yield f"{name}: {packing.renamed(row, store.part_of(row['run'], rows.Outcome.table), rows.Outcome, name, into):,} bytes"
