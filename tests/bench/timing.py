"""What every benchmark hands over, and how it is timed and printed."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One measured number, with what it must reach where the project promises something."""

    group: str
    name: str
    value: float
    unit: str
    target: str = ""  # as text, such as ">= 0.95"
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the promise holds; None where nothing is promised."""
        if not self.target:
            return None
        sign, wanted = self.target.split()
        return self.value >= float(wanted) if sign == ">=" else self.value <= float(wanted)


@dataclass(frozen=True)
class Clock:
    """Seconds on the wall, and seconds that this process had a core."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Clock":
        """Return both clocks as they are."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: "Clock") -> "Clock":
        return Clock(self.wall - other.wall, self.cpu - other.cpu)


def table(results: list[Result]) -> str:
    """Return the results as aligned lines."""
    lines = [f"{'':18}{'what':62}{'value':>12} {'unit':16}{'target':>10}  holds"]
    for r in results:
        held = {None: "", True: "yes", False: "NO"}[r.holds]
        lines.append(f"{r.group:18}{r.name[:61]:62}{number(r.value):>12} {r.unit:16}{r.target:>10}  {held:5}{r.note}".rstrip())
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a number with three significant digits, large ones whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@contextmanager
def fresh_home() -> Iterator[Path]:
    """Give an empty TOUCHSTONE_HOME and no sample, put back afterwards."""
    before = {name: os.environ.get(name) for name in ("TOUCHSTONE_HOME", "TOUCHSTONE_SAMPLE")}
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        os.environ["TOUCHSTONE_HOME"] = str(Path(folder) / "home")
        os.environ["TOUCHSTONE_SAMPLE"] = str(Path(folder) / "no-sample")
        try:
            yield Path(folder)
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def seconds(act: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def spread(group: str, name: str, times: list[float], note: str = "") -> list[Result]:
    """Return median and 95th percentile of times, in milliseconds."""
    ordered = sorted(times)
    late = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return [
        Result(group, f"{name}, median", 1000 * statistics.median(times), "ms", note=note),
        Result(group, f"{name}, p95 of {len(times)}", 1000 * late, "ms"),
    ]
